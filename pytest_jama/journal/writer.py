"""Appends the lines of one session to its journal, flushed one by one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from pytest_jama.journal.folder import new_journal_path, prepare_folder, remove_old_journals

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pytest_jama.journal.format import Line

_encoder = json.JSONEncoder(separators=(",", ":"), check_circular=False)


def _make_encode() -> Callable[[Line], str]:
    """Return what writes one line as JSON.

    `JSONEncoder.encode` builds its encoder in C anew for each call, which costs more than encoding
    a line; here it is built once. Where there is none, `encode` does.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _encoder.encode
    quote = json.encoder.encode_basestring_ascii
    parts = make(None, _encoder.default, quote, None, ":", ",", False, False, True)
    return lambda line: "".join(parts(line, 0))


_encode = _make_encode()


class JournalWriter:
    """One open journal.

    A line is one write to the operating system: it survives the death of this process, and two
    processes never share a file. Trouble with the disk is remembered once and never raised, because
    a journal that cannot be written must not cost the session its results.

    Attributes:
        path: The file.
        trouble: Why lines are missing; empty while none is.
    """

    def __init__(self, path: Path, descriptor: int, *, trouble: str = "") -> None:
        self.path = path
        self.trouble = trouble
        self._descriptor = descriptor

    def write(self, *lines: Line) -> None:
        """Append lines in one go; after trouble with the disk, do nothing."""
        if self.trouble or not lines:
            return
        try:
            self._append("".join([f"{_encode(line)}\n" for line in lines]).encode("ascii"))
        except OSError as exc:
            self.trouble = f"cannot write {self.path}: {exc.strerror or exc}"

    def close(self) -> None:
        """Close the file and remove old finished journals; a second call does nothing."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.close(descriptor)
            remove_old_journals(self.path.parent)
        except OSError as exc:
            self.trouble = self.trouble or f"cannot tidy {self.path.parent}: {exc.strerror or exc}"

    def _append(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]


def open_journal(folder: Path, *, started: datetime) -> JournalWriter:
    """Create the journal of a session.

    Args:
        folder: The folder of the journals; created if missing.
        started: When the session started, in UTC.

    Returns:
        The journal; with `trouble` when it cannot be written.
    """
    path = new_journal_path(folder, started)
    try:
        prepare_folder(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        return JournalWriter(path, os.open(path, flags, 0o644))
    except OSError as exc:
        return JournalWriter(path, -1, trouble=_why(folder, path, exc))


def _why(folder: Path, path: Path, exc: OSError) -> str:
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file, and the journals need a folder of that name"
    return f"cannot write {path}: {exc.strerror or exc}"
