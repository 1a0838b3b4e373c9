"""Who has locked the runs that could not be written: a person can be asked, a number cannot.

Source: Jama's published OpenAPI document, `GET /testruns/{id}/lock` and `GET /users/{id}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import TargetError
from pytest_jama.core.plan import SendState
from pytest_jama.core.text import first_line, shorten
from pytest_jama.targets.jama.runs import run_update_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.plan import Receipt
    from pytest_jama.targets.jama.client import JamaClient

_ASKED = 3
"""Of how many runs it is asked: mostly one person has locked them all."""

_NAME = 80


def with_holders(client: JamaClient, receipts: Sequence[Receipt]) -> tuple[Receipt, ...]:
    """Say of locked runs who has locked them, as far as Jama tells; nothing else changes.

    Args:
        client: Reads from Jama.
        receipts: All receipts.
    """
    locked = [each for each in receipts if each.state is SendState.LOCKED]
    if any(each.state is SendState.UNVERIFIED for each in receipts):
        return tuple(receipts)  # it does not answer well: nothing more is asked
    names: dict[str, str] = {}
    known: dict[int, str] = {}
    try:
        for receipt in locked[:_ASKED]:
            run_id = run_update_of(receipt).run.run_id
            user_id = _read(client, f"/testruns/{run_id}/lock").get("lockedBy")
            if not isinstance(user_id, int):
                continue
            if user_id not in known:
                known[user_id] = _name_of(_read(client, f"/users/{user_id}"))
            names[receipt.update.key] = known[user_id]
    except TargetError:  # then it stays as it is: this is only a kindness
        pass
    return tuple(_named(receipt, names.get(receipt.update.key, "")) for receipt in receipts)


def _named(receipt: Receipt, name: str) -> Receipt:
    if not name or name in receipt.error:
        return receipt
    return receipt._replace(error=f"locked by {name}: {receipt.error}")


def _read(client: JamaClient, path: str) -> dict[str, Any]:
    data = client.api.get(path, check=lambda _: "").get("data")  # whatever it is: see above
    return data if isinstance(data, dict) else {}


def _name_of(user: dict[str, Any]) -> str:
    """Return first and last name with the user name, which Jama's pages show both."""
    words = (user.get(field) for field in ("firstName", "lastName"))
    full = " ".join(word for word in words if isinstance(word, str))
    account = user.get("username")
    name = f"{full} ({account})" if full and isinstance(account, str) else full or account or ""
    return shorten(first_line(str(name)), at_most=_NAME)
