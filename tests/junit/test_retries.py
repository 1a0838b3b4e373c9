from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from junit_uploader.junit.same_test import overview, read_attempts, runs_of, unite
from pytest_jama.core.properties import Offered
from pytest_jama.core.results import Outcome
from tests.every import every
from tests.junit.reports import make_case, read, suite

if TYPE_CHECKING:
    from junit_uploader.junit.reported_test import ReportedTest

CASES = {
    "passed": "",
    "failed": '<failure message="boom"/>',
    "error": '<error message="broke"/>',
    "skipped": "<skipped/>",
    "xfailed": '<skipped type="pytest.xfail"/>',
}


def united(*insides: str, attributes: str = "", name: str = "unit") -> list[ReportedTest]:
    cases = [make_case(inside, attributes=attributes) for inside in insides]
    return list(unite(runs_of(read(suite(*cases, attributes=f'name="{name}"')).testcases)))


def one(*insides: str, name: str = "unit") -> ReportedTest:
    (test,) = united(*insides, name=name)
    return test


def as_one(*insides: str, attributes: str = "") -> ReportedTest:
    return overview(united(*insides, attributes=attributes))


@every(
    "written, expected",
    [
        ("passed passed", "passed"),
        ("passed failed", "failed"),
        ("failed error", "error"),
        ("skipped passed", "passed"),
        ("xfailed passed", "xfailed"),
        ("skipped xfailed", "xfailed"),
        ("passed passed failed", "failed"),
    ],
)
def test_worst_of_repeated_testcases_is_that_of_the_test_in_any_order(
    written: str, expected: str
) -> None:
    insides = [CASES[word] for word in written.split()]
    found = {as_one(*order).outcome.value for order in itertools.permutations(insides)}
    assert found == {expected}


def test_testcases_that_say_the_same_are_one_and_the_others_stay() -> None:
    failed, passed = united("", CASES["failed"], "")
    assert (failed.attempts, passed.attempts) == (1, 2)


def test_time_is_that_of_all_testcases() -> None:
    assert as_one("", "", CASES["failed"], attributes='time="1.5"').time_s == 4.5


TEARDOWN = "<error message='failed on teardown with \"ValueError: x\"'/>"


@every(
    "insides",
    [
        pytest.param([""], id="one"),
        pytest.param([TEARDOWN], id="a teardown after a test that passed"),
        pytest.param([CASES["failed"], TEARDOWN], id="a test that failed, and its teardown"),
    ],
)
def test_one_run_of_a_test_is_not_a_repetition(insides: list[str]) -> None:
    assert one(*insides).attempts == 1


@every(
    "insides",
    [
        pytest.param([CASES["failed"]] * 2, id="failures"),
        pytest.param([TEARDOWN] * 2, id="teardowns"),
        pytest.param(["", TEARDOWN], id="an attempt that looks passed"),
        pytest.param(["", "<skipped message='a'/>" + TEARDOWN], id="a skip and its teardown"),
    ],
)
def test_two_runs_of_a_test_are_two(insides: list[str]) -> None:
    assert sum(test.attempts for test in united(*insides)) == 2


def test_failed_call_and_teardown_error_of_pytest_are_told_together() -> None:
    result = one('<failure message="assert 0"/>', TEARDOWN).as_result()
    assert (result.outcome.value, result.message) == (
        "error",
        "assert 0\nteardown failed: ValueError: x",
    )


def linked(refs: str, *evidence: tuple[str, str]) -> str:
    items = "".join(
        f'<property name="{name}" value="{value}"/>' for name, value in [("jama", refs), *evidence]
    )
    return f"<properties>{items}</properties>"


def test_two_tests_of_one_name_keep_their_cases() -> None:
    found = united(linked("A-TC-1") + CASES["failed"], linked("A-TC-2"))
    assert [(test.outcome.value, str(test.links[0])) for test in found] == [
        ("failed", "A-TC-1"),
        ("passed", "A-TC-2"),
    ]


FAILED_STEP = [("jama_step", "1"), ("jama_step_status", "failed"), ("jama_step_note", "dark")]
PASSED_STEP = [("jama_step", "1"), ("jama_step_status", "passed")]


@every(
    "last",
    [
        pytest.param(PASSED_STEP, id="of its own"),
        pytest.param([*FAILED_STEP, *PASSED_STEP], id="after those of the attempt before"),
    ],
)
@every("ending", ["passed", "failed", "xfailed", "skipped"])
def test_last_attempt_of_pytest_counts_for_outcome_and_properties(
    ending: str, last: list[tuple[str, str]]
) -> None:
    attempts = linked("A-TC-1", *FAILED_STEP), linked("A-TC-1", *last) + CASES[ending]
    test = one(*attempts, name="pytest")
    assert (test.outcome.value, test.attempts) == (ending, 2)
    result = test.as_result()
    assert [(step.number, step.outcome.value) for step in result.steps] == [(1, "passed")]
    assert result.notes == (
        "attempt 1 was repeated, its report does not say why; step 1 failed: dark",
    )


def test_properties_of_the_last_attempt_count_within_one_testcase() -> None:
    inside = linked("A-TC-1", *FAILED_STEP, ("jama", "A-TC-1"), *PASSED_STEP)
    for name, expected in {"pytest": ["passed"], "unit": ["failed", "passed"]}.items():
        steps = one(inside, name=name).as_result().steps
        assert [step.outcome.value for step in steps] == expected


def test_every_attempt_is_told() -> None:
    notes = one("", "", CASES["failed"], name="pytest").as_result().notes
    assert [note.split(",")[0] for note in notes] == [
        "attempt 1 was repeated",
        "attempt 2 was repeated",
    ]


def test_case_that_only_an_earlier_attempt_named_is_kept() -> None:
    assert list(map(str, one(linked("A-TC-1"), "", name="pytest").links)) == ["A-TC-1"]


@pytest.mark.parametrize(
    "insides",
    [
        pytest.param([CASES["failed"], ""], id="a failure is not an attempt that was repeated"),
        pytest.param([linked("A-TC-1"), linked("A-TC-2")], id="two tests of other cases"),
    ],
)
def test_testcases_of_pytest_that_are_not_attempts_all_count(insides: list[str]) -> None:
    assert len(united(*insides, name="pytest")) == 2


def test_steps_of_other_frameworks_all_count() -> None:
    failed, passed = linked("A-TC-1", *FAILED_STEP), linked("A-TC-1", *PASSED_STEP)
    for order in (failed, passed), (passed, failed):
        steps = {step.outcome.value for test in united(*order) for step in test.as_result().steps}
        assert steps == {"failed", "passed"}


@pytest.mark.parametrize(
    "inside, attempts, notes",
    [
        pytest.param(
            "<flakyFailure message='one'><stackTrace>at x</stackTrace></flakyFailure><flakyError/>",
            3,
            ("attempt 1 failed: one", "attempt 2 failed"),
            id="flaky",
        ),
        pytest.param(
            "<failure message='a'/><rerunFailure>text</rerunFailure>",
            2,
            ("attempt 2 failed: text",),
            id="rerun, text alone",
        ),
    ],
)
def test_attempts_inside_a_testcase_are_counted_and_told(
    inside: str,
    attempts: int,
    notes: tuple[str, ...],
) -> None:
    (test,) = read(suite(make_case(inside))).testcases
    assert (test.attempts, test.as_result().notes) == (attempts, notes)


def test_nameless_testcase_of_an_interrupted_pytest_did_not_run() -> None:
    (test,) = read(suite('<testcase time="0.1"/>', attributes='name="pytest"')).testcases
    assert (test.outcome.value, test.as_result().outcome.value) == ("passed", "not reached")


def test_attempt_that_ended_before_it_said_none_does_not_count() -> None:
    attempts = linked("A-TC-1"), linked("A-TC-1", ("jama", "none"))
    assert list(map(str, one(*attempts, name="pytest").links)) == ["none"]


def test_attachments_of_all_attempts_are_kept_each_path_once() -> None:
    reference = ("jama", "A-TC-1")
    properties = [
        *(reference, ("jama_attachment", "a.png"), ("jama_attachment", "b.png")),
        *(reference, ("jama_attachment", "b.png"), ("jama_step", "2"), ("jama_attachment", "c")),
    ]
    evidence = read_attempts(properties, Outcome.PASSED)
    assert evidence.attachments == (
        Offered("a.png", attempt=1),
        Offered("b.png"),
        Offered("c", step=2),
    )
