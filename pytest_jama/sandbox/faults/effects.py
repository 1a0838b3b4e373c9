"""What a fault is: a value whose judge sees every request arrive and says what happens to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults.exchange import Exchange


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request as a fault sees it.

    Attributes:
        path: Without context path and `/rest/v1`, e.g. `/testruns/12`.
        query: As it was sent, without the question mark.
        at_s: Seconds since the epoch.
    """

    method: str
    path: str
    query: str = ""
    at_s: float


Act = Callable[["Exchange"], Awaitable[None]]
"""Handles a request in the server's place; may let the server process it."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a fault does to one request.

    Attributes:
        name: What the record calls it; empty if it is not to be noted.
        delay_s: Seconds to wait first.
        status: Status to answer with instead of serving; nothing serves.
        message: Ends up in `meta.message` of the refusal.
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

Judge = Callable[[Arrival], Effect]


class Fault(Protocol):
    """A value that knows how to judge requests; its state lives in the judge."""

    def judge(self) -> Judge:
        """Begin anew."""
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

    def includes(self, arrival: Arrival) -> bool:
        """Tell whether a request is meant."""
        return (self.method is None or self.method.upper() == arrival.method) and (
            self.path is None or fnmatchcase(arrival.path, self.path)
        )
