"""Measures what pytest-jama costs, and prints it beside the bounds: ``make bench``.

Where valgrind is installed, instructions are counted: they are the same on a busy and on an idle
machine. Elsewhere processor time is measured, in turns. docs/performance.md explains the figures.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench import (
    during,
    enabled,
    filling,
    first_build,
    idle,
    junit,
    map_loading,
    octane_documents,
    octane_uploads,
    pace,
    reports,
    starting,
    venvs,
)
from bench.table import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.table import Figures, Generator

PAGE = venvs.PROJECT / "docs" / "performance.md"
PICTURES = venvs.PROJECT / "docs" / "pictures"
MAIN = ("3.11", "3.13")
"""On which Python what takes minutes is measured, where they are found."""


class Table(NamedTuple):
    """A table of the page.

    Attributes:
        title: What it is about.
        measure: Its generator.
        is_cheap: Whether it is measured on all Pythons that are found.
        plot: The name of its picture; empty without one.
    """

    title: str
    measure: Generator
    is_cheap: bool = False
    plot: str = ""

    @property
    def source(self) -> str:
        """The path of the generator."""
        return f"{self.measure.__module__.replace('.', '/')}.py"


TABLES = {
    "idle": Table("Idle: one test, no `--jama`", idle.measure, is_cheap=True),
    "starting": Table("Commands that do nothing else", starting.measure, is_cheap=True),
    "enabled": Table("Enabled: `--jama --jama-no-upload`", enabled.measure, plot="cost-of-a-test"),
    "memory": Table("Memory of a session", enabled.measure_memory),
    "map": Table("The map of jama.yaml", map_loading.measure),
    "first-build": Table("First and second builds", first_build.measure, plot="builds"),
    "pace": Table("Uploads, plan and cycle being there", pace.measure),
    "unthrottled": Table("Uploads without a limit", pace.measure_unthrottled),
    "during": Table("Results sent while tests run", during.measure),
    "junit": Table("Reading JUnit reports", junit.measure),
    "reports": Table("Reports", reports.measure),
    "filling": Table("The sandbox", filling.measure),
    "octane-documents": Table("Documents for ALM Octane", octane_documents.measure),
    "octane-uploads": Table("Uploads for ALM Octane", octane_uploads.measure),
    "octane-sessions": Table("Sessions for ALM Octane", octane_uploads.measure_sessions),
}


def main() -> None:
    """Measure, print each table as soon as it is complete, and maybe put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument(
        "--python",
        action="append",
        metavar="VERSION",
        help=f"such as 3.12, may be repeated; else {' and '.join(MAIN)}, and all for what is cheap",
    )
    parser.add_argument("--write", action="store_true", help="put tables and plots into docs/")
    options = parser.parse_args()
    if unknown := set(options.tables) - TABLES.keys():
        parser.error(f"there is no table {', '.join(sorted(unknown))}")
    found = list(venvs.all_pythons())
    if missing := set(options.python or ()) - set(found):
        parser.error(f"there is no Python {', '.join(sorted(missing))}, only {', '.join(found)}")
    failed = False
    for name in options.tables or TABLES:
        table = TABLES[name]
        usual = found if table.is_cheap else [each for each in MAIN if each in found]
        chosen = "".join(f" --python {each}" for each in options.python or ())
        command = f".venv/bin/python bench/run.py {name}{chosen}{' --quick' * options.quick}"
        pythons = options.python or usual or found[:1]
        try:
            _measure(name, command, pythons, quick=options.quick, write=options.write)
        except (RuntimeError, subprocess.CalledProcessError) as problem:
            print(f"\n{table.title}: FAILED: {problem}", flush=True)
            failed = True
    sys.exit(failed)


def _measure(name: str, command: str, pythons: Iterable[str], *, quick: bool, write: bool) -> None:
    """Print a table, and maybe put it where it belongs."""
    table, began = TABLES[name], time.monotonic()
    loads = [os.getloadavg()[0]]
    figures: dict[str, Figures] = {}
    for version in pythons:
        figures[version] = table.measure(version, quick=quick)
        loads.append(os.getloadavg()[0])
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    machine = f"{os.cpu_count()} cores, load {min(loads):.1f} to {max(loads):.1f}"
    took = f"took {(time.monotonic() - began) / 60:.0f} min"
    wheel = f"{venvs.module_count()} modules"
    said = f"`{table.source}`: `{command}`; {today}, {wheel}, {machine}; {took}."
    lines = [*table_of(table.title, figures), "", said]
    print("\n".join(["", *lines]), flush=True)
    if write:
        write_into_page(name, lines)
        if table.plot:
            _draw(table.plot, figures)


def write_into_page(name: str, lines: Iterable[str]) -> None:
    """Put a table between its marks in the page.

    Args:
        name: Of the table.
        lines: What stands there from now on.
    """
    text = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- bench: {name} -->", "<!-- end -->"
    block = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    made = "\n".join([begin, "", *lines, "", end])
    PAGE.write_text(block.sub(lambda _: made, text), encoding="utf-8")


def _draw(plot: str, figures: Mapping[str, Figures]) -> None:
    """Draw a picture of figures; of those on the first Python."""
    version, first = next(iter(figures.items()))
    values = {row.what: row.value for row in first.rows}
    python = venvs.python_of("plots", version)
    command = (python, str(Path(__file__).with_name("plots.py")), plot, str(PICTURES))
    subprocess.run(command, input=json.dumps([version, values]), text=True, check=True)


if __name__ == "__main__":
    main()
