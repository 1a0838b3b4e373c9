"""The application: paths, who may use them, errors in the server's form, the layers around."""

from __future__ import annotations

import html
import json
import re
from functools import wraps
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pytest_jama.sandbox.context_paths import PathMiddleware
from pytest_jama.sandbox.faults.base import FaultMiddleware
from pytest_jama.sandbox.octane.attachment_files import attach, show_attachment
from pytest_jama.sandbox.octane.disturbed import OCTANE_PATHS, SIGN_IN, backend_of
from pytest_jama.sandbox.octane.entity_routes import (
    change_one,
    change_script,
    change_several,
    create_entities,
    list_entities,
    remove_one,
    remove_several,
    show_one,
    show_script,
)
from pytest_jama.sandbox.octane.octane_errors import (
    OctaneRefusedError,
    error_answer,
    error_body,
)
from pytest_jama.sandbox.octane.octane_site import SPACE, WORKSPACE, json_of, octane_site_of
from pytest_jama.sandbox.octane.result_routes import (
    push_results,
    put_build,
    show_schema,
    show_task,
)
from pytest_jama.sandbox.octane.workspace_page import PAGES
from pytest_jama.sandbox.recorder import Record, RecordMiddleware

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pytest_jama.sandbox.faults import ActiveFaults
    from pytest_jama.sandbox.octane.octane_site import Endpoint, OctaneSite

_PREVIEW = "ALM-OCTANE-TECH-PREVIEW"


def create_octane_app(site: OctaneSite, *, faults: ActiveFaults, record: Record) -> Starlette:
    """Build the application; faults need the server of `OctaneSandbox`."""
    app = Starlette(
        routes=[*_routes(), *PAGES],
        middleware=[
            Middleware(
                PathMiddleware,
                context_path=site.context_path,
                plain=lambda path: path.rstrip("/") or "/",
                outside=lambda why: error_answer(OctaneRefusedError(404, why)),
            ),
            Middleware(RecordMiddleware, record=record, paths=OCTANE_PATHS),
            Middleware(FaultMiddleware, faults=faults, backend=backend_of(site)),
        ],
        exception_handlers={
            OctaneRefusedError: _refuse,
            HTTPException: _refuse,
            ClientDisconnect: _refuse,
            Exception: _refuse,
        },
    )
    app.router.redirect_slashes = False
    app.state.site = site
    return app


_COLLECTION = r"(?P<collection>metadata/[a-z]+|[a-z_]+)"
_TABLE: tuple[tuple[str, Mapping[str, Endpoint]], ...] = (
    (r"test-results", {"POST": push_results}),
    (r"test-results/xsd", {"GET": show_schema}),
    (r"test-results/(?P<task>[^/]+)", {"GET": show_task}),
    (r"analytics/ci/builds", {"PUT": put_build}),
    (r"tests/(?P<id>[^/]+)/script", {"GET": show_script, "PUT": change_script}),
    (
        r"(?P<collection>attachments)",
        {"GET": list_entities, "POST": attach, "PUT": change_several, "DELETE": remove_several},
    ),
    (
        r"(?P<collection>attachments)/(?P<id>[^/]+)",
        {"GET": show_attachment, "PUT": change_one, "DELETE": remove_one},
    ),
    (
        _COLLECTION,
        {
            "GET": list_entities,
            "POST": create_entities,
            "PUT": change_several,
            "DELETE": remove_several,
        },
    ),
    (
        rf"{_COLLECTION}/(?P<id>[^/]+)",
        {"GET": show_one, "PUT": change_one, "DELETE": remove_one},
    ),
)
"""Paths below the workspace, with what they take; the first that fits counts."""

_FORMS = ("*/*", "application/*", "application/json")
_OTHER_FORMS: Mapping[str, tuple[str, ...]] = {
    "attachments": ("application/octet-stream",),
    "test-results": ("application/xml", "text/xml"),
}
"""What `Accept` may ask for; some resources have another form, too."""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _routes() -> list[Route]:
    return [
        Route(SIGN_IN, _sign_in, methods=["POST"]),
        Route("/authentication/sign_out", _sign_out, methods=["POST", "GET"]),
        Route("/admin/server/version", _guarded(_version), methods=["GET"]),
        Route("/api/shared_spaces", _guarded(_spaces), methods=["GET"]),
        Route("/api/shared_spaces/{space}/workspaces", _guarded(_workspaces), methods=["GET"]),
        Route(
            "/api/shared_spaces/{space}/workspaces/{workspace}/{rest:path}",
            _guarded(_workspace),
            methods=_METHODS,
        ),
    ]


def _guarded(endpoint: Endpoint) -> Endpoint:
    """Let in who has a token, and give a new one where it is due."""

    @wraps(endpoint)
    async def enter(request: Request) -> Response:
        door = octane_site_of(request).door
        token = door.admit(request)
        try:
            answer = await endpoint(request)
        except OctaneRefusedError as exc:
            answer = _refused(request, exc)
        door.renew(token, answer)
        return answer

    return enter


async def _sign_in(request: Request) -> Response:
    return octane_site_of(request).door.sign_in(await json_of(request), request.cookies)


async def _sign_out(request: Request) -> Response:
    return octane_site_of(request).door.sign_out(request.cookies)


async def _version(_: Request) -> Response:
    return JSONResponse(
        {
            "version": "25.1.4.30",
            "display_version": "25.1.4.30 (stand-in)",
            "build_date": "2025-01-15",
            "build_number": "30",
        }
    )


async def _spaces(request: Request) -> Response:
    return _named(request, "shared_space", SPACE, "Shared Space")


async def _workspaces(request: Request) -> Response:
    _check_space(request)
    return _named(request, "workspace", WORKSPACE, "Default Workspace")


def _named(request: Request, kind: str, number: int, name: str) -> Response:
    unknown = set(request.query_params) - {"fields", "limit", "offset"}
    if unknown:
        raise OctaneRefusedError(400, f"this list takes no parameter {min(unknown)!r}")
    asked = request.query_params.get("fields", "name").split(",")
    shown = {"type": kind, "id": str(number), **({"name": name} if "name" in asked else {})}
    page = [shown] if request.query_params.get("offset", "0") == "0" else []
    return JSONResponse(octane_site_of(request).answers.envelope(page, 1))


def _check_space(request: Request) -> None:
    if request.path_params["space"] != str(SPACE):
        raise OctaneRefusedError(404, f"there is no shared space {request.path_params['space']}")


async def _workspace(request: Request) -> Response:
    _check_space(request)
    if request.path_params["workspace"] != str(WORKSPACE):
        raise OctaneRefusedError(404, f"there is no workspace {request.path_params['workspace']}")
    rest = request.path_params["rest"]
    for pattern, endpoints in _TABLE:
        match = re.fullmatch(pattern, rest)
        if match is not None:
            request.path_params.update(match.groupdict())
            _check_rights(request, rest.partition("/")[0])
            return await _endpoint(request, endpoints)(request)
    raise OctaneRefusedError(404, f"there is no resource {rest}")


def _endpoint(request: Request, endpoints: Mapping[str, Endpoint]) -> Endpoint:
    if request.method not in endpoints:
        raise _wrong_method(request, endpoints)
    return endpoints[request.method]


def _wrong_method(request: Request, allowed: Collection[str]) -> OctaneRefusedError:
    words = f"{request.method} is not possible here; {', '.join(sorted(allowed))} is"
    return OctaneRefusedError(405, words, headers={"Allow": ", ".join(sorted(allowed))})


def _check_rights(request: Request, resource: str) -> None:
    knobs = octane_site_of(request).knobs
    if resource in knobs.forbidden_names.split(","):
        raise OctaneRefusedError(403, f"the role of this API key may not use {resource}")
    if resource in knobs.preview_names.split(",") and _PREVIEW not in request.headers:
        raise OctaneRefusedError(403, f"{resource} is not public: send the header {_PREVIEW}: true")
    accepted = request.headers.get("accept", "*/*")
    if not any(each in accepted for each in (*_FORMS, *_OTHER_FORMS.get(resource, ()))):
        raise OctaneRefusedError(406, f"Accept: {accepted[:80]} leaves no form for the answer")


async def _refuse(request: Request, exc: Exception) -> Response:
    return _refused(request, _refusal_of(request, exc))


def _refused(request: Request, refusal: OctaneRefusedError) -> JSONResponse:
    correlation_id = request.headers.get("x-correlation-id")
    if octane_site_of(request).knobs.error_look == "servlet":
        words = json.dumps(error_body(refusal, correlation_id=correlation_id))
        body = {"message": html.escape(words)}
        return JSONResponse(body, status_code=refusal.status, headers=dict(refusal.headers))
    return error_answer(refusal, correlation_id=correlation_id)


def _refusal_of(request: Request, exc: Exception) -> OctaneRefusedError:
    what = f"{request.method} {request.url.path}"
    if isinstance(exc, OctaneRefusedError):
        return exc
    if isinstance(exc, HTTPException):
        words = _HTTP_WORDS.get(exc.status_code, exc.detail)
        return OctaneRefusedError(exc.status_code, words.format(what), headers=exc.headers or {})
    if isinstance(exc, ClientDisconnect):  # no one reads this, but the record has it
        return OctaneRefusedError(400, f"{what} ended before its body was whole")
    return OctaneRefusedError(500, f"{what} failed in the sandbox: {type(exc).__name__}: {exc}")


_HTTP_WORDS = {
    404: "there is nothing at {}",
    405: "{} is not possible with this method",
}
