"""The moment at which each request is sent, over all threads of one target."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_jama.targets.rate import USUAL_RATE_PER_S, Rate

if TYPE_CHECKING:
    from collections.abc import Callable

_HOSTED_DOMAINS = (".jamacloud.com", ".jamasoftware.net")

_MARGIN = 0.01
"""By how much spacings are longer than the rate asks for: what the way to the server varies by."""

_LONGEST_HOLD_S = 60.0
_INSTANT_S = 1e-6


def find_rate_per_s(url: str, *, rate: float | str) -> float | None:
    """Return how many requests a second a server may get; None when nothing limits them.

    Args:
        url: Where Jama is.
        rate: The user's limit, or ``auto``: the documented one for hosted servers, none for others.
    """
    if not isinstance(rate, str):
        return float(rate)
    host = (urlsplit(url).hostname or "").lower()
    return USUAL_RATE_PER_S if host.endswith(_HOSTED_DOMAINS) else None


class Pace:
    """Lets requests go one after the other, evenly spaced, as fast as the server takes them.

    Spacings are measured between the moments at which requests really go, not between those for
    which they were planned: otherwise one that starts late comes too close to the next one for a
    server without a queue.

    Args:
        limit_per_s: At most so many requests a second; None for no limit of our own.
        clock: Seconds that never run backwards.
        sleep: Waits so many seconds; returns True when it was cut short.
    """

    def __init__(
        self,
        limit_per_s: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate = Rate(limit_per_s)
        self._clock = clock
        self._sleep = sleep
        self._next_at = float("-inf")
        self._hold_until = float("-inf")
        self._turn = threading.Lock()
        self._lock = threading.Lock()

    @property
    def rate_per_s(self) -> float | None:
        """The requests a second that are sent now; None for any number."""
        return self._rate.per_s

    def wait_for_turn(self) -> float:
        """Return when the next request may be sent.

        Returns:
            The moment, to be told to `admitted` or `refused`.
        """
        with self._turn:
            # The rate may fall while somebody waits: then there is more to wait for.
            while (wait_s := self._find_wait_s()) > _INSTANT_S:
                if self._sleep(wait_s):
                    break
            with self._lock:
                return self._take_slot()

    def admitted(self, sent_at: float) -> None:
        """Note that a request was not throttled, however else it was answered."""
        with self._lock:
            self._rate.admitted(sent_at, now=self._clock())

    def refused(self, sent_at: float, *, asked_s: float | None = None) -> None:
        """Note that the server said that there were too many requests.

        Args:
            sent_at: When the request was sent.
            asked_s: How long the server asks us to wait; None when it does not say.
        """
        with self._lock:
            now = self._clock()
            self._rate.refused(sent_at, now=now)
            if asked_s:
                self._hold_until = max(self._hold_until, now + min(asked_s, _LONGEST_HOLD_S))

    def find_pause_s(self) -> float | None:
        """Return for how long a refused request steps back; None when requests are not paced.

        It is a random part of a spacing, so that several sessions do not keep meeting.
        """
        per_s = self._rate.per_s
        return None if per_s is None else random.uniform(0, 1 / per_s)  # noqa: S311 - no secret

    def _find_wait_s(self) -> float:
        with self._lock:
            return max(self._next_at, self._hold_until, self._rate.hold_until) - self._clock()

    def _take_slot(self) -> float:
        """Use the present moment, and plan the next one; a late start is made up for but a bit."""
        now = self._clock()
        per_s = self._rate.per_s
        if per_s is not None:
            margin_s = _MARGIN / per_s
            self._next_at = max(self._next_at, now - margin_s) + 1 / per_s + margin_s
        return now
