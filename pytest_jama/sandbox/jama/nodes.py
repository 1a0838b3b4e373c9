"""Reading and writing what Jama calls abstract items: items, plans, cycles, runs, attachments.

Items stand in a tree: every item has a place below the project or another item.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_jama.sandbox.database import Database, Row
from pytest_jama.sandbox.jama.accounts import Labels, find_labels
from pytest_jama.sandbox.jama.item_types import SUSPECT_FIELDS, TypeDefinition
from pytest_jama.sandbox.jama.model import Json, Node
from pytest_jama.sandbox.jama.rich_text import plain
from pytest_jama.sandbox.jama.selection import Selection, Window, of_kind

_KEY = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,15})")
ID_COUNTER = "id"
GLOBAL_ID_COUNTER = "global id"


@dataclass(frozen=True, kw_only=True)
class NewNode:
    """What is known of a node before it gets its numbers.

    Attributes:
        document_key: Given by hand (seeding); None takes the next of project and type.
        id: Given by hand (seeding); None takes the next of the one sequence.
        visible_at: Seconds since the epoch; before that the node is hidden.
        indexed_at: Seconds since the epoch; before that search does not find the node.
        columns: Values of further columns, e.g. `{"plan": 12}`.
    """

    project: int
    item_type: TypeDefinition
    fields: Json
    user: int
    id: int | None = None
    document_key: str | None = None
    global_id: str | None = None
    visible_at: float = 0.0
    indexed_at: float = 0.0
    columns: Mapping[str, Any] = field(default_factory=dict)


_SELECT = """
SELECT n.*, coalesce(n.plan, 0) AS plan_id, coalesce(n.cycle, 0) AS cycle_id,
  coalesce(n.test_group, 0) AS test_group_id, coalesce(n.test_case, 0) AS case_id,
  coalesce(c.document_key, '') AS case_key,
  CASE WHEN c.active = 1 THEN c.version END AS current_case_version
FROM nodes n LEFT JOIN nodes c ON c.id = n.test_case
"""


def _node(row: Row) -> Node:
    values = {name: row[name] for name in Node.__dataclass_fields__}
    return Node(
        **{**values, "fields": json.loads(row["fields"]), "archived": bool(row["archived"])}
    )


def find_node(
    database: Database, node_id: int, *kinds: str, with_hidden: bool = False
) -> Node | None:
    """Return an undeleted node of one of the kinds (of any kind if none is named)."""
    selection = of_kind(*kinds).where("n.id = ?", node_id)
    return next(iter(find_nodes(database, selection, with_hidden=with_hidden)), None)


def get_node(database: Database, node_id: int, kind: str, *, with_hidden: bool = False) -> Node:
    """Return a node that must exist, or raise a `LookupError`."""
    node = find_node(database, node_id, kind, with_hidden=with_hidden)
    if node is None:
        raise LookupError(f"the sandbox has no {kind} with the ID {node_id}")
    return node


def add_node(database: Database, new: NewNode) -> int:
    """Store a node and return its ID."""
    return add_nodes(database, [new])[0]


def add_nodes(database: Database, news: Sequence[NewNode]) -> list[int]:
    """Store nodes at once and return their IDs in order."""
    with database.transaction():
        labels = find_labels(database)
        rows = [_columns(database, new, labels) for new in news]
        database.insert("nodes", *rows)
        database.insert("versions", *(_version(database, row) for row in rows))
    return [row["id"] for row in rows]


def _version(database: Database, row: Mapping[str, Any]) -> Json:
    return {
        "item": row["id"],
        "version": row["version"],
        "fields": row["fields"],
        "created_date": row["modified_date"],
        "created_by": row["modified_by"],
        "saved_at": database.clock(),
    }


def _columns(database: Database, new: NewNode, labels: Labels) -> dict[str, Any]:
    node_id = take_id(database, new.id)
    key = new.document_key or take_key(database, new.project, new.item_type)
    stem, number = split_key(key)
    if new.document_key:
        database.raise_counter(f"key {stem}", number)
    global_id = new.global_id or _next_global_id(database, new.item_type)
    now = database.now(at_s=new.visible_at)
    return {
        "id": node_id,
        "kind": new.item_type.kind,
        "project": new.project,
        "item_type": new.item_type.id,
        "document_key": key,
        "key_stem": stem,
        "key_number": number,
        "global_id": global_id,
        "version": 1,
        "created_date": now,
        "created_by": new.user,
        "modified_date": now,
        "modified_by": new.user,
        "last_activity_date": now,
        "visible_at": new.visible_at,
        "indexed_at": new.indexed_at,
        "search_text": search_text(new.fields, labels, key, global_id, node_id),
        "fields": json.dumps(new.fields),
        **new.columns,
    }


def take_id(database: Database, wanted: int | None) -> int:
    """Take the next ID of the one sequence, or the wanted one."""
    if wanted is None:
        return database.next_number(ID_COUNTER)
    database.raise_counter(ID_COUNTER, wanted)
    return wanted


def take_key(database: Database, project: int, item_type: TypeDefinition) -> str:
    """Take the next document key of a project and type."""
    stem = f"{database.select('projects', id=project)[0]['key']}-{item_type.type_key}"
    return f"{stem}-{database.next_number(f'key {stem}')}"


def _next_global_id(database: Database, item_type: TypeDefinition) -> str:
    """Number global IDs.

    Source: Jama REST cookbook samples: `GID-25` for items, a bare number for cycles and runs.
    """
    number = database.next_number(GLOBAL_ID_COUNTER)
    return str(number) if item_type.kind in {"testcycles", "testruns"} else f"GID-{number}"


def split_key(document_key: str) -> tuple[str, int]:
    """Split `JEET1-TC-12` into `JEET1-TC` and 12; a key without a number has number 0."""
    match = _KEY.fullmatch(document_key)
    return (match["stem"], int(match["number"])) if match else (document_key, 0)


def search_text(fields: Json, labels: Labels, *others: object) -> str:
    """Gather the words that search looks through, in lower case."""
    return "\n".join([*map(str, others), *texts_of(fields, labels)]).casefold()


def texts_of(fields: Json, labels: Labels) -> list[str]:
    """Return what search looks through: texts, and the labels of what was picked from lists."""
    texts = [plain(value) for value in fields.values() if isinstance(value, str)]
    picked = [
        labels[name].get(each)
        for name in fields.keys() & labels.keys()
        for each in (fields[name] if isinstance(fields[name], list) else [fields[name]])
    ]
    return [*texts, *filter(None, picked)]


def save_fields(database: Database, node: Node, fields: Json, *, user: int) -> None:
    """Store new fields as a new version; moves the modification and the activity date."""
    now = database.now()
    values = {
        "fields": json.dumps(fields),
        "version": node.version + 1,
        "modified_date": now,
        "modified_by": user,
    }
    labels = find_labels(database)
    words = search_text(fields, labels, node.document_key, node.global_id, node.id)
    with database.transaction():
        further = {"search_text": words, "last_activity_date": now}
        database.update("nodes", {**values, **further}, id=node.id)
        database.insert("versions", _version(database, {**values, "id": node.id}))
        if any(node.fields.get(name) != fields.get(name) for name in SUSPECT_FIELDS):
            database.update("relationships", {"suspect": 1}, from_item=node.id)


def as_it_was(database: Database, node: Node, at_s: float) -> Node:
    """Return a node as it was at a time in seconds since the epoch; at first if it is younger."""
    rows = database.all(
        "SELECT * FROM versions WHERE item = ? AND (saved_at <= ? OR version = 1) "
        "ORDER BY version DESC LIMIT 1",
        (node.id, at_s),
    )
    return at_version(node, rows[0])


def at_version(node: Node, past: Row) -> Node:
    """Return a node as one of its versions, a row of that table, has it."""
    return replace(
        node,
        version=past["version"],
        fields=json.loads(past["fields"]),
        modified_date=past["created_date"],
        modified_by=past["created_by"],
        last_activity_date=min(node.last_activity_date, past["created_date"]),
    )


def renumber(database: Database, node: Node, document_key: str) -> None:
    """Give a node another key; what has it by now gets the key of the node in exchange."""
    holder = database.find("nodes", document_key=document_key)
    with database.transaction():
        if holder is not None:
            _set_key(database, holder["id"], f"{document_key} in exchange")
        _set_key(database, node.id, document_key)
        if holder is not None:
            _set_key(database, holder["id"], node.document_key)


def _set_key(database: Database, node_id: int, document_key: str) -> None:
    row = database.select("nodes", id=node_id)[0]
    stem, number = split_key(document_key)
    fields, labels = json.loads(row["fields"]), find_labels(database)
    words = search_text(fields, labels, document_key, row["global_id"], node_id)
    values = {"document_key": document_key, "key_stem": stem, "key_number": number}
    database.update("nodes", {**values, "search_text": words}, id=node_id)
    database.raise_counter(f"key {stem}", number)


def touch(database: Database, node_id: int) -> None:
    """Move the activity date, as comments, attachments and links do."""
    database.update("nodes", {"last_activity_date": database.now()}, id=node_id)


def deactivate(database: Database, **wanted: int) -> None:
    """Delete nodes as Jama does: they are no longer found, and could be restored."""
    database.update("nodes", {"active": 0}, **wanted)


def set_lock(database: Database, node_id: int, locked_by: int | None) -> None:
    """Lock a node for a user, or unlock it, which keeps the date of the lock."""
    date = {} if locked_by is None else {"locked_date": database.now()}
    database.update("nodes", {"locked_by": locked_by, **date}, id=node_id)


_WIDTH = 6


def add_item(database: Database, new: NewNode, *, parent: int | None = None) -> int:
    """Add an item after its siblings and return its ID."""
    with database.transaction():
        place = _last_place(database, new.project, parent)
        return add_node(database, replace(new, columns={**new.columns, **place}))


def move_item(database: Database, item: Node, *, parent: int | None) -> None:
    """Put an item, with all below it, after the children of another parent."""
    with database.transaction():
        place = _last_place(database, item.project, parent)
        database.update("nodes", place, id=item.id)
        database.execute(
            "UPDATE nodes SET sequence = ? || substr(sequence, ?) WHERE project = ? "
            "AND kind = 'items' AND sequence > ? AND sequence < ?",  # "/" comes after "."
            (
                place["sequence"],
                len(item.sequence) + 1,
                item.project,
                f"{item.sequence}.",
                f"{item.sequence}/",
            ),
        )


def _last_place(database: Database, project: int, parent: int | None) -> Json:
    sort_order = database.next_number(f"children {project} {parent}")
    own = f"{sort_order:0{_WIDTH}}"
    above = find_node(database, parent) if parent is not None else None
    sequence = f"{above.sequence}.{own}" if above else own
    return {"parent": parent, "sort_order": sort_order, "sequence": sequence}


def find_nodes(
    database: Database,
    selection: Selection,
    *,
    order: str = "n.id",
    window: Window | None = None,
    with_hidden: bool = False,
) -> tuple[Node, ...]:
    """Read a part (or all) of a selection, normally without what appears only later."""
    shown = selection if with_hidden else selection.at(database.clock())
    limit, offset = (window.size, window.start) if window else (-1, 0)
    rows = database.all(
        f"{_SELECT} WHERE {shown.condition} ORDER BY {order} LIMIT ? OFFSET ?",
        (*shown.parameters, limit, offset),
    )
    return tuple(_node(row) for row in rows)
