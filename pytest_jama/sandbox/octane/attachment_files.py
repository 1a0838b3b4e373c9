"""Attachments: one file each, at a run, a step, a test or a work item.

Source: vendor's help on attachments: extensions, names, content that must fit the extension.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from pytest_jama.sandbox.octane.entity_routes import show_one
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.octane_site import octane_site_of, read_json

if TYPE_CHECKING:
    from starlette.requests import Request

OWNERS = ("owner_run", "owner_run_step", "owner_test", "owner_work_item")
EXTENSIONS = frozenset(
    [
        "png",
        "jpg",
        "jpeg",
        "bmp",
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "txt",
        "xml",
        "log",
        "zip",
        "mp4",
        "wmv",
        "avi",
        "gif",
        "csv",
    ]
)
_BEGINNINGS = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "bmp": (b"BM",),
    "gif": (b"GIF8",),
    "pdf": (b"%PDF",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "pptx": (b"PK\x03\x04",),
}
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
_STREAM = "application/octet-stream"


async def attach(request: Request) -> Response:
    """Answer `POST attachments`, as a form of two parts or as bare bytes."""
    site = octane_site_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        entity, content = await _from_form(request)
    elif kind == _STREAM:
        entity, content = _from_query(request), await request.body()
    else:
        raise OctaneRefusedError(
            415, f"Content-Type {kind!r} is neither multipart/form-data nor {_STREAM}"
        )
    _check(entity, content)
    collection = COLLECTIONS["attachments"]
    with site.store.database.transaction():
        made = site.writes.create(collection, entity)
        fields = {**made.fields, "size": len(content), "content_type": kind}
        site.store.tables.replace(made.pk, fields)
        site.store.database.insert("contents", {"attachment": made.pk, "content": content})
    shown = site.answers.shown([made], collection, {"name": {}})
    return JSONResponse(site.answers.envelope(shown, 1), status_code=201)


async def _from_form(request: Request) -> tuple[Json, bytes]:
    async with request.form() as form:
        if sorted(form.keys()) != ["content", "entity"]:
            raise OctaneRefusedError(400, "the form has the parts entity and content, each once")
        entity, content = form["entity"], form["content"]
        text = (await entity.read()).decode() if isinstance(entity, UploadFile) else entity
        raw = await content.read() if isinstance(content, UploadFile) else content.encode()
    return _object(text, "the part entity"), raw


def _from_query(request: Request) -> Json:
    entity: Json = {}
    for name, value in request.query_params.items():
        if name == "fields":
            continue
        entity[name] = _object(value, name) if name in OWNERS else value
    return entity


def _object(text: str, what: str) -> Json:
    try:
        value: Any = read_json(text)
    except (ValueError, RecursionError) as exc:
        raise OctaneRefusedError(400, f"{what} is not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise OctaneRefusedError(400, f"{what} is not a JSON object")
    return value


def _check(entity: Json, content: bytes) -> None:
    name = entity.get("name")
    if not isinstance(name, str) or not name or name.startswith(".") or _FORBIDDEN.search(name):
        raise OctaneRefusedError(
            400, f'{name!r} is not a name: none of / \\ : * ? " < > |, and no dot in front'
        )
    if sum(entity.get(owner) is not None for owner in OWNERS) != 1:
        raise OctaneRefusedError(400, f"an attachment has exactly one of {', '.join(OWNERS)}")
    extension = name.rpartition(".")[2].lower()
    if "." not in name or extension not in EXTENSIONS:
        raise OctaneRefusedError(
            400, f"files named {name!r} are not allowed", "platform.file_extension"
        )
    beginnings = _BEGINNINGS.get(extension)
    if beginnings is not None and not content.startswith(beginnings):
        raise OctaneRefusedError(400, f"the content of {name!r} does not fit its extension")


async def show_attachment(request: Request) -> Response:
    """Answer `GET attachments/{id}`: the bytes for whom accepts them, else the entity."""
    if _STREAM not in request.headers.get("accept", ""):
        return await show_one(request)
    site = octane_site_of(request)
    entity = site.store.tables.require("attachments", request.path_params["id"])
    row = site.store.database.find("contents", attachment=entity.pk)
    return Response(bytes(row["content"]) if row else b"", media_type=_STREAM)
