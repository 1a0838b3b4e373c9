"""Lines in output and messages that are meant for tools: properties and attachments. Pure.

``[[PROPERTY|key=value]]``, ``[[PROPERTY|key]]`` ... ``[[/PROPERTY]]`` over several lines
(Testmo's conventions), and ``[[ATTACHMENT|path]]`` (Jenkins, Playwright).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN = "[["
"""What every mark begins with: texts without it hold none."""

PROPERTY = b"[[PROPERTY|"
"""What the mark of a property begins with, in bytes."""


_PROPERTY = re.compile(
    r"^[ \t]*\[\[PROPERTY\|(?P<key>[^\]=\n]+)"
    r"(?:=(?P<value>[^\n]*?)\]\]|\]\][ \t]*\n(?P<block>.*?)^[ \t]*\[\[/PROPERTY\]\])[ \t\r]*$",
    re.MULTILINE | re.DOTALL,
)
_ATTACHMENT = re.compile(r"^[ \t]*\[\[ATTACHMENT\|[^\n]*\]\][ \t\r]*$\n?", re.MULTILINE)


def find_properties(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the properties that stand in an output."""
    if "[[PROPERTY|" in text:
        for match in _PROPERTY.finditer(text):
            value = match["block"] if match["value"] is None else match["value"]
            yield match["key"].strip(), value.strip()


def without_marks(text: str) -> str:
    """Return a text for people: without its lines for tools."""
    if BEGIN not in text:
        return text
    return _ATTACHMENT.sub("", _PROPERTY.sub("", text)).strip()
