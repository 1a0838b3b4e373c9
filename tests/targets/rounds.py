"""Faults that tell which requests are under way at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults import NO_EFFECT, Effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.faults import IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest

_LONG_S, _SHORT_S = 5.0, 0.003


@dataclass
class Meeting:
    """Answers certain requests only when so many of them are there.

    Attributes:
        count: How many have to come; who waits for long in vain is refused.
        paths: Which requests.
        after: How many of them are answered at once before.
    """

    count: int
    paths: tuple[str, ...]
    after: int = 0

    def judge(self) -> Judge:
        waiting: list[InterceptedRequest] = []
        passing = iter(range(self.after))
        all_there = asyncio.Event()

        async def act(exchange: InterceptedRequest) -> None:
            waiting.append(exchange)
            if len(waiting) == self.count:
                all_there.set()
            try:
                await asyncio.wait_for(all_there.wait(), _LONG_S)
            except asyncio.TimeoutError:
                await exchange.refuse(400, f"{len(waiting)} of {self.count} came", {})
                return
            await exchange.serve(exchange.scope, exchange.receive, exchange.send)

        effect = Effect(act=act)

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.path not in self.paths or next(passing, None) is not None:
                return NO_EFFECT
            return effect

        return judge


@dataclass
class Crowd:
    """Counts how many requests are under way at the same time.

    Attributes:
        expected: So many PATCHes are waited for before the first of them is answered.
        most_at_once: The largest number so far.
    """

    expected: int
    most_at_once: int = field(default=0, init=False)

    def judge(self) -> Judge:
        at_once = 0
        all_there = asyncio.Event()

        async def act(exchange: InterceptedRequest) -> None:
            nonlocal at_once
            at_once += 1
            self.most_at_once = max(self.most_at_once, at_once)
            if at_once == self.expected:
                all_there.set()
            try:
                with contextlib.suppress(asyncio.TimeoutError):
                    is_patch = exchange.scope["method"] == "PATCH"
                    await asyncio.wait_for(all_there.wait(), _LONG_S if is_patch else _SHORT_S)
                await asyncio.sleep(_SHORT_S)  # for one too many to come
                await exchange.serve(exchange.scope, exchange.receive, exchange.send)
            finally:
                at_once -= 1

        effect = Effect(act=act)
        return lambda _arrival: effect


@dataclass
class Refusing:
    """Refuses certain requests for ever.

    Attributes:
        status: The status of the refusal.
        is_refused: Says which.
    """

    status: int
    is_refused: Callable[[IncomingRequest], bool]

    def judge(self) -> Judge:
        effect = Effect(status=self.status, message="refused on demand")
        return lambda arrival: effect if self.is_refused(arrival) else NO_EFFECT
