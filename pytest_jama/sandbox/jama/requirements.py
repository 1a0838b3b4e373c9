"""Items of any type and what relates them, made at once: projects to trace through."""

from typing import Any

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama import nodes
from pytest_jama.sandbox.jama.accounts import ROBOT_ID, find_project
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
        if project is None or type_key not in ITEM_TYPES:
            raise LookupError(f"the sandbox has no project {project_key!r} or no type {type_key!r}")
        news = [
            NewNode(
                project=project.id,
                item_type=ITEM_TYPES[type_key],
                fields={"name": name, **fields},
                user=ROBOT_ID,
            )
            for name in names
        ]
        with self.database.transaction():
            return [nodes.add_item(self.database, new, parent=parent) for new in news]

    def relate(self, *pairs: tuple[int, int], relationship_type: int | None = None) -> list[int]:
        """Relate items, each pair from the upstream one to the downstream one; return the IDs."""
        relations = [
            Relation(from_item=above, to_item=below, relationship_type=relationship_type)
            for above, below in pairs
        ]
        return add_relations(self.database, relations)
