"""What a fault is, the faults without chance, the faults in force, and where they meet requests.

A fault is a value whose judge sees every request arrive and says what happens to it.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pytest_jama.sandbox.faults.interception import Backend, InterceptedRequest
from pytest_jama.sandbox.recorder import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pytest_jama.sandbox.recorder import Entry


@dataclass(frozen=True, kw_only=True)
class IncomingRequest:
    """A request as a fault sees it.

    Attributes:
        path: Below the API, e.g. `/testruns/12`.
        query: As it was sent, without the question mark.
        at_s: Seconds since the epoch.
        is_for_token: Whether it asks for a token.
    """

    method: str
    path: str
    query: str = ""
    at_s: float
    is_for_token: bool = False


Act = Callable[["InterceptedRequest"], Awaitable[None]]
"""Handles a request in the server's place; may let the server process it."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a fault does to one request.

    Attributes:
        name: What the record calls it; empty if it is not to be noted.
        delay_s: Seconds to wait first.
        status: Status to answer with instead of serving; None serves the request.
        message: What the refusal says.
        headers: Further headers of the refusal.
        act: Handles the request where a refusal does not say it all.
        lets_others_act: Whether further faults may meet a request that has an `act`.
    """

    name: str = ""
    delay_s: float = 0.0
    status: int | None = None
    message: str = ""
    headers: Sequence[tuple[str, str]] = ()
    act: Act | None = None
    lets_others_act: bool = False

    @property
    def is_last(self) -> bool:
        """Whether no other fault can meet the request after this one."""
        return self.status is not None or (self.act is not None and not self.lets_others_act)


NO_EFFECT = Effect()

Judge = Callable[[IncomingRequest], Effect]


class Fault(Protocol):
    """A value that knows how to judge requests; its state lives in the judge."""

    def judge(self) -> Judge:
        """Return a judge that begins from the start."""
        ...


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Which requests a fault is about.

    Attributes:
        method: Only requests with this method, in any case.
        path: Only paths like this shell pattern, e.g. `/testruns/*`; `*` includes slashes.
    """

    method: str | None = None
    path: str | None = None

    def includes(self, arrival: IncomingRequest) -> bool:
        """Return whether a request is meant."""
        return (self.method is None or self.method.upper() == arrival.method) and (
            self.path is None or fnmatchcase(arrival.path, self.path)
        )


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Every request takes longer."""

    delay_s: float

    def judge(self) -> Judge:
        """Delay always by the same time."""
        effect = Effect(delay_s=self.delay_s)
        return lambda _: effect


@dataclass(frozen=True, kw_only=True)
class FailNext:
    """The next requests fail.

    Attributes:
        count: How many.
        status: Status of the refusals.
        method: Only requests with this method.
        path: Only paths like this shell pattern, e.g. `/testruns/*`.
        retry_after_s: Seconds for a `Retry-After` header.
    """

    count: int
    status: int
    method: str | None = None
    path: str | None = None
    retry_after_s: int | None = None

    def judge(self) -> Judge:
        """Count down."""
        left = iter(range(self.count))
        operation = Operation(method=self.method, path=self.path)
        wait = self.retry_after_s
        headers = () if wait is None else (("Retry-After", str(wait)),)
        effect = Effect(
            name="fail-next", status=self.status, message="failed on demand", headers=headers
        )
        return lambda arrival: (
            effect if operation.includes(arrival) and next(left, None) is not None else NO_EFFECT
        )


class ActiveFaults:
    """The faults in force; may be changed while the server runs."""

    def __init__(self, *faults: Fault) -> None:
        self._judges: dict[int, Judge] = {}
        self._numbers = itertools.count()
        self._played: Counter[str] = Counter()
        self._lock = threading.Lock()
        for fault in faults:
            self.add(fault)

    @property
    def is_empty(self) -> bool:
        """Whether no fault is in force."""
        return not self._judges

    @property
    def played(self) -> dict[str, int]:
        """How often each fault was played so far, by name."""
        with self._lock:
            return dict(self._played)

    def add(self, fault: Fault) -> int:
        """Put a fault in force and return the number to take it away with."""
        with self._lock:
            number = next(self._numbers)
            self._judges[number] = fault.judge()
        return number

    def remove(self, number: int) -> None:
        """Take one fault away; requests that it has met already are not affected."""
        with self._lock:
            self._judges.pop(number, None)

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._judges.clear()

    @contextmanager
    def during(self, *faults: Fault) -> Iterator[None]:
        """Keep faults in force inside a `with` block."""
        numbers = [self.add(fault) for fault in faults]
        try:
            yield
        finally:
            for number in numbers:
                self.remove(number)

    def effects(self, arrival: IncomingRequest) -> list[Effect]:
        """Ask the faults in order until one leaves nothing for the next; count what is played."""
        effects: list[Effect] = []
        with self._lock:
            for judge in self._judges.values():
                effects.append(judge(arrival))
                if effects[-1].is_last:
                    break
            self._played.update(effect.name for effect in effects if effect.name)
        return effects


class FaultMiddleware:
    """Let the faults in force act on every request to the API; without any, it costs nothing.

    It stands inside of the record, whose entries it fills in.
    """

    def __init__(self, app: ASGIApp, *, faults: ActiveFaults, backend: Backend) -> None:
        self._app = app
        self._faults = faults
        self._backend = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or let the faults that strike do something else."""
        is_api = scope["type"] == "http" and self._backend.paths.include(scope["path"])
        effects = self._effects(scope) if is_api and not self._faults.is_empty else []
        if not effects:
            await self._app(scope, receive, send)
            return
        entry = entry_of(scope)
        entry.faults = tuple(effect.name for effect in effects if effect.name)
        serve: ASGIApp = partial(_serve_and_note, self._app, entry)
        for effect in reversed(effects):
            serve = partial(self._meet, effect, serve)
        await serve(scope, await _read_ahead(receive), send)

    def _effects(self, scope: Scope) -> Sequence[Effect]:
        path = self._backend.paths.below(scope["path"])
        if not path:  # the list of the versions of the API
            return ()
        arrival = IncomingRequest(
            method=scope["method"],
            path=path,
            is_for_token=path == self._backend.paths.token,
            query=scope["query_string"].decode("latin-1"),
            at_s=self._backend.database.clock(),
        )
        effects = [effect for effect in self._faults.effects(arrival) if effect != NO_EFFECT]
        # What only watches stands nearest to the sandbox: it sees what no client gets to see.
        return sorted(effects, key=lambda effect: effect.lets_others_act)

    async def _meet(
        self, effect: Effect, serve: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        exchange = InterceptedRequest(
            scope=scope, receive=receive, send=send, serve=serve, backend=self._backend
        )
        if effect.delay_s and await exchange.connection.pause(effect.delay_s):
            return
        if effect.status is not None:
            await exchange.refuse(effect.status, effect.message, dict(effect.headers))
        elif effect.act is not None:
            await effect.act(exchange)
        else:
            await serve(scope, receive, send)


async def _serve_and_note(
    app: ASGIApp, entry: Entry, scope: Scope, receive: Receive, send: Send
) -> None:
    """Process the request, and note that it was, whatever becomes of the answer."""

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.served = message["status"]
        await send(message)

    await app(scope, receive, note)


async def _read_ahead(receive: Receive) -> Receive:
    """Read the whole body.

    A server that is slow processes what it has got, even if the client has given up by then.
    """
    messages: list[Message] = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    messages.reverse()

    async def read() -> Message:
        return messages.pop() if messages else await receive()

    return read
