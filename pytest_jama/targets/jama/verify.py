"""The test runs of a cycle: found with few requests, read back and compared with what was sent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.errors import TargetError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.jama.actual_results import is_in, read_account, read_entries
from pytest_jama.targets.jama.client import RUNS_PATH, batches
from pytest_jama.targets.jama.paging import PAGE_SIZE, ListedRuns, ShortListError
from pytest_jama.targets.jama.parallel import INTERRUPTED
from pytest_jama.targets.jama.runs import run_update_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import RunUpdate, TestRun


_SHOWS_LATE_S = (1.0, 2.0)
"""Pauses after which runs are read again that seem to be unchanged."""


class ReadBack:
    """Reads the runs of a cycle after they were written to.

    Args:
        client: Reads from Jama.
        cycle_id: The cycle; None when there is none.
        total_runs: How many runs it has in all, as far as known.
    """

    def __init__(self, client: JamaClient, cycle_id: int | None, *, total_runs: int | None) -> None:
        self._client = client
        self._cycle_id = cycle_id
        self._total_runs = total_runs
        self._without_account: set[str] = set()
        self._drops_accounts = False

    def verify(self, receipts: Sequence[Receipt]) -> tuple[tuple[Receipt, ...], tuple[int, ...]]:
        """Compare what Jama stores with what was sent; a run that differs is a mismatch.

        Args:
            receipts: Only those of sent updates are looked at.

        Returns:
            The receipts, and the places of those whose run is as it was before, so that sending
            them again may help.
        """
        sent = {n: each for n, each in enumerate(receipts) if each.state is SendState.SENT}
        if not sent or self._cycle_id is None:
            return tuple(receipts), ()
        try:
            stored = self._read(sent.values())
            lost = self._find_lost(sent, stored)
            for attempt, pause_s in enumerate(_SHOWS_LATE_S, start=2):
                if not lost:
                    break
                self._client.again(RUNS_PATH)("runs are as they were before", attempt, pause_s)
                stored |= self._read(sent[number] for number in lost)
                lost = self._find_lost(sent, stored)
        except TargetError as error:
            return _unverified(receipts, error), ()
        except KeyboardInterrupt:
            return _unverified(receipts, INTERRUPTED), ()
        lost = self._without_hopeless(lost, sent, stored)
        verified = {number: _compare(receipt, stored) for number, receipt in sent.items()}
        return tuple(verified.get(n, each) for n, each in enumerate(receipts)), lost

    def _read(self, receipts: Iterable[Receipt]) -> dict[int, TestRun]:
        case_ids = list(dict.fromkeys(run_update_of(receipt).run.case_id for receipt in receipts))
        return read_back(self._client, self._cycle_id or 0, case_ids, total=self._total_runs)

    def _find_lost(self, sent: dict[int, Receipt], stored: dict[int, TestRun]) -> tuple[int, ...]:
        """Return the places of the runs that are as they were before.

        Where a status arrived without its account, this server stores no accounts: a run that
        lacks nothing else was not lost on the way.
        """
        found = {n: (run_update_of(each), _run_of(each, stored)) for n, each in sent.items()}
        self._drops_accounts |= any(
            is_only_account_missing(update, run) and not is_unchanged(update, run)
            for update, run in found.values()
        )
        return tuple(
            number
            for number, (update, run) in found.items()
            if is_unchanged(update, run)
            and describe_mismatch(update, run)
            and not (self._drops_accounts and is_only_account_missing(update, run))
        )

    def _without_hopeless(
        self, lost: Iterable[int], sent: dict[int, Receipt], stored: dict[int, TestRun]
    ) -> tuple[int, ...]:
        """Leave out the runs whose account alone has gone missing a second time."""
        hopeless = {
            number
            for number in lost
            if is_only_account_missing(run_update_of(sent[number]), _run_of(sent[number], stored))
        }
        before = self._without_account.copy()
        self._without_account |= {sent[number].update.key for number in hopeless}
        return tuple(
            number
            for number in lost
            if number not in hopeless or sent[number].update.key not in before
        )


def _compare(receipt: Receipt, stored: dict[int, TestRun]) -> Receipt:
    update, run = run_update_of(receipt), _run_of(receipt, stored)
    difference = describe_mismatch(update, run)
    if not difference:
        is_over = run is not None and not has_account(update, run)
        return (
            receipt._replace(error="another session has written there since")
            if is_over
            else receipt
        )
    return receipt._replace(state=SendState.MISMATCH, error=difference)


def _run_of(receipt: Receipt, stored: dict[int, TestRun]) -> TestRun | None:
    return stored.get(run_update_of(receipt).run.run_id or 0)


def _unverified(receipts: Sequence[Receipt], reason: PytestJamaError) -> tuple[Receipt, ...]:
    """Note that what was sent was not read back: Jama accepted it, and that is all we know."""
    return tuple(
        receipt._replace(state=SendState.UNVERIFIED, error=f"accepted, but {reason}")
        if receipt.state is SendState.SENT
        else receipt
        for receipt in receipts
    )


@dataclass(frozen=True, slots=True)
class CycleRuns:
    """Test runs of a cycle.

    Attributes:
        by_case: The runs of each test case that was asked for and has any, by ascending ID.
        total: How many runs the cycle has in all; None when Jama does not say.
        missing: How many runs the list should have and did not give, also when it was read again.
    """

    by_case: Mapping[int, tuple[TestRun, ...]]
    total: int | None = None
    missing: int = 0


def find_runs(client: JamaClient, cycle_id: int, case_ids: Sequence[int]) -> CycleRuns:
    """Return the runs of some test cases in a cycle.

    All runs of the cycle are listed, unless it is so large that asking for those cases takes fewer
    requests; its first page tells.

    Args:
        client: Reads from Jama.
        cycle_id: The cycle.
        case_ids: The cases, each once.
    """
    first = client.first_runs(cycle_id)
    total = first.total
    if total is None or _pages(total) - 1 <= _pages(len(case_ids)):
        listed = client.runs(cycle_id, total=total, first=first)
    else:
        listed = _runs_of_cases(client, cycle_id, case_ids)
    return CycleRuns(group_by_case(listed.runs, case_ids), total, listed.missing)


def read_back(
    client: JamaClient,
    cycle_id: int,
    case_ids: Sequence[int],
    *,
    total: int | None,
) -> dict[int, TestRun]:
    """Return the runs of some test cases as they are now, by their IDs.

    Args:
        client: Reads from Jama.
        cycle_id: The cycle.
        case_ids: The cases, each once.
        total: How many runs the cycle has in all; decides which way takes fewer requests.

    Raises:
        ShortListError: When runs did not come that should be in the list.
    """
    if total is not None and _pages(total) <= _pages(len(case_ids)):
        listed = client.runs(cycle_id, total=total)
    else:
        listed = _runs_of_cases(client, cycle_id, case_ids)
    if listed.missing and not {run.case_id for run in listed.runs}.issuperset(case_ids):
        count = len(listed.runs) + listed.missing
        raise ShortListError(RUNS_PATH, total=count, missing=listed.missing)
    return {run.run_id: run for run in listed.runs if run.run_id is not None}


def all_runs(client: JamaClient, cycle_id: int) -> ListedRuns:
    """Return every run of a cycle."""
    first = client.first_runs(cycle_id)
    return client.runs(cycle_id, total=first.total, first=first)


def group_by_case(
    runs: Iterable[TestRun],
    case_ids: Iterable[int],
) -> dict[int, tuple[TestRun, ...]]:
    """Sort runs by their test cases, each case's by ascending ID; others are left out."""
    found: dict[int, list[TestRun]] = {case_id: [] for case_id in case_ids}
    for run in sorted(runs, key=lambda run: run.run_id or 0):
        if run.case_id in found:
            found[run.case_id].append(run)
    return {case_id: tuple(runs) for case_id, runs in found.items() if runs}


def describe_mismatch(update: RunUpdate, stored: TestRun | None) -> str:
    """Say where a run differs from what was sent; empty when it does not.

    Of texts it only counts whether our account is there, since Jama rewrites HTML; steps count as
    far as their statuses go.

    Args:
        update: What was written.
        stored: The run as read back; None when it is not in the cycle any more.
    """
    if stored is None:
        return f"{update.run} is no longer in the test cycle"
    differences = _status_differences(update, stored)
    if not (differences or has_account(update, stored) or is_written_over(update, stored)):
        there = "other text" if stored.actual_results.strip() else "no text"
        differences.append(f"account not stored: Jama has {there} in the actual results")
    return "; ".join(differences)


def _status_differences(update: RunUpdate, stored: TestRun) -> list[str]:
    differences = [
        f"step {number}: intended {intended.status}, Jama stores {step.status}"
        for number, (intended, step) in enumerate(
            zip(update.steps, stored.steps, strict=False), start=1
        )
        if intended.status != step.status
    ]
    if len(update.steps) != len(stored.steps):
        differences.append(f"{len(update.steps)} steps sent, Jama stores {len(stored.steps)}")
    if stored.status != update.status.value:
        differences.insert(0, f"intended {update.status.value}, Jama stores {stored.status}")
    return differences


def is_only_account_missing(update: RunUpdate, stored: TestRun | None) -> bool:
    """Return whether a run shows all that was sent but the account."""
    return (
        stored is not None
        and not _status_differences(update, stored)
        and not has_account(update, stored)
    )


def has_account(update: RunUpdate, stored: TestRun) -> bool:
    """Return whether what a run holds includes the account of an update, or there is none.

    Args:
        update: What was written.
        stored: The run as read back.
    """
    if not update.account:
        return True
    accounts = map(read_account, read_entries(stored.actual_results))
    if any(
        each and (each.session, each.status) == (update.session, update.will_be)
        for each in accounts
    ):
        return True
    return is_in(update.account_html(), stored.actual_results)


def is_written_over(update: RunUpdate, stored: TestRun) -> bool:
    """Return whether another session's account is on top, which was not there before the update.

    Args:
        update: What was written.
        stored: The run as read back.
    """
    first, before = (
        next(map(read_account, read_entries(text)), None)
        for text in (stored.actual_results, update.run.actual_results)
    )
    is_of_another = first is not None and first.session not in ("", update.session)
    return is_of_another and first != before


def is_unchanged(update: RunUpdate, stored: TestRun | None) -> bool:
    """Return whether a run is what it was before the update, so the update was lost on the way."""
    return stored is not None and _content(stored) == _content(update.run)


def describe_losses(before: Iterable[TestRun], after: Iterable[TestRun]) -> str:
    """Say which runs of a cycle have gone or changed their status; empty when none has."""
    now = {run.run_id: run.status for run in after}
    losses = [
        f"{run} ({run.status} -> {now.get(run.run_id, 'gone')})"
        for run in before
        if now.get(run.run_id) != run.status
    ]
    return ", ".join(losses)


def _runs_of_cases(client: JamaClient, cycle_id: int, case_ids: Sequence[int]) -> ListedRuns:
    jobs = [partial(client.runs_of_cases, cycle_id, batch) for batch in batches(case_ids)]
    parts = client.together(jobs)
    runs = [run for part in parts for run in part.runs]
    return ListedRuns(runs, sum(part.missing for part in parts))


def _content(run: TestRun) -> list[str]:
    return [run.actual_results, run.status, *(step.status for step in run.steps)]


def _pages(count: int) -> int:
    return max(1, math.ceil(count / PAGE_SIZE))
