"""The command that checks a server, whichever kind it is, and what it is told; see `commands`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_jama.cli.commands import toolbox
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.session.interrupts import second_interrupt_ends_all

if TYPE_CHECKING:
    from pytest_jama.config import Flags

PROGRAM = "pytest-jama check"

DOCUMENT_VERSION = 1
"""Raised when a key of the JSON document changes its meaning or goes."""

_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The command line.

    Attributes:
        config: The settings file.
        flags: What the flags say, by setting.
        runs: For how many results an upload is estimated; 0 for as many as there are.
        write_probe: The name of the plan that is made; empty for reading alone.
        is_agreed: Whether it is made without asking.
        report: Where the report without names goes; None for nowhere.
        offline: Whether the server is left alone.
        shows_settings: Whether to print each setting with its origin.
        collects: Whether to ask for the tests.
        is_junit: Whether the arguments are JUnit reports.
        arguments: These, or what pytest gets for its collection.
    """

    config: Path | None
    flags: Flags
    runs: int = 0
    write_probe: str = ""
    is_agreed: bool = False
    report: Path | None = None
    offline: bool = False
    shows_settings: bool = False
    collects: bool = True
    is_junit: bool = False
    arguments: tuple[str, ...] = ()

    def require_fitting(self) -> None:
        """Refuse options that do not fit together.

        Raises:
            SettingsError: With each of them.
        """
        asks = {"--write-probe": self.write_probe, "--report": self.report, "--runs": self.runs}
        what = "it is about the server, and --offline leaves that alone"
        refused = [flag for flag, value in asks.items() if self.offline and value]
        problems = [Problem(what, "leave one of them out", flag) for flag in refused]
        if self.is_junit and not self.arguments:
            what = "--junit reads reports, and none is named"
            problems.append(Problem(what, "name them behind the options", "command line"))
        if self.arguments and not self.collects:
            what = f"{' '.join(self.arguments)} is about tests, and --no-collect asks for none"
            problems.append(Problem(what, "leave one of them out", "command line"))
        if problems:
            raise SettingsError(*problems)


@toolbox.command(short_help="Find out whether sessions can report.")
@click.option(
    "--target",
    type=click.Choice(["jama", "octane"]),
    help="Which server, where jama.yaml and octane.yaml are both there.",
)
@click.option("--url", help="Address of the server.")
@click.option("--project", help="The project, by key or API ID.")
@click.option("--plan", help="The test plan, by name or id:20494.")
@click.option("--cycle", help="The test cycle, by name or id:20495.")
@click.option("--config", type=_FILE, help="The settings file, instead of jama.yaml.")
@click.option(
    "--runs",
    type=click.IntRange(1, 1_000_000),
    default=None,
    metavar="N",
    help="Estimate an upload of so many results.",
)
@click.option(
    "--write-probe",
    metavar="NAME",
    default="",
    help="Make a test plan NAME with a test cycle, and see what becomes of what is written there.",
)
@click.option("--yes", is_flag=True, help="Make it without asking.")
@click.option(
    "--report", type=_FILE, metavar="FILE", help="Write what was seen, without names and keys."
)
@click.option("--offline", is_flag=True, help="Look at the repository alone, not at the server.")
@click.option("--settings", is_flag=True, help="Print each setting, and where it comes from.")
@click.option("--junit", is_flag=True, help="The arguments are JUnit reports; pytest is not asked.")
@click.option("--no-collect", is_flag=True, help="Do not ask for the tests.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option(
    "--verbose", "-v", count=True, help="Name every single thing; -vv logs each request, too."
)
@click.option("--quiet", "-q", is_flag=True, help="Print only what is not ok.")
@click.argument(
    "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- PYTEST ARGUMENTS | REPORT...]"
)
def check(
    *,
    target: str | None,
    config: Path | None,
    runs: int | None,
    write_probe: str,
    yes: bool,
    report: Path | None,
    offline: bool,
    settings: bool,
    junit: bool,
    no_collect: bool,
    as_json: bool,
    verbose: int,
    quiet: bool,
    arguments: tuple[str, ...],
    **given: str | bool | None,
) -> int:
    """Find out whether sessions can report: settings, tests, map and lock; server, rights, cases.

    pytest collects the tests, with the arguments behind `--`, and runs none. With --offline that is
    all. Else the server is asked, too; it is only read. With --write-probe it also makes one test
    plan with one test cycle in Jama, with test cases that are there already, and writes into the
    runs of that cycle. It deletes nothing, and names what it has made. Where octane.yaml is, ALM
    Octane is checked, which is only read.

    \b
    pytest-jama check
    pytest-jama check --offline --settings
    pytest-jama check --junit reports/*.xml
    pytest-jama check --runs 1000 --report jama-report.txt
    pytest-jama check --write-probe "pytest-jama probe" --report jama-report.json

    Exit status: 0 ready, 1 something is a problem, 2 wrong use or settings, 3 the server out of
    reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.check.check_jama import run_check  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    output = OutputOptions(as_json=as_json, verbosity=verbose, quiet=quiet)
    options = CheckOptions(
        config=config,
        flags=given,
        runs=runs or 0,
        write_probe=write_probe,
        is_agreed=yes,
        report=report,
        offline=offline,
        shows_settings=settings,
        collects=not no_collect,
        is_junit=junit,
        arguments=arguments,
    )
    if _find_kind(target, config) == "octane":
        from pytest_jama.cli.check.check_octane import run_octane_check  # noqa: PLC0415

        run_check = run_octane_check
    with second_interrupt_ends_all():
        return run_check(options, output)


def _find_kind(target: str | None, config: Path | None) -> str:
    """Return the name of the kind of server: what was said, else that of the settings file.

    Where there is no such file, the variable that names a server says it.

    Args:
        target: What the command line says.
        config: The settings file that it names.

    Raises:
        SettingsError: When there are settings files for several.
    """
    from pytest_jama.config import (  # noqa: PLC0415 (pydantic)
        find_file,
        find_kind_by_variable,
        find_kinds,
    )

    if target:
        return target
    kinds = find_kinds(Path.cwd(), config)
    if len(kinds) > 1:
        what = " and ".join(kind.file for kind in kinds)
        remedy = "say which server: --target jama or --target octane"
        raise SettingsError(Problem(f"{what} are both there", remedy, "command line"))
    has_file = config is not None or find_file(Path.cwd(), kinds[0]) is not None
    named = None if has_file else find_kind_by_variable(os.environ)
    return (named or kinds[0]).name
