"""What a `resolve` changes at Jama, or would change in a dry run, and the cases without a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pytest_jama.core.plan import Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.plan import Change
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.case_lookup import Case
    from pytest_jama.targets.jama.wire import Cycle


T = TypeVar("T")


@dataclass(slots=True)
class ChangeLog:
    """The record of one `resolve`.

    Attributes:
        is_allowed: Whether changes are made; a dry run only notes them.
        observer: Told each change as soon as it is made.
        made: The changes, in their order.
        warnings: Sentences about what did not stop us.
        unresolved: Cases without a run.
    """

    is_allowed: bool
    observer: Observer
    made: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)

    def make(self, change: Change, action: Callable[[], T], *, otherwise: T) -> T:
        """Make a change and note it; in a dry run only note it.

        Args:
            change: What is made.
            action: Makes it; a change that fails is neither noted nor told.
            otherwise: What a dry run goes on with.
        """
        result = action() if self.is_allowed else otherwise
        self.made.append(change)
        if self.is_allowed:
            self.observer.changed(change)
        return result


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
