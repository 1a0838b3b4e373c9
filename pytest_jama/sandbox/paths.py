"""Paths as servers of Jama accept them: with a context path, with a slash at the end."""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_jama.sandbox.state.database import Clock
from pytest_jama.sandbox.web.answers import refused

_VERSIONS = ("/rest/latest",)
"""Other names of v1. Source: Jama REST help; `latest` still works and is announced for sunset."""


def clean_context_path(context_path: str) -> str:
    """Return a context path with a slash before it and none behind it."""
    bare = context_path.strip("/")
    return f"/{bare}" if bare else ""


def plain_path(path: str) -> str:
    """Return the path in the one form that is routed.

    Source: Jama's own clients call `itemtypes/`, `users/`, and POST to `items/`.
    """
    for version in _VERSIONS:
        if path == version or path.startswith(f"{version}/"):
            path = "/rest/v1" + path.removeprefix(version)
    is_root = path in {"/", "/rest/v1", "/rest/v1/"}
    bare = path if is_root else path.rstrip("/")
    return "/rest/v1/" if bare == "/rest/v1" else bare


class PathMiddleware:
    """Take the context path off, and bring every path into one form.

    Args:
        app: What is served.
        context_path: Such as `/contour`; empty for none.
        clock: Seconds since the epoch.
    """

    def __init__(self, app: ASGIApp, *, context_path: str, clock: Clock) -> None:
        self._app = app
        self._context_path = context_path
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve paths below the context path, and nothing else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        inside = path.removeprefix(self._context_path) or "/"
        if self._context_path and path == "/":
            answer = RedirectResponse(f"{self._context_path}/")
            await answer(scope, receive, send)
        elif not path.startswith(self._context_path) or not inside.startswith("/"):
            why = f"{path} is outside of the context path {self._context_path}"
            await refused(404, why, self._clock)(scope, receive, send)
        else:
            await self._app({**scope, "path": plain_path(inside)}, receive, send)
