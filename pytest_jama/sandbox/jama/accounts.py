"""Users, tokens and projects; the item types, fields and pick lists of this instance."""

import secrets
from collections.abc import Mapping
from typing import TypeAlias

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.item_types import (
    ITEM_TYPES,
    TEST_BENCH,
    FieldDefinition,
    PickList,
    TypeDefinition,
    as_set_up,
    new_item_type,
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


_FIRST_TYPE_ID = 100
_FIRST_LIST_ID = 1000


def add_item_type(database: Database, key: str, *, name: str, category: str) -> int:
    """Make an item type, as admins do, or take the one with that key; return its ID."""
    if (known := all_item_types(database).get(key)) is not None:
        return known.id
    database.raise_counter("item type", _FIRST_TYPE_ID)
    type_id = database.next_number("item type")
    row = {"id": type_id, "type_key": key, "display": name, "category": category}
    database.insert("custom_types", row)
    return type_id


def add_pick_list(database: Database, name: str, options: tuple[str, ...]) -> PickList:
    """Make a pick list with these options; what it has already keeps its ID."""
    known = next((each for each in find_pick_lists(database).values() if each.name == name), None)
    database.raise_counter("pick list", _FIRST_LIST_ID)
    with database.transaction():
        list_id = known.id if known else database.next_number("pick list")
        present = {} if known is None else dict(known.options)
        if known is None:
            database.insert("pick_lists", {"id": list_id, "name": name})
        for option in dict.fromkeys(options):
            if option not in present.values():
                option_id = database.next_number("pick list")
                row = {"id": option_id, "pick_list": list_id, "name": option}
                database.insert("pick_list_options", row)
    return find_pick_lists(database)[list_id]


def find_pick_lists(database: Database) -> dict[int, PickList]:
    """Return all pick lists by their IDs."""
    options: dict[int, dict[int, str]] = {}
    for row in database.select("pick_list_options"):
        options.setdefault(row["pick_list"], {})[row["id"]] = row["name"]
    made = [
        PickList(row["id"], row["name"], options.get(row["id"], {}))
        for row in database.select("pick_lists")
    ]
    return {each.id: each for each in (TEST_BENCH, *made)}


Labels: TypeAlias = Mapping[str, Mapping[int, str]]
"""What the options of a field are called, by the name of the field."""


def find_labels(database: Database) -> Labels:
    """Return the labels of all fields whose values are picked from lists."""
    rows = database.all("SELECT name, pick_list FROM custom_fields WHERE pick_list IS NOT NULL")
    lists = find_pick_lists(database) if rows else {}
    return {**_OWN_LABELS, **{row["name"]: lists[row["pick_list"]].options for row in rows}}


_OWN_LABELS: Labels = {
    field.name: field.pick_list.options
    for item_type in ITEM_TYPES.values()
    for field in item_type.fields
    if field.pick_list is not None
}


def add_custom_field(database: Database, type_key: str, field: FieldDefinition) -> None:
    """Give an item type one more field."""
    row = {
        "type_key": type_key,
        "name": field.name,
        "field_type": field.field_type,
        "rich": field.rich,
        "label": field.label,
        "required": field.required,
        "pick_list": field.pick_list.id if field.pick_list else None,
    }
    database.insert("custom_fields", row, conflict="REPLACE")


def all_item_types(database: Database) -> dict[str, TypeDefinition]:
    """Return all item types by key, with the custom fields of this instance."""
    types = dict(ITEM_TYPES)
    for row in database.select("custom_types"):
        made = new_item_type(
            row["id"], row["type_key"], name=row["display"], category=row["category"]
        )
        types[made.type_key] = made
    rows = database.all("SELECT * FROM custom_fields ORDER BY rowid")  # as the admins made them
    lists = find_pick_lists(database) if rows else {}
    for row in rows:
        field = FieldDefinition(
            row["name"],
            row["field_type"],
            label=row["label"],
            rich=bool(row["rich"]),
            required=bool(row["required"]),
            pick_list=lists.get(row["pick_list"]),
        )
        types[row["type_key"]] = types[row["type_key"]].with_field(field)
    return types


def find_item_types(database: Database, knobs: Knobs) -> tuple[TypeDefinition, ...]:
    """List all item types as the admins of this server have set them up."""
    return tuple(as_set_up(item_type, knobs) for item_type in all_item_types(database).values())


def find_item_type(database: Database, knobs: Knobs, type_id: int) -> TypeDefinition | None:
    """Return the item type of that ID, or None."""
    return next((known for known in find_item_types(database, knobs) if known.id == type_id), None)


def case_types(database: Database) -> tuple[int, ...]:
    """Return the IDs of the item types that are test cases: admins choose which are."""
    types = all_item_types(database).values()
    return tuple(each.id for each in types if each.category == "TEST_CASE")
