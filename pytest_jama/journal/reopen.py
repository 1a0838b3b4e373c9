"""Takes journals up again: reads them, and appends what becomes of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.journal.file import JournalWriter, try_to_lock
from pytest_jama.journal.read import read_journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Recording


class InUseError(PytestJamaError):
    """Another process writes the journal: a session that still runs, or another upload."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A journal that is read and locked, so that nobody else uploads it at the same time.

    Attributes:
        recording: What it told when it was locked.
        writer: Where further lines go.
    """

    recording: Recording
    writer: JournalWriter


def take_up(path: Path) -> TakenUp:
    """Lock a journal, read it, and make ready to append to it.

    One that cannot be written can still be read: then the writer has trouble.

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
    except BaseException:  # also Ctrl-C: no lock may stay
        writer.close()
        raise
    return TakenUp(recording, writer)


def _reopen(path: Path) -> JournalWriter:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        raise
    except OSError as exc:
        trouble = f"cannot write {path}: {exc.strerror or exc}"
        return JournalWriter(path, -1, trouble=trouble, tidies=False)
    if not try_to_lock(descriptor):
        os.close(descriptor)
        raise InUseError(
            f"{path}: in use: a session that still runs, or another upload, writes it; "
            "wait for its end, it will say what became of it",
        )
    return JournalWriter(path, descriptor, tidies=False)


class SeveralJournals:
    """Journals that become one upload; each of them gets every line.

    The first line begins on a line of its own, whatever broke off before it.

    Args:
        writers: At least one.
    """

    def __init__(self, writers: Sequence[JournalWriter]) -> None:
        self._writers = writers
        for writer in writers:
            writer.begin_line()

    @property
    def path(self) -> Path:
        """The last one."""
        return self._writers[-1].path

    @property
    def trouble(self) -> str:
        """Why lines are missing in one of them; empty while none are."""
        return next((writer.trouble for writer in self._writers if writer.trouble), "")

    def write(self, *lines: JournalLine) -> None:
        """Append lines to each."""
        for writer in self._writers:
            writer.write(*lines)

    def write_encoded(self, *lines: str) -> None:
        """Append lines that are JSON already to each."""
        for writer in self._writers:
            writer.write_encoded(*lines)

    def close(self) -> None:
        """Close all of them."""
        for writer in self._writers:
            writer.close()


class NoJournal:
    """Writes nothing: for a dry run, after which everything is still to be sent.

    Attributes:
        path: The journal that would be written.
        trouble: Nothing is missing.
    """

    trouble = ""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, *lines: JournalLine) -> None:
        """Write nothing."""

    def write_encoded(self, *lines: str) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Close nothing."""
