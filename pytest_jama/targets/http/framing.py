"""Where an answer begins and where it ends: no answer is taken for that of another request.

The library of Python is generous: of two lengths it believes the first one, it takes an interim
answer other than 100 for the final one, it forgets what came after the end of an answer, and reads
lines of the body's chunks without a limit. What a server and a proxy read differently shifts
answers from one request to another one. So an answer that does not say plainly how long it is
counts as none, and a connection on which something is odd is not used again.
"""

from __future__ import annotations

import io
import re
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from pytest_jama.targets.http.failures import UntrustedAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests import Response

LARGEST_ANSWER = 1 << 26
"""Bytes. A page of a list has some kilobytes a row; an answer without end would fill memory."""

_LONGEST_LINE = 1 << 16
_LONGEST_HEAD = 1 << 18
_MOST_LINES = 100
"""Lines of a head and of trailers; as many as the library of Python takes."""
_MOST_INTERIM = 20
_OVERHEAD = 1 << 24
"""Bytes of an answer beside its content, such as the sizes of chunks."""

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LENGTH = re.compile(r"[0-9]{1,15}")


def cookies_of(response: Response) -> Sequence[str]:
    """Return the cookies that an answer sets, as they were sent."""
    # urllib3 keeps what it was made from, and requests relies on that, too
    return getattr(getattr(response.raw, "_original_response", None), "set_cookies", ())


class Part(Enum):
    """What the next line of an answer is."""

    STATUS = auto()
    HEADER = auto()
    CHUNK_SIZE = auto()
    TRAILER = auto()


class FramedAnswer(HTTPResponse):
    """An answer whose end is certain.

    Args:
        sock: Where it is read from.
        on_bytes: Told how many bytes were read, each time.
        on_odd: Told that the connection must not be used again.
        options: See `http.client`.

    Attributes:
        set_cookies: The cookies that it sets, as they were sent; see `cookies_of`.
    """

    set_cookies: Sequence[str] = ()

    def __init__(
        self,
        sock: Any,
        *,
        on_bytes: Callable[[int], None],
        on_odd: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(sock, **options)
        self._on_odd = on_odd
        raw = self.fp.detach()
        self.fp = _Lines(_Received(raw, on_bytes), on_odd)

    def begin(self) -> None:
        """Read status and headers of the final answer; those of interim ones are left out."""
        if self.headers is not None:
            return
        super().begin()
        while self.status < HTTPStatus.OK:
            # Only 100 is skipped by the library. Source: RFC 9110, section 15.2.
            if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise UntrustedAnswerError("it changes the protocol")
            self.headers = self.msg = None  # else nothing is read
            super().begin()
        self._check_length()
        # No cookie is kept by the library, which takes long to read odd ones.
        self.set_cookies = self.headers.get_all("Set-Cookie", [])
        for name in ("Set-Cookie", "Set-Cookie2"):
            del self.headers[name]

    def _check_length(self) -> None:
        """Refuse an answer whose end is not certain.

        Source: RFC 9112, section 6.3.
        """
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if codings and lengths:
            raise UntrustedAnswerError("it has Content-Length and Transfer-Encoding")
        if codings and (self.version != 11 or [each.lower() for each in codings] != ["chunked"]):  # noqa: PLR2004 - HTTP/1.1
            raise UntrustedAnswerError("its Transfer-Encoding is not chunked")
        if len(set(lengths)) > 1:
            raise UntrustedAnswerError("it has several Content-Length")
        if lengths and not _LENGTH.fullmatch(lengths[0]):
            raise UntrustedAnswerError("its Content-Length is not a number")
        if len(lengths) > 1:
            self._on_odd()


class _Received(io.RawIOBase):
    """Bytes of one answer as they arrive, not more than an answer may have.

    Args:
        raw: Where they come from.
        on_bytes: Told how many were read, each time.
    """

    def __init__(self, raw: io.RawIOBase, on_bytes: Callable[[int], None]) -> None:
        self._raw = raw
        self._on_bytes = on_bytes
        self._size = 0
        self.is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_over:
            return 0
        count = cast("int | None", self._raw.readinto(buffer))
        self._size += count or 0
        self._on_bytes(count or 0)
        if self._size > LARGEST_ANSWER + _OVERHEAD:
            raise UntrustedAnswerError(f"it has more than {LARGEST_ANSWER} bytes")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """The lines and bytes of one answer; each line is what it has to be.

    Args:
        received: The bytes.
        on_odd: Told that the connection must not be used again.
    """

    def __init__(self, received: _Received, on_odd: Callable[[], None]) -> None:
        super().__init__(received)
        self._received = received
        self._on_odd = on_odd
        self._next = Part.STATUS
        self._count = 0
        self._size = 0
        self._interim = 0
        self._is_interim = False

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line: of the head, the size of a chunk, or a trailer."""
        del size
        line = super().readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise UntrustedAnswerError("it has a line that is too long")
        if b"\r" in line[:-2]:
            raise UntrustedAnswerError("it has a line that some take for two")
        if b"\0" in line or not line.endswith(b"\r\n"):
            self._on_odd()
        _READ[self._next](self, line)
        return line

    def _status(self, line: bytes) -> None:
        if not line:
            return  # closed without an answer; the library says so
        found = _STATUS_LINE.fullmatch(line)
        if not found:
            raise UntrustedAnswerError("its first line is not that of an answer")
        self._is_interim = found[1] < b"200"
        self._interim += self._is_interim
        if self._interim > _MOST_INTERIM:
            raise UntrustedAnswerError("there are too many interim ones before it")
        self._next, self._count, self._size = Part.HEADER, 0, 0

    def _header(self, line: bytes) -> None:
        self._count += 1
        self._size += len(line)
        if not line.endswith(b"\n"):
            raise UntrustedAnswerError("it breaks off in its headers")
        if self._count > _MOST_LINES or self._size > _LONGEST_HEAD:
            raise UntrustedAnswerError("its headers are too large")
        if line in _BLANK:
            self._next = Part.STATUS if self._is_interim else Part.CHUNK_SIZE
        elif line[:1] in b" \t" and self._count > 1:
            self._on_odd()  # a header in several lines, which is out of use
        elif not _HEADER.match(line):
            raise UntrustedAnswerError("it has a garbled header")

    def _chunk_size(self, line: bytes) -> None:
        found = _CHUNK_SIZE.fullmatch(line)
        if not found:
            what = "it has a garbled chunk" if line.endswith(b"\n") else "it breaks off"
            raise UntrustedAnswerError(what)
        if not int(found[1], 16):
            self._next, self._count = Part.TRAILER, 0

    def _trailer(self, line: bytes) -> None:
        self._count += 1
        if self._count > _MOST_LINES:
            raise UntrustedAnswerError("it has too many trailers")
        del line

    def close(self) -> None:
        """End the answer; what has arrived after it belongs to no request."""
        if not self.closed:
            self._received.is_over = True
            with suppress(OSError, ValueError):
                if self.peek(1):
                    self._on_odd()
        super().close()


_BLANK = (b"\r\n", b"\n")
_READ: dict[Part, Callable[[_Lines, bytes], None]] = {
    Part.STATUS: _Lines._status,  # noqa: SLF001 - this module's own
    Part.HEADER: _Lines._header,  # noqa: SLF001
    Part.CHUNK_SIZE: _Lines._chunk_size,  # noqa: SLF001
    Part.TRAILER: _Lines._trailer,  # noqa: SLF001
}
