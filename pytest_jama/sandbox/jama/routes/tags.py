"""Tags and links: what people put on items, plans and runs to find them, or to lead elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId, PlainCaller
from pytest_jama.sandbox.jama.incoming import Body, IncludeQuery, ListQuery, PageQuery
from pytest_jama.sandbox.jama.model import Json, Node, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import ID_COUNTER, touch
from pytest_jama.sandbox.jama.selection import of_kind

router = APIRouter()


class TagFilter(ListQuery):
    """Query of the list of tags."""

    project: int


class TagBody(Body):
    """A new or renamed tag."""

    name: str
    project: int


class ItemTagBody(Body):
    """The tag that an item gets."""

    tag: int


class LinkBody(Body):
    """A new or changed link."""

    url: str
    description: str | None = None


def _tag(row: Row) -> Json:
    return {"id": row["id"], "name": row["name"], "project": row["project"], "type": "tags"}


@router.get("/tags")
async def list_tags(call: Caller, query: Annotated[TagFilter, Query()]) -> JSONResponse:
    """List the tags of a project."""
    return _tags_of(call, query.project, query)


@router.get("/projects/{project_id}/tags")
async def list_tags_of_project(call: Caller, project_id: int, query: PageQuery) -> JSONResponse:
    """List the tags of a project."""
    return _tags_of(call, project_id, query)


def _tags_of(call: Call, project_id: int, query: ListQuery) -> JSONResponse:
    project = call.require_project(project_id)
    return envelope.table_page(call, "tags", _tag, query, project=project)


@router.post("/tags")
async def post_tag(call: PlainCaller) -> JSONResponse:
    """Make a tag in a project."""
    body = await call.body(TagBody)
    call.require_project(body.project, status=400)
    with call.database.transaction():
        _refuse_second(call, body)
        tag_id = call.database.next_number(ID_COUNTER)
        call.database.insert("tags", {"id": tag_id, **body.model_dump()})
    return envelope.created(call, "/tags", tag_id)


def _refuse_second(call: Call, body: TagBody) -> None:
    if call.database.find("tags", **body.model_dump()):
        raise bad_request(f"a tag with the name {body.name!r} already exists in the project")


def _require_tag(call: Call, tag_id: int) -> Row:
    row = call.database.find("tags", id=tag_id)
    if row is None:
        raise not_found("tag", tag_id)
    return row


@router.get("/tags/{tag_id}")
async def get_tag(call: Caller, tag_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a tag."""
    return envelope.single(call, _tag(_require_tag(call, tag_id)), query)


@router.put("/tags/{tag_id}")
async def put_tag(call: PlainCaller, tag_id: int) -> JSONResponse:
    """Rename a tag."""
    body = await call.body(TagBody)
    with call.database.transaction():
        row = _require_tag(call, tag_id)
        if body.project != row["project"]:
            raise bad_request("the project of a tag cannot be changed")
        if body.name != row["name"]:
            _refuse_second(call, body)
        call.database.update("tags", {"name": body.name}, id=tag_id)
    return envelope.updated(call)


@router.delete("/tags/{tag_id}")
async def delete_tag(call: PlainCaller, tag_id: int) -> JSONResponse:
    """Delete a tag, and take it from all items."""
    with call.database.transaction():
        _require_tag(call, tag_id)
        call.database.delete("tagged", tag=tag_id)
        call.database.delete("tags", id=tag_id)
    return envelope.updated(call)


@router.get("/tags/{tag_id}/items")
async def list_items_of_tag(call: Caller, tag_id: int, query: PageQuery) -> JSONResponse:
    """List the items that have a tag."""
    _require_tag(call, tag_id)
    tagged = of_kind("items").where("n.id IN (SELECT item FROM tagged WHERE tag = ?)", tag_id)
    return envelope.node_page(call, tagged, query)


def _require_writable(call: Call, node_id: int, kind: str, widget: str) -> Node:
    node = call.require_node(node_id, kind)
    call.require_writable(node)
    item_type = call.require_type(node.item_type)
    if widget not in item_type.widgets:
        raise bad_request(f"the widget {widget} is not on for the item type {item_type.display}")
    return node


def _serve_tags(kind: str) -> None:
    """Serve the tags of one kind; the three differ only in the path."""

    @router.get(f"/{kind}/{{id}}/tags")
    async def list_tags_of(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        return envelope.cut(call, [_tag(row) for row in _tags_on(call, node_id, kind)], query)

    @router.post(f"/{kind}/{{id}}/tags")
    async def add_tag(call: PlainCaller, node_id: NodeId) -> JSONResponse:
        body = await call.body(ItemTagBody)
        node = _require_writable(call, node_id, kind, "TAGS")
        tag = call.database.find("tags", id=body.tag)
        if tag is None or tag["project"] != node.project:
            raise bad_request(f"there is no tag with the ID {body.tag} in the project")
        with call.database.transaction():
            row = {"item": node.id, "tag": tag["id"]}
            if not call.database.insert("tagged", row, conflict="IGNORE"):
                key = node.document_key
                raise bad_request(f"the tag {tag['name']!r} already exists on {key}")
            touch(call.database, node.id)
        return envelope.created(call, f"/{kind}/{node.id}/tags", tag["id"])

    @router.get(f"/{kind}/{{id}}/tags/{{tag_id}}")
    async def get_tag_of(
        call: Caller, node_id: NodeId, tag_id: int, query: IncludeQuery
    ) -> JSONResponse:
        found = [row for row in _tags_on(call, node_id, kind) if row["id"] == tag_id]
        if not found:
            raise not_found("tag of it", tag_id)
        return envelope.single(call, _tag(found[0]), query)

    @router.delete(f"/{kind}/{{id}}/tags/{{tag_id}}")
    async def remove_tag(call: PlainCaller, node_id: NodeId, tag_id: int) -> JSONResponse:
        node = _require_writable(call, node_id, kind, "TAGS")
        with call.database.transaction():
            if not call.database.delete("tagged", item=node.id, tag=tag_id):
                raise not_found(f"tag of {node.document_key}", tag_id)
            touch(call.database, node.id)
        return envelope.updated(call)


def _tags_on(call: Call, node_id: int, kind: str) -> list[Row]:
    node = call.require_node(node_id, kind)
    return call.database.all(
        "SELECT t.* FROM tags t JOIN tagged d ON d.tag = t.id WHERE d.item = ? ORDER BY t.id",
        (node.id,),
    )


def _serve_links(kind: str) -> None:
    """Serve the links of one kind. The shape of a link that is shown is undocumented."""

    @router.get(f"/{kind}/{{id}}/links")
    async def list_links(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        node = call.require_node(node_id, kind)
        return envelope.table_page(call, "links", _link, query, item=node.id)

    @router.post(f"/{kind}/{{id}}/links")
    async def add_link(call: PlainCaller, node_id: NodeId) -> JSONResponse:
        body = await call.body(LinkBody)
        node = _require_writable(call, node_id, kind, "URLS")
        with call.database.transaction():
            link_id = call.database.next_number(ID_COUNTER)
            call.database.insert("links", {"id": link_id, "item": node.id, **body.model_dump()})
            touch(call.database, node.id)
        return envelope.created(call, f"/{kind}/{node.id}/links", link_id)

    @router.get(f"/{kind}/{{id}}/links/{{link_id}}")
    async def get_link(
        call: Caller, node_id: NodeId, link_id: int, query: IncludeQuery
    ) -> JSONResponse:
        node = call.require_node(node_id, kind)
        return envelope.single(call, _link(_require_link(call, node, link_id)), query)

    @router.put(f"/{kind}/{{id}}/links/{{link_id}}")
    async def put_link(call: PlainCaller, node_id: NodeId, link_id: int) -> JSONResponse:
        body = await call.body(LinkBody)
        node = _require_writable(call, node_id, kind, "URLS")
        with call.database.transaction():
            _require_link(call, node, link_id)
            call.database.update("links", body.model_dump(), id=link_id)
            touch(call.database, node.id)
        return envelope.updated(call)

    @router.delete(f"/{kind}/{{id}}/links/{{link_id}}")
    async def remove_link(call: PlainCaller, node_id: NodeId, link_id: int) -> JSONResponse:
        node = _require_writable(call, node_id, kind, "URLS")
        with call.database.transaction():
            _require_link(call, node, link_id)
            call.database.delete("links", id=link_id)
            touch(call.database, node.id)
        return envelope.updated(call)


def _require_link(call: Call, node: Node, link_id: int) -> Row:
    row = call.database.find("links", id=link_id, item=node.id)
    if row is None:
        raise not_found(f"link of {node.document_key}", link_id)
    return row


def _link(row: Row) -> Json:
    return wire.without_unset(
        {"id": row["id"], "url": row["url"], "description": row["description"], "type": "links"}
    )


for _kind in ("items", "testplans", "testruns"):
    _serve_tags(_kind)
    _serve_links(_kind)
