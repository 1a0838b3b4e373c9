"""A target that keeps everything in memory: the whole port in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_jama.core.errors import OutOfReachError
from pytest_jama.core.plan import Change, ChangeKind, Place, Plan, Receipt, SendState, Unresolved
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Findings, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.runs import RunUpdate, TestRun


class MemoryTarget:
    """Holds runs, and what was written into them.

    Args:
        runs: The runs of each case there is.
        trouble: Raised when somebody resolves cases.
        refused: IDs of the runs that cannot be written.
        gone_at: The ID of the run at which the server stops answering.
    """

    def __init__(
        self,
        runs: Mapping[CaseRef, tuple[TestRun, ...]],
        *,
        trouble: BaseException | None = None,
        refused: frozenset[int] = frozenset(),
        gone_at: int | None = None,
    ) -> None:
        self.written: dict[int | None, str] = {}
        self.may_create: bool | None = None
        self._runs = runs
        self._trouble = trouble
        self._refused = refused
        self._gone_at = gone_at

    def plan(self, findings: Findings, *, create: bool, observer: Observer) -> Plan:
        """Find the runs of the given cases, and plan as Jama does."""
        if create:
            observer.changed(Change(ChangeKind.CREATE, "test cycle 'Build 1'"))
        self.may_create = create
        if self._trouble is not None:
            raise self._trouble
        judgement = findings.judgement
        planned = plan_updates(
            (*judgement.to_write, *judgement.possible_aliases),
            self._runs,
            incomplete=judgement.incomplete,
            writer=Writer(findings.provenance, findings.session),
        )
        refs = [case.case_ref for case in judgement.to_write]
        return Plan(
            places=(
                Place("project", "JEET1"),
                Place("plan", "Release 1"),
                Place("cycle", "Build 1"),
            ),
            updates=planned.updates,
            unresolved=tuple(
                Unresolved(ref, "no run", "add it") for ref in refs if ref not in self._runs
            ),
            warnings=("two plans of that name", *planned.warnings),
        )

    def push(self, updates: Sequence[Update], *, observer: Observer) -> tuple[Receipt, ...]:
        """Write the updates."""
        receipts = tuple(self._write(cast("RunUpdate", update)) for update in updates)
        for receipt in receipts:
            observer.received(receipt)
        return receipts

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _write(self, update: RunUpdate) -> Receipt:
        if update.run.run_id in self._refused:
            return Receipt(update, SendState.REFUSED, error="no permission")
        if update.run.run_id == self._gone_at:
            return Receipt(update, SendState.NOT_SENT, cause=OutOfReachError("no answer"))
        self.written[update.run.run_id] = update.status.value
        return Receipt(update, SendState.SENT)
