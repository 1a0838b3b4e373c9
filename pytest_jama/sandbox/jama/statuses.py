"""The statuses of runs and steps, and how a run's status follows from its steps."""

from collections.abc import Callable, Sequence
from typing import Literal

NOT_RUN = "NOT_RUN"
INPROGRESS = "INPROGRESS"
PASSED = "PASSED"
FAILED = "FAILED"
BLOCKED = "BLOCKED"

STATUSES = (NOT_RUN, INPROGRESS, PASSED, FAILED, BLOCKED)
"""Source: Jama REST cookbook, test run chapter. It is INPROGRESS, not IN_PROGRESS."""

StatusRule = Literal["fail_first", "inprogress_until_complete"]


def status_from_steps(steps: Sequence[str], rule: StatusRule = "fail_first") -> str:
    """Derive a run's status from the statuses of its steps.

    Source: the cookbook says only that the status follows from the steps; the rules are
    those of a Jama-sponsored app of 2017 and the reading of it that waits for all steps.
    """
    return _RULES[rule](steps)


def _fail_first(steps: Sequence[str]) -> str:
    if FAILED in steps:
        return FAILED
    if BLOCKED in steps:
        return BLOCKED
    return _progress(steps)


def _inprogress_until_complete(steps: Sequence[str]) -> str:
    unfinished = NOT_RUN in steps or INPROGRESS in steps
    if FAILED in steps and unfinished:
        return INPROGRESS
    return _fail_first(steps)


def _progress(steps: Sequence[str]) -> str:
    if all(status == NOT_RUN for status in steps):
        return NOT_RUN
    if all(status == PASSED for status in steps):
        return PASSED
    return INPROGRESS


_RULES: dict[StatusRule, Callable[[Sequence[str]], str]] = {
    "fail_first": _fail_first,
    "inprogress_until_complete": _inprogress_until_complete,
}
