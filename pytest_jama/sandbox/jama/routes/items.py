"""Items: their tree, their versions, and what creates and changes them."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope
from pytest_jama.sandbox.jama.calls import Call, Caller
from pytest_jama.sandbox.jama.edits import Edit
from pytest_jama.sandbox.jama.incoming import Body, FieldsBody, ListQuery, QueryModel
from pytest_jama.sandbox.jama.item_types import TypeDefinition
from pytest_jama.sandbox.jama.model import ApiError, Node, bad_request
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
    if call.knobs.item_creation == "403":
        raise ApiError(403, "this user may not create items in this project")
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
    _check_child_type(call, body.child_item_type)
    parent = _parent(call, body.location, project=project, item_type=item_type)
    item_id = add_item(call.database, new, parent=parent)
    return envelope.created(call, "/items", item_id)


def _check_global_id(body: ItemBody, query: GlobalIdQuery) -> None:
    if body.global_id is not None and not query.set_global_id_manually:
        raise bad_request("globalId can be set with setGlobalIdManually=true only")


def _check_child_type(call: Call, wanted: int | None) -> None:
    if wanted is not None and call.require_type(wanted).kind != "items":
        raise bad_request(f"childItemType: items of the type {wanted} have no place in a set")


def _parent(
    call: Call, location: LocationBody | None, *, project: int, item_type: TypeDefinition
) -> int | None:
    """Return the item below which another one is to stand; refuse what has no place there."""
    place = location.parent if location else ParentBody()
    if place.project not in (None, project):
        raise bad_request(f"location.parent.project: the item is of the project {project}")
    if place.item is None:
        return None
    parent = find_node(call.database, place.item, "items")
    if parent is None:
        raise bad_request(f"location.parent.item: there is no item with the ID {place.item}")
    if parent.project != project:
        key = parent.document_key
        raise bad_request(f"location.parent.item: {key} ({parent.id}) is of another project")
    _check_place(call, parent, item_type)
    return parent.id


def _check_place(call: Call, parent: Node, item_type: TypeDefinition) -> None:
    """Refuse an item that the set around it is not for; folders have a place in each set."""
    around: Node | None = parent
    while around is not None and around.child_item_type is None:
        around = find_node(call.database, around.parent, "items") if around.parent else None
    if around is None or call.knobs.set_types == "allow" or item_type.is_container:
        return
    wanted = call.require_type(around.child_item_type or 0)
    if wanted.id != item_type.id:
        raise bad_request(
            f"{around.document_key} {around.name!r} is for items of the type {wanted.display} "
            f"({wanted.id}), not {item_type.display} ({item_type.id})"
        )


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
    item_type = call.require_type(item.item_type)
    parent = _parent(call, body.location, project=item.project, item_type=item_type)
    if body.location is not None and parent != item.parent:
        _check_not_below(call, item, parent)
        move_item(call.database, item, parent=parent)


def _check_not_below(call: Call, item: Node, parent: int | None) -> None:
    above = find_node(call.database, parent, "items") if parent is not None else None
    if above is not None and f"{above.sequence}.".startswith(f"{item.sequence}."):
        raise bad_request(f"location.parent.item: {item.document_key} cannot be below itself")


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
