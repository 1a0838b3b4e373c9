"""The phases of an upload to ALM Octane, by the requests that they begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults import KINDS, RandomFault
from pytest_jama.sandbox.faults.base import Operation
from tests.faults.phases import WAITS_S, Phase, Since

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults import Fault


def _phase(name: str, *requests: str, comes_after: Operation | None = None) -> Phase:
    asked = (each.partition(" ") for each in requests)
    operations = tuple(Operation(method=method, path=path) for method, _, path in asked)
    return Phase(name, requests=operations, comes_after=comes_after)


_PUSH = Operation(method="POST", path="/test-results")

SIGN_IN = _phase("signing in", "POST /authentication/sign_in")
CONTEXT = _phase("finding names", "GET /releases", "GET /ci_servers")
CI_SERVER = _phase("making the CI server", "POST /ci_servers")
PIPELINE = _phase("making the pipeline", "POST /pipelines")
BUILD = _phase("making the build", "PUT /analytics/ci/builds")
PUSH = _phase("pushing", "POST /test-results")
POLL = _phase("asking for the task", "GET /test-results/*")
READ_BACK = _phase("reading back", "GET /previous_runs", "GET /ci_builds", comes_after=_PUSH)

OCTANE_PHASES = (SIGN_IN, CONTEXT, CI_SERVER, PIPELINE, BUILD, PUSH, POLL, READ_BACK)

MAKING = (CI_SERVER, PIPELINE, BUILD)
STALE, LAG, LOST_PAGE = "stale", "lag", "lost-page"


def can_strike(phase: Phase, kind: str) -> bool:
    """Return whether a request of a phase can meet a fault.

    A server that shows things late or not at all matters where something was made before.
    """
    if kind in (STALE, LAG, LOST_PAGE):
        return phase is READ_BACK
    return any(KINDS[kind].can_meet(request.method or "GET") for request in phase.requests)


def strikes_once(phase: Phase, kind: str) -> tuple[Fault, ...]:
    """Return faults that strike each request of a phase once."""
    faults = (
        RandomFault(kind, method=each.method, path=each.path, times=1, wait_s=WAITS_S.get(kind))
        for each in phase.requests
    )
    return tuple(_after(phase, fault) for fault in faults)


def strikes_all(phase: Phase, kind: str) -> Fault:
    """Return a fault that strikes everything from the first request of a phase on."""
    everything = RandomFault(kind, wait_s=WAITS_S.get(kind))
    return _after(phase, Since(phase.requests[0], everything, with_it=True))


def _after(phase: Phase, fault: Fault) -> Fault:
    if phase.comes_after is None:
        return fault
    return Since(phase.comes_after, fault, with_it=False)
