"""The closed list of what can go wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

from pytest_jama.sandbox.faults import actions
from pytest_jama.sandbox.faults.actions import judge_lists
from pytest_jama.sandbox.faults.base import NO_EFFECT, Act, Effect, IncomingRequest, Judge

Strikes = Callable[[IncomingRequest], bool]
"""Tells whether a request that the fault can meet does meet it."""

Meets = Literal["any", "GET", "writes"]

_METHODS: dict[Meets, frozenset[str] | None] = {
    "any": None,
    "GET": frozenset({"GET"}),
    "writes": frozenset({"POST", "PUT", "PATCH", "DELETE"}),
}

TOKEN_FOLDER = "/oauth"  # noqa: S105 - a path, no password
TOKEN_PATH = f"{TOKEN_FOLDER}/token"


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """One thing that can go wrong.

    Attributes:
        name: As `--fault` names it.
        what: What the client meets.
        processed: What becomes of the request.
        judge: Makes the judge from the wait in seconds and from what tells whether it strikes.
        wait_s: What `wait` is if it is not given; nothing where there is nothing to wait for.
        meets: Which requests it can meet.
        spares_token: Whether it leaves requests for tokens alone unless its path names them.
    """

    name: str
    what: str
    processed: Literal["no", "yes", "undone"]
    judge: Callable[[float, Strikes], Judge]
    wait_s: float | None = None
    meets: Meets = "any"
    spares_token: bool = False

    def can_meet(self, method: str) -> bool:
        """Tell whether requests with this method can meet it."""
        methods = _METHODS[self.meets]
        return methods is None or method in methods


Effects = Callable[[IncomingRequest, float], Effect]
"""Makes the effect from the arrival and the wait in seconds."""


def _each(effect: Effects) -> Callable[[float, Strikes], Judge]:
    """Judge requests one by one."""
    return lambda wait_s, strikes: (
        lambda arrival: effect(arrival, wait_s) if strikes(arrival) else NO_EFFECT
    )


def _status(status: int) -> Callable[[float, Strikes], Judge]:
    message = f"refused on demand (fault {status})"
    return _each(lambda _, __: Effect(status=status, message=message))


def _again_in_seconds(status: int) -> Callable[[float, Strikes], Judge]:
    def effect(_: IncomingRequest, wait_s: float) -> Effect:
        message = f"come back in {math.ceil(wait_s)} s (fault {status})"
        headers = (("Retry-After", str(math.ceil(wait_s))),)
        return Effect(status=status, message=message, headers=headers)

    return _each(effect)


def _again_at_date(arrival: IncomingRequest, wait_s: float) -> Effect:
    date = formatdate(math.ceil(arrival.at_s + wait_s), usegmt=True)
    message = "come back later (fault 429-date)"
    return Effect(status=429, message=message, headers=(("Retry-After", date),))


def _act(act: Act) -> Callable[[float, Strikes], Judge]:
    effect = Effect(act=act)
    return _each(lambda _, __: effect)


def _proxy_error(status: int, phrase: str) -> Callable[[float, Strikes], Judge]:
    title = f"{status} {phrase}"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body></html>"
    return _act(actions.show(status, page))


_SIGN_IN = (
    "<!doctype html>\n<html><head><title>Sign in to the network</title></head>"
    '<body><form method="post"><input name="user"></form></body></html>'
)

ALL_KINDS = (
    FaultKind(
        name="400",
        what="400, in Jama's envelope",
        processed="no",
        judge=_status(400),
    ),
    FaultKind(
        name="401",
        what="401; a token expires early, and stays expired",
        processed="no",
        judge=_act(actions.expire),
        spares_token=True,
    ),
    FaultKind(name="403", what="403: no permission", processed="no", judge=_status(403)),
    FaultKind(name="404", what="404: not there", processed="no", judge=_status(404)),
    FaultKind(
        name="locked",
        what="the refusal of a locked item, with the status of the knob `locked_write`",
        processed="no",
        judge=_act(actions.lock),
        meets="writes",
        spares_token=True,
    ),
    FaultKind(
        name="429",
        what="429 with `Retry-After` in seconds: `wait`, rounded up",
        processed="no",
        judge=_again_in_seconds(429),
        wait_s=1,
    ),
    FaultKind(
        name="429-date",
        what="429 with `Retry-After` as a date: `wait` from now, rounded up",
        processed="no",
        judge=_each(_again_at_date),
        wait_s=1,
    ),
    FaultKind(
        name="429-bare", what="429 without `Retry-After`", processed="no", judge=_status(429)
    ),
    FaultKind(name="500", what="500, in Jama's envelope", processed="no", judge=_status(500)),
    FaultKind(
        name="502",
        what="502, an HTML page of a proxy",
        processed="no",
        judge=_proxy_error(502, "Bad Gateway"),
    ),
    FaultKind(
        name="503",
        what="503 with `Retry-After` in seconds: `wait`, rounded up",
        processed="no",
        judge=_again_in_seconds(503),
        wait_s=1,
    ),
    FaultKind(
        name="503-bare", what="503 without `Retry-After`", processed="no", judge=_status(503)
    ),
    FaultKind(
        name="504",
        what="504, an HTML page of a proxy",
        processed="no",
        judge=_proxy_error(504, "Gateway Time-out"),
    ),
    FaultKind(
        name="reset-before",
        what="the connection is reset (RST)",
        processed="no",
        judge=_act(actions.reset_before),
    ),
    FaultKind(
        name="reset-after",
        what="the connection is reset (RST) in place of the answer",
        processed="yes",
        judge=_act(actions.reset_after),
    ),
    FaultKind(
        name="drop-before",
        what="the connection is closed (FIN) without an answer",
        processed="no",
        judge=_act(actions.drop_before),
    ),
    FaultKind(
        name="drop-after",
        what="the connection is closed (FIN) in place of the answer",
        processed="yes",
        judge=_act(actions.drop_after),
    ),
    FaultKind(
        name="hang-before",
        what="never an answer; the connection stays open until the client closes it",
        processed="no",
        judge=_act(actions.hang_before),
    ),
    FaultKind(
        name="hang-after",
        what="the same, but the request has done its work",
        processed="yes",
        judge=_act(actions.hang_after),
    ),
    FaultKind(
        name="slow",
        what="the request waits for `wait` before it is processed",
        processed="yes",
        judge=_each(lambda _, wait_s: Effect(delay_s=wait_s)),
        wait_s=5,
    ),
    FaultKind(
        name="drip",
        what="the answer's body comes byte by byte, `wait` before each",
        processed="yes",
        judge=_each(lambda _, wait_s: Effect(act=actions.drip(wait_s))),
        wait_s=1,
    ),
    FaultKind(
        name="truncate",
        what="half of the body, then the connection is closed",
        processed="yes",
        judge=_act(actions.truncate),
    ),
    FaultKind(
        name="empty",
        what="the right status, and no body",
        processed="yes",
        judge=_act(actions.empty),
    ),
    FaultKind(
        name="garbage",
        what="200 with an HTML page, as of a proxy that wants a sign-in",
        processed="no",
        judge=_act(actions.show(200, _SIGN_IN)),
    ),
    FaultKind(
        name="lie",
        what="the right answer, but nothing was stored: only reading back shows it",
        processed="undone",
        judge=_act(actions.lie),
        meets="writes",
        spares_token=True,
    ),
    FaultKind(
        name="stale",
        what="a list that lacks what was created there in the last `wait`",
        processed="yes",
        judge=judge_lists,
        wait_s=5,
        meets="GET",
    ),
)

KINDS = {kind.name: kind for kind in ALL_KINDS}
