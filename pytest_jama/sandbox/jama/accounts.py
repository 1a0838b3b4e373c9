"""Users, tokens, projects and custom fields."""

import secrets
from collections.abc import Sequence
from typing import Any

from pytest_jama.sandbox.database import Database, Row
from pytest_jama.sandbox.jama.item_types import ITEM_TYPES, FieldDefinition, TypeDefinition
from pytest_jama.sandbox.jama.model import StoredProject, User
from pytest_jama.sandbox.jama.nodes import ID_COUNTER

ROBOT_ID = 17
"""The user that the credentials belong to."""
TESTER_ID = 18
"""Another user, who may hold locks."""

USERS = (
    User(ROBOT_ID, "sandbox", "Sandy", "Box", "sandbox@example.com"),
    User(TESTER_ID, "tess", "Tess", "Ter", "tess@example.com"),
    User(19, "gone", "Former", "Colleague", "gone@example.com", active=False),
)
"""The users of every sandbox."""


def find_user(user_id: int) -> User | None:
    """Return the user of that ID, or None."""
    return next((user for user in USERS if user.id == user_id), None)


def issue_token(database: Database, *, user: int, lifetime_s: float) -> str:
    """Create an access token; it survives a restart with a database file."""
    token = secrets.token_urlsafe(24)
    now = database.clock()
    with database.transaction():
        database.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
        database.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, user, now + lifetime_s))
    return token


def find_token_user(database: Database, token: str) -> int | None:
    """Return the user of an unexpired token, or None."""
    row = database.first(
        "SELECT user FROM tokens WHERE token = ? AND expires_at > ?", (token, database.clock())
    )
    return row["user"] if row else None


def forget_token(database: Database, token: str) -> None:
    """Let a token expire now."""
    database.execute("DELETE FROM tokens WHERE token = ?", (token,))


def add_project(
    database: Database, *, key: str | None, name: str, project_id: int | None, parent: int | None
) -> int:
    """Create a project, or a folder of projects where no key is given."""
    with database.transaction():
        if project_id is None:
            project_id = database.next_number(ID_COUNTER)
        database.raise_counter(ID_COUNTER, project_id)
        values = (project_id, key, name, parent, key is None, database.now(), ROBOT_ID)
        database.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return project_id


def find_projects(database: Database) -> tuple[StoredProject, ...]:
    """List all projects and folders in order of their IDs."""
    return tuple(_project(row) for row in database.all("SELECT * FROM projects ORDER BY id"))


def find_project(database: Database, reference: int | str) -> StoredProject | None:
    """Return the project with that ID or key, or None."""
    column = "id" if isinstance(reference, int) else "key"
    row = database.first(f"SELECT * FROM projects WHERE {column} = ?", (reference,))  # noqa: S608 - one of two literals
    return _project(row) if row else None


def _project(row: Row) -> StoredProject:
    return StoredProject(**{**dict(row), "is_folder": bool(row["is_folder"])})


def add_custom_field(database: Database, type_key: str, field: FieldDefinition) -> None:
    """Give an item type one more field."""
    database.execute(
        "INSERT OR REPLACE INTO custom_fields VALUES (?, ?, ?, ?)",
        (type_key, field.name, field.field_type, field.rich),
    )


def find_item_types(database: Database) -> tuple[TypeDefinition, ...]:
    """List all item types with the custom fields of this sandbox."""
    types = dict(ITEM_TYPES)
    for row in database.all("SELECT * FROM custom_fields ORDER BY type_key, name"):
        field = FieldDefinition(
            name=row["name"], field_type=row["field_type"], rich=bool(row["rich"])
        )
        types[row["type_key"]] = types[row["type_key"]].with_field(field)
    return tuple(types.values())


def get_item_type(database: Database, reference: int | str) -> TypeDefinition:
    """Return the item type with that ID or type key.

    Raises:
        KeyError: There is none.
    """
    found = find_item_type(find_item_types(database), reference)
    if found is None:
        raise KeyError(reference)
    return found


def find_item_type(types: Sequence[TypeDefinition], reference: Any) -> TypeDefinition | None:
    """Return the type with that ID or type key, or None."""
    return next((kind for kind in types if reference in (kind.id, kind.type_key)), None)
