"""Faults that need no probability: the time on the wire, and the next few requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults.effects import NO_EFFECT, Effect, Operation

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults.effects import Judge


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
        operation = Operation(method=self.method, path=self.path)
        wait = self.retry_after_s
        headers = () if wait is None else (("Retry-After", str(wait)),)
        effect = Effect(
            name="fail-next", status=self.status, message="failed on demand", headers=headers
        )
        return lambda arrival: (
            effect if operation.includes(arrival) and next(left, None) is not None else NO_EFFECT
        )
