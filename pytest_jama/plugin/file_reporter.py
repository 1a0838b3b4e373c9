"""The files of the tests of a session: where processes keep them, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import log_part, log_text
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.results import Outcome
from pytest_jama.journal.file_store import FileStore
from pytest_jama.plugin.attempts import COLLECTION, FILES
from pytest_jama.plugin.guard import Guarded, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.config import SharedSettings
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.properties import Offered
    from pytest_jama.core.results import TestResult
    from pytest_jama.plugin.attempts import FilePlace
    from pytest_jama.plugin.collection import CollectedTests
    from pytest_jama.plugin.offered_files import OfferedFiles


class FileReporter(Guarded):
    """Gives results their files.

    Args:
        config: The session.
        settings: Which files, and how large.
        errors: Told of files that cannot be kept.
        is_first: Whether processes keep what tests attach beside the journal of this one; another
            one takes it from there.
    """

    def __init__(
        self,
        config: pytest.Config,
        settings: SharedSettings,
        errors: ErrorLog,
        *,
        is_first: bool = True,
    ) -> None:
        super().__init__(errors)
        self._is_first = is_first
        self._config = config
        self._settings = settings
        self._logged = frozenset(each for each in Outcome if settings.evidence.wants_log(each))
        self._looks_for_files = bool(settings.evidence.files)
        self._store: FileStore | None = None
        self._kept: OfferedFiles | None = None
        self._place: FilePlace | None = None

    def begin(self, journal: Path) -> None:
        """Tell this process where files are kept: beside the journal; workers hear it later."""
        limits = self._settings.evidence
        self._store = FileStore.of_journal(journal)
        if not self._is_first:
            return
        redact = self._settings.redact
        self._place = (
            *(str(self._store.folder.absolute()), limits.max_file, limits.max_run),
            *([each.pattern for each in redact.patterns], redact.builtin),
        )
        plugins = self._config.pluginmanager
        if self._collection is not None:
            self._collection.files = self._place
            self._collection.redactor = self._settings.redactor
        if plugins.hasplugin("xdist"):
            plugins.register(self, "jama-files")

    @property
    def _collection(self) -> CollectedTests | None:
        """What knows in this process where the files of tests are kept."""
        found: CollectedTests | None = self._config.pluginmanager.get_plugin(COLLECTION)
        return found

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist where files are kept."""
        node.workerinput[FILES] = self._place

    def add(
        self,
        result: TestResult,
        attached: Sequence[Offered],
        reports: Sequence[pytest.TestReport],
    ) -> TestResult:
        """Return a result with its files; see `ResultCollector`."""
        logs = result.outcome in self._logged
        if not (attached or logs or self._looks_for_files) or self._store is None:
            return result
        try:
            return self._keep(self._store, result, attached, log_of(reports) if logs else None)
        except Exception as error:  # noqa: BLE001 (the result counts, whatever its files are)
            self.errors.add(error, where=f"the files of {result.test_id}")
            return result

    def _keep(
        self,
        store: FileStore,
        result: TestResult,
        attached: Sequence[Offered],
        log: str | None,
    ) -> TestResult:
        from pytest_jama.plugin.offered_files import OfferedFiles  # noqa: PLC0415 (few need it)

        if self._kept is None:
            self._kept = OfferedFiles(
                store,
                self._settings.evidence,
                self._settings.redactor,
                self._config.rootpath,
                self._refuse,
                kept_in=self._find_first_store(),
            )
        return self._kept.add(result, attached, log=log)

    def _find_first_store(self) -> FileStore | None:
        """Return where processes keep what tests attach, if that is not here."""
        place = None if self._is_first or self._collection is None else self._collection.files
        return None if place is None else FileStore(Path(place[0]))

    def _refuse(self, test_id: str, why: str) -> None:
        self.errors.add_unusable(Unusable(UnusableKind.FILE, test_id, why))


def log_of(reports: Sequence[pytest.TestReport]) -> str:
    """Return one text with what failed in a test, and what it printed and logged.

    Args:
        reports: Those of its phases; each holds what was captured until then.
    """
    failed = (each for each in reports if each.longrepr and not each.passed)
    parts = [log_part(f"{each.when}: {each.outcome}", each.longreprtext) for each in failed]
    parts += [log_part(*section) for report in reports for section in report.sections]
    return log_text(reports[0].nodeid, parts)
