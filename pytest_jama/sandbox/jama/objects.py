"""What the kinds of objects have in common: show one, list those below, change it, delete it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId, PlainCaller, require_user
from pytest_jama.sandbox.jama.edits import Edit, edit_between, edit_of_put, patched
from pytest_jama.sandbox.jama.incoming import FieldsBody, IncludeQuery, PageQuery, checked_body
from pytest_jama.sandbox.jama.item_types import TypeDefinition
from pytest_jama.sandbox.jama.model import Json, Node, bad_request
from pytest_jama.sandbox.jama.rules import edited_fields
from pytest_jama.sandbox.jama.selection import of_kind


def _all_fields(_: Call, node: Node) -> Iterable[str]:
    return node.fields


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How objects of one kind are changed.

    Attributes:
        name: `items`, `testplans`, `testcycles` or `testruns`.
        body: What a PUT sends, and what a PATCH must leave.
        write: Stores what an edit makes of an object, or refuses it.
        delete: Deletes an object, or refuses to.
        patchable: What a PATCH may change beside `fields`.
        cleared: The fields that a PUT clears when they are left out.
        has_own_put: Whether PUT is served elsewhere.
        check_patch: Refuses the operations of a PATCH, before they are looked at.
    """

    name: str
    body: type[FieldsBody]
    write: Callable[[Call, Node, Any, Edit], None]
    delete: Callable[[Call, Node], None]
    patchable: tuple[str, ...] = ()
    cleared: Callable[[Call, Node], Iterable[str]] = _all_fields
    has_own_put: bool = False
    check_patch: Callable[[Call, Any], None] = lambda _call, _operations: None


def serve_one(router: APIRouter, name: str, *kinds: str) -> None:
    """Serve GET of one object."""

    @router.get(f"/{name}/{{id}}")
    async def get_object(call: Caller, node_id: NodeId, query: IncludeQuery) -> JSONResponse:
        return envelope.single(call, wire.node(call, call.require_node(node_id, *kinds)), query)


def serve_below(
    router: APIRouter,
    path: str,
    kind: str,
    condition: str,
    *,
    parent: str,
    sort_by: Iterable[str] = ("id.asc",),
) -> None:
    """Serve the list of what stands below an object, which the condition is about."""

    @router.get(path)
    async def list_below(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        call.require_node(node_id, parent)
        selection = of_kind(kind).where(condition, node_id)
        return envelope.node_page(call, selection, query, sort_by=sort_by)


def serve(router: APIRouter, kind: Kind) -> None:
    """Serve GET, PUT, PATCH (all operations or none) and DELETE of one object."""
    serve_one(router, kind.name, kind.name)
    path = f"/{kind.name}/{{id}}"

    async def put_object(call: PlainCaller, node_id: NodeId) -> JSONResponse:
        return put(call, kind, node_id, await call.json())

    if not kind.has_own_put:
        router.put(path)(put_object)

    @router.patch(path)
    async def patch_object(call: PlainCaller, node_id: NodeId) -> JSONResponse:
        operations = await call.json()
        kind.check_patch(call, operations)
        return _patched(call, kind, node_id, operations)

    @router.delete(path)
    async def delete_object(call: PlainCaller, node_id: NodeId) -> Response:
        node = call.require_node(node_id, kind.name)
        call.require_writable(node)
        kind.delete(call, node)
        return envelope.updated(call)


def put(
    call: Call,
    kind: Kind,
    node_id: int,
    sent: Any,
    *,
    check: Callable[[Any], None] = lambda _: None,
) -> JSONResponse:
    """Store and answer a PUT, which may send back what a GET gave.

    Args:
        call: The request.
        kind: What is changed.
        node_id: Which of them.
        sent: The decoded body.
        check: Refuses a body, before anything is done.
    """
    with call.database.transaction():
        node = call.require_node(node_id, kind.name)
        shown = wire.node(call, node)
        body = checked_body(_without_equal(call, kind, shown, sent), kind.body, call.knobs)
        check(body)
        fields = {
            name: node.fields.get(name, value) if shown["fields"].get(name) == value else value
            for name, value in body.fields.items()
        }
        edit = edit_of_put(shown["fields"], fields, clear=kind.cleared(call, node))
        kind.write(call, node, body, edit)
    return envelope.updated(call)


def _without_equal(call: Call, kind: Kind, shown: Json, sent: Any) -> Any:
    """Leave out what stands beside `fields` and is as a GET shows it; refuse what differs.

    Source: a comment by Jama in its community (2016): read-only values pass if they are equal.
    """
    if not isinstance(sent, dict):
        return sent
    writable = {field.alias for field in kind.body.model_fields.values()}
    left: Json = {}
    for name, value in sent.items():
        is_equal = name != "fields" and name in shown and shown[name] == value
        is_mistaken = name.endswith("Date") and call.knobs.equal_dates == "refuse"
        if is_equal and not is_mistaken:
            continue
        if name in shown and name not in writable:
            raise bad_request(f"{name!r} is read-only; leave it out")
        left[name] = value
    return left


def _patched(call: Call, kind: Kind, node_id: int, operations: Any) -> JSONResponse:
    with call.database.transaction():
        node = call.require_node(node_id, kind.name)
        shown = wire.node(call, node)
        before = {part: shown[part] for part in ("fields", *kind.patchable) if part in shown}
        body = _patched_body(call, kind, before, operations)
        kind.write(call, node, body, edit_between(before["fields"], body.fields, operations))
    return envelope.updated(call)


def _patched_body(call: Call, kind: Kind, before: Json, operations: Any) -> FieldsBody:
    after = patched(before, operations)
    has_fields = isinstance(after.get("fields"), dict)
    if not kind.patchable and not (has_fields and len(after) == 1):
        raise bad_request("the only path that can be changed here is /fields/NAME")
    return checked_body(after, kind.body, call.knobs)


def new_fields(call: Call, sent: Json, item_type: TypeDefinition, known: Json) -> Json:
    """Return what a POST stores; it may repeat what is `known` anyway."""
    require_user(sent.get("assignedTo"))
    fields = edited_fields(known, Edit(set=sent), item_type=item_type, knobs=call.knobs)
    return {name: value for name, value in fields.items() if name not in known}


def changed_fields(
    call: Call, node: Node, edit: Edit, *, rule: Callable[..., Json] = edited_fields
) -> Json:
    """Return what is to be stored after an edit; `rule` applies the edit to the fields.

    Refused where another user holds the lock, the plan is archived, or the rule is broken.
    """
    call.require_writable(node)
    require_user(edit.set.get("assignedTo"))
    shown = wire.shown_fields(call, node)
    derived = {name: value for name, value in shown.items() if name not in node.fields}
    item_type = call.require_type(node.item_type)
    changed = rule({**node.fields, **derived}, edit, item_type=item_type, knobs=call.knobs)
    return {name: value for name, value in changed.items() if name not in derived}
