"""Attachments: create in a project, upload the file, attach to an item, plan or run."""

import mimetypes
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile

from pytest_jama.sandbox.jama import envelope
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId, PlainCaller
from pytest_jama.sandbox.jama.incoming import FILE_PART, Body, FieldsBody, PageQuery
from pytest_jama.sandbox.jama.model import Node, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import NewNode, add_node, find_node, touch
from pytest_jama.sandbox.jama.objects import new_fields, serve_one
from pytest_jama.sandbox.jama.selection import of_kind

router = APIRouter()
serve_one(router, "attachments", "attachments")

_ATTACHMENT_TYPE = 22


class AssociationBody(Body):
    """What is attached; the sources name the field in two ways."""

    attachment: int | None = None
    attachment_item_id: int | None = None


@router.post("/projects/{project_id}/attachments")
async def post_attachment(call: PlainCaller, project_id: int) -> JSONResponse:
    """Create an attachment, still without a file."""
    body = await call.body(FieldsBody)
    project = call.require_project(project_id)
    item_type = call.require_type(_ATTACHMENT_TYPE)
    new = NewNode(
        project=project,
        item_type=item_type,
        fields=new_fields(call, body.fields, item_type, {}),
        user=call.user,
        indexed_at=call.indexed_at,
    )
    return envelope.created(call, "/attachments", add_node(call.database, new))


@router.put("/attachments/{attachment_id}/file")
async def put_file(call: PlainCaller, attachment_id: int) -> JSONResponse:
    """Store or replace the file of an attachment.

    Source: Jama REST cookbook: a changed file does not move the activity date of the items.
    """
    attachment = call.require_node(attachment_id, "attachments")
    call.require_writable(attachment)
    async with call.request.form() as parts:
        file = parts.get(FILE_PART)
        if not isinstance(file, UploadFile) or not file.filename:
            raise bad_request(f"send multipart/form-data with one part named {FILE_PART!r}, a file")
        guessed = mimetypes.guess_type(file.filename)[0] or "application/octet-stream"
        row = {
            "attachment": attachment.id,
            "name": file.filename,
            "mime_type": file.content_type or guessed,
            "content": await file.read(),
        }
    with call.database.transaction():
        file_id = call.database.next_number("file id")
        call.database.insert("files", {**row, "id": file_id}, conflict="REPLACE")
    return envelope.updated(call)


@router.get("/attachments/{attachment_id}/file")
async def get_file(call: PlainCaller, attachment_id: int) -> Response:
    """Serve the file of an attachment."""
    call.require_node(attachment_id, "attachments")
    file = call.database.find("files", attachment=attachment_id)
    if file is None:
        raise not_found("file of the attachment", attachment_id)
    return Response(file["content"], media_type="application/octet-stream")


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
        attachment = _wanted_attachment(call, body)
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
    return call.require_node(node_id, kind)


def _wanted_attachment(call: Call, body: AssociationBody) -> int:
    if call.knobs.attachments_widget == "off":
        raise bad_request("the attachments widget is not switched on for this item type")
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
