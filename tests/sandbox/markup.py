"""HTML as the standard library reads it."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass(frozen=True)
class Element:
    name: str
    attributes: dict[str, str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> at {self.getpos()} ends nothing"
        began = self.open.pop()
        assert began == tag, f"<{began}> is ended by </{tag}> at {self.getpos()}"


def elements_of(text: str) -> Sequence[Element]:
    """Return the elements in order of their beginning.

    Raises:
        AssertionError: An element is not ended where it should be.
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader.elements
