from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.merged_reports import MergedReports, link_tests, read_reports
from pytest_jama.core.verdicts import VerdictRules
from tests.junit.reports import PASSED, make_case, notes, suite

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path) -> MergedReports:
    """Two shards that repeat a test, and a report that is cut off."""
    (tmp_path / "1.xml").write_text(suite(PASSED, make_case()))
    (tmp_path / "2.xml").write_text(suite(make_case("<failure/>"), make_case("<skipped/>")))
    (tmp_path / "3.xml").write_text(suite(PASSED)[:-3])
    return read_reports([str(tmp_path)])


def test_reports_are_one_session(session: MergedReports) -> None:
    found = {name: test.outcome.value for name, test in session.tests.items()}
    assert found == {"shop.Cart.adds": "passed", "shop.Cart.pays": "failed"}


def test_testcases_are_counted_as_written_and_tests_after_merging(session: MergedReports) -> None:
    written = {
        outcome.value: number for outcome, number in session.testcase_counts.items() if number
    }
    assert written == {"passed": 2, "failed": 1, "skipped": 1}
    assert sum(session.test_counts.values()) == 2


def test_repeated_test_ids_are_said_where_they_are_found(session: MergedReports) -> None:
    assert "earlier test ID: 2" in notes(session.files[1])[0]


def test_nothing_of_an_unreadable_report_is_used(session: MergedReports) -> None:
    broken = session.files[2]
    assert (broken.testcases, broken.error is None) == (0, False)
    assert not session.is_complete


def test_results_are_those_of_the_core(session: MergedReports) -> None:
    results = link_tests(
        session.groups(), find_links=lambda *_: (), find_within=lambda _: ()
    ).counting(VerdictRules())
    assert [(each.test_id, each.outcome.value) for each in results] == [
        ("shop.Cart.adds", "passed"),
        ("shop.Cart.pays", "passed"),
        ("shop.Cart.pays", "failed"),
        ("shop.Cart.pays", "skipped"),
    ]


def test_session_without_a_testcase_is_not_complete(tmp_path: Path) -> None:
    (tmp_path / "none.xml").write_text("<testsuites/>")
    session = read_reports([str(tmp_path)])
    assert (session.files[0].error, session.is_complete) == (None, False)


def test_reference_that_cannot_be_used_is_told_of_each_report(tmp_path: Path) -> None:
    wrong = '<properties><property name="jama" value="PUMP-TC 2"/></properties>'
    for name in "ab":
        (tmp_path / f"{name}.xml").write_text(suite(make_case(wrong)))
    reports = read_reports([str(tmp_path)])
    unusable = list(reports.unusable)
    assert [each.where for each in unusable] == ["shop.Cart.pays"] * 2
    assert ["'PUMP-TC 2'" in each.why for each in unusable] == [True] * 2


@pytest.mark.parametrize("name, is_odd", [("pytest", False), ("unit", True)])
def test_attempts_of_pytest_are_neither_repetitions_nor_wrong_totals(
    tmp_path: Path, name: str, is_odd: bool
) -> None:
    attributes = f'name="{name}" tests="1" errors="0" failures="0" skipped="0"'
    (tmp_path / "1.xml").write_text(suite(make_case(), make_case(), attributes=attributes))
    (file,) = read_reports([str(tmp_path)]).files
    assert len(notes(file)) == (2 if is_odd else 0)


def test_missing_testcases_of_pytest_are_still_said(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(suite(make_case(), attributes='name="pytest" tests="2"'))
    (file,) = read_reports([str(tmp_path)]).files
    assert "2 tests declared, 1 found" in notes(file)[0]
