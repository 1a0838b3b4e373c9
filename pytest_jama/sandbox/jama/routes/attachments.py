"""Attachments: create in a project, upload the file, attach to an item, plan or run."""

import mimetypes
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile

from pytest_jama.sandbox.jama import annotations, envelope
from pytest_jama.sandbox.jama.accounts import get_item_type
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller
from pytest_jama.sandbox.jama.incoming import Body, FieldsBody, IncludeQuery, PageQuery
from pytest_jama.sandbox.jama.nodes import NewNode, add_node, find_node, of_kind
from pytest_jama.sandbox.jama.refusals import bad_request, not_found
from pytest_jama.sandbox.jama.rules import Edit, edited_fields

router = APIRouter()

FILE_PART = "file"
"""Source: three clients of Jama's own: one part of this name, with a filename."""


class AssociationBody(Body):
    """What is attached; the sources name the field in two ways."""

    attachment: int | None = None
    attachment_item_id: int | None = None


@router.post("/projects/{project_id}/attachments")
async def post_attachment(call: PlainCaller, project_id: int) -> JSONResponse:
    """Create an attachment, still without a file."""
    body = await call.body(FieldsBody)
    project = call.require_project(project_id)
    kind = get_item_type(call.database, "ATT")
    fields = edited_fields({}, Edit(set=body.fields), item_type=kind, knobs=call.knobs)
    indexed_at = call.database.clock() + call.knobs.search_lag_s
    new = NewNode(
        project=project, item_type=kind, fields=fields, user=call.user, indexed_at=indexed_at
    )
    attachment_id = add_node(call.database, new)
    return envelope.created(call, f"attachments/{attachment_id}", attachment_id)


@router.get("/attachments/{attachment_id}")
async def get_attachment(call: Caller, attachment_id: int, query: IncludeQuery) -> JSONResponse:
    """Show an attachment, not its file."""
    node = call.require_node(attachment_id, "attachments")
    return envelope.single_node(call, node, query)


@router.put("/attachments/{attachment_id}/file")
async def put_file(call: PlainCaller, attachment_id: int) -> JSONResponse:
    """Store the file of an attachment."""
    attachment = call.require_node(attachment_id, "attachments")
    call.require_writable(attachment)
    async with call.request.form() as parts:
        file = parts.get(FILE_PART)
        if not isinstance(file, UploadFile) or not file.filename:
            raise bad_request(f"send multipart/form-data with one part named {FILE_PART!r}, a file")
        await _store(call, attachment.id, file.filename, file)
    return envelope.updated(call)


async def _store(call: Call, attachment_id: int, name: str, file: UploadFile) -> None:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    annotations.store_file(
        call.database,
        attachment_id,
        name=name,
        mime_type=file.content_type or guessed,
        content=await file.read(),
    )


@router.get("/attachments/{attachment_id}/file")
async def get_file(call: PlainCaller, attachment_id: int) -> Response:
    """Serve the file of an attachment."""
    call.require_node(attachment_id, "attachments")
    file = annotations.find_file(call.database, attachment_id)
    if file is None:
        raise not_found("file of the attachment", attachment_id)
    return Response(file.content, media_type="application/octet-stream")


def _add_routes(kind: str) -> None:
    """Serve the attachments of one kind; the three differ only in the path."""

    @router.get(f"/{kind}/{{node_id}}/attachments")
    async def list_attached(call: Caller, node_id: int, query: PageQuery) -> JSONResponse:
        node_id = _require_holder(call, node_id, kind)
        selection = of_kind("attachments").where(
            "n.id IN (SELECT attachment FROM attached WHERE item = ?)", node_id
        )
        return envelope.node_page(call, selection, query)

    @router.post(f"/{kind}/{{node_id}}/attachments")
    async def attach(call: PlainCaller, node_id: int) -> JSONResponse:
        body = await call.body(AssociationBody)
        holder = call.require_node(_require_holder(call, node_id, kind))
        call.require_writable(holder)
        attachment = _wanted_attachment(call, body)
        if not annotations.attach(call.database, holder.id, attachment):
            raise bad_request(
                f"the attachment {attachment} already exists on {holder.document_key}"
            )
        location = f"{kind}/{node_id}/attachments/{attachment}"
        return envelope.created(call, location, attachment)

    @router.delete(f"/{kind}/{{node_id}}/attachments/{{attachment_id}}")
    async def detach(call: PlainCaller, node_id: int, attachment_id: int) -> Response:
        holder = call.require_node(_require_holder(call, node_id, kind))
        call.require_writable(holder)
        if not annotations.detach(call.database, holder.id, attachment_id):
            raise not_found(f"attachment of {holder.document_key}", attachment_id)
        return envelope.deleted(call)


def _require_holder(call: Call, node_id: int, kind: str) -> int:
    """Check that something can be attached here.

    Source: the cookbook's table says `/items/{id}/attachments` works for plans and runs too;
    users report 404 for runs.
    """
    tolerant = kind == "items" and call.knobs.run_as_item_attachments == "allow"
    kinds = ("items", "testplans", "testruns") if tolerant else (kind,)
    return call.require_node(node_id, *kinds).id


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
    _add_routes(_kind)
