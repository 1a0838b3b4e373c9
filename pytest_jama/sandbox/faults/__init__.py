"""What can go wrong between client and server, on demand.

A fault is a value. Serving begins by turning each value into a judge: a callable that sees every
request arrive and says what happens to it. The closed list of what can happen is a table in
`table`; `RandomFault` says how often and on which requests. For anything else, write a
value with `judge`; the middleware stays as it is.
"""

from pytest_jama.sandbox.faults.base import (
    NO_EFFECT,
    ActiveFaults,
    Effect,
    FailNext,
    Fault,
    IncomingRequest,
    Judge,
    Latency,
)
from pytest_jama.sandbox.faults.random_fault import (
    FaultError,
    RandomFault,
    parse_duration_s,
    parse_fault,
)
from pytest_jama.sandbox.faults.table import ALL_KINDS, KINDS, FaultKind
from pytest_jama.sandbox.faults.throttle import Throttle

__all__ = [
    "ALL_KINDS",
    "KINDS",
    "NO_EFFECT",
    "ActiveFaults",
    "Effect",
    "FailNext",
    "Fault",
    "FaultError",
    "FaultKind",
    "IncomingRequest",
    "Judge",
    "Latency",
    "RandomFault",
    "Throttle",
    "parse_duration_s",
    "parse_fault",
]
