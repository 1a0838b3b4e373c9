"""What the documents for ALM Octane cost, beside `xml.etree` that writes the same elements."""

from __future__ import annotations

import statistics
from pathlib import Path

from bench import probes, venvs
from bench.probes import Command
from bench.table import Row, compare

COUNT = 50_000
CPU_BOUND_S = 2.0
MEMORY_BOUND_MB = 100.0
SCRIPT = str(Path(__file__).with_name("document_writers.py"))
OURS, PLAIN, NONE = "ours", "ElementTree", "none"


def measure_documents(*, quick: bool) -> list[Row]:
    """Return the rows on documents of results.

    Args:
        quick: Whether to measure fewer times.
    """
    commands = {
        name: Command((venvs.python_of("jama"), SCRIPT, name, str(COUNT)), venvs.WORK)
        for name in (OURS, PLAIN, NONE)
    }
    turns = [
        {name: probes.measure_usage(command) for name, command in commands.items()}
        for _ in range(3 if quick else 9)
    ]
    ours, plain = (
        statistics.median(each[name].cpu_s - each[NONE].cpu_s for each in turns)
        for name in (OURS, PLAIN)
    )
    ours_mb, plain_mb = (
        statistics.median((each[name].peak_kb - each[NONE].peak_kb) / 1024 for each in turns)
        for name in (OURS, PLAIN)
    )
    title = f"{COUNT:,} results as documents for ALM Octane"
    return [
        compare(f"{title}: processor time", ours, bound=CPU_BOUND_S, form="{:.2f} s"),
        Row(f"{title}: beside it", f"{ours / plain:.2f} x xml.etree"),
        compare(f"{title}: memory", ours_mb, bound=MEMORY_BOUND_MB, form="{:.0f} MB"),
        Row("xml.etree: memory", f"{plain_mb:.0f} MB"),
    ]
