"""Attachments: create in a project, upload the file, attach to an item, plan or run."""

import mimetypes
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import UploadFile

from pytest_jama.sandbox.jama import envelope
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId, PlainCaller, base_url_of
from pytest_jama.sandbox.jama.incoming import (
    FILE_PART,
    Body,
    FieldsBody,
    PageQuery,
    QueryModel,
)
from pytest_jama.sandbox.jama.model import ApiError, Json, Node, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import NewNode, add_node, find_node, find_nodes, touch
from pytest_jama.sandbox.jama.objects import new_fields, serve_one
from pytest_jama.sandbox.jama.selection import of_kind
from pytest_jama.sandbox.jama.stored_files import (
    StoredFile,
    content_of,
    download_headers,
    file_at,
    find_file_of,
    store_file,
)

router = APIRouter()
serve_one(router, "attachments", "attachments")

_ATTACHMENT_TYPE = 22
_NOT_PERMITTED = "This user is not permitted to add attachments to this project"


class AssociationBody(Body):
    """What is attached; the sources name the field in two ways."""

    attachment: int | None = None
    attachment_item_id: int | None = None


class FileQuery(QueryModel):
    """Where a file of a rich text is."""

    url: str


@router.post("/projects/{project_id}/attachments")
async def post_attachment(call: PlainCaller, project_id: int) -> JSONResponse:
    """Create an attachment, still without a file."""
    body = await call.body(FieldsBody)
    project = call.require_project(project_id)
    if call.knobs.attachment_creation == "403":
        raise ApiError(403, _NOT_PERMITTED)
    item_type = call.require_type(_ATTACHMENT_TYPE)
    fields = new_fields(call, body.fields, item_type, {})
    new = NewNode(
        project=project,
        item_type=item_type,
        fields=fields,
        user=call.user,
        indexed_at=call.indexed_at,
    )
    with call.database.transaction():
        if call.knobs.attachment_names == "unique":
            _refuse_second(call, project, fields)
        attachment = add_node(call.database, new)
    return envelope.created(call, "/attachments", attachment)


def _refuse_second(call: Call, project: int, fields: Json) -> None:
    named = of_kind("attachments").where("n.project = ?", project)
    if find_nodes(
        call.database, named.where("json_extract(n.fields, '$.name') = ?", fields["name"])
    ):
        raise bad_request(f"an attachment with the name {fields['name']!r} already exists")


@router.put("/attachments/{attachment_id}/file")
async def put_file(call: PlainCaller, attachment_id: int) -> Response:
    """Store or replace the file of an attachment.

    Source: Jama REST cookbook: a changed file does not move the activity date of the items.
    """
    attachment = call.require_node(attachment_id, "attachments")
    call.require_writable(attachment)
    async with call.request.form() as parts:
        file = parts.get(FILE_PART)
        if not isinstance(file, UploadFile) or not _bare(file.filename):
            raise bad_request(f"send multipart/form-data with one part named {FILE_PART!r}, a file")
        content, name = await file.read(), _bare(file.filename)
        guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
        media_type = file.content_type or guessed
    limit = call.knobs.file_limit_bytes
    if limit and len(content) > limit:
        return _too_large(call, f"the file has {len(content)} bytes, and may have {limit}")
    store_file(call.database, attachment.id, name=name, media_type=media_type, content=content)
    return envelope.updated(call, status=int(call.knobs.file_stored))


def _bare(name: str | None) -> str:
    """Leave out the folders. Source: RFC 7578, 4.2: a path that comes along is not used."""
    return (name or "").replace("\\", "/").rpartition("/")[2]


def _too_large(call: Call, why: str) -> Response:
    how = call.knobs.over_file_limit
    if how == "proxy":
        page = "<html><head><title>413 Request Entity Too Large</title></head></html>"
        return HTMLResponse(page, status_code=413)
    raise ApiError(int(how), why)


@router.get("/attachments/{attachment_id}/file")
async def get_file(call: PlainCaller, attachment_id: int) -> Response:
    """Serve the file of an attachment."""
    call.require_node(attachment_id, "attachments")
    file = find_file_of(call.database, attachment_id)
    if file is None:
        raise not_found("file of the attachment", attachment_id)
    return _download(call, file)


@router.get("/files")
async def get_embedded_file(call: Caller, query: Annotated[FileQuery, Query()]) -> Response:
    """Serve a file by the address that stands in a rich text.

    Source: Jama REST cookbook: `url` is `{base}/attachment/{fileId}/{fileName}`.
    """
    base_url = base_url_of(call.request, call.site)
    file = file_at(call.database, query.url, base_url=base_url)
    if file is None:
        raise ApiError(404, f"there is no file at the url {query.url!r}")
    return _download(call, file)


def _download(call: Call, file: StoredFile) -> Response:
    return Response(
        content_of(call.database, file),
        media_type="application/octet-stream",
        headers=download_headers(file),
    )


def _serve(kind: str) -> None:
    """Serve the attachments of one kind; the three differ only in the path."""

    @router.get(f"/{kind}/{{id}}/attachments")
    async def list_attached(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        _require_holder(call, node_id, kind)
        selection = of_kind("attachments").where(
            "n.id IN (SELECT attachment FROM attached WHERE item = ?)", node_id
        )
        return envelope.node_page(call, selection, query)

    @router.post(f"/{kind}/{{id}}/attachments")
    async def attach(call: PlainCaller, node_id: NodeId) -> JSONResponse:
        body = await call.body(AssociationBody)
        holder = _require_holder(call, node_id, kind)
        call.require_writable(holder)
        attachment = _wanted_attachment(call, holder, body)
        with call.database.transaction():
            row = {"item": holder.id, "attachment": attachment}
            if not call.database.insert("attached", row, conflict="IGNORE"):
                key = holder.document_key
                raise bad_request(f"the attachment {attachment} already exists on {key}")
            touch(call.database, holder.id)
        return envelope.created(call, f"/{kind}/{holder.id}/attachments", attachment)

    @router.delete(f"/{kind}/{{id}}/attachments/{{attachment_id}}")
    async def detach(call: PlainCaller, node_id: NodeId, attachment_id: int) -> Response:
        holder = _require_holder(call, node_id, kind)
        call.require_writable(holder)
        if not call.database.delete("attached", item=holder.id, attachment=attachment_id):
            raise not_found(f"attachment of {holder.document_key}", attachment_id)
        return envelope.updated(call)


def _require_holder(call: Call, node_id: int, kind: str) -> Node:
    """Check that something can be attached here.

    Source: the cookbook's table says `/items/{id}/attachments` works for plans and runs too;
    users report 404 for runs.
    """
    kinds = [kind]
    if kind == "items" and call.knobs.items_attachments == "plans_and_runs":
        kinds += ["testplans", "testruns"]
    return call.require_node(node_id, *kinds)


def _wanted_attachment(call: Call, holder: Node, body: AssociationBody) -> int:
    holder_type = call.require_type(holder.item_type)
    if "ATTACHMENTS" not in holder_type.widgets:
        raise bad_request(
            f"the attachments widget is not switched on for the item type {holder_type.display}"
        )
    accepted = call.knobs.attachment_body
    sent: dict[str, Any] = {
        "attachment": body.attachment,
        "attachmentItemId": body.attachment_item_id,
    }
    wanted = [value for name, value in sent.items() if accepted in ("both", name) and value]
    if len(wanted) != 1:
        names = "attachment or attachmentItemId" if accepted == "both" else accepted
        raise bad_request(f"the body needs the ID of the attachment as {names}")
    if find_node(call.database, wanted[0], "attachments") is None:
        raise bad_request(f"there is no attachment with the ID {wanted[0]}")
    return int(wanted[0])


for _kind in ("items", "testplans", "testruns"):
    _serve(_kind)
