"""A fault of the closed list: how often, on which requests; and how the command line names it."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.faults.base import NO_EFFECT, Operation
from pytest_jama.sandbox.faults.table import ALL_KINDS, KINDS
from pytest_jama.sandbox.recorder import ApiPaths

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.faults.base import Effect, IncomingRequest, Judge
    from pytest_jama.sandbox.faults.table import FaultKind


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
        fixed_part = re.split(r"[*?[]", fault.path or "")[0]
        self._spares_token = self._kind.spares_token and len(fixed_part) <= len("/")
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
            not (self._spares_token and arrival.is_for_token)
            and self._kind.can_meet(arrival.method)
            and self._operation.includes(arrival)
        )

    def _draw(self, arrival: IncomingRequest) -> float:
        request = f"{arrival.method} {arrival.path}?{arrival.query}"
        self._attempts[request] += 1
        text = f"{self._fault}, attempt {self._attempts[request]} of {request}"
        return Random(text).random()  # noqa: S311 (a rehearsal, not a secret)


_ANY_PATHS = ApiPaths()
FORM = "KIND[:PROBABILITY][@[METHOD][PATH]][,after=N][,times=N][,wait=DURATION]"
EXAMPLE = "429:0.2 or drop-after:0.1@POST/testplans*,times=1"

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_OPERATION = re.compile(r"\s*(?P<method>[A-Za-z]*)\s*(?P<path>/.*)?", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s)", re.ASCII)


class FaultError(ValueError):
    """Text that does not name a fault."""


def parse_fault(text: str, *, seed: int = 0, paths: ApiPaths = _ANY_PATHS) -> RandomFault:
    """Read one fault.

    Args:
        text: See `FORM`.
        seed: Another seed, another choice of requests.
        paths: Where the API is: a path may be given with or without root and version.

    Raises:
        FaultError: The text cannot be read; the message names the known kinds and an example.
    """
    try:
        fault = _fault(text.strip())
        return replace(fault, seed=seed, path=fault.path and paths.below(fault.path))
    except FaultError as exc:
        known = ", ".join(kind.name for kind in ALL_KINDS)
        raise FaultError(
            f"{text!r} is not a fault: {exc}; the form is {FORM}, as in {EXAMPLE}; "
            f"kinds are {known}"
        ) from exc


def parse_duration_s(text: str) -> float:
    """Read a duration such as `50ms` or `1.5s` as seconds, or raise a `FaultError`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise FaultError(f"{text!r} is not a duration such as 50ms or 1.5s")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def _fault(text: str) -> RandomFault:
    head, *options = text.split(",")
    what, at, operation = head.partition("@")
    name, colon, probability = what.partition(":")
    kind = _kind(name.strip())
    values: dict[str, Any] = _operation(operation, kind) if at else {}
    if colon:
        values["probability"] = _probability(probability)
    for option in options:
        attribute, value = _option(option, kind)
        if attribute in values:
            raise FaultError(f"{option.partition('=')[0].strip()} is given twice")
        values[attribute] = value
    return RandomFault(kind.name, **values)


def _kind(name: str) -> FaultKind:
    if name not in KINDS:
        close = difflib.get_close_matches(name, KINDS, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise FaultError(f"{name!r} is not a kind{hint}")
    return KINDS[name]


def _probability(text: str) -> float:
    try:
        probability = float(text)
    except ValueError:
        probability = 0.0
    if not 0 < probability <= 1:
        raise FaultError(f"the probability {text!r} is not a number above 0 and up to 1")
    return probability


def _operation(text: str, kind: FaultKind) -> dict[str, Any]:
    match = _OPERATION.fullmatch(text)
    if match is None or not text.strip() or match["method"].upper() not in ("", *_METHODS):
        raise FaultError(
            f"'@{text}' is not @METHOD, @/path or @METHOD/path with one of {', '.join(_METHODS)}"
        )
    method, path = match["method"].upper() or None, match["path"]
    if method is not None and not kind.can_meet(method):
        raise FaultError(f"{kind.name} never meets {method}")
    return {"method": method, "path": path and path.strip()}


def _option(text: str, kind: FaultKind) -> tuple[str, Any]:
    name, _, value = (part.strip() for part in text.partition("="))
    if name not in _OPTIONS:
        raise FaultError(f"{text!r} is none of after=N, times=N, wait=DURATION")
    if name == "wait" and kind.wait_s is None:
        raise FaultError(f"{kind.name} has nothing to wait for")
    attribute, read = _OPTIONS[name]
    return attribute, read(value)


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise FaultError(f"{text!r} is not a number of requests")
    return int(text)


_OPTIONS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "after": ("after", _count),
    "times": ("times", _count),
    "wait": ("wait_s", parse_duration_s),
}
