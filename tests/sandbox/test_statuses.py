"""A run's status follows from its steps."""

from __future__ import annotations

from pytest_jama.sandbox.jama.statuses import STATUSES, StatusRule, status_from_steps
from tests.every import every


@every(
    "steps, fail_first, until_complete, last_step",
    [
        ("PASSED", "PASSED", "PASSED", "PASSED"),
        ("PASSED PASSED", "PASSED", "PASSED", "PASSED"),
        ("NOT_RUN NOT_RUN", "NOT_RUN", "NOT_RUN", "NOT_RUN"),
        ("PASSED NOT_RUN", "INPROGRESS", "INPROGRESS", "INPROGRESS"),
        ("PASSED INPROGRESS", "INPROGRESS", "INPROGRESS", "INPROGRESS"),
        ("PASSED FAILED", "FAILED", "FAILED", "FAILED"),
        ("FAILED NOT_RUN", "FAILED", "INPROGRESS", "INPROGRESS"),
        ("FAILED BLOCKED", "FAILED", "FAILED", "BLOCKED"),
        ("BLOCKED PASSED", "BLOCKED", "BLOCKED", "PASSED"),
        ("BLOCKED NOT_RUN", "BLOCKED", "BLOCKED", "INPROGRESS"),
        ("PASSED NOT_APPLICABLE", "PASSED", "PASSED", "PASSED"),
        ("NOT_APPLICABLE NOT_RUN", "NOT_RUN", "NOT_RUN", "NOT_RUN"),
        ("NOT_APPLICABLE", "NOT_APPLICABLE", "NOT_APPLICABLE", "NOT_APPLICABLE"),
    ],
)
def test_status_from_steps(
    steps: str, fail_first: str, until_complete: str, last_step: str
) -> None:
    values = steps.split()
    assert status_from_steps(values, "fail_first") == fail_first
    assert status_from_steps(values, "inprogress_until_complete") == until_complete
    assert status_from_steps(values, "last_step") == last_step


@every("rule", ["fail_first", "inprogress_until_complete", "last_step"])
@every("status", STATUSES)
def test_a_single_step_gives_its_own_status(status: str, rule: StatusRule) -> None:
    assert status_from_steps([status], rule) == status
