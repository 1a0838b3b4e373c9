"""The item types of every sandbox and the fields they have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from pytest_jama.sandbox.jama.knobs import Knobs

CUSTOM_SEPARATOR = "$"


@dataclass(frozen=True)
class PickList:
    """A list of values to pick from; the options are names by ID."""

    id: int
    name: str
    options: Mapping[int, str]


@dataclass(frozen=True)
class FieldDefinition:
    """One field of an item type.

    Attributes:
        name: Name in `fields`; a custom field's carries the type, e.g. `build$37`.
        field_type: Jama's name of the value type, e.g. `STRING`.
        rich: A TEXT field that holds HTML.
        read_only: Set by the server.
        label: Its name for people; empty where that follows from the name.
        pick_list: What its value is an option of.
    """

    name: str
    field_type: str
    label: str = field(default="", kw_only=True)
    rich: bool = field(default=False, kw_only=True)
    read_only: bool = field(default=False, kw_only=True)
    required: bool = field(default=False, kw_only=True)
    pick_list: PickList | None = field(default=None, kw_only=True)

    @property
    def is_custom(self) -> bool:
        """Whether the instance, not the product, defined the field."""
        return CUSTOM_SEPARATOR in self.name

    @property
    def title(self) -> str:
        """The field as people read it: `actualResults` is `Actual Results`."""
        return self.label or _title_of(self.name)

    @property
    def is_date(self) -> bool:
        """Whether the value is shown with or without time, as the caller asks."""
        return self.field_type in {"DATE", "CALENDAR"}


@cache  # every list of the item types has a hundred
def _title_of(name: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", name[:1].upper() + name[1:])


_OF_ITEMS = ("ATTACHMENTS", "RELATIONSHIPS", "TAGS", "URLS")
"""Widgets of a type, as far as their names in the API are known; admins choose them."""


@dataclass(frozen=True)
class TypeDefinition:
    """One item type: what an object is, and which fields it may have."""

    id: int
    type_key: str
    display: str
    fields: tuple[FieldDefinition, ...]
    kind: str = field(default="items", kw_only=True)
    category: str | None = field(default=None, kw_only=True)
    widgets: tuple[str, ...] = field(default=_OF_ITEMS, kw_only=True)

    @property
    def is_container(self) -> bool:
        """Whether items of this type only hold others."""
        return self.category in {"SET", "FOLDER"}

    def get_field(self, name: str) -> FieldDefinition:
        """Return the field of that name, which must exist."""
        return next(known for known in self.fields if known.name == name)

    def with_field(self, new: FieldDefinition) -> "TypeDefinition":
        """Return the type with one more (or one changed) field."""
        return replace(self, fields=(*self.without_field(new.name).fields, new))

    def without_field(self, name: str) -> "TypeDefinition":
        """Return the type without a field."""
        return replace(self, fields=tuple(known for known in self.fields if known.name != name))


def _read_only(name: str, field_type: str) -> FieldDefinition:
    return FieldDefinition(name, field_type, read_only=True)


_NAME = FieldDefinition("name", "STRING", required=True)
_SERVER = (
    _read_only("documentKey", "STRING"),
    _read_only("globalId", "STRING"),
    _read_only("project", "PROJECT"),
    _read_only("createdDate", "CALENDAR"),
    _read_only("modifiedDate", "CALENDAR"),
)
_COMMON = (
    _NAME,
    FieldDefinition("description", "TEXT", rich=True),
    FieldDefinition("assignedTo", "USER"),
    FieldDefinition("release", "RELEASE"),
    *_SERVER,
)
_CYCLE = (
    _NAME,
    FieldDefinition("description", "TEXT", rich=True),
    FieldDefinition("startDate", "DATE", required=True),
    FieldDefinition("endDate", "DATE", required=True),
    _read_only("testPlan", "TEST_PLAN"),
    *_SERVER,
)
_CASE = (
    *_COMMON,
    FieldDefinition("testCaseSteps", "STEPS"),
    _read_only("testCaseStatus", "STRING"),
)
TEST_BENCH = PickList(88, "Test bench", {881: "Bench A", 882: "Bench B"})
"""The pick list of every sandbox; a seed file makes further ones."""

SUSPECT_FIELDS = ("name", "description", "testCaseSteps")
"""Fields whose change makes the relationships to what is downstream suspect; admins choose them."""

_RUN = (
    _read_only("name", "STRING"),
    _read_only("description", "TEXT"),
    _read_only("testPlan", "TEST_PLAN"),
    _read_only("testCycle", "TEST_CYCLE"),
    _read_only("testCase", "TEST_CASE"),
    _read_only("testRunSetName", "STRING"),
    _read_only("forcePassed", "BOOLEAN"),
    _read_only("executionDate", "CALENDAR"),
    FieldDefinition("testRunStatus", "TEST_RUN_STATUS"),
    FieldDefinition("testRunSteps", "STEPS"),
    FieldDefinition("actualResults", "TEXT", rich=True),
    FieldDefinition("assignedTo", "USER"),
    FieldDefinition("tested_in_version$37", "STRING", label="Tested in version"),
    FieldDefinition("build_number$37", "INTEGER", label="Build number"),
    FieldDefinition("environment$37", "TEXT", label="Environment", rich=True),
    FieldDefinition("test_bench$37", "LOOKUP", label="Test bench", pick_list=TEST_BENCH),
    *_SERVER,
)

ITEM_TYPES: dict[str, TypeDefinition] = {
    item_type.type_key: item_type
    for item_type in (
        TypeDefinition(22, "ATT", "Attachment", _COMMON, kind="attachments", category="ATTACHMENT"),
        TypeDefinition(23, "SYS", "System Requirement", _COMMON, category="CORE"),
        TypeDefinition(24, "REQ", "Requirement", _COMMON, category="CORE"),
        TypeDefinition(25, "DEF", "Defect", _COMMON, category="DEFECT"),
        TypeDefinition(
            26,
            "TC",
            "Test Case",
            _CASE,
            category="TEST_CASE",
            widgets=(*_OF_ITEMS, "TEST_RUNS"),
        ),
        TypeDefinition(31, "SET", "Set", _COMMON, category="SET", widgets=("ATTACHMENTS", "TAGS")),
        TypeDefinition(32, "FLD", "Folder", _COMMON, category="FOLDER"),
        TypeDefinition(35, "TSTPL", "Test Plan", _COMMON, kind="testplans", category="TEST_PLAN"),
        TypeDefinition(
            36,
            "TSTCY",
            "Test Cycle",
            _CYCLE,
            kind="testcycles",
            category="TEST_CYCLE",
            widgets=(),
        ),
        TypeDefinition(
            37,
            "TSTRN",
            "Test Run",
            _RUN,
            kind="testruns",
            category="TEST_RUN",
            widgets=(*_OF_ITEMS, "TEST_CASE"),
        ),
    )
}
"""Item types by type key. The numbers follow a small instance; real ones differ, so a client
must look them up by category.
"""


FIELDS_BY_CATEGORY = {"TEST_CASE": _CASE}
"""What an item type that a seed file makes has, if more than every item."""


def new_item_type(type_id: int, key: str, *, name: str, category: str) -> TypeDefinition:
    """Return an item type that admins made."""
    fields = FIELDS_BY_CATEGORY.get(category, _COMMON)
    widgets = ITEM_TYPES["TC"].widgets if category == "TEST_CASE" else _OF_ITEMS
    return TypeDefinition(type_id, key, name, fields, category=category, widgets=widgets)


def as_set_up(item_type: TypeDefinition, knobs: Knobs) -> TypeDefinition:
    """Return an item type as the admins of this server have left it."""
    if knobs.attachments_widget in ("off", _OFF_FOR.get(item_type.kind)):
        widgets = tuple(name for name in item_type.widgets if name != "ATTACHMENTS")
        item_type = replace(item_type, widgets=widgets)
    if item_type.category == "TEST_RUN":
        return _run_as_set_up(item_type, knobs)
    if item_type.category == _HOLDERS.get(knobs.required_plan_field, "none"):
        name = f"region{CUSTOM_SEPARATOR}{item_type.id}"
        required = FieldDefinition(name, "STRING", label="Region", required=True)
        return item_type.with_field(required)
    return item_type


_OFF_FOR = {"testruns": "off_for_runs", "testplans": "off_for_plans"}
"""Values of the knob on the attachments widget that are about one kind alone."""
_HOLDERS = {"plan": "TEST_PLAN", "cycle": "TEST_CYCLE"}
"""Categories by the values of a knob."""


def _run_as_set_up(run: TypeDefinition, knobs: Knobs) -> TypeDefinition:
    if knobs.actual_results == "plain":
        run = run.with_field(replace(run.get_field("actualResults"), rich=False))
    if knobs.actual_results == "absent":
        run = run.without_field("actualResults")
    return run.without_field("assignedTo") if knobs.assignee == "absent" else run
