"""A summary as it is printed: so many lines, long ones in two, in the width of a terminal. Pure.

Whoever makes a `Line` says all that there is. What of it is shown is decided here, for every
front-end, and nothing else shortens a summary. Keys, test IDs, links and commands are never cut.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import ELLIPSIS, cell_width, printable, wrapped_words
from pytest_jama.report.upload_lines import LABEL_WIDTH, Line, Tone, hint, rest_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

AT_MOST = 20
"""How many lines a summary has that is not verbose, whatever goes wrong."""

SENTENCE = 200
"""How long one line is, in characters; what is longer becomes two, where there is a semicolon."""

NARROWEST = 40
"""Columns; a terminal with fewer is written to as though it had so many."""

_ROWS_OF_ONE = 2
"""How many rows of a terminal the message of a test may fill together with what is before it."""

MORE = "more"
"""The label of the line that counts what others have left out."""

_STAY = frozenset({"plan", "cycle", "build", "sent", "ready", "nothing", "journal", "next"})
"""What a summary is read for: these lines always stay."""

_LAST = frozenset({"journal", "next"})
_UNLIMITED = frozenset({"would"})
"""A dry run is asked for the exact changes: all of them."""

_FEW = 2
"""Of a kind so many lines stay, as long as others have more."""

_WORTH = 3
"""How many rows of others one row of a case is worth: the first thing that people look for."""

_LEAST_FIRST = (
    *("repeated", "marker", "redacted", "task", "done", "earlier", "attached", "narrower"),
    *("replaced", "untouched", "step", "lock", "incomplete", "unlinked", "uncollected"),
    *("unmatched", "warning", "left", "report", "case"),
)
"""What gives way first where not even one line of each kind has room."""


class SummaryRow(NamedTuple):
    """What is printed as one line.

    Attributes:
        text: The line; nothing in it does anything to a terminal or a CI system.
        tone: How it is to be shown.
    """

    text: str
    tone: Tone


class _Entry(NamedTuple):
    """One line of a summary, with what is said of it in lines below.

    Attributes:
        line: The line.
        below: What follows it, such as what to do about it.
        rows: How many rows all of it takes.
        rows_below: How many of these are for what follows.
    """

    line: Line
    below: tuple[str, ...]
    rows: int
    rows_below: int


def laid_out(lines: Iterable[Line], *, verbose: bool, width: int = 0) -> list[SummaryRow]:
    """Return the lines of a summary as they are printed.

    Args:
        lines: All that there is to say.
        verbose: Whether to show all of it.
        width: How many columns the terminal has; 0 where it is not one: then nothing is wrapped.
    """
    width = max(width, NARROWEST) if width else 0
    entries = [_entry_of(line, width) for line in lines]
    if not verbose:
        entries = _fitted(entries, width)
    return [row for entry in _without_repetition(entries) for row in _rows_of(entry, width)]


def wrapped(text: str, *, width: int, indent: int = 0) -> list[str]:
    """Return a line as rows of a terminal, broken between words; as it is without a width.

    Args:
        text: The line.
        width: How many columns there are; 0 for any number.
        indent: How far the rows after the first one stand to the right.
    """
    if not width or cell_width(text) <= width:
        return [text]
    return [printable(row) for row in wrapped_words(text, width=width, indent=indent)]


def _entry_of(line: Line, width: int) -> _Entry:
    first, *below = [line.text] if line.is_exact else _sentences(line)
    line = line._replace(text=first)
    if not below and width and line.spare:
        line = _cut_message(line, width)
    return _measured(line, tuple(below), width)


def _measured(line: Line, below: tuple[str, ...], width: int) -> _Entry:
    alone = _Entry(line, (), 0, 0)
    entry = alone._replace(below=below)
    rows, of_line = (
        sum(_height(row, width) for row in _rows_of(each, width)) for each in (entry, alone)
    )
    return entry._replace(rows=rows, rows_below=rows - of_line)


def _height(row: SummaryRow, width: int) -> int:
    """Return in how many rows a terminal shows one: a link may be wider than it."""
    return max(1, -(-cell_width(row.text) // width)) if width else 1


def _rows_of(entry: _Entry, width: int) -> Iterator[SummaryRow]:
    tone, link = entry.line.tone, entry.line.link
    lines = [entry.line, *(Line("", each, tone) for each in entry.below)]
    if entry.below:  # a link stands behind the last of them
        lines[0], lines[-1] = lines[0]._replace(link=""), lines[-1]._replace(link=link)
    for line in lines:
        text = str(line)
        rows = [text] if line.is_exact else wrapped(text, width=width, indent=LABEL_WIDTH)
        yield from (SummaryRow(each, tone) for each in rows)


def _cut_message(line: Line, width: int) -> Line:
    """Cut the message of a test at the end of a line, where it would fill more than two rows."""
    room = _ROWS_OF_ONE * (width - LABEL_WIDTH) - cell_width(line.text) - len(hint(verbose=False))
    if room >= 0:
        return line
    kept = max(len(line.text) - line.spare, len(line.text) + room)
    text = line.text[:kept].rstrip()
    return line._replace(text=f"{text}{ELLIPSIS}{hint(verbose=False)}", spare=0)


def _sentences(line: Line) -> list[str]:
    """Return a text in lines of its own: where something went wrong, first what, then what to do.

    Those are told apart by the first semicolon. What is too long is broken at the next ones.
    """
    is_bad = line.tone is Tone.BAD
    first, *others = _split(line.text, "; ")
    if not others or not (is_bad or len(line.text) > SENTENCE):
        return _shortened([line.text]) if is_bad else [line.text]
    return _shortened([first, "; ".join(others)] if is_bad else ["; ".join((first, *others))])


def in_two(text: str) -> tuple[str, str]:
    """Return what happened, and what to do about it, which may be empty."""
    what, *remedy = _split(text, "; ")
    return what, "; ".join(remedy)


_MARKS = ("; ", ": ", ", ")


def _shortened(texts: Iterable[str], marks: Sequence[str] = _MARKS) -> list[str]:
    """Break what is longer than a sentence should be: between clauses first, then within them."""
    lines: list[str] = []
    for text in texts:
        if len(text) <= SENTENCE or not marks:
            lines.append(text)
        else:
            mark, *finer = marks
            packed = _packed(_split(text, mark), mark)
            lines += _shortened(packed, finer)
    return lines


def _packed(parts: Sequence[str], mark: str) -> Iterator[str]:
    """Yield parts together, as many as make no more than a sentence."""
    end = mark.strip(" ;")
    joined, *others = parts
    for part in others:
        longer = joined + mark + part
        if len(longer) <= SENTENCE:
            joined = longer
        else:
            yield joined + end
            joined = part
    yield joined


def _split(text: str, mark: str) -> list[str]:
    """Split a text at marks; not inside of brackets, unless these are not closed."""
    parts, start, depth = [], 0, 0
    is_closed = text.count("(") == text.count(")")
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")") if is_closed else 0
        if depth <= 0 and at >= start and text.startswith(mark, at):
            parts.append(text[start:at])
            start = at + len(mark)
    return [*parts, text[start:]]


def _without_repetition(entries: Sequence[_Entry]) -> list[_Entry]:
    """Say only below the last of several like ones what would be said below each of them."""
    kept = []
    for entry, after in zip(entries, (*entries[1:], None), strict=False):
        is_told = after and entry.below and after.line.label == entry.line.label
        if is_told and after and after.below == entry.below:
            entry = entry._replace(below=(), rows=entry.rows - entry.rows_below)  # noqa: PLW2901
        kept.append(entry)
    return kept


def _fitted(entries: Sequence[_Entry], width: int) -> list[_Entry]:
    """Return as many as have room; what is left out is counted."""
    if _count_rows(entries) <= AT_MOST:
        return list(entries)
    kept: list[_Entry] = []
    hidden, of_kind = Counter[str](), Counter[str]()
    most = 1 + 2 * AT_MOST // len({entry.line.label for entry in entries})
    for entry in entries:
        label = entry.line.label
        of_kind[label] += 1
        if entry.line.is_rest or (of_kind[label] > most and label not in _UNLIMITED):
            hidden[label] += entry.line.things
        else:
            kept.append(entry)
    while _count_rows([*kept, *_rest_of(hidden, kept, width)]) > AT_MOST:
        at = _find_least(kept)
        if at is None:
            break
        hidden[kept[at].line.label] += kept[at].line.things
        del kept[at]
    for entry in _rest_of(hidden, kept, width):
        kept.insert(_find_place(entry.line.label, kept), entry)
    return kept


def _find_place(label: str, kept: Sequence[_Entry]) -> int:
    """Return where what is left out is counted: behind its kind, or else near the end."""
    labels = [entry.line.label for entry in kept]
    if label in labels:
        return len(labels) - labels[::-1].index(label)
    return next((number for number, each in enumerate(labels) if each in _LAST), len(labels))


def _find_least(kept: Sequence[_Entry]) -> int | None:
    """Return which line gives way next: the last one of the kind that takes the most room.

    Where there is only one of each kind, it is the one that says least; None when all must stay.
    """
    rows, of_kind = Counter[str](), Counter[str]()
    last: dict[str, int] = {}
    for number, entry in enumerate(kept):
        label = entry.line.label
        if label not in _STAY and label not in _UNLIMITED:
            rows[label] += entry.rows
            of_kind[label] += 1
            last[label] = number
    several = [label for label in last if of_kind[label] > 1]
    if several:
        weight = {label: rows[label] / (_WORTH if label == "case" else 1) for label in several}
        return last[max(several, key=lambda label: (of_kind[label] > _FEW, weight[label]))]
    rank = {label: number for number, label in enumerate(_LEAST_FIRST)}
    return last[min(last, key=lambda label: rank.get(label, len(rank)))] if last else None


def _rest_of(hidden: Mapping[str, int], kept: Sequence[_Entry], width: int) -> list[_Entry]:
    """Return what says how much is left out: a line for each kind, or one for many kinds."""
    tones = {entry.line.label: entry.line.tone for entry in kept}
    if len(hidden) <= _FEW and all(label in tones for label in hidden):
        lines = [rest_line(label, left, tone=tones[label]) for label, left in hidden.items()]
    else:
        counts = ", ".join(f"{label} {left}" for label, left in hidden.items())
        lines = [Line(MORE, counts + hint(verbose=False), Tone.WARNING)]
    return [_measured(line, (), width) for line in lines]


def _count_rows(entries: Sequence[_Entry]) -> int:
    told = _without_repetition(entries)
    return sum(entry.rows for entry in told if entry.line.label not in _UNLIMITED)
