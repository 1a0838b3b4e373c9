"""Short ways to write down the values that the core is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from pytest_jama.core.cases import CaseRef, parse_links
from pytest_jama.core.results import Outcome, StepResult, TestResult
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.targets.jama.runs import RunStep, TestRun

if TYPE_CHECKING:
    from collections.abc import Sequence

CASE = CaseRef.parse("JEET1-TC-1")


def result_of(
    outcome: Outcome,
    *steps: StepResult,
    test: str = "tests/test_a.py::test_a",
    cases: str = "JEET1-TC-1",
    message: str = "",
    notes: tuple[str, ...] = (),
    duration_s: float | None = None,
) -> TestResult:
    """Make the result of one test, evidence of JEET1-TC-1 unless told otherwise."""
    links = parse_links(cases)
    return TestResult(test, outcome, duration_s, links, message=message, notes=notes, steps=steps)


def results_of(outcomes: Sequence[Outcome]) -> list[TestResult]:
    """Make one test for each outcome, all of one case."""
    return [
        result_of(outcome, test=f"tests/test_a.py::test_{number}")
        for number, outcome in enumerate(outcomes)
    ]


def step_result(number: int, outcome: Outcome, note: str = "") -> StepResult:
    """Make what a test says of a step."""
    return StepResult(number, outcome, note)


def case_of(
    verdict: Verdict | None,
    *steps: tuple[int, Verdict] | tuple[int, Verdict, str],
    results: tuple[TestResult, ...] = (),
    case_ref: CaseRef = CASE,
) -> CaseVerdict:
    """Make the judgement on a case; a step is its number, its verdict and perhaps a note."""
    return CaseVerdict(
        case_ref,
        verdict,
        tuple(StepVerdict(number, each, tuple(notes)) for number, each, *notes in steps),
        results,
    )


def steps_of(*statuses: str) -> tuple[RunStep, ...]:
    """Make the steps of a run as a target gives them."""
    return tuple(
        RunStep(status, as_read={"action": f"do {number}", "status": status})
        for number, status in enumerate(statuses, start=1)
    )


def run_of(*step_statuses: str, run_id: int | None = 71, case_id: int = 501) -> TestRun:
    """Make a run that no one has touched, with steps of the given statuses."""
    return TestRun(run_id, case_id, "Login", "NOT_RUN", steps_of(*step_statuses))


outcomes = st.sampled_from(Outcome)
outcomes_of_executed_tests = st.sampled_from(
    [outcome for outcome in Outcome if outcome.did_run or outcome is Outcome.SKIPPED],
)
verdicts = st.sampled_from(Verdict)
verdicts_or_leave = st.one_of(st.none(), verdicts)
