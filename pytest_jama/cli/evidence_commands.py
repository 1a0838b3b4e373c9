"""The commands that make evidence and check it; see `commands`."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_jama.cli.commands import toolbox
from pytest_jama.session.interrupts import second_interrupt_ends_all

_FILE = click.Path(dir_okay=False, path_type=Path)


@toolbox.command(short_help="Write the record of sessions, for people or programs.")
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
@click.option("--cycle", metavar="NAME|id:N", help="Read what this test cycle shows in Jama now.")
@click.option("--plan", metavar="NAME|id:N", help="The test plan of --cycle.")
@click.option(
    "--only",
    type=click.Choice(["deviations"]),
    help="Leave cases without a deviation out of index and annex of a page.",
)
@click.option("--trace", "traces", is_flag=True, help="Ask Jama for the requirements, too.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="KEY-OR-NAME",
    help="With --trace: an item type that counts as a requirement; several times.",
)
@click.option("--url", help="With --cycle or --trace: address of the Jama instance.")
@click.option("--config", type=_FILE, help="The jama.yaml that names the journals.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--verbose", "-v", count=True, help="-vv logs each request.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.argument("journals", nargs=-1, type=click.Path(path_type=Path), metavar="[JOURNAL]...")
def report(
    *,
    outputs: tuple[Path, ...],
    cycle: str | None,
    plan: str | None,
    only: str | None,
    traces: bool,
    types: tuple[str, ...],
    url: str | None,
    config: Path | None,
    as_json: bool,
    verbose: int,
    quiet: bool,
    journals: tuple[Path, ...],
) -> int:
    """Write the record of sessions as a page or for programs, from their journals.

    \b
    pytest-jama report -o report.html
    pytest-jama report .jama/*.jsonl -o report.html -o report.json
    pytest-jama report --cycle "Build 17" -o report.html

    Without JOURNAL it takes the newest one, sent or not. Several journals are one record, as
    `pytest-jama upload` makes them one session. Jama is asked only with --cycle or --trace.
    With --cycle it takes all journals of the cycle, and tells what Jama shows now, also of runs
    that no journal has; with --trace it reads the requirements of the project.

    Exit status: 0 written, 1 Jama refused to tell, 2 wrong use, or a journal that cannot be used,
    3 Jama out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.reporting import ReportOptions, run_report  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    if types and not traces:
        raise click.UsageError("--type says which items are requirements; give --trace, too")
    options = ReportOptions(
        journals,
        outputs,
        config,
        cycle=cycle,
        plan=plan,
        flags={"url": url},
        traces=traces,
        types=types,
        only_deviations=bool(only),
    )
    output = OutputOptions(as_json=as_json, verbosity=verbose, quiet=quiet)
    with second_interrupt_ends_all():
        return run_report(options, output)


@toolbox.command(short_help="Try on this machine what pytest-jama promises.")
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


@toolbox.command(short_help="Write the record of an upload as an in-toto Statement.")
@click.option(
    "--output",
    "-o",
    type=_FILE,
    default=Path("-"),
    show_default=True,
    metavar="FILE",
    help="Write it to this file; - is standard output.",
)
@click.option(
    "--subject",
    "subjects",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="What was tested: a wheel, a firmware image; several times.",
)
@click.option(
    "--predicate-only", is_flag=True, help="Write the predicate without the statement around it."
)
@click.option("--config", type=_FILE, help="The jama.yaml that names the journals.")
@click.option("--json", "as_json", is_flag=True, help="Say in JSON what was written to FILE.")
@click.argument("journals", nargs=-1, type=click.Path(path_type=Path), metavar="[JOURNAL]...")
def manifest(
    *,
    output: Path,
    subjects: tuple[Path, ...],
    predicate_only: bool,
    config: Path | None,
    as_json: bool,
    journals: tuple[Path, ...],
) -> int:
    """Write the record of an upload as an in-toto Statement, ready to be signed.

    \b
    pytest-jama manifest -o upload.intoto.json
    pytest-jama manifest --subject dist/pump.whl -o upload.intoto.json

    It says PASSED, WARNED or FAILED, for policy engines, and the hashes of commit, journal and
    subjects. Without JOURNAL it takes the newest one. `pytest-jama verify` checks it. No server is
    asked.

    Exit status: 0 written, whatever it says; 2 wrong use, or a journal that cannot be used.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.manifesting import ManifestOptions, run_manifest  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    options = ManifestOptions(journals, output, subjects, config)
    form = OutputOptions(as_json=as_json, verbosity=0, quiet=False)
    return run_manifest(options, form, predicate_only=predicate_only)


@toolbox.command(short_help="Compare what the server shows with what was sent.")
@click.option("--url", help="Address of the Jama instance.")
@click.option("--config", type=_FILE, help="The settings file, instead of jama.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--verbose", "-v", count=True, help="-vv logs each request.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is wrong.")
@click.option("--files", is_flag=True, help="Compare the bytes of attached files, too.")
@click.option(
    "--offline", is_flag=True, help="Ask no server: compare only what is on this machine."
)
@click.argument(
    "records", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RECORD..."
)
def verify(
    *,
    config: Path | None,
    as_json: bool,
    verbose: int,
    quiet: bool,
    files: bool,
    offline: bool,
    records: tuple[Path, ...],
    **given: str | bool | None,
) -> int:
    """Compare what a server shows with what was sent; change nothing.

    A RECORD is a journal, a folder of them, or a manifest of `pytest-jama manifest`, whose journals
    and files are looked for beside it and in the folder of the journals.

    \b
    pytest-jama verify .jama
    pytest-jama verify .jama/20261122T043016Z-9f2c1ab0.jsonl
    pytest-jama verify --offline upload.intoto.json

    Exit status: 0 all is as it was sent, 1 something differs, 2 wrong use or settings, 3 the
    server out of reach or credentials refused.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.verifying import VerifyOptions, run_verify  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    output = OutputOptions(as_json=as_json, verbosity=verbose, quiet=quiet)
    options = VerifyOptions(records, config, given, reads_files=files, is_offline=offline)
    with second_interrupt_ends_all():
        return run_verify(options, output)


@toolbox.command(short_help="Trace requirements to test cases, tests and verdicts.")
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
