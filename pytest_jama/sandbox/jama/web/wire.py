"""State as the JSON objects of the API. Unset parts are left out, never null."""

from collections.abc import Callable
from typing import Any

from pytest_jama.sandbox.jama.item_types import FieldDefinition, TypeDefinition
from pytest_jama.sandbox.jama.model import Json, Node, StoredGroup, StoredProject, User
from pytest_jama.sandbox.jama.state.annotations import Comment, find_file
from pytest_jama.sandbox.jama.state.stored_nodes import shown_sequence
from pytest_jama.sandbox.jama.web.calls import Call

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
            **_OUTER[value.kind](call, value),
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
        derived.update(_run_fields(value))
    if value.kind == "attachments":
        derived.update(_file_fields(call, value))
    return {name: _dated(call, name, part) for name, part in {**value.fields, **derived}.items()}


def _run_fields(value: Node) -> Json:
    return {
        "testPlan": value.plan_id,
        "testCycle": value.cycle_id,
        "testCase": value.case_id,
        "modifiedDate": value.modified_date,
    }


def _file_fields(call: Call, value: Node) -> Json:
    file = find_file(call.database, value.id)
    return {"attachment": file.id, "fileName": file.name} if file else {}


_DATES = ("executionDate", "modifiedDate")


def _dated(call: Call, name: str, part: Any) -> Any:
    """Shorten dates inside `fields` unless the caller asked for the time."""
    return part[:10] if name in _DATES and not call.with_time else part


def _item(call: Call, value: Node) -> Json:
    del call
    parent = {"item": value.parent} if value.parent else {"project": value.project}
    return {
        "childItemType": value.child_item_type,
        "lock": lock(value),
        "location": {
            "sortOrder": value.sort_order,
            "globalSortOrder": value.sort_order,
            "sequence": shown_sequence(value.sequence),
            "parent": parent,
        },
    }


def _plan(call: Call, value: Node) -> Json:
    del call
    return {"archived": value.archived}


def _cycle(call: Call, value: Node) -> Json:
    del call, value
    return {}


def _run(call: Call, value: Node) -> Json:
    del call
    return {
        "testCaseVersionNumber": value.case_version,
        "testCaseCurrentVersionNumber": value.current_case_version,
        "sortOrderFromTestGroup": value.group_order,
        "testGroup": [value.cycle_id, value.test_group_id],
    }


def _attachment(call: Call, value: Node) -> Json:
    file = find_file(call.database, value.id)
    about = {"lock": lock(value)}
    if file is None:
        return about
    size = len(file.content)
    return {**about, "fileName": file.name, "mimeType": file.mime_type, "fileSize": size}


_OUTER: dict[str, Callable[[Call, Node], Json]] = {
    "items": _item,
    "testplans": _plan,
    "testcycles": _cycle,
    "testruns": _run,
    "attachments": _attachment,
}


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


def comment(value: Comment) -> Json:
    """Show a comment."""
    location = {"item": value.item, "project": value.project}
    return without_unset(
        {
            "id": value.id,
            "inReplyTo": value.in_reply_to,
            "createdDate": value.created_date,
            "createdBy": value.created_by,
            "modifiedBy": value.created_by,
            "deleted": False,
            "status": "OPEN",
            "commentType": value.comment_type,
            "body": {"text": value.text},
            "location": without_unset(location),
            "type": "comments",
        }
    )
