"""Users, tokens, projects and custom fields."""

import secrets

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.item_types import (
    ITEM_TYPES,
    FieldDefinition,
    TypeDefinition,
    as_set_up,
)
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import StoredProject, User

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
        row = {"token": token, "user": user, "expires_at": now + lifetime_s}
        database.insert("tokens", row)
    return token


def find_token_user(database: Database, token: str) -> int | None:
    """Return the user of an unexpired token, or None."""
    row = database.find("tokens", token=token)
    return row["user"] if row and row["expires_at"] > database.clock() else None


def find_projects(database: Database, **wanted: int | str) -> tuple[StoredProject, ...]:
    """List the projects and folders with these values, in order of their IDs."""
    return tuple(
        StoredProject(**{**row, "is_folder": bool(row["is_folder"])})
        for row in map(dict, database.select("projects", **wanted))
    )


def find_project(database: Database, **wanted: int | str) -> StoredProject | None:
    """Return the project with that `id` or `key`, or None."""
    return next(iter(find_projects(database, **wanted)), None)


def add_custom_field(database: Database, type_key: str, field: FieldDefinition) -> None:
    """Give an item type one more field."""
    row = {"name": field.name, "field_type": field.field_type, "rich": field.rich}
    database.insert("custom_fields", {"type_key": type_key, **row}, conflict="REPLACE")


def find_item_types(database: Database, knobs: Knobs) -> tuple[TypeDefinition, ...]:
    """List all item types as they are set up here, with the custom fields of this sandbox."""
    types = dict(ITEM_TYPES)
    for row in database.select("custom_fields"):
        field = FieldDefinition(row["name"], row["field_type"], rich=bool(row["rich"]))
        types[row["type_key"]] = types[row["type_key"]].with_field(field)
    return tuple(as_set_up(item_type, knobs) for item_type in types.values())


def find_item_type(database: Database, knobs: Knobs, type_id: int) -> TypeDefinition | None:
    """Return the item type of that ID, or None."""
    return next((known for known in find_item_types(database, knobs) if known.id == type_id), None)
