"""The phases of an upload, by the requests that they begin with; and faults that strike them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults import KINDS, Effect, IncomingRequest, RandomFault
from pytest_jama.sandbox.faults.base import NO_EFFECT, Operation

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults import Fault
    from pytest_jama.sandbox.faults.base import Judge


@dataclass(frozen=True)
class Phase:
    """A part of an upload.

    Attributes:
        name: As the page names it.
        requests: What it asks for; each of them is struck.
        comes_after: It begins with the first request after one of these.
    """

    name: str
    requests: tuple[Operation, ...] = field(kw_only=True)
    comes_after: Operation | None = field(default=None, kw_only=True)


def _phase(name: str, method: str, *paths: str, comes_after: Operation | None = None) -> Phase:
    requests = tuple(Operation(method=method, path=path) for path in paths)
    return Phase(name, requests=requests, comes_after=comes_after)


LOGIN = _phase("login", "POST", "/oauth/token")
LOOKING = _phase("looking up", "GET", "/projects", "/abstractitems", "/testplans")
PLAN = _phase("creating the plan", "POST", "/testplans")
GROUP = _phase("creating the group", "POST", "/testplans/*/testgroups")
CASE = _phase("adding cases", "POST", "/testplans/*/testgroups/*/testcases")
CYCLE = _phase("creating the cycle", "POST", "/testplans/*/testcycles")
SENDING = _phase("writing runs", "PATCH", "/testruns/*")
READING_BACK = _phase(
    "reading back", "GET", "/testruns", comes_after=Operation(method="PATCH", path="/testruns/*")
)

PHASES = (LOGIN, LOOKING, PLAN, GROUP, CASE, CYCLE, SENDING, READING_BACK)


def striking_once(phase: Phase, kind: str) -> tuple[Fault, ...]:
    """Return faults that strike each request of a phase once, or the list of what it creates."""
    if kind == LAG:  # it must see the PATCH that it hides
        return (RandomFault(kind, path="/testruns", times=1, wait_s=WAITS_S[kind]),)
    is_list = KINDS[kind].meets == "GET"
    faults = (
        RandomFault(
            kind,
            method="GET" if is_list else request.method,
            path=request.path,
            times=1,
            wait_s=WAITS_S.get(kind),
        )
        for request in phase.requests
    )
    return tuple(_begun(phase, fault) for fault in faults)


def can_meet(phase: Phase, kind: str) -> bool:
    """Return whether requests of a phase can meet a fault; a stale list only where one creates."""
    if kind == LAG:
        return phase is READING_BACK
    if KINDS[kind].meets == "GET":
        return phase in _CREATING
    return any(KINDS[kind].can_meet(request.method or "GET") for request in phase.requests)


_CREATING = (PLAN, GROUP, CASE, CYCLE)

LAG = "lag"
WAITS_S = {"slow": 0.02, "drip": 0.05, "stale": 0.05, LAG: 0.05}
"""What kinds wait, in seconds of ours; slow is within the time for an answer, drip is not."""


@dataclass(frozen=True)
class Since:
    """A fault that begins when a request has come.

    Attributes:
        first: That request.
        fault: What goes wrong then.
        with_it: Whether that request itself may be struck.
    """

    first: Operation
    fault: Fault
    with_it: bool

    def judge(self) -> Judge:
        """Begin anew."""
        has_come = False
        judge_one = self.fault.judge()

        def judge(arrival: IncomingRequest) -> Effect:
            nonlocal has_come
            comes_now = self.first.includes(arrival)
            effect = judge_one(arrival) if has_come or (comes_now and self.with_it) else NO_EFFECT
            has_come = has_come or comes_now
            return effect

        return judge


def outage(phase: Phase, kind: str) -> Fault:
    """Return a fault that strikes everything from the first request of a phase on."""
    everything = RandomFault(kind, wait_s=WAITS_S.get(kind))
    if kind == LAG:
        return everything
    if phase.comes_after is None:
        return Since(phase.requests[0], everything, with_it=True)
    return _begun(phase, Since(phase.requests[0], everything, with_it=True))


def _begun(phase: Phase, fault: Fault) -> Fault:
    if phase.comes_after is None:
        return fault
    return Since(phase.comes_after, fault, with_it=False)
