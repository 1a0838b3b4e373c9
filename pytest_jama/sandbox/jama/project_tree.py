"""The tree of a project as its pages show it: sets and folders, what is in them, its last runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.accounts import all_item_types
from pytest_jama.sandbox.jama.long_lists import find_ids, find_page
from pytest_jama.sandbox.jama.model import Node
from pytest_jama.sandbox.jama.nodes import find_node, find_nodes
from pytest_jama.sandbox.jama.selection import Selection, Window, of_kind

_TREE_ORDER = "n.sequence"
MOST_BRANCHES = 200
"""Most sets or folders that are listed beside each other; the pages behind have the rest."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A set or folder in the list of these.

    Attributes:
        node: The set or folder.
        item_count: How many items are in it and in the folders below.
        is_current: Whether it is the one that is shown.
        branches: The folders in it, where it is open.
    """

    node: Node
    item_count: int
    is_current: bool
    branches: tuple["Branch", ...]


@dataclass(frozen=True, kw_only=True)
class TreePart:
    """Neighbours of one set or folder.

    Attributes:
        path: From the outermost set to the one that they stand in; empty at the root.
        items: The items, in order of the tree.
    """

    path: tuple[Node, ...]
    items: tuple[Node, ...]


class ProjectTree:
    """Looks into the tree of one project.

    Args:
        database: Where it is.
        project: The ID of the project.
    """

    def __init__(self, database: Database, project: int) -> None:
        self._database = database
        self._all = of_kind("items").where("n.project = ?", project)
        types = all_item_types(database).values()
        self._containers = tuple(each.id for each in types if each.is_container)

    def is_container(self, node: Node) -> bool:
        """Return whether a node only holds others."""
        return node.item_type in self._containers

    def path_to(self, node: Node) -> tuple[Node, ...]:
        """Return what stands above a node, the outermost first."""
        above: list[Node] = []
        parent = node.parent
        while parent is not None and len(above) < _DEEPEST:
            found = find_node(self._database, parent, "items")
            if found is None:
                break
            above.insert(0, found)
            parent = found.parent
        return tuple(above)

    def branches(self, current: Node | None) -> tuple[Branch, ...]:
        """List the sets; those on the way to the current one are open."""
        opened = {each.id for each in (*self.path_to(current), current)} if current else set()
        return self._branches(None, opened, current)

    def _branches(
        self, parent: int | None, opened: set[int], current: Node | None
    ) -> tuple[Branch, ...]:
        selection = self._all.where("n.parent IS ?", parent)
        window = Window(start=0, size=MOST_BRANCHES)
        found = find_nodes(
            self._database,
            selection.where_in("n.item_type", self._containers),
            order=_TREE_ORDER,
            window=window,
        )
        return tuple(
            Branch(
                node=node,
                item_count=self.count_items(node),
                is_current=current is not None and node.id == current.id,
                branches=self._branches(node.id, opened, current) if node.id in opened else (),
            )
            for node in found
        )

    def _below(self, container: Node | None) -> Selection:
        if container is None:
            return self._all
        first, behind = f"{container.sequence}.", f"{container.sequence}/"  # "/" comes after "."
        return self._all.where("n.sequence > ? AND n.sequence < ?", first, behind)

    def _items(self, container: Node | None) -> Selection:
        marks = ", ".join("?" * len(self._containers))
        return self._below(container).where(f"n.item_type NOT IN ({marks})", *self._containers)

    def count_items(self, container: Node | None) -> int:
        """Count the items in a set or folder and below, or in the project."""
        return len(find_ids(self._database, self._items(container), _TREE_ORDER))

    def sections(self, container: Node | None, window: Window) -> tuple[TreePart, ...]:
        """Read a part of the items, in order of the tree, by the folder that they stand in."""
        items, _ = find_page(self._database, self._items(container), window, order=_TREE_ORDER)
        parts: list[list[Node]] = []
        for item in items:
            if not parts or parts[-1][0].parent != item.parent:
                parts.append([])
            parts[-1].append(item)
        return tuple(TreePart(path=self.path_to(part[0]), items=tuple(part)) for part in parts)


_DEEPEST = 100
"""Most levels that are gone up; an item that was moved below itself would lead in a circle."""


def last_runs(database: Database, cases: Iterable[Node]) -> Mapping[int, Node]:
    """Return the newest run of each case that has one, by the ID of the case."""
    ids = [case.id for case in cases]
    marks = ", ".join("?" * len(ids))
    newest = (
        "n.id IN (SELECT max(r.id) FROM nodes r WHERE r.kind = 'testruns' AND r.active = 1 "  # noqa: S608 - names of our own
        f"AND r.visible_at <= ? AND r.test_case IN ({marks}) GROUP BY r.test_case)"
    )
    runs = find_nodes(database, of_kind("testruns").where(newest, database.clock(), *ids))
    return {run.case_id: run for run in runs}
