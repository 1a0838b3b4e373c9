"""The record for programs: JSON, CSV, JUnit XML and Markdown."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from pytest_jama.core.results import Outcome
from pytest_jama.report.evidence.case_evidence import CaseStatus
from pytest_jama.report.evidence.flat_formats import COLUMNS, write_csv, write_json
from pytest_jama.report.evidence.junit_xml import write_junit
from pytest_jama.report.evidence.markdown import LISTED, markdown_lines
from tests.every import every
from tests.journal.record import a_test
from tests.report.evidence.records import mixed, record, results, sent

SCHEMA: dict[str, Any] = json.loads(
    files("pytest_jama.report.evidence").joinpath("record.schema.json").read_text("utf-8")
)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that allows nothing which it does not describe."""
    parts = {
        name: {key: closed(each) for key, each in value.items()} if name == "properties" else value
        for name, value in schema.items()
    }
    if "items" in parts:
        parts["items"] = closed(parts["items"])
    return parts | ({"additionalProperties": False} if "properties" in parts else {})


def test_the_json_is_what_its_schema_says_no_more_and_no_less() -> None:
    file = io.StringIO()
    write_json(mixed(), file)

    Draft202012Validator.check_schema(SCHEMA)
    errors = Draft202012Validator(closed(SCHEMA)).iter_errors(json.loads(file.getvalue()))
    assert list(errors) == []


def rows_of(found: Any) -> list[dict[str, str]]:
    """Return the rows of a record as CSV."""
    file = io.StringIO(newline="")
    write_csv(found, file)
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


def test_the_csv_has_a_row_for_each_test_of_a_case() -> None:
    found = mixed()
    rows = rows_of(found)

    assert tuple(rows[0]) == COLUMNS
    assert [row["case"] for row in rows].count("J-TC-4") == 2
    assert len(rows) == sum(max(1, len(case.tests)) for case in found.cases)


@every("begin", ["=", "+", "-", "@"])
def test_a_spreadsheet_finds_no_formula(begin: str) -> None:
    (row,) = rows_of(record(*results(a_test(f"{begin}cmd|' /C calc'!A0"))))

    assert row["test"] == f"'{begin}cmd|' /C calc'!A0"


def test_the_junit_xml_has_a_testcase_for_each_case() -> None:
    found, file = mixed(), io.BytesIO()
    write_junit(found, file)

    (suite,) = JUnitXml.fromstring(file.getvalue())
    status = {case.name.split()[0]: case for case in suite}
    assert list(status) == [case.key for case in found.cases]
    for case in found.cases:
        assert status[case.key].is_passed == (case.status is CaseStatus.PASSED)
        assert status[case.key].is_failure == (case.status is CaseStatus.FAILED)
    assert suite.failures == sum(case.status is CaseStatus.FAILED for case in found.cases)


def test_times_are_those_of_the_tests_in_words_that_sort() -> None:
    tests = [
        a_test("t1", cases="J-TC-1", started=1763786000.25, duration_s=0.1),
        a_test("t2", cases="J-TC-1", started=1763787000.0, duration_s=0.2),
    ]
    found, file = record(*results(*tests)), io.BytesIO()
    write_junit(found, file)

    (suite,) = JUnitXml.fromstring(file.getvalue())
    first = "2025-11-22T04:33:20.250+00:00"
    assert suite.timestamp == first
    assert [row["started"] for row in rows_of(found)] == [first, "2025-11-22T04:50:00.000+00:00"]
    assert b'time="0.3"' in file.getvalue()


def test_xml_takes_what_test_ids_hold() -> None:
    file = io.BytesIO()
    write_junit(record(*results(a_test("t\x00\ud800", Outcome.FAILED, message="\x1b\x01"))), file)

    assert JUnitXml.fromstring(file.getvalue()).failures == 1


def test_the_markdown_names_the_worst_in_short() -> None:
    tests = [a_test(f"t{n}", Outcome.FAILED, cases=f"J-TC-{n}") for n in range(1, LISTED + 3)]
    text = "\n".join(markdown_lines(record(*results(*tests), *sent())))

    assert text.startswith("## Release 1 / Build 17: not passed\n")
    assert text.count("| Failed | J-TC-") == 2 * LISTED  # deviations, cases
    assert "And 2 more." in text


def test_markdown_of_strangers_stays_text() -> None:
    evil = "|<img src=x>[a](http://b)\n# `x`"
    text = "\n".join(markdown_lines(record(*results(a_test("t", Outcome.FAILED, message=evil)))))

    assert "\\|\\<img src=x\\>\\[a\\]\\(http\\://b\\)" in text
