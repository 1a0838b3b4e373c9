"""What became of each update, and the report of a whole upload."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.runs import RunUpdate, Unresolved, UpdatePlan
    from pytest_jama.core.target import Resolution


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


@dataclass(frozen=True, slots=True)
class UploadReport:
    """The outcome of an upload: everything that a summary, a JSON document or an exit code needs.

    Attributes:
        resolution: Where the results went; None when the target could not be used at all.
        plan: The changes to test runs; printed by a dry run, executed otherwise.
        receipts: One for each update; none after a dry run.
        unresolved: Cases with a verdict but without a run.
        warnings: Sentences about things that did not stop the upload.
        stopped: Why the upload could not start or finish; None when it did both.
    """

    resolution: Resolution | None = None
    plan: UpdatePlan | None = None
    receipts: tuple[Receipt, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    warnings: tuple[str, ...] = ()
    stopped: PytestJamaError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything there was to send arrived and reads back as intended."""
        return (
            self.stopped is None
            and not self.unresolved
            and all(receipt.state is SendState.SENT for receipt in self.receipts)
        )
