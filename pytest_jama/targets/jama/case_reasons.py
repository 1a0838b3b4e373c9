"""Why a test case has no run to write to, in words: each with what a person can do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.cases import RefKind
from pytest_jama.core.lock import FILE_NAME
from pytest_jama.core.plan import Unresolved
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import LockedCase
    from pytest_jama.targets.jama.case_lookup import Case
    from pytest_jama.targets.jama.wire import Cycle, Item, TestPlan

_RIGHTS = "rights on project, component or set"
_LOCK_AGAIN = "check the case in Jama, then run `pytest-jama lock` again"


def name_of(item: Item, kind: RefKind) -> str:
    """Return the document key or global ID of an item."""
    return item.key if kind is RefKind.DOCUMENT_KEY else item.global_id


def unknown_name(ref: CaseRef, place: str, elsewhere: str, *, alike: str) -> Unresolved:
    """Say that nothing has a document key or global ID.

    Args:
        ref: The reference.
        place: Where it was looked for: ``project P has no item with the``.
        elsewhere: Where else.
        alike: The same in other letters, if that was found.
    """
    what = f"{place} {ref.kind.value} {ref}{elsewhere}"
    if alike:
        return Unresolved(ref, what, f"write {alike}", "map")
    return Unresolved(
        ref,
        f"{what}: it does not exist, was deleted or renamed, or this account may not see it "
        f"({_RIGHTS})",
        "correct the reference, restore the case, or get the right; one that was created just "
        "now is found within some minutes: then send the results again",
        asks_for="map",
    )


def ambiguous_name(ref: CaseRef, place: str, named: str) -> Unresolved:
    """Say that several other projects have a name.

    Args:
        ref: The reference.
        place: Where it was looked for first.
        named: The items.
    """
    return Unresolved(
        ref,
        f"{place} {ref.kind.value} {ref}, and other projects have several: {named}",
        "write the API ID of the one that is meant",
        asks_for="map",
    )


def unread_item(ref: CaseRef, *, missing: int, total: int) -> Unresolved:
    """Say that Jama did not give all that it found.

    Args:
        ref: The reference.
        missing: How many items did not come.
        total: How many it found.
    """
    return Unresolved(
        ref,
        f"Jama did not give all items that it found for it and others: {missing} of {total} did "
        "not come, also when they were asked for again",
        "send the results again",
    )


def no_such_item(ref: CaseRef) -> Unresolved:
    """Say that an API ID leads nowhere."""
    return Unresolved(
        ref,
        f"there is no item with the API ID {ref}: it does not exist, was deleted, or this "
        f"account may not see it ({_RIGHTS})",
        "correct the reference, restore the test case in Jama, or get the right to see it",
        asks_for="map",
    )


def another_item(ref: CaseRef, locked: LockedCase, now: Item, old: Item | None) -> Unresolved:
    """Say that a name means another item than when the lock was written.

    Args:
        ref: The reference.
        locked: What is locked of it.
        now: What has this name now.
        old: The item that the lock means, as it is now; None when it is not to be seen any more.
    """
    where = (name_of(old, ref.kind) or f"without a {ref.kind.value}") if old else "gone"
    return Unresolved(
        ref,
        f"drift: when {FILE_NAME} was written it was item {locked.api_id} "
        f"{quoted(locked.name.shown)} ({where} now), and now it means item {now.id} "
        f"{quoted(now.name)}: not sent",
        _LOCK_AGAIN,
        asks_for="map",
    )


def locked_item_gone(ref: CaseRef, locked: LockedCase) -> Unresolved:
    """Say that nothing has a name any more, and that the item of the lock is gone, too."""
    return Unresolved(
        ref,
        f"{FILE_NAME} has item {locked.api_id} {quoted(locked.name.shown)} for it, and Jama has "
        f"neither that item nor another with this {ref.kind.value}: it was deleted, or this "
        f"account may not see it ({_RIGHTS})",
        "restore the test case, get the right to see it, or correct the reference",
        asks_for="map",
    )


def several_locked(ref: CaseRef) -> Unresolved:
    """Say that sessions that are sent together mean different items by one name."""
    return Unresolved(
        ref,
        f"drift: the sessions had different items (API IDs) of it in their {FILE_NAME}: not sent",
        f"run them with the same {FILE_NAME}, or send each journal by itself",
    )


def moved_name(ref: CaseRef, item: Item) -> str:
    """Say that a name is gone, and that the item of the lock is used, which has another now."""
    return (
        f"{ref}: no item has this {ref.kind.value} any more; {FILE_NAME} says that it was item "
        f"{item.id}, which is {name_of(item, ref.kind) or 'without one'} {quoted(item.name)} now: "
        "that one is used; correct the reference, then run `pytest-jama lock`"
    )


def no_run(case: Case, cycle: Cycle) -> Unresolved:
    """Say that an existing cycle has no run of a case."""
    return Unresolved(
        case.ref,
        f"test cycle {cycle.name!r} has no run of it: "
        "the cycle was made before the test case came into the plan",
        "use a new cycle name; or set `cycle: {missing_runs: regenerate}`, "
        "which may cost the results that the cycle has",
        asks_for="cycle",
    )


def known_late(case: Case, cycle: Cycle) -> Unresolved:
    """Say that a case was named only after the cycle had been made, while tests ran."""
    return Unresolved(
        case.ref,
        f"test cycle {cycle.name!r} has no run of it: the cycle was made while tests ran "
        "(`upload: {when: during}`), before a test named this case",
        "link the test by a marker or in `tests`, so that it is known before it runs, or name the "
        "case to `pytest-jama prepare`; or set `upload: {when: end}`, or "
        "`cycle: {missing_runs: regenerate}`, which may cost the results that the cycle has",
        asks_for="cycle",
    )


def not_in_plan(case: Case, plan: TestPlan) -> Unresolved:
    """Say that a plan that people have prepared does not hold a case."""
    return Unresolved(
        case.ref,
        f"test plan {plan.name!r} does not have it, and `plan: {{add: none}}` adds nothing",
        "add it to the plan in Jama before the test cycle is made, or set `plan: {add: linked}`",
    )


def unread_run(case: Case, cycle: Cycle, *, missing: int, total: int | None) -> Unresolved:
    """Say that Jama did not give the whole list of the runs, in which that of a case may be.

    Args:
        case: The case.
        cycle: The cycle.
        missing: How many runs did not come.
        total: How many there are.
    """
    return Unresolved(
        case.ref,
        f"Jama did not give all runs of test cycle {cycle.name!r}: {missing} of {total} did not "
        "come, also when they were asked for again, or cannot be read",
        "send the results again",
    )


def late_run(case: Case, cycle: Cycle, *, waited_s: float) -> Unresolved:
    """Say that Jama generated no run of a case in a new cycle.

    Args:
        case: The case.
        cycle: The cycle.
        waited_s: For how many seconds it was looked for.
    """
    return Unresolved(
        case.ref,
        f"Jama generated no run of it in test cycle {cycle.name!r} within {waited_s:.0f} s",
        "look at the cycle in Jama, then send the results again",
    )


def too_late(case: Case, cycle: Cycle) -> Unresolved:
    """Say that another session created the cycle before the case came into the plan."""
    return Unresolved(
        case.ref,
        f"another session created test cycle {cycle.name!r} (ID {cycle.id}) at the same time, "
        "before this test case came into the plan: it has no run of it",
        "use a new cycle name for all shards, since the plan has all their test cases now; or let "
        "them run with `--jama-no-upload` and send their journals together: "
        "`pytest-jama upload JOURNAL...`",
        asks_for="cycle",
    )
