"""What stands before the paths of a server, and the one form that its paths are brought into."""

from collections.abc import Callable

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def clean_context_path(context_path: str) -> str:
    """Return a context path with a slash at the start and none at the end."""
    bare = context_path.strip("/")
    return f"/{bare}" if bare else ""


class PathMiddleware:
    """Take the context path off, and bring every path into one form.

    Args:
        app: The application that is served.
        context_path: What stands before all paths; empty for nothing.
        plain: Brings a path into the form that is routed.
        outside: Makes the answer to a path outside of the context path, from what is wrong.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        context_path: str,
        plain: Callable[[str], str],
        outside: Callable[[str], ASGIApp],
    ) -> None:
        self._app = app
        self._context_path = context_path
        self._plain = plain
        self._outside = outside

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
            await self._outside(why)(scope, receive, send)
        else:
            await self._app({**scope, "path": self._plain(inside)}, receive, send)
