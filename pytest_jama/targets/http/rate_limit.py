"""How many requests a second a server takes, documented or found out from what it refuses.

A throttle may be a queue that drains, a window of a second or a spacing between requests; all it
tells us is 429. The rules:

* While the rate is unlimited a lone refusal changes nothing. With the second one within moments the
  rate becomes what the server took in the last second; what is under way counts until it is
  refused, since refusals come sooner. Where that was as much as the queue of the vendor's hosting
  holds, or too little to tell: the rate of that hosting; less if we were slower than that.
* At a known rate a refusal tells how many the server took in the second before, if these were not
  few. Where the rate was clearly higher it becomes that number.
* Otherwise a lone refusal is jitter and costs a percent, more when they get frequent. Two in a row
  mean that the server is much slower: the rate falls to what it admits, at most by half.
* After a quiet time the rate rises: half-way towards the rate that was refused, or in growing
  strides where none was. A rise that is refused is taken back, and the next quiet time is longer.
* What comes slowly is not refused, as while tests run: a rate that was hardly used does not rise,
  unless there is a limit that it may return to.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_jama.targets.http.request import ServerFacts


SLOWEST_RATE_PER_S = 0.2
"""No upload goes slower than this: `give_up_after` may end it."""

_SLOWEST_START_PER_S = 2.0
"""What an unlimited rate falls to at most; a session at its start sends little anyway."""

_TELLING = 8
"""How many requests within a second tell what the server takes; fewer may be our own slowness."""

WINDOW_S = 1.0
_FORGOTTEN_S = WINDOW_S + 0.02  # the way to the server takes now longer and now shorter
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

_CLEARLY_LESS = 0.85
"""A margin, whole numbers and late starts make a second a little less than the rate everywhere."""


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
        count = min(max(1, int(WINDOW_S * (self._per_s or 0))), _REMEMBERED)
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
        elif (taken_per_s := self._find_taken(sent_at)) < _CLEARLY_LESS * self._per_s:
            self._return(self._per_s, taken_per_s, now)
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
        since = max(refused_at) - WINDOW_S
        taken_at = [at for at in self.taken_at if since < at <= self._burst_until]
        seen_s = max(refused_at) - min(refused_at + taken_at)
        seen_per_s = (len(refused_at) + len(taken_at) - 1) / max(seen_s, 0.01)
        assumed_per_s = min(self._usual_per_s, seen_per_s / 2)
        self._quiet_s = 2 * _QUIET_S
        if _TELLING <= len(taken_at) <= self._usual_queue / 2:
            assumed_per_s = len(taken_at)
            self._quiet_s = _QUIET_WHEN_TOLD_S
        return max(_SLOWEST_START_PER_S, assumed_per_s)

    def _find_taken(self, until: float) -> float:
        """Return how many requests the server took in the second before; infinite if too few."""
        taken = sum(until - _FORGOTTEN_S < at <= until for at in self.taken_at)
        return taken if taken >= _TELLING else math.inf

    def _return(self, per_s: float, taken_per_s: float, now: float) -> None:
        """Go at what the server has taken in a second; what is under way tells nothing more."""
        if per_s > self._sustained_per_s:
            self._take_back(per_s, now)
        self._change(min(taken_per_s, self._sustained_per_s), now)

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
