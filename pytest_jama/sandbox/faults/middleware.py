"""Where faults meet requests."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults.effects import NO_EFFECT, Arrival
from pytest_jama.sandbox.faults.exchange import Exchange
from pytest_jama.sandbox.recorder import entry_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pytest_jama.sandbox.faults.box import FaultBox
    from pytest_jama.sandbox.faults.effects import Effect
    from pytest_jama.sandbox.faults.exchange import Serve
    from pytest_jama.sandbox.recorder import Entry
    from pytest_jama.sandbox.web.calls import Site


class FaultMiddleware:
    """Let the faults in force act on every REST request; without any, cost nothing.

    It stands inside of the record, whose entries it fills in.

    Args:
        app: What is served when no fault refuses.
        box: The faults.
        site: The sandbox as its routes see it.
    """

    def __init__(self, app: ASGIApp, *, box: FaultBox, site: Site) -> None:
        self._app = app
        self._box = box
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or let the faults that strike do something else."""
        is_rest = scope["type"] == "http" and scope["path"].startswith("/rest/")
        effects = self._effects(scope) if is_rest and not self._box.is_empty else []
        if not effects:
            await self._app(scope, receive, send)
            return
        entry = entry_of(scope)
        entry.faults = tuple(effect.name for effect in effects if effect.name)
        serve: Serve = partial(_serve_and_note, self._app, entry)
        for effect in reversed(effects):
            serve = partial(self._meet, effect, serve)
        await serve(scope, await _read_ahead(receive), send)

    def _effects(self, scope: Scope) -> Sequence[Effect]:
        arrival = Arrival(
            method=scope["method"],
            path=scope["path"].removeprefix("/rest/v1").removeprefix("/rest"),
            query=scope["query_string"].decode("latin-1"),
            at_s=self._site.database.clock(),
        )
        effects = [effect for effect in self._box.effects(arrival) if effect != NO_EFFECT]
        # What only watches stands nearest to the sandbox: it sees what no client gets to see.
        return sorted(effects, key=lambda effect: effect.lets_others_act)

    async def _meet(
        self, effect: Effect, serve: Serve, scope: Scope, receive: Receive, send: Send
    ) -> None:
        exchange = Exchange(scope=scope, receive=receive, send=send, serve=serve, site=self._site)
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
    """Take the whole body in.

    A server that is slow processes what it has got, even if the client has given up by then.
    """
    messages: list[Message] = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    messages.reverse()

    async def read() -> Message:
        return messages.pop() if messages else await receive()

    return read
