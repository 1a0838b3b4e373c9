"""The status bar of a cycle, and how much of a long list a page shows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_jama.sandbox.statuses import BLOCKED, FAILED, INPROGRESS, NOT_RUN, PASSED

_LOOKS = {
    PASSED: ("passed", "✓"),
    FAILED: ("failed", "✗"),
    BLOCKED: ("blocked", "■"),
    INPROGRESS: ("in progress", "◐"),
    NOT_RUN: ("not run", "○"),
}
"""Word and symbol by status, in the order of the bar: colour is never the only sign."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of the bar.

    Attributes:
        start: Runs in the segments before it.
        count: Runs in this one.
    """

    status: str
    word: str
    symbol: str
    start: int
    count: int


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How the runs of a cycle are spread over the statuses."""

    total: int
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The bar in words, for people who do not see it."""
        if not self.total:
            return "no runs"
        parts = ", ".join(f"{segment.count} {segment.word}" for segment in self.segments)
        return f"{self.total} runs: {parts}"


def bar_of(counts: Mapping[str, int]) -> Bar:
    """Lay out a bar; a status without runs has no segment."""
    segments: list[Segment] = []
    start = 0
    for status, (word, symbol) in _LOOKS.items():
        if count := counts.get(status, 0):
            segments.append(
                Segment(status=status, word=word, symbol=symbol, start=start, count=count)
            )
            start += count
    return Bar(total=start, segments=tuple(segments))


def look_of(status: str) -> tuple[str, str]:
    """Return word and symbol of a status."""
    return _LOOKS[status]


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Where in a long list a page is; numbered from 1."""

    number: int
    count: int

    @property
    def previous(self) -> int | None:
        """The page before, or nothing."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page behind, or nothing."""
        return self.number + 1 if self.number < self.count else None


def pages_of(total: int, *, wanted: int, size: int) -> Pages:
    """Find the page nearest to the wanted one."""
    count = max(1, math.ceil(total / size))
    return Pages(number=min(max(wanted, 1), count), count=count)
