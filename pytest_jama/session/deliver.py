"""The end of a session: its verdicts go to the target, the journal and the progress display."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from pytest_jama.core.digest import digest_of
from pytest_jama.core.errors import InterruptedUploadError, PytestJamaError, TargetError
from pytest_jama.core.observer import Observer
from pytest_jama.core.port import Receipt, SendState, UploadReport
from pytest_jama.core.text import first_line
from pytest_jama.journal import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.config import Settings
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.observer import Change
    from pytest_jama.core.port import Resolution, Target
    from pytest_jama.core.runs import RunUpdate, UpdatePlan
    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.hooks.extensions import Extensions
    from pytest_jama.report.progress import Progress


class PriorState(Enum):
    """What is known of an update before it is sent."""

    NEW = "new"
    """Nobody sent it, or nobody knows whether it arrived."""
    ARRIVED = "arrived"
    """An earlier upload brought it there."""
    CHANGED = "changed"
    """An earlier upload brought it there and saw it stored; the run shows something else now."""
    OUTDATED = "outdated"
    """A later session has written to the run."""


def always_new(_: RunUpdate) -> PriorState:
    """Take every update for new: the memory of those who upload for the first time."""
    return PriorState.NEW


def why_unfinished(report: UploadReport | None, troubles: ErrorLog, *, dry_run: bool) -> str:
    """Say why something is left to send; empty when nothing is, as after a dry run."""
    if dry_run:
        return ""
    if report is not None and report.stopped is not None:
        return str(report.stopped)
    if report is not None and not report.is_complete:
        return "not everything was accepted"
    return str(troubles.first or "")


class Delivery(Observer):
    """One upload, as far as it got.

    Args:
        settings: All settings.
        extensions: Who makes the target.
        troubles: Told of errors that nobody expected.
        write: Appends a line to the journal.
        progress: Shows how far the upload is.
        before_progress: Called just before the progress display begins.
        recall: Knows what earlier uploads sent.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        extensions: Extensions,
        troubles: ErrorLog,
        write: Callable[[lines.JournalLine], None],
        progress: Progress,
        before_progress: Callable[[], None],
        recall: Callable[[RunUpdate], PriorState] = always_new,
    ) -> None:
        self._settings = settings
        self._extensions = extensions
        self._troubles = troubles
        self._write = write
        self._progress = progress
        self._before_progress = before_progress
        self._recall = recall
        self._has_progress = False
        self._so_far = UploadReport()
        self._receipts: dict[int, Receipt] = {}

    def run(self, judgement: Judgement, *, provenance: str, dry_run: bool) -> UploadReport:
        """Upload; whatever happens, return what is known of it.

        Args:
            judgement: The verdicts of the session.
            provenance: One line for the account of each run.
            dry_run: Only read, and report what would be done.
        """
        try:
            return upload(
                judgement,
                settings=self._settings,
                extensions=self._extensions,
                observer=self,
                provenance=provenance,
                dry_run=dry_run,
                recall=self._recall,
            )
        except KeyboardInterrupt:
            return self._broken_off(InterruptedUploadError("the upload was interrupted"))
        except Exception as error:  # noqa: BLE001 (ours or an extension's: the session goes on)
            self._troubles.add(error, where="the upload")
            what = f"the upload broke off: {type(error).__name__}: {first_line(str(error))}"
            return self._broken_off(PytestJamaError(what))
        finally:
            self._progress.stop()

    def changed(self, change: Change) -> None:
        """Show a change that prepares the upload."""
        self._start_progress()
        self._progress.prepare(str(change))

    def _start_progress(self) -> None:
        if not self._has_progress:
            self._has_progress = True
            self._before_progress()

    def planned(self, resolution: Resolution, plan: UpdatePlan) -> None:
        """Note the place and the plan in the journal, and begin to show progress."""
        self._so_far = UploadReport(
            resolution=resolution,
            plan=plan,
            unresolved=resolution.unresolved,
            warnings=(*resolution.warnings, *plan.warnings),
        )
        self._write(lines.place_line(resolution))
        for update in plan.updates:
            self._write(lines.update_line(update))
        if plan.updates:
            self._start_progress()
            self._progress.start(len(plan.updates))

    def received(self, receipt: Receipt) -> None:
        """Note a receipt in the journal, and show it."""
        self._receipts[id(receipt.update)] = receipt
        digest = digest_of(receipt.update, server=self._settings.url)
        self._write(lines.receipt_line(receipt, digest=digest))
        self._progress.advance()

    def _broken_off(self, why: PytestJamaError) -> UploadReport:
        """Report what arrived until then; of the rest nobody knows."""
        updates = self._so_far.plan.updates if self._so_far.plan else ()
        unknown = (Receipt(each, SendState.NOT_SENT, error=str(why)) for each in updates)
        receipts = tuple(self._receipts.get(id(each.update), each) for each in unknown)
        return replace(self._so_far, receipts=receipts, stopped=why)


def publish(
    judgement: Judgement,
    target: Target,
    *,
    provenance: str,
    observer: Observer,
    dry_run: bool = False,
    recall: Callable[[RunUpdate], PriorState] = always_new,
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
    plan = target.plan_updates(judgement, resolution, provenance=provenance)
    if recall is not always_new:
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


def leave_out_known(plan: UpdatePlan, recall: Callable[[RunUpdate], PriorState]) -> UpdatePlan:
    """Keep out of a plan what is there already, and what would undo the work of a later hand."""
    memories = [(update, recall(update)) for update in plan.updates]
    left_alone = [
        _LEFT_ALONE[memory](update) for update, memory in memories if memory in _LEFT_ALONE
    ]
    return replace(
        plan,
        updates=tuple(update for update, memory in memories if memory is PriorState.NEW),
        earlier=tuple(update for update, memory in memories if memory in _THERE),
        warnings=(*plan.warnings, *left_alone),
    )


_THERE = frozenset({PriorState.ARRIVED, PriorState.CHANGED})


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


_LEFT_ALONE: Mapping[PriorState, Callable[[RunUpdate], str]] = {
    PriorState.CHANGED: _changed_warning,
    PriorState.OUTDATED: _outdated_warning,
}


def upload(
    judgement: Judgement,
    *,
    settings: Settings,
    extensions: Extensions,
    observer: Observer,
    provenance: str,
    dry_run: bool = False,
    recall: Callable[[RunUpdate], PriorState] = always_new,
) -> UploadReport:
    """Bring a judgement to the configured target.

    Args:
        judgement: The verdicts of the session.
        settings: All settings.
        extensions: Who makes the target and is told of the report.
        observer: Told of the plan and of each receipt.
        provenance: One line for the account of each run: tool, time, commit.
        dry_run: Only read, and report what would be done.
        recall: Knows what earlier uploads sent.

    Returns:
        The report; an empty one when there is nothing to write.
    """
    if not judgement.to_write:
        return UploadReport()
    try:
        target = extensions.make_target()
    except PytestJamaError as error:
        return UploadReport(stopped=error)
    try:
        report = publish(
            judgement,
            target,
            provenance=provenance if settings.run.actual_results else "",
            observer=observer,
            dry_run=dry_run,
            recall=recall,
        )
    finally:
        target.close()
    extensions.upload_finished(report)
    return report
