"""The application: paths as Jama accepts them, routes, error envelopes, the layers around."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pytest_jama.sandbox.context_paths import PathMiddleware
from pytest_jama.sandbox.database import Clock
from pytest_jama.sandbox.faults import ActiveFaults
from pytest_jama.sandbox.faults.base import FaultMiddleware
from pytest_jama.sandbox.faults.interception import Backend
from pytest_jama.sandbox.jama.calls import Site
from pytest_jama.sandbox.jama.envelope import refused
from pytest_jama.sandbox.jama.incoming import refusal_of
from pytest_jama.sandbox.jama.item_pages import router as item_page_router
from pytest_jama.sandbox.jama.model import ApiError
from pytest_jama.sandbox.jama.page import router as page_router
from pytest_jama.sandbox.jama.routes import (
    abstractitems,
    attachments,
    comments,
    items,
    picklists,
    relationships,
    system,
    tags,
    testcycles,
    testplans,
    versions,
)
from pytest_jama.sandbox.recorder import ApiPaths, Record, RecordMiddleware
from pytest_jama.sandbox.serving import connection_of

REST = "/rest/v1"
API_PATHS = ApiPaths(root="/rest", version=REST, token="/oauth/token")  # noqa: S106 - a path
_ASK_FOR_CREDENTIALS = {"WWW-Authenticate": 'Basic realm="Jama"'}

_MODULES = (
    testcycles,
    testplans,
    abstractitems,
    items,
    system,
    comments,
    attachments,
    picklists,
    relationships,
    tags,
    versions,
)


def create_app(site: Site, *, faults: ActiveFaults, record: Record) -> FastAPI:
    """Build the application; faults need the server of `Sandbox`."""
    app = FastAPI(
        title="Jama Connect sandbox",
        docs_url=None,  # the documentation pages of FastAPI load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        routes=list(_routes()),
        middleware=[
            Middleware(
                PathMiddleware,
                context_path=site.context_path,
                plain=plain_path,
                outside=lambda why: refused(404, why, site.database.clock),
            ),
            Middleware(RecordMiddleware, record=record, paths=API_PATHS),
            Middleware(HeldAnswerMiddleware, clock=site.database.clock),
            Middleware(FaultMiddleware, faults=faults, backend=_backend(site)),
        ],
        exception_handlers=_HANDLERS,
    )
    app.state.site = site
    app.state.api_routes = [route for module in _MODULES for route in module.router.routes]
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return the routes of every sandbox."""
    operations = [route for module in _MODULES for route in module.router.routes]
    pages = (*page_router.routes, *item_page_router.routes)
    return (OperationRoutes(operations), *system.open_router.routes, *pages)


class OperationRoutes(BaseRoute):
    """The operations of the API, by the collection that their paths begin with.

    There are about 160: to try one after the other would take longer than most operations.
    """

    def __init__(self, operations: Sequence[BaseRoute]) -> None:
        groups: dict[str, list[BaseRoute]] = {}
        for route in operations:
            if isinstance(route, Route):
                groups.setdefault(_collection_of(route.path), []).append(route)
        self._routers = {
            name: Router(group, redirect_slashes=False) for name, group in groups.items()
        }

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a path is one of the API; its routes see only what stands below."""
        path = scope["path"]
        is_ours = path.startswith(f"{REST}/") and _collection_of(path[len(REST) :]) in self._routers
        return (Match.FULL, {"root_path": REST}) if is_ours else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the operation that fits."""
        name = _collection_of(scope["path"].removeprefix(REST))
        await self._routers[name](scope, receive, send)


def _collection_of(path: str) -> str:
    return re.split(r"\W", path, maxsplit=2)[1]


def _backend(site: Site) -> Backend:
    """Say what faults have to know of this server."""
    database = site.database

    def refusal(status: int, message: str, headers: Mapping[str, str]) -> JSONResponse:
        return refused(status, message, database.clock, headers=headers)

    def expired(headers: Mapping[str, str]) -> JSONResponse:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            database.delete("tokens", token=value.strip())
        why = "the credentials have expired (fault 401); ask /rest/oauth/token for another token"
        return refusal(401, why, _ASK_FOR_CREDENTIALS)

    def locked(path: str) -> JSONResponse:
        why = f"{path} is locked by tess (fault locked)"
        return refusal(int(site.knobs.locked_write), why, {})

    return Backend(
        database=database,
        paths=API_PATHS,
        refusal=refusal,
        expired=expired,
        locked=locked,
        without=_without,
        emptied=_emptied,
        replaced=_replaced,
        shown=_shown,
        created=_created,
    )


def _decoded(body: bytes) -> dict[str, Any]:
    """Read an answer; the bytes of a file are none of the API's own form."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _rows(answer: dict[str, Any]) -> list[Any] | None:
    """Return the rows of a list; None for any other answer."""
    rows = answer.get("data")
    return rows if "meta" in answer and isinstance(rows, list) else None


def _without(body: bytes, ids: Collection[int]) -> bytes:
    page = _decoded(body)
    values = _rows(page)
    if values is None:
        return body
    kept = [value for value in values if value["id"] not in ids]
    info = page["meta"]["pageInfo"]
    info["totalResults"] -= len(values) - len(kept)
    info["resultCount"] = len(kept)
    return json.dumps({**page, "data": kept}).encode()


def _emptied(body: bytes) -> bytes:
    page = _decoded(body)
    if _rows(page) is None:
        return body
    page["meta"]["pageInfo"]["resultCount"] = 0
    return json.dumps({**page, "data": []}).encode()


def _replaced(body: bytes, objects: Mapping[int, object]) -> bytes:
    page = _decoded(body)
    values = _rows(page)
    if values is None:
        return body
    data = [objects.get(value["id"], value) for value in values]
    return json.dumps({**page, "data": data}).encode()


def _shown(body: bytes) -> tuple[int, object] | None:
    value = _decoded(body).get("data")
    return (value["id"], value) if isinstance(value, dict) and "id" in value else None


def _created(body: bytes) -> tuple[str, int]:
    location = json.loads(body)["meta"]["location"].partition(REST)[2]
    collection, _, made_id = location.rpartition("/")
    return collection, int(made_id)


async def _refuse(request: Request, exc: Exception) -> JSONResponse:
    status, message, headers = _refusal(request, exc)
    if isinstance(exc, ApiError) and exc.body is not None:
        return JSONResponse(exc.body, status_code=status, headers=headers)
    return refused(status, message, request.app.state.site.database.clock, headers=headers)


def _refusal(request: Request, exc: Exception) -> tuple[int, str, dict[str, str]]:
    what = f"{request.method} {request.url.path}"
    if isinstance(exc, ApiError):
        headers = _ASK_FOR_CREDENTIALS if exc.status == 401 else {}  # noqa: PLR2004 - HTTP's own number
        return exc.status, exc.message, headers
    if isinstance(exc, RequestValidationError):
        return 400, refusal_of(exc), {}
    if isinstance(exc, HTTPException):
        return exc.status_code, _HTTP_MESSAGES.get(exc.status_code, "{}").format(what), {}
    if isinstance(exc, OverflowError):
        return 404, f"{what} holds a number that is not an ID", {}
    if isinstance(exc, ClientDisconnect):  # nobody reads this, but the record has it
        return 400, f"{what} ended before its body was whole", {}
    return 500, f"{what} failed in the sandbox: {type(exc).__name__}: {exc}", {}


_HTTP_MESSAGES = {
    404: "there is nothing at {}; GET /rest/v1/ lists what the sandbox serves",
    405: "{} is not possible with this method",
}
_HANDLERS: dict[int | type[Exception], Any] = {
    ApiError: _refuse,
    RequestValidationError: _refuse,
    HTTPException: _refuse,
    OverflowError: _refuse,
    ClientDisconnect: _refuse,
    Exception: _refuse,
}


_LATEST = "/rest/latest"
"""Another name of v1. Source: Jama REST help; it still works and is announced for sunset."""


def plain_path(path: str) -> str:
    """Return the path in the one form that is routed.

    Source: Jama's own clients call `itemtypes/`, `users/`, and POST to `items/`.
    """
    if path == _LATEST or path.startswith(f"{_LATEST}/"):
        path = REST + path.removeprefix(_LATEST)
    bare = path.rstrip("/")
    return f"{bare}/" if bare in {"", REST} else bare


_LOOK_AGAIN_S = 0.02
"""How often a clock that tests move is looked at."""


class HeldAnswerMiddleware:
    """Keep an answer back until its time, as of a slow server; others are served meanwhile.

    It stands outside of the faults, one of which needs an application that never waits.
    """

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; what was created is there, also when the client has gone."""

        async def send_in_time(message: Message) -> None:
            answer_at_s = scope.get("state", {}).get("answer_at_s", 0.0)
            while (left_s := answer_at_s - self._clock()) > 0:
                if await connection_of(scope).pause(min(left_s, _LOOK_AGAIN_S)):
                    return
            await send(message)

        await self._app(scope, receive, send_in_time)
