"""Text for other people's eyes: shortened with a mark, without secrets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

ELLIPSIS = "…"

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Drop terminal colours and characters that JSON, XML and databases cannot hold."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _ANSI.sub("", text))


def printable(text: str) -> str:
    """Return a text in one line that does nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in clean(text))


def shorten(text: str, *, at_most: int) -> str:
    """Cut a text to `at_most` characters; the last one is then an ellipsis."""
    return text if len(text) <= at_most else text[: max(0, at_most - 1)] + ELLIPSIS


def quoted(value: object) -> str:
    """Return a value as messages show it: in quotes, in one line, and only so much of it."""
    text = shorten(value, at_most=_MOST_QUOTED) if isinstance(value, str) else value
    return shorten(repr(text), at_most=3 * _MOST_QUOTED)


_MOST_QUOTED = 200


def first_line(text: str) -> str:
    """Return the first line of a text that is not blank, or an empty string."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def without_user_info(url: str) -> str:
    """Cut user name and password out of a URL, so that it can be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: ``1 test``, ``2 tests``."""
    return f"{count} {noun}" + ("" if count == 1 else "s")
