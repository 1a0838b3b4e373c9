"""Each case that is not simply passed is named, with what its run was, what it is, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.plan import Mode, Plan, Receipt, SendState, Unresolved, UploadReport
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict, VerdictRules, judge
from pytest_jama.report.case_lines import (
    case_entries,
    case_lines,
    explain,
    left_lines,
    untouched_lines,
)
from pytest_jama.targets.jama.runs import RunUpdate, TestRun
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.core.values import case_of, result_of, results_of, run_of
from tests.every import every
from tests.targets.document_target import DocumentUpdate

FAILED = result_of(Outcome.FAILED, test="test_x", message="AssertionError: no dial tone\nmore")
PASSED = result_of(Outcome.PASSED, test="test_y")
SKIPPED = result_of(Outcome.SKIPPED, test="test_z", message="no bench")


def update_of(
    number: int, was: str, verdict: Verdict, *results: Outcome, name: str = "Login"
) -> RunUpdate:
    case = CaseVerdict(CaseRef.parse(f"A-TC-{number}"), verdict, results=tuple(results_of(results)))
    run = TestRun(9000 + number, number, name, was, document_key=f"A-TSTRN-{number}")
    return RunUpdate(run, case, verdict)


def lines_of(
    *updates: RunUpdate,
    mode: Mode = Mode.SEND,
    state: SendState = SendState.SENT,
    verbose: bool = False,
) -> list[str]:
    receipts = tuple(Receipt(update, state) for update in updates if mode is Mode.SEND)
    judgement = Judgement(tuple(update.verdict for update in updates))
    report = UploadReport(Plan(updates=updates) if mode is not Mode.NO_UPLOAD else None, receipts)
    entries = case_entries(report, judgement, mode)
    return [str(line) for line in case_lines(entries, verbose=verbose)]


ONE = (Outcome.FAILED, Outcome.PASSED)


@pytest.mark.parametrize("mode", [Mode.SEND, Mode.DRY_RUN])
def test_a_case_tells_what_its_run_was_and_is_and_why(mode: Mode) -> None:
    (line,) = lines_of(update_of(12, "PASSED", Verdict.FAILED, *ONE), mode=mode)
    assert line == (
        "case       A-TC-12 Login: PASSED -> FAILED: 1 failed, 1 passed: "
        "tests/test_a.py::test_0: failed"
    )


def test_without_upload_there_is_no_before() -> None:
    (line,) = lines_of(update_of(12, "PASSED", Verdict.FAILED, *ONE), mode=Mode.NO_UPLOAD)
    assert line.startswith("case       A-TC-12: FAILED: 1 failed, 1 passed: ")


def test_what_did_not_arrive_is_not_said_to_be_there() -> None:
    update = update_of(12, "PASSED", Verdict.FAILED, *ONE)
    (line,) = lines_of(update, state=SendState.LOCKED)
    assert line.startswith("case       A-TC-12 Login: FAILED (locked): ")


def test_the_worst_come_first_and_passed_cases_are_not_named() -> None:
    lines = lines_of(
        update_of(1, "NOT_RUN", Verdict.INPROGRESS, Outcome.PASSED, Outcome.SKIPPED),
        update_of(2, "NOT_RUN", Verdict.PASSED, Outcome.PASSED),
        update_of(3, "NOT_RUN", Verdict.FAILED, Outcome.FAILED),
    )
    assert [line.split()[1] for line in lines] == ["A-TC-3", "A-TC-1"]


@every("verdict", [Verdict.PASSED, Verdict.INPROGRESS])
@every("was", ["FAILED", "BLOCKED"])
def test_a_failure_that_is_taken_back_is_always_said(was: str, verdict: Verdict) -> None:
    failed = [update_of(number, "NOT_RUN", Verdict.FAILED, *ONE) for number in range(30)]
    lines = lines_of(*failed, update_of(99, was, verdict, Outcome.PASSED))
    assert lines[-1].startswith(f"case       A-TC-99 Login: {was} -> {verdict.value}: 1 passed")


def test_long_lists_are_cut_off_with_a_count_unless_verbose() -> None:
    updates = [
        update_of(number, was, verdict, Outcome.PASSED)
        for number, (was, verdict) in enumerate(
            [("NOT_RUN", Verdict.FAILED)] * 12 + [("FAILED", Verdict.PASSED)] * 13
        )
    ]
    lines = lines_of(*updates)
    assert len(lines) == 22
    assert lines[10] == "case       2 more (list with -v)"
    assert lines[-1] == "case       3 more that were FAILED or BLOCKED (list with -v)"
    assert len(lines_of(*updates, verbose=True)) == 25


def test_a_case_without_a_run_stands_for_itself() -> None:
    judgement = Judgement((case_of(Verdict.FAILED, results=(FAILED,)),))
    entries = case_entries(UploadReport(Plan()), judgement, Mode.SEND)
    assert [str(line) for line in case_lines(entries, verbose=False)] == [
        (
            "case       JEET1-TC-1: FAILED (not written): 1 failed: test_x: "
            "AssertionError: no dial tone"
        )
    ]


def test_what_an_earlier_upload_brought_is_named_too() -> None:
    update = update_of(12, "FAILED", Verdict.FAILED, *ONE)
    report = UploadReport(Plan(earlier=(update,)))
    (entry,) = case_entries(report, Judgement((update.verdict,)), Mode.SEND)
    assert str(entry).startswith("A-TC-12 Login: stays FAILED: 1 failed")


def test_a_run_that_is_left_alone_is_named_once() -> None:
    judgement = judge([PASSED, SKIPPED], rules=VerdictRules())
    (case,) = judgement.cases
    run = replace(run_of(), status="FAILED")
    plan = Plan(left=plan_updates([case], {case.case_ref: [run]}).left)
    assert case_entries(UploadReport(plan), judgement, Mode.SEND) == []
    said = f"{plan.left[0].title}: stays FAILED, INPROGRESS is not written; incomplete evidence "
    (line,) = left_lines(plan, verbose=False)
    assert str(line).replace(said, "... ") == (
        "left       ... does not replace it; 1 passed, 1 skipped; not every test ran and passed "
        "(`verdicts: {skipped: leave}`): test_z: no bench"
    )
    (planned,) = left_lines(plan, verbose=False, is_dry_run=True)
    assert str(planned).startswith(f"would      leave {said}")


def test_steps_that_no_test_reported_explain_a_run_that_has_not_passed() -> None:
    case = case_of(Verdict.PASSED, (1, Verdict.PASSED), results=(PASSED,))
    run = run_of("NOT_RUN", "NOT_RUN")
    (update,) = plan_updates([case], {case.case_ref: [run]}).updates
    (line,) = lines_of(update)
    assert line.endswith("NOT_RUN -> INPROGRESS: 1 passed; step 2 NOT_RUN: no test reported it")


EXPLAINED = {
    "failed": (
        case_of(Verdict.FAILED, results=(PASSED, FAILED, SKIPPED)),
        "1 failed, 1 passed, 1 skipped: test_x: AssertionError: no dial tone",
    ),
    "failed step in a green test": (
        case_of(Verdict.FAILED, (2, Verdict.FAILED, "0 V"), results=(PASSED,)),
        "1 passed; step 2 FAILED: 0 V",
    ),
    "a hook": (
        replace(
            case_of(Verdict.BLOCKED, results=(PASSED,)),
            judged=case_of(Verdict.PASSED, results=(PASSED,)),
        ),
        "1 passed; a hook made it so, the tests say PASSED",
    ),
    "a reason": (
        replace(case_of(Verdict.INPROGRESS, results=(PASSED,)), reasons=("step 2 has changed",)),
        "1 passed; step 2 has changed",
    ),
    "left alone": (
        case_of(None, results=(SKIPPED,)),
        "1 skipped (`verdicts: {skipped: leave}`): test_z: no bench",
    ),
    "no test": (case_of(Verdict.FAILED), "no result"),
}


@every("case, said", EXPLAINED.values(), ids=EXPLAINED)
def test_a_verdict_is_explained(case: CaseVerdict, said: str) -> None:
    assert explain(case) == said


def test_an_incomplete_case_names_tests_and_the_setting() -> None:
    silent = [SKIPPED._replace(test_id=f"test_{number}") for number in range(5)]
    judgement = judge([PASSED, *silent], rules=VerdictRules())
    assert explain(judgement.cases[0]) == (
        "1 passed, 5 skipped; not every test ran and passed (`verdicts: {skipped: "
        "leave}`): test_0: no bench; test_1: no bench; test_2: no bench; and 2 more"
    )


def test_untouched_cases_are_named_but_for_those_without_a_selected_test() -> None:
    left = [
        replace(case_of(None, results=(SKIPPED,)), case_ref=CaseRef.parse(f"A-TC-{number}"))
        for number in range(1, 13)
    ]
    unselected = case_of(None, results=(result_of(Outcome.DESELECTED),))
    uncollected = TestResult.of_uncollected("test_b.py", ())
    judgement = Judgement((case_of(None, results=(uncollected,)), *left[:11], unselected))
    assert str(next(untouched_lines(judgement, verbose=False))) == (
        "untouched  JEET1-TC-1: 1 not collected: test_b.py: could not be collected"
    )
    judgement = Judgement((*left, unselected))
    lines = [str(line) for line in untouched_lines(judgement, verbose=False)]
    assert lines[0] == (
        "untouched  A-TC-1: 1 skipped (`verdicts: {skipped: leave}`): test_z: no bench"
    )
    assert lines[10:] == [
        "untouched  2 more (list with -v)",
        "untouched  1 case without a selected test (list with -v)",
    ]
    assert len(list(untouched_lines(judgement, verbose=True))) == 13


def test_a_server_that_shows_no_cases_is_not_said_to_lack_any() -> None:
    report = UploadReport(Plan(updates=(DocumentUpdate("[]"),)))
    judgement = Judgement((case_of(Verdict.FAILED, results=(FAILED,)),))
    (entry,) = case_entries(report, judgement, Mode.SEND)
    assert str(entry).startswith("JEET1-TC-1: FAILED: 1 failed: ")


def test_two_names_of_one_case_are_one_entry_unless_one_of_them_has_no_run() -> None:
    named, numbered = (
        replace(case_of(Verdict.FAILED, results=(FAILED,)), case_ref=CaseRef.parse(name))
        for name in ("A-TC-1", "501")
    )
    runs = {each.case_ref: [run_of()] for each in (named, numbered)}
    plan = Plan(updates=plan_updates([named, numbered], runs).updates)
    judgement = Judgement((named, numbered))
    assert len(case_entries(UploadReport(plan), judgement, Mode.SEND)) == 1
    lost = plan._replace(unresolved=(Unresolved(numbered.case_ref, "it is gone", "correct it"),))
    _, second = case_entries(UploadReport(lost), judgement, Mode.SEND)
    assert str(second).startswith("501: FAILED (not written): ")
