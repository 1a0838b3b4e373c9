from __future__ import annotations

import itertools
from functools import reduce

import pytest

from junit_uploader.junit.reported_test import ReportedTest, merge
from tests.junit.reports import make_case, read, suite

CASES = {
    "passed": "",
    "failed": '<failure message="boom"/>',
    "error": '<error message="broke"/>',
    "skipped": "<skipped/>",
    "xfailed": '<skipped type="pytest.xfail"/>',
}


def merged(*insides: str, attributes: str = "") -> ReportedTest:
    report = suite(*(make_case(inside, attributes=attributes) for inside in insides))
    return reduce(merge, read(report).testcases)


@pytest.mark.parametrize(
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
def test_worst_of_repeated_testcases_counts_in_any_order(written: str, expected: str) -> None:
    insides = [CASES[word] for word in written.split()]
    found = {merged(*order).outcome.value for order in itertools.permutations(insides)}
    assert found == {expected}


def test_number_of_merged_testcases_is_said() -> None:
    test = merged("", CASES["failed"], "")
    assert test.attempts == 3
    assert test.as_result().notes == ("3 testcases of this name in the reports, the worst counts",)


def test_time_is_that_of_all_attempts() -> None:
    assert merged("", "", attributes='time="1.5"').time_s == 3.0


TEARDOWN = "<error message='failed on teardown with \"ValueError: x\"'/>"


@pytest.mark.parametrize(
    "insides",
    [
        pytest.param([""], id="one"),
        pytest.param([TEARDOWN], id="a teardown after a test that passed"),
        pytest.param([CASES["failed"], TEARDOWN], id="a test that failed, and its teardown"),
    ],
)
def test_one_run_of_a_test_is_not_a_repetition(insides: list[str]) -> None:
    assert merged(*insides).as_result().notes == ()


@pytest.mark.parametrize(
    "insides",
    [
        pytest.param([CASES["failed"]] * 2, id="failures"),
        pytest.param([TEARDOWN] * 2, id="teardowns"),
        pytest.param(["", TEARDOWN], id="an attempt that looks passed"),
        pytest.param(["", "<skipped message='a'/>" + TEARDOWN], id="a skip and its teardown"),
    ],
)
def test_two_runs_of_a_test_are_said(insides: list[str]) -> None:
    note = "2 testcases of this name in the reports, the worst counts"
    assert merged(*insides).as_result().notes == (note,)


def test_failed_call_and_teardown_error_of_pytest_are_told_together() -> None:
    result = merged('<failure message="assert 0"/>', TEARDOWN).as_result()
    assert (result.outcome.value, result.message) == (
        "error",
        "assert 0\nteardown failed: ValueError: x",
    )


def test_message_of_a_failure_that_does_not_count_is_dropped() -> None:
    assert merged("<skipped message='later'/>", "").as_result().message == ""


def test_links_of_all_attempts_count_once() -> None:
    first, second = (
        f'<properties><property name="jama" value="{refs}"/></properties>'
        for refs in ("A-TC-1", "A-TC-1, A-TC-2")
    )
    assert list(map(str, merged(first, second).links)) == ["A-TC-1", "A-TC-2"]


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
            ("attempt 1 failed: text",),
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
