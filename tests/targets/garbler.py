"""A fault that puts any JSON value in any place of good answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest

Path = tuple[str | int, ...]
DELETED = object()


@dataclass(frozen=True)
class Garble:
    """One way to garble answers.

    Attributes:
        which: Which answer is the first one, counted from 0; later ones of its path are garbled,
            too, as often as told.
        times: How many answers.
        place: Which place of the answer's JSON, counted in its order, around and around.
        name: Only places with this name, where there are any; empty for all.
        value: What stands there then; `DELETED` for nothing.
    """

    which: int
    times: int
    place: int
    name: str
    value: Any

    def judge(self) -> Judge:
        """Begin anew."""
        number, left = -1, self.times
        first: tuple[str, str] | None = None

        def judge(arrival: IncomingRequest) -> Effect:
            nonlocal number, left, first
            if arrival.is_for_token:
                return NO_EFFECT
            number += 1
            operation = arrival.method, arrival.path
            if number == self.which:
                first = operation
            if operation != first or not left:
                return NO_EFFECT
            left -= 1
            return Effect(name="garbled", act=self._garble)

        return judge

    async def _garble(self, exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        if not answer.body.startswith(b"{"):
            await exchange.answer(answer)
            return
        places = list(places_of(json.loads(answer.body)))
        named = [place for place in places if place[-1:] == (self.name,)]
        places = named or places
        value = put(json.loads(answer.body), places[self.place % len(places)], self.value)
        body = json.dumps(value).encode()
        await exchange.answer(answer.with_body(body))


def places_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the way to every value inside, the value itself first."""
    yield path
    inside = value.items() if isinstance(value, dict) else ()
    for name, each in enumerate(value) if isinstance(value, list) else inside:
        yield from places_of(each, (*path, name))


def put(value: Any, path: Path, new: Any) -> Any:
    """Return a value with another one in a place."""
    if not path:
        return {} if new is DELETED else new
    inside = value
    for name in path[:-1]:
        inside = inside[name]
    if new is DELETED:
        del inside[path[-1]]
    else:
        inside[path[-1]] = new
    return value
