"""Values of a seed file, in the words of people, as what Jama stores."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from pytest_jama.sandbox.jama.accounts import USERS
from pytest_jama.sandbox.jama.item_types import CUSTOM_SEPARATOR, FieldDefinition, TypeDefinition
from pytest_jama.sandbox.jama.model import Json
from pytest_jama.sandbox.jama.rich_text import rich
from pytest_jama.sandbox.jama.seed_file import SeedStep, nearest

FIELD_TYPES = {
    "text": "STRING",
    "text_area": "TEXT",
    "rich_text": "TEXT",
    "integer": "INTEGER",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "pick_list": "LOOKUP",
    "multi_pick_list": "MULTI_LOOKUP",
    "user": "USER",
}
"""Jama's words by those of a seed file."""
PICKED = ("LOOKUP", "MULTI_LOOKUP")
"""Types of fields whose values are options of a pick list."""


class SeedValueError(Exception):
    """A value of a seed file cannot be stored.

    Args:
        message: What is wrong, behind the name of the value.
        remedy: What to do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def find_field(kind: TypeDefinition, name: str) -> FieldDefinition:
    """Return the custom field with this label or name.

    Raises:
        SeedValueError: There is none.
    """
    custom = [field for field in kind.fields if field.is_custom]
    for field in custom:
        bare = field.name.partition(CUSTOM_SEPARATOR)[0]
        if name.casefold() in map(str.casefold, (field.title, field.name, bare)):
            return field
    message = f"is not a custom field of the type {kind.type_key}"
    raise SeedValueError(message, nearest(name, [field.title for field in custom]))


def stored_value(field: FieldDefinition, value: Any) -> Any:
    """Return what is stored of the value of a custom field.

    Raises:
        SeedValueError: The field cannot have this value.
    """
    if field.pick_list is not None:
        names = value if isinstance(value, tuple) else (str(value),)
        ids = [_option_id(field, name) for name in names]
        return ids if field.field_type == "MULTI_LOOKUP" else ids[0]
    if field.field_type == "USER":
        return user_id(str(value))
    if field.rich:
        return rich(str(value))
    read, words = _READERS.get(field.field_type, (str, ""))
    try:
        return read(str(value))
    except (ValueError, KeyError):
        raise SeedValueError(f"is {str(value)!r}", f"use {words}") from None


def _option_id(field: FieldDefinition, name: str) -> int:
    options = field.pick_list.options if field.pick_list else {}
    for option_id, known in options.items():
        if known == name:
            return option_id
    message = f"is {name!r}, which is not an option of {field.title}"
    raise SeedValueError(message, nearest(name, options.values()))


def user_id(name: str) -> int:
    """Return the ID of a user of every sandbox.

    Raises:
        SeedValueError: There is no user of that name.
    """
    for user in USERS:
        if user.username == name:
            return user.id
    names = [user.username for user in USERS]
    raise SeedValueError(f"is {name!r}, who is not a user here", nearest(name, names))


def stored_steps(steps: Sequence[SeedStep]) -> list[Json]:
    """Return the steps of a case as Jama stores them."""
    return [
        {
            "action": rich(step.action),
            "expectedResult": rich(step.expected),
            "notes": rich(step.notes),
        }
        for step in steps
    ]


def _is_true(text: str) -> bool:
    return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "INTEGER": (int, "an integer"),
    "BOOLEAN": (_is_true, "true or false"),
    "DATE": (lambda text: date.fromisoformat(text).isoformat(), "a date such as 2026-11-29"),
}
"""What is stored of a text by the type of the field, and which texts those are."""
