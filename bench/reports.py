"""What `pytest-jama report` costs, beside reading the lines of the same journal as JSON."""

from __future__ import annotations

import statistics

from bench import probes, venvs
from bench.probes import Command
from bench.report_journals import make_journal
from bench.table import Row, compare

FEW, MANY = 1_000, 10_000
CPU_BOUND = 20.0
SIZE_BOUND_MB = 15.0
JSON = "import json, sys\nfor line in open(sys.argv[1], 'rb'):\n    json.loads(line)"
RATIO = "{:.2f} x json.loads"


def measure_reports(*, quick: bool) -> list[Row]:
    """Return the rows on reports.

    Args:
        quick: Whether to measure fewer times.
    """
    rows = []
    for cases in (FEW, MANY):
        ours, theirs = _measure_in_turns(_commands(cases), repeats=3 if quick else 9)
        title = f"pytest-jama report -o report.html: {cases:,} cases"
        if cases == MANY:
            rows.append(compare(title, ours / theirs, bound=CPU_BOUND, form=RATIO))
            size_mb = (venvs.WORK / "report.html").stat().st_size / 1e6
            rows.append(compare("its size", size_mb, bound=SIZE_BOUND_MB, form="{:.1f} MB"))
        rows.append(Row(f"{title}: processor time", f"{ours:.2f} s"))
    return rows


def _commands(cases: int) -> tuple[Command, Command]:
    journal = str(make_journal(cases))
    report = ("-m", "pytest_jama", "report", journal, "-o", str(venvs.WORK / "report.html"))
    python = venvs.python_of("jama")
    ours, theirs = (python, *report), (python, "-c", JSON, journal)
    return Command(ours, venvs.WORK), Command(theirs, venvs.WORK)


def _measure_in_turns(commands: tuple[Command, Command], repeats: int) -> tuple[float, float]:
    """Return the medians of the processor time of both, in seconds, start of Python included."""
    seconds = [[probes.measure_usage(each).cpu_s for each in commands] for _ in range(repeats)]
    ours, theirs = (statistics.median(each) for each in zip(*seconds, strict=True))
    return ours, theirs
