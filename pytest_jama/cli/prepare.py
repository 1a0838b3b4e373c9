"""``pytest-jama prepare``: plan, group, test cases and cycle, before any test is run.

The first job of a pipeline whose other jobs each run a part of the tests: all of them find one
cycle with a run of every case that is linked to a test, whichever part they run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.cli.collecting import CollectedSession, collect_tests
from pytest_jama.cli.jama_alone import require_jama_file
from pytest_jama.config import find_job_page, load_settings, with_lock
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import ErrorLog, Problem, PytestJamaError, SettingsError
from pytest_jama.core.plan import Findings, Mode, UploadReport
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted, first_line
from pytest_jama.core.verdicts import CaseVerdict, Judgement
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.report.summary import Summary, summary_lines
from pytest_jama.report.upload_lines import Line, Tone, exposure_lines
from pytest_jama.session.deliver import Delivery
from pytest_jama.session.destination import describe_destination, kept_line
from pytest_jama.session.ending import Ending, find_exit_status
from pytest_jama.session.exit_status import ExitStatus
from pytest_jama.session.judge import describe_nothing_linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.config import Flags, Settings
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.results import TestResult
    from pytest_jama.session.command_line import OutputOptions

PROGRAM = "pytest-jama prepare"


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """The command line.

    Attributes:
        arguments: What pytest gets for its collection.
        collects: Whether pytest is asked; otherwise map and lock say which cases there are.
        config: The settings file.
        flags: What the flags say, by setting.
    """

    arguments: tuple[str, ...]
    collects: bool
    config: Path | None
    flags: Flags


def run_prepare(
    options: PrepareOptions, output: OutputOptions, *, plugins: Sequence[object] = ()
) -> int:
    """Make everything that sessions will write results into; done twice it changes nothing.

    Args:
        options: Where, and which cases.
        output: Mode and form of the output.
        plugins: Hooks that take part besides those of installed distributions.

    Returns:
        The exit status.
    """
    try:
        with output.logging():
            return output.end(_prepare(options, output, plugins), about={})
    except PytestJamaError as error:
        return output.refuse(error, program=PROGRAM)


def _prepare(options: PrepareOptions, output: OutputOptions, plugins: Sequence[object]) -> Ending:
    if options.arguments and not options.collects:
        raise _wrong_use(options.arguments)
    require_jama_file(options.config, "has test plans to make ready")
    loaded = load_settings(
        start=Path.cwd(),
        file=options.config,
        flags=options.flags,
        environ=os.environ,
        needs_target=True,
        may_keep=True,
        unused=("run",),
        flag_prefix="--",
    )
    output.announce(
        *describe_destination(
            loaded, root=Path.cwd(), mode=output.mode.value, verbose=output.verbose
        )
    )
    if loaded.is_kept:
        return _nothing_prepared(loaded.settings)
    collected = CollectedSession()
    if options.collects:
        collected = collect_tests(
            options.arguments, redactor=loaded.settings.redactor, config=options.config
        )
    loaded = with_lock(loaded, start=Path.cwd(), flag_prefix="--")
    tests = tuple(ShownResults(loaded.settings.redactor).results(collected.tests))
    collected = collected._replace(tests=tests)
    judgement = _known_cases(tests, loaded.settings, loaded.lock)
    return _Preparation(loaded.settings, collected, judgement, loaded.lock, output).run(plugins)


def _nothing_prepared(settings: Settings) -> Ending:
    line = kept_line(settings, "nothing is prepared")
    return Ending(ExitStatus.WELL, (line,), redactor=settings.redactor, mode=Mode.NO_UPLOAD)


def _wrong_use(arguments: Sequence[str]) -> SettingsError:
    return SettingsError(
        Problem(
            f"{' '.join(arguments)} is for pytest, and --no-collect does not ask it",
            "leave one of them out",
            "command line",
        )
    )


class _Preparation:
    """One preparation.

    Args:
        settings: All settings.
        collected: What pytest collects; nothing when it was not asked.
        judgement: All cases.
        lock: What jama.lock holds; None without one.
        output: Mode and form of the output.
    """

    def __init__(
        self,
        settings: Settings,
        collected: CollectedSession,
        judgement: Judgement,
        lock: Lock | None,
        output: OutputOptions,
    ) -> None:
        self._settings = settings
        self._collected = collected
        self._judgement = judgement
        self._lock = lock
        self._output = output
        self._redactor = settings.redactor
        self._errors = ErrorLog()
        self._errors.hide = lambda text: self._redactor.hide(text).text

    def run(self, plugins: Sequence[object]) -> Ending:
        """Prepare; see `run_prepare`."""
        report = self._deliver(plugins) if self._judgement.cases else UploadReport()
        summary = Summary(
            judgement=None,
            report=report,
            mode=self._output.mode,
            errors=self._errors,
            has_begun=True,
            nothing_linked="",
            journals=(),
            journal_failure="",
            extra=(*exposure_lines(self._settings), *self._lines(report)),
        )
        status = find_exit_status(summary, strict=False)
        if status is ExitStatus.WELL and not self._is_understood():
            status = ExitStatus.INCOMPLETE
        told, commands = self._tell(report, status)
        others = summary._replace(
            report=report._replace(stopped=None), extra=(*summary.extra, *told)
        )
        stopped = [Line("STOPPED", first_line(str(report.stopped)), Tone.BAD)]
        return Ending(
            exit_status=status,
            lines=tuple(
                line._replace(text=self._redactor.hide_certain(line.text))
                for line in (
                    *(stopped if report.stopped else ()),
                    *summary_lines(others, self._output.style),
                )
            ),
            report=report,
            judgement=self._judgement,
            redactor=self._redactor,
            commands=commands,
        )

    def _tell(
        self, report: UploadReport, status: ExitStatus
    ) -> tuple[tuple[Line, ...], tuple[str, ...]]:
        """Hand the IDs and links of plan and cycle to the jobs that come after this one."""
        page = find_job_page(os.environ, self._settings, session="")
        if not page.is_wanted:
            return (), ()
        from pytest_jama.session import ci_output, session_report  # noqa: PLC0415 (in CI alone)

        told = ci_output.Told(
            *(self._settings.kind, report, Judgement(), {}, self._output.mode, None, int(status)),
            hide=self._redactor.hide_certain,
        )
        several = (told, page, self._settings, ShownResults(self._redactor), self._errors)
        return session_report.tell(*several, journals=(), root=Path.cwd())

    def _deliver(self, plugins: Sequence[object]) -> UploadReport:
        extensions = Extensions(self._settings, errors=self._errors)
        extensions.register(*plugins)
        delivery = Delivery(
            extensions=extensions,
            errors=self._errors,
            server=self._settings.url,
            write=lambda *_: None,  # there is no result to keep: done again, it finds what is there
        )
        findings = Findings(self._collected.tests, self._judgement, lock=self._lock, prepares=True)
        is_dry_run, progress = self._output.mode is Mode.DRY_RUN, self._output.make_progress()
        return delivery.run(findings, dry_run=is_dry_run, observers=[progress])

    def _is_understood(self) -> bool:
        is_something = bool(self._judgement.cases) or not self._settings.strict
        return is_something and self._collected.is_whole

    def _lines(self, report: UploadReport) -> Iterator[Line]:
        yield from (Line("ERROR", text, Tone.BAD) for text in self._collected.problems())
        known = len(self._judgement.cases)
        if not known:
            why = describe_nothing_linked("", strict=self._settings.strict)
            yield Line("nothing", f"to prepare: {why}", Tone.WARNING)
        elif report.plan is not None and report.plan.places and self._output.mode is Mode.SEND:
            ready = known - len(report.unresolved)
            tone = Tone.GOOD if ready == known else Tone.BAD
            yield Line("ready", f"{ready} of {counted(known, 'test case')} for results", tone)


def _known_cases(tests: Sequence[TestResult], settings: Settings, lock: Lock | None) -> Judgement:
    """Return every case that a test, the map or the lock names, each once, with its tests."""
    by_ref: dict[CaseRef, list[TestResult]] = {}
    for test in tests:
        for link in test.links:
            by_ref.setdefault(link.case_ref, []).append(test)
    for link in settings.tests.links():
        by_ref.setdefault(link.case_ref, [])
    for name in lock.cases if lock else ():
        by_ref.setdefault(CaseRef.parse(name), [])
    return Judgement(
        tuple(CaseVerdict(ref, None, results=tuple(found)) for ref, found in by_ref.items())
    )
