"""Requests that a server gets in their order, although several are under way.

Each one is sent a little after the one before it: the time that an answer takes, divided by the
number of requests under way, so that this costs nothing. What is held up on its way for longer may
change places with its neighbour. Answers in another order show that, and so do later ones that come
faster; then the time between two requests gets longer. It is not waited for when all are answered.

A request that has to be sent again comes late. No other one is sent before it is, and when it fails
once more, none before it is answered: so those that were under way come before it, and few more.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from pytest_jama.core.errors import OutOfReachError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_ALONE = 1
"""So many requests go alone, to see how long an answer takes."""

_NEAR_S = 0.01
"""A server that answers sooner gets one request after the other: there is little to gain."""

_LEAST_S = 0.005
"""Operating systems and servers wake up threads in another order within so many seconds."""

_RECENT = 15
_WIDER = 1.5
_NARROWER = 0.95
_VARIATIONS = 1.5

_LOOKS = 4
"""So often in the time of an answer is looked whether there is still one to wait for."""

_MADE_UP_FOR = 0.25
"""A request that is late may come so much of the time between two nearer to the next one."""


class Turns:
    """The order of some requests, numbered from 0. Safe to use from several threads.

    Each number has to be used, and begun after those that are lower.

    Args:
        at_once: How many are under way at most.
        clock: Seconds that never run backwards.
        sleep: Waits for some seconds.
        apart_s: How many seconds a limit of the rate keeps between two requests anyway.
    """

    def __init__(
        self,
        at_once: int,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        apart_s: float = 0.0,
    ) -> None:
        self._are_apart = apart_s >= _NEAR_S
        self._clock = clock
        self._sleep = sleep
        self._at_once = at_once
        self._begun: dict[int, Turn] = {}
        self._next = 0
        self._gap_s = self._usual_s = 0.0
        self._gaps = 1.0
        self._slot_at = float("-inf")
        self._answers: deque[tuple[int, float]] = deque(maxlen=_RECENT)
        self._ended_by: BaseException | None = None
        self.lock = threading.Lock()

    def turn(self, number: int) -> Turn:
        """Return the turn of a request, which is a context manager for all that is sent of it."""
        return Turn(self, number)

    def begin(self, turn: Turn) -> None:
        """Note that a request is going to be sent."""
        with self.lock:
            self._begun[turn.number] = turn

    def wait(self, turn: Turn) -> None:
        """Wait until a request may be sent.

        Raises:
            BaseException: What has ended another one; nothing else is sent then.
        """
        with self.lock:
            turn.is_late = turn.is_late or turn.number < self._next
            turn.changed.wait_for(lambda: self._ended_by or self._may_go(turn))
            if self._ended_by:
                raise self._ended_by
            now = self._clock()
            self._slot_at = max(self._slot_at + self._gap_s, now - self._gap_s * _MADE_UP_FOR)
        while (pause_s := self._slot_at - self._clock()) > 0 and self._is_any_under_way():
            self._sleep(min(pause_s, max(self._usual_s / _LOOKS, _NEAR_S)))
        with self.lock:
            self._slot_at = min(self._slot_at, self._clock())

    def _is_any_under_way(self) -> bool:
        """Return whether a request has been sent and not been answered: else none is overtaken."""
        with self.lock:
            return any(each.sent_at is not None for each in self._begun.values())

    def _may_go(self, turn: Turn) -> bool:
        if turn.is_late:
            return turn.number == min(self._late())
        if turn.number != self._next or self._late():
            return False
        is_far = len(self._answers) >= _ALONE and self._usual_s >= _NEAR_S
        return (
            is_far or self._are_apart or all(each.sent_at is None for each in self._begun.values())
        )

    def _late(self) -> list[int]:
        """Return the requests that have to be sent again before others are."""
        return [number for number, each in self._begun.items() if each.is_late]

    def sent(self, turn: Turn) -> None:
        """Note that a request has been written: the next one may follow."""
        with self.lock:
            turn.is_late = turn.failures > 1
            turn.sent_at = self._clock()
            # What is written late would else come too close to the next one.
            self._slot_at = max(self._slot_at, turn.sent_at - self._gap_s * _MADE_UP_FOR)
            self._next = max(self._next, turn.number + 1)
            self._wake()

    def failed(self, turn: Turn) -> None:
        """Note that a request has to be sent again."""
        with self.lock:
            turn.is_late = True
            turn.failures += 1
            self._next = max(self._next, turn.number + 1)

    def end(self, turn: Turn, error: BaseException | None) -> None:
        """Note that nothing more is sent of a request.

        Args:
            turn: Its turn.
            error: What it ended with; anything but a refusal ends the others, too.
        """
        with self.lock:
            del self._begun[turn.number]
            self._next = max(self._next, turn.number + 1)
            if error is not None and not isinstance(error, RefusedError):
                self._ended_by = self._ended_by or error
            elif turn.sent_at is not None and not turn.failures:
                self._learn(turn, self._clock() - turn.sent_at)
            self._wake()

    def close(self) -> None:
        """Send nothing that has not been sent yet."""
        with self.lock:
            self._ended_by = self._ended_by or OutOfReachError("stopped")
            self._wake()

    def _wake(self) -> None:
        """Wake up whoever may go now."""
        may_go = (self._next, min(self._late(), default=self._next))
        for number in self._begun if self._ended_by else may_go:
            if number in self._begun:
                self._begun[number].changed.notify()

    def _learn(self, turn: Turn, took_s: float) -> None:
        """Find the time between two requests anew, from an answer that came at once."""
        self._answers.append((turn.number, took_s))
        overtaken = [
            each
            for number, each in self._begun.items()
            if number < turn.number and not each.failures and not each.is_overtaken
        ]
        for each in overtaken:
            each.is_overtaken = True
        self._gaps = min(max(self._gaps * (_WIDER if overtaken else _NARROWER), 1.0), self._at_once)
        took = [each_s for _, each_s in sorted(self._answers)]
        # Only where a later one is faster may it overtake; answers that a queue delays do not.
        faster_s = sorted(before - after for before, after in pairwise(took))
        varies_s = faster_s[-2] if len(faster_s) > 1 else 0.0  # one alone tells little
        self._usual_s = median(took)
        least_s = _LEAST_S if self._usual_s >= _NEAR_S else 0.0
        gap_s = max(self._usual_s / self._at_once, least_s) * self._gaps
        self._gap_s = max(gap_s, _VARIATIONS * varies_s)


class Turn:
    """The place of one request in an order.

    Args:
        turns: The order.
        number: Its number.

    Attributes:
        changed: Tells that it may go, perhaps; its lock is that of the order.
        sent_at: When it was written most recently; None before.
        is_late: Whether others wait until it is sent again; after its second failure, until it is
            answered.
        failures: How often it has to be sent again.
        is_overtaken: Whether a later one was answered before it.
    """

    def __init__(self, turns: Turns, number: int) -> None:
        self._turns = turns
        self.number = number
        self.changed = threading.Condition(turns.lock)
        self.sent_at: float | None = None
        self.is_late = False
        self.failures = 0
        self.is_overtaken = False

    def __enter__(self) -> None:
        self._turns.begin(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._turns.end(self, error)

    def wait(self) -> None:
        """See `Turns.wait`."""
        self._turns.wait(self)

    def sent(self) -> None:
        """See `Turns.sent`."""
        self._turns.sent(self)

    def failed(self) -> None:
        """See `Turns.failed`."""
        self._turns.failed(self)
