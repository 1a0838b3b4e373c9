"""``${NAME}`` and ``${NAME:-default}`` in texts.

The rules are the shell's, for what is supported: an empty value counts as unset, a default may
itself contain ``${...}`` and is looked at only when it is needed, and what was filled in is not
searched again. ``$${`` stands for a literal ``${``; a ``$`` before anything else is itself.

Whatever the text, it takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_jama.core.text import shorten

DEEPEST_DEFAULT = 20
"""Most ``${...}`` inside each other."""

LONGEST_FILLED_IN = 1_000_000
"""Most characters that a text may have after its ``${...}`` are filled in."""

Lookup = Callable[[str], str]
"""Returns the value of a name."""


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


class LaterError(UnsetError):
    """A name has no value yet: who sends the results will know it, so it stays as it is."""


class FormError(InterpolationError):
    """A ``${`` is not followed by a name and a ``}``; a default does not help."""


def interpolate(text: str, lookup: Lookup) -> str:
    """Fill in every ``${...}`` of a text.

    Args:
        text: The text as written.
        lookup: Returns the value of a name, which is not empty, or raises `UnsetError`.

    Raises:
        UnsetError: When a name without default has no value.
        FormError: When there is anything but a name and a default between the braces.
    """
    parts = []
    position = length = 0
    while match := _OPENING.search(text, position):
        parts.append(text[position : match.start()])
        if match[0] == _ESCAPED:
            parts.append("${")
            position = match.end()
        else:
            end = _find_end(text, match.end())
            parts.append(_value_of(text[match.end() : end], lookup))
            position = end + 1
        length += len(parts[-2]) + len(parts[-1])
        if length > LONGEST_FILLED_IN:
            raise FormError(
                f"becomes longer than {LONGEST_FILLED_IN:,} characters",
                "use fewer ${NAME}, or shorter values",
            )
    return "".join((*parts, text[position:]))


_LONGEST_SHOWN = 60
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
        if depth > DEEPEST_DEFAULT:
            raise FormError(
                f"has more than {DEEPEST_DEFAULT} ${{ inside each other",
                "use fewer, or write $${ for a literal ${",
            )
    raise FormError("has a ${ without }", "close it, or write $${ for a literal ${")


def _value_of(reference: str, lookup: Lookup) -> str:
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise FormError(
            f"has ${{{shorten(reference, at_most=_LONGEST_SHOWN)}}}, which is not understood",
            "use ${NAME} or ${NAME:-default}, or write $${ for a literal ${",
        )
    name, default = match.groups()
    try:
        return lookup(name)
    except UnsetError as exc:
        if default is None and isinstance(exc, LaterError):
            return f"${{{reference}}}"
        if default is None:
            raise
    return interpolate(default, lookup)
