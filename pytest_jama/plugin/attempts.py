"""What belongs to one attempt of a test: evidence and properties; what earlier attempts leave.

Runs in the process that runs the tests. Plugins that run a test again do it in three ways:
pytest-rerunfailures reports each attempt, the earlier ones with the outcome ``rerun``; flaky keeps
silent on setup or call of an attempt that does not count, but reports its teardown; pytest-retry
reports the first attempt as ``retried``, then nothing but the last. All call the hook for the setup
again.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.properties import ATTACHMENT, ATTEMPT, FILE, NOTE, USED_PROPERTIES
from pytest_jama.core.results import LONGEST_READ, Outcome
from pytest_jama.core.text import clean, first_line, shorten
from pytest_jama.plugin.guard import Guarded, guarded
from pytest_jama.plugin.phases import ends_attempt, message_of, name_attempt, outcome_of_subtest
from pytest_jama.plugin.step_fixture import JamaFixture

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.plugin.file_keeper import FileKeeper


class Attempts(Guarded):
    """Keeps the attempts of the test that runs apart, and puts what it says on its reports.

    It does so before xdist or ``--junitxml`` see these.
    """

    def __init__(self, errors: ErrorLog) -> None:
        super().__init__(errors)
        self._item: pytest.Item | None = None
        self._node_id = ""
        self._evidence: JamaFixture | None = None
        self._properties = 0
        self._earlier: list[str] = []
        self._earlier_files: list[str] = []
        self._counts = False
        self._is_over = False
        self.ending: str | None = None
        """How the attempt ended, as far as known: empty when it passed, or why it failed."""

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin an attempt; what the earlier ones said of the test is dropped."""
        if item is not self._item:
            self._begin(item)
            return
        if self._counts:  # no other attempt, but a second result of one test
            self._earlier, self._earlier_files = [], []
        else:
            self._earlier.append(name_attempt(len(self._earlier) + 1, self.ending))
            if self._evidence is not None:
                self._earlier_files += self._evidence.files_of_attempt(len(self._earlier))
        _drop_ours(item.user_properties, self._properties)
        self._begin_attempt()

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Put it on the report when it belongs to that test."""
        if report.nodeid != self._node_id:
            return
        when = report.when
        if ends_attempt(report):
            if not self._is_over:  # else its teardown failed, too
                self.ending = message_of(report, Outcome.FAILED)
            self._is_over, self._counts = True, False
        elif when == "call" or (when == "setup" and report.outcome != "passed"):
            self._counts = self._counts or not hasattr(report, "context")
        outcome = None if self._evidence is None else outcome_of_subtest(report)
        if self._evidence is not None and outcome is not None:
            why = first_line(message_of(report, outcome))
            self._evidence.mark_open_steps(outcome, why)
        if when == "setup":
            return
        if when == "teardown" and not self._counts:  # --junitxml makes a testcase of it
            _drop_ours(report.user_properties, self._properties)
            report.user_properties.append((ATTEMPT, str(len(self._earlier) + 1)))
            return
        report.user_properties.extend((ATTACHMENT, each) for each in self._earlier_files)
        if self._evidence is not None:
            report.user_properties.extend(self._evidence.properties())
        report.user_properties.extend((NOTE, note) for note in self._earlier)
        if when == "teardown" and self._evidence is not None:
            self._evidence.end()
            self._evidence = None

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_assume_fail(self, entry: str) -> None:
        """Fail the open steps: a soft assertion of pytest-assume has failed in them."""
        if self._evidence is not None:
            *_, reason = ["", *filter(None, map(str.strip, entry.splitlines()))]
            self._evidence.mark_open_steps(Outcome.FAILED, reason)

    def evidence_of(self, item: pytest.Item) -> JamaFixture:
        """Return the evidence of the attempt that runs."""
        if item is not self._item:
            self._begin(item)
        if self._evidence is None:
            self._evidence = new_evidence(item)
        return self._evidence

    def _begin(self, item: pytest.Item) -> None:
        self._item, self._node_id = item, item.nodeid
        self._properties = len(item.user_properties)
        self._earlier, self._earlier_files = [], []
        self._begin_attempt()

    def _begin_attempt(self) -> None:
        self._evidence, self.ending = None, None
        self._counts = self._is_over = False


class AttemptEndings(Guarded):
    """Sees how attempts end of which no report tells: those of flaky and pytest-retry.

    Args:
        attempts: Told of it.
    """

    def __init__(self, attempts: Attempts) -> None:
        super().__init__(attempts.errors)
        self._attempts = attempts

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """See what a call raises: pytest-retry makes no report of it."""
        try:
            answer = yield
        except BaseException as exc:
            name = "" if isinstance(exc, pytest.fail.Exception) else type(exc).__name__
            text = ": ".join(filter(None, (name, str(exc))))
            self._attempts.ending = shorten(clean(text), at_most=LONGEST_READ) or name
            raise
        self._attempts.ending = ""
        return answer

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """See the report of a setup or call, also when flaky passes it on to nobody."""
        report = yield
        if report.when != "teardown":
            failed = report.outcome == "failed"
            self._attempts.ending = message_of(report, Outcome.FAILED) if failed else ""
        return report


def _drop_ours(properties: list[tuple[str, object]], begin: int) -> None:
    """Drop the properties that mean something here alone; those of other tools stay as they are."""
    ours = USED_PROPERTIES - {FILE}
    properties[begin:] = [each for each in properties[begin:] if each[0] not in ours]


def start_fixture(item: pytest.Item) -> JamaFixture:
    """Return the evidence of the attempt that runs; in an idle session nobody reads it."""
    plugins = item.config.pluginmanager
    reporting = plugins.get_plugin(COLLECTION)
    if reporting is None:
        return new_evidence(item)
    attempts: Attempts | None = plugins.get_plugin(_ATTEMPTS)
    if attempts is None:
        attempts = start_attempts(plugins, reporting.errors)
    return attempts.evidence_of(item)


def start_attempts(plugins: pytest.PytestPluginManager, errors: ErrorLog) -> Attempts:
    """Begin to keep attempts apart: where tests may have several, or from the first evidence on.

    A session that has neither shall not pay for it with each test.
    """
    attempts = Attempts(errors)
    plugins.register(attempts, _ATTEMPTS)
    return attempts


def new_evidence(item: pytest.Item) -> JamaFixture:
    """Begin the evidence of an attempt of a test."""
    test = getattr(item, "obj", None)
    runs_examples = getattr(test, "is_hypothesis_test", False)
    return JamaFixture(runs_examples=runs_examples, keeper=_find_keeper(item.config))


def _find_keeper(config: pytest.Config) -> FileKeeper | None:
    """Return who keeps the files of tests; None where nobody reports to Jama."""
    reporting = config.pluginmanager.get_plugin(COLLECTION)
    place = getattr(config, "workerinput", {}).get(FILES) or getattr(reporting, "files", None)
    if place is None:
        return None
    from pytest_jama.journal.file_store import FileStore  # noqa: PLC0415 (only with evidence)
    from pytest_jama.plugin.file_keeper import FileKeeper  # noqa: PLC0415

    folder, max_file, max_run, patterns, has_builtin = place

    def find_redactor() -> Redactor:
        known: Redactor | None = getattr(reporting, "redactor", None)
        return known or _find_redactor(tuple(patterns), has_builtin=has_builtin)

    store = FileStore(Path(folder))
    return FileKeeper(store, max_file, max_run, config.rootpath, find_redactor)


@lru_cache
def _find_redactor(patterns: tuple[str, ...], *, has_builtin: bool) -> Redactor:
    """Return what hides secrets in a worker: values of ours do not travel, it has them itself."""
    from pytest_jama.config.redact_settings import find_secrets  # noqa: PLC0415 (it imports a lot)
    from pytest_jama.core.redaction import Redactor  # noqa: PLC0415

    secrets, compiled = find_secrets(os.environ), [*map(re.compile, patterns)]
    return Redactor(secrets=secrets, patterns=compiled, has_builtin=has_builtin)


FilePlace = tuple[str, int, int, "list[str]", bool]
"""Folder and limits of files, patterns of what is hidden in them, and whether the built-in rules
hold."""

FILES = "jama_files"
"""Under which a worker of pytest-xdist is told of the `FilePlace`."""

COLLECTION = "jama-collection"
"""Name of the plugin that is there in each process whose tests are reported, see `activation`."""

_ATTEMPTS = "jama-attempts"
