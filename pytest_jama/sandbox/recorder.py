"""A record of the requests that came in, for tests that count them."""

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, kw_only=True)
class ApiPaths:
    """Where the API of a server is; everything else is pages for people.

    Attributes:
        root: What all its paths begin with.
        version: What the paths of the version that is served begin with, root included.
        token: Where tokens are issued, without root; None where there are no tokens.
    """

    root: str = ""
    version: str = ""
    token: str | None = None

    def include(self, path: str) -> bool:
        """Return whether a path belongs to the API."""
        return path.startswith(self.root)

    def below(self, path: str) -> str:
        """Return the path without version and root."""
        return path.removeprefix(self.version).removeprefix(self.root)


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """One request to the API, and the status it was answered with.

    Attributes:
        path: Without the version of the API, e.g. `/testruns/12`.
        query: Names and values in the order they were sent.
        status: What was answered; None if there was no answer.
        served: What the sandbox made of the request, whatever a fault made of the answer then;
            None if a fault kept the request from being processed.
        faults: The names of the faults that the request met, e.g. `drop-after`.
        body: The decoded JSON; None without a body or for anything else.
        authorization: Only the scheme, e.g. `Basic`; None without credentials.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int | None
    body: Any
    authorization: str | None
    served: int | None = None
    faults: tuple[str, ...] = ()


class Record:
    """The newest requests, up to `capacity`."""

    def __init__(self, *, capacity: int = 50_000) -> None:
        self._requests: deque[RecordedRequest] = deque(maxlen=capacity)
        self._lock = threading.Lock()

    def add(self, request: RecordedRequest) -> None:
        """Keep a request."""
        with self._lock:
            self._requests.append(request)

    def all(self) -> tuple[RecordedRequest, ...]:
        """Return the requests in the order in which they were answered."""
        with self._lock:
            return tuple(self._requests)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()


_ENTRY = "sandbox-entry"


class Entry:
    """A request under way; it is written down once.

    Attributes:
        faults: The names of the faults that it met.
        served: The status that it was processed with.
    """

    def __init__(self, record: Record, path: str, scope: Scope, receive: Receive) -> None:
        self._record = record
        self._path = path
        self._scope = scope
        self._receive = receive
        self._chunks: list[bytes] = []
        self._is_written = False
        self.faults: tuple[str, ...] = ()
        self.served: int | None = None

    async def read(self) -> Message:
        """Receive for the application, and keep what comes."""
        message = await self._receive()
        self._chunks.append(message.get("body", b""))
        return message

    async def write(self, status: int | None) -> None:
        """Write the request down with the status of its answer, unless that has been done."""
        if self._is_written:
            return
        self._is_written = True
        headers = {name: value.decode("latin-1") for name, value in self._scope["headers"]}
        if not self._chunks and headers.keys() & {b"content-length", b"transfer-encoding"}:
            while (await self.read()).get("more_body", False):  # a refusal may leave it unread
                pass
        query = self._scope["query_string"].decode("latin-1")
        authorization = headers.get(b"authorization")
        request = RecordedRequest(
            method=self._scope["method"],
            path=self._path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            status=status,
            served=self.served if self.faults else status,
            faults=self.faults,
            body=_json(b"".join(self._chunks), headers.get(b"content-type", "")),
            authorization=authorization.partition(" ")[0] if authorization else None,
        )
        self._record.add(request)


def entry_of(scope: Scope) -> Entry:
    """Return the entry of a request that is being recorded."""
    entry: Entry = scope[_ENTRY]
    return entry


class RecordMiddleware:
    """Write every request to the API down; the answer is sent after that."""

    def __init__(self, app: ASGIApp, *, record: Record, paths: ApiPaths) -> None:
        self._app = app
        self._record = record
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and note what was asked and the status of the answer."""
        if scope["type"] != "http" or not self._paths.include(scope["path"]):
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self._paths.version)
        entry = Entry(self._record, path, scope, receive)

        async def write(message: Message) -> None:
            if message["type"] == "http.response.start":
                await entry.write(message["status"])
            await send(message)

        await self._app({**scope, _ENTRY: entry}, entry.read, write)


def _json(raw: bytes, content_type: str) -> Any:
    if not content_type.startswith("application/json"):
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
