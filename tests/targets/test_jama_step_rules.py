"""The step array of a run: what is reported, what stays, what the run's status becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.targets.jama.update_plan import NewSteps, status_from_steps, update_steps
from tests.core.values import CASE, case_of, result_of, steps_of, verdicts
from tests.every import every

if TYPE_CHECKING:
    from pytest_jama.targets.jama.runs import RunStep

FAILED, BLOCKED, INPROGRESS = Verdict.FAILED, Verdict.BLOCKED, Verdict.INPROGRESS
NOT_RUN, PASSED = Verdict.NOT_RUN, Verdict.PASSED
FRESH = ("NOT_RUN", "NOT_RUN", "NOT_RUN")


def is_left(before: tuple[RunStep, ...]) -> bool:
    """Return whether a person has set all steps, so that the run is not written to."""
    return all(step.status == "N/A" for step in before)


def new_statuses(statuses: tuple[str, ...], case: CaseVerdict) -> list[str]:
    """Return what the steps of a run show after a judgement."""
    return [step.status for step in updated(statuses, case).steps]


def updated(statuses: tuple[str, ...], case: CaseVerdict) -> NewSteps:
    """Return what becomes of a run whose steps have the given statuses."""
    assert case.verdict is not None
    return update_steps(steps_of(*statuses), case, case.verdict)


@every("verdict", Verdict)
def test_without_any_step_result_every_step_gets_the_verdict_of_the_case(verdict: Verdict) -> None:
    new = updated(("PASSED", "FAILED", "NOT_RUN"), case_of(verdict))

    assert [step.status for step in new.steps] == [verdict.value] * 3
    assert new.status is verdict


@every(
    "before, case, after",
    [
        pytest.param(
            FRESH,
            case_of(PASSED, (1, PASSED), (2, PASSED), (3, PASSED)),
            ["PASSED", "PASSED", "PASSED"],
            id="all reported",
        ),
        pytest.param(
            FRESH,
            case_of(PASSED, (2, PASSED)),
            ["NOT_RUN", "PASSED", "NOT_RUN"],
            id="unreported steps of a fresh run stay not run",
        ),
        pytest.param(
            ("BLOCKED", "NOT_RUN", "PASSED"),
            case_of(PASSED, (2, PASSED)),
            ["BLOCKED", "PASSED", "PASSED"],
            id="unreported steps keep what the server has",
        ),
        pytest.param(
            ("N/A", "NOT_RUN", "NOT_RUN"),
            case_of(PASSED, (2, PASSED)),
            ["N/A", "PASSED", "NOT_RUN"],
            id="also a status that we do not know",
        ),
        pytest.param(
            ("PASSED", "PASSED", "PASSED"),
            case_of(FAILED, (1, PASSED), (2, FAILED)),
            ["PASSED", "FAILED", "NOT_RUN"],
            id="steps after a failed one are not run",
        ),
        pytest.param(
            ("FAILED", "PASSED", "PASSED"),
            case_of(FAILED, (2, FAILED)),
            ["FAILED", "FAILED", "NOT_RUN"],
            id="steps before a failed one keep what the server has",
        ),
        pytest.param(
            FRESH,
            case_of(FAILED, (1, FAILED), (3, PASSED)),
            ["FAILED", "NOT_RUN", "PASSED"],
            id="a step reported after a failed one gets its own verdict",
        ),
        pytest.param(
            ("PASSED", "PASSED", "PASSED"),
            case_of(BLOCKED, (1, BLOCKED)),
            ["BLOCKED", "PASSED", "PASSED"],
            id="steps after a blocked one keep what the server has",
        ),
    ],
)
def test_a_reported_step_gets_its_verdict(
    before: tuple[str, ...],
    case: CaseVerdict,
    after: list[str],
) -> None:
    assert new_statuses(before, case) == after


@every(
    "before, case, after",
    [
        pytest.param(
            FRESH,
            case_of(FAILED, (1, PASSED)),
            ["PASSED", "FAILED", "NOT_RUN"],
            id="failed after step 1",
        ),
        pytest.param(
            FRESH,
            case_of(FAILED, (1, PASSED), (2, PASSED), (3, PASSED)),
            ["PASSED", "PASSED", "FAILED"],
            id="failed after the last step",
        ),
        pytest.param(
            ("PASSED", "PASSED", "PASSED"),
            case_of(INPROGRESS, (1, PASSED)),
            ["PASSED", "INPROGRESS", "PASSED"],
            id="incomplete after step 1",
        ),
        pytest.param(
            FRESH,
            case_of(INPROGRESS, (1, PASSED)),
            ["PASSED", "NOT_RUN", "NOT_RUN"],
            id="steps that are in progress anyway",
        ),
        pytest.param(
            FRESH,
            case_of(FAILED, (9, FAILED)),
            ["FAILED", "NOT_RUN", "NOT_RUN"],
            id="failed in a step that the run does not have",
        ),
        pytest.param(
            ("NOT_RUN", "FAILED", "NOT_RUN"),
            case_of(BLOCKED, (1, PASSED)),
            ["PASSED", "FAILED", "NOT_RUN"],
            id="a stored failure shows already",
        ),
    ],
)
def test_a_case_that_is_worse_than_its_steps_shows_in_one_of_them(
    before: tuple[str, ...],
    case: CaseVerdict,
    after: list[str],
) -> None:
    assert new_statuses(before, case) == after


def test_the_step_that_shows_the_case_says_why() -> None:
    results = (result_of(Outcome.ERROR, message="teardown failed: stuck"),)
    case = case_of(FAILED, (1, PASSED, "12 V"), results=results)

    new = updated(("NOT_RUN",), case)

    assert [(step.status, step.result) for step in new.steps] == [
        ("FAILED", "12 V\nteardown failed: stuck"),
    ]


@every(
    "verdict, after",
    [
        pytest.param(PASSED, ["PASSED", "PASSED", "PASSED"], id="passed"),
        pytest.param(INPROGRESS, ["PASSED", "INPROGRESS", "PASSED"], id="in progress"),
        pytest.param(BLOCKED, ["PASSED", "BLOCKED", "PASSED"], id="blocked"),
    ],
)
def test_an_adjusted_verdict_caps_the_steps(verdict: Verdict, after: list[str]) -> None:
    case = case_of(verdict, (1, PASSED), (2, FAILED), (3, PASSED))

    assert new_statuses(FRESH, case) == after


def test_notes_of_a_step_become_its_result() -> None:
    case = CaseVerdict(CASE, PASSED, (StepVerdict(2, PASSED, ("12 V", "13 V")),))

    new = updated(FRESH, case)

    assert [step.result for step in new.steps] == [None, "12 V\n13 V", None]


def test_a_reported_step_without_note_clears_an_older_result() -> None:
    assert updated(("FAILED",), case_of(PASSED, (1, PASSED))).steps[0].result == ""


def test_step_numbers_that_the_run_does_not_have_are_reported_and_the_rest_is_set() -> None:
    new = updated(FRESH, case_of(FAILED, (1, PASSED), (4, PASSED), (7, FAILED)))

    assert new.missing == (4, 7)
    assert new.steps[0].status == "PASSED"


@every(
    "statuses, status",
    [
        pytest.param(["PASSED", "PASSED"], PASSED, id="all passed"),
        pytest.param(["PASSED", "N/A"], PASSED, id="not applicable does not count"),
        pytest.param(["PASSED", "FAILED", "BLOCKED"], FAILED, id="failed beats all"),
        pytest.param(["FAILED", "NOT_RUN"], FAILED, id="failed although not complete"),
        pytest.param(["PASSED", "BLOCKED", "INPROGRESS"], BLOCKED, id="blocked beats the rest"),
        pytest.param(["PASSED", "NOT_RUN"], INPROGRESS, id="begun"),
        pytest.param(["PASSED", "INPROGRESS"], INPROGRESS, id="in progress"),
        pytest.param(["INPROGRESS"], INPROGRESS, id="only in progress"),
        pytest.param(["NOT_RUN", "NOT_RUN"], NOT_RUN, id="not begun"),
        pytest.param(["NOT_RUN", "N/A"], NOT_RUN, id="not begun, one not applicable"),
        pytest.param([], NOT_RUN, id="no steps"),
    ],
)
def test_the_steps_of_a_run_amount_to_its_status(statuses: list[str], status: Verdict) -> None:
    assert status_from_steps(statuses) is status
    assert status_from_steps(reversed(statuses)) is status


stored = st.builds(
    lambda statuses: steps_of(*statuses),
    st.lists(st.sampled_from([*(v.value for v in Verdict), "N/A"]), min_size=1, max_size=6),
)
reports = st.dictionaries(st.integers(1, 8), verdicts, max_size=5)


def case_with(verdict: Verdict, report: dict[int, Verdict]) -> CaseVerdict:
    """Make the judgement on a case whose steps were reported."""
    return case_of(verdict, *sorted(report.items()))


@given(stored, reports, verdicts)
def test_the_array_keeps_its_length_and_order(
    before: tuple[RunStep, ...],
    report: dict[int, Verdict],
    verdict: Verdict,
) -> None:
    after = update_steps(before, case_with(verdict, report), verdict).steps

    assert [step.as_read for step in after] == [step.as_read for step in before]


@given(stored, reports, verdicts)
def test_the_intended_status_is_what_the_array_amounts_to(
    before: tuple[RunStep, ...],
    report: dict[int, Verdict],
    verdict: Verdict,
) -> None:
    new = update_steps(before, case_with(verdict, report), verdict)

    assert new.status is verdict or report or is_left(before)
    assert new.status is status_from_steps(step.status for step in new.steps)


@given(stored, reports, verdicts)
def test_a_run_never_shows_better_than_its_case(
    before: tuple[RunStep, ...],
    report: dict[int, Verdict],
    verdict: Verdict,
) -> None:
    new = update_steps(before, case_with(verdict, report), verdict)

    assert is_left(before) or new.status.severity >= verdict.severity


@given(stored, reports, verdicts)
def test_the_same_results_twice_change_nothing_more(
    before: tuple[RunStep, ...],
    report: dict[int, Verdict],
    verdict: Verdict,
) -> None:
    case = case_with(verdict, report)
    once = update_steps(before, case, verdict)
    stored_once = tuple(replace(step, result=None) for step in once.steps)

    twice = update_steps(stored_once, case, verdict)

    assert [step.status for step in twice.steps] == [step.status for step in once.steps]
