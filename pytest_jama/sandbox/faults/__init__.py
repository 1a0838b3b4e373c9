"""What can go wrong between client and server, on demand.

A fault is a value. Serving begins by turning each value into a judge: a callable that sees every
request arrive and says what shall happen to it. The closed list of what can happen is a table in
`kinds`; `Mishap` says how often and on which requests. Whoever needs something else writes a
value with `judge`; the middleware stays as it is.
"""

from pytest_jama.sandbox.faults.box import FaultBox, filled_box
from pytest_jama.sandbox.faults.effects import NO_EFFECT, Arrival, Effect, Fault, Judge
from pytest_jama.sandbox.faults.kinds import ALL_KINDS, KINDS, Kind
from pytest_jama.sandbox.faults.mishap import Mishap
from pytest_jama.sandbox.faults.simple import FailNext, Latency
from pytest_jama.sandbox.faults.throttle import Throttle
from pytest_jama.sandbox.faults.words import FaultError, parse_duration_s, parse_fault

__all__ = [
    "ALL_KINDS",
    "KINDS",
    "NO_EFFECT",
    "Arrival",
    "Effect",
    "FailNext",
    "Fault",
    "FaultBox",
    "FaultError",
    "Judge",
    "Kind",
    "Latency",
    "Mishap",
    "Throttle",
    "filled_box",
    "parse_duration_s",
    "parse_fault",
]
