"""The use case: from verdicts to a report, through any target."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from pytest_jama.core.errors import InterruptedUploadError, TargetError
from pytest_jama.core.plan import plan_updates
from pytest_jama.core.report import UploadReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.core.observer import Observer
    from pytest_jama.core.runs import RunUpdate, UpdatePlan
    from pytest_jama.core.target import Target
    from pytest_jama.core.verdicts import Judgement


class Memory(Enum):
    """What is known of an update before it is sent."""

    NEW = "new"
    """Nobody sent it, or nobody knows whether it arrived."""
    ARRIVED = "arrived"
    """An earlier upload brought it there."""
    CHANGED = "changed"
    """An earlier upload brought it there and saw it stored; the run shows something else now."""
    OUTDATED = "outdated"
    """A later session has written to the run."""


def remember_nothing(_: RunUpdate) -> Memory:
    """Take every update for new: the memory of those who upload for the first time."""
    return Memory.NEW


def publish(
    judgement: Judgement,
    target: Target,
    *,
    provenance: str,
    observer: Observer,
    dry_run: bool = False,
    recall: Callable[[RunUpdate], Memory] = remember_nothing,
) -> UploadReport:
    """Bring the verdicts of a session to a target.

    Args:
        judgement: The verdicts; those that ask for a change are written.
        target: Where they go.
        provenance: One line that opens each account; empty writes no accounts.
        observer: Told of the plan and of each receipt.
        dry_run: Only read, and report what would be done: no receipts.
        recall: Knows what earlier uploads sent.

    Returns:
        The report. An unusable target is its `stopped`, never an exception.
    """
    try:
        resolution = target.resolve(
            [case.case_ref for case in judgement.to_write],
            aliases=[case.case_ref for case in judgement.possible_aliases],
            create=not dry_run,
            observer=observer,
        )
    except TargetError as error:
        return UploadReport(stopped=error)
    except KeyboardInterrupt:
        return UploadReport(stopped=InterruptedUploadError("interrupted before anything was sent"))
    plan = plan_updates(
        (*judgement.to_write, *judgement.possible_aliases),
        resolution.runs,
        incomplete=judgement.incomplete,
        provenance=provenance,
    )
    if recall is not remember_nothing:
        plan = leave_out_known(plan, recall)
    observer.planned(resolution, plan)
    receipts = () if dry_run else target.push(plan.updates, observer=observer)
    return UploadReport(
        resolution=resolution,
        plan=plan,
        receipts=receipts,
        unresolved=resolution.unresolved,
        warnings=(*resolution.warnings, *plan.warnings),
        stopped=next((receipt.cause for receipt in receipts if receipt.cause), None),
    )


def leave_out_known(plan: UpdatePlan, recall: Callable[[RunUpdate], Memory]) -> UpdatePlan:
    """Keep out of a plan what is there already, and what would undo the work of a later hand."""
    memories = [(update, recall(update)) for update in plan.updates]
    left_alone = [
        _LEFT_ALONE[memory](update) for update, memory in memories if memory in _LEFT_ALONE
    ]
    return replace(
        plan,
        updates=tuple(update for update, memory in memories if memory is Memory.NEW),
        earlier=tuple(update for update, memory in memories if memory in _THERE),
        warnings=(*plan.warnings, *left_alone),
    )


_THERE = frozenset({Memory.ARRIVED, Memory.CHANGED})


def _changed_warning(update: RunUpdate) -> str:
    return (
        f"{update.verdict.case_ref}: {update.run} shows {update.run.status}, though "
        f"{update.status.value} had arrived there: somebody changed it since, so it is left alone"
    )


def _outdated_warning(update: RunUpdate) -> str:
    return (
        f"{update.verdict.case_ref}: a later session has written {update.run.status} to "
        f"{update.run}, so {update.status.value} is not sent; name the journal to send it anyway"
    )


_LEFT_ALONE: Mapping[Memory, Callable[[RunUpdate], str]] = {
    Memory.CHANGED: _changed_warning,
    Memory.OUTDATED: _outdated_warning,
}
