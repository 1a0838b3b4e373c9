"""Several reports as one session: the seam between reading and everything that follows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from junit_uploader.readers.junit import read_junit
from junit_uploader.readers.junit.unreadable import UnreadableError
from junit_uploader.readers.values import ReadOptions, merge
from junit_uploader.sources import find_sources, open_source
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from junit_uploader.readers.values import ReportedTest
    from junit_uploader.sources import Source
    from pytest_jama.core.results import TestResult


@dataclass(frozen=True, slots=True)
class ReportFile:
    """What became of one report.

    Attributes:
        path: As found, or ``-``.
        error: Why it was not read; None when it was. Nothing of a report with an error is used.
        testcases: How many testcases, and errors of suites themselves, it holds.
        notes: What is odd about it, a line for each kind.
    """

    path: str
    error: str | None = None
    testcases: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """What all reports say together.

    Attributes:
        files: The reports, in the order of the arguments.
        tests: One for each test ID, after retries are merged, in the order of their first testcase.
        testcase_counts: How many testcases of each outcome were written.
        test_counts: How many tests of each outcome there are.
    """

    files: tuple[ReportFile, ...]
    tests: Mapping[str, ReportedTest]
    testcase_counts: Mapping[Outcome, int]
    test_counts: Mapping[Outcome, int]

    @property
    def is_complete(self) -> bool:
        """Whether every report could be read, and there was a testcase in one of them."""
        return bool(self.tests) and not any(file.error for file in self.files)

    def results(self) -> Iterator[TestResult]:
        """Yield the test results, with the links that the reports themselves name."""
        return (test.as_result() for test in self.tests.values())


COUNTED = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.XFAILED)
"""The outcomes that a JUnit report can tell apart."""

DEFAULT_OPTIONS = ReadOptions()


def read_reports(arguments: Iterable[str], options: ReadOptions = DEFAULT_OPTIONS) -> Session:
    """Read reports as one session: shards, or several suites of one product.

    A report that cannot be read becomes a `ReportFile` with an error; the others are still read.

    Args:
        arguments: Files, folders, patterns, or ``-``.
        options: How to read them.
    """
    files: list[ReportFile] = []
    tests: dict[str, ReportedTest] = {}
    counts: Counter[Outcome] = Counter()
    for source in find_sources(arguments):
        file, testcases = _read(source, options)
        counts.update(_count(testcases))
        files.append(_add_note(file, _merge_into(tests, testcases)))
    return Session(tuple(files), tests, counts, _count(tests.values()))


def _count(testcases: Iterable[ReportedTest]) -> Counter[Outcome]:
    """Count outcomes; a `Counter` alone would call the slow hash of an enum for each."""
    outcomes = [testcase.outcome for testcase in testcases]
    return Counter({outcome: outcomes.count(outcome) for outcome in COUNTED})


def _read(source: Source, options: ReadOptions) -> tuple[ReportFile, list[ReportedTest]]:
    if source.error:
        return ReportFile(source.name, source.error), []
    try:
        with open_source(source) as stream:
            reading = read_junit(stream, options)
    except UnreadableError as exc:
        return ReportFile(source.name, str(exc)), []
    count = len(reading.testcases)
    return ReportFile(source.name, None, count, reading.notes), reading.testcases


def _merge_into(tests: dict[str, ReportedTest], testcases: Iterable[ReportedTest]) -> int:
    """Add testcases to the tests; return how many repeated an earlier one."""
    repeated = 0
    for testcase in testcases:
        known = tests.setdefault(testcase.test_id, testcase)
        if known is not testcase:
            tests[testcase.test_id] = merge(known, testcase)
            repeated += 1
    return repeated


def _add_note(file: ReportFile, repeated: int) -> ReportFile:
    if not repeated:
        return file
    note = f"testcases that repeat an earlier test ID: {repeated}; the worst outcome counts"
    return ReportFile(file.path, file.error, file.testcases, (*file.notes, note))
