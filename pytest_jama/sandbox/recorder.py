"""A record of the requests that came in, for tests that count them."""

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """One request to the REST API, and the status it was answered with.

    Attributes:
        path: Without context path and `/rest/v1`, e.g. `/testruns/12`.
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
    """The newest requests.

    Args:
        capacity: How many requests are kept.
    """

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


_ENTRY = "jama-sandbox-entry"


class Entry:
    """A request under way; it is written down once.

    Args:
        record: Where to write to.
        scope: The request.
        receive: Where its body comes from.

    Attributes:
        faults: The names of the faults that it met.
        served: The status that it was processed with.
    """

    def __init__(self, record: Record, scope: Scope, receive: Receive) -> None:
        self._record = record
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
        await self._read_rest()
        self._record.add(
            _recorded(
                self._scope,
                b"".join(self._chunks),
                status=status,
                served=self.served if self.faults else status,
                faults=self.faults,
            )
        )

    async def _read_rest(self) -> None:
        """Read what the app left unread, as a refusal does before it looks at the body."""
        if self._chunks or not _has_body(self._scope):
            return
        while (await self.read()).get("more_body", False):
            pass


def entry_of(scope: Scope) -> Entry:
    """Return the entry of a request that is being recorded."""
    entry: Entry = scope[_ENTRY]
    return entry


class RecordMiddleware:
    """Write every REST request down; the answer is sent after that.

    Args:
        app: What is served.
        record: Where to write to.
    """

    def __init__(self, app: ASGIApp, *, record: Record) -> None:
        self._app = app
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and note what was asked and the status of the answer."""
        if scope["type"] != "http" or not scope["path"].startswith("/rest"):
            await self._app(scope, receive, send)
            return
        entry = Entry(self._record, scope, receive)

        async def write(message: Message) -> None:
            if message["type"] == "http.response.start":
                await entry.write(message["status"])
            await send(message)

        await self._app({**scope, _ENTRY: entry}, entry.read, write)


def _has_body(scope: Scope) -> bool:
    names = {name for name, _ in scope["headers"]}
    return bool(names & {b"content-length", b"transfer-encoding"})


def _recorded(
    scope: Scope, raw: bytes, *, status: int | None, served: int | None, faults: tuple[str, ...]
) -> RecordedRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    authorization = headers.get("authorization")
    return RecordedRequest(
        method=scope["method"],
        path=scope["path"].removeprefix("/rest/v1"),
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        status=status,
        served=served,
        faults=faults,
        body=_json(raw, headers.get("content-type", "")),
        authorization=authorization.partition(" ")[0] if authorization else None,
    )


def _json(raw: bytes, content_type: str) -> Any:
    if not content_type.startswith("application/json"):
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
