"""A server that lets only so many requests a second through."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Literal

from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """429 for more requests than the server lets through and than can wait.

    No second, wherever it begins, sees more than `rate_per_s` requests begin. A request beyond
    that waits in the queue, which drains evenly at the same rate; one that finds the queue full
    is refused at once, and does not count. Without a queue nothing waits.

    Source: Jama REST cookbook: 429 above 10 requests per second and above a queue of 100, until
    the queue has drained. A `Retry-After` header is never mentioned, so it is off by default.

    Attributes:
        rate_per_s: Requests that begin per second, above 0.
        queue: Requests that can wait; with 0 the server is strict.
        retry_after: Form of the `Retry-After` header.
    """

    rate_per_s: float = 10.0
    queue: int = 100
    retry_after: Literal["none", "seconds", "date"] = "none"

    def judge(self) -> Judge:
        """Begin with an empty queue."""
        turns = _Turns(self.rate_per_s)

        def judge(arrival: IncomingRequest) -> Effect:
            wait_s = turns.next_s(arrival.at_s) - arrival.at_s
            if wait_s <= _TICK_S:
                wait_s = 0.0
            elif turns.count_after(arrival.at_s) >= self.queue:
                return self._refusal(arrival.at_s, wait_s=wait_s)
            turns.take(arrival.at_s + wait_s, now_s=arrival.at_s)
            return Effect(delay_s=wait_s) if wait_s > 0 else NO_EFFECT

        return judge

    def _refusal(self, now_s: float, *, wait_s: float) -> Effect:
        """Refuse in the words of a self-hosted server (cookbook, throttling)."""
        whole_s = max(1, math.ceil(wait_s))
        value = {
            "none": None,
            "seconds": str(whole_s),
            "date": formatdate(math.ceil(now_s) + whole_s, usegmt=True),
        }[self.retry_after]
        return Effect(
            name="throttle",
            status=429,
            message="Too many requests were waiting",
            headers=() if value is None else (("Retry-After", value),),
        )


_TICK_S = 1e-6
"""Below this, times since the epoch cannot be told apart reliably."""


class _Turns:
    """When requests begin: the last ones that did, and the ones that wait for it.

    Args:
        rate_per_s: Below 1, one request begins in so many seconds.
    """

    def __init__(self, rate_per_s: float) -> None:
        self._gap_s = 1 / rate_per_s
        self._burst = max(1, math.floor(rate_per_s))
        self._window_s = self._burst * self._gap_s
        self._begins_s: deque[float] = deque()

    def next_s(self, now_s: float) -> float:
        """Return when a request that arrives now can begin."""
        begins = self._begins_s
        earliest_s = now_s
        if len(begins) >= self._burst:
            earliest_s = max(earliest_s, begins[-self._burst] + self._window_s)
        if begins and begins[-1] > now_s:
            earliest_s = max(earliest_s, begins[-1] + self._gap_s)
        return earliest_s

    def count_after(self, now_s: float) -> int:
        """Return how many requests wait."""
        return sum(begin_s > now_s for begin_s in self._begins_s)

    def take(self, begin_s: float, *, now_s: float) -> None:
        """Let a request begin then; forget what can no longer matter."""
        self._begins_s.append(begin_s)
        while len(self._begins_s) > self._burst and self._begins_s[0] <= now_s:
            self._begins_s.popleft()
