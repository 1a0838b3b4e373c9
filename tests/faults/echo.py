"""A server that repeats what it was sent, credentials and all, in each way to tell an error."""

from __future__ import annotations

import base64
import binascii
import html
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "t0ken/of+the=hour"

Answer = tuple[int, str, str]
"""Status, content type, body."""


def _envelope(status: int) -> Callable[[str], Answer]:
    return lambda said: (status, "application/json", json.dumps({"meta": {"message": said}}))


def _oauth_error(said: str) -> Answer:
    body = {"error": "invalid_client", "error_description": said}
    return 400, "application/json", json.dumps(body)


def _plain(status: int) -> Callable[[str], Answer]:
    return lambda said: (status, "text/plain", said)


def _page(status: int) -> Callable[[str], Answer]:
    return lambda said: (status, "text/html", f"<html><title>{html.escape(said)}</title></html>")


def _unfit_token(said: str) -> Answer:
    return 200, "application/json", json.dumps({"access_token": f"{TOKEN}\n{said}"})


AT_LOGIN = {
    "401": _envelope(401),
    "400 of OAuth": _oauth_error,
    "403 in plain text": _plain(403),
    "500": _envelope(500),
    "503 as a page": _page(503),
    "200 that is garbage": _plain(200),
    "200 without a token": lambda said: (200, "application/json", json.dumps({"said": said})),
    "200 with an unfit token": _unfit_token,
}
"""What may come back instead of a token."""

AFTERWARDS = {
    "401": _envelope(401),
    "400": _envelope(400),
    "403": _envelope(403),
    "404 as a page": _page(404),
    "423": _envelope(423),
    "429": _envelope(429),
    "500 in plain text": _plain(500),
    "502 as a page": _page(502),
    "200 that is garbage": _plain(200),
    "302": lambda said: (302, "text/plain", said),
    "599 with a phrase": _plain(599),
}
"""What may come back once one is logged in."""


@contextmanager
def echoing(
    *,
    login: Callable[[str], Answer] | None = None,
    afterwards: Callable[[str], Answer] | None = None,
) -> Iterator[str]:
    """Serve inside a ``with`` block; yields the URL.

    Args:
        login: Answers requests for a token; None gives one.
        afterwards: Answers everything else.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            header = self.headers.get("Authorization", "")
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length).decode("utf-8", "replace")
            said = f"you sent {header} ({_decoded(header)}) {quote(_decoded(header))} and {sent}"
            if "/oauth/" in self.path and login is None:
                body = {"access_token": TOKEN, "expires_in": 3600}
                status, kind, text = 200, "application/json", json.dumps(body)
            else:
                answer = login if "/oauth/" in self.path else afterwards
                status, kind, text = (answer or _plain(500))(said)
            raw = text.encode()
            self.send_response(status, said.encode("ascii", "replace").decode()[:200])
            self.send_header("Location", f"https://{quote(said, safe='')}@example.invalid/")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_PATCH = do_GET  # noqa: N815 - their names

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _decoded(header: str) -> str:
    try:
        return base64.b64decode(header.partition(" ")[2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "no pair"


def forms_of(name: str, secret: str) -> set[str]:
    """Return the ways in which a secret may show up; its parts too, where it is long."""
    pair = f"{name}:{secret}"
    return {
        secret,
        secret[:10],
        secret[-8:],
        secret.encode().decode("latin-1"),
        html.escape(secret),
        quote(secret, safe=""),
        quote(secret),
        quote(secret, safe="").replace("%", "\\x"),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(pair.encode()).decode(),
        TOKEN,
        quote(TOKEN, safe=""),
        TOKEN[:10],
    }
