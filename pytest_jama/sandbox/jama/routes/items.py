"""Items: their tree, their versions, and what creates and changes them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller, require_user
from pytest_jama.sandbox.jama.edits import changed_fields, edit_between, edit_of_put
from pytest_jama.sandbox.jama.incoming import (
    Body,
    IncludeQuery,
    ListQuery,
    PageQuery,
    QueryModel,
    checked_body,
)
from pytest_jama.sandbox.jama.json_patch import patched
from pytest_jama.sandbox.jama.model import Node
from pytest_jama.sandbox.jama.nodes import (
    NewNode,
    add_item,
    deactivate,
    find_node,
    move_item,
    of_kind,
    save_fields,
)
from pytest_jama.sandbox.jama.refusals import bad_request
from pytest_jama.sandbox.jama.rules import Edit, edited_fields

router = APIRouter()

TREE_ORDER = ("sequence.asc",)


class ItemFilter(ListQuery):
    """Query of the list of items."""

    project: int
    root_only: bool = False


class GlobalIdQuery(QueryModel):
    """Whether the body carries the global ID."""

    set_global_id_manually: bool = False


class ParentBody(Body):
    """Where an item stands: below an item or at the root of a project."""

    item: int | None = None
    project: int | None = None


class LocationBody(Body):
    """The place of an item; the numbers that a GET shows are accepted and not used."""

    parent: ParentBody
    sort_order: int | None = None
    global_sort_order: int | None = None
    sequence: str | None = None


class ItemBody(Body):
    """A new or changed item."""

    project: int | None = None
    item_type: int | None = None
    child_item_type: int | None = None
    location: LocationBody | None = None
    global_id: str | None = None
    fields: dict[str, Any]


@router.get("/items")
async def list_items(call: Caller, query: Annotated[ItemFilter, Query()]) -> JSONResponse:
    """List the items of a project in order of the tree; no plans, cycles, runs."""
    call.require_project(query.project)
    selection = of_kind("items").where("n.project = ?", query.project)
    if query.root_only:
        selection = selection.where("n.parent IS NULL")
    return envelope.node_page(call, selection, query, sort_by=TREE_ORDER)


@router.post("/items")
async def post_item(call: Caller, query: Annotated[GlobalIdQuery, Query()]) -> JSONResponse:
    """Create an item."""
    body = await call.body(ItemBody)
    _check_global_id(body, query)
    if body.project is None or body.item_type is None:
        raise bad_request(f"{'project' if body.project is None else 'itemType'!r} is missing")
    project = call.require_project(body.project, status=400)
    item_type = call.require_type(body.item_type)
    if item_type.kind != "items":
        raise bad_request(f"a {item_type.display} cannot be created with POST /items")
    require_user(body.fields.get("assignedTo"))
    fields = edited_fields({}, Edit(set=body.fields), item_type=item_type, knobs=call.knobs)
    new = NewNode(
        project=project,
        item_type=item_type,
        fields=fields,
        user=call.user,
        global_id=body.global_id,
        indexed_at=call.database.clock() + call.knobs.search_lag_s,
        columns={"child_item_type": body.child_item_type},
    )
    item_id = add_item(call.database, new, parent=_parent(call, body.location))
    return envelope.created(call, f"items/{item_id}", item_id)


def _check_global_id(body: ItemBody, query: GlobalIdQuery) -> None:
    if body.global_id is not None and not query.set_global_id_manually:
        raise bad_request("globalId can be set with setGlobalIdManually=true only")


def _parent(call: Call, location: LocationBody | None) -> int | None:
    parent_id = location.parent.item if location else None
    if parent_id is not None and find_node(call.database, parent_id, "items") is None:
        raise bad_request(f"location.parent.item: there is no item with the ID {parent_id}")
    return parent_id


@router.get("/items/{item_id}")
async def get_item(call: Caller, item_id: int, query: IncludeQuery) -> JSONResponse:
    """Show an item."""
    item = call.require_node(item_id, "items")
    return envelope.single_node(call, item, query)


@router.put("/items/{item_id}")
async def put_item(
    call: Caller, item_id: int, query: Annotated[GlobalIdQuery, Query()]
) -> JSONResponse:
    """Replace an item: a new version; a writable field left out is cleared.

    Source: Jama REST cookbook, PUT of items.
    """
    body = await call.body(ItemBody)
    _check_global_id(body, query)
    with call.database.transaction():
        item = call.require_node(item_id, "items")
        edit = edit_of_put(wire.shown_fields(call, item), body.fields, clear=item.fields)
        _write_item(call, item, body, edit)
    return envelope.updated(call)


@router.patch("/items/{item_id}")
async def patch_item(call: PlainCaller, item_id: int) -> JSONResponse:
    """Apply operations to an item: a new version."""
    operations = await call.json()
    with call.database.transaction():
        item = call.require_node(item_id, "items")
        shown = wire.node(call, item)
        names = ("project", "itemType", "childItemType", "location", "fields")
        before = {name: shown[name] for name in names if name in shown}
        body = checked_body(patched(before, operations), ItemBody, call.knobs)
        _write_item(call, item, body, edit_between(before["fields"], body.fields, operations))
    return envelope.updated(call)


def _write_item(call: Call, item: Node, body: ItemBody, edit: Edit) -> None:
    if body.project not in (None, item.project) or body.item_type not in (None, item.item_type):
        raise bad_request("project and itemType of an item cannot be changed")
    fields = changed_fields(call, item, edit)
    if body.global_id is not None:
        sql = "UPDATE nodes SET global_id = ? WHERE id = ?"
        call.database.execute(sql, (body.global_id, item.id))
        item = call.require_node(item.id, "items")
    save_fields(call.database, item, fields, user=call.user)
    parent = _parent(call, body.location)
    if body.location is not None and parent != item.parent:
        move_item(call.database, item.id, project=item.project, parent=parent)


@router.delete("/items/{item_id}")
async def remove_item(call: PlainCaller, item_id: int) -> Response:
    """Delete an item; the runs of a test case stay."""
    item = call.require_node(item_id, "items")
    call.require_writable(item)
    deactivate(call.database, [item.id])
    return envelope.deleted(call)


@router.get("/items/{item_id}/children")
async def list_children(call: Caller, item_id: int, query: PageQuery) -> JSONResponse:
    """List what stands directly below an item."""
    call.require_node(item_id, "items")
    selection = of_kind("items").where("n.parent = ?", item_id)
    return envelope.node_page(call, selection, query, sort_by=TREE_ORDER)


@router.get("/items/{item_id}/versions")
async def list_versions(call: Caller, item_id: int, query: PageQuery) -> JSONResponse:
    """List the versions of an item, oldest first."""
    item = call.require_node(item_id, "items")
    rows = call.database.all("SELECT * FROM versions WHERE item = ? ORDER BY version", (item_id,))
    values = [
        {
            "item": item.id,
            "versionedItem": [item.id, row["version"]],
            "versionNumber": row["version"],
            "createdDate": row["created_date"],
            "createdBy": row["created_by"],
            "type": "CREATE" if row["version"] == 1 else "UPDATE",
        }
        for row in rows
    ]
    return envelope.cut(call, values, query)
