"""What may be cleaned before a second, as strict, parse, and what may not.

Allowed: a byte order mark and anything else before the first ``<``, characters and character
references that XML forbids and bytes that are not UTF-8 (they become U+FFFD), several documents in
one file, UTF-16 and UTF-32 that are not declared, and a declaration of UTF-16 over bytes that are
none (.NET's StringWriter). Everything else stays an error.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.notes import NoteKind, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from junit_uploader.junit.notes import Notes


class Piece(NamedTuple):
    """Some bytes of a file.

    Attributes:
        data: The bytes, cleaned.
        may_begin: Whether an XML declaration begins here.
        line: How many lines of the file stand before them.
        encoding: What the file is written in, when its declaration is wrong.
    """

    data: bytes
    may_begin: bool = False
    line: int = 0
    encoding: str | None = None


def repair(chunks: Iterable[bytes], notes: Notes) -> Iterator[Piece]:
    """Clean a file, and cut it where documents may begin.

    Args:
        chunks: The file.
        notes: Collects what was cleaned.
    """
    line = 0
    cleaner: _Cleaner | None = None
    remaining = iter(chunks)
    head = next(remaining, b"")
    wide = next((name for mark, name in _WIDE_ENCODINGS.items() if head.startswith(mark)), None)
    every = chain((head,), remaining)
    for chunk in _cut_at_ends(_narrow(every, wide) if wide else every):
        data = chunk
        if cleaner is None:
            data, line = _from_first_tag(chunk, notes)
            cleaner = _Cleaner(data, notes, is_narrowed=wide is not None)
        for part in _DECLARATION.split(cleaner.clean(data)):
            if part:
                begins = part.startswith(b"<?xml")
                yield Piece(part, begins, line, cleaner.encoding)
                line += part.count(b"\n")


_DECLARATION = re.compile(rb"(?=<\?xml\s)")


def _cut_at_ends(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut behind the end of a tag or line, so that no reference or declaration is cut in two."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        end = max(data.rfind(b">"), data.rfind(b"\n")) + 1
        if not end and len(data) > _LONGEST_REST:
            end = _find_cut(data, len(data) - _LONGEST_REST)
        rest = data[end:]
        if end:
            yield data[:end]
    if rest:
        yield rest


_LONGEST_REST = 64


def _find_cut(data: bytes, at: int) -> int:
    """Return where the reference or the UTF-8 character around a place begins."""
    reference = data.rfind(b"&", max(0, at - _LONGEST_REFERENCE), at)
    if reference > 0:
        return reference
    begins = (place for place in range(at, at - 4, -1) if not _FIRST <= data[place] <= _LAST)
    return next(begins, at)


_LONGEST_REFERENCE = 16
_FIRST, _LAST = 0x80, 0xBF
"""The bytes that continue a character."""


def _from_first_tag(data: bytes, notes: Notes) -> tuple[bytes, int]:
    """Drop what stands before the report; return the rest, and how many lines were dropped."""
    at = _find_beginning(data)
    dropped = data[:at]
    if at <= 0 or not dropped.removeprefix(_UTF8_MARK):
        return data, 0
    notes.add(NoteKind.DROPPED_BEGINNING, detail=at)
    return data[at:], dropped.count(b"\n")


def _find_beginning(data: bytes) -> int:
    """Return where the report begins: at its declaration, when no part of one stands before it."""
    declaration = _DECLARATION.search(data)
    if declaration is not None and not _PART_OF_REPORT.search(data, 0, declaration.start()):
        return declaration.start()
    return data.find(b"<")


_PART_OF_REPORT = re.compile(rb"test(?:suites?|case|run)")

_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_ENCODINGS = {
    b"\xff\xfe\0\0": "utf-32le",
    b"<\0\0\0": "utf-32le",
    b"\0\0\xfe\xff": "utf-32be",
    b"\0\0\0<": "utf-32be",
    b"\xff\xfe": "utf-16le",
    b"<\0": "utf-16le",
    b"\xfe\xff": "utf-16be",
    b"\0<": "utf-16be",
}
"""How UTF-16 and UTF-32 begin: what is a control character elsewhere is half of a letter there."""


def _narrow(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Turn UTF-16 or UTF-32 into UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as exc:
        raise UnreadableError(
            f"not {encoding}, as its beginning says: {exc}", is_final=True
        ) from exc


_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_WIDE_NAMES = (b"utf-16", b"utf16", b"ucs-2", b"utf-32", b"iso-10646")
_UTF8_NAMES = (b"utf-8", b"utf8")
_STATEFUL_NAMES = (b"iso-2022", b"utf-7", b"hz")
"""Encodings in which control characters have a meaning."""


class _Cleaner:
    """Replaces what XML forbids.

    Args:
        head: How the file begins, from its first tag on.
        notes: Collects what was replaced.
        is_narrowed: Whether it was UTF-16 or UTF-32, and is UTF-8 by now.
    """

    def __init__(self, head: bytes, notes: Notes, *, is_narrowed: bool) -> None:
        match = _DECLARED_ENCODING.match(head.removeprefix(_UTF8_MARK))
        declared = match[1].lower() if match else _UTF8_NAMES[0]
        self.encoding: str | None = None
        if is_narrowed or declared.startswith(_WIDE_NAMES):
            self.encoding = "utf-8"
            if not is_narrowed:
                notes.add(NoteKind.WRONG_ENCODING, detail=declared.decode())
            declared = _UTF8_NAMES[0]
        self._notes = notes
        self._is_cleanable = not declared.startswith(_STATEFUL_NAMES)
        self._is_utf8 = declared in _UTF8_NAMES
        self._replacement = "\N{REPLACEMENT CHARACTER}".encode() if self._is_utf8 else b"?"

    def clean(self, data: bytes) -> bytes:
        """Return the bytes with each forbidden character replaced."""
        if not self._is_cleanable:
            return data
        if self._is_utf8:
            data = self._as_utf8(data)
        data = self._without_forbidden(data)
        if b"&#" in data:
            data = _REFERENCE.sub(self._replace_reference, data)
        is_near_tags = self._is_utf8 and (b"<" in data or b"=" in data)
        return _IN_TAG.sub(rb"\1?", data) if is_near_tags else data

    def _without_forbidden(self, data: bytes) -> bytes:
        """Replace characters; whole pieces at once, as binary output has millions of them."""
        found = data.translate(None, _ALLOWED_BYTES)
        if found:
            self._note_forbidden(found)
            data = data.translate(_AS_NUL).replace(b"\0", self._replacement)
        for character in _NO_CHARACTERS if self._is_utf8 else ():
            count = data.count(character)
            if count:
                example = f"0x{character.hex()}"
                self._notes.add(NoteKind.FORBIDDEN_CHARACTER, example, count=count)
                data = data.replace(character, self._replacement)
        return data

    def _note_forbidden(self, found: bytes) -> None:
        """Count the bytes, each kind of them in the order in which it is met first."""
        for code in sorted(set(found), key=found.index):
            count = found.count(code)
            self._notes.add(NoteKind.FORBIDDEN_CHARACTER, f"0x{code:02x}", count=count)

    def _as_utf8(self, data: bytes) -> bytes:
        """Replace what is not UTF-8; markup is ASCII, and stays as it is."""
        try:
            data.decode()
        except UnicodeDecodeError as exc:
            wrong = data[exc.start : exc.end].hex()
            self._notes.add(NoteKind.NOT_UTF8, f"0x{wrong}")
            return data.decode(errors="replace").encode()
        return data

    def _replace_reference(self, match: re.Match[bytes]) -> bytes:
        if _is_allowed(match[1]):
            return match[0]
        self._notes.add(NoteKind.FORBIDDEN_CHARACTER, match[0].decode())
        return self._replacement


_IN_TAG = re.compile(
    rb"""((?<=<)(?!!)[^\s<>"'=]*?)\xef\xbf\xbd"""
    rb"""|\xef\xbf\xbd(?=[^\s<>"'=\xef]{0,99}\s{0,99}=\s{0,99}["'])"""  # quick in binary output
)
"""U+FFFD may stand in names, and so would turn a ``<failure>`` into something unknown."""

_FORBIDDEN = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_ALLOWED_BYTES = bytes(code for code in range(0x100) if code not in _FORBIDDEN)
_AS_NUL = bytes.maketrans(_FORBIDDEN, bytes(len(_FORBIDDEN)))
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_REFERENCE = re.compile(rb"&#(x[0-9A-Fa-f]{1,12}|[0-9]{1,12});")
_ALLOWED = ((0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))


@lru_cache(maxsize=1024)
def _is_allowed(digits: bytes) -> bool:
    """Return whether XML 1.0 allows the character of a reference (its production 2)."""
    number = int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)
    return number in (0x9, 0xA, 0xD) or any(low <= number <= high for low, high in _ALLOWED)
