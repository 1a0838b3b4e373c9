"""A target that keeps everything in memory: the whole port in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import OutOfReachError
from pytest_jama.core.observer import Change, ChangeKind, Observer
from pytest_jama.core.port import Place, Plan, Receipt, SendState, Unresolved
from pytest_jama.targets.jama.runs import Resolution
from pytest_jama.targets.jama.update_plan import plan_updates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.verdicts import Judgement
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

    def resolve(
        self,
        case_refs: Sequence[CaseRef],
        *,
        aliases: Sequence[CaseRef] = (),
        create: bool,
        observer: Observer,
    ) -> Resolution:
        """Find the runs of the given cases."""
        if create:
            observer.changed(Change(ChangeKind.CREATE, "test cycle 'Build 1'"))
        self.may_create = create
        if self._trouble is not None:
            raise self._trouble
        return Resolution(
            project=Place("JEET1"),
            plan=Place("Release 1"),
            cycle=Place("Build 1"),
            runs={ref: self._runs[ref] for ref in (*case_refs, *aliases) if ref in self._runs},
            unresolved=tuple(
                Unresolved(ref, "no run", "add it") for ref in case_refs if ref not in self._runs
            ),
            warnings=("two plans of that name",),
        )

    def plan_updates(
        self, judgement: Judgement, resolution: Resolution, *, provenance: str
    ) -> Plan:
        """Plan as Jama does."""
        return plan_updates(
            (*judgement.to_write, *judgement.possible_aliases),
            resolution.runs,
            incomplete=judgement.incomplete,
            provenance=provenance,
        )

    def push(
        self,
        updates: Sequence[RunUpdate],
        *,
        observer: Observer,
    ) -> tuple[Receipt, ...]:
        """Write the updates."""
        receipts = tuple(self._write(update) for update in updates)
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
