"""A server on loopback that says what a script tells it to, and time that takes none."""

from __future__ import annotations

import contextlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.http.give_up import Clocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    hangs: bool = False
    drips: bytes = b""
    reason: str | None = None


def said(status: int, data: Any = None, /, *, message: str = "", **headers: str) -> Reply:
    """Answer as Jama does; underscores in the names of headers stand for hyphens."""
    meta = {"status": "x", **({"message": message} if message else {})}
    body = json.dumps({"meta": meta, **({"data": data} if data is not None else {})})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body.encode(), {"Content-Type": "application/json", **named})


def gives(status: int, body: Any, **headers: str) -> Reply:
    """Answer with any JSON; underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **named})


def created(new_id: int) -> Reply:
    return Reply(201, json.dumps({"meta": {"status": "Created", "id": new_id}}).encode())


def token(value: str = "t0ken", **others: Any) -> Reply:
    answer = {"access_token": value, "token_type": "bearer", "expires_in": 3600, **others}
    return Reply(200, json.dumps(answer).encode())


DROP = Reply(drops=True)
HANG = Reply(hangs=True)
DRIP = Reply(drips=b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
DRIPPING_HEADERS = Reply(drips=b"HTTP/1.1 200 OK\r\nX-Slow: ")
DRIPPING_WITHOUT_LENGTH = Reply(drips=b"HTTP/1.1 200 OK\r\n\r\n{}")
TRUNCATED = Reply(200, b'{"meta":{"sta', {"Content-Length": "2000"})
WEB_PAGE = Reply(200, b"<html><title>Sign in</title></html>", {"Content-Type": "text/html"})


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int = 0


class ScriptedServer(ThreadingHTTPServer):
    """Gives the replies in their order; the last one for ever."""

    daemon_threads = True

    def __init__(self, replies: Iterable[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.seen: list[Seen] = []
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.at_once = self.most_at_once = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def next_reply(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def lines(self) -> list[str]:
        return [f"{seen.method} {seen.path}" for seen in self.seen]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: clients that give up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"
    timeout = 5
    disable_nagle_algorithm = True  # head and body are sent apart; it would hold the body back

    def _answer(self) -> None:
        with self.server.lock:
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.at_once, self.server.most_at_once)
        try:
            self._reply()
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    def _reply(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        seen = Seen(
            self.command,
            self.path,
            dict(self.headers),
            self.rfile.read(size),
            self.client_address[1],
        )
        reply = self.server.next_reply(seen)
        if reply.hangs:
            self.server.ended.wait(5)
        if reply.hangs or reply.drops:
            self.close_connection = True
            return
        if reply.drips:
            self._drip(reply.drips)
            return
        self.send_response(reply.status, reply.reason)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = self.close_connection or "Content-Length" in reply.headers

    def _drip(self, beginning: bytes) -> None:
        """Send something now and then until the client has gone."""
        self.wfile.write(beginning)
        with contextlib.suppress(OSError):
            while not self.server.ended.wait(0.05):
                self.wfile.write(b" ")
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - named by the library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the library
        """Keep the output clean."""


@contextmanager
def serve(*replies: Reply) -> Iterator[ScriptedServer]:
    server = ScriptedServer(replies)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class FakeTime:
    """Time that passes when a caller sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clocks(self) -> Clocks:
        return Clocks(monotonic=self.clock, wall=lambda: 1_700_000_000.0, sleep=self.sleep)
