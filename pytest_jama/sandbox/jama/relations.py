"""Relationships as they are stored: read in order of their IDs, made, changed, taken away.

The direction is Jama's: from the upstream item (a requirement) to the downstream one (a test case).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pytest_jama.sandbox.database import Database, Row
from pytest_jama.sandbox.jama.item_types import TypeDefinition
from pytest_jama.sandbox.jama.long_lists import kept_ids
from pytest_jama.sandbox.jama.model import Json
from pytest_jama.sandbox.jama.nodes import ID_COUNTER
from pytest_jama.sandbox.jama.selection import Window

DEFAULT_TYPE = 4
"""Source: Jama REST cookbook: an unknown or absent type is the default one; its ID is made up."""
RELATIONSHIP_TYPES = {DEFAULT_TYPE: "Related to", 5: "Derived from", 6: "Verified by"}
"""Names by ID. The names are those of a new instance; admins change them."""

RULES = {
    ("SYS", "SYS"): 5,
    ("SYS", "REQ"): 5,
    ("REQ", "REQ"): 5,
    ("SYS", "TC"): 6,
    ("REQ", "TC"): 6,
    ("TC", "DEF"): DEFAULT_TYPE,
}
"""The relations that the rule set allows, where the knob switches it on, with their types."""

_FROM = (
    "FROM relationships r JOIN nodes f ON f.id = r.from_item AND f.active = 1 "
    "JOIN nodes t ON t.id = r.to_item AND t.active = 1"
)


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A relationship that is asked for or stored; the type is None where none was named."""

    from_item: int
    to_item: int
    relationship_type: int | None = None

    @property
    def columns(self) -> Json:
        """What is stored of it: an unknown type is the default one."""
        kind = self.relationship_type
        known = kind if kind in RELATIONSHIP_TYPES else DEFAULT_TYPE
        return {"from_item": self.from_item, "to_item": self.to_item, "relationship_type": known}


def is_allowed(*ends: TypeDefinition) -> bool:
    """Return whether the rule set has a rule from items of the first type to those of the second.

    What admins made a test case is one: the rules of the sandbox are by category there.
    """
    keys = ("TC" if end.category == "TEST_CASE" else end.type_key for end in ends)
    return tuple(keys) in RULES


def list_relations(
    database: Database, *, window: Window, above: int = 0, **wanted: int
) -> list[Row]:
    """Read a part of the relationships with higher IDs, in order of these.

    Args:
        database: Where they are.
        window: The part; its start counts from the first with a higher ID.
        above: The ID below the first one.
        wanted: `project` (of the item upstream), `id`, `from_item` or `to_item`.
    """
    conditions, parameters = _condition(wanted)
    return database.all(
        f"SELECT r.* {_FROM} WHERE {conditions} AND r.id > ? ORDER BY r.id LIMIT ? OFFSET ?",
        (*parameters, above, window.size, window.start),
    )


def count_relations(database: Database, **wanted: int) -> int:
    """Count relationships; see `list_relations`."""
    conditions, parameters = _condition(wanted)
    sql = f"SELECT r.id {_FROM} WHERE {conditions}"
    return len(kept_ids(database, sql, *parameters, moved_by=("items", "relationships")))


_COLUMNS = {
    "project": "+f.project",  # the plus: in order of the IDs, not through the whole project
    "id": "r.id",
    "from_item": "r.from_item",
    "to_item": "r.to_item",
}


def _condition(wanted: dict[str, int]) -> tuple[str, tuple[Any, ...]]:
    return " AND ".join(f"{_COLUMNS[name]} = ?" for name in wanted), tuple(wanted.values())


def find_relation(database: Database, relation_id: int) -> Row | None:
    """Return a relationship of undeleted items, or None."""
    found = list_relations(database, window=Window(start=0, size=1), id=relation_id)
    return found[0] if found else None


def add_relations(database: Database, relations: Iterable[Relation]) -> list[int]:
    """Store relationships and return their IDs in order."""
    with database.transaction():
        rows = [
            {"id": database.next_number(ID_COUNTER), **relation.columns} for relation in relations
        ]
        database.insert("relationships", *rows)
    return [row["id"] for row in rows]
