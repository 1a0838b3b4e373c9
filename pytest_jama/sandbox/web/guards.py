"""What must hold before a write: the object exists, is not locked, its plan is open."""

from pytest_jama.sandbox.errors import ApiError, bad_request, not_found
from pytest_jama.sandbox.itemtypes import ItemType
from pytest_jama.sandbox.state.accounts import find_item_type, find_project, find_user
from pytest_jama.sandbox.state.nodes import Node, find_node
from pytest_jama.sandbox.web.calls import Call

_WORDS = {
    "items": "item",
    "testplans": "test plan",
    "testcycles": "test cycle",
    "testruns": "test run",
    "attachments": "attachment",
}


def require_node(call: Call, node_id: int, *kinds: str) -> Node:
    """Return a node of one of the kinds.

    Raises:
        ApiError: 404 if there is none.
    """
    node = find_node(call.database, node_id, *kinds)
    if node is None:
        raise not_found(" or ".join(_WORDS[kind] for kind in kinds) or "object", node_id)
    return node


def require_writable(call: Call, node: Node) -> None:
    """Refuse to write what somebody else has locked, or what belongs to an archived plan.

    Source: Jama REST cookbook: writing an item locked by somebody else is refused; the status
    is undocumented.
    """
    if node.locked_by not in (None, call.user):
        raise ApiError(
            int(call.knobs.locked_write),
            f"{node.document_key} is locked by user {node.locked_by}; unlock it there or wait",
        )
    require_open_plan(call, node.plan if node.plan is not None else node.id)


def require_open_plan(call: Call, plan_id: int) -> None:
    """Refuse writes below an archived plan, where the knob says so."""
    if call.knobs.archived_plan_writes == "allow":
        return
    plan = find_node(call.database, plan_id, "testplans")
    if plan is not None and plan.archived:
        raise bad_request(f"the test plan {plan.document_key} is archived")


def type_of(call: Call, node: Node) -> ItemType:
    """Return the item type of a node."""
    return require_type(call, node.item_type)


def require_type(call: Call, type_id: int) -> ItemType:
    """Return an item type.

    Raises:
        ApiError: 400 if there is none of that ID.
    """
    found = find_item_type(call.item_types(), type_id)
    if found is None:
        raise bad_request(f"there is no item type with the ID {type_id}")
    return found


def require_project(call: Call, project_id: int, *, status: int = 404) -> int:
    """Return the ID of a project, not of a folder.

    Raises:
        ApiError: If there is none.
    """
    project = find_project(call.database, project_id)
    if project is None or project.is_folder:
        raise ApiError(status, f"there is no project with the ID {project_id}")
    return project.id


def require_user(call: Call, user_id: object) -> None:
    """Refuse a user that does not exist."""
    if user_id is not None and (
        not isinstance(user_id, int) or not find_user(call.database, user_id)
    ):
        raise bad_request(f"there is no user with the ID {user_id}")
