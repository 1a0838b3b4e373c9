"""A server that replaces its token in every answer, and takes no older one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.targets.octane.octane_scripts import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator


class RollingServer(ThreadingHTTPServer):
    """Counts how often it is signed in to, and what it lets through."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.number = self.answered = self.signed_in = 0

    def next_token(self, cookie: str | None, *, is_door: bool) -> str | None:
        """Return the token that follows; None for who comes with an older one."""
        with self.lock:
            if not is_door and cookie != f"{TOKEN}=token-{self.number}":
                return None
            self.signed_in += is_door
            self.answered += not is_door
            self.number += 1
            return f"token-{self.number}"


class _Handler(BaseHTTPRequestHandler):
    server: RollingServer
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_door = self.path.endswith("/sign_in")
        token = self.server.next_token(self.headers.get("Cookie"), is_door=is_door)
        body = b"{}"
        self.send_response(200 if token else 401)
        if token:
            self.send_header("Set-Cookie", f"{TOKEN}={token}; Path=/odd; Domain=other.example")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - named by the library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the library
        """Keep the output clean."""


@contextmanager
def rolling_server() -> Iterator[RollingServer]:
    server = RollingServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
