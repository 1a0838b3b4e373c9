"""State as the JSON objects of the API. Unset parts are left out, never null."""

from datetime import datetime, timezone, tzinfo
from functools import cache, lru_cache

from pydantic.alias_generators import to_camel

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama.accounts import ROBOT_ID
from pytest_jama.sandbox.jama.calls import Call
from pytest_jama.sandbox.jama.item_types import (
    SUSPECT_FIELDS,
    FieldDefinition,
    PickList,
    TypeDefinition,
)
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import Json, Node, PlanGroup, StoredProject, User
from pytest_jama.sandbox.jama.relations import DEFAULT_TYPE, RELATIONSHIP_TYPES
from pytest_jama.sandbox.jama.stored_files import StoredFile, find_file_of

_ALLOWED = {
    "items": ["GET", "PUT", "PATCH", "DELETE"],
    "testplans": ["GET", "PUT", "PATCH", "DELETE"],
    "testcycles": ["GET", "PUT", "PATCH", "DELETE"],
    "testruns": ["GET", "PUT", "PATCH"],
    "attachments": ["GET"],
}
"""Verbs of `resources.self.allowed`. Source: Jama REST cookbook samples."""


def without_unset(value: Json) -> Json:
    """Leave out what holds nothing."""
    return {name: part for name, part in value.items() if part is not None}


def members(value: object, *names: str) -> Json:
    """Return attributes of a value by their names in the API: `created_date` is `createdDate`."""
    return {_to_camel(name): getattr(value, name) for name in names}


_to_camel = cache(to_camel)  # a list has a few names very often


_OF_EACH_NODE = (
    "id",
    "document_key",
    "global_id",
    "item_type",
    "project",
    "created_date",
    "modified_date",
    "last_activity_date",
    "created_by",
    "modified_by",
)


def node(call: Call, value: Node) -> Json:
    """Show an item, plan, cycle, run or attachment."""
    return without_unset(
        {
            **members(value, *_OF_EACH_NODE),
            **_outer(call, value),
            "fields": shown_fields(call, value),
            "resources": {"self": {"allowed": _allowed(call, value)}},
            "type": value.kind,
        }
    )


def _allowed(call: Call, value: Node) -> list[str]:
    """Name the verbs that the caller may use on a node."""
    if call.knobs.access == "read_only":
        return ["GET"]
    lacks_patch = value.kind == "testruns" and call.knobs.run_patch in {"404", "405"}
    return [verb for verb in _ALLOWED[value.kind] if not (lacks_patch and verb == "PATCH")]


def shown_fields(call: Call, value: Node) -> Json:
    """Show the `fields` of a node: what is stored and what the server derives."""
    derived = members(value, "document_key", "global_id", "project")
    if value.kind in {"testcycles", "testruns"}:
        derived["testPlan"] = value.plan_id
    if value.kind == "testruns":
        derived["testCycle"] = value.cycle_id
        derived["testCase"] = value.case_id
        derived["modifiedDate"] = value.modified_date
    if file := _file(call, value):
        derived.update(attachment=file.id, fileName=file.name)
    return _dated(call, {**value.fields, **derived})


_DATES = ("executionDate", "modifiedDate")
_DAYS = ("startDate", "endDate")


def _dated(call: Call, fields: Json) -> Json:
    """Show dates inside `fields` as the server's day, or with their time if the caller asks.

    Source: Jama REST cookbook, `x-jama-date-fields-with-time`. That a day begins at midnight of
    the server is a guess.
    """
    names, show = (_DAYS, _midnight_of) if call.with_time else (_DATES, _day_of)
    zone = call.knobs.server_zone
    return {**fields, **{name: show(fields[name], zone) for name in names if name in fields}}


def _midnight_of(day: str, zone: str) -> str:
    midnight = datetime.fromisoformat(day).replace(tzinfo=_zone_of(zone))
    return midnight.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@lru_cache(maxsize=1000)  # what one request makes or changes has the same time
def _day_of(moment: str, zone: str) -> str:
    parsed = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z")
    return parsed.astimezone(_zone_of(zone)).date().isoformat()


def _zone_of(offset: str) -> tzinfo | None:
    return datetime.fromisoformat(f"1970-01-01T00:00:00{offset}").tzinfo


def _outer(call: Call, value: Node) -> Json:
    """Show what only this kind has beside `fields`."""
    match value.kind:
        case "items":
            return {
                "childItemType": value.child_item_type,
                "lock": lock(value),
                "location": _location(value),
            }
        case "testplans":
            return {"archived": value.archived}
        case "testruns":
            return {
                "testCaseVersionNumber": value.case_version,
                "testCaseCurrentVersionNumber": value.current_case_version,
                "sortOrderFromTestGroup": value.group_order,
                "testGroup": [value.cycle_id, value.test_group_id],
            }
        case "attachments":
            return {"lock": lock(value), **_outside_of_fields(_file(call, value))}
    return {}


def _location(value: Node) -> Json:
    numbers = [str(int(part)) for part in value.sequence.split(".")]
    return {
        "sortOrder": value.sort_order,
        "globalSortOrder": value.sort_order,
        "sequence": ".".join(numbers),
        "parent": {"item": value.parent} if value.parent else {"project": value.project},
    }


def _file(call: Call, value: Node) -> StoredFile | None:
    """Return the file of an attachment; its ID is not that of the attachment."""
    return find_file_of(call.database, value.id) if value.kind == "attachments" else None


def _outside_of_fields(file: StoredFile | None) -> Json:
    if file is None:
        return {}
    return {"fileName": file.name, "mimeType": file.media_type, "fileSize": file.size_bytes}


def lock(value: Node) -> Json:
    """Show the lock of a node.

    Source: responses recorded from a real server: `lockedBy` is absent when not locked.
    """
    return without_unset(
        {
            "locked": value.locked_by is not None,
            "lastLockedDate": value.locked_date,
            "lockedBy": value.locked_by,
        }
    )


def group(value: PlanGroup) -> Json:
    """Show a test group; `assignedTo` is absent when unset (cookbook sample)."""
    return without_unset({**members(value, "id", "name", "assigned_to"), "type": "testgroups"})


def user(value: User, knobs: Knobs) -> Json:
    """Show a user."""
    return {
        **members(value, "id", "username", "first_name", "last_name", "email", "active"),
        "licenseType": licence_of(value, knobs),
        "type": "users",
    }


def licence_of(value: User, knobs: Knobs) -> str:
    """Return the type of a user's license; the others are creators."""
    return knobs.licence if value.id == ROBOT_ID else "NAMED"


def project(value: StoredProject) -> Json:
    """Show a project."""
    return without_unset(
        {
            **members(value, "id", "parent", "is_folder", "created_date", "created_by"),
            "projectKey": value.key,
            "modifiedDate": value.created_date,
            "modifiedBy": value.created_by,
            "fields": without_unset({"name": value.name, "projectKey": value.key}),
            "resources": {"self": {"allowed": ["GET"]}},
            "type": "projects",
        }
    )


def item_type(value: TypeDefinition, knobs: Knobs) -> Json:
    """Show an item type with its fields."""
    return without_unset(
        {
            **members(value, "id", "type_key", "display"),
            "category": _category(value, knobs),
            "displayPlural": f"{value.display}s",
            "system": value.kind != "items",
            "widgets": [{"name": name, "synchronize": False} for name in value.widgets],
            "fields": [
                _field(value.id, number, field) for number, field in enumerate(value.fields)
            ],
            "type": "itemtypes",
        }
    )


def _field(type_id: int, number: int, field: FieldDefinition) -> Json:
    return without_unset(
        {
            "id": type_id * 1000 + number,
            **members(field, "name", "field_type", "read_only", "required"),
            "pickList": field.pick_list.id if field.pick_list else None,
            "label": field.title,
            "readOnlyAllowApiOverwrite": False,
            "triggerSuspect": field.name in SUSPECT_FIELDS,
            "synchronize": False,
            "textType": _text_type(field),
        }
    )


def _category(value: TypeDefinition, knobs: Knobs) -> str | None:
    is_told = knobs.test_case_category == "yes" or (
        knobs.test_case_category == "no" and value.category != "TEST_CASE"
    )
    return value.category if is_told else None


def relationship(row: Row) -> Json:
    """Show a relationship."""
    return {
        "id": row["id"],
        "fromItem": row["from_item"],
        "toItem": row["to_item"],
        "relationshipType": row["relationship_type"],
        "suspect": bool(row["suspect"]),
        "type": "relationships",
    }


def relationship_types() -> list[Json]:
    """Show the types of relationships."""
    return [
        {
            "id": type_id,
            "name": name,
            "isDefault": type_id == DEFAULT_TYPE,
            "type": "relationshiptypes",
        }
        for type_id, name in RELATIONSHIP_TYPES.items()
    ]


def pick_list(value: PickList) -> Json:
    """Show a pick list."""
    return {"id": value.id, "name": value.name, "description": "", "type": "picklists"}


def pick_list_options(value: PickList) -> list[Json]:
    """Show the options of a pick list."""
    return [
        {
            "id": option_id,
            "name": name,
            "description": "",
            "default": False,
            "active": True,
            "color": "#ffffff",
            "sortOrder": number,
            "pickList": value.id,
            "type": "picklistoptions",
        }
        for number, (option_id, name) in enumerate(value.options.items())
    ]


def _text_type(field: FieldDefinition) -> str | None:
    if field.field_type != "TEXT":
        return None
    return "RICHTEXT" if field.rich else "TEXTAREA"
