"""What `pytest-jama report` costs, beside reading the lines of the same journal as JSON."""

from __future__ import annotations

import statistics

from bench.probes import Command, measure_in_turns
from bench.report_journals import make_journal
from bench.table import Figures, Row
from bench.venvs import WORK, python_of

FEW, MANY = 1_000, 10_000
CPU_BOUND = 20.0
SIZE_BOUND_MB = 15.0
JSON = "import json, sys; all(json.loads(line) for line in open(sys.argv[1], 'rb'))"
SECONDS = "{:.2f} s"
OURS = "pytest-jama report -o report.html"


def measure(version: str, *, quick: bool) -> Figures:
    """Time the making of reports, start of Python included."""
    python, page = python_of("jama", version), WORK / "report.html"
    rows: list[Row] = []
    commands: dict[str, Command] = {}
    for cases in (FEW, MANY):
        journal = str(make_journal(cases))
        ours, theirs = f"report {cases}", f"json {cases}"
        pair = {
            ours: Command((python, "-m", "pytest_jama", "report", journal, "-o", str(page))),
            theirs: Command((python, "-c", JSON, journal)),
        }
        usages = measure_in_turns(pair, repeats=3 if quick else 9)
        cpu_s = {name: statistics.median(u.cpu_s for u in each) for name, each in usages.items()}
        commands |= pair
        title = f"{OURS}: {cases:,} cases"
        if cases == MANY:
            ratio, how = cpu_s[ours] / cpu_s[theirs], f"{ours} / {theirs}"
            rows.append(Row(title, ratio, "{:.2f} x json.loads", how, CPU_BOUND))
            size_mb = page.stat().st_size / 1e6
            rows.append(Row("its size", size_mb, "{:.1f} MB", ours, SIZE_BOUND_MB))
        rows.append(Row(f"{title}: processor time", cpu_s[ours], SECONDS, ours))
        peak_mb = max(each.peak_kb for each in usages[ours]) / 1024
        rows.append(Row(f"{title}: memory", peak_mb, "{:.0f} MB", ours))
    return Figures(rows, commands)
