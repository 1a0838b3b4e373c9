"""Lists that show what was created only later, as a server with replicas does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults.acts import hide
from pytest_jama.sandbox.faults.effects import NO_EFFECT, Effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message

    from pytest_jama.sandbox.faults.effects import Arrival, Judge
    from pytest_jama.sandbox.faults.exchange import Exchange

_CREATED = 201


def judge_lists(lag_s: float, strikes: Callable[[Arrival], bool]) -> Judge:
    """Watch what is created, and leave it out of the lists that are struck.

    Args:
        lag_s: How long a list may lack it, in seconds.
        strikes: Tells whether a list that lacks something shall.
    """
    creations = _Creations()

    def judge(arrival: Arrival) -> Effect:
        if arrival.method == "POST":
            return creations.watch(arrival.path, arrival.at_s)
        ids = creations.ids_in(arrival.path, since_s=arrival.at_s - lag_s)
        return Effect(act=hide(ids)) if ids and strikes(arrival) else NO_EFFECT

    return judge


class _Creations:
    """What was created where, and when."""

    def __init__(self) -> None:
        self._made_s: dict[tuple[str, int], float] = {}

    def ids_in(self, path: str, *, since_s: float) -> frozenset[int]:
        """Return the IDs that were created in a list since then."""
        return frozenset(
            made_id
            for (collection, made_id), at_s in self._made_s.items()
            if collection == path and at_s > since_s
        )

    def watch(self, path: str, at_s: float) -> Effect:
        """Let a POST be served, and remember what it creates."""

        async def act(exchange: Exchange) -> None:
            chunks: list[bytes] = []
            is_created = False

            async def look(message: Message) -> None:
                nonlocal is_created
                if message["type"] == "http.response.start":
                    is_created = message["status"] == _CREATED
                elif is_created:
                    chunks.append(message.get("body", b""))
                    if not message.get("more_body", False):
                        self._remember(path, b"".join(chunks), at_s)
                await exchange.send(message)

            await exchange.serve(exchange.scope, exchange.receive, look)

        return Effect(act=act, lets_others_act=True)

    def _remember(self, path: str, body: bytes, at_s: float) -> None:
        """Note the collection that was posted to, and the one that `location` names."""
        location = json.loads(body)["meta"]["location"].partition("/rest/v1")[2]
        collection, _, made_id = location.rpartition("/")
        for name in (path, collection):
            self._made_s[name, int(made_id)] = at_s
