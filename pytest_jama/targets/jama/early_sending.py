"""Verdicts that are sent while tests still run: which, and where to.

Runs are found once for all cases, also those that are still awaited. Each is written once, when all
names that lead to it are final. Nothing is read back: the end of the session reads all runs anyway.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, cast

from pytest_jama.core.plan import Plan, SendState
from pytest_jama.core.verdicts import Judgement
from pytest_jama.targets.jama.paging import page_count
from pytest_jama.targets.jama.verify import read_back
from pytest_jama.targets.jama.wire import Cycle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Change, Findings, Overlap, Place, Receipt
    from pytest_jama.core.port import Observer
    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.early_updates import EarlyUpdates, PlanRuns
    from pytest_jama.targets.jama.run_sending import RunSender
    from pytest_jama.targets.jama.runs import Resolution, RunUpdate, TestRun

_FRESH_S = 60.0
_TIMES_ITS_READING = 10
"""Runs are read again before they are written when that is so long ago: others may have written
there. On a slow server, that is so many times what reading them takes."""


class EarlySending:
    """Which verdicts can be sent, and the runs that they go to.

    Args:
        updates: Keeps what was tried.
        find_client: Returns what reads runs again.

    Attributes:
        resolution: Where the verdicts go; None before it was found out.
        changes: What was created, in that order.
    """

    def __init__(self, updates: EarlyUpdates, find_client: Callable[[], JamaClient]) -> None:
        self._updates = updates
        self._find_client = find_client
        self._ended = threading.Event()
        self._verdicts: dict[CaseRef, CaseVerdict] = {}
        self._order: dict[CaseRef, int] = {}
        self._pending: dict[CaseRef, None] = {}
        self._runs: dict[str, TestRun] = {}
        self._names: dict[str, list[CaseRef]] = {}
        self._keys: dict[CaseRef, list[str]] = {}
        self._done: set[str] = set()
        self._fresh_until = 0.0
        self._pages_read = 0
        self._findings: Findings | None = None
        self.resolution: Resolution | None = None
        self.changes: list[Change] = []

    def end(self) -> None:
        """Begin nothing more. Any thread may call it."""
        self._ended.set()

    def goes_on(self) -> bool:
        """Return whether more may be begun."""
        return not self._ended.is_set()

    def take(self, findings: Findings) -> Findings | None:
        """Keep new verdicts.

        Args:
            findings: See `SendsEarly.send_early`.

        Returns:
            The same with all verdicts that are not sent yet; None when there is nothing to do.
        """
        new = {case.case_ref: case for case in findings.judgement.cases}
        self._verdicts.update(new)
        self._pending.update(dict.fromkeys(new))
        is_first = self.resolution is None
        for ref in (*new, *findings.awaited) if is_first else new:
            self._order.setdefault(ref, len(self._order))
        if not self.goes_on() or not any(self._verdicts[ref].verdict for ref in self._pending):
            return None
        known = self._verdicts if is_first else self._pending  # a session may have very many
        self._findings = findings._replace(judgement=self._judgement(known, findings))
        return self._findings

    def _judgement(self, refs: Iterable[CaseRef], findings: Findings) -> Judgement:
        """Return the verdicts of cases in the order in which those were first mentioned."""
        in_order = sorted(refs, key=self._order.__getitem__)
        return Judgement(
            tuple(map(self._verdicts.__getitem__, in_order)), (), findings.judgement.incomplete
        )

    def references(self, findings: Findings) -> tuple[dict[CaseRef, None], list[CaseRef]]:
        """Return the references whose runs are needed, and those that may be names of theirs.

        Args:
            findings: All verdicts so far.
        """
        cases = findings.judgement.cases
        written = (case.case_ref for case in cases if case.verdict is not None)
        refs = dict.fromkeys((*written, *findings.awaited))
        kinds = {ref.kind for ref in refs}
        silent = (case.case_ref for case in cases if case.verdict is None)
        return refs, [ref for ref in silent if ref not in refs and kinds - {ref.kind}]

    def found(self, resolution: Resolution) -> None:
        """Keep the runs, which were read just now."""
        self._fresh_until = self._find_client().api.connection.clock() + _FRESH_S
        self.changes += resolution.changes
        self.resolution = resolution
        for ref, runs in resolution.runs.items():
            self._keys[ref] = [str(run.run_id) for run in runs]
            for run in runs:
                self._runs[str(run.run_id)] = run
                self._names.setdefault(str(run.run_id), []).append(ref)

    def plan_next(
        self,
        findings: Findings,
        make_plan_runs: Callable[[Findings, Resolution], PlanRuns],
        *,
        total_runs: int | None,
    ) -> Plan:
        """Plan what can be written now.

        Args:
            findings: See `take`.
            make_plan_runs: Returns what decides what is to be written into runs.
            total_runs: How many runs the cycle has in all, as far as known.

        Raises:
            TargetError: When the runs cannot be read.
        """
        resolution = self.resolution
        keys = self._find_ready() if self.goes_on() else []
        if resolution is None or not keys:
            return Plan()
        keys = self._refresh(keys, resolution, total_runs)
        runs: dict[CaseRef, list[TestRun]] = {}
        for key in keys:
            for ref in self._names[key]:
                runs.setdefault(ref, []).append(self._runs[key])
        findings = findings._replace(judgement=self._judgement(runs, findings))
        planned = self._updates.plan_over(make_plan_runs(findings, resolution), runs)
        self._done.update(set(keys) - {update.key for update in planned.updates})
        return Plan(
            places=self._places(),
            updates=planned.updates,
            changes=tuple(self.changes),
            replaced=planned.replaced,
        )

    def _find_ready(self) -> list[str]:
        """Return the runs that are not written yet, and all of whose names are final."""
        ready: dict[str, None] = {}
        for ref in tuple(self._pending):
            left = [key for key in self._keys.get(ref, ()) if key not in self._done]
            if not left:
                del self._pending[ref]
            for key in left:
                if all(ref in self._verdicts for ref in self._names[key]):
                    ready[key] = None
        return list(ready)

    def _refresh(
        self, keys: list[str], resolution: Resolution, total_runs: int | None
    ) -> list[str]:
        """Read runs again unless that was done lately; return those that are still there.

        Those runs alone are read, until all would have taken fewer requests.
        """
        client = self._find_client()
        clock = client.api.connection.clock
        if clock() < self._fresh_until:
            return keys
        of_all = dict.fromkeys(run.case_id for run in self._runs.values())
        case_ids = dict.fromkeys(self._runs[key].case_id for key in keys)
        pages_of_all = page_count(min(total_runs or len(of_all), len(of_all)))
        self._pages_read += page_count(len(case_ids))
        is_whole = self._pages_read >= pages_of_all
        began = clock()
        cycle = Cycle(int(resolution.cycle.place_id or 0), resolution.cycle.name)
        wanted = list(of_all if is_whole else case_ids)
        read = read_back(client, cycle, wanted, total=total_runs)
        if is_whole:
            took_s = clock() - began
            self._fresh_until = clock() + max(_FRESH_S, _TIMES_ITS_READING * took_s)
            self._pages_read = 0
        self._runs.update(
            (str(run_id), run) for run_id, run in read.items() if str(run_id) in self._runs
        )
        gone = {key for key in keys if int(key) not in read}
        self._done |= gone  # the end of the session finds out what became of them
        return [key for key in keys if key not in gone]

    def send(
        self, plan: Plan, sender: RunSender, project_id: int | None, *, observer: Observer
    ) -> None:
        """Send what can be written now.

        Args:
            plan: Has the updates.
            sender: Writes them.
            project_id: The project of the cycle.
            observer: Told the plan, and receipts of what was tried.

        Raises:
            PytestJamaError: When the server cannot be used any more.
        """
        if not plan.updates:
            return
        updates = cast("Sequence[RunUpdate]", plan.updates)
        ours = sender.prepare(updates, self._findings, project_id, observer)
        observer.planned(plan)
        receipts, stopped_by = sender.send(ours, partial(_tell, observer), goes_on=self.goes_on)
        overlaps: dict[str, Overlap] = {each.key: each for each in plan.replaced}
        for update, receipt in zip(updates, receipts, strict=True):
            if self._updates.note(update, receipt, overlaps.get(update.key)):
                self._done.add(update.key)
        if stopped_by is not None:
            raise stopped_by

    def complete(self, plan: Plan) -> Plan:
        """Return the plan of the end of the session with what was done while tests ran."""
        if self.resolution is None and not self.changes:
            return plan
        known = {each.key for each in (*plan.updates, *self._updates.changed)}
        known.update(each.key for each in plan.left)
        early = self.resolution.warnings if self.resolution else ()
        warnings = (*early, *plan.warnings, *self._updates.describe_lost(known))
        return plan._replace(
            places=plan.places or self._places(),
            changes=(*self.changes, *plan.changes),
            earlier=(*plan.earlier, *self._updates.changed),
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def _places(self) -> tuple[Place, ...]:
        found = self.resolution
        return (found.project, found.plan, found.cycle) if found else ()


def _tell(observer: Observer, receipt: Receipt) -> None:
    """Tell of what was tried; the rest is sent later."""
    if receipt.state is not SendState.NOT_SENT or receipt.attempts:
        observer.received(receipt)
