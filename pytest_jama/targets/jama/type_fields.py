"""Types of items and their fields, as administrators have set them up at this server. Pure.

Source: the published OpenAPI document of Jama, `ItemType`, `ItemTypeField`, `PickListOption`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_jama.core.text import quoted
from pytest_jama.targets.jama.wire import find_id, id_of, objects_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.targets.jama.wire import Json

Kind = Literal["plan", "cycle", "run", "case"]


_CATEGORIES: Mapping[Kind, tuple[str, str]] = {
    "plan": ("TEST_PLAN", "TSTPL"),
    "cycle": ("TEST_CYCLE", "TSTCY"),
    "run": ("TEST_RUN", "TSTRN"),
}
"""Category and, for servers that tell none, key of the types of plans, cycles and runs."""
_CATEGORY_BY_KEY = {key: category for category, key in _CATEGORIES.values()}


class TypeField(NamedTuple):
    """A field of a type of items.

    Attributes:
        name: The API name; a custom field has a suffix, ``sponsor$33``.
        label: What people see.
        kind: The type of its values: ``STRING``, ``LOOKUP`` ...
        pick_list: The ID of the list that its values come from.
        is_read_only: Whether only the server writes it.
        is_required: Whether there must be a value.
        is_plain: Whether it holds plain text, and not rich text.
    """

    name: str
    label: str = ""
    kind: str = ""
    pick_list: int | None = None
    is_read_only: bool = False
    is_required: bool = False
    is_plain: bool = False

    def __str__(self) -> str:
        return f"{quoted(self.label)} ({self.name})" if self.label else quoted(self.name)


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of items; `category` is empty for ordinary types.

    On old servers it is known from the `typeKey` of those that all servers have.
    """

    id: int
    name: str
    category: str = ""
    key: str = ""
    fields: tuple[TypeField, ...] = ()

    def find(self, name: str) -> TypeField | None:
        """Return a field by its API name."""
        return next((each for each in self.fields if each.name == name), None)


class Option(NamedTuple):
    """An option of a pick list."""

    id: int
    name: str


def read_item_type(json: Json) -> ItemType:
    """Read an item type with its fields."""
    key = text_of(json.get("typeKey"))
    return ItemType(
        id_of(json),
        text_of(json.get("display")) or key,
        text_of(json.get("category")).upper() or _CATEGORY_BY_KEY.get(key.upper(), ""),
        key.upper(),
        tuple(map(_read_field, objects_of(json.get("fields")))),
    )


def _read_field(json: Json) -> TypeField:
    return TypeField(
        name=text_of(json.get("name")),
        label=text_of(json.get("label")),
        kind=text_of(json.get("fieldType")).upper(),
        pick_list=find_id(json.get("pickList")),
        is_read_only=json.get("readOnly") is True
        and json.get("readOnlyAllowApiOverwrite") is not True,
        is_required=json.get("required") is True,
        is_plain=text_of(json.get("textType")).upper() == "TEXTAREA",
    )


def read_option(json: Json) -> Option:
    """Read an option of a pick list."""
    return Option(id_of(json), text_of(json.get("name")))


def find_type(types: Sequence[ItemType], kind: Kind) -> ItemType | None:
    """Return the type that plans, cycles or runs have; of cases there may be several."""
    category, key = _CATEGORIES[kind]
    by_category = (each for each in types if each.category == category)
    by_key = (each for each in types if each.key == key)
    return next(by_category, None) or next(by_key, None)
