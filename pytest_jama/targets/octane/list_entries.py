"""References as they are written: to entities, entries of lists, the user who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.targets.octane.query import Statement, equals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.targets.octane.entities import Entities

_COLLECTIONS = {"list_node": "list_nodes", "phase": "phases"}


def reference_to(kind: str, entity: Mapping[str, Any]) -> dict[str, str]:
    """Return a reference to an entity.

    Args:
        kind: Its type, where the entity itself does not say it.
        entity: The entity, with its ID.
    """
    return {"type": str(entity.get("type") or kind), "id": str(entity["id"])}


def entry(entities: Entities, kind: str, logical_name: str) -> dict[str, str]:
    """Return a reference to an entry of a list, or to a phase.

    Its ID is its logical name on present servers and a number on old ones: the server is asked, and
    one that does not tell is a present one.

    Args:
        entities: Asks the server.
        kind: ``list_node`` or ``phase``.
        logical_name: Its logical name.
    """
    query = equals("logical_name", logical_name)
    try:
        rows = list(entities.list(_COLLECTIONS[kind], fields="id,logical_name", query=query))
    except RefusedError:
        rows = []
    ids = [str(row["id"]) for row in rows if row.get("logical_name") == logical_name]
    return {"type": kind, "id": ids[0] if ids else logical_name}


def signed_in_user(entities: Entities) -> Mapping[str, Any]:
    """Return the user who is signed in.

    Raises:
        NotUsableError: When that is an API access key, which is not a user of the workspace.
    """
    query = Statement("id EQ [current_user]")
    rows = entities.list("workspace_users", fields="id,name,full_name", query=query)
    found = next(iter(rows), None)
    if found is None:
        raise NotUsableError(
            "who is signed in is not a user of the workspace; sign in as one, or give it an owner"
        )
    return found
