"""From verdicts to a report, through any target; the journal and other observers are told."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import FileState
from pytest_jama.core.errors import InterruptedUploadError, PytestJamaError, TargetError
from pytest_jama.core.plan import Plan, Receipt, SendState, UploadReport
from pytest_jama.core.port import Observer, TakesBundles
from pytest_jama.core.text import first_line
from pytest_jama.journal import sending_lines
from pytest_jama.journal.candidates import find_begun
from pytest_jama.journal.prior_uploads import is_accepted
from pytest_jama.session.destination import describe_trouble
from pytest_jama.session.left_alone import leave_out_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.attached_file import AttachedFile, FileReceipt
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.plan import Change, Findings, Update
    from pytest_jama.core.port import Retry, Target
    from pytest_jama.core.prior_state import PriorState
    from pytest_jama.hooks.extensions import Extensions
    from pytest_jama.journal.lines import JournalLine

    Pack = Callable[[UploadReport, Observer], AttachedFile | None]


class Delivery(Observer):
    """One upload, as far as it got; what is told before `run` was sent while tests ran.

    Args:
        extensions: Who makes the target and is told of the report.
        errors: Told of errors that were not expected.
        server: The URL that results go to, for their fingerprints.
        write: Appends a line to the journal; several threads may.

    Attributes:
        is_troubled: Whether the server has not answered as it should for a while.
        target: Where they go, once it was made and until it is closed.
    """

    def __init__(
        self,
        extensions: Extensions,
        errors: ErrorLog,
        *,
        server: str,
        write: Callable[[JournalLine], None],
    ) -> None:
        self._extensions = extensions
        self._errors = errors
        self._server = server
        self._write = write
        self._observers: list[Observer] = []
        self._prior: Callable[[Update], PriorState] | None = None
        self._pack: Pack | None = None
        self._plan: Plan | None = None
        self._updates: dict[str, Update] = {}
        self._receipts: dict[str, Receipt] = {}
        self._repeated: Counter[str] = Counter()
        self._warnings: list[str] = []
        self._changes: list[Change] = []
        self._attached: list[FileReceipt] = []
        self._counting = Lock()
        self.is_troubled = False
        self.target: Target | None = None
        self._is_early = False
        self._is_planned = False
        self._place: JournalLine = {}
        self._announced: dict[str, str] = {}
        self._arrived: dict[str, str] = {}

    def make_target(self) -> Target:
        """Make the target now, to send through it while tests run; `run` goes on with it."""
        self.target = self._extensions.make_target()
        self._is_early = True
        return self.target

    def close(self) -> None:
        """Close the target, if there is one."""
        target, self.target = self.target, None
        if target is not None:
            target.close()

    def run(
        self,
        findings: Findings,
        *,
        dry_run: bool,
        observers: Sequence[Observer] = (),
        prior: Callable[[Update], PriorState] | None = None,
        pack: Pack | None = None,
        wait: Callable[[], None] | None = None,
    ) -> UploadReport:
        """Upload; return what is known of it, whatever happens.

        Args:
            findings: What the session found.
            dry_run: Only read, and report what would be done: no receipts.
            observers: Told of everything, too: the progress display.
            prior: Knows what earlier uploads sent; None when there were none.
            pack: Makes the bundle of the session when everything is sent; None for none.
            wait: Returns when nothing more is sent early; None when nothing was.
        """
        try:
            if wait is not None:
                wait()
            self.is_troubled = False  # who looks at the end has not been told
            self._observers, self._prior, self._pack = list(observers), prior, pack
            report = self._upload(findings, dry_run=dry_run)
        except KeyboardInterrupt:
            report = self._broken_off(
                InterruptedUploadError("the upload was interrupted"), findings
            )
        except PytestJamaError as error:
            report = self._broken_off(error, findings)
        except Exception as error:  # noqa: BLE001 (ours or an extension's: the session goes on)
            self._errors.add(error, where="the upload")
            what = f"the upload broke off: {type(error).__name__}: {first_line(str(error))}"
            report = self._broken_off(PytestJamaError(what), findings)
        finally:
            self._tell(lambda observer: observer.stopped())
        return self._whole(report)

    def _upload(self, findings: Findings, *, dry_run: bool) -> UploadReport:
        target = self.target or self.make_target()
        self._is_early = False
        try:
            report = self._bring(findings, target, dry_run=dry_run)
        finally:
            self.close()
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
        early = sum(self._is_arrived_early(each) for each in report.receipts)
        return report._replace(plan=plan, repeated=repeated, attached=attached, early=early)

    def _is_arrived_early(self, receipt: Receipt) -> bool:
        """Return whether the server took this update while tests ran, and nothing else since."""
        fingerprint = self._arrived.get(receipt.update.key)
        return fingerprint is not None and fingerprint == receipt.update.fingerprint(self._server)

    def _bring(self, findings: Findings, target: Target, *, dry_run: bool) -> UploadReport:
        """Plan and push; an unusable target is the report's `stopped`, never an exception."""
        try:
            plan = target.plan(findings, create=not dry_run, observer=self)
        except TargetError as error:
            return self._broken_off(error, findings)
        except KeyboardInterrupt:
            return self._interrupted(findings)
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
        self._place = {}
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
        """Keep it for a report of what came to no plan, and tell the observers."""
        self._changes.append(change)
        self._tell(lambda observer: observer.changed(change))

    def planned(self, plan: Plan) -> None:
        """Write the plan to the journal, before anything of it is sent."""
        self._plan = plan
        self._is_planned = not self._is_early
        if self._is_early:  # what has to be tried again comes again
            self._updates.update((update.key, update) for update in plan.updates)
        place = sending_lines.place_line(plan, early=self._arrived) if plan.places else self._place
        if place != self._place:  # while tests run, most plans say the same of it
            self._write(place)
        self._place = place if self._is_early else {}
        for update in plan.updates:
            self._announce(update)
        self._tell(lambda observer: observer.planned(plan))

    def _announce(self, update: Update) -> None:
        """Write an update to the journal, each once."""
        if self._is_early or self._announced:
            fingerprint = update.fingerprint(self._server)
            if self._announced.get(update.key) == fingerprint:
                return
            self._announced[update.key] = fingerprint
        self._write(sending_lines.update_line(update))

    def received(self, receipt: Receipt) -> None:
        """Write a receipt to the journal, unless it tells what is there already."""
        update = receipt.update
        known = self._receipts.get(update.key)
        self._receipts[update.key] = receipt
        self.is_troubled = False  # it answers again
        fingerprint = update.fingerprint(self._server)
        is_told = self._announced.get(update.key) == fingerprint and known is not None
        if self._is_early:
            self._announce(update)
            if is_accepted(receipt.state, receipt.task):
                self._arrived[update.key] = fingerprint
        if not (is_told and known == receipt):
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
            why = "" if self.is_troubled else describe_trouble(self._server, retry)
            if why:
                self.is_troubled = True
                self._tell(lambda observer: observer.troubled(why))

    def broken_off(self, why: PytestJamaError | None = None) -> UploadReport:
        """Report what arrived where the end of a session did not come to `run`.

        Args:
            why: What ended it; None for Ctrl-C.
        """
        return self._whole(self._interrupted() if why is None else self._broken_off(why))

    def _broken_off(self, why: PytestJamaError, findings: Findings | None = None) -> UploadReport:
        """Report what arrived until then; the findings count where not all was planned yet."""
        plan = self._plan
        if plan is not None and not self._is_planned:
            early = tuple(self._updates.values())
            plan = plan._replace(updates=early, changes=tuple(self._changes))
        updates = plan.updates if plan is not None else ()
        state = SendState.NOT_SENT
        unknown = (Receipt(each, state, error=str(why), cause=why) for each in updates)
        receipts = tuple(self._receipts.get(each.update.key, each) for each in unknown)
        report = UploadReport(plan, receipts, why)
        if plan is None or self._is_planned:
            return report
        changes = (each for update in updates for each in update.case_changes())
        known = {each.case.case_ref for each in changes}
        to_write = findings.judgement.to_write if findings else ()
        return report._replace(unplanned=sum(case.case_ref not in known for case in to_write))

    def _interrupted(self, findings: Findings | None = None) -> UploadReport:
        told = ("the upload was interrupted",) if self._receipts else ()
        return self._broken_off(InterruptedUploadError(*told), findings)


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
