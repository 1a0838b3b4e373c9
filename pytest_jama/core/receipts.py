"""What became of each update."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.runs import RunUpdate


class SendState(str, Enum):
    """What became of one update."""

    SENT = "sent"
    REFUSED = "refused"
    """The target answered with a refusal; other updates are not affected."""
    LOCKED = "locked"
    """Somebody has locked the run; it was left alone."""
    MISMATCH = "mismatch"
    """Sent and accepted, but the run reads back with another status."""
    UNVERIFIED = "not read back"
    """Sent and accepted, but the run could not be read back."""
    NOT_SENT = "not sent"
    """The upload stopped before it, or nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one update.

    Attributes:
        update: The update.
        state: What became of it.
        attempts: How many requests were made for it.
        error: Why it is not simply sent; empty otherwise.
        cause: What ended the whole upload here; None when only this update is concerned.
    """

    update: RunUpdate
    state: SendState
    attempts: int = 1
    error: str = ""
    cause: PytestJamaError | None = None
