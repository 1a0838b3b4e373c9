"""The use case: from verdicts to a report, through any target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.errors import InterruptedUploadError, TargetError
from pytest_jama.core.plan import plan_updates
from pytest_jama.core.report import UploadReport
from pytest_jama.core.target import ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_jama.core.receipts import Receipt
    from pytest_jama.core.runs import UpdatePlan
    from pytest_jama.core.target import Resolution, Target
    from pytest_jama.core.verdicts import CaseVerdict


@dataclass(frozen=True, slots=True)
class Observer:
    """Who wants to know how an upload proceeds: the journal and the progress display.

    Attributes:
        changed: Called for each change that prepares the runs, as soon as it is made.
        planned: Called once, after the runs are known and before anything is written into them.
        received: Called for each receipt as soon as the fate of its update is known.
    """

    planned: Callable[[Resolution, UpdatePlan], None]
    received: Callable[[Receipt], None]
    changed: Callable[[str], None] = ignore


def publish(
    verdicts: Sequence[CaseVerdict],
    target: Target,
    *,
    provenance: str,
    observer: Observer,
    dry_run: bool = False,
) -> UploadReport:
    """Bring the verdicts of a session to a target.

    Args:
        verdicts: The verdicts that ask for a change, each case once.
        target: Where they go.
        provenance: One line that opens each account; empty writes no accounts.
        observer: Told of the plan and of each receipt.
        dry_run: Only read, and report what would be done: no receipts.

    Returns:
        The report. An unusable target is its `stopped`, never an exception.
    """
    try:
        resolution = target.resolve(
            [case.case_ref for case in verdicts],
            create=not dry_run,
            on_change=observer.changed,
        )
    except TargetError as error:
        return UploadReport(stopped=error)
    except KeyboardInterrupt:
        return UploadReport(stopped=InterruptedUploadError("interrupted before anything was sent"))
    plan = plan_updates(verdicts, resolution.runs, provenance=provenance)
    observer.planned(resolution, plan)
    receipts = () if dry_run else target.push(plan.updates, on_receipt=observer.received)
    return UploadReport(
        resolution=resolution,
        plan=plan,
        receipts=receipts,
        unresolved=resolution.unresolved,
        warnings=(*resolution.warnings, *plan.warnings),
        stopped=next((receipt.cause for receipt in receipts if receipt.cause), None),
    )
