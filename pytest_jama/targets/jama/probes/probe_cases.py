"""Test cases that are referred to, as a Jama has them, and what a session would do with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import RefKind
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.jama.case_lookup import CaseSearch
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.paging import PAGE_SIZE
from pytest_jama.targets.jama.wire import (
    may_be_in_cycle,
    read_cycle,
    read_item,
    read_plan,
    read_run,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.config.place_settings import CycleSettings, PlanSettings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.targets.jama.case_lookup import Case
    from pytest_jama.targets.jama.probes.inquiry import Inquiry
    from pytest_jama.targets.jama.probes.probe import SeenServer
    from pytest_jama.targets.jama.probes.probe_runs import RunProbe
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.wire import Item, Json, Project

_ASKED_ALONE = 5
"""How many cases are asked for one by one: an API ID, and the version of a case without a run."""

_MORE_PAGES = 4
"""How many pages of test runs are read beside the first one."""

_NAMED = 3
"""How many things a line names."""

_LISTED = 10
"""How many references that are not found have a line each."""


@dataclass
class SeenCase:
    """What is known of a reference.

    Attributes:
        reference: As the user wrote it.
        id: The API ID; None when nothing is found.
        key: The document key.
        name: The name.
        steps: How many steps it has; None when that is not known.
        version: Its version now; None when that was not asked.
        run: The ID of its run in the cycle; None without one.
        run_version: The version that the run was made from.
        problem: Why it cannot be used; empty when it can.
    """

    reference: str
    id: int | None = None
    key: str = ""
    name: str = ""
    steps: int | None = None
    version: int | None = None
    run: int | None = None
    run_version: int | None = None
    problem: str = ""


@dataclass
class CaseProbe:
    """Looks test cases up, and compares them with what tests report.

    Attributes:
        steps: The numbers of the steps that tests report, by case.
        linked: The cases of tests that a session would run.
        tests: How many tests that would be; 0 when that is not known.
    """

    _ask: Inquiry
    _settings: Settings
    _refs: Sequence[CaseRef]
    lock: Lock | None = None
    steps: Mapping[CaseRef, Collection[int]] = field(default_factory=dict)
    linked: Collection[CaseRef] = ()
    tests: int = 0
    _seen: dict[CaseRef, SeenCase] = field(default_factory=dict)
    _alone: dict[CaseRef, Item | None] = field(default_factory=dict)

    def rows(self) -> tuple[Mapping[str, Any], ...]:
        """Return what is known of each reference, fit for JSON."""
        return tuple(asdict(each) for each in self._seen.values())

    def find(self, server: SeenServer) -> Iterator[Observation]:
        """Say which references are found, are test cases, and have the steps that tests report.

        Args:
            server: What is known of it; gets the items.
        """
        if server.project is None or not self._refs:
            text = "no test and no key of jama.yaml refers to one, so none is looked for"
            yield Observation("cases", Mark.NOTE, text, {"references": 0})
            return
        search = CaseSearch(self._ask.client, server.project, lock=self.lock)
        plan = read_plan(server.plan) if server.plan else None
        found = search.find(self._refs, plan=plan, is_thorough=False)
        self._seen = {ref: SeenCase(ref.text) for ref in self._refs}
        for lost in found.unresolved:
            self._seen[lost.case_ref].problem = f"{lost.reason}; {lost.remedy}"
        unasked = self._note(found.cases)
        server.items = self._items(found.cases)
        foreign = [e for e in server.items if e.project_id not in (None, server.project.id)]
        facts: dict[str, Any] = {
            "references": len(self._refs),
            "unresolved": sum(bool(each.problem) for each in self._seen.values()),
            "of_other_projects": len(foreign),
            "global_id_search": self._finds_global_ids(server.items, server.project),
        }
        yield from self._found(facts)
        if unasked:
            text = f"{counted(unasked, 'API ID')} not asked for, which takes a request each"
            yield Observation("cases", Mark.NOTE, f"{text}; document keys take one for 50", {})
        yield from self._kinds(server)
        yield from self._steps()

    def _note(self, cases: Sequence[Case]) -> int:
        """Keep what is known of cases; return for how many nothing was asked."""
        asked = 0
        for case in cases:
            seen = self._seen[case.ref]
            seen.id, item = case.id, case.item
            if item is None and asked < _ASKED_ALONE:
                asked += 1
                answer = self._ask.read(f"/abstractitems/{case.id}")
                item = read_item(answer.data) if answer.is_good and answer.data else None
                self._alone[case.ref] = item
                if item is None:
                    seen.problem = "Jama has no item of this API ID that this account may see"
            if item is not None:
                seen.key, seen.name, seen.steps = item.key, item.name, len(item.steps)
                self._ask.hide(item.id, item.key, item.global_id, item.name)
        lacking = sum(case.item is None for case in cases)
        return lacking - asked

    def _items(self, cases: Sequence[Case]) -> tuple[Item, ...]:
        return tuple(
            item for case in cases if (item := case.item or self._alone.get(case.ref)) is not None
        )

    def _found(self, facts: Mapping[str, Any]) -> Iterator[Observation]:
        """Say how many references are found, and name those that are not."""
        count = counted(len(self._refs), "reference")
        lost = [each for each in self._seen.values() if each.problem]
        if not lost:
            yield Observation("cases", Mark.OK, f"all of {count} found", facts)
            return
        yield Observation("cases", Mark.PROBLEM, f"{len(lost)} of {count} not found", facts)
        for each in lost[:_LISTED]:
            yield Observation("not found", Mark.PROBLEM, f"{each.reference}: {each.problem}")
        if len(lost) > _LISTED:
            text = f"{len(lost) - _LISTED} more (list with --json)"
            yield Observation("not found", Mark.PROBLEM, text)

    def _finds_global_ids(self, items: Sequence[Item], project: Project) -> bool | None:
        """Return whether the search finds a global ID; None when there is none to look for."""
        item = next((each for each in items if each.global_id), None)
        if item is None:
            return None
        if any(ref.kind is RefKind.GLOBAL_ID and ref.text == item.global_id for ref in self._refs):
            return True
        query = (("project", project.id), ("contains", item.global_id))
        return any(row.get("id") == item.id for row in self._ask.rows("/abstractitems", query))

    def _kinds(self, server: SeenServer) -> Iterator[Observation]:
        """Say which items are not test cases, where the server tells which types are."""
        others = [
            item
            for item in server.items
            if server.case_types and item.type_id not in (None, *server.case_types)
        ]
        if others:
            named = _some([f"{item.key or item.id} {quoted(item.name)}" for item in others])
            text = f"not a test case, so that no plan takes it: {named}; correct the reference"
            yield Observation("item types", Mark.PROBLEM, text, {"wrong": len(others)})

    def _steps(self) -> Iterator[Observation]:
        """Say which steps are reported that a case does not have."""
        wrong, reported = [], 0
        for ref, numbers in self.steps.items():
            seen = self._seen.get(ref)
            reported += len(numbers)
            if seen is None or seen.steps is None or not numbers:
                continue
            lacking = sorted(number for number in numbers if number > seen.steps)
            if lacking:
                has = counted(seen.steps, "step") if seen.steps else "no steps"
                listed = ", ".join(map(str, lacking[:_NAMED]))
                wrong.append(f"{ref} has {has}, and tests report step {listed}")
        facts = {"reported": reported, "wrong": len(wrong)}
        if wrong:
            text = f"{_some(wrong)}; correct the step number in the test or the map"
            yield Observation("steps", Mark.PROBLEM, text, facts)
        elif reported:
            text = f"each step that tests report is there: {counted(reported, 'step')}"
            yield Observation("steps", Mark.OK, text, facts)

    def session(self, server: SeenServer, runs: RunProbe) -> Iterator[Observation]:
        """Say in which versions cases are, and what a session would do.

        Args:
            server: What is known of it.
            runs: What is known of the runs of the cycle.
        """
        if server.project is None or not self._seen:
            return
        listed = self._runs(server, runs) if server.cycle else []
        by_case: dict[int, TestRun] = {}
        for run in listed:
            by_case.setdefault(run.case_id, run)
        for seen in self._seen.values():
            mine = by_case.get(seen.id or 0)
            if mine is not None:
                seen.run, seen.run_version = mine.run_id, mine.case_version
                seen.version = mine.current_case_version
        yield from self._versions()
        yield self._would_do(server, is_all=len(listed) >= runs.count)

    def _runs(self, server: SeenServer, runs: RunProbe) -> list[TestRun]:
        cycle = read_cycle(server.cycle or {})
        rows = list(runs.runs)
        for page in range(1, _MORE_PAGES + 1):
            if len(rows) >= runs.count or len(rows) < page * PAGE_SIZE:
                break
            start = (("startAt", page * PAGE_SIZE), ("maxResults", PAGE_SIZE))
            answer = self._ask.read(RUNS_PATH, (("testCycle", cycle.id), *start))
            more = answer.body.get("data")
            rows += [row for row in more if isinstance(row, dict)] if isinstance(more, list) else []
        return [read_run(row) for row in rows if may_be_in_cycle(row, cycle)]

    def _versions(self) -> Iterator[Observation]:
        """Say which runs are of an older version than their case."""
        unknown = [e for e in self._seen.values() if e.id and e.version is None and not e.problem]
        for seen in unknown[:_ASKED_ALONE]:
            seen.version = self._ask.total(f"/items/{seen.id}/versions")
        old = [
            f"{each.reference} has version {each.version}, its run was made of {each.run_version}"
            for each in self._seen.values()
            if each.version and each.run_version and each.run_version < each.version
        ]
        known = [each for each in self._seen.values() if each.version is not None]
        facts = {"known": len(known), "old_runs": len(old)}
        if old:
            text = f"{_some(old)}; a new cycle has runs of the versions of today"
            yield Observation("versions", Mark.NOTE, text, facts)
        elif known:
            shown = [f"{each.reference} version {each.version}" for each in known]
            count = counted(len(self._seen), "case")
            rest = ", asked for no more" if len(unknown) > _ASKED_ALONE else ""
            text = f"known of {len(known)} of {count}{rest}: {_some(shown)}"
            yield Observation("versions", Mark.OK, text, facts)

    def _would_do(self, server: SeenServer, *, is_all: bool) -> Observation:
        wanted = [seen for ref in self.linked if (seen := self._seen.get(ref)) is not None]
        usable = [seen for seen in wanted if not seen.problem]
        without = [seen for seen in usable if seen.run is None] if server.cycle and is_all else []
        regenerates = self._settings.cycle.missing_runs == "regenerate"
        writes = len(usable) - (0 if regenerates else len(without))
        facts = {
            "cases": len(wanted),
            "plan": _state(server.plan, self._settings.plan),
            "cycle": _state(server.cycle, self._settings.cycle),
            "runs": writes,
            "without_run": len(without),
        }
        facts["tests"] = self.tests
        runs = f"run {counted(self.tests, 'test')} and " if self.tests else ""
        places = ", ".join(f"the {name} is {facts[name]}" for name in ("plan", "cycle"))
        text = f"one would {runs}write into {counted(writes, 'test run')}; {places}"
        if not without:
            return Observation("session", Mark.OK, text, facts)
        named = _some([seen.reference for seen in without])
        if regenerates:
            text += f", the runs of the cycle made again for {named}"
            return Observation("session", Mark.NOTE, text, facts)
        text += (
            f"; no run in the cycle, so that nothing is written: {named}; name a new cycle, or set "
            "`cycle: {missing_runs: regenerate}`"
        )
        return Observation("session", Mark.PROBLEM, text, facts)


def _state(row: Json | None, place: PlanSettings | CycleSettings) -> str:
    if row is not None:
        return "found"
    if not place.is_set:
        return "not named"
    return "created" if place.create and not place.id else "missing"


def _some(things: Sequence[str]) -> str:
    more = len(things) - _NAMED
    return "; ".join(things[:_NAMED]) + (f"; {more} more" if more > 0 else "")
