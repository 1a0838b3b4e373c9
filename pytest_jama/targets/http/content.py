"""The content of an answer: read, decompressed, and parsed within bounds."""

from __future__ import annotations

import json
import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from requests import exceptions

from pytest_jama.targets.http.framing import LARGEST_ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from requests import Response

LARGEST_ERROR = 1 << 16
"""Bytes of an error that are read: its message has some hundred."""

ENCODINGS = "gzip, deflate"
"""How an answer may be compressed."""

_PIECE = 1 << 16
_MOST_VALUES = 2_000_000
"""Values in JSON; each one takes some 100 bytes of memory. A row of a list has some hundred."""
_FEW_BYTES = 1 << 20
_MOST_COMPRESSED = 200
"""Lists of items become some twenty times as small; a bomb a thousand times."""
_MOST_DIGITS = 25
_TEXT_ENCODINGS = frozenset(
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "iso-8859-15", "windows-1252"]
)
"""What a text is decoded as; Python knows codecs that take very long, and ones that run away."""


def read_content(response: Response) -> None:
    """Read all of a good answer and the beginning of a bad one; `content` then has it.

    Raises:
        requests.RequestException: When it breaks off, is garbled or too large.
    """
    parts_of = response.iter_content
    # Which `content` reads from; given one by one, its parts would each be an object.
    response.iter_content = lambda *_, **__: iter(  # type: ignore[method-assign]
        (_read(response, parts_of(_PIECE)),)
    )
    try:
        _ = response.content
    except BaseException:  # also on Ctrl-C: what has not been read must not be read as the next
        response.close()
        raise


def _read(response: Response, parts: Iterable[bytes]) -> bytes:
    is_good = response.status_code < HTTPStatus.MULTIPLE_CHOICES
    at_most = LARGEST_ANSWER if is_good else LARGEST_ERROR
    # Taken away, so that the library leaves to us what may become a thousand times as large.
    coding = response.raw.headers.pop("Content-Encoding", "").strip().lower()
    content = bytearray()
    for part in _decoded(parts, coding):
        content += part
        if len(content) > at_most:
            if is_good:
                raise _garbled(f"more than {at_most} bytes")
            response.close()
            del content[at_most:]
            break
    return bytes(content)


def _decoded(parts: Iterable[bytes], coding: str) -> Iterator[bytes]:
    if coding in ("", "identity"):
        return iter(parts)
    if coding in ("gzip", "x-gzip", "deflate"):
        return _decompressed(parts)
    raise _garbled("compressed in a way nobody asked for")


def _decompressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what was compressed in pieces, each of a bounded size."""
    decoder = None
    received = size = 0
    for part in parts:
        rest = part
        received += len(part)
        while rest:
            try:
                if decoder is None or decoder.eof:
                    decoder = zlib.decompressobj(_window_of(rest))
                piece = decoder.decompress(rest, _PIECE)
            except zlib.error:
                raise _garbled("not compressed as it says") from None
            yield piece
            size += len(piece)
            if size > max(_FEW_BYTES, received * _MOST_COMPRESSED):
                raise _garbled("nothing real can be compressed so much")
            rest = decoder.unconsumed_tail or decoder.unused_data
    if decoder is not None and not decoder.eof:
        raise _garbled("its compressed content breaks off")


def _window_of(beginning: bytes) -> int:
    """Return how zlib is told the format: gzip, zlib, or neither, which some take for deflate."""
    is_marked = beginning[:2] == b"\x1f\x8b" or (
        beginning[0] & 0x0F == zlib.DEFLATED and int.from_bytes(beginning[:2], "big") % 31 == 0
    )
    return zlib.MAX_WBITS | 32 if is_marked else -zlib.MAX_WBITS


def _garbled(what: str) -> exceptions.ContentDecodingError:
    return exceptions.ContentDecodingError(OSError(0, what))


def find_json(response: Response) -> object:
    """Return the decoded content; None when it is not JSON.

    Garbage that is nested too deeply, or costs too much to take apart, counts as that, too.
    """
    content = response.content
    try:
        if len(content) > _FEW_BYTES and sum(map(content.count, b"[{,")) > _MOST_VALUES:
            return None
        return _DECODER.decode(content.decode(json.detect_encoding(content), "surrogatepass"))
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int:
    """Read an integer; no one has needs for a longer one, which takes long to read."""
    if len(digits) > _MOST_DIGITS:
        raise ValueError("too many digits")
    return int(digits)


def _float(text: str) -> float:
    number = float(text[:_FEW_BYTES])
    if number in (float("inf"), float("-inf")):
        raise ValueError("too large")
    return number


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_refuse)


def text_of(response: Response) -> str:
    """Return the beginning of the content as text, whatever it is."""
    stated = (response.encoding or "").lower()
    encoding = stated if stated in _TEXT_ENCODINGS else "utf-8"
    return response.content[:LARGEST_ERROR].decode(encoding, "replace")


def is_web_page(response: Response) -> bool:
    """Return whether the content looks like HTML or XML."""
    return response.content[:_PIECE].lstrip()[:1] == b"<"


def is_blank(response: Response) -> bool:
    """Return whether there is no content."""
    return not response.content or response.content.isspace()
