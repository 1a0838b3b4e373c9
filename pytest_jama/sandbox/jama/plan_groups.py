"""The test groups of a plan, and the cases in them."""

from collections.abc import Sequence

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.long_lists import kept_ids
from pytest_jama.sandbox.jama.model import PlanGroup
from pytest_jama.sandbox.jama.nodes import ID_COUNTER

DEFAULT_GROUP = "Default Test Group"
"""Source: Jama REST cookbook: every new plan has one group of this name."""


def add_group(
    database: Database,
    plan: int,
    name: str,
    *,
    assigned_to: int | None = None,
    visible_at: float = 0.0,
) -> int:
    """Add an empty group to a plan and return its ID."""
    with database.transaction():
        group_id = database.next_number(ID_COUNTER)
        row = {
            "id": group_id,
            "plan": plan,
            "name": name,
            "assigned_to": assigned_to,
            "visible_at": visible_at,
        }
        database.insert("test_groups", row)
    return group_id


def find_groups(database: Database, plan: int) -> tuple[PlanGroup, ...]:
    """List the visible groups of a plan, oldest first."""
    return _groups(database, "plan = ?", plan)


def find_group(database: Database, plan: int, group_id: int) -> PlanGroup | None:
    """Return a visible group of a plan, or None."""
    return next(iter(_groups(database, "plan = ? AND id = ?", plan, group_id)), None)


def _groups(database: Database, condition: str, *parameters: int) -> tuple[PlanGroup, ...]:
    rows = database.all(
        f"SELECT id, plan, name, assigned_to FROM test_groups WHERE {condition} "  # noqa: S608 - conditions are ours
        "AND visible_at <= ? ORDER BY id",
        (*parameters, database.clock()),
    )
    return tuple(PlanGroup(*row) for row in rows)


def delete_group(database: Database, group_id: int) -> None:
    """Delete a group; its cases leave the plan."""
    with database.transaction():
        database.delete("group_cases", test_group=group_id)
        database.delete("test_groups", id=group_id)


def add_case(database: Database, *, plan: int, group_id: int, case_id: int) -> None:
    """Put a case at the end of a group."""
    with database.transaction():
        position = database.next_number(f"position {group_id}")
        row = {"test_group": group_id, "test_case": case_id, "plan": plan, "position": position}
        database.insert("group_cases", row, conflict="IGNORE")


_UNDELETED = "FROM group_cases g JOIN nodes n ON n.id = g.test_case AND n.active = 1"


def find_cases(database: Database, group_id: int) -> Sequence[int]:
    """Return the IDs of the undeleted cases of a group, in order."""
    return kept_ids(
        database,
        f"SELECT g.test_case {_UNDELETED} WHERE g.test_group = ? ORDER BY g.position",
        group_id,
        moved_by=("items", "group_cases"),
    )


def is_in_group(database: Database, group_id: int, case_id: int) -> bool:
    """Return whether an undeleted case is in a group."""
    found = f"SELECT 1 {_UNDELETED} WHERE g.test_group = ? AND g.test_case = ?"
    return bool(database.all(found, (group_id, case_id)))
