"""The way out of all that we print: it may fail, and it does nothing to who reads it.

A reader may go away (``| head``), the disk be full, the stream be closed or missing, a character be
one that it cannot encode: nothing of that can stop an upload. What servers, reports and files say
may hold controls of a terminal or commands of a CI system: no line that is printed has them.
Whatever prints does so through `make_tolerant`. What pytest prints for us is harmless before: a
`Line`, the header, and why a session cannot start.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import IO, TYPE_CHECKING, Any, cast

from pytest_jama.core.errors import LOGGER
from pytest_jama.core.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


def make_tolerant(stream: TextIO | None, *, is_drawn_on: bool = False) -> TextIO:
    """Return a stream that goes on silently when it cannot be written any more.

    Args:
        stream: stdout or stderr; Python has None where the process was started without.
        is_drawn_on: Whether controls of a terminal pass, as for a progress bar; who draws makes
            the texts in it harmless. Otherwise only a colour around a whole line does.
    """
    return cast("TextIO", _TolerantStream(stream, is_drawn_on=is_drawn_on))


def columns_of(stream: TextIO) -> int:
    """Return how wide a terminal is; 0 where a stream is not one, so that nothing is wrapped."""
    with suppress(OSError, ValueError):  # closed, or without a file
        if stream.isatty():
            told = os.environ.get("COLUMNS", "")
            return int(told) if told.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    return 0


def takes_colours(stream: TextIO) -> bool:
    """Return whether a stream is a terminal whose user wants colours and what moves.

    Source: no-color.org; ``TERM=dumb`` is what terminals say that have neither.
    """
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not is_plain


def why_unwritten(stream: TextIO) -> str:
    """Return why a stream of `make_tolerant` did not take everything; empty if it did."""
    return str(getattr(stream, "failure", ""))


class _TolerantStream:
    """Passes everything on to a stream, until that is broken."""

    def __init__(self, stream: IO[str] | None, *, is_drawn_on: bool) -> None:
        while is_drawn_on and isinstance(stream, _TolerantStream):
            stream = stream._stream  # noqa: SLF001 (of this class)
        self._stream = stream
        self._shown = str if is_drawn_on else _harmless
        self._failure = "it is closed" if stream is None else ""

    @property
    def failure(self) -> str:
        """Why something was not written; empty while everything was."""
        return self._failure or getattr(self._stream, "failure", "")

    def write(self, text: str) -> int:
        if self._stream is not None:
            try:
                self._stream.write(self._encodable(self._shown(text)))
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


_COLOURED = re.compile(r"(\x1b\[\d\dm)(.*)(\x1b\[0m\n?)", re.DOTALL)
"""What `click.style` makes of a line."""


def _harmless(text: str) -> str:
    coloured = _COLOURED.fullmatch(text)
    if coloured is None:
        return printable_lines(text)
    colour, line, end = coloured.groups()
    return colour + printable_lines(line) + end


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
    log = logging.getLogger(LOGGER)
    level = log.level
    handler = logging.StreamHandler(make_tolerant(stream))
    handler.setFormatter(_OneLine("%(asctime)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _OneLine(logging.Formatter):
    """Keeps each message in its line; a traceback has lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (as logging names it)
        return printable(super().formatMessage(record))


def silence(stream: IO[str]) -> None:
    """Discard what is still to be written; Python would complain of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
