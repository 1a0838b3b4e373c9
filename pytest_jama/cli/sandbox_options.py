"""The options of ``pytest-jama sandbox``, and what they mean to a sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.sandbox.faults import Fault, Latency, RandomFault, Throttle
    from pytest_jama.sandbox.knob_words import KnobSet
    from pytest_jama.sandbox.recorder import ApiPaths
    from pytest_jama.sandbox.serving import Tls


TargetName = Literal["jama", "octane"]


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The options of the command line.

    Attributes:
        target: Which kind of server; None goes by the seed file, and is Jama without one.
        port: TCP port on 127.0.0.1; None chooses.
        db: The SQLite file of the state; None keeps it in memory.
        seeds: The settings files whose project and cases, or release and suite, are to exist, and
            files that describe what is to exist.
        cases: More case references that are to exist.
        steps: How many steps each of these has.
        knobs: ``name=value`` each.
        throttle: ``requests per second/queue``, as ``10/100``.
        latency: A duration such as ``50ms``.
        faults: What goes wrong, such as ``429:0.2``.
        fault_seed: Which requests it happens to.
        context_path: What stands before ``/rest``, such as ``/contour``.
        tls_cert: PEM file of the certificate to serve https with; needs ``tls_key``.
        tls_key: PEM file of its key.
        tls_client_ca: PEM file of the CA of clients' certificates.
    """

    target: TargetName | None = None
    port: int | None = None
    db: Path | None = None
    seeds: tuple[Path, ...] = ()
    cases: tuple[str, ...] = ()
    steps: int = 0
    knobs: tuple[str, ...] = ()
    throttle: str | None = None
    latency: str | None = None
    faults: tuple[str, ...] = ()
    fault_seed: int = 0
    context_path: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None

    @property
    def is_for_octane(self) -> bool:
        """Whether ALM Octane is meant."""
        if self.target is not None:
            return self.target == "octane"
        return any(file.name.startswith("octane.") for file in self.seeds)


_Knobs = TypeVar("_Knobs", bound="KnobSet")


def parse_knobs(options: SandboxOptions, kind: type[_Knobs]) -> _Knobs:
    """Return the knobs that ``--knob`` sets, of this kind of server.

    Raises:
        SettingsError: When a knob does not exist, or does not take the value.
    """
    from pytest_jama.sandbox.knob_words import KnobError  # noqa: PLC0415 (an extra)

    try:
        return kind.parse(options.knobs)
    except KnobError as exc:
        problem = Problem(str(exc), remedy="see docs/sandbox-knobs.md", origin="--knob")
        raise SettingsError(problem) from exc


def parse_case(text: str) -> CaseRef:
    """Return the case reference of a ``--case``.

    Raises:
        SettingsError: When it is not a case reference.
    """
    try:
        return CaseRef.parse(text)
    except ValueError as exc:
        problem = Problem(str(exc), remedy="name the case as in a marker", origin="--case")
        raise SettingsError(problem) from exc


def parse_tls(options: SandboxOptions) -> Tls | None:
    """Return what ``--tls-cert``, ``--tls-key`` and ``--tls-client-ca`` ask for.

    Raises:
        BadParameter: When one is missing that another needs.
    """
    from pytest_jama.sandbox.serving import Tls  # noqa: PLC0415 (an extra)

    if options.tls_cert is None and options.tls_key is None and options.tls_client_ca is None:
        return None
    if options.tls_cert is None or options.tls_key is None:
        missing = "--tls-cert" if options.tls_cert is None else "--tls-key"
        raise _wrong(missing, "https needs --tls-cert FILE and --tls-key FILE")
    return Tls(certificate=options.tls_cert, key=options.tls_key, client_ca=options.tls_client_ca)


_THROTTLE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)[/,]([0-9]{1,9})", re.ASCII)


def parse_faults(options: SandboxOptions, paths: ApiPaths) -> tuple[Fault, ...]:
    """Return the faults that ``--throttle``, ``--latency`` and ``--fault`` ask for.

    Args:
        options: The options.
        paths: Where the API of the server is.

    Raises:
        BadParameter: When one of them has no usable form.
    """
    faults: list[Fault] = []
    if options.throttle is not None:
        faults.append(_throttle(options.throttle))
    if options.latency is not None:
        faults.append(_latency(options.latency))
    return (*faults, *_random_faults(options, paths))


def _throttle(text: str) -> Throttle:
    from pytest_jama.sandbox.faults import Throttle  # noqa: PLC0415 (an extra)

    match = _THROTTLE.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise _wrong("--throttle", f"{text!r} cannot be read; write it like 10/100")
    return Throttle(rate_per_s=float(match[1]), queue=int(match[2]))


def _latency(text: str) -> Latency:
    from pytest_jama.sandbox.faults import (  # noqa: PLC0415 (an extra)
        FaultError,
        Latency,
        parse_duration_s,
    )

    try:
        return Latency(delay_s=parse_duration_s(text))
    except FaultError as exc:
        raise _wrong("--latency", f"{text!r} cannot be read; write it like 50ms") from exc


def _random_faults(options: SandboxOptions, paths: ApiPaths) -> Sequence[RandomFault]:
    from pytest_jama.sandbox.faults import FaultError, parse_fault  # noqa: PLC0415 (an extra)

    seed = options.fault_seed
    try:
        faults = [parse_fault(text, seed=seed, paths=paths) for text in options.faults]
    except FaultError as exc:
        raise _wrong("--fault", str(exc)) from exc
    # The fault that makes lists late has to see every creation, also one that another fault hides.
    return sorted(faults, key=lambda fault: fault.kind != "stale")


def _wrong(option: str, message: str) -> click.BadParameter:
    context = click.get_current_context(silent=True)
    return click.BadParameter(message, ctx=context, param_hint=option)
