"""A request in the hands of a fault: process it, answer it otherwise, or break the connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_jama.sandbox.connection import connection_of
from pytest_jama.sandbox.recorder import entry_of
from pytest_jama.sandbox.web.answers import refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Message, Receive, Scope, Send

    from pytest_jama.sandbox.connection import Connection
    from pytest_jama.sandbox.web.calls import Site

Serve = Callable[["Scope", "Receive", "Send"], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer.

    Attributes:
        headers: Names in lower case and values.
    """

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    def with_body(self, body: bytes) -> Answer:
        """Return the same answer with another body, and the length of that."""
        kept = [pair for pair in self.headers if pair[0] != b"content-length"]
        return replace(
            self, body=body, headers=[*kept, (b"content-length", str(len(body)).encode())]
        )


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request, and everything a fault can do with it.

    Attributes:
        serve: What processes the request if the fault lets it.
        site: The sandbox as its routes see it.
    """

    scope: Scope
    receive: Receive
    send: Send
    serve: Serve
    site: Site

    @property
    def connection(self) -> Connection:
        """The connection that the request came over."""
        return connection_of(self.scope)

    async def note_no_answer(self) -> None:
        """Write the request down as one that gets no answer."""
        await entry_of(self.scope).write(None)

    async def process(self) -> Answer:
        """Process the request and keep the answer back."""
        status, headers, chunks = 0, [], []

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                chunks.append(message.get("body", b""))

        await self.serve(self.scope, self.receive, keep)
        return Answer(status=status, headers=headers, body=b"".join(chunks))

    async def begin(self, answer: Answer) -> None:
        """Send status and headers."""
        await self.send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": list(answer.headers),
            }
        )

    async def write(self, body: bytes, *, is_last: bool) -> None:
        """Send some of the body."""
        await self.send({"type": "http.response.body", "body": body, "more_body": not is_last})

    async def answer(self, answer: Answer) -> None:
        """Send a whole answer."""
        await self.begin(answer)
        await self.write(answer.body, is_last=True)

    async def refuse(self, status: int, message: str, headers: Mapping[str, str]) -> None:
        """Refuse the request in Jama's envelope."""
        response = refused(status, message, self.site.database.clock, headers=headers)
        await response(self.scope, self.receive, self.send)
