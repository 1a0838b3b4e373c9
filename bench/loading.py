"""What it costs to load a map of 10,000 entries, and to match as many test IDs against it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench import probes, venvs
from bench.probes import Command
from bench.suites import TEST_IDS, make_suite
from bench.table import Row, compare

ENTRIES = 10_000
RATIO_BOUND = 1.2
MATCH_BOUND_MS = 500.0
SCRIPT = str(Path(__file__).with_name("load_map.py"))


def measure_loading() -> list[Row]:
    """Return the rows on the map."""
    mapped, unmapped = _times("map"), _times("marker")
    rows = [
        compare(
            f"load {ENTRIES:,} entries, beside CSafeLoader: time",
            mapped["ours"] / mapped["yaml"],
            bound=RATIO_BOUND,
            form="{:.2f} x",
        ),
    ]
    if probes.VALGRIND:
        rows.append(
            compare(
                f"load {ENTRIES:,} entries, beside CSafeLoader: instructions",
                _instructions("ours") / _instructions("yaml"),
                bound=RATIO_BOUND,
                form="{:.2f} x",
            ),
        )
    milliseconds = "{:,.1f} ms"
    return [
        *rows,
        compare(
            f"match {ENTRIES:,} test IDs against them",
            1000 * mapped["match"],
            bound=MATCH_BOUND_MS,
            form=milliseconds,
        ),
        Row(f"load {ENTRIES:,} entries", milliseconds.format(1000 * mapped["ours"])),
        Row("load a jama.yaml without `tests:`", milliseconds.format(1000 * unmapped["ours"])),
        Row(
            f"match {ENTRIES:,} test IDs without `tests:`",
            milliseconds.format(1000 * unmapped["match"]),
        ),
    ]


def _command(task: str, form: str = "map") -> Command:
    folder = make_suite(form, ENTRIES)
    arguments = (
        venvs.python_of("jama"),
        SCRIPT,
        task,
        str(folder / "jama.yaml"),
        str(folder / TEST_IDS),
    )
    return Command(arguments, folder)


def _times(form: str) -> dict[str, float]:
    command = _command("time", form)
    printed = subprocess.run(
        command.arguments,
        cwd=command.folder,
        env=probes.environment(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    times: dict[str, float] = json.loads(printed)
    return times


def _instructions(task: str) -> int:
    """Return the instructions of a task alone."""
    for each in (task, "nothing"):
        probes.run(_command(each))  # fills the bytecode caches
    counted = probes.count_instructions
    return counted(_command(task)) - counted(_command("nothing"))
