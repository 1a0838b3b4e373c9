"""Reports -> results -> journal -> Jama: what the command does without ``--list``."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from junit_uploader import PROGRAM
from junit_uploader.found_results import find_results
from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.merged_reports import no_garbage_collection, read_reports
from junit_uploader.target_choice import choose_kind, flags_of
from junit_uploader.tested import find_stated_commits, name_reports
from pytest_jama import __version__
from pytest_jama.config import load_settings, with_lock
from pytest_jama.core.errors import (
    InterruptedUploadError,
    Problem,
    PytestJamaError,
    SettingsError,
)
from pytest_jama.core.plan import Mode
from pytest_jama.core.results import Outcome
from pytest_jama.journal import Journals, open_journal
from pytest_jama.journal.line_parser import parse_header
from pytest_jama.journal.lines import (
    collected_line,
    coverage_line,
    result_text,
    uncollected_line,
    unmatched_line,
)
from pytest_jama.session.command_line import OutputOptions
from pytest_jama.session.destination import describe_destination
from pytest_jama.session.judge import judge_session
from pytest_jama.session.provenance import (
    describe_session,
    find_provenance,
    session_facts,
    times_of,
)
from pytest_jama.session.session import Session

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from junit_uploader.found_results import FoundResults
    from junit_uploader.junit.captured import CapturedTexts
    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.results import TestResult
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
    if options.no_upload or options.output is not None:
        return Mode.NO_UPLOAD
    return Mode.DRY_RUN if options.dry_run else Mode.SEND


def _run(
    options: Namespace, command: Sequence[str], output: OutputOptions, about: dict[str, Any]
) -> Ending:
    """Do everything; what is added to the JSON document goes into `about` once it is known."""
    started = datetime.now(timezone.utc)
    loaded = _load(options)
    mode = loaded.mode_of(output.mode)
    output.announce(
        *describe_destination(loaded, root=Path.cwd(), mode=mode.value, verbose=output.verbose)
    )
    captured = _captured(loaded.settings)
    if options.output is not None:
        _check_output(loaded.settings)
    with no_garbage_collection():
        reports = read_reports(
            options.reports,
            ReadOptions(
                skipped_wins=loaded.settings.junit.skipped_wins,
                keeps_traces=loaded.settings.keeps_traces,
                redactor=loaded.settings.redactor,
                captured=captured,
            ),
        )
        tests = reports.map_for(loaded.settings.tests)
        loaded = replace(loaded, settings=loaded.settings.model_copy(update={"tests": tests}))
        session = Session(loaded, mode=mode)
        commits = find_stated_commits(
            options.commit,
            reports.files,
            (test for group in reports.groups() for test in group),
            os.environ,
        )
        found = find_results(reports, loaded, session, output, commits=commits, about=about)
    if options.output is not None:
        return _write_output(found, session, options, about, started=started)
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
        if found.linked is not None:
            found = _keep_files(found, session, journal, options, captured)
        session.keep_lock(found.judged)
        if loaded.settings.judges_cases:
            session.write(coverage_line(found.coverage))
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
            adjust_all=session.extensions.adjust_all,
            provenance=head.account,
            shown=session.shown,
            started=started,
        ),
        observers=[output.make_progress(loaded.settings.kind.name)],
        extra=lambda: found.lines,
        style=output.style,
    )


def _check_output(settings: SharedSettings) -> None:
    """Refuse names that need the server, before any report is read."""
    from junit_uploader.document_output import stated_head  # noqa: PLC0415 (few want it)

    stated_head(settings)


def _write_output(
    found: FoundResults,
    session: Session,
    options: Namespace,
    about: dict[str, Any],
    *,
    started: datetime,
) -> Ending:
    """Write what would be sent into files; nothing is sent, and there is no journal."""
    from junit_uploader.document_output import write_output  # noqa: PLC0415 (few want it)

    return write_output(
        session.shown.results(found.judged),
        Path(options.output),
        started=started,
        session=session,
        about=about,
        extra=found.lines,
        verbose=options.verbose > 0,
    )


def _captured(settings: SharedSettings) -> CapturedTexts | None:
    """Return what keeps the logs of tests, where they are wanted."""
    if settings.evidence.log == "never":
        return None
    from junit_uploader.junit.captured import CapturedTexts  # noqa: PLC0415 (few sessions need it)

    return CapturedTexts(settings.evidence.wants_log)


def _keep_files(
    found: FoundResults,
    session: Session,
    journal: JournalWriter,
    options: Namespace,
    captured: CapturedTexts | None,
) -> FoundResults:
    """Keep the files of tests, and tell the session of those that cannot be used."""
    from junit_uploader.report_files import FileOptions, ReportFiles  # noqa: PLC0415 (few need it)
    from pytest_jama.journal.file_store import FileStore  # noqa: PLC0415
    from pytest_jama.session.kept_files import KeptFiles  # noqa: PLC0415

    settings = session.settings
    store = FileStore.of_journal(journal.path)
    kept = None if journal.failure else KeptFiles(store, settings.evidence, settings.redactor)
    wanted = FileOptions(
        options.files_root,
        takes_named=not options.no_files,
        patterns=tuple(each for each in settings.evidence.files if "{test}" in each),
        captured=captured,
    )
    files = ReportFiles(kept, [file.path for file in found.files], wanted)
    found = found.with_files(
        files.add,
        rules=settings.rules(),
        shown=session.shown,
        of_all=not settings.judges_cases,
    )
    for unusable in files.faults():
        session.errors.add_unusable(unusable)
    return found


def _load(options: Namespace) -> LoadedSettings[SharedSettings]:
    """Load the settings.

    Raises:
        SettingsError: With every mistake.
    """
    root = options.files_root
    if root and not Path(root).is_dir():
        why = f"{root!a} is not a folder"
        raise SettingsError(Problem(why, "name one that is there", "--files-root"))
    kind = choose_kind(options)
    is_offline = options.no_upload or options.output is not None
    loaded: LoadedSettings[SharedSettings] = load_settings(
        start=Path.cwd(),
        file=Path(options.config) if options.config is not None else None,
        flags=flags_of(options, kind)
        | {
            "journal": options.journal and str(Path(options.journal).absolute()),
            "report": list(map(os.path.abspath, options.report or ())),
        },
        environ=os.environ,
        needs_target=not is_offline,
        may_keep=True,
        unused=("url", "headers") if is_offline else (),
        kind=kind,
        flag_prefix="--",
    )
    return with_lock(loaded.seen_in(Path.cwd()), start=Path.cwd(), flag_prefix="--")


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
        known = (each._replace(outcome=Outcome.NOT_REACHED, message="") for each in some)
        journal.write(collected_line(known))
    if missing:
        journal.write(collected_line(missing))
    ended = (each for each in tests if each.outcome is not Outcome.NOT_REACHED)
    for some in _chunks(ended, LINES_AT_ONCE):
        journal.write_encoded(*map(result_text, some))


def _chunks(results: Iterable[TestResult], size: int) -> Iterator[list[TestResult]]:
    remaining = iter(results)
    while some := list(itertools.islice(remaining, size)):
        yield some
