"""The file of a journal: its lock, and the lines appended to it one by one."""

from __future__ import annotations

import errno
import os
import sys
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal

from pytest_jama.core.trust import BINARY, NEW_FILE, UntrustedError, open_own, read_own
from pytest_jama.journal.chain import Sealer, last_chain, time_now, timed
from pytest_jama.journal.folder import (
    INCOMPLETE,
    new_journal_path,
    next_order,
    prepare_folder,
    remove_old_journals,
)
from pytest_jama.journal.lines import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_jama.journal.lines import JournalLine

    Keep = int | Literal["all"]


_BLOCK_BYTES = 1 << 20


class JournalWriter:
    """One open journal.

    A line is one write to the operating system: it survives the death of this process. No two
    processes write one file: it is locked, and a child that is forked from this process lets go of
    it. The first failure to write is kept and never raised, because a journal that cannot be
    written must not cost the session its results. Each line is chained to the one before.

    Args:
        path: The file.
        descriptor: The open file; -1 for none.
        failure: Why lines are missing from the start.
        order: The place of its session among all sessions, for its header.
        tidies: Whether closing it removes old finished journals beside it, and sets this one aside
            when lines are missing.
        keep: How many finished journals stay then, the newest, or ``all``.

    Attributes:
        path: The file.
        order: See above.
        failure: Why lines are missing; empty while none is.
    """

    def __init__(
        self,
        path: Path,
        descriptor: int,
        *,
        failure: str = "",
        order: int = 0,
        tidies: bool = True,
        keep: Keep = "all",
    ) -> None:
        self.path = path
        self.order = order
        self.failure = failure
        self._descriptor = descriptor
        self._tidies = tidies
        self._keep = keep
        self._sealer: Sealer | None = Sealer("")
        self._is_writing = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_let_go, weakref.ref(self)))

    def continue_chain(self, after: str | None) -> None:
        """Append to lines that are there.

        Args:
            after: The chain of the last one; None when the lines carry none, and shall not.
        """
        self._sealer = None if after is None else Sealer(after)

    def write(self, *lines: JournalLine | str) -> None:
        """Append lines in one go, with the time; do nothing once the disk has failed.

        Args:
            lines: Each as it is, or as JSON.
        """
        at = time_now()
        texts = (line if isinstance(line, str) else encode(line) for line in lines)
        self.write_encoded(*(timed(text, at) for text in texts))

    def write_encoded(self, *lines: str) -> None:
        """Append lines that are JSON already, see `result_text`."""
        if self.failure or not lines:
            return
        try:
            self._append_chained(lines)
        except OSError as exc:
            self.failure = f"cannot write {self.path}: {exc.strerror or exc}"
            if self._descriptor >= 0:
                self._set_aside()

    def _append_chained(self, lines: Sequence[str]) -> None:
        if self._is_writing:  # Ctrl-C broke the last time off, and only the file knows where
            self._look_back()
        self._is_writing = True
        sealed = lines if self._sealer is None else map(self._sealer.seal, lines)
        self._append("\n".join((*sealed, "")).encode("ascii"))
        self._is_writing = False

    def _look_back(self) -> None:
        """Find out how far the file got."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)  # appending does not depend on it
        content = b"".join(iter(partial(os.read, self._descriptor, _BLOCK_BYTES), b""))
        if content and not content.endswith(b"\n"):
            self._append(b"\n")
        if self._sealer is not None:
            self._sealer = Sealer(last_chain(content))

    def begin_line(self) -> None:
        """Begin a new line, also after a torn one of another process."""
        if self.failure:
            return
        try:
            if not _ends_with_line_feed(self.path):
                self._append(b"\n")
        except OSError as exc:
            self.failure = f"cannot write {self.path}: {exc.strerror or exc}"

    def put_back(self) -> None:
        """Write the file anew when it is gone: tests tidy up, and some remove the whole folder."""
        if self.failure or self._is_there():
            return
        try:
            prepare_folder(self.path.parent)
            content = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
            again = _create(self.path)
            os.close(self._descriptor)
            self._descriptor = again
            self._append(content)
        except OSError as exc:
            self.failure = f"{self.path} was removed while it was written: {exc.strerror or exc}"
            self._set_aside()

    def _is_there(self) -> bool:
        if self._descriptor < 0 or not hasattr(os, "pread"):  # Windows removes no open file
            return True
        with suppress(OSError):
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        return False

    def close(self) -> None:
        """Close the file and remove old finished journals; a second call does nothing."""
        if self._descriptor < 0:
            return
        self.put_back()
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.close(descriptor)
            self._set_aside()
            if self._tidies and self._keep != "all":
                remove_old_journals(self.path.parent, keep=self._keep)
        except OSError as exc:
            self.failure = self.failure or f"cannot tidy {self.path.parent}: {exc.strerror or exc}"

    def _set_aside(self) -> None:
        """Keep uploads from a journal that would take tests that ran for not reached."""
        is_journal = self.path.suffix != INCOMPLETE and self.path.is_file()  # and no device
        if self.failure and self._tidies and is_journal:
            with suppress(OSError):  # Windows renames no open file: then it is done at the end
                self.path = self.path.rename(self.path.with_suffix(INCOMPLETE))

    def let_go(self) -> None:
        """Give the file up in another process than the one that opened it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self.failure = "another process writes this journal"

    def _append(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]


def open_journal(folder: Path, *, started: datetime, keep: Keep = "all") -> JournalWriter:
    """Create the journal of a session.

    Args:
        folder: The folder of the journals; created if missing.
        started: When the session started, in UTC.
        keep: How many finished journals stay once it is closed, the newest, or ``all``.

    Returns:
        The journal; with `failure` when it cannot be written.
    """
    path = new_journal_path(folder, started)
    try:
        prepare_folder(folder)
        order = next_order(folder, started)
        return JournalWriter(path, _create(path), order=order, keep=keep)
    except OSError as exc:
        return JournalWriter(path, -1, failure=_why(folder, path, exc))


APPENDING = os.O_RDWR | os.O_APPEND | BINARY


def _create(path: Path) -> int:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | APPENDING, NEW_FILE)
    try_to_lock(descriptor)
    return descriptor


def _ends_with_line_feed(path: Path) -> bool:
    with read_own(path) as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _let_go(reference: weakref.ref[JournalWriter]) -> None:
    """Keep a forked child, which may outlive a killed session, from keeping the lock."""
    writer = reference()
    if writer is not None:
        writer.let_go()


def _why(folder: Path, path: Path, exc: OSError) -> str:
    if isinstance(exc, UntrustedError):
        return f"{exc.filename} {exc.why}; {exc.remedy}"
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file, and the journals need a folder of that name"
    return f"cannot write {path}: {exc.strerror or exc}"


_TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})


def try_to_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed, also by the death of the process.

    Where a file system has no locks, every process gets one: a journal matters more.

    Args:
        descriptor: The file, open for writing.

    Returns:
        False when another process has the lock.
    """
    try:
        _lock(descriptor)
    except OSError as exc:
        return exc.errno not in _TAKEN
    return True


def is_locked(path: Path) -> bool:
    """Return whether another process writes a journal."""
    try:
        descriptor = open_own(path, APPENDING)
    except OSError:
        return False
    try:
        return not try_to_lock(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so it is a byte that never holds anything;
    # `locking` of older C libraries takes no place of more than 31 bits.
    _FAR_AWAY = 2**31 - 2

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_AWAY, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # Not `lockf`: that lock is lost as soon as this process reads the file and closes it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
