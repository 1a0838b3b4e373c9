"""Short ways to make reports for tests, and to read them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from junit_uploader.junit.report_reader import FileReading, read_junit
from junit_uploader.junit.reported_test import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from junit_uploader.junit.reported_test import ReportedTest
    from junit_uploader.merged_reports import ReportFile

PASSED = '<testcase classname="shop.Cart" name="adds" time="0.5"/>'


def make_case(inside: str = "", *, attributes: str = "") -> str:
    return f'<testcase classname="shop.Cart" name="pays" {attributes}>{inside}</testcase>'


def suite(*content: str, attributes: str = 'name="unit"') -> str:
    return f"<testsuite {attributes}>{''.join(content)}</testsuite>"


def read(report: str | bytes, options: ReadOptions | None = None) -> FileReading:
    data = report if isinstance(report, bytes) else report.encode()
    return read_junit(io.BytesIO(data), options or ReadOptions())


def read_one(
    inside: str, *, attributes: str = "", options: ReadOptions | None = None
) -> ReportedTest:
    """Read a suite with one testcase."""
    reading = read(suite(make_case(inside, attributes=attributes)), options)
    (found,) = reading.testcases
    return found


def outcomes(reading: FileReading) -> Mapping[str, str]:
    """Return the outcome of each test ID."""
    return {each.test_id: each.outcome.value for each in reading.testcases}


def notes(reading: FileReading | ReportFile) -> tuple[str, ...]:
    """Return what is said to be odd about a report."""
    return tuple(map(str, reading.notes))
