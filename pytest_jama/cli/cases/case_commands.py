"""The commands on test cases and the tests that are linked to them; see `commands`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.cli.commands import toolbox
from pytest_jama.session.interrupts import second_interrupt_ends_all

if TYPE_CHECKING:
    from pytest_jama.cli.cases.case_tests import CaseOptions
    from pytest_jama.session.command_line import OutputOptions

_FILE = click.Path(dir_okay=False, path_type=Path)
_Command = Callable[..., int]


@toolbox.group(short_help="Test cases beside the tests: list, find gaps, create.")
def cases() -> None:
    """Look at test cases beside the tests that are linked to them, and create what is missing.

    \b
    pytest-jama cases list
    pytest-jama cases unlinked
    pytest-jama cases create --set PUMP-SET-3
    """  # noqa: D301 (click wants the character itself)


def _with(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_SOURCES = _with(
    click.option("--plan", metavar="NAME|id:N", help="The cases of this test plan."),
    click.option(
        "--set",
        "container",
        metavar="KEY|NAME",
        help="The cases of this set or folder, by key, API ID or name.",
    ),
    click.option(
        "--filter", "filter_name", metavar="NAME|ID", help="The cases that this filter finds."
    ),
    click.option("--all", "takes_all", is_flag=True, help="All cases of the project."),
)
_SERVER = _with(
    click.option("--url", help="Address of the Jama instance."),
    click.option("--project", help="The project, by key or API ID."),
    click.option(
        "--config", type=_FILE, help="The settings file; default: jama.yaml, here or above."
    ),
)
_TESTS = _with(
    click.option(
        "--junit", is_flag=True, help="The arguments are JUnit reports; pytest is not used."
    ),
    click.option(
        "--no-collect", is_flag=True, help="Do not ask pytest: take the tests of map and lock."
    ),
)
_CSV = click.option("--csv", "as_csv", is_flag=True, help="Print CSV on stdout.")
_OUTPUT = _with(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout."),
    click.option(
        "--verbose", "-v", count=True, help="Name every single thing; -vv logs each request, too."
    ),
    click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong, and the answer."),
    click.argument(
        "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- PYTEST ARGUMENTS | REPORT...]"
    ),
)


@cases.command("list", short_help="Cases with their steps, tests and last verdict.")
@_SOURCES
@_SERVER
@_TESTS
@_CSV
@_OUTPUT
def list_cases(**given: Any) -> int:
    """Print test cases: key, name, steps, linked tests, and the verdict of the last cycle.

    Which cases: those of the plan in jama.yaml, or of the project if there is no plan; --plan,
    --set, --filter and --all name others. pytest collects the tests, with the arguments behind
    `--`, and runs none. The verdict is that of the newest cycle in which the case was run.

    \b
    pytest-jama cases list
    pytest-jama cases list --set "Pump tests" --csv > cases.csv
    pytest-jama cases list --all --junit reports/*.xml

    Exit status: 0 printed, 1 something could not be collected or read, 2 wrong use or settings,
    3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.cases.case_listing import run_list  # noqa: PLC0415

    with second_interrupt_ends_all():
        return run_list(_options(given), _output(given))


@cases.command("unlinked", short_help="Tests without a case, and cases without a test.")
@_SOURCES
@_SERVER
@_TESTS
@click.option(
    "--require",
    type=click.Choice(["linked"]),
    help="Exit with 1 when a test or a case is not linked.",
)
@_CSV
@_OUTPUT
def unlinked(*, require: str | None, **given: Any) -> int:
    """Print the tests without a test case, and the test cases without a test.

    Which cases: those of the plan in jama.yaml, or of the project if there is no plan; --plan,
    --set, --filter and --all name others. Tests that are to have no case (`none`), and tests that
    are deselected, are left out.

    \b
    pytest-jama cases unlinked
    pytest-jama cases unlinked --require linked -- tests/system
    pytest-jama cases unlinked --all --json

    Exit status: 0 printed, 1 something could not be read, or is not linked and --require is given,
    2 wrong use or settings, 3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.cases.case_listing import run_unlinked  # noqa: PLC0415

    with second_interrupt_ends_all():
        return run_unlinked(_options(given), _output(given), must_be_none=bool(require))


@cases.command("create", short_help="Create cases for tests without one, and link them.")
@click.option(
    "--set",
    "container",
    metavar="KEY|NAME",
    help="The set or folder that gets the cases, by key, API ID or name.",
)
@click.option(
    "--type", "type_name", metavar="KEY|NAME", help="Their item type; without it, that of the set."
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="LABEL=VALUE",
    help="The value of a field of the cases; several times.",
)
@click.option(
    "--per",
    type=click.Choice(["function", "parameter"]),
    default="function",
    show_default=True,
    help="One case for a test with all its parameters, or one for each of them.",
)
@click.option("--yes", "is_agreed", is_flag=True, help="Do it; else it is only printed.")
@_SERVER
@click.option("--junit", is_flag=True, help="The arguments are JUnit reports; pytest is not used.")
@_OUTPUT
def create(
    *, type_name: str | None, fields: tuple[str, ...], per: str, is_agreed: bool, **given: Any
) -> int:
    """Create test cases for the tests that have none, and write their keys into the map.

    The name of a case is the first paragraph of the test's docstring, or else the name of the test;
    the other paragraphs are its description, and what stands under `Steps:`, or the texts of
    `jama.step(1, "action", expected="...")`, are its steps. A case that exists is never changed.

    It prints what it would do; with --yes it does it. Done again, it creates nothing twice: a case
    says in its description which test it is for, and is found by that.

    \b
    pytest-jama cases create --set PUMP-SET-3
    pytest-jama cases create --set PUMP-SET-3 --field "Priority=High" --yes
    pytest-jama cases create --set "System tests" --yes -- tests/system

    Exit status: 0 done, or printed; 1 something was not created, 2 wrong use or settings, or a
    field needs a value, 3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.cases.case_creating import CreationOptions, run_create  # noqa: PLC0415

    wanted = CreationOptions(
        type_name, _values(fields), per_parameter=per == "parameter", is_agreed=is_agreed
    )
    with second_interrupt_ends_all():
        return run_create(_options(given), wanted, _output(given))


def _values(fields: tuple[str, ...]) -> dict[str, str | list[str]]:
    """Return the values of fields; one that is given several times has a list."""
    found: dict[str, list[str]] = {}
    for each in fields:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"--field {each!r} is not LABEL=VALUE")
        found.setdefault(name.strip(), []).append(value.strip())
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _options(given: dict[str, Any]) -> CaseOptions:
    from pytest_jama.cli.cases.case_tests import CaseOptions  # noqa: PLC0415

    sources = [
        name for name in ("plan", "container", "filter_name", "takes_all") if given.get(name)
    ]
    if len(sources) > 1:
        raise click.UsageError("give one of --plan, --set, --filter and --all")
    if given["junit"] and not given["arguments"]:
        raise click.UsageError("--junit needs the reports: --junit reports/*.xml")
    if given["junit"] and given.get("no_collect"):
        raise click.UsageError("give --junit or --no-collect, not both")
    return CaseOptions(
        arguments=given["arguments"],
        is_junit=given["junit"],
        collects=not given.get("no_collect"),
        config=given["config"],
        flags={name: given.get(name) for name in ("url", "project", "plan")},
        container=given["container"],
        filter_name=given.get("filter_name"),
        takes_all=bool(given.get("takes_all")),
        as_csv=bool(given.get("as_csv")),
    )


def _output(given: dict[str, Any]) -> OutputOptions:
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    if given["as_json"] and given.get("as_csv"):
        raise click.UsageError("give --json or --csv, not both")
    return OutputOptions(
        as_json=given["as_json"] or bool(given.get("as_csv")),
        verbosity=given["verbose"],
        quiet=given["quiet"],
    )
