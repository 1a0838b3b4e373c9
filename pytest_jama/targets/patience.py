"""Time: the clocks, and for how long failure is borne."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time, given from outside so that tests need none of it.

    Attributes:
        monotonic: Seconds that never run backwards.
        wall: Seconds since 1970.
        sleep: Waits so many seconds; None for a wait that stopping the connection cuts short.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], object] | None = None


class Patience:
    """Knows for how long nothing has succeeded, over all threads.

    Args:
        give_up_after_s: For how long that is borne.
        clock: Seconds that never run backwards.
    """

    def __init__(self, give_up_after_s: float, clock: Callable[[], float]) -> None:
        self._give_up_after_s = give_up_after_s
        self._clock = clock
        self._failing_since: float | None = None

    def succeeded(self) -> None:
        """Note that the server gave a usable answer."""
        self._failing_since = None

    def failed(self, *, started_at: float) -> None:
        """Note that an attempt failed which had started at that time."""
        if self._failing_since is None:
            self._failing_since = started_at

    @property
    def failing_for_s(self) -> float:
        """Seconds since the first attempt that failed after the last success."""
        since = self._failing_since
        return 0.0 if since is None else self._clock() - since

    @property
    def left_s(self) -> float:
        """Seconds until it is time to give up."""
        return self._give_up_after_s - self.failing_for_s
