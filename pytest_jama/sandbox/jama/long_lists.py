"""Pages of long lists, at the same cost wherever they are: the order is read once and kept."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.model import Node
from pytest_jama.sandbox.jama.nodes import find_nodes
from pytest_jama.sandbox.jama.selection import Selection, Window, of_kind

_LONG = 200
"""Rows. What is shorter is read as fast as it is found among what is kept."""


def find_page(
    database: Database, selection: Selection, window: Window, *, order: str = "n.id"
) -> tuple[tuple[Node, ...], int]:
    """Read a part of a selection; return it with the number of nodes in all of it."""
    ids = find_ids(database, selection, order)
    return find_in_order(database, window.of(ids)), len(ids)


def find_in_order(database: Database, ids: Sequence[int]) -> tuple[Node, ...]:
    """Return undeleted nodes in the order of these IDs."""
    marks = ", ".join("?" * len(ids))
    found = find_nodes(database, of_kind().where(f"n.id IN ({marks})", *ids))
    by_id = {node.id: node for node in found}
    return tuple(by_id[each] for each in ids if each in by_id)


def find_ids(database: Database, selection: Selection, order: str) -> Sequence[int]:
    """Return the IDs of what is visible of a selection, in order."""
    now_s = database.clock()
    if not selection.is_steady(order):
        return _read(database, selection.at(now_s), order).ids
    everything = database.kept(
        (selection, order),
        lambda: _read(database, selection, order),
        stamp=lambda: count_moves(database, *selection.kinds),
        is_long=lambda found: len(found.ids) > _LONG,
    )
    if everything.shown_from_s <= now_s:
        return everything.ids
    return _read(database, selection.at(now_s), order).ids


@dataclass(frozen=True)
class _LongList:
    """IDs in order, and the time from which on all of them are shown."""

    ids: Sequence[int]
    shown_from_s: float


def _read(database: Database, selection: Selection, order: str) -> _LongList:
    rows = database.all(
        f"SELECT n.id, max(0, {', '.join(selection.shown_from)}) FROM nodes n "  # noqa: S608 - conditions are ours, values are parameters
        f"WHERE {selection.condition} ORDER BY {order}",
        selection.parameters,
    )
    ids = array("q", [row[0] for row in rows])
    return _LongList(ids, max((row[1] for row in rows), default=0.0))


def kept_ids(
    database: Database, sql: str, *parameters: int, moved_by: Sequence[str]
) -> Sequence[int]:
    """Return the IDs that a statement finds; they are kept until something of these kinds moves."""
    return database.kept(
        (sql, parameters),
        lambda: array("q", [row[0] for row in database.all(sql, parameters)]),
        stamp=lambda: count_moves(database, *moved_by),
        is_long=lambda found: len(found) > _LONG,
    )


def count_moves(database: Database, *kinds: str) -> int:
    """Return how often lists of these kinds have changed; none means all."""
    marks = ", ".join("?" * len(kinds))
    among = f"WHERE kind IN ({marks})" if kinds else ""
    return database.number(f"SELECT sum(count) FROM moves {among}", kinds)  # noqa: S608 - marks only
