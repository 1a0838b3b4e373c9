"""Test runs after they were written to: read again, until they show it or time is up.

A server of several replicas shows for a while what was there before, one page so and another page
otherwise. That is waited for before anything is sent again. What is neither old nor ours is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import TargetError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.paging import within
from pytest_jama.targets.jama.parallel import INTERRUPTED
from pytest_jama.targets.jama.runs import run_update_of
from pytest_jama.targets.jama.verify import (
    describe_mismatch,
    has_account,
    is_only_account_missing,
    is_unchanged,
    read_back,
)
from pytest_jama.targets.jama.wire import Cycle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import TestRun

    Sent = Mapping[int, Receipt]
    """Receipts of what was sent, by their places."""


class ReadBack:
    """Reads the runs of a cycle after they were written to.

    Args:
        client: Reads from Jama.
        cycle_id: The cycle; None when there is none.
        total_runs: How many runs it has in all, as far as known.
    """

    def __init__(self, client: JamaClient, cycle_id: int | None, *, total_runs: int | None) -> None:
        self._client = client
        self._cycle = None if cycle_id is None else Cycle(cycle_id, "")
        self._total_runs = total_runs
        self._drops_accounts = False

    def verify(self, receipts: Sequence[Receipt]) -> tuple[tuple[Receipt, ...], tuple[int, ...]]:
        """Compare what Jama stores with what was sent; a run that differs is a mismatch.

        Runs that are as they were before are read again after growing pauses, for half of
        `give_up_after` at most.

        Args:
            receipts: Only those of sent updates are looked at.

        Returns:
            The receipts, and the places of those whose run is as it was before, so that sending
            them again may help.
        """
        final = list(receipts)
        left: Sent = {n: each for n, each in enumerate(receipts) if each.state is SendState.SENT}
        shown: Mapping[int, TestRun] = {}
        try:
            for attempt, pause_s in self._pauses() if left and self._cycle else ():
                if attempt > 1:
                    again = self._client.again(RUNS_PATH)
                    again("runs are as they were before", attempt, pause_s)
                shown = self._read(list(left.values()))
                old = self._find_old(left, shown)
                for number in left.keys() - old:
                    final[number] = _compare(left[number], shown)
                left = {number: left[number] for number in left if number in old}
                if not left:
                    break
        except TargetError as error:
            return _unverified(final, left, error), ()
        except KeyboardInterrupt:
            return _unverified(final, left, INTERRUPTED), ()
        if self._cycle is None:
            return tuple(receipts), ()
        for number, receipt in left.items():
            final[number] = _compare(receipt, shown)
        return tuple(final), tuple(n for n, each in left.items() if _run_of(each, shown))

    def _pauses(self) -> Iterator[tuple[int, float]]:
        """Yield the number of each attempt and the pause before it, while there is time."""
        clock = self._client.api.connection.clock
        at_most_s = self._client.give_up_after_s / 2
        ends_at = clock() + at_most_s
        yield 1, 0.0
        for attempt, pause_s in enumerate(within(at_most_s), start=2):
            left_s = ends_at - clock()
            if left_s <= 0:
                return
            yield attempt, min(pause_s, left_s)

    def _read(self, receipts: Sequence[Receipt]) -> Mapping[int, TestRun]:
        case_ids = list(dict.fromkeys(run_update_of(receipt).run.case_id for receipt in receipts))
        cycle = self._cycle or Cycle(0, "")
        return read_back(self._client, cycle, case_ids, total=self._total_runs)

    def _find_old(self, sent: Sent, shown: Mapping[int, TestRun]) -> set[int]:
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
            if run is None
            or (
                is_unchanged(update, run)
                and describe_mismatch(update, run)
                and not (self._drops_accounts and is_only_account_missing(update, run))
            )
        }


def _compare(receipt: Receipt, shown: Mapping[int, TestRun]) -> Receipt:
    update, run = run_update_of(receipt), _run_of(receipt, shown)
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
