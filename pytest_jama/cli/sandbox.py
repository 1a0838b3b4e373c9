"""``pytest-jama sandbox``: serve a local Jama Connect, or run a command against one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_jama.config import Settings
    from pytest_jama.sandbox.faults import Fault
    from pytest_jama.sandbox.knobs import Knobs
    from pytest_jama.sandbox.model import Run
    from pytest_jama.sandbox.server import Sandbox
    from pytest_jama.sandbox.store import Store

DEFAULT_PORT = 8421
DEFAULT_PROJECT = "DEMO"


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
    """

    port: int | None = None
    db: Path | None = None
    seed: Path | None = None
    cases: tuple[str, ...] = ()
    steps: int = 0
    knobs: tuple[str, ...] = ()
    throttle: str | None = None
    latency: str | None = None


def run_sandbox(options: SandboxOptions, command: Sequence[str]) -> int:
    """Serve until Ctrl-C, or while a command runs.

    Returns:
        0 after Ctrl-C, or the exit status of the command.

    Raises:
        SettingsError: When an option or the seed file is wrong.
    """
    try:
        from pytest_jama.sandbox.server import Sandbox  # noqa: PLC0415 (an extra)
        from pytest_jama.sandbox.store import Store  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise SettingsError(_extra_missing(exc)) from exc
    store = Store(options.db)
    project = seed_store(store, options)
    port = options.port if options.port is not None else 0 if command else DEFAULT_PORT
    with Sandbox(store, knobs=_knobs(options), port=port, faults=parse_faults(options)) as sandbox:
        if not command:
            return _serve(sandbox, store)
        _announce(sandbox, store)
        status = run_command(command, environment_for(sandbox, project=project))
        _print_last_cycle(store)
        return status


def seed_store(store: Store, options: SandboxOptions) -> str:
    """Create the project and the cases that the seed file and ``--case`` name.

    Returns:
        The key of the project.

    Raises:
        SettingsError: When the seed file or a case reference is wrong.
    """
    project: str | int = DEFAULT_PROJECT
    steps_by_ref = dict.fromkeys(map(_parse_case, options.cases), options.steps)
    if options.seed is not None:
        seeded = _load_seed(options.seed)
        project = seeded.project or project
        for link in seeded.tests.links():
            steps = steps_by_ref.get(link.case_ref, 0)
            steps_by_ref[link.case_ref] = max(steps, link.step or 0)
    key = f"P{project}" if isinstance(project, int) else project
    store.add_project(key, id=project if isinstance(project, int) else None)
    # Document keys first: the sandbox gives the next free key to a case that has only an ID.
    for ref in sorted(steps_by_ref, key=lambda ref: ref.kind is not RefKind.DOCUMENT_KEY):
        store.add_case(key, **_name_of(ref), steps=steps_by_ref[ref])
    return key


def environment_for(sandbox: Sandbox, *, project: str) -> Mapping[str, str]:
    """Return the environment in which a command finds the sandbox.

    Args:
        sandbox: The running sandbox.
        project: The key of the project; an own ``JAMA_PROJECT`` is left alone.
    """
    kept = {name: value for name, value in os.environ.items() if not _is_credential(name)}
    no_proxy = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1"]))
    return {
        "JAMA_PROJECT": project,
        **kept,
        "JAMA_URL": sandbox.url,
        "JAMA_CLIENT_ID": sandbox.credentials.client_id,
        "JAMA_CLIENT_SECRET": sandbox.credentials.client_secret,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit status; 127 when there is no such command."""
    try:
        with subprocess.Popen(list(command), env=dict(environment)) as process:  # noqa: S603 (asked)
            return _wait_for(process)
    except OSError as exc:
        _say(f"pytest-jama sandbox: cannot run {command[0]!r}: {exc.strerror or exc}")
        return 127


def _wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait; Ctrl-C reaches the command as well, which decides what it does."""
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue
        return status if status >= 0 else 128 - status


def _load_seed(file: Path) -> Settings:
    from pytest_jama.config import load_settings  # noqa: PLC0415 (pydantic)

    return load_settings(
        start=file.parent,
        file=file,
        flags={},
        environ=os.environ,
        needs_target=False,
    ).settings


def _parse_case(text: str) -> CaseRef:
    try:
        return CaseRef.parse(text)
    except ValueError as exc:
        problem = Problem(str(exc), remedy="name the case as in a marker", origin="--case")
        raise SettingsError(problem) from exc


def _name_of(ref: CaseRef) -> Mapping[str, Any]:
    """Return how the store is told the name of a case."""
    if ref.kind is RefKind.API_ID:
        return {"id": int(ref.text)}
    name = "document_key" if ref.kind is RefKind.DOCUMENT_KEY else "global_id"
    return {name: ref.text}


def _knobs(options: SandboxOptions) -> Knobs:
    from pytest_jama.sandbox.knobs import KnobError, Knobs  # noqa: PLC0415 (an extra)

    try:
        return Knobs.parse(options.knobs)
    except KnobError as exc:
        problem = Problem(str(exc), remedy="see docs/sandbox.md", origin="--knob")
        raise SettingsError(problem) from exc


def _extra_missing(exc: ModuleNotFoundError) -> Problem:
    return Problem(
        f"the sandbox needs {exc.name}, which is not installed",
        remedy="run: pip install 'pytest-jama[sandbox]'",
        origin="pytest-jama sandbox",
    )


def _is_credential(name: str) -> bool:
    return name in {"JAMA_USERNAME", "JAMA_PASSWORD"}


def _announce(sandbox: Sandbox, store: Store) -> None:
    projects = ", ".join(
        f"{each.key} ({len(store.cases(each.key))} cases)" for each in store.projects() if each.key
    )
    _say(f"Jama sandbox at {sandbox.url} (REST API under /rest/v1): {projects}")
    _say(f"  JAMA_URL={sandbox.url}")
    _say(f"  JAMA_CLIENT_ID={sandbox.credentials.client_id}")
    _say(f"  JAMA_CLIENT_SECRET={sandbox.credentials.client_secret}")


def _print_last_cycle(store: Store) -> None:
    """Print the cycle that was written to last, run by run."""
    cycles = [
        cycle
        for project in store.projects()
        if project.key
        for plan in store.plans(project.key)
        for cycle in store.cycles(plan.id)
    ]
    runs_by_cycle = {cycle: store.runs(cycle.id) for cycle in cycles}
    if not cycles:
        _say("No cycle was created.")
        return
    last = max(
        cycles,
        key=lambda cycle: (
            max((run.last_activity_date for run in runs_by_cycle[cycle]), default=""),
            cycle.id,
        ),
    )
    _print_runs(last.name, runs_by_cycle[last])


def _print_runs(title: str, runs: Sequence[Run]) -> None:
    from rich.console import Console  # noqa: PLC0415 (only when something is shown)
    from rich.table import Table  # noqa: PLC0415

    table = Table("run", "case", "name", "status", "steps", title=title, title_justify="left")
    for run in runs:
        steps = " ".join(step.status for step in run.steps)
        table.add_row(run.document_key, run.case_key, run.name, run.status, steps)
    Console(file=sys.stderr).print(table)


def _serve(sandbox: Sandbox, store: Store) -> int:
    """Serve until Ctrl-C."""
    try:
        _announce(sandbox, store)
        threading.Event().wait()
    except KeyboardInterrupt:
        _say("stopped")
    return 0


def _say(text: str) -> None:
    click.echo(text, err=True)


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
