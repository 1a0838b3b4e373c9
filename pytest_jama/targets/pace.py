"""How fast requests may follow each other, over all threads of one target."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTED_RATE_PER_S = 9.0
"""A little below what Jama's hosting admits for a whole company: ten requests a second.

Source: Jama help, API throttling (January 2026); Jama REST API cookbook, throttling chapter.
"""

_HOSTED_DOMAINS = (".jamacloud.com", ".jamasoftware.net")
_SLOWEST_RATE_PER_S = 2.0
_UNKNOWN_RATE_PER_S = 8.0
_WINDOW_S = 1.0
_RECOVERY = 1.05


def find_rate_per_s(url: str, *, rate: float | str) -> float | None:
    """Return how many requests a second a server may get; None when nothing limits them.

    Args:
        url: Where Jama is.
        rate: The user's limit, or ``auto``: the documented one for hosted servers, none for others.
    """
    if not isinstance(rate, str):
        return float(rate)
    host = (urlsplit(url).hostname or "").lower()
    return HOSTED_RATE_PER_S if host.endswith(_HOSTED_DOMAINS) else None


class Pace:
    """Gives each request its moment, evenly spaced; halves the rate when the server complains.

    Args:
        limit_per_s: At most so many requests a second; None for no limit of our own.
        clock: Seconds that never run backwards.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        limit_per_s: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._limit_per_s = limit_per_s
        self._rate_per_s = limit_per_s
        self._clock = clock
        self._sleep = sleep
        self._next_at = clock()
        self._slowed_at = float("-inf")
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def rate_per_s(self) -> float | None:
        """The requests a second that are admitted now; None for any number."""
        return self._rate_per_s

    def wait_for_turn(self) -> None:
        """Return when the next request may start."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next_at)
            self._next_at = start + (1 / self._rate_per_s if self._rate_per_s else 0.0)
            self._remember(start)
        if start > now:
            self._sleep(start - now)

    def slow_down(self) -> None:
        """Halve the rate, because the server said that there were too many requests.

        Further complaints within a second answer the same burst and change nothing.
        """
        with self._lock:
            now = self._clock()
            if now - self._slowed_at < _WINDOW_S:
                return
            self._slowed_at = now
            current = self._rate_per_s or max(_UNKNOWN_RATE_PER_S, len(self._recent) / _WINDOW_S)
            self._rate_per_s = max(_SLOWEST_RATE_PER_S, current / 2)
            self._next_at = max(self._next_at, now + 1 / self._rate_per_s)

    def speed_up(self) -> None:
        """Recover a little of a lowered rate, because the server took a request."""
        with self._lock:
            if self._rate_per_s is None or self._rate_per_s == self._limit_per_s:
                return
            faster = self._rate_per_s * _RECOVERY
            self._rate_per_s = min(faster, self._limit_per_s) if self._limit_per_s else faster

    def _remember(self, start: float) -> None:
        self._recent.append(start)
        while self._recent[0] <= start - _WINDOW_S:
            self._recent.popleft()
