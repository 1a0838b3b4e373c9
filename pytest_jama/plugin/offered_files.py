"""The files of a test of pytest: what it attached, what it logged, what patterns find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.text import quoted
from pytest_jama.session.kept_files import (
    FoundFile,
    KeptFiles,
    count_in,
    find_named,
    find_path,
    latest_first,
    name_in,
    name_of_test,
    read_kept,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_jama.config.evidence_settings import EvidenceSettings
    from pytest_jama.core.properties import Offered
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult
    from pytest_jama.journal.file_store import FileStore


class OfferedFiles:
    """Gives the results of pytest their files.

    Args:
        store: Where they are kept.
        settings: How large they may be, and which are looked for.
        redactor: Hides secrets in texts.
        folder: What relative paths are relative to; patterns find nothing outside of it.
        refuse: Told of what cannot be kept: test ID and why.
        kept_in: Where tests have kept what they attached, if that is another place.
    """

    def __init__(
        self,
        store: FileStore,
        settings: EvidenceSettings,
        redactor: Redactor,
        folder: Path,
        refuse: Callable[[str, str], object],
        *,
        kept_in: FileStore | None = None,
    ) -> None:
        self._kept_in = kept_in
        self._kept = KeptFiles(store, settings, redactor)
        self._patterns = settings.files
        self._folder = folder
        self._refuse = refuse

    def add(
        self, result: TestResult, offered: Iterable[Offered], *, log: str | None = None
    ) -> TestResult:
        """Return a result with its files.

        Args:
            result: The result.
            offered: What the test itself names.
            log: The text of what it printed and why it failed; None when there is none.
        """

        def refuse(found: FoundFile, error: OSError) -> None:
            why = f"file {quoted(found.name)} cannot be kept: {error.strerror or error}"
            self._refuse(result.test_id, why)

        return self._kept.add(result, self._find_all(result, offered, log), refuse)

    def _find_all(
        self, result: TestResult, offered: Iterable[Offered], log: str | None
    ) -> Iterator[FoundFile]:
        """Yield the files; refuse those that are not there."""
        for each in latest_first(offered):
            yield from self._find(result.test_id, each.value, each.step)
        if log:
            yield self._kept.find_log(result.test_id, log)
        name = name_of_test(result.test_id)
        for path in find_named(self._patterns, self._folder, name, started=result.started):
            yield from self._find(result.test_id, str(path), None)

    def _find(self, test_id: str, value: str, step: int | None) -> Iterator[FoundFile]:
        """Yield a file, or refuse it."""
        try:
            yield self._find_offered(value, step)
        except (OSError, ValueError) as exc:
            why = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
            self._refuse(test_id, f"file {quoted(name_in(value))} cannot be attached: {why}")

    def _find_offered(self, value: str, step: int | None) -> FoundFile:
        kept = read_kept(value)
        if kept is None:
            return find_path(self._folder / value, step)
        path = (self._kept_in or self._kept).find(kept["sha256"])
        if path is None:
            raise ValueError("what was kept of it is gone, or was changed")
        found = find_path(path, step, follows=False)
        name, redacted = str(kept["name"]), count_in(kept, "redacted")
        kept_as = "" if self._kept_in else kept["sha256"]
        return found._replace(name=name, key=None, kept_as=kept_as, redacted=redacted)
