"""The files that are evidence of the tests of a session: their content, beside its journal.

They are in a folder with the journal's name, each under the SHA-256 of its content, so that the
same bytes are there once. Several processes may write them at the same time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from pytest_jama.core.trust import BINARY, NEW_FILE, NEW_FOLDER, read_own
from pytest_jama.journal.folder import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BLOCK_BYTES = 1 << 20


class FileStore:
    """The files of one session.

    Args:
        folder: Where they are; it is created with the first one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_journal(cls, journal: Path) -> FileStore:
        """Return the files of the session of a journal.

        Args:
            journal: The path of its file; one that is set aside as incomplete has the same files.
        """
        return cls(journal.with_name(f"{journal.name.partition('.')[0]}{FILES}"))

    def keep(self, content: bytes) -> str:
        """Keep content; return its SHA-256, in hexadecimal.

        Raises:
            OSError: When it cannot be written.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / sha256
        if path.is_file() and path.stat().st_size == len(content):
            return sha256
        self.folder.mkdir(NEW_FOLDER, parents=True, exist_ok=True)
        part = self.folder / f"{sha256}.{secrets.token_hex(4)}.part"
        new = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, NEW_FILE)
        try:
            with os.fdopen(new, "wb") as file:
                file.write(content)
            part.replace(path)
        except BaseException:  # also on Ctrl-C: nothing half-written may stay
            with suppress(OSError):
                part.unlink()
            raise
        return sha256

    def drop(self, sha256: str) -> None:
        """Remove content, if it is there."""
        with suppress(OSError):
            (self.folder / sha256).unlink()

    def find(self, sha256: str) -> Path | None:
        """Return where content is kept; None when it is not there, or is not what it was.

        Args:
            sha256: Its SHA-256, in hexadecimal.
        """
        return self.folder / sha256 if self.digest(sha256) == sha256 else None

    def digest(self, sha256: str) -> str:
        """Return the SHA-256 of what is kept now as some content; empty when it cannot be read.

        Args:
            sha256: What it was when it was kept, in hexadecimal.
        """
        try:
            with read_own(self.folder / sha256) as file:
                return _digest(file)
        except OSError:
            return ""


def media_type_of(name: str, content: bytes) -> str:
    """Return what kind of file something is, by its name, else by its content."""
    import mimetypes  # noqa: PLC0415 (few sessions keep files)

    guessed, encoding = mimetypes.guess_type(name)
    if guessed and not encoding:
        return guessed
    return "application/octet-stream" if decoded(content) is None else "text/plain"


def decoded(content: bytes) -> str | None:
    """Return content as text; None when it is not UTF-8 text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in iter(partial(file.read, _BLOCK_BYTES), b""):
        digest.update(block)
    return digest.hexdigest()


def find_in(stores: Iterable[FileStore], sha256: str) -> Path | None:
    """Return where content is kept in the first of several sessions that has it."""
    return next((path for each in stores if (path := each.find(sha256))), None)
