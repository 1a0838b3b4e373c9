"""Updates that were sent while tests ran, and what the end of the session makes of them.

What says the same then is not sent again. What says something else is sent in its place, as though
nothing had been sent before. A run that another user has changed meanwhile is left alone, unless
its verdict changed, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.plan import SendState
from pytest_jama.core.verdicts import totals
from pytest_jama.targets.jama.runs import result_words, run_update_of
from pytest_jama.targets.jama.verify import (
    describe_mismatch,
    is_only_account_missing,
    is_rewritten,
    is_unchanged,
    is_written_over,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Overlap, Receipt, Update
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun
    from pytest_jama.targets.jama.update_plan import PlannedUpdates

    RunsByRef = Mapping[CaseRef, Sequence[TestRun]]
    PlanRuns = Callable[[RunsByRef, frozenset[int]], PlannedUpdates]
    """Plans the updates of runs, and is told the IDs of those that this session has written."""


class EarlyUpdate(NamedTuple):
    """An update that was tried while tests ran.

    Attributes:
        planned: The update.
        receipt: Its receipt when it was accepted; None when nobody knows whether it arrived.
        overlap: What a person should know of what it replaces; None for nothing.
    """

    planned: RunUpdate
    receipt: Receipt | None = None
    overlap: Overlap | None = None

    @property
    def sent(self) -> RunUpdate:
        """The update as it was sent."""
        return self.planned if self.receipt is None else run_update_of(self.receipt)

    def is_shown(self, run: TestRun) -> bool:
        """Return whether a run shows it, and no other session wrote there since."""
        return not describe_mismatch(self.sent, run) and not is_written_over(self.sent, run)

    def without(self, run: TestRun) -> TestRun:
        """Return a run without it: as it stood before, but for what others changed since."""
        before = self.planned.run
        if len(run.steps) != len(before.steps):
            return run
        steps = map(_step_without, run.steps, self.sent.steps, before.steps)
        return replace(run, status=before.status, steps=tuple(steps))


def _step_without(now: RunStep, sent: RunStep, before: RunStep) -> RunStep:
    is_ours = result_words(now) == result_words(sent)
    return before if is_ours else replace(now, status=before.status)


class EarlyUpdates:
    """All updates of a session that were tried while its tests ran.

    Args:
        server: The URL of the server.
        find_client: Returns what asks who changed a run.

    Attributes:
        shown: The runs as they were read at the end, by their IDs.
        changed: What was sent, and is left alone since another user has changed the run.
    """

    def __init__(self, server: str, find_client: Callable[[], JamaClient]) -> None:
        self._server = server
        self._find_client = find_client
        self._tried: dict[str, EarlyUpdate] = {}
        self.shown: dict[int, TestRun] = {}
        self.changed: tuple[RunUpdate, ...] = ()

    def note(self, planned: RunUpdate, receipt: Receipt, overlap: Overlap | None) -> bool:
        """Keep what became of an update; return whether it need not be tried again early.

        Args:
            planned: The update.
            receipt: Its receipt.
            overlap: See `EarlyUpdate`.
        """
        is_sent = receipt.state is SendState.SENT
        is_uncertain = receipt.state is SendState.NOT_SENT and receipt.attempts
        if is_sent or is_uncertain:
            self._tried[planned.key] = EarlyUpdate(planned, receipt if is_sent else None, overlap)
        return receipt.state is not SendState.NOT_SENT

    def plan_over(self, plan_runs: PlanRuns, runs: RunsByRef) -> PlannedUpdates:
        """Plan the updates of runs that may show what was sent, as though they did not."""
        return self._plan_without(plan_runs, runs, self._keys(runs, EarlyUpdate.is_shown))

    def reconcile(self, plan_runs: PlanRuns, runs: RunsByRef) -> PlannedUpdates:
        """Plan at the end of a session.

        Args:
            plan_runs: Plans the updates of runs.
            runs: All runs, as they are now.

        Returns:
            Among the updates are those that were sent and say the same now, themselves.

        Raises:
            TargetError: When it cannot be found out who changed a run.
        """
        self.shown = {run.run_id: run for each in runs.values() for run in each if run.run_id}
        if not self._tried:
            return plan_runs(runs, frozenset())
        ours = self._keys(runs, EarlyUpdate.is_shown)
        other = self._keys(runs, _shows_something_else, beside=ours)
        planned = self._plan_without(plan_runs, runs, ours | other)
        same = {each.key for each in planned.updates if self._is_known(each)}
        ours |= self._keys(runs, _lacks_account, beside=ours | same)
        if other - same - ours:  # what others wrote there is kept as ever
            planned = self._plan_without(plan_runs, runs, ours | other & same)
        foreign = {key for key in other & same if self._is_of_others(key)}
        self.changed = tuple(self._tried[key].planned for key in sorted(foreign))
        return planned._replace(
            updates=tuple(
                self._as_sent(each, same=same)
                for each in planned.updates
                if each.key not in foreign
            ),
            warnings=(*planned.warnings, *map(self._describe_changed, self.changed)),
            replaced=tuple(self._overlaps(planned, ours | same - foreign)),
        )

    def _keys(
        self,
        runs: RunsByRef,
        fits: Callable[[EarlyUpdate, TestRun], bool],
        *,
        beside: Collection[str] = (),
    ) -> set[str]:
        asked = self._tried.keys() - beside
        found = ((str(run.run_id), run) for each in runs.values() for run in each)
        return {key for key, run in found if key in asked and fits(self._tried[key], run)}

    def _plan_without(
        self, plan_runs: PlanRuns, runs: RunsByRef, keys: Collection[str]
    ) -> PlannedUpdates:
        def without(run: TestRun) -> TestRun:
            key = str(run.run_id)
            return self._tried[key].without(run) if key in keys else run

        if keys:
            runs = {ref: tuple(map(without, each)) for ref, each in runs.items()}
        return plan_runs(runs, frozenset(map(int, keys)))

    def _is_known(self, update: Update) -> bool:
        """Return whether an update says what was sent and accepted."""
        early = self._tried.get(update.key)
        if early is None or early.receipt is None:
            return False
        return early.planned.fingerprint(self._server) == update.fingerprint(self._server)

    def _is_of_others(self, key: str) -> bool:
        """Return whether it was another user, or another session, that changed a run."""
        early = self._tried[key]
        run = self.shown[int(key)]
        if is_written_over(early.sent, run) or is_rewritten(early.sent, run):
            return True
        try:
            return (
                run.modified_by is not None
                and run.modified_by != self._find_client().get_current_user_id()
            )
        except RefusedError:
            return False

    def _as_sent(self, update: RunUpdate, *, same: set[str]) -> RunUpdate:
        early = self._tried.get(update.key)
        if early is None:
            return update
        if update.key in same:
            return early.planned
        return replace(update, before=early.sent.earlier_statuses())

    def _overlaps(self, planned: PlannedUpdates, keys: set[str]) -> Iterator[Overlap]:
        """Yield what is replaced, or was while tests ran."""
        new = {each.key: each for each in planned.replaced}
        for update in planned.updates:
            early = self._tried[update.key].overlap if update.key in keys else None
            if early is not None:
                yield early._replace(will_be=update.will_be, verdict=update.verdict)
            elif update.key in new:
                yield new[update.key]

    def _describe_changed(self, update: RunUpdate) -> str:
        return (
            f"{update.title} shows {self.shown[int(update.key)].status}, though {update.will_be} "
            "was sent there while tests ran: another user changed it since, so it is left alone"
        )

    def receipts_of(self, updates: Sequence[Update]) -> dict[str, Receipt]:
        """Return the receipts of those that were sent early, by their keys."""
        found = ((each, self._tried.get(each.key)) for each in updates)
        return {
            each.key: early.receipt
            for each, early in found
            if early is not None and early.receipt is not None and early.planned is each
        }

    def describe_resent(self, updates: Sequence[RunUpdate]) -> Iterator[str]:
        """Say of updates which of them are sent in place of what was sent early, and why."""
        for update in updates:
            early = self._tried.get(update.key)
            if early is None or early.receipt is None:
                continue
            verdict = update.verdict
            why = "; ".join(verdict.reasons) or totals(verdict.results)
            was, now = early.planned.will_be, update.will_be
            place = "is sent in its place" if was != now else "is sent again, with another account"
            yield f"{update.title}: {was} was sent while tests ran; {now} {place}: {why}"

    def describe_lost(self, keys: Collection[str]) -> Iterator[str]:
        """Say of what was sent early what is not in the plan of the end.

        Args:
            keys: What is in the plan.
        """
        for key, early in self._tried.items():
            if early.receipt is None or key in keys:
                continue
            is_there = int(key) in self.shown
            why = (
                "it stays there, though its tests say nothing that is written (`leave`) by now"
                if is_there
                else "at the end of the session nothing leads to that run any more"
            )
            yield (
                f"{early.planned.title}: {early.planned.will_be} was sent while tests ran; {why}: "
                "look at it in Jama"
            )


def _lacks_account(early: EarlyUpdate, run: TestRun) -> bool:
    """Return whether a run shows all but the account, which this server may not store."""
    return is_only_account_missing(early.sent, run) and not is_written_over(early.sent, run)


def _shows_something_else(early: EarlyUpdate, run: TestRun) -> bool:
    """Return whether a run shows neither what was sent nor what stood there before."""
    return not is_unchanged(early.sent, run)
