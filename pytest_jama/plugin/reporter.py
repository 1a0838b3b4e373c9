"""The controlling process of a session: journal, verdicts, upload, exit status.

Its hooks run in pytest itself, or in the controller of pytest-xdist; never in a worker.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_jama.core.errors import SettingsError, Unusable, UnusableKind
from pytest_jama.core.known_tests import Gaps, KeyPlaces
from pytest_jama.core.results import Outcome
from pytest_jama.hooks.extensions import has_hooks
from pytest_jama.journal import Journals, JournalWriter, lines, open_journal
from pytest_jama.plugin.activation import ServerKind, cannot_start, mode_of
from pytest_jama.plugin.collector import ResultCollector
from pytest_jama.plugin.coverage import read_coverage
from pytest_jama.plugin.file_reporter import FileReporter
from pytest_jama.plugin.guard import Guarded, guarded
from pytest_jama.plugin.overrides import read_deselecting
from pytest_jama.plugin.phases import why_skipped
from pytest_jama.plugin.terminal_summary import (
    PluginOutput,
    left_out_lines,
    links_against_map,
    plugin_lines,
    plugin_versions,
    print_summary,
    relative_names,
    write_summary,
)
from pytest_jama.report.case_lines import narrower_lines
from pytest_jama.report.upload_lines import Line
from pytest_jama.session.destination import describe_destination, relative_to
from pytest_jama.session.ending import pytest_exit_status
from pytest_jama.session.judge import find_known, judge_session, refuse_conflicts
from pytest_jama.session.provenance import describe_session, find_provenance
from pytest_jama.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.plan import Findings
    from pytest_jama.plugin.collection import CollectedPlain
    from pytest_jama.session.ending import Ending
    from pytest_jama.session.exit_status import ExitStatus


class Reporter(Guarded):
    """Collects the results of a session and brings them to one target at its end.

    Args:
        config: The session.
        kind: Which kind of server that is.
        loaded: Its settings.
        is_first: Whether no other one reports the session, or this one was there before them.
    """

    def __init__(
        self,
        config: pytest.Config,
        kind: ServerKind,
        loaded: LoadedSettings[SharedSettings],
        *,
        is_first: bool = True,
    ) -> None:
        self.kind = kind
        self._config = config
        self._output = PluginOutput(config)
        self._loaded = loaded
        self._settings = loaded.settings
        self._session = Session(loaded, mode=mode_of(config, kind))
        super().__init__(self._session.errors)
        self._started = datetime.now(timezone.utc)
        self._process = os.getpid()
        self._awaits_workers = True
        self._extensions = self._session.extensions
        self._files = FileReporter(config, self._settings, self.errors, is_first=is_first)
        self._collector = ResultCollector(
            *(self._extensions.find_links, self._extensions.find_by_id, self._refuse_link),
            *(self._settings.redactor, self._files.add),
            reads_references=self._settings.judges_cases,
            keeps_traces=self._settings.keeps_traces,
        )
        self._journal: JournalWriter | None = None
        self._write = self._session.write_encoded
        self._account = ""
        self._ending: Ending | None = None

    @guarded
    def pytest_report_header(self) -> list[str]:
        """Say what is on, where it goes, from which file."""
        lines = describe_destination(
            self._loaded,
            root=self._config.rootpath,
            mode=self._session.mode.value,
            verbose=self._output.is_verbose,
        )
        return self._output.fit(lines)

    @guarded
    def pytest_sessionstart(self) -> None:
        """Open the journal, and let the conftests that are loaded by now take part.

        Later ones, from folders below, are unknown to the controller of xdist, and a session must
        come to the same verdicts with and without xdist.
        """
        self._extensions.register(*self._conftests())
        place = self._settings.journal
        self._journal = open_journal(place.folder, started=self._started, keep=place.keep)
        if self._settings.upload.when == "end":  # else threads write the journal, too
            self._write = self._journal.write_encoded
        self._files.begin(self._journal.path)
        judging = self._conftests() if self._settings.judges_cases else ()
        adjusting = [each for each in judging if hasattr(each, "adjust_verdict")]
        head = describe_session(
            self._settings,
            versions={"pytest": pytest.__version__},
            command=["pytest", *self._config.invocation_params.args],
            started=self._started,
            provenance=find_provenance(
                self._settings,
                folder=self._config.rootpath,
                plugins=plugin_versions(self._config),
            ),
            session=self._journal.path.stem,
            order=self._journal.order,
            hooks=relative_names(adjusting, self._config),
        )
        self._account = head.account
        self._session.begin(Journals([self._journal]), head.line)

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_collection(self) -> None:
        """Keep the environment as the conftests made it, before any test changes it."""
        self._session.environ = dict(os.environ)
        if self._settings.upload.when == "during":
            from pytest_jama.plugin.early_start import prepare  # noqa: PLC0415 (few want it)

            prepare(self._config, self._session)

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
        """Keep what could not be collected; refuse markers that cannot be understood."""
        mistakes = getattr(report, "pytest_jama", None)
        if mistakes:
            self._refuse(mistakes)
        if report.failed and report.nodeid not in self._collector.uncollected:
            links = self._places.find_links(report.nodeid)
            uncollected = self._collector.add_uncollected(report.nodeid, links)
            self._session.write(lines.uncollected_line(self._session.shown.result(uncollected)))
        elif report.skipped and report.nodeid and not mistakes:
            links = self._places.find_links(report.nodeid)
            self._collector.add_skipped(report.nodeid, links, why_skipped(report))
        if (report.failed or report.skipped) and report.nodeid and not self._settings.judges_cases:
            result = self._collector.add_file(report)
            if result is not None:
                self._session.write_encoded(lines.result_text(self._session.shown.result(result)))

    @guarded
    def add_collected(
        self,
        collected: CollectedPlain,
        links: Mapping[str, tuple[CaseLink, ...]],
    ) -> None:
        """Take what this process or a worker collected; write what is linked to a case."""
        self._awaits_workers = False
        if self._collector.add_collected(collected, links):
            self._session.shown.learn(*self._collector.collected.values())
            known = self._find_known(collected)
            self._collector.missing = known.missing
            self._session.keep_lock(self._collector.all_results())
            linked = map(self._session.shown.result, self._collector.linked())
            self._session.write(lines.collected_text(linked))
            if known.unmatched:
                unmatched = self._session.take_unmatched(known.unmatched)
                self._session.write(lines.unmatched_line(unmatched))
            if self._settings.upload.when == "during":
                from pytest_jama.plugin.early_start import start  # noqa: PLC0415 (few want it)

                start(self._session, self._collector, self._account, self._started)

    def _find_known(self, collected: CollectedPlain) -> Gaps:
        if not self._settings.judges_cases:
            return Gaps()
        gone = (*self._collector.uncollected, *self._collector.skipped)
        coverage = read_coverage(self._config, collected, failed=gone)
        self._session.write(lines.coverage_line(coverage))
        return find_known(self._settings, coverage, lock=self._session.lock)

    @cached_property
    def _places(self) -> KeyPlaces:
        return KeyPlaces(self._settings.tests)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a report; write a line when it completes a test.

        It comes before pytest prints the result, which breaks the session when nobody reads it.

        It guards itself, since a wrapper costs too much three times for each test; and nothing here
        refuses a session, so that there are no usage errors to let pass.
        """
        try:
            said = getattr(report, "pytest_jama", None) if self._awaits_workers else None
            if said is not None:
                self.add_collected(said["collected"], {})
            result = self._collector.add_report(report)
            if result is not None and self._journal is not None:
                session = self._session
                if session.lock is not None:
                    session.keep_lock([result])
                shown = session.shown.result(result)
                self._write(lines.result_text(shown))
                if session.early is not None:
                    session.early.take(shown)
        except Exception as error:  # noqa: BLE001 (whatever it is, the session goes on)
            self.errors.add(error, where="pytest_runtest_logreport")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Upload after the hooks of all others, also when one breaks; not after another Ctrl-C."""
        try:
            answer = yield
        except Exception:  # another plugin's hook: its error goes on once the results are safe
            self.end(session)
            raise
        self.end(session)
        if self._output.find_terminal() is None:
            self.end_without_terminal()
        return answer

    @guarded
    def end(self, session: pytest.Session) -> None:
        """Judge, upload, and let a green session fail when not everything arrived."""
        if self._is_forked():
            return
        with self._output.log_shown():
            ending = self._session.end(
                self._judge,
                observers=self._output.observers(self._session.mode, label=self.kind.option),
                extra=lambda: tuple(self._extra_lines()),
                style=self._output.style(self.kind.option),
                exits_with=lambda ending: self._exits_with(session, ending),
            )
        if not self._session.is_refused:
            self._ending = ending
            session.exitstatus = self._exits_with(session, ending.exit_status)

    def _exits_with(self, session: pytest.Session, ending: ExitStatus) -> int:
        if session.exitstatus != pytest.ExitCode.OK:
            return session.exitstatus
        return pytest_exit_status(ending, on_error=self._settings.upload.on_error)

    @guarded
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary, unless the session was refused: then pytest prints why."""
        if self._ending is not None:
            write_summary(terminalreporter, self.kind.title, self._ending)

    @guarded
    def end_without_terminal(self) -> None:
        """Say on stderr what pytest's own output would say."""
        if self._ending is not None:
            print_summary(self.kind.title, self._ending, self._config)

    def _is_forked(self) -> bool:
        """Return whether this is the child of a test that forked: the session is its parent's."""
        return os.getpid() != self._process

    def _judge(self) -> Findings | None:
        if self._session.is_refused:
            return None
        if self._session.journal is not None:
            self._session.journal.put_back()
        for result in self._collector.break_off():
            self._session.write_encoded(lines.result_text(self._session.shown.result(result)))
        if not self._collector.has_begun:
            return None
        self._session.keep_lock(self._collector.all_results())
        return judge_session(
            self._collector.all_results(),
            settings=self._settings,
            adjust_all=(self._session.early or self._extensions).adjust_all,
            provenance=self._account,
            shown=self._session.shown,
            started=self._started,
        )

    def _extra_lines(self) -> Iterator[Line]:
        plugins = self._config.pluginmanager
        selection = plugins.get_plugin("jama-selection") if self.kind.option == "jama" else None
        options = read_deselecting(self._config)
        if selection is not None:
            yield Line("selected", selection.tell(self._collector.collected, options=options))
        ignored = (each for each in self._conftests() if not self._extensions.is_registered(each))
        yield from plugin_lines(
            uncollected=self._collector.uncollected,
            map_conflicts=links_against_map(
                self._collector.results.values() if self._output.is_verbose else (),
                self._settings.tests,
            ),
            ignored_hooks=relative_names(ignored, self._config),
        )
        if self._output.is_verbose or self._collector.collected[Outcome.DESELECTED]:
            results = self._session.shown.results(tuple(self._collector.all_results()))
            yield from left_out_lines(results, options, is_told=selection is not None)
            if self._output.is_verbose:
                yield from narrower_lines(self._settings.tests, results)

    def _refuse_conflicts(self, test_ids: Iterable[str]) -> None:
        file = relative_to(self._config.rootpath, self._loaded.file)
        try:
            refuse_conflicts(self._settings, test_ids, file=file)
        except SettingsError as error:
            self._refuse(error.lines)

    def _refuse(self, mistakes: Iterable[str]) -> NoReturn:
        """End the session before any test runs, for all who report it."""
        for plugin in self._config.pluginmanager.get_plugins():
            if isinstance(plugin, Reporter):
                plugin._session.is_refused = True  # noqa: SLF001 (another one of this class)
        raise cannot_start(mistakes)

    def _conftests(self) -> list[object]:
        return [plugin for plugin in self._config.pluginmanager.get_plugins() if has_hooks(plugin)]

    def _refuse_link(self, test_id: str, why: str) -> None:
        self.errors.add_unusable(Unusable(UnusableKind.REFERENCE, test_id, why))
