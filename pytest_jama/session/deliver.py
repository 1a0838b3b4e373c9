"""From verdicts to a report, through any target; the journal and other observers are told."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import FileState
from pytest_jama.core.errors import InterruptedUploadError, PytestJamaError, TargetError
from pytest_jama.core.plan import Plan, PriorState, Receipt, SendState, UploadReport
from pytest_jama.core.port import Observer, TakesBundles
from pytest_jama.core.text import first_line, without_user_info
from pytest_jama.journal import sending_lines
from pytest_jama.journal.candidates import find_begun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.attached_file import AttachedFile, FileReceipt
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.plan import Change, Findings, Update
    from pytest_jama.core.port import Retry, Target
    from pytest_jama.hooks.extensions import Extensions
    from pytest_jama.journal.lines import JournalLine

    Pack = Callable[[UploadReport, Observer], AttachedFile | None]


class Delivery(Observer):
    """One upload, as far as it got.

    Args:
        extensions: Who makes the target and is told of the report.
        errors: Told of errors that were not expected.
        server: The URL that results go to, for their fingerprints.
        write: Appends a line to the journal.
        observers: Told of everything, too: the progress display.
        prior: Knows what earlier uploads sent; None when there were none.
        pack: Makes the bundle of the session when everything is sent; None for none.
    """

    def __init__(
        self,
        *,
        extensions: Extensions,
        errors: ErrorLog,
        server: str,
        write: Callable[[JournalLine], None],
        observers: Sequence[Observer] = (),
        prior: Callable[[Update], PriorState] | None = None,
        pack: Pack | None = None,
    ) -> None:
        self._pack = pack
        self._extensions = extensions
        self._errors = errors
        self._server = server
        self._write = write
        self._observers = list(observers)
        self._prior = prior
        self._plan: Plan | None = None
        self._receipts: dict[str, Receipt] = {}
        self._repeated: Counter[str] = Counter()
        self._warnings: list[str] = []
        self._attached: list[FileReceipt] = []
        self._counting = Lock()
        self._is_trouble_told = False

    def run(self, findings: Findings, *, dry_run: bool) -> UploadReport:
        """Upload; return what is known of it, whatever happens.

        Args:
            findings: What the session found.
            dry_run: Only read, and report what would be done: no receipts.
        """
        try:
            report = self._upload(findings, dry_run=dry_run)
        except KeyboardInterrupt:
            report = self._broken_off(InterruptedUploadError("the upload was interrupted"))
        except PytestJamaError as error:
            report = self._broken_off(error)
        except Exception as error:  # noqa: BLE001 (ours or an extension's: the session goes on)
            self._errors.add(error, where="the upload")
            what = f"the upload broke off: {type(error).__name__}: {first_line(str(error))}"
            report = self._broken_off(PytestJamaError(what))
        finally:
            self._tell(lambda observer: observer.stopped())
        return self._whole(report)

    def _upload(self, findings: Findings, *, dry_run: bool) -> UploadReport:
        target = self._extensions.make_target()
        try:
            report = self._bring(findings, target, dry_run=dry_run)
        finally:
            target.close()
        if report.plan != Plan() and not findings.prepares:  # then there was nothing to send
            self._extensions.upload_finished(self._whole(report))
        return report

    def _whole(self, report: UploadReport) -> UploadReport:
        """Return a report with what was told while it was made."""
        plan = report.plan
        if plan is not None and self._warnings:
            plan = plan._replace(warnings=(*plan.warnings, *self._warnings))
        with self._counting:
            repeated, attached = tuple(self._repeated.most_common()), tuple(self._attached)
        return report._replace(plan=plan, repeated=repeated, attached=attached)

    def _bring(self, findings: Findings, target: Target, *, dry_run: bool) -> UploadReport:
        """Plan and push; an unusable target is the report's `stopped`, never an exception."""
        try:
            plan = target.plan(findings, create=not dry_run, observer=self)
        except TargetError as error:
            return UploadReport(stopped=error)
        except KeyboardInterrupt:
            why = InterruptedUploadError("interrupted before anything was sent")
            return UploadReport(stopped=why)
        if self._prior is not None:
            plan = leave_out_known(plan, self._prior)
        self.planned(plan)
        receipts = () if dry_run else target.push(plan.updates, observer=self)
        stopped = next((receipt.cause for receipt in receipts if receipt.cause), None)
        report = UploadReport(plan, receipts, stopped)
        return report if dry_run else self._with_bundle(report, target)

    def _with_bundle(self, report: UploadReport, target: Target) -> UploadReport:
        """Let the target keep the bundle of the session, if there is one."""
        if self._pack is None or not isinstance(target, TakesBundles):
            return report
        bundle = self._pack(report, self)
        try:
            if bundle is not None:
                target.keep_bundle(bundle, observer=self)
        except TargetError as error:
            return report._replace(stopped=error)
        return report

    def begins(self, change: Change) -> None:
        """Write it to the journal: when the process ends now, nobody knows what became of it."""
        self._write(sending_lines.creation_line(change, state="begun"))
        self._tell(lambda observer: observer.begins(change))

    def refused(self, change: Change) -> None:
        """Write it to the journal."""
        self._write(sending_lines.creation_line(change, state="refused"))
        self._tell(lambda observer: observer.refused(change))

    def waits(self, why: str) -> None:
        """Tell the observers."""
        self._tell(lambda observer: observer.waits(why))

    def warned(self, text: str) -> None:
        """Keep it for the report."""
        self._warnings.append(text)
        self._tell(lambda observer: observer.warned(text))

    def changed(self, change: Change) -> None:
        """Tell the observers."""
        self._tell(lambda observer: observer.changed(change))

    def planned(self, plan: Plan) -> None:
        """Write the plan to the journal, before anything of it is sent."""
        self._plan = plan
        if plan.places:
            self._write(sending_lines.place_line(plan))
        for update in plan.updates:
            self._write(sending_lines.update_line(update))
        self._tell(lambda observer: observer.planned(plan))

    def received(self, receipt: Receipt) -> None:
        """Write a receipt to the journal."""
        self._receipts[receipt.update.key] = receipt
        self._is_trouble_told = False  # it answers again
        fingerprint = receipt.update.fingerprint(self._server)
        self._write(sending_lines.receipt_line(receipt, fingerprint=fingerprint))
        self._tell(lambda observer: observer.received(receipt))

    def filed(self, receipt: FileReceipt) -> None:
        """Write to the journal how far a file got, so that nobody sends it twice."""
        self._write(sending_lines.file_line(receipt))
        if receipt.state is FileState.ATTACHED:
            with self._counting:
                self._attached.append(receipt)
        self._tell(lambda observer: observer.filed(receipt))

    def _tell(self, what: Callable[[Observer], None]) -> None:
        """Tell the observers; one that breaks is told no more, and the upload goes on."""
        for observer in tuple(self._observers):
            try:
                what(observer)
            except Exception as error:  # noqa: BLE001, PERF203 (a display must not cost results)
                self._observers.remove(observer)
                self._errors.add(error, where="the progress display", costs_nothing=True)

    def retried(self, retry: Retry) -> None:
        """Count a request that is made again; called in the thread that makes it."""
        with self._counting:
            self._repeated[retry.reason] += 1
            why = "" if self._is_trouble_told else describe_trouble(self._server, retry)
            if why:
                self._is_trouble_told = True
                self._tell(lambda observer: observer.troubled(why))

    def _broken_off(self, why: PytestJamaError) -> UploadReport:
        """Report what arrived until then; the fate of the rest is unknown."""
        updates = self._plan.updates if self._plan else ()
        state = SendState.NOT_SENT
        unknown = (Receipt(each, state, error=str(why), cause=why) for each in updates)
        receipts = tuple(self._receipts.get(each.update.key, each) for each in unknown)
        return UploadReport(self._plan, receipts, why)


_TROUBLE = 4
"""A request that is made so often again is worth a line: some seconds have gone by."""


def describe_trouble(server: str, retry: Retry) -> str:
    """Say that a server does not answer, and until when it is tried; empty while that is normal.

    Args:
        server: Its address.
        retry: A request that is made again.
    """
    if retry.is_answered or (not retry.is_unreached and retry.attempt < _TROUBLE):
        return ""
    until = datetime.now().astimezone() + timedelta(seconds=retry.left_s)
    verb = "cannot reach" if retry.is_unreached else "no usable answer from"
    address = without_user_info(server)
    return f"{verb} {address}: {retry.reason}; trying until {until:%H:%M:%S}"


def with_kept(findings: Findings, journals: Sequence[Path], *, any_file: bool = False) -> Findings:
    """Return findings with what their journals keep: unfinished creations, the content of files.

    Args:
        findings: The findings.
        journals: The journals.
        any_file: Whether there will be files besides those of the tests.
    """
    findings = findings._replace(begun={**find_begun(journals), **findings.begun})
    if not any_file and not any(each.files for each in findings.results):
        return findings
    from pytest_jama.journal.file_store import FileStore, find_in  # noqa: PLC0415 (few have any)

    stores = [FileStore.of_journal(path) for path in journals]
    return findings._replace(find_file=lambda sha256: find_in(stores, sha256))


@contextmanager
def environment_of(before: Mapping[str, str]) -> Iterator[None]:
    """Undo what tests did to ``os.environ``: a proxy left there would get credentials.

    Args:
        before: The variables that count inside the ``with`` block; afterwards the others are back.
    """
    now = dict(os.environ)
    _bring_back(before)
    try:
        yield
    finally:
        _bring_back(now)


def _bring_back(wanted: Mapping[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)


def leave_out_known(plan: Plan, prior: Callable[[Update], PriorState]) -> Plan:
    """Leave out of a plan what is there already, and what would undo a later change."""
    states = [(update, prior(update)) for update in plan.updates]
    new = [update for update, state in states if state is PriorState.NEW]
    keys = {update.key for update in new}
    left_alone = [_LEFT_ALONE[state](update) for update, state in states if state in _LEFT_ALONE]
    return plan._replace(
        updates=tuple(new),
        replaced=tuple(each for each in plan.replaced if each.key in keys),
        earlier=tuple(update for update, state in states if state in _THERE),
        warnings=(*plan.warnings, *left_alone),
    )


_THERE = frozenset({PriorState.ARRIVED, PriorState.CHANGED})


def _changed_warning(update: Update) -> str:
    return (
        f"{update.title} shows {update.was}, though {update.will_be} had arrived there: "
        "another user changed it since, so it is left alone"
    )


def _outdated_warning(update: Update) -> str:
    return (
        f"{update.title}: a later session has written {update.was} there, "
        f"so {update.will_be} of the older one is not sent; run the tests again to replace it"
    )


def _uncertain_warning(update: Update) -> str:
    return (
        f"{update.title}: a later session may have written {update.was} there, whose journal lacks "
        f"lines (*.incomplete) or was changed, so {update.will_be} of the older one is not sent; "
        "run the tests again to replace it"
    )


_LEFT_ALONE: Mapping[PriorState, Callable[[Update], str]] = {
    PriorState.CHANGED: _changed_warning,
    PriorState.OUTDATED: _outdated_warning,
    PriorState.UNCERTAIN: _uncertain_warning,
}
