"""Takes journals up again: reads them, and appends what becomes of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.journal.file import JournalWriter, try_to_lock
from pytest_jama.journal.read import read_journal

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.journal.record import Recording


class InUseError(PytestJamaError):
    """Another process writes the journal: a session that still runs, or another upload."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A journal that is read and locked, so that no other process uploads it at the same time.

    Attributes:
        recording: What it told when it was locked.
        writer: Where further lines go.
    """

    recording: Recording
    writer: JournalWriter


def take_up(path: Path) -> TakenUp:
    """Lock a journal, read it, and make ready to append to it.

    One that cannot be written can still be read; then the writer says why.

    Raises:
        InUseError: When another process writes it.
        JournalError: When it cannot be used.
        EmptyJournalError: When it ends before its header does.
        OSError: When it cannot be read.
    """
    writer = _reopen(path)
    try:
        with path.open("rb") as file:
            recording = read_journal(file, path)
    except BaseException:  # also on Ctrl-C: a lock must not stay
        writer.close()
        raise
    return TakenUp(recording, writer)


def _reopen(path: Path) -> JournalWriter:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        raise
    except OSError as exc:
        failure = f"cannot write {path}: {exc.strerror or exc}"
        return JournalWriter(path, -1, failure=failure, tidies=False)
    if not try_to_lock(descriptor):
        os.close(descriptor)
        raise InUseError(
            f"{path}: in use: a session that still runs, or another upload, writes it; "
            "wait for its end, it will say what became of it",
        )
    return JournalWriter(path, descriptor, tidies=False)
