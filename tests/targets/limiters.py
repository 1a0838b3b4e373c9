"""Throttles of servers, each a callable that says whether a request that arrives is admitted."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_jama.targets.jama.connect import JAMA

if TYPE_CHECKING:
    from pytest_jama.targets.http.pace import Pace

Limiter = Callable[[float], bool]
"""Given the time of an arrival in seconds, says whether it is admitted."""


def draining_queue(rate_per_s: float, queue: float) -> Limiter:
    """As Jama documents it: a queue that drains steadily; who finds it full is refused."""
    level, last = 0.0, -math.inf

    def admits(now: float) -> bool:
        nonlocal level, last
        level = max(0.0, level - (now - last) * rate_per_s)
        last = now
        if level + 1 > queue + 1e-9:
            return False
        level += 1
        return True

    return admits


def spacing(rate_per_s: float) -> Limiter:
    """Two requests must not come closer than the rate says: a bucket with one token."""
    return draining_queue(rate_per_s, 1)


def sliding_window(count: int, window_s: float = 1.0) -> Limiter:
    """At most so many in any second, without a queue."""
    admitted: deque[float] = deque()

    def admits(now: float) -> bool:
        while admitted and admitted[0] <= now - window_s:
            admitted.popleft()
        if len(admitted) >= count:
            return False
        admitted.append(now)
        return True

    return admits


def fixed_window(count: int, window_s: float = 1.0) -> Limiter:
    """At most so many in each second of the server's clock; the refused ones count, too."""
    window, seen = -1, 0

    def admits(now: float) -> bool:
        nonlocal window, seen
        if window != int(now // window_s):
            window, seen = int(now // window_s), 0
        seen += 1
        return seen <= count

    return admits


@dataclass
class Rehearsal:
    """An upload in time that takes none: threads that send through a pace to a throttle.

    Attributes:
        pace: Says when each request goes.
        admits: The throttle.
        threads: How many requests are under way at most.
        latency_s: How long an answer takes, the way to the server and back included.
        refusal_s: The same of a refusal, if it takes less: a server has no work with it.
    """

    pace: Callable[..., Pace]
    admits: Limiter
    threads: int = 8
    latency_s: float = 0.01
    refusal_s: float = math.inf
    now: float = 1_000.0
    refused: int = 0
    answers: list[tuple[float, int, float, bool]] = field(default_factory=list)

    def send(self, count: int) -> float:
        """Send so many requests, each until it is admitted; return the seconds it took."""
        pace = self.pace(facts=JAMA, clock=lambda: self.now, sleep=self._pass)
        start, left, number = self.now, count, 0
        while left or self.answers:
            while left and len(self.answers) < self.threads:
                sent_at = pace.wait_for_turn()
                left -= 1
                number += 1
                refusal_s = min(self.latency_s, self.refusal_s)
                is_admitted = self.admits(self.now + refusal_s / 2)
                answered_at = self.now + (self.latency_s if is_admitted else refusal_s)
                heapq.heappush(self.answers, (answered_at, number, sent_at, is_admitted))
                self._hear(pace)
            answered_at = self.answers[0][0] if self.answers else self.now
            self.now = max(self.now, answered_at)
            left += self._hear(pace)
        return self.now - start

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def _hear(self, pace: Pace) -> int:
        """Take in the answers that have arrived; return how many requests are to be repeated."""
        refusals = 0
        while self.answers and self.answers[0][0] <= self.now:
            _, _, sent_at, is_admitted = heapq.heappop(self.answers)
            if is_admitted:
                pace.admitted(sent_at)
            else:
                pace.refused(sent_at)
                refusals += 1
        self.refused += refusals
        return refusals
