"""What ALM Octane costs: 50,000 results sent to a real stand-in, and each test of a session."""

from __future__ import annotations

import statistics
from pathlib import Path

from bench.junit_reports import make_report
from bench.probes import LAUNCHER, MARK, read_usage
from bench.servers import FOLDER, beside, run_beside
from bench.sessions import INSTRUCTIONS, UPLOAD_NOTHING, cost_of, session
from bench.table import Figures, Row
from bench.venvs import python_of

COUNT = 50_000
QUICK, TESTS = 200, 2_000
WALL_BOUND_S = 10.0
MEMORY_BOUND_MB = 200.0
EVEN = 1.0
SERVER = ("--target", "octane", "--knob", "task_poll_count=0")
"""It says of each task at the first question what became of it."""

SETTINGS = "url: http://127.0.0.1:1/ui/?p=1001/1002\n"


def measure(version: str, *, quick: bool) -> Figures:
    """Time uploads, until all is taken."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "octane.yaml").write_text("url: ${OCTANE_URL}\n", encoding="utf-8")
    uploader = ("python", "-m", "junit_uploader", "--target", "octane", str(make_report(COUNT)))
    command = beside(version, SERVER, *LAUNCHER, *uploader)
    turns = [read_usage(MARK + run_beside(command, mark=MARK)) for _ in range(1 if quick else 5)]
    wall_s = statistics.median(each.wall_s for each in turns)
    cpu_s = statistics.median(each.cpu_s for each in turns)
    peak_mb = max(each.peak_kb for each in turns) / 1024
    title, how = f"{COUNT:,} results", "upload"
    return Figures(
        [
            Row(f"{title}, until all is taken", wall_s, "{:.1f} s", how, WALL_BOUND_S),
            Row(f"{title}: processor time of the client", cpu_s, "{:.1f} s", how),
            Row(f"{title}: memory", peak_mb, "{:.0f} MB", how, MEMORY_BOUND_MB),
        ],
        {how: command},
    )


def measure_sessions(version: str, *, quick: bool) -> Figures:
    """Count what a session costs with ``--octane`` and with ``--jama``."""
    tests = QUICK if quick else TESTS
    options = {
        "plain": (),
        "jama": UPLOAD_NOTHING,
        "octane": ("--octane", "--octane-no-upload"),
    }
    sizes = {
        count: {
            name: session(python_of("jama", version), "marker", count, *each)
            for name, each in options.items()
        }
        for count in (1, tests)
    }
    for commands in sizes.values():
        folder = Path(commands["octane"].folder)
        (folder / "octane.yaml").write_text(SETTINGS, encoding="utf-8")
    low, high = (cost_of(commands) for commands in sizes.values())
    slopes = {name: (high[name] - low[name]) / (tests - 1) for name in options}
    added = {name: slopes[name] - slopes["plain"] for name in ("octane", "jama")}
    ratio, how = added["octane"] / added["jama"], "octane - plain, beside jama - plain"
    return Figures(
        [
            Row(f"`--octane`, of {tests:,} tests", ratio, "{:.2f} x `--jama`", how, EVEN),
            *(
                Row(f"`--{name}`: one test more", value, INSTRUCTIONS, f"{name} - plain")
                for name, value in added.items()
            ),
        ],
        sizes[tests],
    )
