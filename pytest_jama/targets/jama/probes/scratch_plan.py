"""A test plan with one cycle, made for a write probe, and what became of each part of it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, visible
from pytest_jama.targets.jama.client import (
    PLANS_PATH,
    RUNS_PATH,
    cases_path,
    cycles_path,
    groups_path,
)
from pytest_jama.targets.jama.paging import PAGE_SIZE
from pytest_jama.targets.jama.probes.inquiry import fields_of, id_of
from pytest_jama.targets.jama.wire import find_id, read_group, read_item, read_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.jama.probes.inquiry import Inquiry, ServerAnswer
    from pytest_jama.targets.jama.probes.probe import SeenServer, Tell
    from pytest_jama.targets.jama.wire import Item, Json, Project

_SHOWS_LATE_S = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
_MANY_STEPS = 3
DONE = "done"
_LOST = frozenset({0, 500, 502, 503, 504})


class Made(NamedTuple):
    """Something that was created in Jama, and stays there.

    Attributes:
        kind: What it is.
        id: Its API ID.
        link: Its page; empty where that is not known.
    """

    kind: str
    id: int
    link: str = ""


class ScratchPlan:
    """Makes the plan, its cycle and what is in them.

    Args:
        inquiry: Asks Jama; it waits for long.
        settings: Fields that plans and cycles must have.
        seen: What is known of the server.
        tell: Told each observation at once.

    Attributes:
        made: What was created so far, in that order.
    """

    def __init__(
        self, inquiry: Inquiry, settings: Settings, seen: SeenServer, *, tell: Tell
    ) -> None:
        self._ask = inquiry
        self._settings = settings
        self._seen = seen
        self._tell = tell
        self.made: list[Made] = []

    def plans_named(self, name: str) -> Iterator[Json]:
        """Yield the plans that have a name."""
        project = self._seen.project
        query = (("project", project.id),) if project else ()
        for row in self._ask.rows(PLANS_PATH, query):
            if read_plan(row).name in (name, visible(name)):
                yield row

    def choose_cases(self, project: Project) -> list[Item]:
        """Return a case with three steps, or as many as there are, and one without steps."""
        items = [item for item in self._seen.items if self._is_case(item)]
        if not items:
            items = self._cases_of(project)
        stepped = [item for item in items if len(item.steps) >= _MANY_STEPS]
        few = [item for item in items if 0 < len(item.steps) < _MANY_STEPS]
        chosen = [
            min(stepped, key=_step_count, default=max(few, key=_step_count, default=None)),
            next((item for item in items if not item.steps), None),
        ]
        cases = [item for item in chosen if item]
        if not cases:
            raise NotUsableError(f"project {project.key} has no test case to make runs of")
        steps = [len(item.steps) for item in cases]
        named = " and ".join(item.key or str(item.id) for item in cases)
        text = f"{named}, with {' and '.join(map(str, steps))} steps"
        mark = Mark.OK if max(steps) >= _MANY_STEPS else Mark.NOTE
        for item in cases:
            self._ask.hide(item.id, item.key, item.global_id, item.name)
        self._observe("chosen cases", mark, text, {"steps": steps})
        return cases

    def _is_case(self, item: Item) -> bool:
        return (
            bool(item.steps) or not self._seen.case_types or item.type_id in self._seen.case_types
        )

    def _cases_of(self, project: Project) -> list[Item]:
        """Return the first test cases of a project."""
        query = (
            ("project", project.id),
            *(("itemType", each) for each in self._seen.case_types),
            ("startAt", 0),
            ("maxResults", PAGE_SIZE),
        )
        rows = self._ask.read("/abstractitems", query).require().get("data")
        listed = rows if isinstance(rows, list) else []
        items = [read_item(row) for row in listed if isinstance(row, dict)]
        if not self._seen.case_types:
            items = [item for item in items if item.steps]
        return items

    def make_plan(self, project: Project, name: str) -> tuple[int, dict[str, Any]]:
        """Make the plan; return its ID and the fields that it has."""
        fields = {"name": name, **self.named_fields("plan")}
        answer = self._ask.write("POST", PLANS_PATH, {"project": project.id, "fields": fields})
        plan_id = self._created(answer, "test plan", lambda: self.plans_named(name))
        link = f"testPlans/{plan_id}?projectId={project.id}"
        self.note_made("test plan", plan_id, link)
        meta = answer.body.get("meta")
        has_id = isinstance(meta, dict) and "id" in meta
        facts = {"took_s": round(answer.took_s, 3), "id_told": has_id, "refused": answer.words}
        text = f"made in {answer.took_s:.1f} s (ID {plan_id})"
        self._observe("plan made", Mark.OK, text, facts)
        return plan_id, fields

    def named_fields(self, role: str) -> dict[str, Any]:
        """Return the fields of the settings by their names in the API."""
        wanted = getattr(getattr(self._settings, role), "fields", {})
        known = self._seen.types.get(role)
        found = {name: known.find(name) if known else None for name in wanted}
        return {
            field.name if (field := found[name]) else name: value for name, value in wanted.items()
        }

    def _created(
        self, answer: ServerAnswer, kind: str, list_all: Callable[[], Iterator[Json]]
    ) -> int:
        """Return the ID of what was created, also when the answer was lost: it is never repeated.

        Raises:
            TargetError: When it was refused.
        """
        if answer.is_good and answer.created_id:
            return answer.created_id
        if not answer.is_good and answer.status not in _LOST:
            answer.require()
        for pause_s in _SHOWS_LATE_S:
            self._ask.client.api.connection.sleep(pause_s)
            found = next(list_all(), None)
            if found:
                return id_of(found)
        answer.require()
        raise NotUsableError(f"Jama does not say which {kind} it has made, and does not list it")

    def fill(self, plan_id: int, cases: Sequence[Item]) -> Iterator[Observation]:
        """Add the cases; then the first one again, and once more to a second group."""
        groups = self._first(lambda: self._ask.rows(groups_path(plan_id)))
        if groups is None:
            raise NotUsableError("the new plan shows no test group")
        path = cases_path(plan_id, id_of(groups))
        for case in cases:
            self._ask.write("POST", path, {"testCase": case.id}).require()
        again = self._ask.write("POST", path, {"testCase": cases[0].id})
        second = self._ask.write(
            "POST", groups_path(plan_id), {"name": "pytest-jama: the same case again"}
        )
        facts: dict[str, Any] = {"same_group": said(again), "group": said(second)}
        if second.is_good and second.created_id:
            self.note_made("test group", second.created_id)
            other = cases_path(plan_id, second.created_id)
            facts["second_group"] = said(self._ask.write("POST", other, {"testCase": cases[0].id}))
            facts["shown_in_second_group"] = bool(list(self._ask.rows(other)))
        shown = len(list(self._ask.rows(path)))
        facts["shown"] = shown
        text = (
            f"a case that a group has already: {facts['same_group']}; in a second group of the "
            f"plan: {facts.get('second_group', 'not tried')}"
        )
        mark = Mark.OK if shown == len(cases) else Mark.NOTE
        yield Observation("duplicate case", mark, text, facts)

    def _first(self, list_all: Callable[[], Iterator[Json]]) -> Json | None:
        for pause_s in _SHOWS_LATE_S:
            self._ask.client.api.connection.sleep(pause_s)
            found = min(list_all(), key=lambda row: read_group(row).id, default=None)
            if found:
                return found
        return None

    def make_cycle(self, plan_id: int, name: str) -> int:
        """Make the cycle; return its ID."""
        today = datetime.now(tz=timezone.utc).date().isoformat()
        fields = {
            "name": name,
            "startDate": today,
            "endDate": today,
            **self.named_fields("cycle"),
        }
        body = {"fields": fields, "testRunGenerationConfig": {}}
        answer = self._ask.write("POST", cycles_path(plan_id), body)
        cycle_id = self._created(answer, "test cycle", lambda: self._ask.rows(cycles_path(plan_id)))
        project = self._seen.project
        page = f"testPlans/{plan_id}/testRuns?projectId={project.id if project else ''}"
        self.note_made("test cycle", cycle_id, page)
        facts = {"took_s": round(answer.took_s, 3), "refused": answer.words}
        text = f"made in {answer.took_s:.1f} s (ID {cycle_id})"
        self._observe("cycle made", Mark.OK, text, facts)
        return cycle_id

    def wait_for_runs(self, cycle_id: int, cases: Sequence[Item]) -> list[Json]:
        """Return the runs of the cycle, as soon as there is one of each case."""
        clock = self._ask.client.api.connection.clock
        started_at = clock()
        wanted = {case.id for case in cases}
        rows: list[Json] = []
        for pause_s in _SHOWS_LATE_S:
            self._ask.client.api.connection.sleep(pause_s)
            rows = list(self._ask.rows(RUNS_PATH, (("testCycle", cycle_id),)))
            if wanted <= {find_id(fields_of(row).get("testCase")) for row in rows}:
                break
        took_s = clock() - started_at
        facts = {"cases": len(cases), "runs": len(rows), "after_s": round(took_s, 3)}
        is_whole = len(rows) >= len(cases)
        text = f"{counted(len(rows), 'run')} of {counted(len(cases), 'case')} after {took_s:.1f} s"
        self._observe("runs made", Mark.OK if is_whole else Mark.PROBLEM, text, facts)
        return rows

    def note_made(self, kind: str, made_id: int, page: str = "") -> None:
        """Remember what was created."""
        link = f"{self._settings.url}/perspective.req#/{page}" if page else ""
        self._ask.hide(made_id)
        self.made.append(Made(kind, made_id, link))

    def _observe(self, name: str, mark: Mark, text: str, facts: Mapping[str, Any]) -> None:
        self._tell(Observation(name, mark, text, facts))


def said(answer: ServerAnswer) -> str:
    """Return what became of a request: that it was done, or the words of the server."""
    return DONE if answer.is_good else answer.words


def _step_count(item: Item) -> int:
    return len(item.steps)
