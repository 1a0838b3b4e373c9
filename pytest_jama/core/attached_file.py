"""A file that is evidence of a test, and what became of it at a server. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class AttachedFile(NamedTuple):
    """A file of one test; its content is kept beside the journal, by its hash.

    Attributes:
        name: What people call it: its file name, or what the test called it.
        sha256: The SHA-256 of the content as it is kept, in hexadecimal.
        size: Bytes of that content.
        media_type: Its kind: ``image/png``, ``text/plain``.
        step: The step of the test's cases that it belongs to; None for the whole test.
        redacted: How many passages of its text are hidden, since they look like secrets.
    """

    name: str
    sha256: str
    size: int
    media_type: str
    step: int | None = None
    redacted: int = 0


def why_too_large(size: int, *, before: int, max_file: int, max_run: int) -> str:
    """Return why a file is too large to be kept; empty when it is not.

    Args:
        size: Its bytes.
        before: The bytes of the files that its test has already.
        max_file: The most bytes of a file.
        max_run: The most bytes of all files of a test.
    """
    if size > max_file:
        return f"its {size:,} bytes are more than evidence.max_file allows ({max_file:,})"
    if before + size > max_run:
        return (
            f"with its {size:,} bytes the files of the test are larger than evidence.max_run "
            f"allows ({max_run:,})"
        )
    return ""


def log_part(title: str, text: str) -> str:
    """Return a part of the log of a test: what failed, or what it printed; empty for no text."""
    return f"----- {title} -----\n{text.rstrip()}" if text.strip() else ""


def log_text(test_id: str, parts: Iterable[str]) -> str:
    """Return the log of a test, each part once; empty without any.

    Args:
        test_id: The test.
        parts: See `log_part`.
    """
    said = dict.fromkeys(filter(None, parts))
    return "\n\n".join((test_id, *said, "")) if said else ""


class FileState(str, Enum):
    """How far a file got at the server."""

    BEGUN = "begun"
    """The object that shall hold it is going to be created: whether it is, is not known yet."""
    CREATED = "created"
    """The object that shall hold it is there, and has an ID."""
    STORED = "stored"
    """The object has the content."""
    ATTACHED = "attached"
    """It belongs to a run or plan."""
    REFUSED = "refused"
    """The server does not take it."""


PLAN_PLACE = "plan "
"""What the place of a file begins with that belongs to a test plan; its ID follows."""


class FileReceipt(NamedTuple):
    """What became of a file at the server; of several of one file and place the last one counts.

    Attributes:
        sha256: The SHA-256 of its content.
        name: The name that it has there.
        state: How far it got.
        attachment: The ID of the object that holds it; None while it has none.
        place: What it is attached to: `Update.key` of a run, ``plan 20494``; empty before.
        error: Why it was refused; empty otherwise.
        server: The URL of the server; empty for the one of this upload.
        at: When that was, in seconds since 1970; None for now.
    """

    sha256: str
    name: str
    state: FileState
    attachment: int | str | None = None
    place: str = ""
    error: str = ""
    server: str = ""
    at: float | None = None
