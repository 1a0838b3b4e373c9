"""Bytes in, finished elements out: the strict parse, one document at a time.

Nothing is fetched, no entity is resolved, nothing is recovered: lxml's ``recover=True`` turns a
failure with a long message into a pass. The elements come when they end, inner before outer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from junit_uploader.junit import elements
from junit_uploader.junit.elements import MARKS
from junit_uploader.junit.notes import UnreadableError
from junit_uploader.junit.scenarios import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator


class Feed(Protocol):
    """A parser of one document.

    Attributes:
        has_marks: Whether marks for tools stood in what was fed, see `elements`, or it tells the
            steps of scenarios.
    """

    has_marks: bool

    def feed(self, data: bytes) -> None:
        """Parse some more."""

    def count_begun(self) -> int:
        """Return how many elements began in what was fed last, or more."""

    def ended(self) -> Iterator[etree._Element]:
        """Yield the elements of `elements.ENDING` that ended in what was fed.

        Raises:
            UnreadableError: When the document is not well-formed, hostile or not a report.
        """

    def close(self) -> None:
        """Check that the document is complete.

        Raises:
            UnreadableError: When it is not.
        """


class FastFeed:
    """The feed for nearly all reports: lxml's pull parser, with the limits of libxml2.

    Those are: 256 levels, 10 MB for a single text, entities that grow no more than linearly. (Of
    lxml's options ``collect_ids=False`` must not be used: it makes libxml2 load external DTDs.)

    Args:
        encoding: What the document is written in; None believes its own declaration.
    """

    def __init__(self, encoding: str | None = None) -> None:
        self._parser = etree.XMLPullParser(
            events=("end",),
            tag=[f"{{*}}{name}" for name in sorted(elements.ENDING)],
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            attribute_defaults=False,
            remove_comments=True,
            remove_pis=True,
        )
        self.has_marks = False
        self._fed = b""
        self._prolog = b""
        self._last = b""
        self._silence_bytes = 0
        self._error: etree.XMLSyntaxError | None = None
        self._undeclared: list[UnreadableError] = []
        self._is_checked = False

    def feed(self, data: bytes) -> None:
        """Parse some more."""
        self._fed = data
        self._silence_bytes += len(data)
        self._look_for_marks(data)
        if len(self._prolog) < _LONGEST_PROLOG:
            self._prolog += data[:_LONGEST_PROLOG]
        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError as exc:
            self._error = exc
        # lxml does not raise these: it drops the entity, or starts again with what is fed next
        self._undeclared += [
            UnreadableError(entry.message, line=entry.line, column=entry.column)
            for entry in self._parser.feed_error_log
            if entry.type in _UNDECLARED
        ]

    def count_begun(self) -> int:
        """Return how many elements began in what was fed last, or more."""
        return self._fed.count(b"<")

    def ended(self) -> Iterator[etree._Element]:
        """Yield the elements that ended in what was fed."""
        events = self._parser.read_events()
        for _, element in events:
            if not self._is_checked:
                self._check(element)
            yield element
            self._silence_bytes = 0
            break
        for _, element in events:
            yield element
        if self._error is not None:
            self._refuse_other_root()
            raise _translate(self._error, self._parser) from self._error
        if self._undeclared:
            raise self._undeclared[0]
        if self._silence_bytes > LONGEST_SILENCE_BYTES:
            raise UnreadableError("a single element is too big", is_too_big=True)

    def close(self) -> None:
        """Check that the document is complete."""
        try:
            root = self._parser.close()
        except etree.XMLSyntaxError as exc:
            raise _translate(exc, self._parser) from exc
        self._check(root)

    def _refuse_other_root(self) -> None:
        """Say of broken HTML and the like that it is not a report, not where it is broken."""
        root = _ROOT.search(_without_comments(self._prolog))
        if root is not None and root[1].decode() not in elements.ROOTS:
            raise UnreadableError(elements.refusal_of_root(root[1].decode()))

    def _look_for_marks(self, data: bytes) -> None:
        """Look for marks in bytes, which is much faster than in the text of each element."""
        if not self.has_marks:
            begins_wide = not self._prolog and b"\0" in data[:4]  # UTF-16: not to be searched
            # a single byte is found ten times as fast, and this one is rare
            is_inside = _RARE in data and any(mark in data for mark in MARKS)
            across = self._last + data[:_LONGEST_MARK]
            self.has_marks = begins_wide or is_inside or any(mark in across for mark in MARKS)
            if len(self._prolog) < _LONGEST_PROLOG:
                beginning = self._prolog + data[:_LONGEST_PROLOG]
                self.has_marks = self.has_marks or any(sign in beginning for sign in SIGNS)
            self._last = data[-_LONGEST_MARK:]

    def _check(self, element: etree._Element) -> None:
        """Refuse documents that are not reports, or that declare entities."""
        self._is_checked = True
        tree = element.getroottree()
        name = elements.local_name(tree.getroot().tag)
        if name not in elements.ROOTS:
            raise UnreadableError(elements.refusal_of_root(name), line=1, column=1, is_final=True)
        if tree.docinfo.doctype and not _is_harmless(self._prolog):
            raise UnreadableError(elements.REFUSAL_OF_SUBSET, line=1, column=1, is_final=True)


_UNDECLARED = (etree.ErrorTypes.ERR_UNDECLARED_ENTITY, etree.ErrorTypes.WAR_UNDECLARED_ENTITY)
_RARE = b"|"
_LONGEST_MARK = max(map(len, MARKS))

LONGEST_SILENCE_BYTES = 32 * 1024 * 1024
"""When no element ends for so long, texts have to be cut: libxml2 keeps a whole CDATA section."""

_LONGEST_PROLOG = 65536
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


def _without_comments(prolog: bytes) -> bytes:
    last = prolog.rfind(b"-->") + len(b"-->")  # behind it no comment ends: none is looked for
    return _COMMENT.sub(b"", prolog[:last]) + prolog[last:]


_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", re.ASCII)
_HARMLESS_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[\]>]*>")


def _is_harmless(prolog: bytes) -> bool:
    """Return whether a document type declaration surely has no internal subset."""
    text = prolog.replace(b"\0", b"")  # UTF-16
    return text.count(b"<!DOCTYPE") == 1 and _HARMLESS_DOCTYPE.search(text) is not None


_RESOURCE_LIMIT = 114
_UNDECLARED_ENTITY = "no element found"


def _translate(error: etree.XMLSyntaxError, parser: etree.XMLPullParser) -> UnreadableError:
    """Return our own error; without an element lxml hides the real one in the parser's log."""
    line, column = error.position
    text = str(error.msg).partition(f", line {line}, column")[0]
    logged = list(parser.feed_error_log)
    if _UNDECLARED_ENTITY in text and logged:
        text, line, column = logged[-1].message, logged[-1].line, logged[-1].column
    is_deep = error.code == _RESOURCE_LIMIT and "depth" in text
    return UnreadableError(
        elements.REFUSAL_OF_DEPTH if is_deep else text,
        line=line,
        column=column,
        is_final=is_deep,
        is_too_big=not is_deep and (error.code == _RESOURCE_LIMIT or "too big" in text),
    )
