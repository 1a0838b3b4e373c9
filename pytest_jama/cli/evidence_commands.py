"""The commands that make evidence and check it; see `commands`."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_jama.cli.commands import toolbox
from pytest_jama.session.interrupts import second_interrupt_ends_all

_FILE = click.Path(dir_okay=False, path_type=Path)


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
    from pytest_jama.cli.verify import VerifyOptions, run_verify  # noqa: PLC0415
    from pytest_jama.session.command_line import OutputOptions  # noqa: PLC0415

    output = OutputOptions(as_json=as_json, verbosity=verbose, quiet=quiet)
    with second_interrupt_ends_all():
        return run_verify(VerifyOptions(journals, config, given), output)
