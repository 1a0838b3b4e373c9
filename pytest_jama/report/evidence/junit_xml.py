"""A record as JUnit XML whose testcases are test cases: for the test tab of a CI system."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from pytest_jama.core.results import FAILURES, Outcome
from pytest_jama.core.text import clean, shorten
from pytest_jama.report.evidence.case_evidence import CaseStatus, Execution
from pytest_jama.report.evidence.identification import iso_time

if TYPE_CHECKING:
    from pytest_jama.report.evidence.case_evidence import CaseEvidence, TestEvidence
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord

_LONGEST = 1000


def write_junit(record: EvidenceRecord, file: BinaryIO) -> None:
    """Write a testcase for each case; one that is not passed is never shown as passed."""
    suite = TestSuite(_plain(record.title))
    starts = [each.started for case in record.cases for each in case.tests]
    if known := [each for each in starts if each is not None]:
        suite.timestamp = iso_time(min(known))
    for name, value in (("project", record.project), ("sessions", " ".join(record.sessions))):
        suite.add_property(name, _plain(value))
    suite.add_testcases([_testcase(case, record) for case in record.cases])
    if record.documents is not None:
        suite.add_testcases([_testcase_of_test(test, record) for test in record.unlinked])
    report = JUnitXml("pytest-jama")
    report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    report.write(file, pretty=False)


def _testcase(case: CaseEvidence, record: EvidenceRecord) -> TestCase:
    found = TestCase(
        _plain(f"{case.key} {case.name}".strip()),
        classname=_plain(record.title),
        time=round(case.duration_s or 0, 6),
    )
    told = [record.deviations[number - 1] for number in case.deviations]
    message = _plain("; ".join(f"{each.kind}: {each.what}" for each in told))
    if case.status is CaseStatus.FAILED:
        found.result = [Failure(message, "Failed")]
    elif case.status is not CaseStatus.PASSED or case.execution is Execution.ELSEWHERE:
        found.result = [Skipped(message or case.status.value, case.status.value)]
    said = f"In Jama: {case.in_jama}. Tests passed: {case.tests_passed}."
    if record.trace is not None:
        keys = ", ".join(record.trace.requirements_of(case.number)) or "none"
        said = f"{said} Requirements: {keys}."
    found.system_out = _plain(said)
    return found


def _testcase_of_test(test: TestEvidence, record: EvidenceRecord) -> TestCase:
    found = TestCase(
        _plain(test.test_id), classname=_plain(record.title), time=round(test.duration_s or 0, 6)
    )
    message = _plain(test.message)
    if test.outcome in FAILURES:
        found.result = [Failure(message, test.outcome.value)]
    elif test.outcome is not Outcome.PASSED:
        found.result = [Skipped(message or test.outcome.value, test.outcome.value)]
    return found


def _plain(text: str) -> str:
    return shorten(clean(text), at_most=_LONGEST)
