"""What an upload to a Jama would meet, found out by reading alone.

Each probe stands alone: one that fails is an observation, and the next ones go on. Only a server
that does not let us in ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.jama.client import PLANS_PATH, cycles_path
from pytest_jama.targets.jama.named_creation import named
from pytest_jama.targets.jama.places import get_project
from pytest_jama.targets.jama.probes.inquiry import id_of, tell_all
from pytest_jama.targets.jama.probes.probe_access import AccessProbe
from pytest_jama.targets.jama.probes.probe_cases import CaseProbe
from pytest_jama.targets.jama.probes.probe_runs import LATER, RunProbe
from pytest_jama.targets.jama.probes.probe_types import TypeProbe
from pytest_jama.targets.jama.probes.server_description import case_types, find_types
from pytest_jama.targets.jama.wire import read_cycle, read_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.targets.jama.probes.inquiry import Inquiry
    from pytest_jama.targets.jama.probes.server_description import TypeFacts
    from pytest_jama.targets.jama.wire import Item, Json, Project

    Tell = Callable[[Observation], None]


@dataclass(slots=True)
class SeenServer:
    """What probes know of a server so far, for those that come later.

    Attributes:
        lets_us_in: Whether it answers, and accepts the credentials.
        user_id: The ID of the account; 0 when the server does not tell it.
        project: The project of the settings.
        plan: The test plan of the settings, as the server gives it; None when there is none.
        cycle: The test cycle, likewise.
        types: The item types of plan, cycle and run.
        case_types: The IDs of the item types of test cases.
        items: Test cases that the settings refer to.
        cases: What is known of each reference, fit for JSON.
    """

    lets_us_in: bool = False
    user_id: int = 0
    project: Project | None = None
    plan: Json | None = None
    cycle: Json | None = None
    types: Mapping[str, TypeFacts] = field(default_factory=dict)
    case_types: tuple[int, ...] = ()
    items: tuple[Item, ...] = ()
    cases: tuple[Mapping[str, Any], ...] = ()


class ServerProbe:
    """Reads what an upload would meet.

    Args:
        inquiry: Asks Jama.
        settings: Where an upload would go, and what it would write.
        refs: The test cases that the settings refer to.
        runs: For how many test runs an upload is estimated; 0 for those that there are.
        tell: Told each observation at once.
        lock: What jama.lock holds; None without one.

    Attributes:
        steps: The numbers of the steps that tests report, by case.
        linked: The cases of tests that a session would run.
        tests: How many tests that would be; 0 when that is not known.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        settings: Settings,
        *,
        refs: Sequence[CaseRef],
        runs: int,
        tell: Tell,
        lock: Lock | None = None,
    ) -> None:
        self._ask = inquiry
        self._settings = settings
        self._refs = refs
        self._runs = runs
        self._tell = tell
        self._lock = lock
        self._seen = SeenServer()
        self._beside: dict[str, list[Json]] = {}
        self.steps: Mapping[CaseRef, Collection[int]] = {}
        self.linked: Collection[CaseRef] = refs
        self.tests = 0
        inquiry.hide(urlsplit(settings.url).hostname, settings.project, settings.plan.name)
        inquiry.hide(settings.cycle.name, settings.plan.group, *(ref.text for ref in refs))

    def run(self) -> SeenServer:
        """Make all probes, in the order in which an upload meets them."""
        access = AccessProbe(self._ask, self._settings)
        cases = CaseProbe(self._ask, self._settings, self._refs, lock=self._lock)
        cases.steps, cases.linked, cases.tests = self.steps, self.linked, self.tests
        self._try("address", access.address)
        self._try("login", access.login)
        self._seen.lets_us_in, self._seen.user_id = access.lets_us_in, access.user_id
        if not access.lets_us_in:
            return self._seen
        for name, probe in (
            ("endpoints", access.endpoints),
            ("project", self._project),
            ("plan", self._places),
            ("API document", lambda: access.api_document(self._existing)),
            ("types", self._types),
            ("cases", lambda: cases.find(self._seen)),
        ):
            self._try(name, probe)
        runs = RunProbe(self._ask, self._settings, self._seen.plan, self._seen.cycle)
        runs.others = self._find_others()
        self._try("rights", runs.rights)
        self._try("lists", runs.lists)
        self._try("session", lambda: cases.session(self._seen, runs))
        self._seen.cases = cases.rows()
        count = self._runs or runs.count or len(self._refs) or 1
        self._try("pace", lambda: runs.pace(count))
        return self._seen

    @property
    def _existing(self) -> Sequence[str]:
        """Which of plan and cycle are there."""
        places = {"plan": self._seen.plan, "cycle": self._seen.cycle}
        return [kind for kind, place in places.items() if place]

    def _try(self, name: str, probe: Callable[[], Iterable[Observation]]) -> None:
        tell_all(name, probe, self._tell, mark=Mark.PROBLEM)

    def _project(self) -> Iterator[Observation]:
        project = get_project(self._ask.client, self._settings.project, self._refs)
        self._seen.project = project
        self._ask.hide(project.id, project.key, project.name)
        text = f"{project.key} {quoted(project.name)} is there (ID {project.id})"
        yield Observation("project", Mark.OK, text, {"found": True})

    def _places(self) -> Iterator[Observation]:
        if self._seen.project is None:
            return
        settings, seen = self._settings, self._seen
        plans = list(self._ask.rows(PLANS_PATH, (("project", self._seen.project.id),)))
        seen.plan = _pick(plans, settings.plan.id, settings.plan.name)
        cycles: list[Json] = []
        if seen.plan:
            self._ask.hide_object(seen.plan)
            cycles = list(self._ask.rows(cycles_path(id_of(seen.plan))))
            seen.cycle = _pick(cycles, settings.cycle.id, settings.cycle.name)
        self._beside = {"plan": plans, "cycle": cycles}
        yield self._place("plan", seen.plan, str(settings.plan), read_plan)
        yield self._place("cycle", seen.cycle, str(settings.cycle), read_cycle)
        if seen.cycle:
            self._ask.hide_object(seen.cycle)

    def _find_others(self) -> Mapping[str, Json]:
        """Return what tells of the right to create the plan or the cycle: another, or a case."""
        settings, seen = self._settings, self._seen
        others = {}
        for kind, row, place in (
            ("plan", seen.plan, settings.plan),
            ("cycle", seen.cycle, settings.cycle),
        ):
            listed = self._beside.get(kind) or ([seen.plan] if seen.plan else [])
            if row is None and place.create and listed:
                others[kind] = listed[-1]
        if seen.plan is None and "plan" not in others and seen.items:
            answer = self._ask.read(f"/abstractitems/{seen.items[0].id}")
            others |= {"case": answer.data} if answer.data else {}
        return others

    def _place(
        self, kind: str, row: Json | None, wanted: str, read: Callable[[Json], Any]
    ) -> Observation:
        facts = {"found": row is not None, "named": bool(wanted)}
        if row is not None:
            found = read(row)
            is_archived = getattr(found, "is_archived", False)
            facts["archived"] = is_archived
            text = f"{quoted(found.name)} is there (ID {found.id})"
            if is_archived:
                text += "; it is archived, so its results do not count for its test cases"
            mark = Mark.NOTE if is_archived else Mark.OK
            return Observation(kind, mark, text, facts)
        place = self._settings.plan if kind == "plan" else self._settings.cycle
        if wanted and (place.id or not place.create):
            why = "" if place.id else f", and `{kind}: {{create: false}}` forbids to create it"
            text = f"there is no test {kind} {wanted!r}{why}; an upload would fail"
            return Observation(kind, Mark.PROBLEM, text, facts)
        what = f"{quoted(wanted)} does not exist yet" if wanted else "none is named"
        return Observation(kind, Mark.NOTE, f"{what}; its rights are {LATER}", facts)

    def _types(self) -> Iterator[Observation]:
        rows = list(self._ask.rows("/itemtypes"))
        self._seen.case_types = tuple(case_types(rows))
        yield _case_types(self._seen.case_types)
        probe = TypeProbe(self._ask, self._settings, creates_plan=self._seen.plan is None)
        self._seen.types = probe.read(find_types(rows))
        yield from probe.observe()


def _pick(rows: Iterable[Json], wanted_id: int | None, name: str | None) -> Json | None:
    """Return what the settings name: by its ID, else the oldest of that name."""
    if wanted_id is None and name is None:
        return None
    listed = [row for row in rows if id_of(row)]
    if wanted_id is not None:
        fitting = [row for row in listed if id_of(row) == wanted_id]
    else:
        ids = {each.id for each in named(name, map(read_plan, listed))}
        fitting = [row for row in listed if id_of(row) in ids]
    active = [row for row in fitting if row.get("archived") is not True]
    return min(active or fitting, key=id_of, default=None)


def _case_types(found: Sequence[int]) -> Observation:
    facts = {"told": bool(found)}
    if found:
        text = f"{counted(len(found), 'item type')} for test cases"
        return Observation("type: case", Mark.OK, text, facts)
    text = "the server does not tell which items are test cases; it is asked by adding them"
    return Observation("type: case", Mark.NOTE, text, facts)
