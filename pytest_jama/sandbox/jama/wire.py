"""State as the JSON objects of the API. Unset parts are left out, never null."""

from typing import Any

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama.calls import Call
from pytest_jama.sandbox.jama.item_types import FieldDefinition, TypeDefinition
from pytest_jama.sandbox.jama.model import Json, Node, StoredGroup, StoredProject, User

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


def node(call: Call, value: Node) -> Json:
    """Show an item, plan, cycle, run or attachment."""
    return without_unset(
        {
            "id": value.id,
            "documentKey": value.document_key,
            "globalId": value.global_id,
            "itemType": value.item_type,
            "project": value.project,
            "createdDate": value.created_date,
            "modifiedDate": value.modified_date,
            "lastActivityDate": value.last_activity_date,
            "createdBy": value.created_by,
            "modifiedBy": value.modified_by,
            **_outer(call, value),
            "fields": shown_fields(call, value),
            "resources": {"self": {"allowed": _ALLOWED[value.kind]}},
            "type": value.kind,
        }
    )


def shown_fields(call: Call, value: Node) -> Json:
    """Show the `fields` of a node: what is stored and what the server derives."""
    derived: Json = {
        "documentKey": value.document_key,
        "globalId": value.global_id,
        "project": value.project,
    }
    if value.kind == "testcycles":
        derived["testPlan"] = value.plan_id
    if value.kind == "testruns":
        derived["testPlan"] = value.plan_id
        derived["testCycle"] = value.cycle_id
        derived["testCase"] = value.case_id
        derived["modifiedDate"] = value.modified_date
    if file := _file(call, value):
        derived.update(attachment=file["id"], fileName=file["name"])
    return {name: _dated(call, name, part) for name, part in {**value.fields, **derived}.items()}


_DATES = ("executionDate", "modifiedDate")


def _dated(call: Call, name: str, part: Any) -> Any:
    """Shorten dates inside `fields` unless the caller asked for the time."""
    return part[:10] if name in _DATES and not call.with_time else part


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


def _file(call: Call, value: Node) -> Row | None:
    """Return the file of an attachment; its ID is not that of the attachment."""
    if value.kind != "attachments":
        return None
    return call.database.find("files", attachment=value.id)


def _outside_of_fields(file: Row | None) -> Json:
    if file is None:
        return {}
    size = len(file["content"])
    return {"fileName": file["name"], "mimeType": file["mime_type"], "fileSize": size}


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


def group(value: StoredGroup) -> Json:
    """Show a test group; `assignedTo` is absent when unset (cookbook sample)."""
    shown = {"id": value.id, "name": value.name, "assignedTo": value.assigned_to}
    return without_unset({**shown, "type": "testgroups"})


def user(value: User) -> Json:
    """Show a user."""
    return {
        "id": value.id,
        "username": value.username,
        "firstName": value.first_name,
        "lastName": value.last_name,
        "email": value.email,
        "licenseType": "NAMED",
        "active": value.active,
        "type": "users",
    }


def project(value: StoredProject) -> Json:
    """Show a project or a folder of projects, which has no key."""
    fields = {"name": value.name, "projectKey": value.key}
    return without_unset(
        {
            "id": value.id,
            "projectKey": value.key,
            "parent": value.parent,
            "isFolder": value.is_folder,
            "createdDate": value.created_date,
            "modifiedDate": value.created_date,
            "createdBy": value.created_by,
            "modifiedBy": value.created_by,
            "fields": without_unset(fields),
            "resources": {"self": {"allowed": ["GET"]}},
            "type": "projects",
        }
    )


def item_type(value: TypeDefinition) -> Json:
    """Show an item type with its fields."""
    return without_unset(
        {
            "id": value.id,
            "typeKey": value.type_key,
            "display": value.display,
            "displayPlural": f"{value.display}s",
            "category": value.category,
            "system": value.kind != "items",
            "widgets": [{"name": "ATTACHMENTS", "synchronize": False}],
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
            "name": field.name,
            "label": field.label or field.name,
            "fieldType": field.field_type,
            "readOnly": field.read_only,
            "readOnlyAllowApiOverwrite": False,
            "required": field.required,
            "triggerSuspect": False,
            "synchronize": False,
            "textType": "RICHTEXT" if field.rich else None,
        }
    )
