"""The options of ``pytest-jama sandbox``, and what they mean to a sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.sandbox.faults import Fault
    from pytest_jama.sandbox.knobs import Knobs


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The options of the command line.

    Attributes:
        port: TCP port on 127.0.0.1; None chooses.
        db: The SQLite file of the state; None keeps it in memory.
        seed: The jama.yaml whose project and cases are to exist.
        cases: More case references that are to exist.
        steps: How many steps each of these has.
        knobs: ``name=value`` each.
        throttle: ``requests per second/queue``, as ``10/100``.
        latency: A duration such as ``50ms``.
        context_path: What stands before ``/rest``, such as ``/contour``.
    """

    port: int | None = None
    db: Path | None = None
    seed: Path | None = None
    cases: tuple[str, ...] = ()
    steps: int = 0
    knobs: tuple[str, ...] = ()
    throttle: str | None = None
    latency: str | None = None
    context_path: str = ""


def parse_knobs(options: SandboxOptions) -> Knobs:
    """Return the knobs that ``--knob`` sets.

    Raises:
        SettingsError: When a knob does not exist, or does not take the value.
    """
    from pytest_jama.sandbox.knobs import KnobError, Knobs  # noqa: PLC0415 (an extra)

    try:
        return Knobs.parse(options.knobs)
    except KnobError as exc:
        problem = Problem(str(exc), remedy="see docs/sandbox.md", origin="--knob")
        raise SettingsError(problem) from exc


def parse_case(text: str) -> CaseRef:
    """Return the case reference of a ``--case``.

    Raises:
        SettingsError: When it is none.
    """
    try:
        return CaseRef.parse(text)
    except ValueError as exc:
        problem = Problem(str(exc), remedy="name the case as in a marker", origin="--case")
        raise SettingsError(problem) from exc


_THROTTLE = re.compile(r"([0-9]+(?:\.[0-9]+)?)[/,]([0-9]+)", re.ASCII)
_LATENCY = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(ms|s)", re.ASCII)


def parse_faults(options: SandboxOptions) -> tuple[Fault, ...]:
    """Return the faults that ``--throttle`` and ``--latency`` ask for.

    Raises:
        SettingsError: When one of them has no usable form.
    """
    from pytest_jama.sandbox.faults import Latency, Throttle  # noqa: PLC0415 (an extra)

    faults: list[Fault] = []
    if options.throttle is not None:
        rate, queue = _match(_THROTTLE, options.throttle, origin="--throttle", example="10/100")
        faults.append(Throttle(rate_per_s=float(rate), queue=int(queue)))
    if options.latency is not None:
        number, unit = _match(_LATENCY, options.latency, origin="--latency", example="50ms")
        faults.append(Latency(delay_s=float(number) / (1000 if unit == "ms" else 1)))
    return tuple(faults)


def _match(form: re.Pattern[str], text: str, *, origin: str, example: str) -> Sequence[str]:
    match = form.fullmatch(text.strip())
    if match is None:
        problem = Problem(f"{text!r} cannot be read", f"write it like {example}", origin)
        raise SettingsError(problem)
    return match.groups()
