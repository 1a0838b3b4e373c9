"""From references to the test runs of one cycle, creating what is missing and allowed."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.plan import Change, ChangeKind, Place
from pytest_jama.targets.jama import case_reasons, places
from pytest_jama.targets.jama.case_lookup import Case, CaseSearch, FoundCases
from pytest_jama.targets.jama.change_log import ChangeLog, LookAgain
from pytest_jama.targets.jama.client import PLANS_PATH, RUNS_PATH, cycles_path
from pytest_jama.targets.jama.field_values import CreationFields
from pytest_jama.targets.jama.groups import PlanGroups, in_order, look_up
from pytest_jama.targets.jama.named_creation import N, describe_cut, named, sent_name
from pytest_jama.targets.jama.runs import Resolution
from pytest_jama.targets.jama.settling import cycle_holds, is_cycle, is_plan, plan_holds, settle
from pytest_jama.targets.jama.verify import all_runs, describe_losses, find_runs
from pytest_jama.targets.jama.waits import within
from pytest_jama.targets.jama.wire import Cycle, Group, Item, Project, TestPlan, predict_run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.plan import Unresolved
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import TestRun

_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Pauses while runs of a new cycle are waited for: Jama may not make them at once."""
_PAUSES_FOR_OTHERS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""The same for a cycle that another session has created some time ago."""

RunsByCase = dict[int, tuple["TestRun", ...]]


class CycleResolver:
    """One `resolve` of the Jama target.

    Args:
        client: Reads from Jama and writes to it.
        settings: Which project, plan and cycle, and what may be created.
        create: Whether anything is created.
        observer: Told each change as soon as it is made.
        begun: See `ChangeLog.begun`.
        lock: What was reviewed; None without a lock.
        only_existing: Whether only the runs of a cycle that exists are wanted.
        made_early: The IDs of the cycles that this session made while tests ran.

    Attributes:
        changes: What was changed so far, and what was not.
    """

    def __init__(
        self,
        client: JamaClient,
        settings: Settings,
        *,
        create: bool,
        observer: Observer,
        begun: Mapping[str, float],
        lock: Lock | None = None,
        only_existing: bool = False,
        made_early: Collection[int] = (),
    ) -> None:
        self._client = client
        self._settings = settings
        self.changes = ChangeLog(is_allowed=create, observer=observer, begun=begun)
        self._fields = CreationFields(client, settings)
        self._lock = lock
        self._only_existing = only_existing
        self._made_early = made_early
        self._groups: dict[int, list[Group]] = {}
        self._others_are_known = False
        self._missing_runs = 0
        self.total_runs: int | None = None

    def resolve(
        self,
        refs: Sequence[CaseRef],
        aliases: Sequence[CaseRef] = (),
        planned: Sequence[CaseRef] = (),
    ) -> Resolution:
        """Find or make plan and cycle, and the runs of the cases.

        Nothing is created when none of the references leads to a case.

        Args:
            refs: Each reference once.
            aliases: See `JamaTarget.resolve`.
            planned: The same.
        """
        self.changes.unreported = others = frozenset(planned).difference(refs)
        project = places.get_project(self._client, self._settings.project, refs)
        on_wait = self.changes.observer.waits
        search = CaseSearch(self._client, project, lock=self._lock, on_wait=on_wait)
        (plan, cycle), _ = self._client.both(
            lambda: self._find_places(project), lambda: search.search([*refs, *aliases])
        )
        found = search.find(refs, plan=plan)
        also = search.find(aliases, is_thorough=False)
        self._note(found)
        runs: RunsByCase = {}
        if plan and cycle:
            runs = self._runs_of_existing(project, plan, cycle, found.cases)
        elif found.cases and not self._only_existing:
            self._fields.look_up(*(("cycle",) if plan else ("plan", "cycle")))
            unsaid = [ref for ref in planned if ref in others]
            linked = search.find(unsaid, plan=plan, is_thorough=False)
            self._note(linked)
            plan = plan or self._create_plan(project, found.cases)
            everything = in_order([*found.cases, *linked.cases], planned)
            cycle, runs = self._runs_of_new(project, plan, found.cases, everything)
        for kind, place, name in (
            ("test plan", plan, self._settings.plan.name),
            ("test cycle", cycle, self._settings.cycle.name),
        ):
            self.changes.warn(describe_cut(kind, name, place.name) if place and name else "")
        return self._resolution(project, plan, cycle, (*found.cases, *also.cases), runs)

    def _note(self, found: FoundCases) -> None:
        self.changes.leave_out(*found.unresolved)
        self.changes.warnings.extend(found.warnings)

    def _find_places(self, project: Project) -> tuple[TestPlan | None, Cycle | None]:
        warn = self.changes.warnings.append
        plan = places.find_plan(self._client, project, self._settings.plan, warn=warn)
        return plan, places.find_cycle(self._client, plan, self._settings.cycle, warn=warn)

    def _create_plan(self, project: Project, cases: Sequence[Case]) -> TestPlan:
        wanted = self._settings.plan
        name = sent_name(wanted.name or "")
        post = partial(self._client.create_plan, project.id, name)
        plan_id = self.changes.create(
            "test plan", name, lambda wary: self._fields.create("plan", partial(post, wary=wary))
        )
        mine = TestPlan(plan_id, name)
        again: LookAgain[TestPlan] = LookAgain(
            lambda: places.active_plans(self._client.plans(project.id), wanted.name),
            partial(plan_holds, self._client),
        )
        is_there = partial(is_plan, self._client, mine, project)
        settle = partial(self._settle, mine, "test plan", again, is_there, PLANS_PATH)
        jobs: list[Callable[[], object]] = [partial(self._list_groups, mine)]
        if any(case.item and not case.item.steps for case in cases):
            jobs.append(self._client.item_types)  # they tell what is a test case
        return self._client.both(settle, partial(self._client.together, jobs))[0]

    def _list_groups(self, plan: TestPlan) -> None:
        with suppress(RefusedError, NotUsableError):  # then they are listed anew
            self._groups[plan.id] = list(self._client.groups(plan.id)) if plan.id else []

    def _settle(
        self, mine: N, kind: str, again: LookAgain[N], is_there: Callable[[], bool], path: str
    ) -> N:
        """Agree with other sessions that create the same now."""
        if not self.changes.is_allowed:
            return mine
        settled, are_several = settle(
            mine,
            again.list_alike,
            kind,
            is_there=is_there,
            pauses_s=within(self._client.waits_s),
            again=self._client.again(path),
            warn=self.changes.warnings.append,
        )
        self.changes.note_if_in_doubt(kind, settled, again)
        self._others_are_known = self._others_are_known or are_several
        return settled

    def _runs_of_existing(
        self, project: Project, plan: TestPlan, cycle: Cycle, cases: Sequence[Case]
    ) -> RunsByCase:
        if not cases:
            return {}
        runs = self._find_runs(cycle, cases)
        missing = [case for case in cases if case.id not in runs]
        if not missing or self._only_existing:
            return runs
        if self._missing_runs:  # theirs may be among them
            self.changes.leave_out(*(self._explain_unread(case, cycle) for case in missing))
            return runs
        addable, _ = self._include(project, plan, missing)
        if addable and self._settings.cycle.missing_runs == "regenerate":
            all_cases = [*(case for case in cases if case.id in runs), *addable]
            regenerated = self._regenerate(cycle, all_cases)
            return regenerated if self.changes.is_allowed else {**regenerated, **runs}
        explain = case_reasons.known_late if cycle.id in self._made_early else case_reasons.no_run
        self.changes.leave_out(*(explain(case, cycle) for case in addable))
        return runs

    def _explain_unread(self, case: Case, cycle: Cycle) -> Unresolved:
        return case_reasons.unread_run(
            case, cycle, missing=self._missing_runs, total=self.total_runs
        )

    def _runs_of_new(
        self, project: Project, plan: TestPlan, cases: Sequence[Case], everything: Sequence[Case]
    ) -> tuple[Cycle | None, RunsByCase]:
        """Create the cycle, once the plan has everything; return the runs of cases to write to."""
        in_plan, groups = self._include(project, plan, everything)
        there = {case.ref for case in in_plan}
        included = [case for case in cases if case.ref in there]
        if not included:
            return None, {}
        if groups.wait_for_others(are_known=self._others_are_known):
            cycle = self._find_cycle(plan)
            if cycle is not None:
                return cycle, self._runs_of_another_session(cycle, included)
        mine = self._create_cycle(plan)
        again = LookAgain(
            lambda: self._named_cycles(plan), partial(cycle_holds, self._client, plan)
        )
        is_there = partial(is_cycle, self._client, mine, plan)
        settle = partial(self._settle, mine, "test cycle", again, is_there, cycles_path(plan.id))
        if not self.changes.is_allowed:
            return settle(), _predict(included)
        find = partial(self._find_runs, mine, included, at_least=len({case.id for case in in_plan}))
        used, runs = self._client.both(settle, find)
        if used.id != mine.id:
            return used, self._runs_of_another_session(used, included)
        return used, self._await_runs(used, included, runs=runs)

    def _create_cycle(self, plan: TestPlan) -> Cycle:
        name = sent_name(self._settings.cycle.name or "")
        start, end = self._settings.cycle.days(self._client.api.connection.now_s)
        post = partial(self._client.create_cycle, plan.id, name, start=start, end=end)
        cycle_id = self.changes.create(
            "test cycle", name, lambda wary: self._fields.create("cycle", partial(post, wary=wary))
        )
        return Cycle(cycle_id, name, plan.id, start, end)

    def _named_cycles(self, plan: TestPlan) -> list[Cycle]:
        return named(self._settings.cycle.name, self._client.cycles(plan.id))

    def _find_cycle(self, plan: TestPlan) -> Cycle | None:
        """Look up whether another session has created the cycle in the meantime."""
        alike = self._named_cycles(plan)
        return places.pick_oldest(alike, "test cycle", warn=self.changes.warnings.append)

    def _runs_of_another_session(self, cycle: Cycle, cases: Sequence[Case]) -> RunsByCase:
        """Return the runs in a cycle that another session has created just now.

        It has none of the cases that came into the plan too late. They are not moved to a cycle of
        our own, so that the results of one build stay in one cycle; and runs are not generated
        unless that is allowed, since the others are writing already.
        """
        runs = self._find_runs(cycle, cases)
        if self._settings.cycle.missing_runs == "regenerate" and len(runs) < len(cases):
            return self._regenerate(cycle, cases)
        return self._await_runs(
            cycle, cases, pauses_s=_PAUSES_FOR_OTHERS_S, explain=case_reasons.too_late
        )

    def _include(
        self, project: Project, plan: TestPlan, cases: Sequence[Case]
    ) -> tuple[list[Case], PlanGroups]:
        """Put the cases into the plan; returns those that it has, or in a dry run would have."""
        if not self.changes.is_allowed:
            cases = look_up(self._client, cases, self.changes)
        known = self._groups.get(plan.id, ())
        groups = PlanGroups(self._client, project, plan, self.changes, known)
        wanted = self._settings.plan
        adds = wanted.add != "none"
        return groups.include(cases, group_name=wanted.group, adds=adds), groups

    def _regenerate(self, cycle: Cycle, cases: Sequence[Case]) -> RunsByCase:
        """Let Jama generate the missing runs of a cycle, and report what that did to the others.

        Returns:
            All runs of the cases, since those that were there may have been replaced.
        """
        start, end = self._settings.cycle.days(self._client.api.connection.now_s)
        start, end = cycle.start or start, cycle.end or end
        before = all_runs(self._client, cycle)
        self.changes.make(
            Change(ChangeKind.REGENERATE, f"the runs of test cycle {cycle.name!r}"),
            lambda: self._client.regenerate_runs(cycle, start=start, end=end),
            otherwise=None,
        )
        runs = self._await_runs(cycle, cases)
        if self.changes.is_allowed:
            after = all_runs(self._client, cycle)
            losses = describe_losses(before.runs, after.runs)
            if before.missing or after.missing:
                losses = "which ones cannot be said, since Jama did not give all of its runs"
            lost = f"regenerating test cycle {cycle.name!r} lost earlier results: {losses}"
            self.changes.warn(lost if losses else "")
        return runs

    def _await_runs(
        self,
        cycle: Cycle,
        cases: Sequence[Case],
        *,
        runs: RunsByCase | None = None,
        pauses_s: Sequence[float] = _PAUSES_S,
        explain: Callable[[Case, Cycle], Unresolved] | None = None,
    ) -> RunsByCase:
        """Return the runs of the cases as soon as all are there; late ones become unresolved."""
        if not self.changes.is_allowed:
            return _predict(cases)
        runs = self._find_runs(cycle, cases) if runs is None else runs
        pauses_s = within(max(self._client.give_up_after_s, self._client.waits_s), pauses_s)
        for attempt, pause_s in enumerate(pauses_s, start=2):
            if all(case.id in runs for case in cases):
                return runs
            self._client.again(RUNS_PATH)("the cycle does not have all runs yet", attempt, pause_s)
            runs = {**runs, **self._find_runs(cycle, cases)}
        late = [case for case in cases if case.id not in runs]
        explain = explain or partial(case_reasons.late_run, waited_s=sum(pauses_s))
        explain = self._explain_unread if self._missing_runs else explain
        self.changes.leave_out(*(explain(case, cycle) for case in late))
        return runs

    def _find_runs(self, cycle: Cycle, cases: Sequence[Case], *, at_least: int = 0) -> RunsByCase:
        case_ids = list(dict.fromkeys(case.id for case in cases))
        found = find_runs(self._client, cycle, case_ids, at_least=at_least)
        self.total_runs, self._missing_runs = found.total, found.missing
        return dict(found.by_case)

    def _resolution(
        self,
        project: Project,
        plan: TestPlan | None,
        cycle: Cycle | None,
        cases: Sequence[Case],
        runs: Mapping[int, tuple[TestRun, ...]],
    ) -> Resolution:
        return Resolution(
            project=Place("project", project.key or project.name, project.id, is_printed=False),
            plan=places.show_place("plan", self._settings, plan, plan, project),
            cycle=places.show_place("cycle", self._settings, cycle, plan, project),
            runs={case.ref: runs[case.id] for case in cases if case.id in runs},
            items={case.ref: case.item for case in cases if case.item},
            unresolved=tuple(self.changes.unresolved),
            changes=tuple(self.changes.made),
            warnings=tuple(self.changes.all_warnings()),
        )


def _predict(cases: Iterable[Case]) -> RunsByCase:
    return {case.id: (predict_run(case.item or Item(case.id)),) for case in cases}
