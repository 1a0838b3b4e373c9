"""What the documents for ALM Octane cost, beside `xml.etree` that writes the same elements."""

from __future__ import annotations

import statistics
from pathlib import Path

from bench.probes import Command, measure_in_turns
from bench.table import Figures, Row
from bench.venvs import python_of

COUNT = 50_000
CPU_BOUND_S = 2.0
MEMORY_BOUND_MB = 100.0
SCRIPT = str(Path(__file__).with_name("document_writers.py"))
OURS, PLAIN, NONE = "ours", "ElementTree", "none"


def measure(version: str, *, quick: bool) -> Figures:
    """Time both; what it takes to make the results drops out."""
    python = python_of("jama", version)
    commands = {name: Command((python, SCRIPT, name, str(COUNT))) for name in (OURS, PLAIN, NONE)}
    usages = measure_in_turns(commands, repeats=3 if quick else 9)

    def median(name: str, field: str) -> float:
        pairs = zip(usages[name], usages[NONE], strict=True)
        return float(
            statistics.median(getattr(one, field) - getattr(none, field) for one, none in pairs)
        )

    cpu_s = {name: median(name, "cpu_s") for name in (OURS, PLAIN)}
    peak_mb = {name: median(name, "peak_kb") / 1024 for name in (OURS, PLAIN)}
    title = f"{COUNT:,} results as documents"
    ours, plain = f"{OURS} - {NONE}", f"{PLAIN} - {NONE}"
    ratio = cpu_s[OURS] / cpu_s[PLAIN]
    return Figures(
        [
            Row(f"{title}: processor time", cpu_s[OURS], "{:.2f} s", ours, CPU_BOUND_S),
            Row(f"{title}: beside it", ratio, "{:.2f} x xml.etree", f"({ours}) / ({plain})"),
            Row(f"{title}: memory", peak_mb[OURS], "{:.0f} MB", ours, MEMORY_BOUND_MB),
            Row("xml.etree: memory", peak_mb[PLAIN], "{:.0f} MB", plain),
        ],
        commands,
    )
