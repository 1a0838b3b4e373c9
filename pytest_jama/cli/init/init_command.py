"""The command that writes the first settings file, and what it is told; see `commands`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_jama.cli.commands import toolbox
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.text import quoted
from pytest_jama.session.interrupts import second_interrupt_ends_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The command line.

    Attributes:
        config: The file to write; None for the usual one.
        given: What the flags say, by setting: ``{"project": "PUMP"}``.
        verdicts: Outcome -> verdict.
        fields: ``cycle.Phase=Alpha`` each.
        ca: The CA bundle of the server.
        junit: The JUnit reports to look at.
        uses_sandbox: Whether the sandbox is the server.
        collects: Whether pytest may collect the tests.
        is_agreed: Whether to take what is proposed, and to ask nothing.
        dry_run: Whether the text is printed, and nothing written.
    """

    config: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    fields: Sequence[str] = ()
    ca: Path | None = None
    junit: Sequence[str] = ()
    uses_sandbox: bool = False
    collects: bool = True
    is_agreed: bool = False
    dry_run: bool = False


def read_fields(given: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Return the fields of plans, cycles and runs that flags give: kind -> name -> value.

    Args:
        given: ``cycle.Phase=Alpha`` each.

    Raises:
        SettingsError: With each that has another form.
    """
    fields: dict[str, dict[str, str]] = {}
    problems = []
    for each in given:
        kind, dot, rest = each.partition(".")
        name, sign, value = rest.partition("=")
        if kind not in ("plan", "cycle", "run") or not (dot and sign and name.strip() and value):
            what = f"{quoted(each)} is not a field with a value"
            remedy = "write KIND.FIELD=VALUE, KIND plan, cycle or run: --field cycle.Phase=Alpha"
            problems.append(Problem(what, remedy, "--field"))
        fields.setdefault(kind, {})[name.strip()] = value.strip()
    if problems:
        raise SettingsError(*problems)
    return fields


@toolbox.command(short_help="Write the first jama.yaml: ask, look at tests and server.")
@click.option(
    "--target",
    type=click.Choice(["jama", "octane"]),
    default="jama",
    help="Which kind of server; octane writes octane.yaml.",
)
@click.option("--url", help="Address of the server; the browser's is fine.")
@click.option("--sandbox", is_flag=True, help="Begin with the local sandbox, without a server.")
@click.option("--project", help="The project, by key or API ID.")
@click.option("--plan", help="The test plan, by name or id:20494.")
@click.option("--cycle", help="The test cycle, by name or id:20495.")
@click.option("--skipped", metavar="VERDICT", help="What a skipped test says of its case.")
@click.option("--xfailed", metavar="VERDICT", help="What a test says that failed as expected.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="KIND.FIELD=VALUE",
    help="A field that plans, cycles or runs must have: cycle.Phase=Alpha; several times.",
)
@click.option("--space", help="ALM Octane: the shared space, by ID or name.")
@click.option("--workspace", help="ALM Octane: the workspace, by ID or name.")
@click.option("--release", help="ALM Octane: the release, by name or ID.")
@click.option("--ca", type=_FILE, help="CA bundle (PEM) that vouches for the server's certificate.")
@click.option(
    "--junit",
    multiple=True,
    metavar="REPORT",
    help="Look at this JUnit report, and not at tests of pytest; several times.",
)
@click.option(
    "--no-collect", is_flag=True, help="Do not ask pytest: read the tests from their files."
)
@click.option("--config", type=_FILE, help="The file to write, instead of jama.yaml.")
@click.option("--yes", is_flag=True, help="Ask nothing, and take what is proposed.")
@click.option("--dry-run", is_flag=True, help="Print the file on stdout, and write nothing.")
@click.option("--verbose", "-v", count=True, help="-vv logs each request.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
def init(
    *,
    target: str,
    sandbox: bool,
    skipped: str | None,
    xfailed: str | None,
    fields: tuple[str, ...],
    ca: Path | None,
    junit: tuple[str, ...],
    no_collect: bool,
    config: Path | None,
    yes: bool,
    dry_run: bool,
    verbose: int,
    quiet: bool,
    **given: str | None,
) -> int:
    """Write the first jama.yaml, or octane.yaml: commented, and of what is there.

    It looks at the repository: tests that pytest collects, JUnit reports, and IDs of test cases
    that stand in names, docstrings or markers of other tools already. It asks for the server,
    project, plan and cycle; with credentials in the environment it offers those that the server
    has, and says which rights are missing. A file that exists is never overwritten.

    \b
    pytest-jama init
    pytest-jama init --sandbox --yes
    pytest-jama init --url https://acme.jamacloud.com --project PUMP --yes
    pytest-jama init --junit reports/*.xml

    Exit status: 0 written, and nothing is in the way; 1 written, and something is in the way of an
    upload; 2 not written: wrong use or settings; 3 written, and the server is out of reach or does
    not let the account in.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    output = OutputOptions(verbosity=verbose, quiet=quiet)
    if target == "octane":
        from pytest_jama.cli.init.init_octane import run_octane_init as run  # noqa: PLC0415
    else:
        from pytest_jama.cli.init.init_jama import run_init as run  # noqa: PLC0415

    habits = {"skipped": skipped, "xfailed": xfailed}
    options = InitOptions(
        config=config,
        given={name: said for name, said in given.items() if said},
        verdicts={outcome: verdict for outcome, verdict in habits.items() if verdict},
        fields=fields,
        ca=ca,
        junit=junit,
        uses_sandbox=sandbox,
        collects=not no_collect,
        is_agreed=yes,
        dry_run=dry_run,
    )
    with second_interrupt_ends_all():
        try:
            with output.logging():
                return int(run(options, output))
        except PytestJamaError as error:
            return output.refuse(error, program="pytest-jama init")
        except click.Abort:
            click.echo("\npytest-jama init: nothing was written", err=True)
            raise
