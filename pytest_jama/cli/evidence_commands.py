"""The commands that make evidence and check it; see `commands`."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_jama.cli.commands import toolbox
from pytest_jama.session.interrupts import second_interrupt_ends_all

_FILE = click.Path(dir_okay=False, path_type=Path)


@toolbox.command()
@click.option(
    "--output",
    "-o",
    "outputs",
    type=_FILE,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Write this file, by its ending: .html, .md, .json, .csv, .xml; several times.",
)
@click.option("--config", type=_FILE, help="The jama.yaml that names the journals.")
@click.option("--trace", "traces", is_flag=True, help="Ask Jama for the requirements, too.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="KEY-OR-NAME",
    help="With --trace: an item type that counts as a requirement; several times.",
)
@click.option("--url", help="With --trace: address of the Jama instance.")
@click.argument("journals", nargs=-1, type=click.Path(path_type=Path), metavar="[JOURNAL]...")
def report(
    *,
    outputs: tuple[Path, ...],
    config: Path | None,
    traces: bool,
    types: tuple[str, ...],
    url: str | None,
    journals: tuple[Path, ...],
) -> int:
    """Write the record of sessions as a page or for programs, from their journals alone.

    \b
    pytest-jama report -o report.html
    pytest-jama report .jama/*.jsonl -o report.html -o report.json

    Without JOURNAL it takes the newest one, sent or not. Several journals are one record, as
    `pytest-jama upload` makes them one session. No server is asked, but with --trace.

    Exit status: 0 written, 2 wrong use, or a journal that cannot be used; 3 with --trace, when Jama
    is out of reach.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.reporting import ReportOptions, run_report  # noqa: PLC0415

    if types and not traces:
        raise click.UsageError("--type says which items are requirements; give --trace, too")

    options = ReportOptions(journals, outputs, config, traces=traces, types=types, url=url)
    return run_report(options)


@toolbox.command()
@click.option(
    "--output",
    "-o",
    "files",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Write the report there, by suffix: .html or .json; may be repeated.",
)
@click.option(
    "-k", "words", default="", metavar="WORDS", help="Only checks in which one of the words occurs."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
def selftest(*, files: tuple[Path, ...], words: str, as_json: bool, quiet: bool) -> int:
    """Try on this machine what pytest-jama promises: its operational qualification.

    Real sessions of pytest, `junit-uploader` and `pytest-jama upload` run in temporary folders
    against a local Jama (the sandbox), through what is installed here. Each check compares what is
    seen there with what was written down of it. No other server is asked. It takes a minute or two.

    \b
    pytest-jama selftest -o qualification.html -o qualification.json
    pytest-jama selftest -k "drift edits"

    Exit status: 0 all checks passed, 1 a check failed, 2 wrong use, 3 the sandbox is not installed.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.selftest.running import SelftestOptions, run_selftest  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    options = SelftestOptions(files, tuple(words.split()))
    with second_interrupt_ends_all():
        return run_selftest(options, OutputOptions(as_json=as_json, quiet=quiet))


@toolbox.command()
@click.option("--url", help="Address of the Jama instance.")
@click.option("--config", type=_FILE, help="The settings file, instead of jama.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--verbose", "-v", count=True, help="-vv logs each request.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.argument("journals", nargs=-1, required=True, type=click.Path(path_type=Path))
def verify(
    *,
    config: Path | None,
    as_json: bool,
    verbose: int,
    quiet: bool,
    journals: tuple[Path, ...],
    **given: str | bool | None,
) -> int:
    """Compare what Jama shows now with what the journals say was sent; change nothing.

    Exit status: 0 all is as it was sent, 1 something differs, 2 wrong use or settings, 3 Jama out
    of reach or credentials refused.
    """
    from pytest_jama.cli.verifying import VerifyOptions, run_verify  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    output = OutputOptions(as_json=as_json, verbosity=verbose, quiet=quiet)
    with second_interrupt_ends_all():
        return run_verify(VerifyOptions(journals, config, given), output)


@toolbox.command()
@click.option(
    "--output",
    "-o",
    "outputs",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Write this file, by its ending: .html, .md, .json, .csv; several times.",
)
@click.option(
    "--require",
    type=click.Choice(["complete"]),
    help="Exit with 1 unless every requirement is shown.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="KEY-OR-NAME",
    help="An item type that counts as a requirement; several times.",
)
@click.option("--url", help="Address of the Jama instance.")
@click.option("--config", type=_FILE, help="The settings file, instead of jama.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--verbose", "-v", count=True, help="Name every requirement; -vv logs each request.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.argument("journals", nargs=-1, type=click.Path(path_type=Path), metavar="[JOURNAL]...")
def trace(
    *,
    outputs: tuple[Path, ...],
    require: str | None,
    types: tuple[str, ...],
    config: Path | None,
    as_json: bool,
    verbose: int,
    quiet: bool,
    journals: tuple[Path, ...],
    **given: str | bool | None,
) -> int:
    """Trace requirements to test cases, tests and verdicts, and back; gaps first.

    \b
    pytest-jama trace -o trace.html -o trace.csv
    pytest-jama trace --require complete --type REQ

    Without JOURNAL it takes the newest one, sent or not. Jama is asked for requirements,
    relationships, and what the test runs of the cycle show now.

    Exit status: 0 traced, 1 with --require complete when something is not shown, 2 wrong use or
    settings, 3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.tracing import TraceOptions, run_trace  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    options = TraceOptions(journals, outputs, config, types, require is not None, given)
    output = OutputOptions(as_json=as_json, verbosity=verbose, quiet=quiet)
    with second_interrupt_ends_all():
        return run_trace(options, output)
