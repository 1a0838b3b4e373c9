"""The statuses of runs and steps, and how a run's status follows from its steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

NOT_RUN = "NOT_RUN"
INPROGRESS = "INPROGRESS"
PASSED = "PASSED"
FAILED = "FAILED"
BLOCKED = "BLOCKED"

NOT_APPLICABLE = "NOT_APPLICABLE"
"""Source: Jama help: admins can switch on "Not applicable"; how the API calls it is not known."""

STATUSES = (NOT_RUN, INPROGRESS, PASSED, FAILED, BLOCKED)
"""Source: Jama REST cookbook, test run chapter. It is INPROGRESS, not IN_PROGRESS."""

StatusRule = Literal["fail_first", "inprogress_until_complete", "last_step"]


def status_from_steps(steps: Sequence[str], rule: StatusRule = "fail_first") -> str:
    """Derive a run's status from the statuses of its steps.

    Source: the cookbook says only that the status follows from the steps; the rules are
    those of a Jama-sponsored app of 2017, the reading of it that waits for all steps, and the
    one that takes the last step for the end of the run. Jama's help: steps that are not
    applicable are left out.
    """
    counted = [status for status in steps if status != NOT_APPLICABLE]
    return _RULES[rule](counted) if counted else NOT_APPLICABLE


def with_skipped_steps_passed(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of an execution with those passed that were left out of it.

    Source: Jama help: an admin option, "assign Passed to all skipped steps".
    """
    is_executed = any(step["status"] != NOT_RUN for step in steps)
    return [
        {**step, "status": PASSED if is_executed and step["status"] == NOT_RUN else step["status"]}
        for step in steps
    ]


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


def _last_step(steps: Sequence[str]) -> str:
    return INPROGRESS if steps[-1] == NOT_RUN != _progress(steps) else steps[-1]


def _progress(steps: Sequence[str]) -> str:
    if all(status == NOT_RUN for status in steps):
        return NOT_RUN
    if all(status == PASSED for status in steps):
        return PASSED
    return INPROGRESS


_RULES: dict[StatusRule, Callable[[Sequence[str]], str]] = {
    "fail_first": _fail_first,
    "inprogress_until_complete": _inprogress_until_complete,
    "last_step": _last_step,
}
