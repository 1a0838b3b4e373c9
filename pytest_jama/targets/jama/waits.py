"""For how long is waited: for what replicas show late, and for lists that do not come to an end.

A server that answers is never given up as one that is out of reach. These are the times for one
that answers without saying what it should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHOWS_LATE_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses before something is read again that may be there, or be changed, and is not shown yet."""

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
