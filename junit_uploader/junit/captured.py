"""What tests printed and why they failed: texts that wait until there is a journal beside them."""

from __future__ import annotations

import weakref
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.results import Outcome

_KEPT_IN_MEMORY_BYTES = 16 * 1024**2


class WaitingText(NamedTuple):
    """Where a text waits.

    Attributes:
        position: Where it begins, in bytes.
        size: How many bytes it has.
    """

    position: int
    size: int


class CapturedTexts:
    """Keeps texts in a nameless temporary file: a report may have gigabytes of them.

    Args:
        wants: Returns whether the text of a test with this outcome is wanted.
    """

    def __init__(self, wants: Callable[[Outcome], bool]) -> None:
        self.wants = wants
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, text: str) -> WaitingText:
        """Keep a text."""
        content = text.encode("utf-8", "replace")
        if self._file is None:
            from tempfile import SpooledTemporaryFile  # noqa: PLC0415 (imports a lot, few need it)

            self._file = SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES)  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        self._file.seek(self._end)
        self._file.write(content)
        waiting = WaitingText(self._end, len(content))
        self._end += len(content)
        return waiting

    def take(self, waiting: WaitingText) -> str:
        """Return a text that was kept."""
        if self._file is None:
            return ""
        self._file.seek(waiting.position)
        return self._file.read(waiting.size).decode("utf-8")
