"""The commands of the toolbox and their options; what they do is imported when they run."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_jama import __version__
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.session.interrupts import second_interrupt_ends_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.config import Flags

_FILE = click.Path(dir_okay=False, path_type=Path)


class _ExamplesLast(click.Command):
    """Shows the examples of the docstring, its blocks of commands, at the end of the help."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the docstring says, without the examples."""
        del ctx
        self._write(formatter, examples=False)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        del ctx
        formatter.write_paragraph()
        formatter.write("Examples:")
        self._write(formatter, examples=True)

    def _write(self, formatter: click.HelpFormatter, *, examples: bool) -> None:
        paragraphs = inspect.cleandoc(self.help or "").split("\n\n")
        wanted = (each for each in paragraphs if each.startswith("\b\n") is examples)
        formatter.write_paragraph()
        with formatter.indentation():
            write = formatter.write_text
            write("\n\n".join(wanted))


class ToolboxCommand(_ExamplesLast):
    """A command of the toolbox."""


class ToolboxGroup(_ExamplesLast, click.Group):
    """A group of them, the toolbox itself, too."""

    command_class = ToolboxCommand
    group_class = type  # a group in it is of its own class


def refuse_options_of_jama(given: Mapping[str, object]) -> None:
    """Refuse what only Jama has, where the server is ALM Octane.

    Args:
        given: Options about Jama, with what is said of each.

    Raises:
        SettingsError: With each that is given.
    """
    what = "it is about Jama, and the server is ALM Octane"
    problems = [Problem(what, "leave it out", flag) for flag, value in given.items() if value]
    if problems:
        raise SettingsError(*problems)


@click.group(cls=ToolboxGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pytest-jama")
def toolbox() -> None:
    """Tools around reporting test results to Jama Connect and ALM Octane.

    \b
    pytest-jama sandbox --seed jama.yaml -- pytest --jama
    pytest-jama check
    pytest-jama upload
    """  # noqa: D301 (click wants the character itself)


@toolbox.command()
@click.option("--url", help="Address of the server.")
@click.option("--project", help="The project, by key or API ID.")
@click.option("--plan", help="The test plan, by name or id:20494.")
@click.option("--cycle", help="The test cycle, by name or id:20495.")
@click.option("--release", help="ALM Octane: the release, by name or ID.")
@click.option("--milestone", help="ALM Octane: the milestone, by name or ID.")
@click.option("--suite", help="ALM Octane: the test suite, by name or ID.")
@click.option("--wait", metavar="S", help="ALM Octane: for how long to wait for the server.")
@click.option("--module", multiple=True, help="ALM Octane: an application module; several times.")
@click.option(
    "--skip-errors", is_flag=True, help="ALM Octane: leave out references to what is not there."
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Link the tests anew, by the map of this jama.yaml and by the jama.lock beside it.",
)
@click.option(
    "--case",
    "cases",
    multiple=True,
    metavar="OLD=NEW",
    help="Link the tests of one case to another one; several times.",
)
@click.option("--config", type=_FILE, help="The settings file that names server and journals.")
@click.option(
    "--report",
    multiple=True,
    metavar="FILE",
    help="Write the record there at the end: .html, .md, .json, .csv, .xml; several times.",
)
@click.option("--strict", is_flag=True, help="Fail when no test is linked to a test case.")
@click.option(
    "--accept-edited",
    is_flag=True,
    help="Send journals that were changed after they were written; the accounts tell it.",
)
@click.option("--dry-run", is_flag=True, help="Only read, and print the exact changes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option(
    "--verbose", "-v", count=True, help="Name every single thing; -vv logs each request, too."
)
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.argument("journals", nargs=-1, type=click.Path(path_type=Path), metavar="[JOURNAL]...")
def upload(
    *,
    module: tuple[str, ...],
    map_file: Path | None,
    cases: tuple[str, ...],
    config: Path | None,
    report: tuple[str, ...],
    accept_edited: bool,
    dry_run: bool,
    as_json: bool,
    verbose: int,
    quiet: bool,
    journals: tuple[Path, ...],
    **given: str | bool | None,
) -> int:
    """Send what sessions have left: finish an upload, or merge shards.

    JOURNAL is a file, or a folder of which all unfinished journals count; none takes the newest
    unfinished one. Several become one set of verdicts. The settings are those of the journals'
    headers; these options and the variables JAMA_* beat them. The server is not taken from a
    journal: --url, JAMA_URL or jama.yaml name it, for ALM Octane OCTANE_URL or octane.yaml. Nothing
    is sent twice.

    \b
    pytest-jama upload
    pytest-jama upload .jama/20261122T043016Z-9f2c1ab0.jsonl
    pytest-jama upload shards/*.jsonl
    pytest-jama upload --map jama.yaml .jama/20261122T043016Z-9f2c1ab0.jsonl

    Exit status: 0 all sent, 1 something not sent, 2 wrong use or settings, 3 the server out of
    reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.upload import UploadOptions, run_upload  # noqa: PLC0415
    from pytest_jama.core.plan import Mode  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    mode = Mode.DRY_RUN if dry_run else Mode.SEND
    output = OutputOptions(mode, as_json=as_json, verbosity=verbose, quiet=quiet)
    accepted = ["--accept-edited"] if accept_edited else []
    several = [*(f"--module={each}" for each in module), *(f"--report={each}" for each in report)]
    several += [f"--map={map_file}"] * bool(map_file) + [f"--case={each}" for each in cases]
    command = ["pytest-jama", "upload", *_words(given), *several, *accepted, *map(str, journals)]
    flags = {**given, "modules": module or None, "report": list(map(os.path.abspath, report))}
    options = UploadOptions(
        journals, config, flags, accepts_edited=accept_edited, map_file=map_file, cases=cases
    )
    with second_interrupt_ends_all():
        return run_upload(options, output, command=command)


@toolbox.command(short_help="Write jama.lock: what the linked test cases say now.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when it would change.")
@click.option("--junit", is_flag=True, help="The arguments are JUnit reports; pytest is not used.")
@click.option("--url", help="Address of the Jama instance.")
@click.option("--project", help="The project, by key or API ID.")
@click.option("--config", type=_FILE, help="The settings file; default: jama.yaml, here or above.")
@click.option(
    "--verbose", "-v", count=True, help="Name every single thing; -vv logs each request, too."
)
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.argument(
    "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- PYTEST ARGUMENTS | REPORT...]"
)
def lock(
    *,
    check: bool,
    junit: bool,
    config: Path | None,
    verbose: int,
    quiet: bool,
    arguments: tuple[str, ...],
    **given: str | bool | None,
) -> int:
    """Write jama.lock: what the linked test cases say now, and which tests are linked to them.

    pytest collects the tests, with the arguments behind `--`, and runs none; Jama is asked for the
    cases. Review the file's changes, and commit it: from then on a case that says something else is
    not PASSED.

    \b
    pytest-jama lock
    pytest-jama lock --check -- -p no:cacheprovider
    pytest-jama lock --junit reports/*.xml

    Exit status: 0 it is written, or up to date; 1 it would change, or something cannot be collected
    or found; 2 wrong use or settings, 3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.locking import LockOptions, run_lock  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    options = LockOptions(arguments, is_junit=junit, checks=check, config=config, flags=given)
    with second_interrupt_ends_all():
        return run_lock(options, OutputOptions(verbosity=verbose, quiet=quiet))


@toolbox.command(short_help="Make plan, cycle and test cases ready; run no test.")
@click.option("--url", help="Address of the Jama instance.")
@click.option("--project", help="The project, by key or API ID.")
@click.option("--plan", help="The test plan, by name or id:20494.")
@click.option("--cycle", help="The test cycle, by name or id:20495.")
@click.option("--config", type=_FILE, help="The settings file, instead of jama.yaml.")
@click.option(
    "--no-collect",
    is_flag=True,
    help="Do not ask pytest: take the cases of jama.yaml and jama.lock.",
)
@click.option("--strict", is_flag=True, help="Fail when no test is linked to a test case.")
@click.option("--dry-run", is_flag=True, help="Only read, and print the exact changes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option(
    "--verbose", "-v", count=True, help="Name every single thing; -vv logs each request, too."
)
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- PYTEST ARGUMENTS]")
def prepare(
    *,
    config: Path | None,
    no_collect: bool,
    dry_run: bool,
    as_json: bool,
    verbose: int,
    quiet: bool,
    arguments: tuple[str, ...],
    **given: str | bool | None,
) -> int:
    """Make plan, test group, test cases and cycle ready; run no test and send no result.

    The first job of a pipeline whose other jobs each run some of the tests: the cycle then has a
    run of every case that is linked to a test. Done again, it changes nothing.

    \b
    pytest-jama prepare
    pytest-jama prepare -- tests -m "not slow"
    pytest-jama prepare --no-collect

    Exit status: 0 everything is ready, 1 a case has no run or something was not understood,
    2 wrong use or settings, 3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.prepare import PrepareOptions, run_prepare  # noqa: PLC0415
    from pytest_jama.core.plan import Mode  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    mode = Mode.DRY_RUN if dry_run else Mode.SEND
    output = OutputOptions(mode, as_json=as_json, verbosity=verbose, quiet=quiet)
    options = PrepareOptions(arguments, collects=not no_collect, config=config, flags=given)
    with second_interrupt_ends_all():
        return run_prepare(options, output)


def _words(flags: Flags) -> list[str]:
    given = {
        name.replace("_", "-"): said
        for name, said in flags.items()
        if said is not None and said is not False
    }
    return [f"--{name}" if said is True else f"--{name}={said}" for name, said in given.items()]
