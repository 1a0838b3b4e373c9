"""``pytest-jama sandbox``: serve a local Jama Connect, or run a command against one."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import click

from pytest_jama.cli.sandbox_options import parse_faults, parse_knobs, parse_tls
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import counted, printable
from pytest_jama.report.streams import make_tolerant

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from pytest_jama.cli.sandbox_options import SandboxOptions
    from pytest_jama.sandbox.faults import ActiveFaults
    from pytest_jama.sandbox.jama.model import Node
    from pytest_jama.sandbox.jama.server import Sandbox
    from pytest_jama.sandbox.jama.store import Store

DEFAULT_PORT = 8421


def run_sandbox(options: SandboxOptions, command: Sequence[str]) -> int:
    """Serve until Ctrl-C, or while a command runs.

    Returns:
        0 after Ctrl-C, or the exit status of the command.

    Raises:
        SettingsError: When an option or the seed file is wrong.
    """
    try:
        from pytest_jama.sandbox.database import DatabaseError  # noqa: PLC0415 (an extra)
        from pytest_jama.sandbox.jama.server import Sandbox  # noqa: PLC0415
        from pytest_jama.sandbox.jama.store import Store  # noqa: PLC0415
        from pytest_jama.sandbox.serving import SandboxError  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise SettingsError(extra_missing(exc)) from exc
    from pytest_jama.cli.seeds import seed_store  # noqa: PLC0415 (settings)
    from pytest_jama.sandbox.jama.app import API_PATHS  # noqa: PLC0415
    from pytest_jama.sandbox.jama.knobs import Knobs  # noqa: PLC0415

    faults = parse_faults(options, API_PATHS)
    try:
        with Store(options.db) as store:
            project = seed_store(store, options)
            sandbox = Sandbox(
                store,
                knobs=parse_knobs(options, Knobs),
                port=port_of(options, is_beside_command=bool(command)),
                context_path=options.context_path,
                faults=faults,
                tls=parse_tls(options),
            )
            if command:
                return _run_beside(sandbox, project, options, command)
            sandbox.serve(on_ready=lambda _: _announce(sandbox, options))
            print_played(sandbox.faults, options)
            return 0
    except (SandboxError, DatabaseError) as exc:
        problem = Problem(str(exc), "choose another --port, --db or --tls file", "sandbox")
        raise SettingsError(problem) from exc


def _run_beside(
    sandbox: Sandbox, project: str, options: SandboxOptions, command: Sequence[str]
) -> int:
    """Run a command while the sandbox is served; print the cycle it wrote to."""
    with sandbox:
        _announce(sandbox, options)
        status = run_command(command, environment_for(sandbox, project=project))
        _print_last_cycle(sandbox.store)
        print_played(sandbox.faults, options)
        return status


def port_of(options: SandboxOptions, *, is_beside_command: bool) -> int:
    """Return the port to serve on; 0 takes a free one."""
    if options.port is None:
        return 0 if is_beside_command else DEFAULT_PORT
    return options.port


def environment_for(sandbox: Sandbox, *, project: str) -> Mapping[str, str]:
    """Return the environment in which a command finds the sandbox.

    Args:
        sandbox: The running sandbox.
        project: The key of the project; an own ``JAMA_PROJECT`` is left alone.
    """
    return {
        "JAMA_PROJECT": project,
        **environment_without(_CREDENTIALS),
        "JAMA_URL": sandbox.url,
        "JAMA_CLIENT_ID": sandbox.credentials.client_id,
        "JAMA_CLIENT_SECRET": sandbox.credentials.client_secret,
    }


_CREDENTIALS = frozenset({"JAMA_USERNAME", "JAMA_PASSWORD"})


def environment_without(dropped: Container[str]) -> Mapping[str, str]:
    """Return the environment without some variables; what is local needs no proxy in it."""
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    no_proxy = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1"]))
    return {**kept, "NO_PROXY": no_proxy, "no_proxy": no_proxy}


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit status; 127 when there is no such command."""
    try:
        with subprocess.Popen(list(command), env=dict(environment)) as process:  # noqa: S603 (asked)
            return _wait_for(process)
    except OSError as exc:
        say(f"pytest-jama sandbox: cannot run {command[0]!r}: {exc.strerror or exc}")
        return 127


def _wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait; Ctrl-C reaches the command as well, which decides what it does."""
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue
        return status if status >= 0 else 128 - status


def extra_missing(exc: ModuleNotFoundError) -> Problem:
    """Say what to install."""
    return Problem(
        f"the sandbox needs {exc.name}, which is not installed",
        remedy="run: pip install 'pytest-jama[sandbox]'",
        origin="pytest-jama sandbox",
    )


def _announce(sandbox: Sandbox, options: SandboxOptions) -> None:
    url, credentials, store = sandbox.url, sandbox.credentials, sandbox.store
    keys = [project.key for project in store.projects() if project.key]
    projects = ", ".join(f"{key} ({counted(len(store.cases(key)), 'case')})" for key in keys)
    say(f"Jama sandbox at {url} (REST API under /rest/v1): {projects}")
    say(f"  JAMA_URL={url}")
    say(f"  JAMA_CLIENT_ID={credentials.client_id}")
    say(f"  JAMA_CLIENT_SECRET={credentials.client_secret}")
    say_faults(options)


def say_faults(options: SandboxOptions) -> None:
    """Print how to let the same go wrong again; nothing if there are no faults."""
    if options.faults:
        faults = " ".join(f"--fault {shlex.quote(text)}" for text in options.faults)
        say(f"  faults: {faults} --fault-seed {options.fault_seed}")


def _print_last_cycle(store: Store) -> None:
    """Print the cycle that was written to last, run by run."""
    cycles = [
        cycle
        for project in store.projects()
        if project.key
        for plan in store.plans(project.key)
        for cycle in store.cycles(plan.id)
    ]
    if not cycles:
        say("No cycle was created.")
        return
    runs_by_cycle = {cycle.id: store.runs(cycle.id) for cycle in cycles}

    def last_activity(cycle: Node) -> tuple[str, int]:
        dates = (run.last_activity_date for run in runs_by_cycle[cycle.id])
        return max(dates, default=""), cycle.id

    last = max(cycles, key=last_activity)
    _print_runs(last.name, runs_by_cycle[last.id])


def _print_runs(title: str, runs: Sequence[Node]) -> None:
    from rich.console import Console  # noqa: PLC0415 (only when something is shown)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    say(title)
    table = Table("run", "case", "name", "status", "steps")
    for run in runs:
        steps = " ".join(step.status for step in run.steps)
        cells = (run.document_key, run.case_key, run.name, run.status, steps)
        table.add_row(*(Text(printable(cell)) for cell in cells))  # no markup: "Release [/b]"
    Console(file=make_tolerant(sys.stderr, is_drawn_on=True)).print(table)


def print_played(faults: ActiveFaults, options: SandboxOptions) -> None:
    """Print how often each fault was played; nothing if there were none to play."""
    from pytest_jama.sandbox.faults import parse_fault  # noqa: PLC0415 (an extra)

    asked = [parse_fault(text).kind for text in options.faults]
    if options.throttle is not None:
        asked.append("throttle")
    counts = dict.fromkeys(asked, 0) | faults.played
    if counts:
        played = ", ".join(f"{name} {count}x" for name, count in counts.items())
        repeat = f" (the same again: --fault-seed {options.fault_seed})" if options.faults else ""
        say(f"Faults played: {played}{repeat}")


def say(text: str) -> None:
    """Print a line for people."""
    click.echo(printable(text), file=sys.stderr)
