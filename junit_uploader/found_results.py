"""What reports say, once it is linked: what counts, what is missing, what is to be said of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from junit_uploader.listing import NO_TESTCASE, file_values, note_lines, summary_line
from junit_uploader.merged_reports import link_tests
from pytest_jama.core.errors import PytestJamaError, Unusable, UnusableKind
from pytest_jama.core.known_tests import Coverage, KeyPlaces
from pytest_jama.core.text import counted
from pytest_jama.report.case_lines import narrower_lines
from pytest_jama.report.summary import unusable_lines
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.destination import relative_to
from pytest_jama.session.judge import find_known, refuse_conflicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from junit_uploader.junit.reported_test import ReportedTest
    from junit_uploader.merged_reports import LinkedTests, MergedReports, ReportFile
    from junit_uploader.tested import StatedCommits
    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.core.verdicts import VerdictRules
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.session.session import Session


def find_results(
    reports: MergedReports,
    loaded: LoadedSettings[SharedSettings],
    session: Session,
    output: OutputOptions,
    *,
    commits: StatedCommits,
    about: dict[str, Any],
) -> FoundResults:
    """Link the tests of reports; refuse those that must not be sent.

    Args:
        reports: The reports.
        loaded: The settings.
        session: Told of what cannot be used.
        output: Says what the reports hold.
        commits: Which commits were tested.
        about: Told of the reports, for the JSON document.

    Raises:
        PytestJamaError: When nothing is to be sent.
    """
    settings = loaded.settings
    redactor = settings.redactor
    about["reports"] = [file_values(file, redactor) for file in reports.files]
    output.announce(f"{settings.kind.name}: {summary_line(reports)}")
    output.say(*note_lines(reports.files, redactor, verbose=output.verbose))
    for unusable in reports.unusable:
        session.errors.add_unusable(unusable)
    try:
        _refuse_wrong(reports, strict=settings.strict)
    except PytestJamaError:
        output.say(*unusable_lines(session.errors.unusable, verbose=output.verbose))
        raise
    refuse_conflicts(settings, reports.tests, file=relative_to(Path.cwd(), loaded.file))
    linked = link_tests(
        reports.groups(),
        note_of=None if commits.of_all else commits.note_of,
        find_links=lambda test, result: session.extensions.find_links(result, name=test.name),
        find_within=KeyPlaces(settings.tests).find_links,
        reads_references=settings.judges_cases,
        keeps_names=settings.keeps_traces,
    )
    if settings.keeps_traces:
        linked = _with_times(linked, (file.path for file in reports.files))
    if linked.holds_no_test and not settings.judges_cases:
        for file in reports.files:
            why = "holds no test, but only files that could not be collected"
            session.errors.add_unusable(Unusable(UnusableKind.REPORT, file.path, why))
    coverage = Coverage(
        [each.test_id for each in linked.results if not each.is_uncollected],
        failed=(*linked.uncollected, *(each.test_id for each in linked.skipped)),
        roots=("",) if reports.is_complete else (),
        is_whole=reports.is_complete,
        absent="has no test in any report given here",
    )
    known = find_known(settings, coverage, lock=session.lock)
    skipped = linked.skipped if settings.judges_cases else ()  # else they are results already
    missing = (*skipped, *known.missing)
    rules, shown = settings.rules(), session.shown
    results, judged = _count(linked, missing, rules, shown)
    lines = _extra_lines(reports, linked, loaded, shown, verbose=output.verbose)
    return FoundResults(
        results,
        tuple(shown.results(missing)),
        judged,
        reports.files,
        tuple(lines),
        session.take_unmatched(known.unmatched),
        linked if settings.evidence.files or linked.has_files else None,
        missing,
        coverage,
    )


def _with_times(linked: LinkedTests, paths: Iterable[str]) -> LinkedTests:
    """Let tests of reports without any time begin when the first of these was written.

    Whoever sends the same files again then sends the same results, which the server knows; files
    of another night are other results.

    Args:
        linked: The tests.
        paths: The reports; what is not a file has no time.
    """
    if any(result.started is not None for result in linked.results):
        return linked
    times = [when for path in paths if (when := _written_at(path)) is not None]
    if not times:
        return linked
    written = round(min(times), 3)  # as a journal keeps it
    return linked._replace(results=[each._replace(started=written) for each in linked.results])


def _written_at(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 (names may be too long for a `Path`)
    except (OSError, ValueError):
        return None


def _count(
    linked: LinkedTests, missing: Sequence[TestResult], rules: VerdictRules, shown: ShownResults
) -> tuple[Sequence[TestResult], Sequence[TestResult]]:
    """Return what counts of the reports, and all that is judged."""
    counting = linked.counting(rules)
    judged = linked.judged(counting, missing, rules=rules)
    return shown.results(counting), shown.results(judged)


class FoundResults(NamedTuple):
    """What the reports say.

    Attributes:
        results: What counts of the reports, linked.
        missing: What stands for tests that are in no report.
        judged: All of it, in the order in which the journal is read.
        files: The reports.
        lines: What is to be said of them in the summary.
        unmatched: The keys of the map that no report matches.
        linked: The tests behind it, where their files are still to be found; else None.
        stands_in: What stands for tests that are in no report, as it was found.
        coverage: What the reports are of.
    """

    results: Sequence[TestResult]
    missing: tuple[TestResult, ...]
    judged: Sequence[TestResult]
    files: Sequence[ReportFile]
    lines: tuple[Line, ...]
    unmatched: tuple[Unmatched, ...]
    linked: LinkedTests | None
    stands_in: tuple[TestResult, ...]
    coverage: Coverage

    def with_files(
        self,
        add: Callable[[TestResult, ReportedTest], TestResult],
        *,
        rules: VerdictRules,
        shown: ShownResults,
        of_all: bool,
    ) -> FoundResults:
        """Return it with the files of its tests.

        Args:
            add: Returns a result with the files of its test.
            of_all: Whether also of those that are linked to no case.
            rules: Which verdict follows from which outcome.
            shown: Names tests without secrets.
        """
        if self.linked is None:
            return self
        linked = self.linked.with_files(add, of_all=of_all)
        results, judged = _count(linked, self.stands_in, rules, shown)
        return self._replace(results=results, judged=judged, linked=None)


def _refuse_wrong(session: MergedReports, *, strict: bool) -> None:
    """Refuse reports without tests, and with ``--strict`` those with which anything is wrong.

    Raises:
        PytestJamaError: Nothing is to be sent.
    """
    if not session.tests:
        is_read = any(file.error is None for file in session.files)
        raise PytestJamaError(NO_TESTCASE if is_read else "no report could be read")
    wrong = [file for file in session.files if strict and file.is_wrong]
    if wrong:
        what = f"something is wrong with {len(wrong)} of {counted(len(session.files), 'report')}"
        raise PytestJamaError(f"{what}, and with strict nothing is sent then")


def _extra_lines(
    session: MergedReports,
    linked: LinkedTests,
    loaded: LoadedSettings[SharedSettings],
    shown: ShownResults,
    *,
    verbose: bool,
) -> Iterator[Line]:
    """Yield what the summary has to say of the reports."""
    for address in linked.uncollected:
        text = f"{shown.name_of(address)}: its tests did not run"
        yield Line("uncollected", text, Tone.WARNING)
    if verbose and loaded.settings.tests:
        yield from narrower_lines(loaded.settings.tests, shown.results(tuple(linked.results)))
        for test_id, test in session.tests.items():
            links = loaded.settings.tests.find(test_id) if test.links else ()
            if links and links != test.links:
                name = shown.name_of(test_id)
                text = f"beats the map: {name}: property {_said(test.links)}, map {_said(links)}"
                yield Line("property", text, Tone.WARNING)


def _said(links: Iterable[CaseLink]) -> str:
    return ", ".join(map(str, links))
