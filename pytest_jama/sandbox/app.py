"""The application: routes, error envelopes and the layers around them."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from pytest_jama.sandbox.errors import ApiError
from pytest_jama.sandbox.faults import Fault, FaultBox, filled_box
from pytest_jama.sandbox.faults.middleware import FaultMiddleware
from pytest_jama.sandbox.knobs import Knobs
from pytest_jama.sandbox.model import Credentials
from pytest_jama.sandbox.page import router as page_router
from pytest_jama.sandbox.paths import PathMiddleware, clean_context_path
from pytest_jama.sandbox.recorder import Record, RecordMiddleware
from pytest_jama.sandbox.routes import (
    abstract,
    attachments,
    comments,
    cycles,
    items,
    locks,
    plans,
    runs,
    system,
)
from pytest_jama.sandbox.store import Store
from pytest_jama.sandbox.web.answers import refused
from pytest_jama.sandbox.web.calls import Site
from pytest_jama.sandbox.web.incoming import refusal_of

REST = "/rest/v1"

_MODULES = (runs, cycles, plans, abstract, items, system, locks, attachments, comments)
"""What is asked for most stands first: the routes are tried in this order."""


def create_app(
    store: Store,
    *,
    knobs: Knobs | None = None,
    credentials: Credentials | None = None,
    context_path: str = "",
    faults: Sequence[Fault] | FaultBox = (),
    record: Record | None = None,
) -> FastAPI:
    """Build the application over a store.

    Args:
        store: The state; the caller closes it.
        knobs: How to behave where Jama's documentation is silent; nothing takes the defaults.
        credentials: What to accept.
        context_path: What stands before `/rest`, such as `/contour`.
        faults: What goes wrong on demand; needs the server of `Sandbox`.
        record: Where to write requests down.
    """
    clock, path = store.database.clock, clean_context_path(context_path)
    box = faults if isinstance(faults, FaultBox) else filled_box(*faults)
    site = Site(
        database=store.database,
        knobs=knobs or Knobs(),
        credentials=credentials or Credentials(),
        context_path=path,
    )
    app = FastAPI(
        title="Jama Connect sandbox",
        docs_url=None,  # the documentation pages of FastAPI load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(PathMiddleware, context_path=path, clock=clock),
            Middleware(RecordMiddleware, record=record or Record()),
            Middleware(FaultMiddleware, box=box, site=site),
        ],
        exception_handlers=_HANDLERS,
    )
    app.state.site = site
    for module in _MODULES:
        app.include_router(module.router, prefix=REST)
    app.include_router(system.open_router)
    app.include_router(page_router)
    app.state.operations = _operations()
    return app


def _operations() -> list[tuple[str, str]]:
    routes: list[Any] = [route for module in _MODULES for route in module.router.routes]
    return sorted((method, route.path) for route in routes for method in route.methods)


async def _refuse(request: Request, exc: Exception) -> JSONResponse:
    status, message, headers = _refusal(request, exc)
    return refused(status, message, request.app.state.site.database.clock, headers=headers)


def _refusal(request: Request, exc: Exception) -> tuple[int, str, dict[str, str]]:
    what = f"{request.method} {request.url.path}"
    if isinstance(exc, ApiError):
        headers = {"WWW-Authenticate": 'Basic realm="Jama"'} if exc.status == 401 else {}  # noqa: PLR2004 - HTTP's own number
        return exc.status, exc.message, headers
    if isinstance(exc, RequestValidationError):
        return 400, refusal_of(exc), {}
    if isinstance(exc, HTTPException):
        return exc.status_code, _HTTP_MESSAGES.get(exc.status_code, "{}").format(what), {}
    if isinstance(exc, OverflowError):
        return 404, f"{what} holds a number that is no ID", {}
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
    Exception: _refuse,
}
