"""The sum of the reports of one test: the worst of its phases, in the last of its attempts.

Pure: reports in, values out. A test gets a report for its setup, its call and its teardown, one for
each subtest, and all of them again, after a report of ``rerun``, for each further attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.results import LONGEST_READ, WORST_PART_FIRST, Outcome
from pytest_jama.core.text import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult

WORKER_CRASHED = "???"
"""`report.when` of the report that pytest-xdist makes for the test a dead worker was running."""

LAST_PHASES = frozenset({"teardown", WORKER_CRASHED})
"""`report.when` of the last report of a test."""

_FINAL_OUTCOMES = frozenset({"passed", "failed", "skipped"})
"""The outcomes of reports; anything else, such as ``rerun``, ends an attempt and not the test."""

_PASSED = Outcome.PASSED
_NOT_REACHED = Outcome.NOT_REACHED
"""Python 3.11 computes a member of an enumeration at each use, and these are used most."""


@dataclass(slots=True)
class Phases:
    """The sum of the reports of one test.

    Attributes:
        outcome: The worst of the phases; ``NOT_REACHED`` when none says anything.
        duration_s: Seconds over all phases and attempts.
        messages: Why phases did not pass.
        earlier: A note for each attempt before the last.
    """

    outcome: Outcome = _NOT_REACHED
    duration_s: float = 0.0
    messages: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    def count(self, report: pytest.TestReport) -> None:
        """Let the outcome of one more report count."""
        outcome = _outcome_of(report)
        if outcome is None:
            return
        message = "" if outcome is _PASSED else message_of(report, outcome)
        if message and message not in self.messages:
            self.messages += (message,)
        if self.outcome is not _NOT_REACHED:
            outcome = min(self.outcome, outcome, key=WORST_PART_FIRST.index)
        self.outcome = outcome

    def begin_again(self, report: pytest.TestReport) -> None:
        """Begin a new attempt after a report of ``rerun``; what went wrong becomes a note."""
        why = message_of(report, Outcome.FAILED) or "; ".join(self.messages)
        self.earlier += (name_attempt(len(self.earlier) + 1, why or None),)
        self.outcome, self.messages = _NOT_REACHED, ()


def name_attempt(number: int, ending: str | None) -> str:
    """Return the note on an attempt before the last.

    Args:
        number: The attempt, counted from 1.
        ending: Why it failed; empty when it passed, and None when that is not known.
    """
    if ending == "":
        return f"attempt {number} passed"
    return f"attempt {number} failed" + (f": {ending}" if ending else "")


def sum_up(reports: Sequence[pytest.TestReport]) -> Phases:
    """Sum up the reports of one test.

    Args:
        reports: In their order, of all attempts.
    """
    phases = Phases()
    duration_s = 0.0
    for report in reports:
        outcome = report.outcome
        if outcome not in _FINAL_OUTCOMES:
            phases.begin_again(report)
            continue
        duration_s += report.duration or 0.0
        if outcome != "passed" or report.when == "call":
            phases.count(report)
    phases.duration_s = duration_s
    return phases


def ends_attempt(report: pytest.TestReport) -> bool:
    """Return whether the test is run again after this report."""
    return report.outcome not in _FINAL_OUTCOMES


def outcome_of_subtest(report: pytest.TestReport) -> Outcome | None:
    """Return what a subtest says of its test; None when it passed, or when this is not one."""
    if report.outcome == "passed" or not hasattr(report, "context"):
        return None
    return _outcome_of(report)


def _outcome_of(report: pytest.TestReport) -> Outcome | None:
    """Return what one phase or subtest says; None when it says nothing."""
    if report.outcome == "passed":
        if hasattr(report, "context"):
            return None
        return Outcome.XPASSED if hasattr(report, "wasxfail") else _PASSED
    if report.outcome == "failed":
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR
    return Outcome.XFAILED if hasattr(report, "wasxfail") else Outcome.SKIPPED


def message_of(report: pytest.TestReport, outcome: Outcome) -> str:
    """Return why a phase or a subtest did not pass, without traceback."""
    # Before 8.4, pytest puts a word before what `pytest.xfail` is told; JUnit XML takes it away.
    reason = str(getattr(report, "wasxfail", None) or "").removeprefix("reason: ")
    text = reason or _crash_message(report)
    if report.when == WORKER_CRASHED:
        text = f"worker crashed: {text}"
    elif outcome is Outcome.ERROR:
        text = f"{report.when} failed: {text}"
    return shorten(clean(text), at_most=LONGEST_READ)


def why_skipped(report: pytest.CollectReport) -> str:
    """Return why a file was skipped as a whole."""
    return shorten(clean(_crash_message(report)), at_most=LONGEST_READ)


def _crash_message(report: pytest.TestReport | pytest.CollectReport) -> str:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        return longrepr[2].removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    return str(longrepr or "").strip()


def with_trace(
    result: TestResult,
    reports: Iterable[pytest.TestReport | pytest.CollectReport],
    redactor: Redactor,
) -> TestResult:
    """Return the result of a test that failed with what pytest shows of it.

    Args:
        result: The result.
        reports: Those of its phases.
        redactor: Hides secrets.
    """
    from pytest_jama.core.failure_trace import tidy_trace  # noqa: PLC0415 (few sessions want it)

    texts = dict.fromkeys(report.longreprtext for report in reports if report.outcome == "failed")
    trace = tidy_trace("\n\n".join(texts), redactor)
    return result._replace(trace=trace.text, redacted=result.redacted + trace.passages)
