"""Items of any type, their sets and what relates them: projects to trace through."""

from collections.abc import Sequence
from typing import Any

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama import nodes
from pytest_jama.sandbox.jama.accounts import ROBOT_ID, all_item_types, find_project
from pytest_jama.sandbox.jama.item_types import ITEM_TYPES
from pytest_jama.sandbox.jama.nodes import NewNode
from pytest_jama.sandbox.jama.relations import Relation, add_relations


class Requirements:
    """The part of a store that makes what test cases verify."""

    database: Database

    def add_items(
        self, project_key: str, type_key: str, *names: str, parent: int | None = None, **fields: Any
    ) -> list[int]:
        """Create items of one type, such as `REQ`, with these names; return their IDs.

        Args:
            project_key: Key of a project that exists.
            type_key: Key of the item type.
            names: One for each item.
            parent: The item that they stand below; None is the root of the project.
            fields: Values of further fields, the same for all.

        Raises:
            LookupError: There is no such project or type.
        """
        project = find_project(self.database, key=project_key)
        item_type = all_item_types(self.database).get(type_key)
        if project is None or item_type is None:
            raise LookupError(f"the sandbox has no project {project_key!r} or no type {type_key!r}")
        news = [
            NewNode(
                project=project.id,
                item_type=item_type,
                fields={"name": name, **fields},
                user=ROBOT_ID,
            )
            for name in names
        ]
        with self.database.transaction():
            return [nodes.add_item(self.database, new, parent=parent) for new in news]

    def add_set(self, project: int, path: Sequence[str], *, of: int) -> int:
        """Create a set with folders below it, unless this was done before; return the innermost.

        Args:
            project: ID of the project.
            path: The name of the set, then of each folder.
            of: ID of the item type that the set is for.
        """
        parent = 0
        with self.database.transaction():
            for depth, name in enumerate(path):
                counter = f"set {project} {of} {' / '.join(path[: depth + 1])}"
                known = self.database.counter(counter)
                if nodes.find_node(self.database, known, "items") is None:
                    known = self._new_container(project, name, parent=parent or None, of=of)
                    self.database.raise_counter(counter, known)
                parent = known
        return parent

    def _new_container(self, project: int, name: str, *, parent: int | None, of: int) -> int:
        new = NewNode(
            project=project,
            item_type=ITEM_TYPES["SET" if parent is None else "FLD"],
            fields={"name": name},
            user=ROBOT_ID,
            columns={"child_item_type": of} if parent is None else {},
        )
        return nodes.add_item(self.database, new, parent=parent)

    def relate(self, *pairs: tuple[int, int], relationship_type: int | None = None) -> list[int]:
        """Relate items, each pair from the upstream one to the downstream one; return the IDs."""
        relations = [
            Relation(from_item=above, to_item=below, relationship_type=relationship_type)
            for above, below in pairs
        ]
        return add_relations(self.database, relations)
