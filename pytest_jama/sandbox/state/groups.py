"""Test groups of a plan and the cases in them."""

from pytest_jama.sandbox.model import Group
from pytest_jama.sandbox.state.database import Database, Row
from pytest_jama.sandbox.state.nodes import ID_COUNTER

DEFAULT_GROUP = "Default Test Group"
"""Source: Jama REST cookbook: every new plan has one group of this name."""


def add_group(database: Database, plan: int, name: str, *, assigned_to: int | None = None) -> int:
    """Add an empty group to a plan and return its ID."""
    with database.transaction():
        group_id = database.next_number(ID_COUNTER)
        values = (group_id, plan, name, assigned_to)
        database.execute("INSERT INTO test_groups VALUES (?, ?, ?, ?)", values)
    return group_id


def find_groups(database: Database, plan: int) -> tuple[Group, ...]:
    """List the groups of a plan, oldest first."""
    rows = database.all("SELECT * FROM test_groups WHERE plan = ? ORDER BY id", (plan,))
    return tuple(_group(database, row) for row in rows)


def find_group(database: Database, plan: int, group_id: int) -> Group | None:
    """Return one group of a plan, or nothing."""
    row = database.first("SELECT * FROM test_groups WHERE plan = ? AND id = ?", (plan, group_id))
    return _group(database, row) if row else None


def _group(database: Database, row: Row) -> Group:
    return Group(
        id=row["id"],
        plan_id=row["plan"],
        name=row["name"],
        assigned_to=row["assigned_to"],
        case_ids=_cases(database, row["id"]),
    )


def _cases(database: Database, group_id: int) -> tuple[int, ...]:
    rows = database.all(
        "SELECT g.test_case FROM group_cases g JOIN nodes n ON n.id = g.test_case AND n.active = 1 "
        "WHERE g.test_group = ? ORDER BY g.position",
        (group_id,),
    )
    return tuple(row["test_case"] for row in rows)


def update_group(database: Database, group_id: int, *, name: str, assigned_to: int | None) -> None:
    """Rename a group and assign it anew."""
    database.execute(
        "UPDATE test_groups SET name = ?, assigned_to = ? WHERE id = ?",
        (name, assigned_to, group_id),
    )


def delete_group(database: Database, group_id: int) -> None:
    """Delete a group; its cases leave the plan."""
    with database.transaction():
        database.execute("DELETE FROM group_cases WHERE test_group = ?", (group_id,))
        database.execute("DELETE FROM test_groups WHERE id = ?", (group_id,))


def find_groups_of_case(database: Database, plan: int, case_id: int) -> tuple[int, ...]:
    """List the groups of a plan that hold a case."""
    rows = database.all(
        "SELECT test_group FROM group_cases WHERE plan = ? AND test_case = ?", (plan, case_id)
    )
    return tuple(row["test_group"] for row in rows)


def add_case(database: Database, *, plan: int, group_id: int, case_id: int) -> None:
    """Put a case at the end of a group."""
    with database.transaction():
        position = database.next_number(f"position {group_id}")
        values = (group_id, case_id, plan, position)
        database.execute("INSERT OR IGNORE INTO group_cases VALUES (?, ?, ?, ?)", values)


def remove_case(database: Database, *, group_id: int, case_id: int) -> bool:
    """Take a case out of a group; tells whether it was in it."""
    sql = "DELETE FROM group_cases WHERE test_group = ? AND test_case = ?"
    return database.execute(sql, (group_id, case_id)) > 0
