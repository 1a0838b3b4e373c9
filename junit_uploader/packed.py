"""Reports in a ``.gz``, up to a cap."""

from __future__ import annotations

import gzip
import zlib
from typing import IO

from junit_uploader.readers.junit.unreadable import UnreadableError

MOST_UNPACKED_BYTES = 2 * 1024**3
"""Most bytes that are taken from a ``.gz``, or from what is no file."""

MOST_RATIO = 300
"""Most bytes that a byte of a ``.gz`` may become, once `FREE_UNPACKED_BYTES` are exceeded.

Real reports shrink to a tenth or a fiftieth; a bomb to less than a thousandth.
"""

FREE_UNPACKED_BYTES = 64 * 1024**2

TOO_MUCH = f"more than {MOST_UNPACKED_BYTES // 1024**2} MB: read it as a file that is not packed"


class UnpackedReport:
    """A ``.gz`` that stops at a cap.

    Args:
        file: The packed bytes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacked = gzip.GzipFile(fileobj=file, mode="rb")
        self._size = 0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes.

        Raises:
            UnreadableError: When the file is damaged, cut off, or a bomb.
        """
        try:
            data = self._unpacked.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            raise UnreadableError(f"damaged .gz: {exc}", is_final=True) from exc
        self._size += len(data)
        if self._size > MOST_UNPACKED_BYTES:
            raise UnreadableError(TOO_MUCH, is_final=True)
        if self._size > FREE_UNPACKED_BYTES and self._size > MOST_RATIO * self._file.tell():
            raise UnreadableError(
                f"grows more than {MOST_RATIO} times when unpacked: a bomb", is_final=True
            )
        return data

    def seek(self, position: int, /) -> int:
        """Go back to the beginning."""
        self._size = 0
        return self._unpacked.seek(position)
