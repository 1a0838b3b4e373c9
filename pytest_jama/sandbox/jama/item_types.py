"""The item types of every sandbox and the fields they have."""

from dataclasses import dataclass, replace

CUSTOM_SEPARATOR = "$"


@dataclass(frozen=True, kw_only=True)
class FieldDefinition:
    """One field of an item type.

    Attributes:
        name: Name in `fields`; a custom field's carries the type, e.g. `build$37`.
        field_type: Jama's name of the value type, e.g. `STRING`.
        rich: A TEXT field that holds HTML.
        read_only: Set by the server.
        is_date: Its value is a date, with or without time.
    """

    name: str
    field_type: str
    label: str = ""
    rich: bool = False
    read_only: bool = False
    required: bool = False

    @property
    def is_custom(self) -> bool:
        """Whether the instance, not the product, defined the field."""
        return CUSTOM_SEPARATOR in self.name

    @property
    def is_date(self) -> bool:
        """Whether the value is shown with or without time, as the caller asks."""
        return self.field_type in {"DATE", "CALENDAR"}


@dataclass(frozen=True, kw_only=True)
class TypeDefinition:
    """One item type: what an object is, and which fields it may have."""

    id: int
    type_key: str
    display: str
    kind: str = "items"
    category: str | None = None
    display_plural: str = ""
    fields: tuple[FieldDefinition, ...] = ()

    def find_field(self, name: str) -> FieldDefinition | None:
        """Return the field of that name, or nothing."""
        return next((field for field in self.fields if field.name == name), None)

    def with_field(self, field: FieldDefinition) -> "TypeDefinition":
        """Return the type with one more (or one changed) field."""
        others = tuple(known for known in self.fields if known.name != field.name)
        return replace(self, fields=(*others, field))


def _text(name: str, *, rich: bool = False, read_only: bool = False) -> FieldDefinition:
    return FieldDefinition(
        name=name, field_type="TEXT" if rich else "STRING", rich=rich, read_only=read_only
    )


_NAME = FieldDefinition(name="name", field_type="STRING", required=True)
_SERVER = (
    _text("documentKey", read_only=True),
    _text("globalId", read_only=True),
    FieldDefinition(name="project", field_type="PROJECT", read_only=True),
    FieldDefinition(name="createdDate", field_type="CALENDAR", read_only=True),
    FieldDefinition(name="modifiedDate", field_type="CALENDAR", read_only=True),
)
_COMMON = (
    _NAME,
    _text("description", rich=True),
    FieldDefinition(name="assignedTo", field_type="USER"),
    FieldDefinition(name="release", field_type="RELEASE"),
    *_SERVER,
)
_CYCLE = (
    _NAME,
    _text("description", rich=True),
    FieldDefinition(name="startDate", field_type="DATE", required=True),
    FieldDefinition(name="endDate", field_type="DATE", required=True),
    FieldDefinition(name="testPlan", field_type="TEST_PLAN", read_only=True),
    *_SERVER,
)


def _read_only(name: str, field_type: str) -> FieldDefinition:
    return FieldDefinition(name=name, field_type=field_type, read_only=True)


_RUN = (
    _read_only("name", "STRING"),
    _read_only("description", "TEXT"),
    _read_only("testPlan", "TEST_PLAN"),
    _read_only("testCycle", "TEST_CYCLE"),
    _read_only("testCase", "TEST_CASE"),
    _read_only("testRunSetName", "STRING"),
    _read_only("forcePassed", "BOOLEAN"),
    _read_only("executionDate", "CALENDAR"),
    FieldDefinition(name="testRunStatus", field_type="TEST_RUN_STATUS"),
    FieldDefinition(name="testRunSteps", field_type="STEPS"),
    _text("actualResults", rich=True),
    FieldDefinition(name="assignedTo", field_type="USER"),
    FieldDefinition(name="tested_in_version$37", field_type="STRING", label="Tested in version"),
    FieldDefinition(name="build_number$37", field_type="INTEGER", label="Build number"),
    FieldDefinition(name="environment$37", field_type="TEXT", label="Environment", rich=True),
    *_SERVER,
)

ITEM_TYPES: dict[str, TypeDefinition] = {
    item_type.type_key: item_type
    for item_type in (
        TypeDefinition(
            id=22, type_key="ATT", display="Attachment", kind="attachments", fields=_COMMON
        ),
        TypeDefinition(id=24, type_key="REQ", display="Requirement", fields=_COMMON),
        TypeDefinition(
            id=26,
            type_key="TC",
            display="Test Case",
            category="TEST_CASE",
            fields=(
                *_COMMON,
                FieldDefinition(name="testCaseSteps", field_type="STEPS"),
                _read_only("testCaseStatus", "STRING"),
            ),
        ),
        TypeDefinition(id=31, type_key="SET", display="Set", category="SET", fields=_COMMON),
        TypeDefinition(id=32, type_key="FLD", display="Folder", category="FOLDER", fields=_COMMON),
        TypeDefinition(
            id=35,
            type_key="TSTPL",
            display="Test Plan",
            kind="testplans",
            category="TEST_PLAN",
            fields=_COMMON,
        ),
        TypeDefinition(
            id=36,
            type_key="TSTCY",
            display="Test Cycle",
            kind="testcycles",
            category="TEST_CYCLE",
            fields=_CYCLE,
        ),
        TypeDefinition(
            id=37,
            type_key="TSTRN",
            display="Test Run",
            kind="testruns",
            category="TEST_RUN",
            fields=_RUN,
        ),
    )
}
"""Item types by type key. The numbers follow a small instance; real ones differ, so a client
must look them up by category.
"""
