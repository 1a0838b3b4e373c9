"""A fault of the closed list: how often, on which requests, from when on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from pytest_jama.sandbox.faults.base import NO_EFFECT, Operation
from pytest_jama.sandbox.faults.table import KINDS, TOKEN_FOLDER, TOKEN_PATH

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults.base import Effect, IncomingRequest, Judge


@dataclass(frozen=True)
class RandomFault:
    """Something of the list goes wrong now and then.

    Whether it strikes follows from the seed and from the request (which one it is, and how
    often it came before), not from the order in which requests arrive: a rehearsal with several
    connections can be repeated.

    Attributes:
        kind: One of the names in `KINDS`.
        probability: Above 0, at most 1.
        method: Only requests with this method.
        path: Only paths like this shell pattern, e.g. `/testruns/*`.
        after: How many fitting requests are spared first.
        times: How often it strikes at most; None for always.
        wait_s: Seconds; what for depends on the kind, which has a default.
        seed: Another seed, another choice of requests.

    Raises:
        ValueError: There is no such kind.
    """

    kind: str
    probability: float = field(default=1.0, kw_only=True)
    method: str | None = field(default=None, kw_only=True)
    path: str | None = field(default=None, kw_only=True)
    after: int = field(default=0, kw_only=True)
    times: int | None = field(default=None, kw_only=True)
    wait_s: float | None = field(default=None, kw_only=True)
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not a kind of fault; known are {', '.join(KINDS)}")

    def judge(self) -> Judge:
        """Begin with nothing played."""
        kind = KINDS[self.kind]
        wait_s = kind.wait_s if self.wait_s is None else self.wait_s
        judge_one = kind.judge(wait_s or 0.0, _Chance(self).strikes)

        def judge(arrival: IncomingRequest) -> Effect:
            effect = judge_one(arrival)
            is_played = effect is not NO_EFFECT and not effect.lets_others_act
            return replace(effect, name=kind.name) if is_played else effect

        return judge


class _Chance:
    """Decides which requests a fault strikes."""

    def __init__(self, fault: RandomFault) -> None:
        self._fault = fault
        self._kind = KINDS[fault.kind]
        self._operation = Operation(method=fault.method, path=fault.path)
        is_named = fault.path is not None and fault.path.startswith(TOKEN_FOLDER)
        self._spares_token = self._kind.spares_token and not is_named
        self._attempts: Counter[str] = Counter()
        self._spared = 0
        self._struck = 0

    def strikes(self, arrival: IncomingRequest) -> bool:
        """Decide on a request, and count it."""
        if not self._fits(arrival) or self._struck == self._fault.times:
            return False
        if self._spared < self._fault.after:
            self._spared += 1
            return False
        is_struck = self._draw(arrival) < self._fault.probability
        self._struck += is_struck
        return is_struck

    def _fits(self, arrival: IncomingRequest) -> bool:
        return (
            not (self._spares_token and arrival.path == TOKEN_PATH)
            and self._kind.can_meet(arrival.method)
            and self._operation.includes(arrival)
        )

    def _draw(self, arrival: IncomingRequest) -> float:
        request = f"{arrival.method} {arrival.path}?{arrival.query}"
        self._attempts[request] += 1
        text = f"{self._fault}, attempt {self._attempts[request]} of {request}"
        return Random(text).random()  # noqa: S311 (a rehearsal, not a secret)
