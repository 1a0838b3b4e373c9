"""The closed list of what can go wrong."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Literal

from pytest_jama.sandbox.faults import actions
from pytest_jama.sandbox.faults.base import NO_EFFECT, Act, Effect, IncomingRequest, Judge
from pytest_jama.sandbox.serving import ServedConnection

Strikes = Callable[[IncomingRequest], bool]
"""Returns whether a request that the fault can meet does meet it."""

MakeJudge = Callable[[float, Strikes], Judge]
"""Makes the judge from the wait in seconds and from what says whether it strikes."""

Meets = Literal["any", "GET", "writes"]

_METHODS: dict[Meets, frozenset[str] | None] = {
    "any": None,
    "GET": frozenset({"GET"}),
    "writes": frozenset({"POST", "PUT", "PATCH", "DELETE"}),
}


@dataclass(frozen=True)
class FaultKind:
    """One thing that can go wrong.

    Attributes:
        name: As `--fault` names it.
        what: What the client meets.
        processed: What becomes of the request.
        wait_s: What `wait` is if it is not given; None where there is nothing to wait for.
        meets: Which requests it can meet.
        spares_token: Whether it leaves requests for tokens alone unless its path names them.
    """

    name: str
    judge: MakeJudge
    what: str
    processed: Literal["no", "yes", "undone"] = field(default="no", kw_only=True)
    wait_s: float | None = field(default=None, kw_only=True)
    meets: Meets = field(default="any", kw_only=True)
    spares_token: bool = field(default=False, kw_only=True)

    def can_meet(self, method: str) -> bool:
        """Return whether requests with this method can meet it."""
        methods = _METHODS[self.meets]
        return methods is None or method in methods


Effects = Callable[[IncomingRequest, float], Effect]
"""Makes the effect from the arrival and the wait in seconds."""


def _each(effect: Effects) -> MakeJudge:
    """Judge requests one by one."""
    return lambda wait_s, strikes: (
        lambda arrival: effect(arrival, wait_s) if strikes(arrival) else NO_EFFECT
    )


def _status(status: int) -> MakeJudge:
    message = f"refused on demand (fault {status})"
    return _each(lambda _, __: Effect(status=status, message=message))


def _again_in_seconds(status: int) -> MakeJudge:
    def effect(_: IncomingRequest, wait_s: float) -> Effect:
        message = f"come back in {math.ceil(wait_s)} s (fault {status})"
        headers = (("Retry-After", str(math.ceil(wait_s))),)
        return Effect(status=status, message=message, headers=headers)

    return _each(effect)


def _again_at_date(arrival: IncomingRequest, wait_s: float) -> Effect:
    date = formatdate(math.ceil(arrival.at_s + wait_s), usegmt=True)
    message = "come back later (fault 429-date)"
    return Effect(status=429, message=message, headers=(("Retry-After", date),))


def _act(act: Act) -> MakeJudge:
    effect = Effect(act=act)
    return _each(lambda _, __: effect)


def _proxy_error(status: int, phrase: str) -> MakeJudge:
    title = f"{status} {phrase}"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body></html>"
    return _act(actions.show(status, page))


def _end(
    name: str, how: Callable[[ServedConnection], Awaitable[None]], before: str, after: str
) -> tuple[FaultKind, FaultKind]:
    """Return the end of a connection before and after the request is processed."""
    return (
        FaultKind(f"{name}-before", _act(actions.end(how, processed=False)), before),
        FaultKind(f"{name}-after", _act(actions.end(how, processed=True)), after, processed="yes"),
    )


_SIGN_IN = (
    "<!doctype html>\n<html><head><title>Sign in to the network</title></head>"
    '<body><form method="post"><input name="user"></form></body></html>'
)

_IN_SECONDS = "with `Retry-After` in seconds: `wait`, rounded up"

ALL_KINDS = (
    FaultKind("400", _status(400), "400, in the API's own form"),
    FaultKind(
        "401",
        _act(actions.expire),
        "401; a token expires early, and stays expired",
        spares_token=True,
    ),
    FaultKind("403", _status(403), "403: no permission"),
    FaultKind("404", _status(404), "404: not there"),
    FaultKind(
        "locked",
        _act(actions.lock),
        "the refusal of a locked object",
        meets="writes",
        spares_token=True,
    ),
    FaultKind("429", _again_in_seconds(429), f"429 {_IN_SECONDS}", wait_s=1),
    FaultKind(
        "429-date",
        _each(_again_at_date),
        "429 with `Retry-After` as a date: `wait` from now, rounded up",
        wait_s=1,
    ),
    FaultKind("429-bare", _status(429), "429 without `Retry-After`"),
    FaultKind("500", _status(500), "500, in the API's own form"),
    FaultKind("502", _proxy_error(502, "Bad Gateway"), "502, an HTML page of a proxy"),
    FaultKind("503", _again_in_seconds(503), f"503 {_IN_SECONDS}", wait_s=1),
    FaultKind("503-bare", _status(503), "503 without `Retry-After`"),
    FaultKind("504", _proxy_error(504, "Gateway Time-out"), "504, an HTML page of a proxy"),
    *_end(
        "reset",
        ServedConnection.reset,
        "the connection is reset (RST)",
        "the connection is reset (RST) in place of the answer",
    ),
    *_end(
        "drop",
        ServedConnection.close,
        "the connection is closed (FIN) without an answer",
        "the connection is closed (FIN) in place of the answer",
    ),
    *_end(
        "hang",
        ServedConnection.wait_until_gone,
        "never an answer; the connection stays open until the client closes it",
        "the same, but the request has done its work",
    ),
    FaultKind(
        "slow",
        _each(lambda _, wait_s: Effect(delay_s=wait_s)),
        "the request waits for `wait` before it is processed",
        processed="yes",
        wait_s=5,
    ),
    FaultKind(
        "drip",
        _each(lambda _, wait_s: Effect(act=actions.drip(wait_s))),
        "the answer's body comes byte by byte, `wait` before each",
        processed="yes",
        wait_s=1,
    ),
    FaultKind(
        "truncate",
        _act(actions.truncate),
        "half of the body, then the connection is closed",
        processed="yes",
    ),
    FaultKind("empty", _act(actions.empty), "the right status, and no body", processed="yes"),
    FaultKind(
        "garbage",
        _act(actions.show(200, _SIGN_IN)),
        "200 with an HTML page, as of a proxy that wants a sign-in",
    ),
    FaultKind(
        "lie",
        _act(actions.lie),
        "the right answer, but nothing was stored: only reading back shows it",
        processed="undone",
        meets="writes",
        spares_token=True,
    ),
    FaultKind(
        "stale",
        actions.judge_lists,
        "a list that lacks what was created there in the last `wait`",
        processed="yes",
        wait_s=5,
        meets="GET",
    ),
    FaultKind(
        "lag",
        actions.judge_replicas,
        "a list that shows what was changed in the last `wait` as it was before, as a replica does",
        processed="yes",
        wait_s=10,
        meets="GET",
    ),
    FaultKind(
        "lost-page",
        _act(actions.lose_page),
        "a page of a list without its rows, though the total announces them",
        processed="yes",
        meets="GET",
    ),
)

KINDS = {kind.name: kind for kind in ALL_KINDS}
