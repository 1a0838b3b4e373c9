"""How many requests a second a server takes, and the moment at which each one is sent.

`Rate` finds the number, documented or found out from what the server refuses, and is pure; `Pace`
waits and locks, over all threads of one target. A throttle may be a queue that drains, a window of
a second or a spacing between requests; all it tells us is 429. The rules of `Rate`:

* While the rate is unlimited a lone refusal changes nothing. With the second one within moments the
  rate becomes what the server took in the last second; what is under way counts until it is
  refused, since refusals come sooner. Where that was as much as the queue of the vendor's hosting
  holds, or too little to tell: the rate of that hosting; less if we were slower than that.
* At a known rate a lone refusal is jitter and costs a percent, more when they get frequent. Two in
  a row mean that the server is much slower: the rate falls to what it admits, at most by half.
* After a quiet time the rate rises: half-way towards the rate that was refused, or in growing
  strides where none was. A rise that is refused is taken back, and the next quiet time is longer.
* What comes slowly is not refused, as while tests run: a rate that was hardly used does not rise,
  unless there is a limit that it may return to.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.targets.http.request import ServerFacts


SLOWEST_RATE_PER_S = 0.2
"""No upload goes slower than this: `give_up_after` may end it."""

_SLOWEST_START_PER_S = 2.0
"""What an unlimited rate falls to at most; a session at its start sends little anyway."""

_TELLING = 8
"""How many requests within a second tell what the server takes; fewer may be our own slowness."""

_WINDOW_S = 1.0
_FORGOTTEN_S = _WINDOW_S + 0.02  # the way to the server takes now longer and now shorter
_TOGETHER_S = 2.0
_RECENT = 8
_REMEMBERED = 256
_FIRST_STRIDE = 0.05
_LARGEST_STRIDE = 0.5
_QUIET_S = 1.0
_QUIET_WHEN_TOLD_S = 5.0
_LONGEST_QUIET_S = 60.0
_QUIET_REQUESTS = 4
_USED = 0.8
_CLOSE = 1.02

_MARGIN = 0.01
"""By how much spacings are longer than the rate asks for: what the way to the server varies by."""

_LONGEST_HOLD_S = 60.0
_INSTANT_S = 1e-6

_CHANCE = random.Random()  # noqa: S311 - no secret, and tests may have seeded the common one


class Admission(NamedTuple):
    """What became of one request.

    Attributes:
        sent_at: When it was sent.
        is_admitted: Whether it was answered with anything but 429.
    """

    sent_at: float
    is_admitted: bool


class Rate:
    """The requests a second that a server may get now.

    All times are seconds of one clock that never runs backwards.

    Args:
        limit_per_s: Never more than that; None when nothing limits us but the server.
        facts: What is known of the server.
    """

    def __init__(self, limit_per_s: float | None, facts: ServerFacts) -> None:
        self._limit_per_s = limit_per_s
        self._usual_per_s = facts.hosted_rate_per_s
        self._usual_queue = facts.hosted_queue
        self._per_s = limit_per_s
        self._sustained_per_s = limit_per_s or self._usual_per_s
        self._refused_per_s: float | None = None
        self._refused_at: list[float] = []
        self._burst_until = float("-inf")
        self._stride = _FIRST_STRIDE
        self._quiet_s = _QUIET_S
        self._quiet_since = float("-inf")
        self._taken_in_quiet = 0
        self._changed_at = float("-inf")
        self._recent: deque[Admission] = deque(maxlen=_RECENT)
        self.taken_at: deque[float] = deque(maxlen=_REMEMBERED)
        self.hold_until = float("-inf")

    @property
    def per_s(self) -> float | None:
        """Requests a second; None for any number."""
        return self._per_s

    def sent(self, at: float) -> None:
        """Note that a request is on its way; until its answer it counts as taken."""
        self.taken_at.append(at)

    def find_full_until(self, spacing_s: float) -> float:
        """Return until when a second has as many requests as if all were so far apart."""
        count = min(max(1, int(_WINDOW_S * (self._per_s or 0))), _REMEMBERED)
        is_full = len(self.taken_at) >= count
        return self.taken_at[-count] + count * spacing_s if is_full else float("-inf")

    def admitted(self, sent_at: float, *, now: float) -> None:
        """Learn that a request was not throttled."""
        self._note(sent_at, is_admitted=True)
        self._taken_in_quiet += 1
        if self._per_s is None or self._per_s == self._limit_per_s:
            return
        quiet_s = now - self._quiet_since
        if quiet_s >= max(self._quiet_s, _QUIET_REQUESTS / self._per_s):
            if self._limit_per_s or self._taken_in_quiet >= _USED * self._per_s * quiet_s:
                self._rise()
            self._begin_quiet(now)

    def _begin_quiet(self, now: float) -> None:
        self._quiet_since = now
        self._taken_in_quiet = 0

    def refused(self, sent_at: float, *, now: float) -> None:
        """Learn that a request was answered with 429."""
        if sent_at in self.taken_at:
            self.taken_at.remove(sent_at)
        if sent_at < self._changed_at:  # it says nothing about the rate of now
            if self._burst_until == self._changed_at:
                self._refused_at.append(sent_at)
                self._lower(self._measure(), now)
                self._hold()
            return
        self._note(sent_at, is_admitted=False)
        refusals = [outcome for outcome in self._recent if not outcome.is_admitted]
        if self._per_s is None:
            if sum(each.sent_at > sent_at - _TOGETHER_S for each in refusals) > 1:
                self._begin(now)
        elif any(not (one.is_admitted or other.is_admitted) for one, other in self._pairs()):
            self._fall(self._per_s, now)
        elif self._per_s > self._sustained_per_s:
            self._take_back(self._per_s, now)
        else:
            self._lower(self._per_s * (1 - len(refusals) ** 2 / 100), now)

    def forget(self, now: float) -> None:
        """Learn nothing of what was sent by now."""
        self._changed_at = now
        self._recent.clear()

    def _note(self, sent_at: float, *, is_admitted: bool) -> None:
        if sent_at >= self._changed_at:
            self._recent.append(Admission(sent_at, is_admitted))

    def _pairs(self) -> list[tuple[Admission, Admission]]:
        """Return the recent outcomes, each with its successor in the order of sending."""
        return list(pairwise(sorted(self._recent)))

    def _begin(self, now: float) -> None:
        """Limit what was unlimited."""
        self._refused_at = [each.sent_at for each in self._recent if not each.is_admitted]
        self._burst_until = now
        self._change(self._measure(), now)

    def _measure(self) -> float:
        """Return what the server took in the last second of the burst that it refused."""
        refused_at = self._refused_at
        since = max(refused_at) - _WINDOW_S
        taken_at = [at for at in self.taken_at if since < at <= self._burst_until]
        seen_s = max(refused_at) - min(refused_at + taken_at)
        seen_per_s = (len(refused_at) + len(taken_at) - 1) / max(seen_s, 0.01)
        assumed_per_s = min(self._usual_per_s, seen_per_s / 2)
        self._quiet_s = 2 * _QUIET_S
        if _TELLING <= len(taken_at) <= self._usual_queue / 2:
            assumed_per_s = len(taken_at)
            self._quiet_s = _QUIET_WHEN_TOLD_S
        return max(_SLOWEST_START_PER_S, assumed_per_s)

    def _fall(self, per_s: float, now: float) -> None:
        """Go down to what the server admits, by no more than half at once."""
        first, *_, last = sorted(self._recent)
        admitted = sum(outcome.is_admitted for outcome in self._recent)
        seen_per_s = admitted / max(last.sent_at - first.sent_at, 1 / per_s)
        self._refused_per_s = per_s
        self._change(max(per_s / 2, min(seen_per_s, per_s * 0.9)), now)

    def _take_back(self, per_s: float, now: float) -> None:
        """Return to the rate that was sustained, and wait longer before the next rise."""
        self._refused_per_s = per_s
        self._stride = _FIRST_STRIDE
        self._quiet_s = min(_LONGEST_QUIET_S, 2 * self._quiet_s)
        self._recent.clear()
        self._lower(self._sustained_per_s, now)

    def _lower(self, per_s: float, now: float) -> None:
        self._per_s = max(SLOWEST_RATE_PER_S, per_s)
        self._sustained_per_s = self._per_s
        self._begin_quiet(now)

    def _change(self, per_s: float, now: float) -> None:
        """Lower the rate for good reason: what is under way belongs to the old one.

        A server that counts the requests of a second gets the time to forget the latest ones.
        """
        self._lower(per_s, now)
        self.forget(now)
        self._hold()

    def _hold(self) -> None:
        at_once = max(1, round(self._sustained_per_s))
        if len(self.taken_at) >= at_once:
            self.hold_until = max(self.hold_until, self.taken_at[-at_once] + _FORGOTTEN_S)

    def _rise(self) -> None:
        per_s = self._per_s or self._usual_per_s
        self._sustained_per_s = per_s
        if self._refused_per_s and self._refused_per_s > per_s * _CLOSE:
            per_s = (per_s + self._refused_per_s) / 2
        else:
            per_s *= 1 + self._stride
            self._stride = min(_LARGEST_STRIDE, 2 * self._stride)
            self._quiet_s = max(_QUIET_S, self._quiet_s / 2)
        self._per_s = min(per_s, self._limit_per_s) if self._limit_per_s else per_s


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
            if self._makes_up and sent_at - self._made_up_at < _WINDOW_S:
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
        self._due_at = max(self._due_at, now - _WINDOW_S if taken_at else now) + spacing_s
        return max(self._due_at, now + spacing_s / 2)
