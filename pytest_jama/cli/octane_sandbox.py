"""``pytest-jama sandbox --target octane``: a local ALM Octane, alone or beside a command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.cli.sandbox import (
    environment_without,
    extra_missing,
    port_of,
    print_played,
    run_command,
    say,
    say_faults,
)
from pytest_jama.cli.sandbox_options import parse_faults, parse_knobs, parse_tls
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import printable
from pytest_jama.report.streams import make_tolerant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.cli.sandbox_options import SandboxOptions
    from pytest_jama.sandbox.octane import OctaneSandbox
    from pytest_jama.sandbox.octane.workspace_store import OctaneStore

_DROPPED = frozenset({"OCTANE_USER", "OCTANE_PASSWORD"})
_MOST_RUNS = 100
"""Runs in the table at the end; more are counted only."""


def run_octane_sandbox(options: SandboxOptions, command: Sequence[str]) -> int:
    """Serve until Ctrl-C, or while a command runs.

    Returns:
        0 after Ctrl-C, or the exit status of the command.

    Raises:
        SettingsError: When an option or the seed file is wrong.
    """
    try:
        from pytest_jama.sandbox.database import DatabaseError  # noqa: PLC0415 (an extra)
        from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox  # noqa: PLC0415
        from pytest_jama.sandbox.octane.disturbed import OCTANE_PATHS  # noqa: PLC0415
        from pytest_jama.sandbox.octane.workspace_store import OctaneStore  # noqa: PLC0415
        from pytest_jama.sandbox.serving import SandboxError  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise SettingsError(extra_missing(exc)) from exc
    if options.cases or options.steps:
        raise click.BadParameter("a case is a thing of Jama", param_hint="--case, --steps")
    faults = parse_faults(options, OCTANE_PATHS)
    knobs = parse_knobs(options, OctaneKnobs)
    try:
        with OctaneStore(options.db, first_number=1) as store:
            _seed(store, options)
            sandbox = OctaneSandbox(
                store,
                knobs=knobs,
                port=port_of(options, is_beside_command=bool(command)),
                context_path=options.context_path,
                faults=faults,
                tls=parse_tls(options),
            )
            return _serve(sandbox, options, command)
    except (SandboxError, DatabaseError) as exc:
        problem = Problem(str(exc), "choose another --port, --db or --tls file", "sandbox")
        raise SettingsError(problem) from exc


def _serve(sandbox: OctaneSandbox, options: SandboxOptions, command: Sequence[str]) -> int:
    status = 0
    if command:
        with sandbox:
            _announce(sandbox, options)
            status = run_command(command, octane_environment(sandbox))
            _print_workspace(sandbox.store)
    else:
        sandbox.serve(on_ready=lambda _: _announce(sandbox, options))
    print_played(sandbox.faults, options)
    return status


def _seed(store: OctaneStore, options: SandboxOptions) -> None:
    for file in options.seeds:
        from pytest_jama.cli.octane_seed import seed_workspace_of  # noqa: PLC0415 (pydantic)

        seed_workspace_of(store, file)


def octane_environment(sandbox: OctaneSandbox) -> Mapping[str, str]:
    """Return the environment in which a command finds the sandbox."""
    from pytest_jama.sandbox.octane.octane_site import SPACE, WORKSPACE  # noqa: PLC0415 (an extra)

    return {
        **environment_without(_DROPPED),
        "OCTANE_URL": sandbox.browser_url,
        "OCTANE_SPACE": str(SPACE),
        "OCTANE_WORKSPACE": str(WORKSPACE),
        "OCTANE_CLIENT_ID": sandbox.credentials.client_id,
        "OCTANE_CLIENT_SECRET": sandbox.credentials.client_secret,
    }


def _announce(sandbox: OctaneSandbox, options: SandboxOptions) -> None:
    environment = octane_environment(sandbox)
    say(f"ALM Octane sandbox at {sandbox.url}, its pages at {sandbox.browser_url}")
    for name in ("OCTANE_URL", "OCTANE_CLIENT_ID", "OCTANE_CLIENT_SECRET"):
        say(f"  {name}={environment[name]}")
    say_faults(options)


def _print_workspace(store: OctaneStore) -> None:
    """Print what became of the pushes, and the runs that there are now."""
    tasks = store.tasks()
    if not tasks:
        say("Nothing was pushed.")
        return
    for task in tasks:
        details = f": {task.details}" if task.details else ""
        say(f"Task {task.id}: {task.status}{details}")
    counts = store.count_by("runs", "native_status")
    if (count := sum(counts.values())) > _MOST_RUNS:
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        say(f"{count} runs: {words}")
        return
    fields = "name,native_status{name},test{name,package,class_name},taxonomies{name}"
    _print_table(store.all("runs", fields=fields))


def _print_table(runs: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415 (only when something is shown)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("run", "package", "class", "test", "status", "environment")
    for run in runs:
        cells = (Text(printable(cell), overflow="fold") for cell in _cells(run))  # no markup
        table.add_row(*cells)
    Console(file=make_tolerant(sys.stderr, is_drawn_on=True)).print(table)


def _cells(run: Mapping[str, Any]) -> tuple[str, ...]:
    test = run.get("test") or {}
    return (
        run["id"],
        test.get("package") or "",
        test.get("class_name") or "",
        test.get("name") or run["name"],
        run["native_status"]["name"],
        ", ".join(each["name"] for each in run["taxonomies"]["data"]),
    )
