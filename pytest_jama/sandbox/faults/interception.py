"""A request that a fault may process, answer otherwise, or whose connection it may break."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_jama.sandbox.recorder import entry_of
from pytest_jama.sandbox.serving import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pytest_jama.sandbox.database import Database
    from pytest_jama.sandbox.recorder import ApiPaths
    from pytest_jama.sandbox.serving import ServedConnection


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer; the names of the headers are in lower case."""

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
class Backend:
    """What faults have to know of the server that they disturb.

    Attributes:
        paths: Where its API is.
        refusal: Makes a refusal in the API's own form from status, message and headers.
        expired: Makes the credentials among the headers of a request invalid if it can, and the
            refusal of them.
        locked: Makes the refusal to write the locked object at a path.
        without: Takes objects out of the body of a list.
        emptied: Takes all of them out, and leaves the total as it is.
        replaced: Puts others with the same IDs in the place of objects in the body of a list.
        shown: Reads ID and content of the object in a body; None where there is none.
        created: Reads collection and ID of the new object from the body of a 201.
    """

    database: Database
    paths: ApiPaths
    refusal: Callable[[int, str, Mapping[str, str]], ASGIApp]
    expired: Callable[[Mapping[str, str]], ASGIApp]
    locked: Callable[[str], ASGIApp]
    without: Callable[[bytes, Collection[int]], bytes]
    emptied: Callable[[bytes], bytes]
    replaced: Callable[[bytes, Mapping[int, object]], bytes]
    shown: Callable[[bytes], tuple[int, object] | None]
    created: Callable[[bytes], tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class InterceptedRequest:
    """One request, and everything a fault can do with it.

    Attributes:
        serve: What processes the request if the fault lets it.
        backend: The server that is disturbed.
    """

    scope: Scope
    receive: Receive
    send: Send
    serve: ASGIApp
    backend: Backend

    @property
    def connection(self) -> ServedConnection:
        """The connection that the request came over."""
        return connection_of(self.scope)

    async def note_no_answer(self) -> None:
        """Write the request down as one that gets no answer."""
        await entry_of(self.scope).write(None)

    async def process(self) -> Answer:
        """Process the request and keep the answer back."""
        return await self._answer_to(self.scope, self.receive)

    async def look(self) -> Answer:
        """Read what stands at the path now, as a GET in place of the request would."""

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        return await self._answer_to({**self.scope, "method": "GET"}, nothing)

    async def _answer_to(self, scope: Scope, receive: Receive) -> Answer:
        status, headers, chunks = 0, [], []

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                chunks.append(message.get("body", b""))

        await self.serve(scope, receive, keep)
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
        """Refuse the request in the API's own form."""
        await self.answer_with(self.backend.refusal(status, message, headers))

    async def answer_with(self, response: ASGIApp) -> None:
        """Send an answer of the API's own."""
        await response(self.scope, self.receive, self.send)
