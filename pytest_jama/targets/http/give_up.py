"""Clocks, the time without a success after which we give up, and the log of what was retried."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.errors import LOGGER
from pytest_jama.core.port import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.core.port import Retry

log = logging.getLogger(LOGGER)

_LATELY_S = 5.0
_SHORTEST_S = 0.001
_WRITTEN_OFF_AT_MOST = 8
_WRITTEN_OFF_AT_LAST = 2


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time, given from outside so that tests need none of it.

    Attributes:
        monotonic: Seconds that never run backwards.
        wall: Seconds since 1970.
        sleep: Waits for some seconds; None for a wait that stopping the connection cuts short.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], object] | None = None


class GiveUp:
    """Knows for how long nothing has succeeded, over all threads.

    Args:
        after_s: After how many seconds to give up.
        clock: Seconds that never run backwards.

    Attributes:
        answer: What the server said last since the last success; empty when it did not answer.
    """

    def __init__(self, after_s: float, clock: Callable[[], float]) -> None:
        self.after_s = after_s
        self.answer = ""
        self._clock = clock
        self._failing_since: float | None = None
        self._succeeded_at = float("-inf")
        self._written_off = 0
        self._lock = threading.Lock()

    def succeeded(self) -> None:
        """Note that the server gave a usable answer."""
        self._succeeded_at = self._clock()
        self._failing_since = None
        self._written_off = 0
        self.answer = ""

    def write_off(self) -> bool:
        """Return whether one request may be given up without giving up the server.

        Returns:
            False when too many were given up since the last success: then it is the server.
        """
        at_most = _WRITTEN_OFF_AT_LAST if self.left_s <= 0 else _WRITTEN_OFF_AT_MOST
        with self._lock:
            self._written_off += 1
            return self._written_off <= at_most

    def failed(self, answer: str = "", *, started_at: float) -> None:
        """Note that an attempt failed.

        Args:
            answer: What the server said; empty when it did not answer.
            started_at: When the attempt started.
        """
        self.answer = answer or self.answer
        if self._failing_since is None:
            self._failing_since = max(started_at, self._succeeded_at)

    @property
    def has_succeeded_lately(self) -> bool:
        """Whether something succeeded before, and not much failed since."""
        return self.failing_for_s < _LATELY_S and self._succeeded_at > float("-inf")

    @property
    def failing_for_s(self) -> float:
        """Seconds since the first attempt that failed after the last success."""
        since = self._failing_since
        return 0.0 if since is None else self._clock() - since

    @property
    def left_s(self) -> float:
        """Seconds until it is time to give up; less than a millisecond is not worth a pause."""
        left_s = self.after_s - self.failing_for_s
        return 0.0 if 0 < left_s < _SHORTEST_S else left_s


class RetryLog:
    """Logs, counts and tells every retry of a connection. Safe to use from several threads.

    Attributes:
        observer: Told each retry, in the thread that makes the request.
    """

    def __init__(self) -> None:
        self.observer = Observer()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requests were made again for each reason."""
        with self._lock:
            return dict(self._counts)

    def note(self, retry: Retry) -> None:
        """Note a retry before the pause that comes before it."""
        log.debug("%s", retry)
        with self._lock:
            self._counts[retry.reason] += 1
        self.observer.retried(retry)
