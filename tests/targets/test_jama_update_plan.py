from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.jama.account import account_of
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import PlannedUpdates, plan_updates
from tests.core.values import CASE, case_of, result_of, run_of, step_result
from tests.every import every

if TYPE_CHECKING:
    from pytest_jama.targets.jama.runs import TestRun

FAILED, PASSED = Verdict.FAILED, Verdict.PASSED
SAME_CASE = CaseRef.parse(501)


def statuses(plan: PlannedUpdates) -> dict[int | None, str]:
    """Return the intended status of each run of a plan."""
    return {update.run.run_id: update.status.value for update in plan.updates}


def test_a_run_without_steps_gets_the_verdict_of_its_case() -> None:
    (update,) = plan_updates([case_of(FAILED)], {CASE: [run_of()]}).updates

    assert (update.status, update.steps) == (FAILED, ())


def test_a_run_with_steps_gets_its_whole_array() -> None:
    case = case_of(FAILED, (1, PASSED), (2, FAILED))
    run = run_of("NOT_RUN", "NOT_RUN", "NOT_RUN")

    (update,) = plan_updates([case], {CASE: [run]}).updates

    assert [step.status for step in update.steps] == ["PASSED", "FAILED", "NOT_RUN"]
    assert update.status is FAILED


def test_a_case_of_leave_touches_no_run() -> None:
    assert plan_updates([case_of(None)], {CASE: [run_of()]}) == PlannedUpdates()


def test_a_case_without_run_is_passed_over() -> None:
    assert plan_updates([case_of(PASSED)], {}) == PlannedUpdates()


def test_two_runs_of_one_case_are_both_updated() -> None:
    runs = {CASE: [run_of(run_id=71), run_of(run_id=72)]}

    assert statuses(plan_updates([case_of(PASSED)], runs)) == {71: "PASSED", 72: "PASSED"}


@every(
    "first, second, status",
    [
        pytest.param(PASSED, FAILED, FAILED, id="the worse comes second"),
        pytest.param(FAILED, PASSED, FAILED, id="the worse comes first"),
        pytest.param(None, PASSED, Verdict.INPROGRESS, id="one name says nothing"),
        pytest.param(None, FAILED, FAILED, id="a failure stands though one name says nothing"),
    ],
)
def test_a_run_whose_case_bears_two_names_is_updated_once(
    first: Verdict | None,
    second: Verdict | None,
    status: Verdict,
) -> None:
    cases = [case_of(first), case_of(second, case_ref=SAME_CASE)]
    run = run_of()

    plan = plan_updates(cases, {CASE: [run], SAME_CASE: [run]})

    assert statuses(plan) == {71: status.value}


@every(
    "verdict, incomplete, status",
    [
        pytest.param(PASSED, Verdict.INPROGRESS, "INPROGRESS", id="passed"),
        pytest.param(PASSED, Verdict.BLOCKED, "BLOCKED", id="by the rules"),
        pytest.param(PASSED, None, None, id="incomplete: leave"),
        pytest.param(FAILED, Verdict.INPROGRESS, "FAILED", id="failed"),
    ],
)
def test_a_test_deselected_under_another_name_makes_the_case_incomplete(
    verdict: Verdict, incomplete: Verdict | None, status: str | None
) -> None:
    ran, deselected = result_of(Outcome.PASSED), result_of(Outcome.DESELECTED, test="b")
    cases = [
        case_of(verdict, results=(ran,)),
        case_of(None, case_ref=SAME_CASE, results=(deselected,)),
    ]
    run = run_of()

    plan = plan_updates(cases, {CASE: [run], SAME_CASE: [run]}, incomplete=incomplete)

    assert statuses(plan) == ({71: status} if status else {})
    assert [update.verdict.results for update in plan.updates] == [(ran, deselected)] * bool(status)


def test_steps_and_tests_of_a_case_that_bears_two_names_are_merged() -> None:
    shared, other = result_of(Outcome.PASSED, test="a"), result_of(Outcome.FAILED, test="b")
    cases = [
        case_of(PASSED, (2, PASSED, "ok"), results=(shared,)),
        case_of(
            FAILED, (1, PASSED), (2, FAILED, "0 V"), results=(shared, other), case_ref=SAME_CASE
        ),
    ]
    run = run_of("NOT_RUN", "NOT_RUN")

    (update,) = plan_updates(cases, {CASE: [run], SAME_CASE: [run]}).updates

    assert update.verdict.results == (shared, other)
    assert [(step.status, step.result) for step in update.steps] == [
        ("PASSED", ""),
        ("FAILED", "ok\n0 V"),
    ]


def test_new_runs_of_a_dry_run_are_told_apart_by_their_cases() -> None:
    other = CaseRef.parse("JEET1-TC-2")
    runs = {
        CASE: [run_of(run_id=None, case_id=501)],
        other: [run_of(run_id=None, case_id=502)],
    }

    plan = plan_updates([case_of(PASSED), case_of(FAILED, case_ref=other)], runs)

    assert [update.status for update in plan.updates] == [PASSED, FAILED]


STALE = replace(run_of(), document_key="JEET1-TESTRUN-5", case_version=3, current_case_version=4)


def test_a_stale_run_is_updated_and_both_versions_are_named() -> None:
    plan = plan_updates([case_of(PASSED)], {CASE: [STALE]})

    assert statuses(plan) == {71: "PASSED"}
    assert len(plan.warnings) == 1
    for part in ("JEET1-TC-1", "JEET1-TESTRUN-5", "version 3", "version 4"):
        assert part in plan.warnings[0]


@every(
    "made_from, current",
    [
        pytest.param(3, 3, id="unchanged"),
        pytest.param(3, None, id="case deleted"),
        pytest.param(None, 3, id="unknown version"),
        pytest.param(4, 3, id="an older version is current"),
    ],
)
def test_a_run_is_not_called_stale(made_from: int | None, current: int | None) -> None:
    run = replace(run_of(), case_version=made_from, current_case_version=current)

    assert plan_updates([case_of(PASSED)], {CASE: [run]}).warnings == ()


@every(
    "run, words",
    [
        pytest.param(run_of(), "run 71 (Login) has no steps", id="no steps"),
        pytest.param(run_of("NOT_RUN"), "has only step 1", id="one step"),
        pytest.param(run_of("NOT_RUN", "NOT_RUN"), "has only steps 1 to 2", id="two steps"),
    ],
)
def test_a_step_that_the_run_does_not_have_is_a_warning(run: TestRun, words: str) -> None:
    plan = plan_updates([case_of(PASSED, (3, PASSED))], {CASE: [run]})

    (warning,) = plan.warnings
    assert warning.startswith("JEET1-TC-1: a test reports step 3, but ")
    assert words in warning


@pytest.mark.parametrize("run", [run_of(), run_of("NOT_RUN")], ids=["no steps", "one step"])
def test_missing_steps_of_a_run_are_one_warning_and_the_rest_is_sent(run: TestRun) -> None:
    plan = plan_updates([case_of(FAILED, (8, PASSED), (9, FAILED))], {CASE: [run]})

    (warning,) = plan.warnings
    assert warning.startswith("JEET1-TC-1: a test reports steps 8, 9, but ")
    assert "correct the numbers, or " in warning
    assert statuses(plan) == {71: "FAILED"}


def test_of_many_missing_steps_the_first_ones_are_named() -> None:
    steps = tuple((number, PASSED) for number in range(1, 41))

    (warning,) = plan_updates([case_of(PASSED, *steps)], {CASE: [run_of()]}).warnings

    assert "a test reports steps 1, 2, 3, 4, 5 and 35 more, but " in warning


def test_there_is_no_account_without_provenance() -> None:
    case = case_of(PASSED, results=(result_of(Outcome.PASSED),))

    (update,) = plan_updates([case], {CASE: [run_of()]}, writer=Writer("")).updates

    assert update.account == ()


@pytest.mark.parametrize("run", [run_of(), run_of("NOT_RUN")], ids=["no steps", "one step"])
def test_the_account_opens_with_the_status_of_the_run_and_where_it_comes_from(run: TestRun) -> None:
    plan = plan_updates([case_of(FAILED)], {CASE: [run]}, writer=Writer("pytest 9, commit 1f"))

    assert plan.updates[0].account == ("FAILED: no results", "pytest 9, commit 1f")


def test_the_account_opens_with_what_the_run_shows_when_an_older_failure_stays() -> None:
    run = run_of("FAILED", "NOT_RUN")

    plan = plan_updates([case_of(PASSED, (2, PASSED))], {CASE: [run]}, writer=Writer("pytest 9"))

    assert plan.updates[0].account == (
        "FAILED: no results",
        "the tests say PASSED; step 1 FAILED: no test reported it",
        "pytest 9",
    )


def account(*results: TestResult) -> list[str]:
    """Return the lines of an account but for the first one."""
    case = CaseVerdict(CASE, FAILED, (), results)
    return list(account_of(case, status=FAILED, provenance="pytest 9")[1:])


def test_the_account_begins_with_what_explains_the_status() -> None:
    outcomes = [
        Outcome.DESELECTED,
        Outcome.PASSED,
        Outcome.SKIPPED,
        Outcome.NOT_REACHED,
        Outcome.FAILED,
        Outcome.ERROR,
    ]

    lines = account(*(result_of(outcome, test=f"t{n}") for n, outcome in enumerate(outcomes)))

    assert lines == [
        "t5: error",
        "t4: failed",
        "t2: skipped",
        "t3: not reached",
        "t0: deselected",
        "pytest 9",
        "t1: passed",
    ]


def test_tests_of_one_outcome_stay_in_the_order_of_the_session() -> None:
    lines = account(*(result_of(Outcome.PASSED, test=name) for name in ("b", "c", "a")))

    assert lines == ["pytest 9", "b: passed", "c: passed", "a: passed"]


def test_the_account_tells_all_that_is_known_of_a_test() -> None:
    result = result_of(
        Outcome.FAILED,
        step_result(1, Outcome.PASSED),
        step_result(2, Outcome.FAILED, "no dial tone\nline 2"),
        test="t",
        message="AssertionError: 1 == 2\nwhere 1 = f()",
        notes=("bench 3",),
        duration_s=1.23456,
    )

    assert account(result) == [
        "t: failed (1.235 s)",
        "  AssertionError: 1 == 2",
        "  where 1 = f()",
        "  bench 3",
        "  step 1 passed",
        "  step 2 failed: no dial tone",
        "  line 2",
        "pytest 9",
    ]


def test_the_account_opens_with_totals_and_reasons() -> None:
    results = (
        result_of(Outcome.PASSED, test="a"),
        result_of(Outcome.DESELECTED, test="b"),
        result_of(Outcome.PASSED, test="c"),
    )
    case = CaseVerdict(CASE, Verdict.INPROGRESS, (), results, reasons=("not every test passed",))
    assert account_of(case, status=Verdict.INPROGRESS, provenance="pytest 9\nhost a")[:5] == (
        "INPROGRESS: 2 passed, 1 deselected",
        "not every test passed",
        "b: deselected",
        "pytest 9",
        "host a",
    )


def test_the_account_says_when_and_where_a_test_ran() -> None:
    result = result_of(Outcome.PASSED, test="t", duration_s=1.0)
    result = result._replace(started=1_800_000_000.4, host="bench-3")
    assert account(result)[-1] == "t: passed (1.000 s, 2027-01-15 08:00:00 UTC on bench-3)"


def test_a_test_that_passed_though_a_step_failed_explains_the_status() -> None:
    passed = result_of(Outcome.PASSED, step_result(1, Outcome.FAILED), test="t")
    assert account(passed) == ["t: passed", "  step 1 failed", "pytest 9"]
