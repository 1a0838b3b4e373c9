"""What the summary says of steps that failed in tests that did not."""

from __future__ import annotations

import pytest

from pytest_jama.core.results import Outcome, StepResult, TestResult
from pytest_jama.report.caught_failures import caught_failure_lines
from tests.every import every

FAILED = StepResult(2, Outcome.FAILED, "12 ml\nOSError: no light")


@every("outcome", [Outcome.PASSED, Outcome.XPASSED, Outcome.SKIPPED])
def test_failed_step_of_a_test_that_did_not_fail_is_named_once(outcome: Outcome) -> None:
    result = TestResult("a.py::test", outcome, steps=(StepResult(1, Outcome.PASSED), FAILED))
    (line,) = caught_failure_lines([result, result], verbose=False)
    assert line.text == (
        f"a.py::test: {outcome.value}, but its step 2 failed: 12 ml OSError: no light"
    )


@every("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.XFAILED])
def test_failed_step_of_a_test_that_failed_is_no_news(outcome: Outcome) -> None:
    result = TestResult("a.py::test", outcome, steps=(FAILED,))
    assert not list(caught_failure_lines([result], verbose=True))


@pytest.mark.parametrize("verbose, count", [(False, 11), (True, 30)])
def test_many_are_counted(verbose: bool, count: int) -> None:
    results = [TestResult(f"{n}", Outcome.PASSED, steps=(FAILED,)) for n in range(30)]
    assert len(list(caught_failure_lines(results, verbose=verbose))) == count
