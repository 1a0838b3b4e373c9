"""The envelope of every answer.

Source: Jama REST cookbook samples: `meta.status` is the reason phrase, the timestamp has real
milliseconds and `+0000`, `pageInfo` stands on lists only, unset parts are left out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse, Response

from pytest_jama.sandbox.state.database import Clock
from pytest_jama.sandbox.state.selection import Window
from pytest_jama.sandbox.web.calls import Call
from pytest_jama.sandbox.web.links import linked_objects, links_of

Json = dict[str, Any]


def envelope(status: int, clock: Clock, **more: Any) -> Json:
    """Build the `meta` of an answer."""
    moment = datetime.fromtimestamp(clock(), tz=timezone.utc)
    timestamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"
    return {"status": HTTPStatus(status).phrase, "timestamp": timestamp, **more}


def single(call: Call, value: Json, *, include: Sequence[str] = ()) -> JSONResponse:
    """Answer with one object."""
    return JSONResponse(
        {
            "meta": envelope(200, call.database.clock),
            "links": links_of(call, [value]),
            **linked_objects(call, [value], include),
            "data": value,
        }
    )


def page(
    call: Call,
    values: Sequence[Json],
    *,
    total: int,
    window: Window,
    include: Sequence[str] = (),
) -> JSONResponse:
    """Answer with one page of a list."""
    info = {"startIndex": window.start, "resultCount": len(values), "totalResults": total}
    return JSONResponse(
        {
            "meta": envelope(200, call.database.clock, pageInfo=info),
            "links": links_of(call, values),
            **linked_objects(call, values, include),
            "data": list(values),
        }
    )


def cut(
    call: Call, values: Sequence[Json], window: Window, *, include: Sequence[str] = ()
) -> JSONResponse:
    """Answer with one page of a list that is at hand as a whole."""
    shown = values[window.start : window.start + window.size]
    return page(call, shown, total=len(values), window=window, include=include)


def created(call: Call, location: str, new_id: int) -> JSONResponse:
    """Answer a POST; `location` is relative to the API."""
    more: dict[str, object] = {"location": f"{call.api_url}/{location}"}
    if call.knobs.created_id == "yes":
        more["id"] = new_id
    return JSONResponse({"meta": envelope(201, call.database.clock, **more)}, status_code=201)


def updated(call: Call) -> JSONResponse:
    """Answer a PUT or PATCH."""
    return JSONResponse({"meta": envelope(200, call.database.clock)})


def deleted(call: Call) -> Response:
    """Answer a DELETE."""
    if call.knobs.delete_status == "204":
        return Response(status_code=204)
    return updated(call)


def refused(
    status: int, message: str, clock: Clock, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Answer a request that is refused."""
    meta = envelope(status, clock, message=message)
    return JSONResponse({"meta": meta}, status_code=status, headers=headers)
