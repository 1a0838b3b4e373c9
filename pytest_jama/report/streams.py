"""Output that may fail, as with ``| head`` or a full disk: an upload under way goes on."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
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


class _TolerantStream:
    """Passes everything on to a stream, until that is broken."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if self._stream is not None:
            try:
                self._stream.write(self._encodable(text))
            except OSError:
                silence(self._stream)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError:
                silence(self._stream)

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def _encodable(self, text: str) -> str:
        """Escape what the stream cannot encode: test IDs may hold anything."""
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


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
