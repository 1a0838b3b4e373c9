"""Items: their tree, their versions, and what creates and changes them."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope
from pytest_jama.sandbox.jama.calls import Call, Caller
from pytest_jama.sandbox.jama.edits import Edit
from pytest_jama.sandbox.jama.incoming import Body, FieldsBody, ListQuery, QueryModel
from pytest_jama.sandbox.jama.model import Node, bad_request
from pytest_jama.sandbox.jama.nodes import (
    NewNode,
    add_item,
    deactivate,
    find_node,
    move_item,
    save_fields,
)
from pytest_jama.sandbox.jama.objects import (
    Kind,
    changed_fields,
    new_fields,
    put,
    serve,
    serve_below,
)
from pytest_jama.sandbox.jama.selection import of_kind

router = APIRouter()

_TREE_ORDER = ("sequence.asc",)


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


class ItemBody(FieldsBody):
    """A new or changed item."""

    project: int | None = None
    item_type: int | None = None
    child_item_type: int | None = None
    location: LocationBody | None = None
    global_id: str | None = None


@router.get("/items")
async def list_items(call: Caller, query: Annotated[ItemFilter, Query()]) -> JSONResponse:
    """List the items of a project in order of the tree; no plans, cycles, runs."""
    call.require_project(query.project)
    selection = of_kind("items").where("n.project = ?", query.project)
    if query.root_only:
        selection = selection.where("n.parent IS NULL")
    return envelope.node_page(call, selection, query, sort_by=_TREE_ORDER)


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
    new = NewNode(
        project=project,
        item_type=item_type,
        fields=new_fields(call, body.fields, item_type, {}),
        user=call.user,
        global_id=body.global_id,
        indexed_at=call.indexed_at,
        columns={"child_item_type": body.child_item_type},
    )
    item_id = add_item(call.database, new, parent=_parent(call, body.location))
    return envelope.created(call, "/items", item_id)


def _check_global_id(body: ItemBody, query: GlobalIdQuery) -> None:
    if body.global_id is not None and not query.set_global_id_manually:
        raise bad_request("globalId can be set with setGlobalIdManually=true only")


def _parent(call: Call, location: LocationBody | None) -> int | None:
    parent_id = location.parent.item if location else None
    if parent_id is not None and find_node(call.database, parent_id, "items") is None:
        raise bad_request(f"location.parent.item: there is no item with the ID {parent_id}")
    return parent_id


@router.put("/items/{item_id}")
async def put_item(
    call: Caller, item_id: int, query: Annotated[GlobalIdQuery, Query()]
) -> JSONResponse:
    """Replace an item: a new version; a writable field left out is cleared.

    Source: Jama REST cookbook, PUT of items.
    """
    return put(
        call, _ITEM, item_id, await call.json(), check=lambda body: _check_global_id(body, query)
    )


def _write_item(call: Call, item: Node, body: ItemBody, edit: Edit) -> None:
    if body.project not in (None, item.project) or body.item_type not in (None, item.item_type):
        raise bad_request("project and itemType of an item cannot be changed")
    fields = changed_fields(call, item, edit)
    if body.global_id is not None:
        call.database.update("nodes", {"global_id": body.global_id}, id=item.id)
        item = call.require_node(item.id, "items")
    save_fields(call.database, item, fields, user=call.user)
    parent = _parent(call, body.location)
    if body.location is not None and parent != item.parent:
        move_item(call.database, item, parent=parent)


_ITEM = Kind(
    name="items",
    body=ItemBody,
    write=_write_item,
    delete=lambda call, item: deactivate(call.database, id=item.id),
    patchable=("project", "itemType", "childItemType", "location"),
    has_own_put=True,
)
serve(router, _ITEM)
serve_below(
    router,
    "/items/{id}/children",
    "items",
    "n.parent = ?",
    parent="items",
    sort_by=_TREE_ORDER,
)
