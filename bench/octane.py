"""What ALM Octane costs: 50,000 results sent to a real stand-in, and each test of a session."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.junit_reports import make_report
from bench.octane_client import MARK
from bench.probes import VALGRIND
from bench.sessions import UPLOAD_NOTHING, cost_of, session
from bench.table import Row, compare
from bench.venvs import PROJECT

COUNT = 50_000
TESTS = 2_000
WALL_BOUND_S = 10.0
MEMORY_BOUND_MB = 200.0
EVEN = 1.0
SERVER = ("--target", "octane", "--knob", "task_poll_count=0")
"""It says of each task at the first question what became of it."""

CLIENT = "bench.octane_client"
SETTINGS = "url: http://127.0.0.1:1/ui/?p=1001/1002\n"


class Sent(NamedTuple):
    """What one upload took: seconds and MB of the client."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def measure_octane(*, quick: bool) -> list[Row]:
    """Return the rows on ALM Octane.

    Args:
        quick: Whether to measure fewer times.
    """
    return [*_upload_rows(1 if quick else 5), *_session_rows()]


def _upload_rows(repeats: int) -> list[Row]:
    report = make_report(COUNT)
    turns = [_send(report) for _ in range(repeats)]
    wall_s, cpu_s, peak_mb = (statistics.median(each) for each in zip(*turns, strict=True))
    title = f"{COUNT:,} results sent to the stand-in"
    return [
        compare(f"{title}, until all is taken", wall_s, bound=WALL_BOUND_S, form="{:.1f} s"),
        Row(f"{title}: processor time of the client", f"{cpu_s:.1f} s"),
        compare(f"{title}: memory", peak_mb, bound=MEMORY_BOUND_MB, form="{:.0f} MB"),
    ]


def _send(report: Path) -> Sent:
    """Send a report to a stand-in that is started for it.

    Raises:
        RuntimeError: When the client says nothing.
    """
    command = (
        *(sys.executable, "-m", "pytest_jama", "sandbox", *SERVER, "--"),
        *(sys.executable, "-m", CLIENT, str(report)),
    )
    known = {name: value for name, value in os.environ.items() if not name.startswith("OCTANE_")}
    environ = {**known, "NO_PROXY": "*", "PYTHONPATH": str(PROJECT)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "octane.yaml").write_text("url: ${OCTANE_URL}\n", encoding="utf-8")
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environ, cwd=folder
        )
    for line in done.stdout.splitlines():
        if line.startswith(MARK):
            return Sent(*json.loads(line.removeprefix(MARK)))
    raise RuntimeError(f"{command} failed: {done.stderr}")


def _session_rows() -> list[Row]:
    """Compare what a session costs with ``--octane`` and with ``--jama``."""
    commands = {
        f"{name}-{count}": session("jama", "marker", count, *options)
        for count in (1, TESTS)
        for name, options in (
            ("plain", ()),
            ("jama", UPLOAD_NOTHING),
            ("octane", ("--octane", "--octane-no-upload")),
        )
    }
    for command in commands.values():
        Path(command.folder, "octane.yaml").write_text(SETTINGS, encoding="utf-8")
    cost = cost_of(commands)

    def added(name: str) -> float:
        each, plain = (cost[f"{kind}-{TESTS}"] - cost[f"{kind}-1"] for kind in (name, "plain"))
        return (each - plain) / (TESTS - 1)

    jama, octane = added("jama"), added("octane")
    unit = "instructions" if VALGRIND else "us"
    return [
        compare(
            f"`--octane`: one test more, of {TESTS:,} with markers",
            octane / jama,
            bound=EVEN,
            form="{:.2f} x `--jama`",
        ),
        Row("`--octane`: one test more", f"{octane:,.0f} {unit}"),
        Row("`--jama`: one test more", f"{jama:,.0f} {unit}"),
    ]
