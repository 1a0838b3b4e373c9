"""Test cases are added to a group of a plan, several at the same time and in their order."""

from __future__ import annotations

from contextlib import closing, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import LockedError, RefusedError
from pytest_jama.core.plan import Change, ChangeKind
from pytest_jama.targets.http.in_order import Turns
from pytest_jama.targets.jama.answer_checks import may_be_there, says_already_there
from pytest_jama.targets.jama.client import cases_path
from pytest_jama.targets.jama.parallel import as_done
from pytest_jama.targets.jama.settling import CaseCount
from pytest_jama.targets.jama.waits import within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.targets.http.in_order import Turn
    from pytest_jama.targets.jama.case_lookup import Case
    from pytest_jama.targets.jama.change_log import ChangeLog
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Group, TestPlan

_ADDED_AGAIN_AT_MOST = 2
_FEW = 4


class Present(NamedTuple):
    """What groups of a plan have.

    Attributes:
        case_ids: Those of the cases that were looked for.
        counts: How many cases a group has, by its ID; of the groups that were read completely.
    """

    case_ids: set[int]
    counts: dict[int, int]


def find_present(
    client: JamaClient, plan: TestPlan, groups: Sequence[Group], wanted: set[int]
) -> Present:
    """Find out which cases stand in any group of a plan; reads no further than necessary.

    The first group often has all of them. Where it does not, the others are read at the same time.
    Of an only group all pages that so many cases take are read at once.

    Args:
        client: Reads from Jama.
        plan: The plan.
        groups: Its groups.
        wanted: The IDs of the cases.
    """
    present = Present(set(), {})
    ahead = len(wanted) if len(groups) == 1 else 0
    for some in (groups[:1], groups[1:]):
        lacking = wanted - present.case_ids
        if not lacking:
            break
        jobs = [partial(_look_through, client, plan, group, lacking, ahead) for group in some]
        for group, (found, count) in zip(some, client.together(jobs), strict=True):
            present.case_ids.update(found)
            if count is not None:
                present.counts[group.id] = count
    return present


def _look_through(
    client: JamaClient, plan: TestPlan, group: Group, wanted: set[int], ahead: int
) -> tuple[set[int], int | None]:
    """Return which cases a group has, and how many in all; None when it was not read completely."""
    found: set[int] = set()
    count = 0
    for case in client.cases(plan.id, group.id, at_least=len(wanted), ahead=ahead):
        count += 1
        if case.id in wanted:
            found.add(case.id)
        if found == wanted:
            return found, None
    return found, count


class Refusal(NamedTuple):
    """A case that Jama did not add.

    Attributes:
        case: The case.
        error: What Jama said.
    """

    case: Case
    error: RefusedError


class Filling:
    """Adds test cases to one group.

    Args:
        client: Writes to Jama.
        plan: The plan.
        group: The group.
        changes: Notes what is done; a dry run sends nothing.
        count: How many cases the group has; None when that is not known.
    """

    def __init__(
        self,
        client: JamaClient,
        plan: TestPlan,
        group: Group,
        changes: ChangeLog,
        *,
        count: int | None = None,
    ) -> None:
        self._client = client
        self._plan = plan
        self._group = group
        self._changes = changes
        self._count = CaseCount(client, plan, group, count) if changes.is_allowed else None
        self._added: list[Case] = []

    def add(
        self, cases: Sequence[Case], origins: Sequence[str]
    ) -> tuple[list[Case], list[Refusal]]:
        """Add cases that the plan does not have.

        Jama lists them in the order in which it gets them, and gives their runs that order.

        Args:
            cases: Each case once.
            origins: The project that each comes from; empty for that of the plan.

        Returns:
            The cases that the plan has now, and those that it does not get, both in their order.
        """
        changes = [
            Change(ChangeKind.ADD, _name(case, origin), f"group {self._group.name!r}")
            for case, origin in zip(cases, origins, strict=True)
        ]
        refusals: dict[int, Refusal] = {}
        made: dict[int, Change] = {}
        try:
            for number, error in self._send(cases):
                if error is None:
                    self._changes.tell(changes[number])
                    made[number] = changes[number]
                else:
                    refusals[number] = Refusal(cases[number], error)
        finally:
            self._changes.made.extend(made[number] for number in sorted(made))
        self._added += [cases[number] for number in sorted(made)]
        there = self._find_there([refusals[number] for number in sorted(refusals)])
        there |= {cases[number].id for number in made}
        refused = [each for _, each in sorted(refusals.items()) if each.case.id not in there]
        return [case for case in cases if case.id in there], refused

    def _send(self, cases: Sequence[Case]) -> Iterator[tuple[int, RefusedError | None]]:
        """Yield the number of each case, and why Jama does not add it."""
        if not self._changes.is_allowed:
            yield from ((number, None) for number in range(len(cases)))
            return
        connection, at_once = self._client.api.connection, self._client.at_once
        per_s = connection.pace.rate_per_s
        apart_s = 1 / per_s if per_s else 0.0
        turns = Turns(at_once, clock=connection.clock, sleep=connection.sleep, apart_s=apart_s)
        jobs = [partial(self._try_to_add, case, turns.turn(n)) for n, case in enumerate(cases)]
        with closing(turns):
            yield from as_done(jobs, at_once=at_once)

    def _try_to_add(self, case: Case, turn: Turn | None = None) -> RefusedError | None:
        try:
            with turn or nullcontext():
                self._client.add_case(self._plan.id, self._group.id, case.id, turn)
        except RefusedError as refusal:
            return refusal
        return None

    def _find_there(self, refusals: Sequence[Refusal]) -> set[int]:
        """Return which of the cases that Jama did not add the plan has all the same."""
        doubtful = [
            each
            for each in refusals
            if may_be_there(each.error) and not isinstance(each.error, LockedError)
        ]
        there = self._look([each.case for each in doubtful])
        said: list[Case] = []
        for case, error in doubtful:
            if case.id in there:
                continue
            if says_already_there(error):
                said.append(case)
            elif self._try_to_add(case) is None:  # several at the same time were in conflict
                there.add(case.id)
        return there | self._await_shown(said)

    def _await_shown(self, cases: Sequence[Case]) -> set[int]:
        """Look again for cases that may be shown late; while the first is not, for no others."""
        there: set[int] = set()
        again = self._client.again(cases_path(self._plan.id, self._group.id))
        for attempt, pause_s in enumerate(within(self._client.waits_s) if cases else (), start=2):
            again("said to be there, but not shown", attempt, pause_s)
            if self._look(cases[:1]):
                there |= self._look(cases)
                cases = [case for case in cases if case.id not in there]
                if not cases:
                    break
        return there

    def _look(self, cases: Sequence[Case]) -> set[int]:
        """Return which cases the plan has; of many the groups tell that with fewer requests."""
        wanted = {case.id for case in cases}
        ways = [self._look_for_each, self._look_in_groups]
        there: set[int] = set()
        for way in ways if len(wanted) <= _FEW else reversed(ways):
            if wanted - there:
                there |= way(wanted - there)
        return there

    def _look_for_each(self, wanted: set[int]) -> set[int]:
        ids = sorted(wanted)
        look = partial(self._client.has_case, self._plan.id, self._group.id)
        answers = self._client.together([partial(look, each) for each in ids])
        return {each for each, is_there in zip(ids, answers, strict=True) if is_there}

    def _look_in_groups(self, wanted: set[int]) -> set[int]:
        groups = list(self._client.groups(self._plan.id))
        return find_present(self._client, self._plan, groups, wanted).case_ids

    def wait_for_others(self, *, are_known: bool) -> bool:
        """Wait until no other session adds cases; see `CaseCount.wait_for_others`.

        What this one has added is there afterwards, even if Jama first accepted it and did not do
        it.
        """
        if self._count is None:
            return False
        are_others = self._count.wait_for_others(added=len(self._added), are_known=are_known)
        if are_others or self._count.is_short:
            self._add_lost()
        return are_others

    def _add_lost(self) -> None:
        """Add again what the group does not show, though Jama said that it was added.

        It may be shown late, so that is waited for before.
        """
        pauses_s = within(self._client.waits_s)
        path = cases_path(self._plan.id, self._group.id)
        for attempt in range(2, 2 + _ADDED_AGAIN_AT_MOST):
            lost = self._find_lost()
            for pause_s in pauses_s:
                if not lost:
                    return
                self._client.api.connection.sleep(pause_s)
                lost = self._find_lost()
            for case in lost:
                self._client.again(path, method="POST")("accepted, but not there", attempt, 0.0)
                with suppress(RefusedError):
                    self._client.add_case(self._plan.id, self._group.id, case.id)

    def _find_lost(self) -> list[Case]:
        added = {case.id for case in self._added}
        present = find_present(self._client, self._plan, [self._group], added)
        return [case for case in self._added if case.id not in present.case_ids]


def _name(case: Case, origin: str) -> str:
    return f"case {case.ref}" + (f" of project {origin}" if origin else "")
