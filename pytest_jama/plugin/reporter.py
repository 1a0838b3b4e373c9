"""The controlling process of a session: journal, verdicts, upload, exit status.

Its hooks run in pytest itself, or in the controller of pytest-xdist; never in a worker.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_jama.core.errors import InterruptedUploadError, SettingsError
from pytest_jama.hooks.extensions import Extensions, has_hooks
from pytest_jama.journal import lines, open_journal
from pytest_jama.plugin.collector import ResultCollector
from pytest_jama.plugin.environment import as_it_was
from pytest_jama.plugin.guard import guarded
from pytest_jama.plugin.summary import Summary, links_against_map, print_summary, write_summary
from pytest_jama.session.judge import judge_session, refuse_conflicts, write_verdicts
from pytest_jama.session.provenance import (
    describe_destination,
    describe_provenance,
    describe_session,
    find_commit,
    relative_to,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from pytest_jama.config import LoadedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.port import UploadReport
    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.journal import JournalWriter
    from pytest_jama.plugin.collection import CollectedPlain

NOT_EVERYTHING_SENT = 8
"""Exit status of a green session whose results did not all arrive."""


class Reporter:
    """Collects the results of a session and brings them to the target at its end."""

    def __init__(
        self,
        config: pytest.Config,
        loaded: LoadedSettings,
        troubles: ErrorLog,
    ) -> None:
        self.troubles = troubles
        self._config = config
        self._loaded = loaded
        self._settings = loaded.settings
        self._dry_run: bool = config.getoption("--jama-dry-run")
        self._no_upload: bool = config.getoption("--jama-no-upload")
        self._started = datetime.now(timezone.utc)
        self._process = os.getpid()
        self._environ = dict(os.environ)
        self._awaits_workers = True
        self._extensions = Extensions(loaded.settings, complain=troubles.add)
        self._collector = ResultCollector(self._extensions.find_links, self._extensions.find_by_id)
        self._is_refused = False
        self._journal: JournalWriter | None = None
        self._commit = ""
        self._judgement: Judgement | None = None
        self._report: UploadReport | None = None

    @guarded
    def pytest_report_header(self) -> str:
        """Say what is on, where it goes, from which file."""
        return describe_destination(
            self._loaded,
            root=self._config.rootpath,
            mode="dry run" if self._dry_run else "no upload" if self._no_upload else "",
        )

    @guarded
    def pytest_sessionstart(self) -> None:
        """Open the journal, and let the conftests that are loaded by now take part.

        Later ones, from folders below, are unknown to the controller of xdist, and a session must
        come to the same verdicts with and without xdist.
        """
        self._extensions.register(*self._conftests())
        self._commit = find_commit(self._config.rootpath)
        self._journal = open_journal(self._settings.journal, started=self._started)
        self._journal.write(
            describe_session(
                self._settings,
                versions={"pytest": pytest.__version__},
                command=["pytest", *self._config.invocation_params.args],
                started=self._started,
                commit=self._commit,
                session=self._journal.path.stem,
                hooks=[
                    os.path.relpath(str(getattr(plugin, "__file__", plugin)), self._config.rootpath)
                    for plugin in self._conftests()
                    if hasattr(plugin, "adjust_verdict")
                ],
            ),
        )

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_collection(self) -> None:
        """Remember the environment as the conftests made it, before any test changes it."""
        self._environ = dict(os.environ)

    @pytest.hookimpl(trylast=True)
    @guarded
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Refuse a map that is ambiguous for one of the tests, before any of them runs."""
        self._refuse_conflicts(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Do the same with xdist, where only the workers have the tests."""
        self._refuse_conflicts(ids)

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember what could not be collected; refuse markers that cannot be understood."""
        mistakes = getattr(report, "pytest_jama", None)
        if mistakes:
            self._refuse(mistakes)
        if report.failed and report.nodeid not in self._collector.uncollected:
            links = self._settings.tests.find_within(report.nodeid)
            uncollected = self._collector.add_uncollected(report.nodeid, links)
            self._write(lines.uncollected_line(uncollected))

    @guarded
    def add_collected(
        self,
        collected: CollectedPlain,
        links: Mapping[str, tuple[CaseLink, ...]],
    ) -> None:
        """Take what this process or a worker collected; write what is linked to a case."""
        self._awaits_workers = False
        if self._collector.add_collected(collected, links):
            self._write(lines.collected_line(self._collector.linked()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a report; write a line when it completes a test.

        It guards itself, since a wrapper costs too much three times for each test; and nothing here
        refuses a session, so that there are no usage errors to let pass.
        """
        try:
            said = getattr(report, "pytest_jama", None) if self._awaits_workers else None
            if said is not None:
                self.add_collected(said["collected"], {})
            result = self._collector.add_report(report)
            if result is not None and self._journal is not None:
                self._journal.write_encoded(lines.result_text(result))
        except Exception as error:  # noqa: BLE001 (whatever it is, the session goes on)
            self.troubles.add(error, where="pytest_runtest_logreport")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Upload after the hooks of all others, also when one breaks; not after another Ctrl-C."""
        try:
            answer = yield
        except Exception:  # a hook of somebody else: it goes on once the results are safe
            self.end(session)
            raise
        self.end(session)
        if self._find_terminal() is None:
            self.end_without_terminal()
        return answer

    @guarded
    def end(self, session: pytest.Session) -> None:
        """Judge, upload, and let a green session fail when not everything arrived."""
        if self._is_forked():
            return
        try:
            if not self._is_refused:
                self._finish()
        except KeyboardInterrupt:
            self._report = _interrupted()
        except Exception as error:  # noqa: BLE001 (the exit status has to know of it)
            self.troubles.add(error, where="the end of the session")
        finally:
            if session.exitstatus == pytest.ExitCode.OK and self._must_fail():
                session.exitstatus = NOT_EVERYTHING_SENT
            self._end_journal()

    @guarded
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary, unless the session was refused: then pytest prints why."""
        if self._is_refused or self._is_forked():
            return
        write_summary(terminalreporter, self._sum_up())

    @guarded
    def end_without_terminal(self) -> None:
        """Say on stderr what pytest's own output would say."""
        if not self._is_refused and not self._is_forked():
            print_summary(self._sum_up(), self._config)

    def _sum_up(self) -> Summary:
        return Summary(
            judgement=self._judgement,
            report=self._report,
            dry_run=self._dry_run,
            no_upload=self._no_upload,
            has_begun=self._collector.has_begun,
            journal=self._journal,
            troubles=self.troubles,
            bad_links=self._collector.bad_links,
            uncollected=tuple(self._collector.uncollected),
            map_conflicts=links_against_map(
                self._collector.results.values() if self._config.get_verbosity() > 0 else (),
                self._settings.tests,
            ),
            ignored_hooks=tuple(self._ignored_conftests()),
        )

    def _is_forked(self) -> bool:
        """Tell whether this is the child of a test that forked, come to the end of a session, too.

        The session is its parent's; what the child believes of it is wrong.
        """
        return os.getpid() != self._process

    def _finish(self) -> None:
        if self._journal is not None:
            self._journal.put_back()
        for result in self._collector.break_off():
            self._write_encoded(lines.result_text(result))
        if not self._collector.has_begun:
            return
        self._judgement = judge_session(
            self._collector.all_results(),
            settings=self._settings,
            extensions=self._extensions,
        )
        write_verdicts(self._judgement, self._write_encoded)
        if not self._no_upload:
            self._report = self._deliver(self._judgement)

    def _deliver(self, judgement: Judgement) -> UploadReport:
        terminal = self._find_terminal()
        is_quiet = terminal is None or self._dry_run or self._config.get_verbosity() < 0
        from pytest_jama.report.progress import make_progress  # noqa: PLC0415
        from pytest_jama.session.deliver import Delivery  # noqa: PLC0415 (only when something is sent)

        delivery = Delivery(
            settings=self._settings,
            extensions=self._extensions,
            troubles=self.troubles,
            write=self._write,
            progress=make_progress(sys.stdout, quiet=is_quiet),
            before_progress=self._end_the_line,
        )
        provenance = describe_provenance(
            framework=f"pytest {pytest.__version__}",
            started=self._started,
            commit=self._commit,
        )
        with as_it_was(self._environ):
            return delivery.run(judgement, provenance=provenance, dry_run=self._dry_run)

    def _find_terminal(self) -> pytest.TerminalReporter | None:
        """Return pytest's own output; None with ``-p no:terminal``."""
        terminal: pytest.TerminalReporter | None
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        return terminal

    def _end_the_line(self) -> None:
        """Leave the line of dots, which pytest ends only after this."""
        terminal = self._find_terminal()
        if terminal is not None and self._config.get_terminal_writer().width_of_current_line:
            terminal.line("")

    def _must_fail(self) -> bool:
        """Tell whether a green session is to be failed because something did not arrive."""
        if self._settings.upload.on_error == "warn":
            return False
        if self.troubles.may_cost_results:
            return True
        if self._no_upload:
            return self._journal is None or bool(self._journal.trouble)
        if self._dry_run:
            return self._report is not None and self._report.stopped is not None
        is_complete = self._report is None or self._report.is_complete
        return not is_complete or bool(self._collector.bad_links)

    def _end_journal(self) -> None:
        if self._journal is None:
            return
        if self._no_upload and not self._dry_run:
            reason = "nothing was to be sent"
        else:
            from pytest_jama.session.deliver import why_unfinished  # noqa: PLC0415 (as for `_deliver`)

            reason = why_unfinished(self._report, self.troubles, dry_run=self._dry_run)
        self._write(lines.end_line(finished=not reason, reason=reason))
        self._journal.close()

    def _write(self, *several: lines.JournalLine) -> None:
        if self._journal is not None:
            self._journal.write(*several)

    def _write_encoded(self, *several: str) -> None:
        if self._journal is not None:
            self._journal.write_encoded(*several)

    def _refuse_conflicts(self, test_ids: Iterable[str]) -> None:
        file = relative_to(self._config.rootpath, self._loaded.file)
        try:
            refuse_conflicts(self._settings, test_ids, file=file)
        except SettingsError as error:
            self._refuse([str(error)])

    def _refuse(self, mistakes: Iterable[str]) -> NoReturn:
        """End the session before any test runs."""
        self._is_refused = True
        raise pytest.UsageError("\n".join(("pytest-jama cannot start:", *mistakes)))

    def _conftests(self) -> list[object]:
        return [plugin for plugin in self._config.pluginmanager.get_plugins() if has_hooks(plugin)]

    def _ignored_conftests(self) -> list[str]:
        return [
            str(getattr(plugin, "__file__", plugin))
            for plugin in self._conftests()
            if not self._extensions.is_registered(plugin)
        ]


def _interrupted() -> UploadReport:
    from pytest_jama.core.port import UploadReport  # noqa: PLC0415 (only when something is sent)

    return UploadReport(stopped=InterruptedUploadError("interrupted before anything was sent"))
