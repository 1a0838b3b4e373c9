"""Several reports as one session: read, merged, and linked to their test cases.

Two kinds of testcases are not tests: pytest writes one for each file that it could not collect, and
one for each that was skipped as a whole. ALM Octane shall see them all the same.
"""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.elements import Subject
from junit_uploader.junit.notes import Note, NoteKind, UnreadableError
from junit_uploader.junit.report_reader import read_junit
from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.junit.same_test import overview, runs_of, unite
from junit_uploader.namesakes import with_namesakes
from junit_uploader.sources import find_sources, open_source
from pytest_jama.core.cases import NO_CASE, without_none
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.test_ids import normal_form
from pytest_jama.journal.united import keep_counting, unite_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from junit_uploader.junit.reported_test import ReportedTest
    from junit_uploader.sources import Source
    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.verdicts import VerdictRules


@dataclass(frozen=True, slots=True)
class ReportFile:
    """What became of one report.

    Attributes:
        path: As found, or ``-``.
        error: Why it was not read; None when it was. Nothing of a report with an error is used.
        testcases: How many testcases, and errors of suites themselves, it holds.
        notes: What is odd about it.
        unusable: The case references and steps in it that cannot be used.
        commits: The commits that its properties name.
        lacks_zone: Whether it says a time without the zone.
        rootdirs: The folders below that of jama.yaml in which pytest ran.
    """

    path: str
    error: str | None = None
    testcases: int = 0
    notes: tuple[Note, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    commits: tuple[str, ...] = ()
    lacks_zone: bool = False
    rootdirs: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether ``--strict`` refuses the report."""
        return self.error is not None or any(note.is_serious for note in self.notes)


@dataclass(frozen=True, slots=True)
class MergedReports:
    """What all reports say together.

    Attributes:
        files: The reports, in the order of the arguments.
        tests: What is said of each test ID as one, in the order of their first testcase.
        several: Where a test ID has results that differ: all of them, the gravest first.
        testcase_counts: How many testcases of each outcome were written.
        test_counts: How many tests of each outcome there are.
    """

    files: tuple[ReportFile, ...]
    tests: Mapping[str, ReportedTest]
    testcase_counts: Mapping[Outcome, int]
    test_counts: Mapping[Outcome, int]
    several: Mapping[str, tuple[ReportedTest, ...]]

    @property
    def is_complete(self) -> bool:
        """Whether every report could be read, and there was a testcase in one of them."""
        return bool(self.tests) and not any(file.error for file in self.files)

    def map_for(self, tests: CaseMap) -> CaseMap:
        """Return the map of jama.yaml, as tests of the reports are to be looked up in it."""
        return tests.also_seen_from(folder for file in self.files for folder in file.rootdirs)

    @property
    def unusable(self) -> Iterator[Unusable]:
        """The reports that could not be read, and the references and steps in the others."""
        for file in self.files:
            if file.error is not None:
                yield Unusable(UnusableKind.REPORT, file.path, file.error)
            for each in file.unusable:
                yield each._replace(why=f"{file.path}: {each.why}")

    def groups(self) -> Iterator[tuple[ReportedTest, ...]]:
        """Yield what is said of each test ID."""
        for test_id, test in self.tests.items():
            yield self.several.get(test_id) or (test,)


COUNTED = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.XFAILED)
"""The outcomes that a JUnit report can tell apart.

It may also end before the attempt that counts: then its test was not reached.
"""

DEFAULT_OPTIONS = ReadOptions()


def read_reports(arguments: Iterable[str], options: ReadOptions = DEFAULT_OPTIONS) -> MergedReports:
    """Read reports as one session: shards, or several suites of one product.

    A report that cannot be read becomes a `ReportFile` with an error; the others are still read.

    Args:
        arguments: Files, folders, patterns, or ``-``.
        options: How to read them.
    """
    files: list[ReportFile] = []
    tests: dict[str, ReportedTest] = {}
    repeated: dict[str, list[ReportedTest]] = {}
    counts: Counter[Outcome] = Counter()
    for number, source in enumerate(find_sources(arguments)):
        file, testcases = _read(source, options, number)
        counts.update(_count(testcases))
        files.append(file)
        _add_tests(testcases, tests, repeated)
    runs = {test_id: runs_of(testcases) for test_id, testcases in repeated.items()}
    repetitions = Counter(run.suite.report for several in runs.values() for run in several[1:])
    for number, count in repetitions.items():
        files[number] = _add_note(files[number], count)
    united = {test_id: unite(several) for test_id, several in runs.items()}
    tests.update((test_id, overview(found)) for test_id, found in united.items())
    several = {test_id: found for test_id, found in united.items() if len(found) > 1}
    test_counts = _count(tests.values()) if repeated else counts
    return MergedReports(tuple(files), tests, counts, test_counts, several)


def _count(testcases: Iterable[ReportedTest]) -> Counter[Outcome]:
    counts = Counter([testcase.outcome for testcase in testcases])
    return Counter({**dict.fromkeys(COUNTED, 0), **counts})


def _read(
    source: Source, options: ReadOptions, number: int
) -> tuple[ReportFile, list[ReportedTest]]:
    if source.error:
        return ReportFile(source.name, source.error), []
    try:
        with open_source(source) as stream:
            reading = read_junit(stream, options, number)
    except UnreadableError as exc:
        return ReportFile(source.name, str(exc)), []
    count = len(reading.testcases)
    file = ReportFile(
        source.name,
        None,
        count,
        reading.notes,
        reading.unusable,
        reading.commits,
        reading.lacks_zone,
        reading.rootdirs,
    )
    return file, reading.testcases


def _add_tests(
    testcases: Iterable[ReportedTest],
    tests: dict[str, ReportedTest],
    repeated: dict[str, list[ReportedTest]],
) -> None:
    """Add testcases, and keep all of those test IDs that come again."""
    for testcase in testcases:
        known = tests.setdefault(testcase.test_id, testcase)
        if known is not testcase:
            repeated.setdefault(testcase.test_id, [known]).append(testcase)


def _add_note(file: ReportFile, repeated: int) -> ReportFile:
    note = Note(NoteKind.REPEATED, str(repeated))
    return replace(file, notes=(*file.notes, note))


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Switch the garbage collector off while a million values without cycles are made."""
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collecting:
            gc.enable()


class LinkedTests(NamedTuple):
    """What is judged.

    Attributes:
        results: All of each test, and one for each file that could not be collected.
        tests: What the reports say of each of them.
        has_several: Whether one test ID has several.
        uncollected: These files, as the reports name them.
        skipped: What stands for files that were skipped as a whole, and that the map names.
    """

    results: list[TestResult]
    tests: list[ReportedTest]
    has_several: bool
    uncollected: tuple[str, ...]
    skipped: tuple[TestResult, ...] = ()

    @property
    def has_files(self) -> bool:
        """Whether a report names a file of a test, or has a log of one."""
        all_extras = (test.extras for test in self.tests if test.extras is not None)
        return any(extras.files or extras.log for extras in all_extras)

    @property
    def holds_no_test(self) -> bool:
        """Whether files could not be collected, and there is not a single test."""
        return bool(self.uncollected) and all(test.subject is not _TEST for test in self.tests)

    def with_files(
        self, add: Callable[[TestResult, ReportedTest], TestResult], *, of_all: bool = False
    ) -> LinkedTests:
        """Return them with the files of tests that are linked to cases, if only by namesakes.

        Args:
            add: Returns a result with the files of its test.
            of_all: Whether the files of other tests are wanted, too.
        """
        linked = {normal_form(each.test_id) for each in self.results if each.links or of_all}
        results = [
            add(result, test)
            if normal_form(test.test_id) in linked
            and not (of_all and result.is_uncollected)  # there is a test that has them
            else result
            for result, test in zip(self.results, self.tests, strict=True)
        ]
        return self._replace(results=results)

    def counting(self, rules: VerdictRules) -> Sequence[TestResult]:
        """Return what counts of all reports, for the journal: nothing of it gives way to the rest.

        Args:
            rules: Which verdict follows from which outcome.
        """
        if not self.has_several:
            return self.results
        sources: dict[int, list[TestResult]] = {}
        for result, test in zip(self.results, self.tests, strict=True):
            for report in test.reports:
                sources.setdefault(report, []).append(result)
        times = (test.testcases for test in self.tests)
        found = keep_counting(sources.values(), rules=rules)
        return list(with_namesakes(found, zip(self.results, times, strict=True)))

    def judged(
        self,
        counting: Sequence[TestResult],
        missing: Sequence[TestResult] = (),
        *,
        rules: VerdictRules,
    ) -> Sequence[TestResult]:
        """Return all that is judged, in the order in which the journal is read.

        Args:
            counting: What counts of the reports.
            missing: What stands for tests that are in no report.
            rules: Which verdict follows from which outcome.
        """
        unknown = [each for each in counting if each.is_uncollected]
        tests = [each for each in counting if not each.is_uncollected]
        found = [*tests, *missing, *unknown]
        return unite_results([found], rules=rules) if self.has_several else found


def link_tests(
    groups: Iterable[tuple[ReportedTest, ...]],
    *,
    find_links: Callable[[ReportedTest, TestResult], tuple[CaseLink, ...]],
    find_within: Callable[[str], tuple[CaseLink, ...]],
    note_of: Callable[[ReportedTest], str] | None = None,
    keeps_names: bool = False,
    reads_references: bool = True,
) -> LinkedTests:
    """Return the results of tests with their links.

    Args:
        groups: What the reports say of each test ID.
        find_links: Finds the cases of a test that names none itself.
        find_within: Finds the cases of all tests in a file.
        note_of: Finds what else is to be noted of a test; may be empty.
        keeps_names: Whether results say how a report names their tests; what stands for a file is
            then a test of its name as well.
        reads_references: Whether properties of the tests name cases; they are Jama's.
    """
    results: list[TestResult] = []
    tests: list[ReportedTest] = []
    uncollected: list[tuple[TestResult, ReportedTest]] = []
    skipped: list[TestResult] = []
    has_several = False
    for group in groups:
        has_several = has_several or len(group) > 1 or group[0].testcases > 1
        for test in group:
            if test.subject is _UNCOLLECTED:
                links = find_within(test.test_id)
                uncollected.append((TestResult.of_uncollected(test.test_id, links), test))
            elif test.subject is Subject.SKIPPED_FILE:
                links = find_within(test.test_id)
                skipped += [test.as_result()._replace(links=links)] if links else []
            if test.subject is _TEST or keeps_names:
                result = test.as_result()
                if keeps_names:
                    result = result._replace(reported=test.reported)
                note = note_of(test) if note_of else ""
                if note:
                    result = result._replace(notes=(note, *result.notes))
                own = result.links if reads_references else ()
                links = own or find_links(test, result)
                if NO_CASE in links:
                    links = without_none(links)
                    result = result._replace(is_taken_out=not links)
                results.append(result if links == result.links else result._replace(links=links))
                tests.append(test)
    return LinkedTests(
        [*results, *(result for result, _ in uncollected)],
        [*tests, *(test for _, test in uncollected)],
        has_several,
        uncollected=tuple(result.test_id for result, _ in uncollected),
        skipped=tuple(skipped),
    )


_TEST, _UNCOLLECTED = Subject.TEST, Subject.UNCOLLECTED_FILE
