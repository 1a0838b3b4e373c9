"""From the body of a PUT or PATCH to the fields that are stored."""

from collections.abc import Callable, Iterable
from typing import Any

from pytest_jama.sandbox.jama import wire
from pytest_jama.sandbox.jama.calls import Call, require_user
from pytest_jama.sandbox.jama.json_patch import patched, touched_members
from pytest_jama.sandbox.jama.model import Json, Node
from pytest_jama.sandbox.jama.refusals import bad_request
from pytest_jama.sandbox.jama.rules import Edit, edited_fields


def edit_of_put(stored: Json, sent: Json, *, clear: Iterable[str] = ()) -> Edit:
    """Read the `fields` of a PUT; null stands for unset.

    Args:
        stored: What the object has.
        sent: What came in.
        clear: Fields that are cleared when they are left out.
    """
    nulls = {name for name, value in sent.items() if value is None and name in stored}
    left_out = {name for name in clear if name in stored and name not in sent}
    values = {name: value for name, value in sent.items() if value is not None}
    return Edit(set=values, cleared=tuple(sorted(nulls | left_out)))


def edit_of_patch(call: Call, node: Node, operations: Any) -> Edit:
    """Read the operations of a PATCH that may change `fields` only.

    Raises:
        ApiError: 400, with the documented texts for a wrong path or value.
    """
    before = {"fields": wire.shown_fields(call, node)}
    after = patched(before, operations)
    fields = after.get("fields")
    if set(after) != {"fields"} or not isinstance(fields, dict):
        raise bad_request("the only path that can be changed here is /fields/NAME")
    return edit_between(before["fields"], fields, operations)


def edit_between(before: Json, after: Json, operations: Any) -> Edit:
    """Say what the (already checked) operations of a PATCH did to `fields`."""
    touched = touched_members(operations, before, after)
    return Edit(
        set={name: after[name] for name in touched if name in after},
        cleared=tuple(sorted((touched & set(before)) - set(after))),
    )


def changed_fields(
    call: Call, node: Node, edit: Edit, *, rule: Callable[..., Json] = edited_fields
) -> Json:
    """Return what is to be stored after an edit.

    Args:
        call: The request.
        node: What is edited.
        edit: What is set and cleared.
        rule: What an edit means for this kind.

    Raises:
        ApiError: The node is locked or its plan archived, or the edit breaks a rule.
    """
    call.require_writable(node)
    require_user(edit.set.get("assignedTo"))
    shown = wire.shown_fields(call, node)
    derived = {name: value for name, value in shown.items() if name not in node.fields}
    changed = rule({**node.fields, **derived}, edit, item_type=call.type_of(node), knobs=call.knobs)
    return {name: value for name, value in changed.items() if name not in derived}
