"""Sessions beside each other: they settle on one plan, group and cycle, and wait for each other.

Several sessions may prepare one plan and one cycle at the same time: the shards of a CI matrix.
Jama creates what it is asked for, as often as it is asked, and has no transactions. So each session
that has created something lists it again, and all of them go on with the lowest ID. Since an ID is
given before the answer and looked for after it, each session sees all IDs lower than its own.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.text import counted
from pytest_jama.targets.jama.verify import all_runs
from pytest_jama.targets.jama.waits import SHOWS_LATE_S
from pytest_jama.targets.jama.wire import NOT_RUN, Cycle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.named_creation import N, Named
    from pytest_jama.targets.jama.paging import Again
    from pytest_jama.targets.jama.wire import Group, Project, TestPlan

_QUIET_S = 2.0
_CHANCE = random.Random()  # noqa: S311 - no secret, and tests may have seeded the common one
_LONGEST_WAIT_S = 30.0
_LOOK_S = 0.5


def settle(
    mine: N,
    list_alike: Callable[[], Iterable[N]],
    kind: str,
    *,
    is_there: Callable[[], bool | None] = lambda: None,
    pauses_s: Sequence[float] = SHOWS_LATE_S,
    again: Again,
    warn: Callable[[str], None],
) -> tuple[N, bool]:
    """Find out whether several with one name were created: all use the one with the lowest ID.

    What an answer said to be created is believed when a list shows it, or when asking for its ID
    does: nothing is put into what has another name or stands elsewhere.

    Args:
        mine: What this session has created just now.
        list_alike: Lists all that have its name.
        kind: What they are, for the warning.
        is_there: Asked when no list shows it: whether its ID has this name and this place; None
            when that cannot be known.
        pauses_s: Pauses before they are listed again while it is not shown.
        again: Waits before they are listed again, and notes why.
        warn: Told when there are several.

    Returns:
        The one to use, and whether there are others.

    Raises:
        NotUsableError: When it cannot be found.
    """
    by_id, is_whole = _shown(list_alike)
    for attempt, pause_s in enumerate(pauses_s, start=2):
        if mine.id in by_id:
            break
        again("what was created is not listed yet", attempt, pause_s)
        more, is_whole = _shown(list_alike)
        by_id |= more
    if mine.id not in by_id:
        is_known = is_there()
        if is_known or (is_known is None and not (is_whole and by_id)):
            by_id[mine.id] = mine
        elif not by_id:
            raise NotUsableError(
                f"Jama says that it created {kind} {mine.name!r} with the ID {mine.id}, and does "
                f"not have it there; look for it in Jama, then send the results again"
            )
    first, *others = sorted(by_id)
    if others:
        ids = ", ".join(map(str, others))
        warn(
            f"{len(by_id)} {kind}s are named {mine.name!r}, since several sessions created one at "
            f"the same time: all use the first, ID {first}; the others are not used, and can be "
            f"deleted if nobody wrote into them: {ids}",
        )
    return by_id[first], bool(others)


def is_plan(client: JamaClient, plan: TestPlan, project: Project) -> bool:
    """Return whether a plan is at Jama as it was created."""
    found = client.find_plan(plan.id)
    return (
        found is not None
        and is_same_name(found.name, plan.name)
        and found.project_id in (None, project.id)
    )


def is_cycle(client: JamaClient, cycle: Cycle, plan: TestPlan) -> bool:
    """Return whether a cycle is at Jama as it was created."""
    found = client.find_cycle(cycle.id)
    return (
        found is not None
        and is_same_name(found.name, cycle.name)
        and found.plan_id in (None, plan.id)
    )


def plan_holds(client: JamaClient, plan: Named) -> str:
    """Say what is in a plan that is not used, and whether it can be deleted."""
    cycles = sum(1 for _ in client.cycles(plan.id))
    return _deletable("test cycle", cycles)


def group_holds(client: JamaClient, plan: TestPlan, group: Named) -> str:
    """Say what is in a group that is not used, and whether it can be deleted."""
    return _deletable("test case", client.find_case_count(plan.id, group.id) or 0)


def cycle_holds(client: JamaClient, plan: TestPlan, cycle: Named) -> str:
    """Say what is in a cycle that is not used, and whether it can be deleted."""
    found = all_runs(client, Cycle(cycle.id, cycle.name, plan.id))
    if found.missing:
        return "could not be read completely: look at it before you delete it"
    results = sum(run.status != NOT_RUN or bool(run.actual_results) for run in found.runs)
    return _deletable("result", results)


def _deletable(noun: str, count: int) -> str:
    if not count:
        return f"has no {noun}s and can be deleted"
    return f"has {counted(count, noun)}: look at it before you delete it"


def is_same_name(one: str, other: str) -> bool:
    """Return whether names are the same but for blanks, which servers may trim."""
    return one.split() == other.split()


def _shown(list_alike: Callable[[], Iterable[N]]) -> tuple[dict[int, N], bool]:
    """Return what a list shows of something that was created, and whether it is complete."""
    try:
        return {each.id: each for each in list_alike()}, True
    except NotUsableError:
        return {}, False


class CaseCount:
    """How many test cases a group has, which shows whether other sessions are adding theirs.

    They add to the same group, since all shards have the same settings.

    Args:
        client: Reads from Jama.
        plan: The plan.
        group: The group that this session will add its own cases to.
        count: How many it has; None to ask.
    """

    def __init__(
        self, client: JamaClient, plan: TestPlan, group: Group, count: int | None = None
    ) -> None:
        self._client = client
        self._plan = plan
        self._group = group
        self._found = self._expected = self._read() if count is None else count

    @property
    def is_short(self) -> bool:
        """Whether the group had fewer cases than it should when it was looked at last."""
        return self._found < self._expected

    def wait_for_others(self, *, added: int, are_known: bool) -> bool:
        """Wait until no other session adds cases any more, if one does.

        A cycle has runs of those cases only that the plan had when the cycle was created.

        Args:
            added: How many cases this session has added.
            are_known: Whether it is certain that there are other sessions.

        Returns:
            Whether another session was at work.
        """
        found = self._read()
        self._expected += added
        if found <= self._expected and not are_known:
            return False
        connection = self._client.api.connection
        start = changed_at = connection.clock()
        # Sessions that waited for each other would otherwise go on at the same moment.
        quiet_s = _QUIET_S + _CHANCE.uniform(0, _QUIET_S / 2)
        while connection.clock() < min(changed_at + quiet_s, start + _LONGEST_WAIT_S):
            connection.sleep(_LOOK_S)
            before, found = found, self._read()
            if found != before:
                changed_at = connection.clock()
        return True

    def _read(self) -> int:
        self._found = self._client.find_case_count(self._plan.id, self._group.id) or 0
        return self._found
