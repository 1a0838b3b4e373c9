"""The moment at which each request is sent, over all threads of one target."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from pytest_jama.targets.http.rate_limit import WINDOW_S, Rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.targets.http.request import ServerFacts

_MARGIN = 0.01
"""By how much spacings are longer than the rate asks for: what the way to the server varies by."""

_LONGEST_HOLD_S = 60.0
_INSTANT_S = 1e-6

_CHANCE = random.Random()  # noqa: S311 - no secret, and tests may have seeded the common one


class Pace:
    """Lets requests go one after the other, evenly spaced, as fast as the server takes them.

    What starts late, or waits for the answer of the one before, is made up for: requests go at up
    to twice the rate, while no second gets more of them than if all were evenly spaced. The first
    refusal ends this for good, since a server may want a spacing between any two. From then on
    spacings are measured between the moments at which requests really go, not between those for
    which they were planned: otherwise one that starts late would come too close to the next one.

    Args:
        limit_per_s: How many requests a second at most; None for no limit of our own.
        facts: What is known of the server.
        clock: Seconds that never run backwards.
        sleep: Waits for some seconds; returns True when it was cut short.
    """

    def __init__(
        self,
        limit_per_s: float | None,
        *,
        facts: ServerFacts,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate = Rate(limit_per_s, facts)
        self._clock = clock
        self._sleep = sleep
        self._next_at = float("-inf")
        self._hold_until = float("-inf")
        self._makes_up = True
        self._made_up_at = self._due_at = float("-inf")
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
            # The rate may fall while a thread waits: then it waits longer.
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
            if self._makes_up and sent_at - self._made_up_at < WINDOW_S:
                self._rate.forget(now)
            else:
                self._rate.refused(sent_at, now=now)
            self._makes_up = False
            if asked_s:
                self._hold_until = max(self._hold_until, now + min(asked_s, _LONGEST_HOLD_S))

    def find_pause_s(self) -> float | None:
        """Return for how long a refused request steps back; None when requests are not paced.

        It is a random part of a spacing, so that several sessions do not keep meeting.
        """
        per_s = self._rate.per_s
        return None if per_s is None else _CHANCE.uniform(0, 1 / per_s)

    def _find_wait_s(self) -> float:
        with self._lock:
            return max(self._next_at, self._hold_until, self._rate.hold_until) - self._clock()

    def _take_slot(self) -> float:
        """Use the present moment, and plan the next one."""
        now = self._clock()
        per_s = self._rate.per_s
        if per_s is None:
            self._rate.sent(now)
            return now
        spacing_s = (1 + _MARGIN) / per_s
        if self._makes_up:
            next_at = self._make_up(now, spacing_s)
        else:  # a late start is hardly made up for
            next_at = max(self._next_at, now - _MARGIN / per_s) + spacing_s
        self._rate.sent(now)
        self._next_at = max(next_at, self._rate.find_full_until(spacing_s))
        return now

    def _make_up(self, now: float, spacing_s: float) -> float:
        """Return when the request behind that of now may go while it is behind its time."""
        taken_at = self._rate.taken_at
        if taken_at and now < taken_at[-1] + spacing_s - _INSTANT_S:
            self._made_up_at = now
        self._due_at = max(self._due_at, now - WINDOW_S if taken_at else now) + spacing_s
        return max(self._due_at, now + spacing_s / 2)
