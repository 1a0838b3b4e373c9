"""What can go wrong between client and server, on demand.

A fault is a value. Serving begins by turning each value into a judge: a callable that sees every
request arrive and says what shall happen to it. A new kind of fault is a new value with `judge`;
the middleware stays as it is.
"""

import asyncio
import itertools
import math
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from fnmatch import fnmatchcase
from typing import Literal, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_jama.sandbox.state.database import Clock
from pytest_jama.sandbox.web.answers import refused


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request as a fault sees it.

    Attributes:
        path: Without context path and `/rest/v1`, e.g. `/testruns/12`.
        at_s: Seconds since the epoch.
    """

    method: str
    path: str
    at_s: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a fault does to one request.

    Attributes:
        delay_s: Seconds to wait first.
        status: Status to answer with instead of serving; nothing serves.
        message: Ends up in `meta.message`.
        headers: Further headers of the refusal.
    """

    delay_s: float = 0.0
    status: int | None = None
    message: str = ""
    headers: Sequence[tuple[str, str]] = ()


NO_EFFECT = Effect()

Judge = Callable[[Arrival], Effect]


class Fault(Protocol):
    """A value that knows how to judge requests; its state lives in the judge."""

    def judge(self) -> Judge:
        """Begin anew."""
        ...


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Every request takes longer.

    Attributes:
        delay_s: Seconds, 0 or more.
    """

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
        wait = self.retry_after_s
        headers = () if wait is None else (("Retry-After", str(wait)),)
        effect = Effect(status=self.status, message="failed on demand", headers=headers)
        return lambda arrival: (
            effect if self._is_meant(arrival) and next(left, None) is not None else NO_EFFECT
        )

    def _is_meant(self, arrival: Arrival) -> bool:
        return (self.method is None or self.method.upper() == arrival.method) and (
            self.path is None or fnmatchcase(arrival.path, self.path)
        )


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """429 for more requests than the server lets through.

    Requests fill a queue that drains at a steady rate; a request that finds it full is refused
    and does not count. Requests in the queue are served without delay.

    Source: Jama REST cookbook: 429 above 10 requests per second and above a queue of 100, until
    the queue has drained. A `Retry-After` header is never mentioned, so it is off by default.

    Attributes:
        rate_per_s: Requests per second that drain from the queue.
        queue: Requests that the queue holds; 0 refuses everything.
        retry_after: Form of the `Retry-After` header.
    """

    rate_per_s: float = 10.0
    queue: int = 100
    retry_after: Literal["none", "seconds", "date"] = "none"

    def judge(self) -> Judge:
        """Begin with an empty queue."""
        level, last_s = 0.0, 0.0

        def judge(arrival: Arrival) -> Effect:
            nonlocal level, last_s
            level = max(0.0, level - max(0.0, arrival.at_s - last_s) * self.rate_per_s)
            last_s = arrival.at_s
            if level + 1 > self.queue:
                return self._refusal(
                    arrival.at_s, wait_s=(level + 1 - self.queue) / self.rate_per_s
                )
            level += 1
            return NO_EFFECT

        return judge

    def _refusal(self, now_s: float, *, wait_s: float) -> Effect:
        """Refuse in the words of a self-hosted server (cookbook, throttling)."""
        message = "Too many requests were waiting" if self.queue else "No requests allowed"
        whole_s = max(1, math.ceil(wait_s))
        value = {
            "none": None,
            "seconds": str(whole_s),
            "date": formatdate(math.ceil(now_s) + whole_s, usegmt=True),
        }[self.retry_after]
        headers = () if value is None else (("Retry-After", value),)
        return Effect(status=429, message=message, headers=headers)


@dataclass
class FaultBox:
    """The faults in force; may be changed while the server runs."""

    _judges: dict[int, Judge] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> int:
        """Put a fault in force and return the number to take it away with."""
        with self._lock:
            number = next(self._numbers)
            self._judges[number] = fault.judge()
        return number

    def remove(self, number: int) -> None:
        """Take one fault away."""
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

    def effects(self, arrival: Arrival) -> list[Effect]:
        """Ask the faults in order; the first refusal is the last effect."""
        effects: list[Effect] = []
        with self._lock:
            for judge in self._judges.values():
                effects.append(judge(arrival))
                if effects[-1].status is not None:
                    break
        return effects


class FaultMiddleware:
    """Let the faults in force act on every REST request.

    Args:
        app: What is served when no fault refuses.
        box: The faults.
        clock: Seconds since the epoch.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        box: FaultBox,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._app = app
        self._box = box
        self._clock = clock
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Delay, refuse or serve."""
        if scope["type"] != "http" or not scope["path"].startswith("/rest/"):
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix("/rest/v1").removeprefix("/rest")
        arrival = Arrival(method=scope["method"], path=path, at_s=self._clock())
        for effect in self._box.effects(arrival):
            await self._sleep(effect.delay_s)
            if effect.status is not None:
                answer = refused(
                    effect.status, effect.message, self._clock, headers=dict(effect.headers)
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
