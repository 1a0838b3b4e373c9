"""The tree of items: every item has a place below the project or another item."""

from typing import Any

from pytest_jama.sandbox.itemtypes import ItemType
from pytest_jama.sandbox.state.database import Database
from pytest_jama.sandbox.state.nodes import NewNode, add_node, find_node

Json = dict[str, Any]

_WIDTH = 6


def add_item(
    database: Database,
    *,
    project: int,
    item_type: ItemType,
    fields: Json,
    user: int,
    parent: int | None = None,
    child_item_type: int | None = None,
    item_id: int | None = None,
    document_key: str | None = None,
    global_id: str | None = None,
    indexed_at: float = 0.0,
) -> int:
    """Add an item behind its siblings and return its ID."""
    with database.transaction():
        sort_order = database.next_number(f"children {project} {parent}")
        new = NewNode(
            project=project,
            item_type=item_type,
            fields=fields,
            user=user,
            id=item_id,
            document_key=document_key,
            global_id=global_id,
            indexed_at=indexed_at,
            columns={
                "parent": parent,
                "sort_order": sort_order,
                "sequence": _sequence(database, parent, sort_order),
                "child_item_type": child_item_type,
            },
        )
        return add_node(database, new)


def _sequence(database: Database, parent: int | None, sort_order: int) -> str:
    own = f"{sort_order:0{_WIDTH}}"
    above = find_node(database, parent) if parent is not None else None
    return f"{above.sequence}.{own}" if above else own


def shown_sequence(sequence: str) -> str:
    """Turn the sortable form into the one that people see: 2.1.7."""
    return ".".join(str(int(part)) for part in sequence.split("."))


def move_item(database: Database, item_id: int, *, project: int, parent: int | None) -> None:
    """Put an item (not its children) behind the children of another parent."""
    with database.transaction():
        sort_order = database.next_number(f"children {project} {parent}")
        database.execute(
            "UPDATE nodes SET parent = ?, sort_order = ?, sequence = ? WHERE id = ?",
            (parent, sort_order, _sequence(database, parent, sort_order), item_id),
        )
