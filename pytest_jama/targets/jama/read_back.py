"""Test runs after they were written to: read again, until they show it or time is up.

A server of several replicas shows for a while what was there before, one page so and another page
otherwise. That is waited for before anything is sent again. What is neither old nor ours is not.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.errors import RefusedError, TargetError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.parallel import INTERRUPTED
from pytest_jama.targets.jama.runs import run_update_of
from pytest_jama.targets.jama.step_words import changed_words
from pytest_jama.targets.jama.verify import (
    describe_mismatch,
    has_account,
    is_only_account_missing,
    is_unchanged,
    read_back,
)
from pytest_jama.targets.jama.waits import LEAST_WAIT_S, within
from pytest_jama.targets.jama.wire import Cycle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import TestRun

    Sent = Mapping[int, Receipt]
    """Receipts of what was sent, by their places."""


_SECOND_WAIT_FOR_ACCOUNTS_S = 3.5


class ReadBack:
    """Reads the runs of a cycle after they were written to.

    Args:
        client: Reads from Jama.
        cycle_id: The cycle; None when there is none.
        total_runs: How many runs it has in all, as far as known.

    Attributes:
        shown: The runs as they were read last, by their IDs.
    """

    def __init__(self, client: JamaClient, cycle_id: int | None, *, total_runs: int | None) -> None:
        self._client = client
        self._cycle = None if cycle_id is None else Cycle(cycle_id, "")
        self._total_runs = total_runs
        self._drops_accounts = False
        self.shown: dict[int, TestRun] = {}

    def look(
        self, receipts: Mapping[str, Receipt], runs: Mapping[int, TestRun]
    ) -> tuple[dict[str, Receipt], set[str]]:
        """Compare what was sent with runs that were read already.

        Args:
            receipts: Receipts of sent updates, by their keys.
            runs: The runs, by their IDs.

        Returns:
            The receipts, and the keys of those whose run is not as it was before: these are final.
        """
        self.shown.update(runs)
        sent = dict(enumerate(receipts.values()))
        old = self._find_old(sent, runs)
        final = {each.update.key: _compare(each, runs) for n, each in sent.items() if n not in old}
        return {**receipts, **final}, set(final)

    def verify(
        self,
        receipts: Sequence[Receipt],
        *,
        is_second: bool = False,
        known: Collection[str] = (),
    ) -> tuple[tuple[Receipt, ...], tuple[int, ...]]:
        """Compare what Jama stores with what was sent; a run that differs is a mismatch.

        Before one counts as unchanged, so that it is written again, it is read by itself. Runs
        that are as they were before are read again after growing pauses, for half of
        `give_up_after` at most, the first time for some seconds in any case. One that had its
        status before, so that only the account is missing, is not waited for as long: that is
        more often a server that stores none.

        Args:
            receipts: Only those of sent updates are looked at.
            is_second: Whether they have been sent again.
            known: The keys of updates whose receipts are final already.

        Returns:
            The receipts, and the places of those whose run is as it was before, so that sending
            them again may help.
        """
        final = list(receipts)
        left: Sent = {
            n: each
            for n, each in enumerate(receipts)
            if each.state is SendState.SENT and each.update.key not in known
        }
        shown: Mapping[int, TestRun] = {}
        try:
            waits = self._waits(is_second=is_second) if left and self._cycle else ()
            for attempt, pause_s, is_late in waits:
                if attempt > 1:
                    again = self._client.again(RUNS_PATH)
                    again("runs are as they were before", attempt, pause_s)
                shown = self._read(list(left.values()))
                old = self._find_old(left, shown)
                for number in left.keys() - old:
                    final[number] = _compare(left[number], shown)
                left = {number: left[number] for number in left if number in old}
                if all(is_late and _lacks_account(each, shown) for each in left.values()):
                    break
            shown = self._read_each(left, shown)
        except TargetError as error:
            return _unverified(final, left, error), ()
        except KeyboardInterrupt:
            return _unverified(final, left, INTERRUPTED), ()
        if self._cycle is None:
            return tuple(receipts), ()
        for number, receipt in left.items():
            final[number] = _compare(receipt, shown)
        return tuple(final), tuple(sorted(self._find_old(left, shown, only_shown=True)))

    def _read_each(self, left: Sent, shown: Mapping[int, TestRun]) -> dict[int, TestRun]:
        """Read each run by itself: it may show what its list does not show for long.

        Where a server does not give it, the list counts.
        """
        ids = [run_update_of(receipt).run.run_id or 0 for receipt in left.values()]
        jobs = [partial(self._find_run, run_id, shown.get(run_id)) for run_id in ids]
        found = dict(zip(ids, self._client.together(jobs), strict=True))
        shown = {number: run for number, run in {**shown, **found}.items() if run is not None}
        self.shown.update(shown)
        return shown

    def _find_run(self, run_id: int, listed: TestRun | None) -> TestRun | None:
        try:
            return self._client.find_run(run_id, self._cycle or Cycle(0, ""))
        except RefusedError:
            return listed

    def _waits(self, *, is_second: bool) -> Iterator[tuple[int, float, bool]]:
        """Yield the number of each attempt, the pause before it, and whether it is a late one.

        It ends when there is no more time. Late is an attempt that shows accounts, if any does.
        """
        clock, client = self._client.api.connection.clock, self._client
        at_most_s = client.give_up_after_s / 2 if is_second else client.waits_s
        account_s = _SECOND_WAIT_FOR_ACCOUNTS_S if is_second else LEAST_WAIT_S
        began_at = clock()
        yield 1, 0.0, False
        for attempt, pause_s in enumerate(within(at_most_s), start=2):
            waited_s = clock() - began_at
            if waited_s >= at_most_s:
                return
            cut_s = min(pause_s, at_most_s - waited_s)
            yield attempt, cut_s, waited_s + cut_s >= account_s

    def _read(self, receipts: Sequence[Receipt]) -> Mapping[int, TestRun]:
        case_ids = list(dict.fromkeys(run_update_of(receipt).run.case_id for receipt in receipts))
        cycle = self._cycle or Cycle(0, "")
        shown = read_back(self._client, cycle, case_ids, total=self._total_runs)
        self.shown.update(shown)
        return shown

    def _find_old(
        self, sent: Sent, shown: Mapping[int, TestRun], *, only_shown: bool = False
    ) -> set[int]:
        """Return the places of the runs that are as they were before, or are not shown at all.

        Where a status arrived without its account, this server stores no accounts: a run that
        lacks nothing else is not an old one.
        """
        found = {n: (run_update_of(each), _run_of(each, shown)) for n, each in sent.items()}
        self._drops_accounts |= any(
            is_only_account_missing(update, run) and not is_unchanged(update, run)
            for update, run in found.values()
        )
        return {
            number
            for number, (update, run) in found.items()
            if (run is None and not only_shown)
            or (
                is_unchanged(update, run)
                and describe_mismatch(update, run)
                and not (self._drops_accounts and is_only_account_missing(update, run))
            )
        }


def _lacks_account(receipt: Receipt, shown: Mapping[int, TestRun]) -> bool:
    return is_only_account_missing(run_update_of(receipt), _run_of(receipt, shown))


def _compare(receipt: Receipt, shown: Mapping[int, TestRun]) -> Receipt:
    update, run = run_update_of(receipt), _run_of(receipt, shown)
    if run is not None:
        changed = dict.fromkeys((*receipt.remarks, *changed_words(update, run)))
        receipt = receipt._replace(remarks=tuple(changed))
    difference = describe_mismatch(update, run)
    if difference:
        return receipt._replace(state=SendState.MISMATCH, error=difference)
    if run is not None and not has_account(update, run):
        return receipt._replace(error="another session has written there since")
    return receipt


def _run_of(receipt: Receipt, shown: Mapping[int, TestRun]) -> TestRun | None:
    return shown.get(run_update_of(receipt).run.run_id or 0)


def _unverified(
    receipts: Sequence[Receipt], left: Sent, reason: PytestJamaError
) -> tuple[Receipt, ...]:
    """Note that what was sent was not read back: Jama accepted it, and that is all we know."""
    return tuple(
        receipt._replace(state=SendState.UNVERIFIED, error=f"accepted, but {reason}")
        if number in left
        else receipt
        for number, receipt in enumerate(receipts)
    )
