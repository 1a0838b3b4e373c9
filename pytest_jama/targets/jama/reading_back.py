"""What Jama stores after an upload, compared with what was sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.errors import TargetError
from pytest_jama.core.port import Receipt, SendState
from pytest_jama.targets.jama import runs as test_runs
from pytest_jama.targets.jama.sending import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.runs import TestRun
    from pytest_jama.targets.jama.client import JamaClient

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

    def verify(self, receipts: Sequence[Receipt]) -> tuple[tuple[Receipt, ...], tuple[int, ...]]:
        """Compare what Jama stores with what was sent; a run that differs is a mismatch.

        Args:
            receipts: Only those of sent updates are looked at.

        Returns:
            The receipts, and the places of those whose run is as it was before.
        """
        sent = {n: each for n, each in enumerate(receipts) if each.state is SendState.SENT}
        if not sent or self._cycle_id is None:
            return tuple(receipts), ()
        try:
            stored = self._read(sent.values())
            lost = _find_lost(sent, stored)
            for pause_s in _SHOWS_LATE_S:
                if not lost:
                    break
                self._client.api.connection.sleep(pause_s)
                stored |= self._read(sent[number] for number in lost)
                lost = _find_lost(sent, stored)
        except TargetError as error:
            return _unverified(receipts, error), ()
        except KeyboardInterrupt:
            return _unverified(receipts, INTERRUPTED), ()
        verified = {number: _compare(receipt, stored) for number, receipt in sent.items()}
        return tuple(verified.get(n, each) for n, each in enumerate(receipts)), lost

    def _read(self, receipts: Iterable[Receipt]) -> dict[int, TestRun]:
        case_ids = list(dict.fromkeys(receipt.update.run.case_id for receipt in receipts))
        return test_runs.read_back(
            self._client, self._cycle_id or 0, case_ids, total=self._total_runs
        )


def _find_lost(sent: dict[int, Receipt], stored: dict[int, TestRun]) -> tuple[int, ...]:
    return tuple(
        number
        for number, receipt in sent.items()
        if test_runs.describe_mismatch(receipt.update, _run_of(receipt, stored))
        and test_runs.is_unchanged(receipt.update, _run_of(receipt, stored))
    )


def _compare(receipt: Receipt, stored: dict[int, TestRun]) -> Receipt:
    difference = test_runs.describe_mismatch(receipt.update, _run_of(receipt, stored))
    if not difference:
        return receipt
    return replace(receipt, state=SendState.MISMATCH, error=difference)


def _run_of(receipt: Receipt, stored: dict[int, TestRun]) -> TestRun | None:
    return stored.get(receipt.update.run.run_id or 0)


def _unverified(receipts: Sequence[Receipt], reason: PytestJamaError) -> tuple[Receipt, ...]:
    """Note at what was sent that nobody looked at it again: Jama accepted it, no more."""
    return tuple(
        replace(receipt, state=SendState.UNVERIFIED, error=f"accepted, but {reason}")
        if receipt.state is SendState.SENT
        else receipt
        for receipt in receipts
    )
