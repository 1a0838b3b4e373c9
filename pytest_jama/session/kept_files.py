"""The files that are evidence of a test, kept beside the journal: taken, hidden, counted."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.text import clean, quoted, shorten
from pytest_jama.core.trust import BINARY
from pytest_jama.journal.file_store import FileStore, decoded, media_type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_jama.config.evidence_settings import EvidenceSettings
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult

_NAME_CHARACTERS = 120
_SHA256 = re.compile("[0-9a-f]{64}")


class Offered(NamedTuple):
    """A file that is offered as evidence of a test.

    Attributes:
        value: Its path; or what `FileKeeper.keep` returned of one that is kept already.
        step: The step that it belongs to; None for the whole test.
    """

    value: str
    step: int | None = None


class KeptFiles:
    """Keeps the files of the tests of one session.

    Args:
        store: Where they are kept.
        settings: How large they may be, and which are looked for.
        redactor: Hides secrets in texts.
        folder: What relative paths are relative to; nothing outside of it is looked for.
        refuse: Told of what cannot be kept: test ID and why.
    """

    def __init__(
        self,
        store: FileStore,
        settings: EvidenceSettings,
        redactor: Redactor,
        folder: Path,
        refuse: Callable[[str, str], object],
    ) -> None:
        self._store = store
        self._settings = settings
        self._redactor = redactor
        self._folder = folder
        self._refuse = refuse
        self._hidden: dict[str, str] = {}
        self._passages: dict[str, int] = {}

    def add(
        self, result: TestResult, offered: Iterable[Offered], *, log: str | None = None
    ) -> TestResult:
        """Return a result with its files.

        Args:
            result: The result.
            offered: What the test itself names.
            log: The text of what it printed and why it failed; None when there is none.
        """
        files: dict[AttachedFile, None] = dict.fromkeys(result.files)
        notes = list(result.notes)
        for name, content, step in self._read_all(result, offered, log):
            before = sum(each.size for each in files)
            if why := self._why_too_large(len(content), before=before):
                notes.append(f"file {shown_name(name)} is not kept: {why}")
                continue
            try:
                files[self._keep(name, content, step)] = None
            except OSError as exc:
                why = f"file {quoted(name)} cannot be kept: {exc.strerror or exc}"
                self._refuse(result.test_id, why)
        if len(notes) > len(result.notes):
            result = self._redactor.tidy_result(result._replace(notes=tuple(notes)))
        hidden = sum(each.redacted for each in files) - sum(each.redacted for each in result.files)
        return result._replace(files=tuple(files), redacted=result.redacted + hidden)

    def _why_too_large(self, size: int, *, before: int) -> str:
        limits = self._settings
        if size > limits.max_file:  # no more of it was read, so that its size is not known
            return f"it is larger than evidence.max_file ({limits.max_file:,} bytes)"
        if before + size > limits.max_run:
            return f"the files of the test are larger than evidence.max_run ({limits.max_run:,})"
        return ""

    def _keep(self, name: str, content: bytes, step: int | None) -> AttachedFile:
        name = self._redactor.hide(shown_name(name)).text
        text = decoded(content)
        hidden = None if text is None else self._redactor.hide(text)
        if hidden is None or not hidden.passages:
            sha256 = self._store.keep(content)
        else:
            before = hashlib.sha256(content).hexdigest()
            content = hidden.text.encode("utf-8")
            sha256 = self._hidden[before] = self._store.keep(content)
            self._passages[sha256] = hidden.passages
        media_type, passages = media_type_of(name, content), self._passages.get(sha256, 0)
        return AttachedFile(name, sha256, len(content), media_type, step, passages)

    def _read_all(
        self, result: TestResult, offered: Iterable[Offered], log: str | None
    ) -> Iterator[tuple[str, bytes, int | None]]:
        """Yield name, content and step of each file; refuse those that cannot be read."""
        for value, step in dict.fromkeys(offered):
            for name, content in self._read_one(result.test_id, value):
                yield name, content, step
        if log:
            yield f"{name_of_test(result.test_id)}.log", log.encode("utf-8", "replace"), None
        for path in self._find(result):
            for name, content in self._read_one(result.test_id, str(path)):
                yield name, content, None

    def _read_one(self, test_id: str, value: str) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of a file, or refuse it."""
        try:
            yield self._read_offered(value)
        except (OSError, ValueError) as exc:
            why = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
            self._refuse(test_id, f"file {quoted(_name_in(value))} cannot be attached: {why}")

    def _read_offered(self, value: str) -> tuple[str, bytes]:
        kept = read_kept(value)
        if kept is None:
            path = self._folder / value
            return path.name, self._read(path)
        in_its_place = self._hidden.get(kept["sha256"])
        if in_its_place is not None:  # it was attached before, and held a secret
            self._store.drop(kept["sha256"])
            kept = {**kept, "sha256": in_its_place}
        stored = self._store.find(kept["sha256"])
        if stored is None:
            raise ValueError("what was kept of it is gone, or was changed")
        content = self._read(stored)
        if self._redactor.hide(decoded(content) or "").passages:
            self._store.drop(kept["sha256"])  # what is kept in its place holds no secret
        return str(kept["name"]), content

    def _read(self, path: Path) -> bytes:
        """Read a file; only a regular one, and not much more than is kept of one.

        Raises:
            ValueError: When it is not a regular file.
            OSError: When it cannot be read.
        """
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError("it is not a regular file")
            return file.read(self._settings.max_file + 1)

    def _find(self, result: TestResult) -> Iterator[Path]:
        """Yield the files that the settings name for a test, in order."""
        root = self._folder.resolve()
        found: set[Path] = set()
        for pattern in self._settings.files:
            named = pattern.replace("{test}", name_of_test(result.test_id))
            if named.endswith("**"):  # which alone finds folders
                named += "/*"
            for path in root.glob(named):
                is_its = "{test}" in pattern or _is_new(path, result.started)
                if is_its and path.is_file() and path.resolve().is_relative_to(root):
                    found.add(path)
        yield from sorted(found)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the other end of a pipe."""
    return os.open(path, flags | BINARY | getattr(os, "O_NONBLOCK", 0))


def _is_new(path: Path, started: float | None) -> bool:
    try:
        return started is not None and path.stat().st_mtime >= started - 1
    except OSError:
        return False


def read_kept(value: str) -> dict[str, Any] | None:
    """Return what the value of a property says of a file that is kept already; None for a path."""
    if not value.startswith("{"):
        return None
    try:
        kept = json.loads(value)
    except (ValueError, RecursionError):
        return None
    is_hash = isinstance(kept.get("sha256"), str) and _SHA256.fullmatch(kept["sha256"])
    return kept if is_hash and isinstance(kept.get("name"), str) else None


def _name_in(value: str) -> str:
    kept = read_kept(value)
    return value if kept is None else str(kept["name"])


def name_of_test(test_id: str) -> str:
    """Return the name of a test as a part of a path: `test_x[a b]` is ``test_x_a_b_``."""
    name = test_id.rpartition("/")[2] if "[" not in test_id else test_id.partition("[")[0]
    name = name.rpartition("::")[2]
    if "[" in test_id:
        name = f"{name}[{test_id.partition('[')[2]}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_NAME_CHARACTERS].lstrip(".") or "_"


def shown_name(name: str) -> str:
    """Return the name of a file as people see it: one line, without folders."""
    last = re.split(r"[/\\]", name)[-1]
    return shorten(" ".join(clean(last).split()), at_most=_NAME_CHARACTERS) or "file"
