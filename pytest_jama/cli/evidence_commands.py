"""The commands that make evidence and check it; see `commands`."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_jama.cli.commands import toolbox

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
@click.argument("journals", nargs=-1, type=click.Path(path_type=Path), metavar="[JOURNAL]...")
def report(*, outputs: tuple[Path, ...], config: Path | None, journals: tuple[Path, ...]) -> int:
    """Write the record of sessions as a page or for programs, from their journals alone.

    \b
    pytest-jama report -o report.html
    pytest-jama report .jama/*.jsonl -o report.html -o report.json

    Without JOURNAL it takes the newest one, sent or not. Several journals are one record, as
    `pytest-jama upload` makes them one session. No server is asked.

    Exit status: 0 written, 2 wrong use, or a journal that cannot be used.
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.reporting import ReportOptions, run_report  # noqa: PLC0415

    return run_report(ReportOptions(journals, outputs, config))
