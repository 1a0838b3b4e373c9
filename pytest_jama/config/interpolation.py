"""``${NAME}`` and ``${NAME:-default}`` in texts. Pure.

The rules are the shell's, for what is supported: an empty value counts as unset, a default may
itself contain ``${...}`` and is looked at only when it is needed, and what was filled in is not
searched again. ``$${`` stands for a literal ``${``; a ``$`` before anything else is itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], str]


class InterpolationError(Exception):
    """A text cannot be filled in.

    Args:
        message: What is wrong.
        remedy: What the user can do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UnsetError(InterpolationError):
    """A name has no value; a default helps."""


class FormError(InterpolationError):
    """A ``${`` is not followed by what may follow it; a default does not help."""


def interpolate(text: str, lookup: Lookup) -> str:
    """Fill in every ``${...}`` of a text.

    Args:
        text: The text as written.
        lookup: Returns the value of a name, which is not empty, or raises `UnsetError`.

    Raises:
        UnsetError: When a name without default has no value.
        FormError: When something else than a name or a default stands between the braces.
    """
    parts = []
    position = 0
    while match := _OPENING.search(text, position):
        parts.append(text[position : match.start()])
        if match[0] == _ESCAPED:
            parts.append("${")
            position = match.end()
        else:
            end = _find_end(text, match.end())
            parts.append(_value_of(text[match.end() : end], lookup))
            position = end + 1
    return "".join((*parts, text[position:]))


_ESCAPED = "$${"
_OPENING = re.compile(r"\$?\$\{")
_BRACE = re.compile(r"\$?\$\{|\}")
_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.ASCII | re.DOTALL)


def _find_end(text: str, start: int) -> int:
    """Return where the brace that was opened before `start` is closed."""
    depth = 1
    for match in _BRACE.finditer(text, start):
        depth += {"}": -1, "${": 1, _ESCAPED: 0}[match[0]]
        if depth == 0:
            return match.start()
    raise FormError("has a ${ without }", "close it, or write $${ for a literal ${")


def _value_of(reference: str, lookup: Lookup) -> str:
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise FormError(
            f"has ${{{reference}}}, which is not understood",
            "use ${NAME} or ${NAME:-default}, or write $${ for a literal ${",
        )
    name, default = match.groups()
    try:
        return lookup(name)
    except UnsetError:
        if default is None:
            raise
    return interpolate(default, lookup)
