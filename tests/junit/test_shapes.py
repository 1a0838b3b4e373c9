from __future__ import annotations

import pytest

from tests.every import every
from tests.junit.reports import PASSED, make_case, notes, outcomes, read, suite

FAILED = make_case("<failure/>")
BOTH = {"shop.Cart.adds": "passed", "shop.Cart.pays": "failed"}


@every(
    "report",
    [
        pytest.param(suite(PASSED, FAILED), id="testsuite"),
        pytest.param(f"<testsuites>{suite(PASSED)}{suite(FAILED)}</testsuites>", id="testsuites"),
        pytest.param(f"<testsuites>{PASSED}{suite(FAILED)}</testsuites>", id="case beside suites"),
        pytest.param(f"<testrun>{suite(PASSED, FAILED)}</testrun>", id="Eclipse"),
        pytest.param(suite(suite(PASSED), suite(suite(FAILED))), id="nested"),
        pytest.param(suite(PASSED, f"<tests>{FAILED}</tests>"), id="in an unknown element"),
        pytest.param(
            f'<testsuites xmlns="urn:x">{suite(PASSED, FAILED)}</testsuites>', id="namespace"
        ),
        pytest.param(
            suite(PASSED, FAILED)
            .replace("<", "<j:")
            .replace("<j:/", "</j:")
            .replace("<j:testsuite", '<j:testsuite xmlns:j="urn:x"', 1),
            id="prefix",
        ),
        pytest.param(suite("<properties/>", PASSED, "<system-out/>", FAILED), id="between"),
    ],
)
def test_testcases_are_found_wherever_they_stand(report: str) -> None:
    assert outcomes(read(report)) == BOTH


def test_testcase_may_be_the_root() -> None:
    assert outcomes(read(FAILED)) == {"shop.Cart.pays": "failed"}


def test_testcase_in_a_testcase_is_a_test_of_its_own() -> None:
    assert outcomes(read(suite(make_case(f"<failure/>{PASSED}")))) == BOTH


def test_order_is_that_of_the_document() -> None:
    inner = suite(*(f'<testcase classname="c" name="{number}"/>' for number in range(40, 60)))
    cases = [f'<testcase classname="c" name="{number}"/>' for number in range(100)]
    report = suite(*cases[:40], inner, *cases[60:])
    assert [each.name for each in read(report).testcases] == [str(number) for number in range(100)]


def test_path_of_suites_is_kept() -> None:
    inner = suite(PASSED, attributes='name="inner"')
    report = f'<testsuites name="all">{suite(inner, attributes="")}{suite(inner)}</testsuites>'
    assert [each.suite.path for each in read(report).testcases] == ["inner", "unit > inner"]


def test_suite_that_died_is_a_result_of_its_own() -> None:
    reading = read(suite(*[PASSED] * 100, '<error message="no plan"/>'))
    died = reading.testcases[-1]
    assert (died.test_id, died.outcome.value, died.as_result().message) == (
        "unit",
        "error",
        "no plan",
    )


def test_suite_that_died_early_is_found_among_many_testcases() -> None:
    reading = read(suite("<failure/>", *[PASSED] * 100))
    assert [each.outcome.value for each in reading.testcases].count("failed") == 1


def test_skip_of_a_suite_is_a_note() -> None:
    assert "marked as skipped" in notes(read(suite(PASSED, "<skipped/>")))[0]


def test_report_without_testcase_says_so() -> None:
    reading = read("<testsuites/>")
    assert (reading.testcases, notes(reading)) == ([], ("no testcase",))


@every(
    "attributes, expected",
    [
        ('tests="7"', "7 tests declared, 2 found"),
        ('failures="1" errors="1"', "2 failures and errors declared, 1 found"),
        ('skipped="1"', "1 skipped declared, 0 found"),
    ],
)
def test_totals_that_contradict_the_testcases_are_a_note(attributes: str, expected: str) -> None:
    assert expected in notes(read(suite(PASSED, FAILED, attributes=attributes)))[0]


def test_declared_failure_that_no_testcase_shows_is_said_loudly() -> None:
    assert "no testcase failed" in notes(read(suite(PASSED, attributes='errors="1"')))[0]


@every("attributes", ['tests="2" failures="1"', 'tests=""', 'tests="many"'])
def test_totals_that_fit_or_say_nothing_are_no_note(attributes: str) -> None:
    assert notes(read(suite(PASSED, FAILED, attributes=attributes))) == ()


QT5 = '<properties><property name="QTestVersion" value="5.15.8"/></properties>'


@every(
    "content, attributes, expected",
    [
        pytest.param(FAILED, 'hostname="tbd" tests="7" failures="3"', (), id="Catch2: assertions"),
        pytest.param("", 'hostname="tbd" errors="1"', ("no testcase failed",), id="Catch2 died"),
        pytest.param(QT5 + FAILED, 'errors="9" failures="4"', (), id="Qt 5: messages and rows"),
        pytest.param(QT5, 'errors="9" failures="0"', (), id="Qt 5: nothing but messages"),
        pytest.param(QT5, 'failures="1"', ("no testcase failed",), id="Qt 5: tolerated failure"),
        pytest.param(QT5, 'errors="1" timestamp="2026"', ("no testcase failed",), id="Qt 6: tests"),
    ],
)
def test_totals_that_count_something_else_only_tell_of_unseen_failures(
    content: str, attributes: str, expected: tuple[str, ...]
) -> None:
    found = notes(read(suite(PASSED, content, attributes=attributes)))
    assert len(found) == len(expected)
    assert all(word in note for word, note in zip(expected, found, strict=True))


def test_totals_may_count_what_is_below_or_not() -> None:
    inner = suite(PASSED, attributes='tests="1"')
    assert notes(read(f'<testsuites tests="2">{inner}{inner}</testsuites>')) == ()
    assert notes(read(suite(inner, FAILED, attributes='tests="1"'))) == ()
