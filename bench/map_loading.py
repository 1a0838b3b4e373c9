"""What it costs to load a map of 10,000 entries, and to match as many test IDs against it."""

from __future__ import annotations

import json
from pathlib import Path

from bench import probes
from bench.probes import Command
from bench.suites import TEST_IDS, make_suite
from bench.table import Figures, Row
from bench.venvs import python_of

ENTRIES = 10_000
RATIO_BOUND = 1.2
MATCH_BOUND_MS = 500.0
TIMES, MILLISECONDS = "{:.2f} x", "{:,.1f} ms"
SCRIPT = str(Path(__file__).with_name("load_map.py"))


def measure(version: str, *, quick: bool) -> Figures:  # noqa: ARG001 (all take it)
    """Time and count the loading of settings with and without a map."""
    commands = {
        **{task: _command(task, "map", version) for task in ("ours", "yaml", "nothing", "time")},
        "unmapped": _command("time", "marker", version),
    }
    mapped, unmapped = (json.loads(probes.run(commands[each])) for each in ("time", "unmapped"))
    loading = f"load {ENTRIES:,} entries"
    rows = [
        Row(
            f"{loading}, beside CSafeLoader: time",
            mapped["ours"] / mapped["yaml"],
            TIMES,
            "time",
            RATIO_BOUND,
        ),
        Row(
            f"match {ENTRIES:,} test IDs against them",
            1000 * mapped["match"],
            MILLISECONDS,
            "time",
            MATCH_BOUND_MS,
        ),
        Row(loading, 1000 * mapped["ours"], MILLISECONDS, "time"),
        Row("load a jama.yaml without `tests:`", 1000 * unmapped["ours"], MILLISECONDS, "unmapped"),
        Row(
            f"match {ENTRIES:,} test IDs without `tests:`",
            1000 * unmapped["match"],
            MILLISECONDS,
            "unmapped",
        ),
    ]
    return Figures([*_counted(commands, loading), *rows], commands)


def _counted(commands: dict[str, Command], loading: str) -> list[Row]:
    if not probes.VALGRIND:
        return []
    cost = {}
    for task in ("ours", "yaml", "nothing"):
        probes.run(commands[task])  # fills the bytecode caches
        cost[task] = probes.count_instructions(commands[task])
    ratio = (cost["ours"] - cost["nothing"]) / (cost["yaml"] - cost["nothing"])
    title = f"{loading}, beside CSafeLoader: instructions"
    return [Row(title, ratio, TIMES, "(ours - nothing) / (yaml - nothing)", RATIO_BOUND)]


def _command(task: str, form: str, version: str) -> Command:
    folder = make_suite(form, ENTRIES)
    files = (str(folder / "jama.yaml"), str(folder / TEST_IDS))
    return Command((python_of("jama", version), SCRIPT, task, *files), folder)
