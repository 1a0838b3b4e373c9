"""Text for other people's eyes: harmless where it is shown, shortened with a mark."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit, urlunsplit

ELLIPSIS = "…"

_ANSI = re.compile(r"\x1b\[(?:[0-9;?]*[A-Zm]|\?[0-9;]*[hl]|[0-9;?]*[ -/]*[@-~](?![A-Za-z_]))")
"""A command of a terminal. One that programs do not give does not take the first letter of a word:
what is left of ``password=`` would not be known for the name of a secret. Source: ECMA-48, 5.4."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_INVISIBLE = re.compile(
    "["
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"  # controls
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
    "]"
)
"""What changes what is seen without being seen: controls, directions, what has no width.

Source: Unicode, DerivedCoreProperties.txt, `Default_Ignorable_Code_Point`.
"""

_JOINERS = "\u200c\u200d"
_SELECTORS = re.compile(r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")

_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"#:")) + b"\n"
"""Characters of which no command of a CI system can be made."""

_COMMAND = re.compile(r"##(?=\w*\[)")
"""``##vso[`` and ``##[`` of Azure, the older commands of GitHub, ``##teamcity[``: all of them count
anywhere in a line. Source: Microsoft/azure-pipelines-agent `Command.cs` and actions/runner
`ActionCommand.cs`, which search for it; TeamCity's documentation, "Service messages"."""


def clean(text: str) -> str:
    """Drop terminal colours and characters that JSON, XML and databases cannot hold."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _ANSI.sub("", text))


_NUMBERED = re.compile(r"&#0*([0-9]+)")
_DIGITS = 8
"""So many are more than any character has, without zeros before them."""


def unescaped(text: str) -> str:
    """Return HTML text with the characters that its references stand for, whatever they say.

    `html.unescape` alone ends with an error at a number of 4,300 digits.
    """
    if "&#" in text:
        text = _NUMBERED.sub(lambda number: "&#" + number[1][:_DIGITS], text)
    return html.unescape(text)


def visible(text: str) -> str:
    """Write out what nobody sees in a text, such as U+202E, which turns the direction.

    Tabs and ends of lines stay, and what belongs to the character before: a joiner between two
    letters that are not ASCII (Persian, Hindi, many emoji), one variation selector behind one.
    """
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character, text, at = match[0], match.string, match.start()
    is_part = False
    if _SELECTORS.match(character):
        is_part = at > 0 and _is_seen(text[at - 1])
    elif character in _JOINERS:
        is_part = _can_be_joined(text, at - 1) and _can_be_joined(text, at + 1)
    return character if is_part else _escaped(character)


def _can_be_joined(text: str, at: int) -> bool:
    if not 0 <= at < len(text) or text[at].isascii():
        return False
    return _is_seen(text[at - 1 if _SELECTORS.match(text[at]) else at])


def _is_seen(character: str) -> bool:
    is_shown = character.isprintable() and not character.isspace()
    return is_shown and not _INVISIBLE.match(character)


def _escaped(character: str) -> str:
    return ascii(character)[1:-1]


def _shown(character: str) -> str:
    is_shown = character.isprintable() or character in _JOINERS
    return character if is_shown else _escaped(character)


def printable(text: str) -> str:
    """Return a text in one line that does nothing to a terminal, nor to a CI system.

    Colours are dropped. What is not seen or ends a line is written out as in Python's strings.
    So is one character of each command that a CI system looks for in what is printed.
    """
    if not (text.isascii() and text.isprintable()):
        text = visible(_ANSI.sub("", text))
        if not text.isprintable():
            text = "".join(map(_shown, text))
    if "##" in text:
        text = _COMMAND.sub(r"#\\x23", text)
    # ``::error::`` of GitHub counts only where a line begins with it, blanks aside: a test ID has
    # ``::`` in the middle. Source: actions/runner `ActionCommand.cs`, `TryParseV2`.
    return text.replace("::", r":\x3a", 1) if text.lstrip(" ").startswith("::") else text


def printable_lines(text: str) -> str:
    """Return lines of which each is `printable`; their ends stay. Fast where nothing is wrong."""
    if text.isascii():
        others = text.encode("ascii").translate(None, _PLAIN)
        if not others:
            return text
        is_plain = not others.strip(b"#:") and "##" not in text
        if is_plain and "::" in text:
            is_plain = not text.startswith("::") and " ::" not in text and "\n::" not in text
        if is_plain:
            return text
    return "\n".join(map(printable, text.split("\n")))


def printable_json(document: str) -> str:
    r"""Return a JSON document that reads the same, in which no CI system finds a command.

    Args:
        document: Of ASCII, as `json` makes it. A ``#`` can only be inside of a string in it.
    """
    return document.replace("##", r"\u0023\u0023")


def shorten(text: str, *, at_most: int) -> str:
    """Cut a text to `at_most` characters; the last one is then an ellipsis."""
    return text if len(text) <= at_most else text[: max(0, at_most - 1)] + ELLIPSIS


def cut_with_hash(text: str, *, at_most: int) -> str:
    """Cut a name that is too long, so that names which differ do so still; always in the same way.

    Args:
        text: The name.
        at_most: How long it may be. What counts are UTF-16 units, as in Java and SQL Server: an
            emoji is two of them, and is never cut in half.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * at_most:
        return text
    from hashlib import sha256  # noqa: PLC0415 (nearly no name is so long)

    mark = f" [{sha256(units).hexdigest()[:8]}]"
    kept = units[: 2 * (at_most - len(mark))].decode("utf-16-le", "ignore")
    return kept.rstrip() + mark


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
    """Return a number with its noun: ``1 test``, ``2,000 tests``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def cell_width(text: str) -> int:
    """Return how many columns of a terminal a text takes: letters of East Asia take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 (few texts need it)

    wide = sum(east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(map(bool, map(combining, text)))


def wrapped_words(text: str, *, width: int, indent: int) -> list[str]:
    """Break a line between words; a word that is wider than the terminal stays whole.

    Args:
        text: The line.
        width: How many columns there are.
        indent: How far the lines after the first one stand to the right, where that has room.
    """
    rows = [""]
    for number, word in enumerate(text.split(" ")):
        row = rows[-1] + " " * bool(number) + word
        if cell_width(row) <= width or not rows[-1].strip():
            rows[-1] = row
        else:
            rows.append(" " * max(0, min(indent, width - cell_width(word))) + word)
    return [row.rstrip() for row in rows]
