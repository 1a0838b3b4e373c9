"""One session, as every front-end conducts it: begin, record, end; its end is an `Ending`.

The pytest plugin, `junit-uploader` and ``pytest-jama upload`` translate into it and out of it. Only
where results come from differs; judging, delivering, journal, summary and exit status do not.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_jama.core.errors import ErrorLog, InterruptedUploadError, PytestJamaError
from pytest_jama.core.plan import Mode, UploadReport
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.verdicts import Judgement
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.journal import lines
from pytest_jama.report.lock_lines import unknown_case_lines
from pytest_jama.report.summary import Summary, error_lines, summary_lines
from pytest_jama.session import judge as judging
from pytest_jama.session.destination import standing_lines
from pytest_jama.session.ending import Ending, find_exit_status, next_options, why_unfinished
from pytest_jama.session.interrupts import second_interrupt_ends_all
from pytest_jama.session.provenance import session_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.plan import Findings, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.core.prior_state import PriorState
    from pytest_jama.core.results import TestResult
    from pytest_jama.journal import Journals
    from pytest_jama.report.summary import Style
    from pytest_jama.report.upload_lines import Line
    from pytest_jama.session.deliver import Delivery, Pack
    from pytest_jama.session.early import EarlyUpload
    from pytest_jama.session.exit_status import ExitStatus


class Session:
    """One session.

    Args:
        loaded: The settings.
        mode: What is done with the verdicts.
        nearest: What `find_nearest_key` said when the results were recorded; None to ask it now.

    Attributes:
        errors: What went wrong, and what could not be used.
        extensions: The hooks.
        lock: What jama.lock holds; None without one.
        journal: Where everything is written; None before `begin`.
        shown: The tests as they may be written, printed and sent: without secrets.
        is_refused: Whether no test was to run, so that there is nothing to report.
        early: What sends while tests run; None when nothing does.
        environ: The environment in which the upload happens.
        name: Its name; those of several that are sent as one.
    """

    def __init__(
        self, loaded: LoadedSettings[SharedSettings], *, mode: Mode, nearest: str | None = None
    ) -> None:
        self.settings = loaded.settings
        self._loaded = loaded
        self.mode = loaded.mode_of(mode)
        self._redactor = loaded.settings.redactor
        self.shown = ShownResults(self._redactor)
        self.errors = ErrorLog()
        self.errors.hide = lambda text: loaded.settings.redactor.hide(text).text
        self.errors.name_of = self.shown.name_of
        self.extensions = Extensions(loaded.settings, errors=self.errors)
        self.lock = loaded.lock
        self.journal: Journals | None = None
        self.is_refused = False
        self.early: EarlyUpload | None = None
        self.environ = dict(os.environ)
        self._judgement: Judgement | None = None
        self._report = UploadReport()
        self._has_begun = True
        self._nearest = nearest
        self._nothing_linked = ""
        self.name = ""
        self._unmatched: tuple[Unmatched, ...] = ()
        self._unlinked_failures: tuple[str, ...] = ()
        self._unjudged: Mapping[str, int] = {}
        self._kept: set[str] | None = None
        self._redacted = (0, 0)
        self._lock_lines: tuple[Line, ...] = ()

    def begin(self, journal: Journals, *header: lines.JournalLine) -> None:
        """Take the journal, and write its header.

        Args:
            journal: The journal, or several that become one upload.
            header: Its first lines; the first one names the session, or those that become one.
        """
        self.journal = journal
        self.name = session_name(*header[:1])
        from pytest_jama.config import config_digests  # noqa: PLC0415 (it is there already)

        digests = config_digests(self._loaded)
        header = tuple(lines.with_config(each, digests) for each in header)
        self.write(*header, *map(lines.unusable_line, self.errors.unusable))
        if self.settings.judges_cases and self._nearest is None:
            self.write(lines.map_line(self.settings.tests))
        self.errors.on_unusable = lambda unusable: self.write(lines.unusable_line(unusable))

    def take_unmatched(self, unmatched: Iterable[Unmatched]) -> tuple[Unmatched, ...]:
        """Take the keys of the map that match no test; return them as they are shown."""
        self._unmatched = tuple(judging.as_shown(each, self.shown) for each in unmatched)
        return self._unmatched

    def write(self, *several: lines.JournalLine | str) -> None:
        """Append lines to the journal, each as it is or as JSON."""
        if self.journal is not None:
            self.journal.write(*(lines.shown_text(each, self._redactor) for each in several))

    def write_encoded(self, *several: str) -> None:
        """Append lines that are JSON already."""
        if self.journal is not None:
            self.journal.write_encoded(*several)

    def keep_lock(self, results: Iterable[TestResult]) -> None:
        """Let the journal keep what jama.lock has of the cases of tests, each once."""
        new = None if self.lock is None else judging.find_new(self.lock, results, self._kept)
        if new is not None:
            self.write(lines.locked_line(new))
            self._kept = (self._kept or set()) | new.cases.keys()

    def end(
        self,
        judge: Callable[[], Findings | None],
        *,
        observers: Sequence[Observer] = (),
        prior: Callable[[Update], PriorState] | None = None,
        extra: Callable[[], Sequence[Line]] = tuple,
        style: Style,
        exits_with: Callable[[ExitStatus], int] = int,
    ) -> Ending:
        """Judge, deliver and finish; an error or Ctrl-C in one step does not stop the others.

        Args:
            judge: Gives the results and what follows from them; None when no test was run.
            observers: Who shows how the upload proceeds.
            prior: Knows what earlier uploads sent.
            extra: Returns the lines of this front-end alone, once everything else is done.
            style: How it wants the summary.
            exits_with: Returns what the process exits with when the session ends so.
        """
        with second_interrupt_ends_all():
            self._judge_and_deliver(judge, lambda found: self._deliver(found, observers, prior))
            return self._finish(extra, style, exits_with)

    def _judge_and_deliver(
        self, judge: Callable[[], Findings | None], deliver: Callable[[Findings], UploadReport]
    ) -> None:
        try:
            if self.early is not None:
                self.early.end()
            findings = self._judge(judge)
            if findings is not None and self.mode is not Mode.NO_UPLOAD:
                self._report = deliver(findings)
        except KeyboardInterrupt:
            self._report = self._broken_off(InterruptedUploadError())
        except Exception as error:  # noqa: BLE001 (the exit status has to show it)
            self.errors.add(error, where="the end of the session")
            self._report = self._broken_off(PytestJamaError("the end of the session broke"))
        finally:
            sending = self.early or vars(self).get("delivery")
            if sending is not None:
                sending.close()

    def _broken_off(self, why: PytestJamaError) -> UploadReport:
        """Report what arrived until then; where nothing was begun, that may be what broke."""
        if "delivery" not in vars(self):
            return UploadReport(stopped=why)
        is_interrupt = isinstance(why, InterruptedUploadError)
        return self.delivery.broken_off(None if is_interrupt else why)

    def break_off(self) -> None:
        """End the journal of a session that was interrupted while its results were written."""
        self.write(lines.end_line(finished=False, reason="interrupted"))
        if self.journal is not None:
            self.journal.close()

    def _judge(self, judge: Callable[[], Findings | None]) -> Findings | None:
        findings = judge()
        if findings is None:
            self._has_begun = False
            return None
        judgement = self._judgement = findings.judgement
        self._redacted = judging.count_hidden(findings.results, judgement)
        if not self.settings.judges_cases:
            self._unjudged = judging.count_ended(findings.results)
            return findings
        if self.lock is not None:
            findings = findings._replace(lock=self.lock)
            unknown = self.lock.find_unknown(findings.results)
            self._lock_lines = tuple(unknown_case_lines(unknown, self.lock))
        known = judging.find_known_cases(findings, self.settings, self.lock)
        if known:
            self.write(lines.known_line(known))
            findings = findings._replace(known=(*findings.known, *known))
        if self._nearest is None:
            self.write(*judging.left_out_lines(findings.results))
        new = judgement if self.early is None else self.early.unwritten(judgement)
        judging.write_verdicts(new, self.write_encoded)
        self._unlinked_failures = judging.find_unlinked_failures(findings.results)
        if judgement.unlinked and not any(map(judging.is_linked, findings.results)):
            self._nothing_linked = judging.explain_nothing_linked(
                judgement, self.settings, self._nearest, self.write
            )
        return findings

    def _deliver(
        self,
        findings: Findings,
        observers: Sequence[Observer],
        prior: Callable[[Update], PriorState] | None,
    ) -> UploadReport:
        from pytest_jama.session import deliver  # noqa: PLC0415 (it sends)

        findings = deliver.with_kept(findings, self.paths, any_file=self.settings.evidence.bundle)
        findings = judging.without_account(findings._replace(session=self.name), self.settings)
        with deliver.environment_of(self.environ):
            return self.delivery.run(
                findings,
                dry_run=self.mode is Mode.DRY_RUN,
                observers=observers,
                prior=prior,
                pack=self._make_bundler(findings),
                wait=self.early.join if self.early is not None else None,
            )

    @cached_property
    def delivery(self) -> Delivery:
        """What brings results to the target."""
        from pytest_jama.session.deliver import Delivery  # noqa: PLC0415 (it sends)

        return Delivery(self.extensions, self.errors, server=self.settings.url, write=self.write)

    def _make_bundler(self, findings: Findings) -> Pack | None:
        """Return what makes the bundle of this upload, once everything is sent."""
        if not self.settings.evidence.bundle or self.mode is not Mode.SEND:
            return None
        from pytest_jama.session.session_bundle import Bundler  # noqa: PLC0415 (few have one)

        def end(report: UploadReport) -> bool:
            self._report = report
            is_finished = not why_unfinished(self._sum_up())
            if is_finished:
                self.write(lines.end_line(finished=True, reason=""))
            return is_finished

        return Bundler(self.paths, findings.filed, end, self.shown).find

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the journals."""
        return self.journal.paths if self.journal is not None else ()

    def _finish(
        self,
        extra: Callable[[], Sequence[Line]],
        style: Style,
        exits_with: Callable[[ExitStatus], int],
    ) -> Ending:
        """End the journal, write the reports, and return how the session ended."""
        reason = why_unfinished(self._sum_up())
        status = exits_with(self._find_status(self._sum_up()))
        self.write(lines.end_line(finished=not reason, reason=reason, status=status))
        if self.journal is not None:
            self.journal.close()
        self.errors.on_unusable = None  # through this, it and the session would keep each other
        style = style._replace(no_upload_flag="") if self._loaded.is_kept else style
        told, commands = self._tell(status, style)
        noted = (*standing_lines(self._loaded), *self._lock_lines, *self._safe(extra))
        summary = self._sum_up(*noted, *told)
        if summary.is_something_left:
            options = next_options(self._report, self._loaded, start=style.start)
            summary = summary._replace(options=options)
        return Ending(
            exit_status=self._find_status(summary),
            why_unfinished=reason,
            lines=self._safe(lambda: tuple(map(self._hide_line, summary_lines(summary, style)))),
            report=self._report,
            judgement=self._judgement or Judgement(),
            unusable=tuple(self.errors.unusable),
            unmatched=self._unmatched,
            journal=str(self.journal.path) if self.journal is not None else "",
            redacted=self._redacted,
            redactor=self._redactor,
            target=self.settings.kind.name,
            mode=self.mode,
            commands=commands,
        )

    def _find_status(self, summary: Summary) -> ExitStatus:
        settings = self.settings
        return find_exit_status(summary, strict=settings.strict, unmatched=settings.map.unmatched)

    def _tell(self, status: int, style: Style) -> tuple[tuple[Line, ...], tuple[str, ...]]:
        """Write reports, tell a CI system; return lines of the summary, and commands for the CI."""
        from pytest_jama.config import find_job_page  # noqa: PLC0415 (it is there already)

        last = self.paths[-1] if self.paths else None
        page = find_job_page(self.environ, self.settings, session=last.stem if last else "")
        if self.is_refused or not page.is_wanted:
            return (), ()
        from pytest_jama.session import ci_output, session_report  # noqa: PLC0415 (few want them)

        told = ci_output.Told(
            *(self.settings.kind, self._report, self._judgement or Judgement(), self._unjudged),
            *(self.mode, last, status, self._redactor.hide_certain),
        )
        several = (told, page, self.settings, self.shown, self.errors)
        return session_report.tell(*several, journals=self.paths, root=style.root)

    def _hide_line(self, line: Line) -> Line:
        return line if line.is_exact else line._replace(text=self._redactor.hide_certain(line.text))

    def _sum_up(self, *extra: Line) -> Summary:
        return Summary(
            judgement=self._judgement,
            report=self._report,
            mode=self.mode,
            errors=self.errors,
            has_begun=self._has_begun,
            nothing_linked=self._nothing_linked,
            unmatched=self._unmatched,
            unlinked_failures=self._unlinked_failures,
            unjudged=self._unjudged,
            journals=self.paths,
            journal_failure=self.journal.failure if self.journal is not None else "",
            extra=extra,
            redacted=self._redacted,
        )

    def _safe(self, make: Callable[[], Sequence[Line]]) -> tuple[Line, ...]:
        """Return lines; when making them breaks, those of the errors, to lose none of these."""
        try:
            return tuple(make())
        except Exception as error:  # noqa: BLE001 (the rest of the summary is still worth it)
            self.errors.add(error, where="the summary")
            return tuple(error_lines(self.errors))
