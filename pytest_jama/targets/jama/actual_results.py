"""Actual results of runs and steps: what we say on top, what others wrote kept below it. Pure.

An account of ours ends with the name of its session and a checksum of its text. They tell it from
what people wrote, or changed in it, however Jama rewrites the HTML: only letters and digits count.
"""

from __future__ import annotations

import hashlib
import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama import __version__
from pytest_jama.core.text import clean, unescaped, visible
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.inline_images import fitting_images, without_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

ACCOUNT_SIZE = 8_000
"""Characters of the account of one session; Jama's own limit is not documented."""

RESULTS_SIZE = 16_000
"""Characters of an account together with the earlier entries below it."""

STEP_RESULT_SIZE = 2_000
"""Characters of what one session says of a step."""

STEP_RESULTS_SIZE = 4_000
"""Characters of the actual result of a step together with earlier ones."""

_BREAK = "<br />"
_SPACE = "&nbsp;"
_TAB = _SPACE * 4
_PARAGRAPH = ("<p>", "</p>")
_MARK_SIZE = 50
_CHECKSUM_SIZE = 8
_READ_LATELY = 1_024  # texts: the end of a session looks at each several times


class StoredEntry(NamedTuple):
    """One of several texts in the same field.

    Attributes:
        html: The text as it is stored.
        over: The line above it that says when and by what it was replaced; empty for the first.
    """

    html: str
    over: str = ""

    @property
    def is_rich(self) -> bool:
        """Whether it begins as rich text does; an account in plain text begins with its status."""
        return self.html.lstrip().startswith("<")


class OwnAccount(NamedTuple):
    """An entry that pytest-jama wrote and nobody changed.

    Attributes:
        status: The status that it explains.
        session: The session that wrote it; empty in accounts of version 0.1.
        text: Its words.
    """

    status: str
    session: str
    text: str


_GAP = r"(?:\s|&nbsp;|&#160;|\xa0)+"
_OVER = re.compile(
    r"(?:<(?P<tag>p|div)\b[^<>]*>\s*)?"
    + r"replaced \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by pytest-jama".replace(" ", _GAP)
    + r"[^<>\n]{1,80}?"
    + "earlier entry:".replace(" ", _GAP)
    + r"(?(tag)\s*</(?:p|div)>)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"session (\S+), checksum ([0-9a-f]{8})$")
_STATUS = re.compile(rf"({'|'.join(Verdict.__members__)}): ")
_UNSIGNED = re.compile(r"<p>[A-Z_]+: pytest-jama \S+, (?:(?! UTC)[^<])* UTC(?:[^<]|<br\s*/?>)*</p>")
"""An account of version 0.1."""
_TAG = re.compile(r"<[a-zA-Z/!?](?:\"[^\"]*\"|'[^']*'|[^'\"<>])*>")
_LINE_END = re.compile(r"[ \r\n]*<br\s*/?>[ \r\n]*", re.IGNORECASE)
_EMPTY = re.compile(r"(?:</?(?:p|div|span|br)\b[^<>]*>|&nbsp;|&#160;|\s)*")


def over_line(now: datetime) -> str:
    """Return the line above an entry that is replaced now.

    Args:
        now: The time in UTC.
    """
    return f"replaced {now:%Y-%m-%d %H:%M:%S} UTC by pytest-jama {__version__}; earlier entry:"


@lru_cache(_READ_LATELY)
def read_entries(stored: str) -> tuple[StoredEntry, ...]:
    """Take a stored text apart, the newest entry first; an empty text has none."""
    entries = []
    start, over = 0, ""
    for match in _OVER.finditer(stored):
        entries.append(StoredEntry(stored[start : match.start()], over))
        start, over = match.end(), match[0]
    entries.append(StoredEntry(stored[start:], over))
    return tuple(entry for entry in entries if not _EMPTY.fullmatch(entry.html))


@lru_cache(_READ_LATELY)
def read_account(entry: StoredEntry) -> OwnAccount | None:
    """Return an entry as the account that it is; None for what others wrote or changed."""
    text = words_of(entry.html) if entry.is_rich else " ".join(entry.html.split())
    status = _STATUS.match(text)
    signature = _SIGNATURE.search(text)
    if status and signature and _checksum(text[: signature.start()]) == signature[2]:
        return OwnAccount(status[1], signature[1], text)
    if status and _UNSIGNED.fullmatch(entry.html.strip()):
        return OwnAccount(status[1], "", text)
    return None


def words_of(stored: str) -> str:
    """Return the words of a text that may be HTML, in one line."""
    return " ".join(unescaped(_TAG.sub(" ", stored)).split())


def _letters(text: str) -> str:
    """Return what of a text survives every rewriting: its letters and digits."""
    return "".join(filter(str.isalnum, text)).lower()


def _checksum(text: str) -> str:
    letters = _letters(text).encode("utf-8", "replace")
    return hashlib.sha256(letters).hexdigest()[:_CHECKSUM_SIZE]


def is_in(expected: str, stored: str) -> bool:
    """Return whether one HTML text is a part of another, as far as letters and digits go.

    Only those of ASCII count: databases lose others.
    """
    part, whole = (
        _letters(words_of(text)).encode("ascii", "ignore") for text in (expected, stored)
    )
    return part in whole


def account_html(
    lines: Sequence[str], *, keep: Sequence[str], session: str, images: Sequence[str] = ()
) -> str:
    """Make the HTML of an account.

    Args:
        lines: Plain text, the most important first.
        keep: Those of the lines that are never cut off.
        session: Who signs it.
        images: Tags of images; they are not words, so that nobody misses one that Jama drops.
    """
    shown = fitting_images(images, at_most=ACCOUNT_SIZE // 4)
    signature = html.escape(f"session {session}, checksum ")
    budget = ACCOUNT_SIZE - len(_BREAK) - len(signature) - _CHECKSUM_SIZE
    budget -= len(_BREAK + shown) if shown else 0
    body = rich_text(lines, at_most=budget)
    kept = _BREAK.join(html.escape(_plain(line)) for line in keep)
    if kept not in body:
        before = lines[: lines.index(keep[0])] if keep[0] in lines else lines
        body = _with_line(rich_text(before, at_most=budget - len(_BREAK) - len(kept)), kept)
    signature += _checksum(words_of(body))
    return _with_line(_with_line(body, shown) if shown else body, signature)


def _with_line(paragraph: str, line: str) -> str:
    _, closing = _PARAGRAPH
    return paragraph.removesuffix(closing) + _BREAK + line + closing


def below(entries: Iterable[StoredEntry], over: str) -> str:
    """Return entries as they are kept below a new one.

    Args:
        entries: The newest first.
        over: The line above one that was not replaced before.
    """
    return "".join((entry.over or over) + entry.html for entry in entries)


def with_earlier(new: str, earlier: str, *, at_most: int) -> str:
    """Put a new text above earlier ones; the end of these, which is the oldest, is cut first.

    Args:
        new: HTML that fits.
        earlier: What `below` returned.
        at_most: Characters of the result.
    """
    return new + shorten_html(earlier, at_most=at_most - len(new))


def plain_text(account: str) -> str:
    """Return an account of ours, which is HTML, as plain text with the same checksum."""
    opening, closing = _PARAGRAPH
    body = without_images(account.strip().removeprefix(opening).removesuffix(closing))
    return unescaped(_LINE_END.sub("\n", body)).replace("\xa0", " ")


def plain_earlier(earlier: str) -> str:
    """Return what `below` made, for a field of plain text: our own accounts lose their tags."""
    texts = []
    for entry in read_entries(earlier):
        is_to_change = entry.is_rich and read_account(entry)
        text = plain_text(entry.html) if is_to_change else entry.html
        texts.append(f"\n{words_of(entry.over)}\n" + text.strip("\r\n"))
    return "".join(texts)


def shorten_plain(text: str, *, at_most: int) -> str:
    """Shorten plain text with a mark; nothing in it is taken for a tag."""
    kept = max(0, at_most - len(_mark(0)))
    return text if len(text) <= at_most else text[:kept] + _mark(0)


_UNIT = re.compile(rf"{_TAG.pattern}|&#?\w{{1,32}};|.", re.DOTALL)
_UNIT_OR_COMMENT = re.compile(rf"<!--.*?-->|{_UNIT.pattern}", re.DOTALL)
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_WITHOUT_END = frozenset({"br", "hr", "img", "input", "col", "wbr", "area", "source", "track"})


def shorten_html(text: str, *, at_most: int) -> str:
    """Shorten HTML with a mark, never inside a tag or an entity; what is open is closed.

    Args:
        text: HTML of anybody.
        at_most: Characters of the result.
    """
    if len(text) <= at_most:
        return text
    mark = _mark(0)
    kept: list[str] = []
    opened: list[str] = []
    size = len(mark)
    for unit in _units_of_html(text):
        closed, name = _effect_of(unit, opened)
        after = size + len(unit) + len(name and f"</{name}>")
        after -= sum(len(f"</{each}>") for each in opened[len(opened) - closed :])
        if after > at_most:
            break
        kept.append(unit)
        del opened[len(opened) - closed :]
        opened += [name] if name else []
        size = after
    return "".join(kept) + mark + "".join(f"</{name}>" for name in reversed(opened))


def _units_of_html(text: str) -> Iterator[str]:
    """Yield tags, comments, entities and characters."""
    last = text.rfind("-->") + len("-->")
    last = last if last >= len("-->") else 0  # behind it no comment ends: none is looked for
    for unit in _UNIT_OR_COMMENT.finditer(text[:last]):
        yield unit[0]
    for unit in _UNIT.finditer(text[last:]):
        yield unit[0]


def _effect_of(unit: str, opened: list[str]) -> tuple[int, str]:
    """Return how many open tags a piece of HTML closes, and the name of the one that it opens."""
    tag = _NAME.match(unit)
    if tag is None:
        return 0, ""
    name = tag[2].lower()
    if tag[1]:
        return (opened[::-1].index(name) + 1 if name in opened else 0), ""
    return 0, "" if name in _WITHOUT_END or unit.endswith("/>") else name


def escaped(text: str, *, at_most: int) -> str:
    """Escape a text for HTML and shorten it, never inside an entity.

    Args:
        text: Plain text.
        at_most: Characters of the result, entities included.
    """
    kept, is_cut = _fitting(map(html.escape, _plain(text)), at_most)
    return "".join(kept) + (_mark(0) if is_cut else "")


def rich_text(lines: Sequence[str], *, at_most: int) -> str:
    """Make one HTML paragraph of plain lines; what does not fit is cut off with a visible mark.

    Args:
        lines: Plain text; indentation stays visible.
        at_most: Characters of the result, tags and entities included.
    """
    plain = [_plain(part) for line in lines for part in line.splitlines() or [""]]
    opening, closing = _PARAGRAPH
    room = at_most - len(opening) - len(closing)
    whole = _BREAK.join("".join(_units_of(line)) for line in plain)
    if len(whole) <= room:
        return opening + whole + closing
    kept, _ = _fitting(_units(plain), room)
    return opening + "".join(kept) + _mark(len(plain) - 1 - kept.count(_BREAK)) + closing


def _plain(text: str) -> str:
    """Return a text as its reader is to see it: nothing in it misleads unseen."""
    return visible(clean(text))


def _units(lines: Sequence[str]) -> Iterator[str]:
    """Yield what must not be cut apart: characters, entities, tags."""
    for number, line in enumerate(lines):
        if number:
            yield _BREAK
        indentation, text = _units_of(line)
        yield from re.findall("&[^;]*;", indentation)
        yield from re.findall("&[^;]*;|.", text, re.DOTALL)


def _units_of(line: str) -> tuple[str, str]:
    """Return the HTML of a line: of its indentation and of its text."""
    text = line.lstrip()
    indentation = "".join(
        _TAB if blank == "\t" else _SPACE for blank in line[: len(line) - len(text)]
    )
    return indentation, html.escape(text).replace("\t", _TAB)


def _fitting(units: Iterable[str], at_most: int) -> tuple[list[str], bool]:
    """Return as many units as fit, leaving room for the mark when not all do."""
    kept: list[str] = []
    size = 0
    for unit in units:
        kept.append(unit)
        size += len(unit)
        if size > at_most:
            break
    else:
        return kept, False
    while kept and (size > at_most - _MARK_SIZE or kept[-1] == _BREAK):
        size -= len(kept.pop())
    return kept, True


def _mark(missing_lines: int) -> str:
    noun = "line" if missing_lines == 1 else "lines"
    return f"… (shortened: {missing_lines} more {noun})" if missing_lines else "… (shortened)"
