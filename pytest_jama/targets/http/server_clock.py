"""What time a server says that it is, beside our own."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pytest_jama.targets.http.login import Anonymous

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Response


class DateWatch(Anonymous):
    """No login; compares the time that the server tells with its answer.

    Args:
        clock: Seconds since 1970.

    Attributes:
        ahead_s: By how many seconds the server's clock is ahead; None when it does not tell it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self.ahead_s: float | None = None

    def learn(self, response: Response) -> None:
        """Compare the date of the answer."""
        try:
            told = parsedate_to_datetime(response.headers.get("Date", ""))
            self.ahead_s = round(told.timestamp() - self._clock())
        except (TypeError, ValueError, OverflowError):
            self.ahead_s = None
