"""Reading a document of results: checked while it is read, one run at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from pytest_jama.sandbox.octane.result_schema import ELEMENTS, ROOT, ChildSlot, ElementType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.sandbox.octane.result_schema import SchemaAge

_CHUNK_BYTES = 1 << 16
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance "
_ABOUT_SCHEMAS = frozenset(
    {f"{_SCHEMA_INSTANCE}schemaLocation", f"{_SCHEMA_INSTANCE}noNamespaceSchemaLocation"}
)
_DELIVERED = frozenset({"test_run", "gherkin_test_run"})


class InvalidDocumentError(ValueError):
    """A document that is not well-formed, or not valid."""


@dataclass(slots=True)
class Element:
    """An element with what is in it."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def find(self, name: str) -> Element | None:
        """Return the first child of that name, or None."""
        return next((each for each in self.children if each.name == name), None)

    def items(self, name: str) -> list[Element]:
        """Return what is in the first child of that name."""
        found = self.find(name)
        return [] if found is None else found.children


@dataclass(slots=True)
class _Open:
    """An element that has not ended: what may come next in it."""

    type: ElementType
    element: Element
    at: int = 0
    chosen: str = ""
    texts: list[str] = field(default_factory=list)


def read_document(raw: bytes, *, age: SchemaAge = "older") -> Iterator[Element]:
    """Yield the head of a document, which is its root without the runs, then run by run.

    Raises:
        InvalidDocumentError: It is wrong; runs before the wrong place may have been yielded.
    """
    reader = _DocumentReader(age)
    for start in range(0, max(len(raw), 1), _CHUNK_BYTES):
        reader.feed(raw[start : start + _CHUNK_BYTES], is_last=start + _CHUNK_BYTES >= len(raw))
        yield from reader.taken()


class _DocumentReader:
    """Keeps the open elements, and hands over what is whole."""

    def __init__(self, age: SchemaAge) -> None:
        self._types = ELEMENTS[age]
        self._open: list[_Open] = []
        self._done: list[Element] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as exc:
            raise InvalidDocumentError(f"the document is not well-formed: {exc}") from exc
        except (LookupError, ValueError) as exc:  # an encoding that is not one
            if isinstance(exc, InvalidDocumentError):
                raise
            raise InvalidDocumentError(f"the document cannot be decoded: {exc}") from exc

    def taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    def _refusal(self, what: str) -> InvalidDocumentError:
        line = self._parser.CurrentLineNumber
        return InvalidDocumentError(f"line {line} of the document is not valid: {what}")

    def _doctype(self, *_: object) -> None:
        raise self._refusal("a DOCTYPE is not allowed")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = self._type_of(name)
        self._check_attributes(kind, name, attributes)
        element = Element(name, attributes)
        if name == "test_runs":
            self._done.append(self._open[-1].element)
        elif self._open and name not in _DELIVERED:
            self._open[-1].element.children.append(element)
        self._open.append(_Open(kind, element))

    def _type_of(self, name: str) -> ElementType:
        if not self._open:
            if name != ROOT:
                raise self._refusal(f"the root is {name!r}, not {ROOT!r}")
            return self._types[ROOT]
        parent = self._open[-1]
        slots = parent.type.slots
        while parent.at < len(slots):
            slot = slots[parent.at]
            if name in slot.names and parent.chosen in ("", name):
                parent.chosen = name
                if not slot.many:
                    parent.at, parent.chosen = parent.at + 1, ""
                return self._types[slot.types[slot.names.index(name)]]
            if slot.required:
                raise self._lack(parent, slot)
            parent.at, parent.chosen = parent.at + 1, ""
        raise self._refusal(f"{name!r} may not stand at this place in {parent.type.name!r}")

    def _lack(self, parent: _Open, slot: ChildSlot) -> InvalidDocumentError:
        wanted = " or ".join(slot.names)
        return self._refusal(f"{parent.type.name!r} lacks {wanted!r} at this place")

    def _check_attributes(self, kind: ElementType, name: str, given: dict[str, str]) -> None:
        for word, value in given.items():
            wanted = kind.attributes.get(word)
            if wanted is None and word not in _ABOUT_SCHEMAS:
                raise self._refusal(f"{name!r} has no attribute {word!r}")
            if wanted is not None and not wanted.check(value):
                raise self._refusal(
                    f"{word}={value[:60]!r} of {name!r} is not of type {wanted.name}"
                )
        missing = kind.required - given.keys()
        if missing:
            raise self._refusal(f"{name!r} lacks the attribute {min(missing)!r}")

    def _text(self, text: str) -> None:
        current = self._open[-1]
        if current.type.text:
            current.texts.append(text)
        elif text.strip(" \t\r\n") or not current.type.slots:
            raise self._refusal(f"{current.element.name!r} holds no text, and has {text[:40]!r}")

    def _end(self, _: str) -> None:
        current = self._open.pop()
        for slot in current.type.slots[current.at :]:
            if slot.required:
                raise self._lack(current, slot)
        if current.texts:
            current.element.text = "".join(current.texts)
        if current.element.name in _DELIVERED:
            self._done.append(current.element)
