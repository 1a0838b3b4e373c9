"""Reports -> results -> journal -> Jama: what the command does without ``--list``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from junit_uploader import PROGRAM
from junit_uploader.journaling import write_results
from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.listing import NO_TESTCASE, counted, file_values, summary_line
from junit_uploader.merged_reports import link_tests, no_garbage_collection, read_reports
from junit_uploader.options import SETTING_FLAGS
from junit_uploader.report_notes import (
    remark_lines,
    unlinked_failure_lines,
    unread_lines,
)
from junit_uploader.sources import STDIN
from pytest_jama import __version__
from pytest_jama.config import load_settings
from pytest_jama.core.errors import ErrorLog, InterruptedUploadError, PytestJamaError
from pytest_jama.core.text import printable
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.journal import open_journal
from pytest_jama.journal.lines import end_line
from pytest_jama.report.summary import Line, Tone
from pytest_jama.session.judge import judge_session, refuse_conflicts
from pytest_jama.session.provenance import (
    describe_destination,
    describe_provenance,
    describe_session,
    find_commit,
    relative_to,
)
from pytest_jama.session.session import Closing, OutputOptions, close_session, refuse

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from junit_uploader.merged_reports import LinkedTests, MergedReports, ReportFile
    from pytest_jama.config import LoadedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.results import TestResult


def run_upload(options: Namespace, command: Sequence[str]) -> int:
    """Read reports and bring their results to Jama.

    Args:
        options: The flags.
        command: The command line, word by word, for the journal.

    Returns:
        The exit status.
    """
    manner = OutputOptions(
        dry_run=options.dry_run,
        no_upload=options.no_upload,
        as_json=options.json,
        verbose=options.verbose,
        quiet=options.quiet,
    )
    uploading = _Uploading(manner, command)
    try:
        return uploading.run(options)
    except PytestJamaError as error:
        return refuse(error, manner, program=PROGRAM, about=uploading.about)
    except KeyboardInterrupt:
        why = InterruptedUploadError("interrupted before anything was sent")
        return refuse(why, manner, program=PROGRAM, about=uploading.about)


@dataclass(frozen=True, slots=True)
class _Uploading:
    """One run of the command.

    Attributes:
        manner: How it talks.
        command: The command line.
        about: What it adds to the JSON document, as soon as that is known.
        troubles: Errors of extensions.
        started: When it began, in UTC.
    """

    manner: OutputOptions
    command: Sequence[str]
    about: dict[str, Any] = field(default_factory=lambda: {"reports": []})
    troubles: ErrorLog = field(default_factory=ErrorLog)
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def run(self, options: Namespace) -> int:
        """Do everything; see `run_upload`."""
        loaded = _load(options)
        self.manner.announce(
            describe_destination(
                loaded, root=Path.cwd(), mode=self.manner.mode, verbose=self.manner.verbose
            ),
        )
        extensions = Extensions(loaded.settings, complain=self.troubles.add)
        with no_garbage_collection():
            found = self._find(options, loaded, extensions)
        return self._bring(found, loaded, extensions)

    def _find(
        self,
        options: Namespace,
        loaded: LoadedSettings,
        extensions: Extensions,
    ) -> _Found:
        """Read the reports; refuse those that must not be sent."""
        settings = loaded.settings
        session = read_reports(
            options.reports, ReadOptions(skipped_wins=settings.junit.skipped_wins)
        )
        self.about["reports"] = [file_values(file) for file in session.files]
        self.manner.announce(f"jama: {summary_line(session)}")
        for line in remark_lines(session.files, verbose=self.manner.verbose):
            self.manner.say(line)
        _refuse_unusable(session, strict=settings.strict)
        refuse_conflicts(settings, session.tests, file=relative_to(Path.cwd(), loaded.file))
        linked = link_tests(
            session.tests.values(),
            find_links=lambda test, result: extensions.find_links(result, name=test.name),
            find_within=settings.tests.find_within,
        )
        lines = _session_lines(session, linked, loaded, verbose=self.manner.verbose)
        return _Found(linked.results, session.files, tuple(lines))

    def _bring(self, found: _Found, loaded: LoadedSettings, extensions: Extensions) -> int:
        """Write the journal, judge and upload."""
        settings = loaded.settings
        commit = find_commit(loaded.file.parent if loaded.file else Path.cwd())
        framework = _name_reports(found.files)
        journal = open_journal(settings.journal, started=self.started)
        try:
            journal.write(
                describe_session(
                    settings,
                    versions={PROGRAM: __version__},
                    command=[PROGRAM, *self.command],
                    started=self.started,
                    commit=commit,
                    session=journal.path.stem,
                    framework=framework,
                ),
            )
            write_results(journal, found.results)
            judgement = judge_session(found.results, settings=settings, extensions=extensions)
            closing = Closing(
                settings=settings,
                extensions=extensions,
                troubles=self.troubles,
                journal=journal,
                provenance=describe_provenance(
                    framework=framework,
                    started=self.started,
                    commit=commit,
                ),
                manner=self.manner,
                is_complete=not any(file.loses_results for file in found.files),
                lines=found.lines,
                about=self.about,
            )
            return close_session(judgement, closing)
        except KeyboardInterrupt:
            journal.write(end_line(finished=False, reason="interrupted"))
            journal.close()
            what = f"interrupted; see the journal {os.path.relpath(journal.path)}"
            raise InterruptedUploadError(what) from None


class _Found(NamedTuple):
    """What the reports say.

    Attributes:
        results: One for each test, linked.
        files: The reports.
        lines: What is to be said of them in the summary.
    """

    results: list[TestResult]
    files: Sequence[ReportFile]
    lines: tuple[Line, ...]


def _load(options: Namespace) -> LoadedSettings:
    """Load the settings.

    Raises:
        SettingsError: With every mistake.
    """
    return load_settings(
        start=Path.cwd(),
        file=Path(options.config) if options.config is not None else None,
        flags={name: getattr(options, name) for name in (*SETTING_FLAGS, "strict")},
        environ=os.environ,
        needs_target=not options.no_upload,
        flag_prefix="--",
    )


def _refuse_unusable(session: MergedReports, *, strict: bool) -> None:
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


def _session_lines(
    session: MergedReports,
    linked: LinkedTests,
    loaded: LoadedSettings,
    *,
    verbose: bool,
) -> Iterator[Line]:
    """Yield what the summary has to say of the reports."""
    for address in linked.uncollected:
        text = f"{address}: its tests did not run"
        yield Line("uncollected", text, Tone.WARNING)
    if verbose and loaded.settings.tests:
        for test_id, test in session.tests.items():
            links = loaded.settings.tests.find(test_id) if test.links else ()
            if links and links != test.links:
                text = f"beats the map: {test_id}: property {_said(test.links)}, map {_said(links)}"
                yield Line("property", text, Tone.WARNING)
    yield from unlinked_failure_lines(linked.results)
    yield from unread_lines(session.files)


def _said(links: Iterable[CaseLink]) -> str:
    return ", ".join(map(str, links))


def _name_reports(files: Sequence[ReportFile]) -> str:
    """Return which reports an account is made of: ``JUnit XML report.xml and 2 more``."""
    first, *others = [file.path for file in files if file.error is None]
    name = "from stdin" if first == STDIN else printable(first)
    return f"JUnit XML {name}" + (f" and {len(others)} more" if others else "")
