"""Texts and numbers as a document of results may hold them: nothing in them makes it invalid. Pure.

Sources: XML 1.0, production 2, which characters a document may hold; the server's schema, which
lengths. Validators differ in what they count: UTF-16 units are the most that any of them does.
"""

from __future__ import annotations

import math
import re

from pytest_jama.core.text import clean, cut_with_hash

LONGEST_NAME = 255
"""UTF-16 units of a name of whatever kind."""

UNNAMED = "(unnamed)"
"""Stands for a name that is empty, which the schema refuses."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_IN_ATTRIBUTE = re.compile('[\x00-\x1f\x7f&<>"\ud800-\udfff\ufffe\uffff]')
_REFERENCES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


def legible_name(text: str) -> str:
    """Return a name of which each forbidden character is written out, as pytest does: ``#x1B``.

    So pytest directly and pytest's JUnit file have one name of a test.

    Source: pytest, ``_pytest/junitxml.py``, ``bin_xml_escape``.
    """
    if text.isprintable():  # nearly all names, and lone surrogates are not printable
        return text
    return _FORBIDDEN.sub(lambda match: _written_out(ord(match[0])), text)


def _written_out(number: int) -> str:
    return f"#x{number:02X}" if number <= 0xFF else f"#x{number:04X}"  # noqa: PLR2004 (a byte)


def bounded(text: str, *, at_most: int = LONGEST_NAME) -> str:
    """Return a name that the schema takes; what is cut ends with a hash of the whole.

    Args:
        text: The name.
        at_most: UTF-16 units that it may have.
    """
    text = legible_name(text)
    if 2 * len(text) <= at_most or (len(text) <= at_most and text.isascii()):
        return text
    return cut_with_hash(text, at_most=at_most)


def required(text: str, *, at_most: int = LONGEST_NAME) -> str:
    """Return a name as `bounded` does, and one for what has none."""
    return bounded(text, at_most=at_most) or UNNAMED


def marked(text: str, whole: str) -> str:
    """Return a name with a hash of what it stands for, so that it is told apart from its equals.

    Args:
        text: The name, of `bounded`.
        whole: What it stands for; empty leaves the name as it is.
    """
    if not whole:
        return text
    from hashlib import sha256  # noqa: PLC0415 (hardly any two names are equal)

    mark = f" [{sha256(whole.encode('utf-16-le', 'surrogatepass')).hexdigest()[:8]}]"
    units = text.encode("utf-16-le")[: 2 * (LONGEST_NAME - len(mark))]
    return units.decode("utf-16-le", "ignore") + mark


def attribute(text: str) -> str:
    """Return what stands between the quotes of an attribute; a line break stays one.

    Args:
        text: A name of `bounded`; what else is forbidden becomes U+FFFD.
    """
    if _IN_ATTRIBUTE.search(text) is None:
        return text
    return _IN_ATTRIBUTE.sub(lambda match: _REFERENCES.get(match[0], "\ufffd"), text)


def content(text: str) -> str:
    """Return a text as it stands in an element: without colours, what is forbidden as U+FFFD."""
    text = clean(text)
    for mark in "&<>\r":  # `&` before the others, whose references have one
        text = text.replace(mark, _REFERENCES[mark])
    return text


LARGEST = 2**63 - 1
"""The largest of the schema's whole numbers."""


def milliseconds(seconds: float | None) -> int:
    """Return a duration in whole milliseconds, half of one rounded up; 0 when it is unknown.

    It is counted in decimal, from the six places that the journal keeps: so a result that was read
    back says the same, and no large number loses its last digits.
    """
    return 0 if seconds is None else _in_range((_decimal(seconds, places=6) + 500) // 1000)


def epoch_milliseconds(seconds: float) -> int:
    """Return a moment in milliseconds since 1970, from the three places that the journal keeps."""
    return _in_range(_decimal(seconds, places=3))


def _decimal(number: float, *, places: int) -> int:
    """Return a number times a power of ten, without a float in between."""
    return int(f"{number:.{places}f}".replace(".", "")) if math.isfinite(number) else 0


def _in_range(number: int) -> int:
    return min(max(number, 0), LARGEST)


_REPORT_URL = re.compile(r"(?:(?:https?|tds?)://|testdirector:)[^\s\x00-\x20]+")
_SHORTEST_URL, _LONGEST_URL = 6, 512


def report_url(text: str) -> str:
    """Return a link that runs can show; empty for one that the schema refuses, or that is cut."""
    scheme, colon, rest = legible_name(text.strip()).partition(":")
    url = scheme.lower() + colon + rest
    units = len(url.encode("utf-16-le")) // 2
    is_usable = _REPORT_URL.fullmatch(url) and _SHORTEST_URL <= units <= _LONGEST_URL
    return url if is_usable else ""
