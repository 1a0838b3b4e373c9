"""The folder of the journals: names of files, what is kept."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

FINISHED_KEPT = 10
"""How many finished journals are kept, the newest; unfinished ones are never removed."""

_TAIL_BYTES = 4096


def prepare_folder(folder: Path) -> None:
    """Create the folder of the journals, ignored by git.

    Raises:
        OSError: When it cannot be created or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def new_journal_path(folder: Path, started: datetime) -> Path:
    """Return a file name that no other session uses: ``20261122T043016Z-9f2c1ab0.jsonl``.

    Args:
        folder: The folder of the journals.
        started: When the session started, in UTC.
    """
    return folder / f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"


def is_finished(path: Path) -> bool:
    """Tell whether the last line of a journal says that nothing is left to send.

    Raises:
        OSError: When the file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        # A machine that lost its power may leave a tail of NUL bytes.
        last = file.read().rstrip(b"\0\r\n").rpartition(b"\n")[2]
    try:
        line = json.loads(last)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, dict) and line.get("line") == "end" and line.get("finished") is True


def remove_old_journals(folder: Path, *, keep: int = FINISHED_KEPT) -> None:
    """Remove finished journals but for the newest.

    Another session may be removing the same ones at the same time.

    Args:
        folder: The folder of the journals.
        keep: How many finished journals stay.

    Raises:
        OSError: When the folder cannot be read or a file cannot be removed.
    """
    finished = [path for path in sorted(folder.glob("*Z-*.jsonl")) if _is_finished_if_there(path)]
    for path in finished[: max(0, len(finished) - keep)]:
        path.unlink(missing_ok=True)


def _is_finished_if_there(path: Path) -> bool:
    try:
        return is_finished(path)
    except FileNotFoundError:
        return False
