"""For how long is waited: for what replicas show late, and for lists that do not come to an end.

A server that answers is never given up as one that is out of reach. These are the times for one
that answers without saying what it should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_jama.core.cases import CaseRef, RefKind

SHOWS_LATE_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses before something is read again that may be there, or be changed, and is not shown yet."""

INDEXED_LATE_S = (5.0, 10.0, 15.0, *[30.0] * 5)
"""Pauses before what may be new is searched again: the index lags by 30 s to some minutes."""

_REACH = 10
"""How far a number may be above the highest that is given, for its item to be a new one: a mistyped
number is rarely that near."""

_DIGITS = 18

LEAST_WAIT_S = 12.0
"""Replicas are behind by some seconds, however soon we shall give up; what is sent again too early
may be there twice."""


def within(at_most_s: float, pauses_s: Iterable[float] = SHOWS_LATE_S) -> tuple[float, ...]:
    """Return as many pauses as fit into a time; the last one is cut.

    Args:
        at_most_s: The time, in seconds.
        pauses_s: The pauses.
    """
    kept: list[float] = []
    for pause_s in pauses_s:
        left_s = at_most_s - sum(kept)
        if left_s <= 0:
            break
        kept.append(min(pause_s, left_s))
    return tuple(kept)


def may_be_new(lacking: Iterable[CaseRef], given: Iterable[CaseRef]) -> list[CaseRef]:
    """Return the names whose numbers come next after those that are given.

    Args:
        lacking: Names that lead nowhere.
        given: Names that items have.
    """
    highest: dict[tuple[RefKind, str], int] = {}
    for ref in given:
        series, number = _numbered(ref)
        highest[series] = max(number, highest.get(series, -1))
    new = []
    for ref in sorted(lacking, key=_numbered):
        series, number = _numbered(ref)
        if series in highest and highest[series] < number <= highest[series] + _REACH:
            highest[series] = number
            new.append(ref)
    return new


def _numbered(ref: CaseRef) -> tuple[tuple[RefKind, str], int]:
    """Return a name without its number, and the number; -1 for a name that has none."""
    series, _, digits = ref.text.rpartition("-")
    return (ref.kind, series), int(digits) if digits.isdecimal() and len(digits) <= _DIGITS else -1


class Patience:
    """The time for all that a list has beyond what it announced, and for reading it again.

    Args:
        at_most_s: For how many seconds.
        clock: Seconds that never run backwards.
    """

    def __init__(self, at_most_s: float, clock: Callable[[], float]) -> None:
        self._at_most_s = at_most_s
        self._clock = clock
        self._ends_at: float | None = None

    def starts(self) -> None:
        """Note that from now on, if not before, there is no progress."""
        if self._ends_at is None:
            self._ends_at = self._clock() + self._at_most_s

    @property
    def is_over(self) -> bool:
        """Whether the time is."""
        return self._ends_at is not None and self._clock() >= self._ends_at
