"""The end of a session: its verdicts go to the target, the journal and the progress display."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.digest import digest_of
from pytest_jama.core.errors import InterruptedUploadError, PytestJamaError
from pytest_jama.core.observer import Observer
from pytest_jama.core.publish import remember_nothing
from pytest_jama.core.receipts import Receipt, SendState
from pytest_jama.core.report import UploadReport
from pytest_jama.core.text import first_line
from pytest_jama.journal import format as lines
from pytest_jama.upload import upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.config import Settings
    from pytest_jama.core.observer import Change
    from pytest_jama.core.publish import Memory
    from pytest_jama.core.runs import RunUpdate, UpdatePlan
    from pytest_jama.core.target import Resolution
    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.extensions import Extensions
    from pytest_jama.progress import Progress
    from pytest_jama.troubles import Troubles


def why_unfinished(report: UploadReport | None, troubles: Troubles, *, dry_run: bool) -> str:
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
        troubles: Troubles,
        write: Callable[[lines.Line], None],
        progress: Progress,
        before_progress: Callable[[], None],
        recall: Callable[[RunUpdate], Memory] = remember_nothing,
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
