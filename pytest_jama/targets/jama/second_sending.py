"""Runs that are written once more, since what was accepted is not what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import TargetError
from pytest_jama.targets.jama.account_form import with_plain_account
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.runs import run_update_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.plan import Receipt
    from pytest_jama.targets.jama.account_form import AccountForm
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.read_back import ReadBack
    from pytest_jama.targets.jama.runs import RunUpdate

    SendAll = Callable[[Sequence[RunUpdate]], tuple[tuple[Receipt, ...], PytestJamaError | None]]


class SecondSending:
    """Writes runs once more.

    Args:
        client: Notes the reasons.
        read_back: Compares what is stored with what was sent.
        send: Writes updates; returns their receipts, and why not all could be tried, if so.
    """

    def __init__(self, client: JamaClient, read_back: ReadBack, *, send: SendAll) -> None:
        self._client = client
        self._read_back = read_back
        self._send = send

    def send_again(self, receipts: Sequence[Receipt], lost: Sequence[int]) -> tuple[Receipt, ...]:
        """Write once more what was accepted but not stored: some proxies answer by themselves.

        Args:
            receipts: All receipts.
            lost: The places of those that were.
        """
        updates = [run_update_of(receipts[number]) for number in lost]
        for number, update in zip(lost, updates, strict=True):
            note = self._client.again(f"{RUNS_PATH}/{update.run.run_id}", method="PATCH")
            note("accepted, but not stored", receipts[number].attempts + 1, 0.0)
        again, stopped_by = self._send(updates)
        if stopped_by is None:
            again, _ = self._read_back.verify(again, is_second=True)
        final = list(receipts)
        for number, receipt in zip(lost, again, strict=True):
            before = receipts[number]
            final[number] = receipt._replace(
                attempts=before.attempts + receipt.attempts,
                remarks=tuple(dict.fromkeys((*before.remarks, *receipt.remarks))),
            )
        return tuple(final)

    def without_tags(self, receipts: Sequence[Receipt], form: AccountForm) -> tuple[Receipt, ...]:
        """Write accounts once more, as plain text, where Jama shows the tags of the first ones.

        Args:
            receipts: All receipts.
            form: Finds out where that is so.
        """
        try:
            updates = form.find_literal(receipts, self._read_back.shown)
        except (TargetError, KeyboardInterrupt):  # the verdicts are stored
            updates = {}
        if not updates:
            return tuple(receipts)
        for number, update in updates.items():
            note = self._client.again(f"{RUNS_PATH}/{update.run.run_id}", method="PATCH")
            note("actual results are plain text here", receipts[number].attempts + 1, 0.0)
        again, stopped_by = self._send(list(updates.values()))
        if stopped_by is None:
            again, _ = self._read_back.verify(again, is_second=True)
        final = list(receipts)
        for number, receipt in zip(updates, again, strict=True):
            final[number] = with_plain_account(receipts[number], receipt)
        return tuple(final)
