"""The files that are evidence of a test, kept beside the journal: judged, hidden, counted.

Front-ends find the files: a test is trusted with any path, a report is a stranger's.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.attached_file import AttachedFile, why_too_large
from pytest_jama.core.text import clean, shorten
from pytest_jama.core.trust import open_regular
from pytest_jama.journal.file_store import FileStore, decoded, media_type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_jama.config.evidence_settings import EvidenceSettings
    from pytest_jama.core.properties import Offered
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult

_NAME_CHARACTERS = 120
_SHA256 = re.compile("[0-9a-f]{64}")


class FoundFile(NamedTuple):
    """A file that is there.

    Attributes:
        name: Its name, without folders.
        size: Its bytes, as the system tells them.
        read: Reads its bytes, up to a number of them.
        step: The step that it belongs to; None for the whole test.
        key: The same for what is the same file with the same content; None when that is unknown.
        kept_as: The SHA-256 under which a test has kept it already; empty when it is elsewhere.
        redacted: How many passages were hidden before.
    """

    name: str
    size: int
    read: Callable[[int], bytes]
    step: int | None = None
    key: Hashable = None
    kept_as: str = ""
    redacted: int = 0


class KeptFiles:
    """Keeps the files of the tests of one session.

    Args:
        store: Where they are kept.
        settings: How large they may be.
        redactor: Hides secrets in texts.
    """

    def __init__(self, store: FileStore, settings: EvidenceSettings, redactor: Redactor) -> None:
        self._store = store
        self._settings = settings
        self._redactor = redactor
        self._in_place_of: dict[str, str] = {}
        self._passages: dict[str, int] = {}
        self._known: dict[tuple[Hashable, str], AttachedFile] = {}

    def add(
        self,
        result: TestResult,
        found: Iterable[FoundFile],
        refuse: Callable[[FoundFile, OSError], object],
    ) -> TestResult:
        """Return a result with its files.

        Args:
            result: The result.
            found: Its files.
            refuse: Told of what cannot be read or kept, and why.
        """
        files: dict[AttachedFile, None] = dict.fromkeys(result.files)
        notes: list[str] = []
        for each in found:
            try:
                file = self._keep(each, before=sum(file.size for file in files))
            except OSError as exc:
                refuse(each, exc)
                continue
            if isinstance(file, AttachedFile):
                files[file] = None
            else:
                notes.append(f"file {shown_name(each.name)} is not kept: {file}")
        result = self.note(result, notes)
        hidden = sum(each.redacted for each in files) - sum(each.redacted for each in result.files)
        return result._replace(files=tuple(files), redacted=result.redacted + hidden)

    def note(self, result: TestResult, notes: Iterable[str]) -> TestResult:
        """Return a result with notes on files of it that are not kept."""
        every = (*result.notes, *notes)
        if len(every) == len(result.notes):
            return result
        return self._redactor.tidy_result(result._replace(notes=every))

    def find_log(self, test_id: str, text: str) -> FoundFile:
        """Return the log of a test as a file whose name tells the test, and no secret of its ID."""
        return found_text(f"{name_of_test(self._redactor.hide(test_id).text)}.log", text)

    def find(self, sha256: str) -> Path | None:
        """Return where content is that a test has kept, or what is in its place; None if gone."""
        return self._store.find(self._in_place_of.get(sha256, sha256))

    def _keep(self, found: FoundFile, *, before: int) -> AttachedFile | str:
        """Keep a file; return why not when it is too large."""
        known = self._known.get((found.key, found.name)) if found.key is not None else None
        size = found.size if known is None else known.size
        if why := self._why_too_large(size, before):
            return why
        if known is None:
            content = found.read(self._settings.max_file + 1)
            if why := self._why_too_large(len(content), before):
                return why
            known = self._keep_content(found, content)
        if found.key is not None:
            self._known[found.key, found.name] = known
        return known._replace(step=found.step)

    def _why_too_large(self, size: int, before: int) -> str:
        limits = self._settings
        return why_too_large(size, before=before, max_file=limits.max_file, max_run=limits.max_run)

    def _keep_content(self, found: FoundFile, content: bytes) -> AttachedFile:
        name = self._redactor.hide(shown_name(found.name)).text
        text = decoded(content)
        hidden = None if text is None else self._redactor.hide(text)
        if hidden is None or not hidden.passages:
            sha256 = self._store.keep(content)
        else:
            raw = found.kept_as or hashlib.sha256(content).hexdigest()
            content = hidden.text.encode("utf-8")
            sha256 = self._in_place_of[raw] = self._store.keep(content)
            self._passages[sha256] = hidden.passages
        if found.kept_as and found.kept_as != sha256:
            self._store.drop(found.kept_as)  # what is kept in its place holds no secret
        passages = found.redacted + self._passages.get(sha256, 0)
        media_type = media_type_of(name, content)
        return AttachedFile(name, sha256, len(content), media_type, redacted=passages)


def find_path(path: Path, step: int | None = None, *, follows: bool = True) -> FoundFile:
    """Find a regular file.

    Args:
        path: Where.
        step: The step that it belongs to; None for the whole test.
        follows: Whether it may be a symbolic link.

    Raises:
        UntrustedError: When it is not a regular file.
        OSError: When there is none, or it cannot be opened.
    """

    def read(most: int) -> bytes:
        with os.fdopen(open_regular(path, follows=follows), "rb") as file:
            return file.read(most)

    with os.fdopen(open_regular(path, follows=follows), "rb") as file:
        facts = os.fstat(file.fileno())
    key = facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns
    return FoundFile(path.name, facts.st_size, read, step, key)


def found_text(name: str, text: str) -> FoundFile:
    """Return a text as a file, such as what a test has printed."""
    content = text.encode("utf-8", "replace")
    return FoundFile(name, len(content), lambda most: content[:most])


def find_named(
    patterns: Sequence[str], folder: Path, test: str, *, started: float | None = None
) -> Iterator[Path]:
    """Yield the files that patterns name for a test, in order; none outside of the folder.

    Args:
        patterns: The setting ``evidence.files``.
        folder: What they are relative to.
        test: The name of the test, as a part of a path.
        started: When the test began; patterns without ``{test}`` find what was written since then,
            and nothing where that is not known.
    """
    root = folder.resolve()
    found: set[Path] = set()
    for pattern in patterns:
        named = pattern.replace("{test}", test)
        if named.endswith("**"):  # which alone finds folders
            named += "/*"
        for path in root.glob(named):
            is_its = "{test}" in pattern or _is_new(path, started)
            if is_its and path.is_file() and path.resolve().is_relative_to(root):
                found.add(path)
    yield from sorted(found)


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


def count_in(kept: dict[str, Any], name: str) -> int:
    """Return a number of such a value; 0 for what is none, or is not plausible."""
    count = kept.get(name, 0)
    return count if isinstance(count, int) and 0 <= count <= _HIGHEST_COUNT else 0


_HIGHEST_COUNT = 1_000_000


def latest_first(offered: Iterable[Offered]) -> list[Offered]:
    """Return files, each once, those of earlier attempts last: limits concern them first."""

    def is_earlier(file: Offered) -> bool:
        kept = read_kept(file.value)
        return bool(file.attempt or (kept and count_in(kept, "attempt")))

    return sorted(dict.fromkeys(offered), key=is_earlier)


def name_in(value: str) -> str:
    """Return what people call the file that the value of a property names."""
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
