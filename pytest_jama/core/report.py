"""The report of a whole upload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.receipts import Receipt, SendState

if TYPE_CHECKING:
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.runs import Unresolved, UpdatePlan
    from pytest_jama.core.target import Resolution


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
