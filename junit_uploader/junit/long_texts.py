"""The feed for reports with texts of more than 10 MB: expat, which hands them over in pieces.

libxml2 keeps each text whole or, with its limits lifted, does without them all. Here a text is cut
as it comes, so that a log of a gigabyte costs no memory, and the other limits stay. Lines for tools
are kept from behind the cut, too: they name cases, steps and files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from lxml import etree

from junit_uploader.junit import elements
from junit_uploader.junit.notes import NoteKind, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from junit_uploader.junit.notes import Notes

LONGEST_TEXT = 1_000_000
"""Characters of one text that are kept."""

LONGEST_TAG_BYTES = 64 * 1024 * 1024
"""Longest tag, with its attributes; a longer one makes the report unreadable."""

_LONGEST_LINE = 256 * 1024


class LongTextFeed:
    """A feed like `FastFeed`, slower, that cuts texts.

    Args:
        notes: Collects what was cut.
        encoding: What the document is written in; None believes its own declaration.

    Attributes:
        has_marks: Always set: every text is looked at here anyway.
    """

    def __init__(self, notes: Notes, encoding: str | None = None) -> None:
        self.has_marks = True
        self._begun = 0
        self._notes = notes
        self._parser = expat.ParserCreate(encoding)
        if hasattr(self._parser, "SetReparseDeferralEnabled"):
            # expat 2.6 waits with long tokens, but the end of a document must show at once
            self._parser.SetReparseDeferralEnabled(False)
        self._parser.buffer_text = True
        self._parser.buffer_size = 65536
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._open: list[etree._Element] = []
        self._pieces: list[str] = []
        self._length = 0
        self._behind = _LinesForTools()
        self._ended: list[etree._Element] = []
        self._fed = 0
        self._error: UnreadableError | None = None

    def feed(self, data: bytes) -> None:
        """Parse some more."""
        self._fed += len(data)
        self._begun = 0
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as exc:
            self._error = _translate(exc)
        except UnreadableError as exc:
            self._error = exc
        if self._fed - max(0, self._parser.CurrentByteIndex) > LONGEST_TAG_BYTES:
            self._error = UnreadableError("a single tag is longer than 64 MB", is_final=True)

    def count_begun(self) -> int:
        """Return how many elements began in what was fed last."""
        return self._begun

    def ended(self) -> Iterator[etree._Element]:
        """Yield the elements that ended in what was fed."""
        ended, self._ended = self._ended, []
        yield from ended
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Check that the document is complete."""
        try:
            self._parser.Parse(b"", True)
        except expat.ExpatError as exc:
            raise _translate(exc) from exc

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._flush_text()
        self._begun += 1
        tag = name.rpartition(":")[2]
        kept = {key: value for key, value in attributes.items() if ":" not in key}
        kept.pop("xmlns", None)
        if not self._open:
            if tag not in elements.ROOTS:
                self._refuse(elements.refusal_of_root(tag))
            self._open.append(etree.Element(tag, kept))
            return
        if len(self._open) >= elements.DEEPEST:
            self._refuse(elements.REFUSAL_OF_DEPTH)
        self._open.append(etree.SubElement(self._open[-1], tag, kept))

    def _end(self, _: str) -> None:
        self._flush_text()
        element = self._open.pop()
        if element.tag in elements.ENDING:
            self._ended.append(element)

    def _text(self, piece: str) -> None:
        self._length += len(piece)
        if self._length <= LONGEST_TEXT:
            self._pieces.append(piece)
            return
        kept = max(0, len(piece) - (self._length - LONGEST_TEXT))
        if kept:
            kept = piece.rfind("\n", 0, kept) + 1 or kept  # a mark may stand across the cut
            self._pieces.append(piece[:kept])
        self._behind.add(piece[kept:])

    def _flush_text(self) -> None:
        """Give the text so far to the element that it stands in, unless a child came before it."""
        if self._length > LONGEST_TEXT:
            tag = elements.local_name(self._open[-1].tag)
            self._notes.add(NoteKind.CUT_TEXT, f"<{tag}> has {self._length:,} characters")
            self._pieces += self._behind.end()
            self._behind = _LinesForTools()
        if self._pieces and self._open:
            text = "".join(self._pieces)
            parent = self._open[-1]
            last = next(parent.iterchildren(reversed=True), None)  # `len` would count all of them
            if last is not None:
                last.tail = (last.tail or "") + text
            else:
                parent.text = (parent.text or "") + text
        self._pieces.clear()
        self._length = 0

    def _doctype(self, _: str, __: str | None, ___: str | None, has_subset: int) -> None:
        if has_subset:
            self._refuse(elements.REFUSAL_OF_SUBSET)

    def _refuse(self, reason: str) -> None:
        raise UnreadableError(
            reason,
            line=self._parser.CurrentLineNumber,
            column=self._parser.CurrentColumnNumber + 1,
            is_final=True,
        )


class _LinesForTools:
    """Keeps the lines with marks, and those of blocks, of a text that comes in pieces."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._room = LONGEST_TEXT
        self._open = ""
        self._is_block = False

    def add(self, piece: str) -> None:
        """Look at some more of the text."""
        whole, end, self._open = (self._open + piece).rpartition("\n")
        if end and (self._is_block or elements.BEGIN in whole):
            for line in whole.split("\n"):
                self._look_at(line)
        if len(self._open) > _LONGEST_LINE:
            self._look_at(self._open)
            self._open = ""

    def end(self) -> list[str]:
        """Return the lines that were kept, each behind a line break."""
        self._look_at(self._open)
        return self._lines

    def _look_at(self, line: str) -> None:
        if not (self._is_block or elements.BEGIN in line) or len(line) >= self._room:
            return
        self._room -= len(line) + 1
        self._lines += "\n", line
        self._is_block = elements.leaves_block_open(line, is_open=self._is_block)


def _translate(error: expat.ExpatError) -> UnreadableError:
    reason = expat.ErrorString(error.code) or "not well-formed"
    return UnreadableError(reason, line=error.lineno, column=error.offset + 1)
