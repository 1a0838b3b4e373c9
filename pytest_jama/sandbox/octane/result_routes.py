"""The addresses of results: pushing them, asking for tasks, the schema."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError
from pytest_jama.sandbox.octane.octane_site import object_of, octane_site_of
from pytest_jama.sandbox.octane.reported_builds import report_build
from pytest_jama.sandbox.octane.result_schema import write_schema
from pytest_jama.sandbox.octane.result_tasks import Push

if TYPE_CHECKING:
    from starlette.requests import Request

    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs

_XML = ("application/xml", "text/xml")
_LONGEST_DOCUMENT_BYTES = 1 << 30
_PACKED = {
    "both": ("gzip", "application/gzip"),
    "gzip": ("gzip",),
    "application_gzip": ("application/gzip",),
    "400": (),
    "415": (),
}


async def push_results(request: Request) -> Response:
    """Take a document, `POST test-results?skip-errors=`."""
    site = octane_site_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _XML:
        raise OctaneRefusedError(415, f"Content-Type {kind!r} is not application/xml")
    unknown = [name for name in request.query_params if name != "skip-errors"]
    flag = request.query_params.get("skip-errors", "false")
    if unknown or flag not in ("true", "false"):
        raise OctaneRefusedError(400, "test-results takes skip-errors=true or skip-errors=false")
    packed = await request.body()
    raw = _unpacked(packed, request.headers.get("content-encoding", ""), site.knobs)
    limit = site.knobs.document_limit_bytes
    if limit and len(raw) > limit:
        raise OctaneRefusedError(413, f"the document has {len(raw)} bytes, more than {limit}")
    answer = site.queue.push(Push(packed=packed, raw=raw, skip_errors=flag == "true"))
    return JSONResponse(answer, status_code=202)


def _unpacked(body: bytes, encoding: str, knobs: OctaneKnobs) -> bytes:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in _PACKED[knobs.gzip]:
        status = 400 if knobs.gzip == "400" else 415
        raise OctaneRefusedError(status, f"Content-Encoding {encoding!r} is not taken")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        raw = unpacker.decompress(body, _LONGEST_DOCUMENT_BYTES)
    except zlib.error as exc:
        raise OctaneRefusedError(400, f"the body is not gzip: {exc}") from exc
    if not unpacker.eof or unpacker.unused_data:
        raise OctaneRefusedError(400, "the body is not one whole gzip stream")
    return raw


async def show_task(request: Request) -> Response:
    """Say what became of a push, `GET test-results/{id}`."""
    text = request.path_params["task"]
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise OctaneRefusedError(404, f"QueueItem id={text} does not exist", "testbox.not_found")
    return JSONResponse(octane_site_of(request).queue.status(int(text)))


async def show_schema(request: Request) -> Response:
    """Show what a document may hold, `GET test-results/xsd`."""
    schema = write_schema(octane_site_of(request).knobs.document_schema)
    return Response(schema, media_type="application/xml")


async def put_build(request: Request) -> Response:
    """Take word of a build, `PUT analytics/ci/builds`."""
    site = octane_site_of(request)
    body = await object_of(request)
    with site.store.database.transaction():
        report_build(site.store.tables, site.knobs, body)
    return JSONResponse({}, status_code=200)
