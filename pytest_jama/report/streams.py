"""Output that may fail: nothing that we print can stop an upload.

A reader may go away (``| head``), the disk be full, the stream be closed or missing, a character be
one that it cannot encode. Whatever prints while results are on their way does so through
`make_tolerant`.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


def make_tolerant(stream: TextIO | None) -> TextIO:
    """Return a stream that goes on silently when it cannot be written any more.

    Args:
        stream: stdout or stderr; Python has None where the process was started without.
    """
    return cast("TextIO", _TolerantStream(stream))


def why_unwritten(stream: TextIO) -> str:
    """Return why a stream of `make_tolerant` did not take everything; empty if it did."""
    return str(getattr(stream, "failure", ""))


class _TolerantStream:
    """Passes everything on to a stream, until that is broken."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream
        self._failure = "it is closed" if stream is None else ""

    @property
    def failure(self) -> str:
        """Why something was not written; empty while everything was."""
        return self._failure or getattr(self._stream, "failure", "")

    def write(self, text: str) -> int:
        if self._stream is not None:
            try:
                self._stream.write(self._encodable(text))
            except (OSError, ValueError) as error:  # closed streams raise ValueError
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._give_up(error)

    def isatty(self) -> bool:
        with suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def _give_up(self, error: Exception) -> None:
        """Write no more: the stream is broken."""
        self._failure = getattr(error, "strerror", "") or str(error)
        if self._stream is not None:
            with suppress(OSError, ValueError):  # one without a file, or closed
                silence(self._stream)
            self._stream = None

    def _encodable(self, text: str) -> str:
        """Escape what the stream cannot encode: names in Jama may hold anything."""
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def tolerant_output() -> Iterator[None]:
    """Make stdout and stderr tolerant while a command runs, whoever prints there."""
    with redirect_stdout(make_tolerant(sys.stdout)), redirect_stderr(make_tolerant(sys.stderr)):
        yield


@contextmanager
def requests_logged(stream: TextIO | None) -> Iterator[None]:
    """Write our own log while something is done: each request, and why one is made again.

    Args:
        stream: Where to; an upload goes on when it cannot be written any more.
    """
    log = logging.getLogger("pytest_jama")
    level = log.level
    handler = logging.StreamHandler(make_tolerant(stream))
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def silence(stream: IO[str]) -> None:
    """Discard what is still to be written; Python would complain of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
