"""What ``pytest-jama octane FLOW`` does: ask, print rows, say what is missing."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.config import OCTANE, load_settings
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.text import printable
from pytest_jama.report.row_tables import csv_text, table_lines
from pytest_jama.report.streams import make_tolerant, why_unwritten
from pytest_jama.session.command_line import OutputOptions
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.flow_reading import Desk
from pytest_jama.targets.octane.flow_rows import FlowRows
from pytest_jama.targets.octane.known_names import require_known_names
from pytest_jama.targets.octane.octane_client import open_client
from pytest_jama.targets.octane.task_status import wait_for_task
from pytest_jama.targets.octane.wishes import Wishes, require_usable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_jama.config import Flags
    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.targets.octane.flow_table import Flow
    from pytest_jama.targets.octane.octane_client import OctaneClient

PROGRAM = "pytest-jama octane"

UNUSED = (
    *("release", "milestone", "modules", "environment", "fields", "suite", "build"),
    *("report_url", "tests"),
)
"""What only an upload needs: a variable of CI in it may be unset here."""


@dataclass(frozen=True, slots=True)
class FlowOptions:
    """What all of these commands can be told.

    Attributes:
        output: Form of the output.
        as_csv: Rows as CSV.
        config: The settings file.
        url: The address of the server; None for that of the settings.
    """

    output: OutputOptions
    as_csv: bool = False
    config: Path | None = None
    url: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> FlowOptions:
        """Return the options of a command line.

        Args:
            given: The parameters by name.
        """
        output = OutputOptions(
            as_json=given["as_json"], verbosity=given["verbose"], quiet=given["quiet"]
        )
        return cls(output, given["as_csv"], given["config"], given["url"])


def run_flow(
    flow: Flow,
    given: Mapping[str, Any],
    options: FlowOptions,
    *,
    clock: Callable[[], float] = time.time,
) -> int:
    """Do what a flow does, and print its rows.

    Args:
        flow: The flow.
        given: The values of its options.
        options: Where, and the form of the output.
        clock: Seconds since 1970.

    Returns:
        The exit status.
    """
    texts = {name: _text(value) for name, value in given.items() if value not in {None, ()}}
    known = {option.name: option for option in flow.options}
    wishes = Wishes(texts, known, clock())

    def work(client: OctaneClient) -> FlowRows:
        require_usable(wishes)
        desk = Desk(Entities(client), wishes)
        found = flow.run(desk)
        if not found.rows:
            require_known_names(desk)
        return found

    return _run(work, options, program=f"{PROGRAM} {flow.name}")


def _text(value: Any) -> str | bool | tuple[str, ...]:
    return value if isinstance(value, (bool, tuple)) else str(value)


def run_status(task: int, *, wait_s: float, options: FlowOptions) -> int:
    """Tell what became of a push.

    Args:
        task: The ID of the task in which the server works it off.
        wait_s: For how many seconds to wait for its end.
        options: Where, and the form of the output.

    Returns:
        The exit status.
    """

    def work(client: OctaneClient) -> FlowRows:
        state = wait_for_task(client, task, wait_s=wait_s)
        row = state._asdict()
        return FlowRows(tuple(row), (row,), is_complete=state.is_success)

    return _run(work, options, program=f"{PROGRAM} status")


def _run(work: Callable[[OctaneClient], FlowRows], options: FlowOptions, *, program: str) -> int:
    output = options.output
    try:
        if output.as_json and options.as_csv:
            what = "--json and --csv exclude each other"
            raise SettingsError(Problem(what, "give one of them", "command line"))
        settings = _load_settings(options.config, {"url": options.url})
        with output.logging(), _client_of(settings) as client:
            found = work(client)
    except PytestJamaError as error:
        output.complain(error, program=program)
        return exit_status_of(error)
    return _show(found, options, program=program, redactor=settings.redactor)


@contextmanager
def _client_of(settings: OctaneSettings) -> Iterator[OctaneClient]:
    client = open_client(settings)
    try:
        yield client
    finally:
        client.close()


def _load_settings(config: Path | None, flags: Flags) -> OctaneSettings:
    return load_settings(
        start=Path.cwd(),
        file=config,
        flags=flags,
        environ=os.environ,
        unused=UNUSED,
        flag_prefix="--",
        kind=OCTANE,
    ).settings


def _show(found: FlowRows, options: FlowOptions, *, program: str, redactor: Redactor) -> int:
    """Print rows and notes; return the exit status."""
    status = ExitStatus.WELL if found.is_complete else ExitStatus.INCOMPLETE
    notes = found.notes or (() if found.rows else ("nothing was found",))
    for note in () if options.output.quiet and found.is_complete else notes:
        _complain(f"{program}: {redactor.hide_certain(note)}")
    if found.stopped is not None:
        options.output.complain(found.stopped, program=program)
        status = exit_status_of(found.stopped)
    if options.output.as_json:
        rows = [{column: row.get(column) for column in found.columns} for row in found.rows]
        return options.output.write_json(rows, status=status, redactor=redactor)
    return _print_rows(found, status, as_csv=options.as_csv, redactor=redactor)


def _print_rows(found: FlowRows, status: int, *, as_csv: bool, redactor: Redactor) -> int:
    if as_csv:
        lines = csv_text(found.columns, found.rows).removesuffix("\n").split("\n")
    else:
        lines = list(table_lines(found.columns, found.rows)) if found.rows else []
    stdout = make_tolerant(sys.stdout)
    for line in lines:
        click.echo(printable(redactor.hide_certain(line)), file=stdout)
    if failure := why_unwritten(stdout):
        _complain(f"{PROGRAM}: error: standard output cannot be written: {failure}")
        return status or ExitStatus.INCOMPLETE
    return status


def _complain(text: str) -> None:
    click.echo(printable(text), file=make_tolerant(sys.stderr))
