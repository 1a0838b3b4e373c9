"""Cases without a run: why, and what the user can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.runs import Unresolved

if TYPE_CHECKING:
    from pytest_jama.targets.jama.cases import Case
    from pytest_jama.targets.jama.wire import Cycle


def no_run(case: Case, cycle: Cycle) -> Unresolved:
    """Say that an existing cycle has no run of a case."""
    return Unresolved(
        case.ref,
        f"test cycle {cycle.name!r} has no run of it: "
        "the cycle was made before the test case came into the plan",
        "use a new cycle name; or set `cycle: {missing_runs: regenerate}`, "
        "which may cost the results that the cycle has",
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
    )
