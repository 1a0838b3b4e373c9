"""`links` and `linked`: what an object refers to, as templates and as objects.

Source: Jama REST cookbook: `links` maps a JSON path to `{type, href}` where the href holds the
path in braces; `linked` is there when `include` names such a path.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pytest_jama.sandbox.errors import bad_request
from pytest_jama.sandbox.state.accounts import find_item_type, find_project, find_user
from pytest_jama.sandbox.state.nodes import find_node
from pytest_jama.sandbox.web import wire
from pytest_jama.sandbox.web.calls import Call

Json = dict[str, Any]

_TARGETS = {
    "project": "projects",
    "itemType": "itemtypes",
    "childItemType": "itemtypes",
    "createdBy": "users",
    "modifiedBy": "users",
    "lockedBy": "users",
    "assignedTo": "users",
    "lock.lockedBy": "users",
    "location.parent.item": "items",
    "location.parent.project": "projects",
    "location.item": "abstractitems",
    "location.project": "projects",
    "inReplyTo": "comments",
    "fields.project": "projects",
    "fields.assignedTo": "users",
    "fields.testPlan": "testplans",
    "fields.testCycle": "testcycles",
    "fields.testCase": "items",
    "testCycle": "testcycles",
}


def links_of(call: Call, values: Sequence[Json]) -> Json:
    """Describe what the objects of an answer refer to."""
    return {
        f"data.{path}": {"type": target, "href": f"{call.api_url}/{target}/{{data.{path}}}"}
        for path, target in _TARGETS.items()
        if any(_at(value, path) is not None for value in values)
    }


def linked_objects(call: Call, values: Sequence[Json], include: Sequence[str]) -> Json:
    """Gather the objects that `include` asks for; nothing without `include`.

    Raises:
        ApiError: 400 for a path that is no link.
    """
    linked: Json = {}
    for path in include:
        target = _TARGETS.get(path.removeprefix("data."))
        if target is None or not path.startswith("data."):
            raise bad_request(f"include={path!r} is not a link such as data.createdBy")
        identifiers = {_at(value, path.removeprefix("data.")) for value in values} - {None}
        found = {str(key): _object(call, target, key) for key in sorted(identifiers)}
        linked.setdefault(target, {}).update({key: value for key, value in found.items() if value})
    return {"linked": linked} if linked else {}


def _at(value: Json, path: str) -> Any:
    found: Any = value
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _object(call: Call, target: str, identifier: int) -> Json | None:
    return _READERS.get(target, _node)(call, identifier)


def _user(call: Call, identifier: int) -> Json | None:
    user = find_user(call.database, identifier)
    return wire.user(user) if user else None


def _project(call: Call, identifier: int) -> Json | None:
    project = find_project(call.database, identifier)
    return wire.project(project) if project else None


def _item_type(call: Call, identifier: int) -> Json | None:
    found = find_item_type(call.item_types(), identifier)
    return wire.item_type(found) if found else None


def _node(call: Call, identifier: int) -> Json | None:
    node = find_node(call.database, identifier)
    return wire.node(call, node) if node else None


def _nothing(call: Call, identifier: int) -> None:
    del call, identifier


_READERS: dict[str, Callable[[Call, int], Json | None]] = {
    "users": _user,
    "projects": _project,
    "itemtypes": _item_type,
    "comments": _nothing,
}
