"""Reports -> results -> journal -> Jama: what the command does without ``--list``."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from junit_uploader import PROGRAM
from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.listing import NO_TESTCASE, file_values, note_lines, summary_line
from junit_uploader.merged_reports import (
    link_tests,
    no_garbage_collection,
    read_reports,
)
from junit_uploader.options import SETTING_FLAGS
from junit_uploader.tested import find_stated_commits, name_reports
from pytest_jama import __version__
from pytest_jama.config import load_settings, with_lock
from pytest_jama.core.errors import InterruptedUploadError, PytestJamaError
from pytest_jama.core.known_tests import Coverage, KeyPlaces
from pytest_jama.core.plan import Mode
from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted
from pytest_jama.journal import Journals, open_journal
from pytest_jama.journal.line_parser import parse_header
from pytest_jama.journal.lines import (
    collected_line,
    result_text,
    uncollected_line,
    unmatched_line,
)
from pytest_jama.report.summary import unusable_lines
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.command_line import OutputOptions
from pytest_jama.session.judge import find_known, judge_session, refuse_conflicts
from pytest_jama.session.provenance import (
    describe_destination,
    describe_session,
    find_provenance,
    relative_to,
    session_facts,
    times_of,
)
from pytest_jama.session.session import Session

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from junit_uploader.merged_reports import LinkedTests, MergedReports, ReportFile
    from junit_uploader.tested import StatedCommits
    from pytest_jama.config import LoadedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.journal import JournalWriter
    from pytest_jama.session.ending import Ending


def run_upload(options: Namespace, command: Sequence[str]) -> int:
    """Read reports and bring their results to Jama.

    Args:
        options: The flags.
        command: The command line, word by word, for the journal.

    Returns:
        The exit status.
    """
    output = OutputOptions(
        _mode_of(options),
        as_json=options.json,
        verbosity=options.verbose,
        quiet=options.quiet,
    )
    about: dict[str, Any] = {"reports": [], "sessions": []}
    try:
        with output.logging():
            ending = _run(options, command, output, about)
        return output.end(ending, about=about)
    except PytestJamaError as error:
        return output.refuse(error, program=PROGRAM, about=about)
    except KeyboardInterrupt:
        why = InterruptedUploadError("interrupted before anything was sent")
        return output.refuse(why, program=PROGRAM, about=about)


def _mode_of(options: Namespace) -> Mode:
    if options.no_upload:
        return Mode.NO_UPLOAD
    return Mode.DRY_RUN if options.dry_run else Mode.SEND


def _run(
    options: Namespace, command: Sequence[str], output: OutputOptions, about: dict[str, Any]
) -> Ending:
    """Do everything; what is added to the JSON document goes into `about` once it is known."""
    started = datetime.now(timezone.utc)
    loaded = _load(options)
    output.announce(
        *describe_destination(
            loaded, root=Path.cwd(), mode=output.mode.value, verbose=output.verbose
        )
    )
    with no_garbage_collection():
        reports = read_reports(
            options.reports,
            ReadOptions(
                skipped_wins=loaded.settings.junit.skipped_wins,
                redactor=loaded.settings.redactor,
            ),
        )
        tests = reports.map_for(loaded.settings.tests)
        loaded = replace(loaded, settings=loaded.settings.model_copy(update={"tests": tests}))
        session = Session(loaded, mode=output.mode)
        commits = find_stated_commits(
            options.commit,
            reports.files,
            (test for group in reports.groups() for test in group),
            os.environ,
        )
        found = _find(reports, loaded, session, output, commits=commits, about=about)
    provenance = find_provenance(
        loaded.settings,
        folder=None,
        commit=commits.of_all,
        tests=times_of(found.results),
    )
    place = loaded.settings.journal
    journal = open_journal(place.folder, started=started, keep=place.keep)
    head = describe_session(
        loaded.settings,
        versions={PROGRAM: __version__},
        command=[PROGRAM, *command],
        started=started,
        provenance=provenance,
        session=journal.path.stem,
        order=journal.order,
        framework=name_reports(found.files),
    )
    about["sessions"] = [session_facts(parse_header(head.line))]
    try:
        session.begin(Journals([journal]), head.line)
        session.keep_lock(found.judged)
        write_results(journal, found.results, found.missing)
        if found.unmatched:
            session.write(unmatched_line(found.unmatched))
    except KeyboardInterrupt:
        session.break_off()
        what = f"interrupted; see the journal {os.path.relpath(journal.path)}"
        raise InterruptedUploadError(what) from None
    return session.end(
        lambda: judge_session(
            found.judged,
            settings=loaded.settings,
            extensions=session.extensions,
            provenance=head.account,
            shown=session.shown,
        ),
        observers=[output.make_progress()],
        extra=lambda: found.lines,
        style=output.style,
    )


def _find(
    reports: MergedReports,
    loaded: LoadedSettings,
    session: Session,
    output: OutputOptions,
    *,
    commits: StatedCommits,
    about: dict[str, Any],
) -> _Found:
    """Link the tests of reports; refuse those that must not be sent."""
    settings = loaded.settings
    redactor = settings.redactor
    about["reports"] = [file_values(file, redactor) for file in reports.files]
    output.announce(f"jama: {summary_line(reports)}")
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
    )
    known = find_known(
        settings,
        Coverage(
            [each.test_id for each in linked.results if not each.is_uncollected],
            failed=(*linked.uncollected, *(each.test_id for each in linked.skipped)),
            roots=("",) if reports.is_complete else (),
            is_whole=reports.is_complete,
            absent="has no test in any report given here",
        ),
        lock=session.lock,
    )
    missing = (*linked.skipped, *known.missing)
    rules = settings.verdicts.rules()
    counting = linked.counting(rules)
    judged = linked.judged(counting, missing, rules=rules)
    shown = session.shown
    lines = _extra_lines(reports, linked, loaded, shown, verbose=output.verbose)
    return _Found(
        shown.results(counting),
        tuple(shown.results(missing)),
        judged if judged is counting else shown.results(judged),
        reports.files,
        tuple(lines),
        session.take_unmatched(known.unmatched),
    )


class _Found(NamedTuple):
    """What the reports say.

    Attributes:
        results: What counts of the reports, linked.
        missing: What stands for tests that are in no report.
        judged: All of it, in the order in which the journal is read.
        files: The reports.
        lines: What is to be said of them in the summary.
        unmatched: The keys of the map that no report matches.
    """

    results: Sequence[TestResult]
    missing: tuple[TestResult, ...]
    judged: Sequence[TestResult]
    files: Sequence[ReportFile]
    lines: tuple[Line, ...]
    unmatched: tuple[Unmatched, ...]


def _load(options: Namespace) -> LoadedSettings:
    """Load the settings.

    Raises:
        SettingsError: With every mistake.
    """
    loaded = load_settings(
        start=Path.cwd(),
        file=Path(options.config) if options.config is not None else None,
        flags={name: getattr(options, name) for name in (*SETTING_FLAGS, "strict")}
        | {"report": list(map(os.path.abspath, options.report or ()))},
        environ=os.environ,
        needs_target=not options.no_upload,
        unused=("url", "headers") if options.no_upload else (),
        flag_prefix="--",
    )
    return with_lock(loaded, start=Path.cwd(), flag_prefix="--")


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
    loaded: LoadedSettings,
    shown: ShownResults,
    *,
    verbose: bool,
) -> Iterator[Line]:
    """Yield what the summary has to say of the reports."""
    for address in linked.uncollected:
        text = f"{shown.name_of(address)}: its tests did not run"
        yield Line("uncollected", text, Tone.WARNING)
    if verbose and loaded.settings.tests:
        for test_id, test in session.tests.items():
            links = loaded.settings.tests.find(test_id) if test.links else ()
            if links and links != test.links:
                name = shown.name_of(test_id)
                text = f"beats the map: {name}: property {_said(test.links)}, map {_said(links)}"
                yield Line("property", text, Tone.WARNING)


def _said(links: Iterable[CaseLink]) -> str:
    return ", ".join(map(str, links))


LINES_AT_ONCE = 1000
TESTS_A_LINE = 10_000


def write_results(
    journal: JournalWriter,
    results: Sequence[TestResult],
    missing: Sequence[TestResult] = (),
    *,
    tests_a_line: int = TESTS_A_LINE,
) -> None:
    """Write what was found, first which tests there are: a torn journal must not look complete.

    Args:
        journal: Where to.
        results: What counts of the tests, and of the files that could not be collected.
        missing: What stands for tests that are in no report.
        tests_a_line: How many tests one line ``collected`` names.
    """
    journal.write(*map(uncollected_line, (each for each in results if each.is_uncollected)))
    tests = [each for each in results if not each.is_uncollected]
    for some in _chunks((each for each in tests if each.links), tests_a_line):
        known = ((each.test_id, Outcome.NOT_REACHED, each.links, "") for each in some)
        journal.write(collected_line(known))
    if missing:
        known = ((each.test_id, each.outcome, each.links, each.message) for each in missing)
        journal.write(collected_line(known))
    ended = (each for each in tests if each.outcome is not Outcome.NOT_REACHED)
    for some in _chunks(ended, LINES_AT_ONCE):
        journal.write_encoded(*map(result_text, some))


def _chunks(results: Iterable[TestResult], size: int) -> Iterator[list[TestResult]]:
    remaining = iter(results)
    while some := list(itertools.islice(remaining, size)):
        yield some
