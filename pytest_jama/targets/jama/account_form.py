"""Whether actual results are rich or plain text at this server, and accounts in that form.

Administrators may make the field plain text; then tags would stand in the record as letters. The
item types tell, but are not asked for in the usual way: rich text seldom comes back as it was sent,
and plain text always does. So an account that came back to the letter is what makes us ask.
Source: the published OpenAPI document, `ItemTypeField.textType`; Jama REST API cookbook, rich text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.jama.actual_results import read_account, read_entries
from pytest_jama.targets.jama.run_body import ACCOUNT
from pytest_jama.targets.jama.runs import run_update_of
from pytest_jama.targets.jama.type_fields import find_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.runs import RunUpdate, TestRun


class AccountForm:
    """The form of accounts at one server.

    Args:
        client: Reads from Jama.
    """

    def __init__(self, client: JamaClient) -> None:
        self._client = client

    def apply(self, updates: Sequence[RunUpdate], *, is_wanted: bool = True) -> Sequence[RunUpdate]:
        """Return the updates with accounts in plain text, where that is known to be right.

        It is looked up only when a run holds an account of ours in plain text: a field may have
        been rich text before, or may be now.

        Args:
            updates: The updates.
            is_wanted: False for no accounts at all.
        """
        if not is_wanted:
            return [replace(update, account=()) for update in updates]
        hints = any(update.account and _holds_plain(update.run) for update in updates)
        if not (self._client.knows_item_types or hints) or not self._is_plain(unless_known=hints):
            return updates
        return [update.in_plain_text() for update in updates]

    def find_literal(
        self, receipts: Sequence[Receipt], shown: Mapping[int, TestRun]
    ) -> dict[int, RunUpdate]:
        """Return what to write instead of accounts whose tags stand in the record as letters.

        Args:
            receipts: All receipts.
            shown: The runs as they were read back.

        Returns:
            By the places of the receipts. Each update is one of the run as it is now.
        """
        sent = [
            (n, run_update_of(receipt)) for n, receipt in enumerate(receipts) if _is_sent(receipt)
        ]
        rich = [(n, update) for n, update in sent if update.account and not update.is_plain]
        runs = {n: shown.get(update.run.run_id or 0) for n, update in rich}
        texts = ((update.results_text(), runs[n]) for n, update in rich)
        if not any(run is not None and run.actual_results == text for text, run in texts):
            return {}
        if not self._is_plain(unless_known=False):
            return {}
        now = ((n, update, runs[n] or update.run) for n, update in rich)
        return {
            n: replace(update.in_plain_text(), run=run, before=update.earlier_statuses())
            for n, update, run in now
        }

    def _is_plain(self, *, unless_known: bool) -> bool:
        try:
            item_type = find_type(self._client.item_types(), "run")
        except (RefusedError, NotUsableError):
            return unless_known
        found = item_type.find(ACCOUNT) if item_type else None
        return found.is_plain if found else unless_known


def _is_sent(receipt: Receipt) -> bool:
    return receipt.state in (SendState.SENT, SendState.MISMATCH)


def _holds_plain(run: TestRun) -> bool:
    entries = read_entries(run.actual_results)
    return any(not entry.is_rich and read_account(entry) for entry in entries)


def with_plain_account(before: Receipt, again: Receipt) -> Receipt:
    """Return the receipt of a run whose account was written again, as plain text."""
    attempts = before.attempts + again.attempts
    remarks = tuple(dict.fromkeys((*before.remarks, *again.remarks)))
    if again.state not in (SendState.SENT, before.state):
        why = again.error or "it was written again without them, which did not help"
        remarks = (*remarks, ("account stored with the tags of HTML", why))
    return before._replace(attempts=attempts, remarks=remarks)
