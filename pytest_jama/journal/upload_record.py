"""What a journal tells of its uploads, line by line, for reports and for whoever checks them.

`read` has what an upload needs to go on; this has what was said to the server, and its answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.journal.lines import JournalLine


@dataclass(slots=True)
class UploadRecord:
    """One upload of a journal: that of the session itself, or of `pytest-jama upload`.

    Attributes:
        begun: The line that begins it: `session` or `upload`.
        place: The last `place` line; None when it did not get so far.
        updates: The `update` lines by their key.
        receipts: The last `receipt` line of each key.
        files: The `file` lines, in their order.
        end: Its `end` line; None when it broke off.
    """

    begun: Mapping[str, Any]
    place: Mapping[str, Any] | None = None
    updates: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    receipts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    files: list[Mapping[str, Any]] = field(default_factory=list)
    end: Mapping[str, Any] | None = None

    @property
    def cycle_id(self) -> int | None:
        """The API ID of the cycle that it came to; None when it did not get so far."""
        cycle = (self.place or {}).get("cycle")
        return cycle if isinstance(cycle, int) else None


def read_uploads(file: BinaryIO) -> tuple[UploadRecord, ...]:
    """Read what a journal tells of its uploads, in their order; what is damaged is passed over.

    Args:
        file: The journal, opened at its start, which `read_journal` could read.

    Raises:
        OSError: When it cannot be read.
    """
    uploads: list[UploadRecord] = []
    for line in _lines(file):
        kind = line.get("line")
        if kind in ("session", "upload"):
            uploads.append(UploadRecord(line))
        elif uploads:
            _take(uploads[-1], kind, line)
    return tuple(uploads)


def _take(upload: UploadRecord, kind: object, line: JournalLine) -> None:
    if kind == "place":
        upload.place = line
    elif kind == "end":
        upload.end = line
    elif kind == "file":
        upload.files.append(line)
    elif kind in ("update", "receipt"):
        key = str(line.get("key", line.get("run")))
        (upload.updates if kind == "update" else upload.receipts)[key] = line


def _lines(file: BinaryIO) -> Iterator[JournalLine]:
    for raw in file:
        if raw.startswith(_OF_TESTS):
            continue  # most lines of a journal, and none of an upload
        try:
            line = json.loads(raw.strip(b"\0\r\n\t \xef\xbb\xbf"))
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            yield line


_OF_TESTS = tuple(
    f'{{"line":"{kind}"'.encode("ascii") for kind in ("collected", "result", "verdict")
)
