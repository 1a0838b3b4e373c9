"""An observer that notes what it is told, and does something then."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pytest_jama.core.port import Observer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.plan import Change, Receipt
    from pytest_jama.core.port import Retry


class Told(Observer):
    """Notes everything.

    Args:
        then: Called with each change and receipt after it was noted.
    """

    def __init__(self, then: Callable[[Any], None] = lambda _: None) -> None:
        self.changes: list[Change] = []
        self.receipts: list[Receipt] = []
        self.threads: set[int] = set()
        self.retries: list[Retry] = []
        self.begun: list[Change] = []
        self.refusals: list[Change] = []
        self.waited: list[str] = []
        self.warnings: list[str] = []
        self._then = then

    def begins(self, change: Change) -> None:
        self.begun.append(change)

    def refused(self, change: Change) -> None:
        self.refusals.append(change)

    def waits(self, why: str) -> None:
        self.waited.append(why)

    def warned(self, text: str) -> None:
        self.warnings.append(text)

    def changed(self, change: Change) -> None:
        self.changes.append(change)
        self._then(change)

    def retried(self, retry: Retry) -> None:
        self.retries.append(retry)

    def received(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        self.threads.add(threading.get_ident())
        self._then(receipt)
