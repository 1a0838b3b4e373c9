"""How fast an upload is beside what the server lets through, in real sandboxes.

Each measurement starts a sandbox of its own as users do, with ``--throttle`` or ``--latency``, and
`pace_client` in a process beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.pace_client import CYCLE, MARK, PLAN, PROJECT
from bench.table import Row, compare
from bench.venvs import PROJECT as ROOT
from pytest_jama.sandbox.jama.store import Store

BOUND = 1.05
SPEED_UP = 6.0
FEW, MANY = 20, 200
CLIENT = Path(__file__).with_name("pace_client.py")
TIMES = "{:.3f} x"

_NAMES = {"one": "PATCHes one at a time", "threads": "PATCHes from 8 threads with retries"}


@dataclass(frozen=True)
class Upload:
    """What was measured of one upload.

    Attributes:
        wall_s: From the first request to the last answer.
        requests: How many were made; of those without retries of their own, the runs.
        refused: How many of them were answered with 429.
        lost: How many results did not arrive.
    """

    wall_s: float
    requests: int
    refused: int
    lost: int

    def __str__(self) -> str:
        lost = f", {self.lost} LOST" if self.lost else ""
        return f"{self.wall_s:.1f} s, {self.refused} x 429{lost}"


class Bench:
    """A database with a cycle, and uploads to copies of it.

    Args:
        folder: Where the databases are.
        count: How many runs the cycle has.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self.count = count
        with Store(folder / "cycle.sqlite") as store:
            store.add_project(PROJECT)
            cases = [store.add_case(PROJECT, f"{PROJECT}-TC-{number}") for number in range(count)]
            cycle = store.add_cycle(store.add_plan(PROJECT, PLAN, cases=cases), CYCLE)
            self._runs = [run.id for run in store.runs(cycle)]

    def measure(self, server: tuple[str, ...], *client: str, at_most: int = MANY) -> Upload:
        """Upload to a fresh sandbox.

        Args:
            server: Options of the sandbox.
            at_most: How many results are sent at most.
            client: Who uploads, and at which rate; see `pace_client`.

        Raises:
            RuntimeError: When the client says nothing.
        """
        copy = self._folder / "copy.sqlite"
        shutil.copy(self._folder / "cycle.sqlite", copy)
        who, *rate = client
        command = (
            *(sys.executable, "-m", "pytest_jama", "sandbox", "--db", str(copy), *server, "--"),
            *(sys.executable, str(CLIENT), who, str(min(self.count, at_most)), *rate),
        )
        known = {name: value for name, value in os.environ.items() if not name.startswith("JAMA_")}
        runs = ",".join(map(str, self._runs))
        environ = {**known, "PACE_RUNS": runs, "NO_PROXY": "*", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environ, cwd=self._folder
        )
        for line in done.stdout.splitlines():
            if line.startswith(MARK):
                return Upload(**json.loads(line.removeprefix(MARK)))
        raise RuntimeError(f"{command} failed: {done.stderr}")


def measure_pace(*, quick: bool) -> list[Row]:
    """Return the rows on the speed of uploads.

    Args:
        quick: Whether to send few results to one throttled server only, without comparison.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), FEW if quick else MANY)
        for throttle in (STRICT,) if quick else THROTTLES:
            rows += [_ours(bench, throttle, rate) for rate in throttle.rates]
            rows += [_other(bench, throttle, who) for who in (() if quick else _NAMES)]
    with tempfile.TemporaryDirectory() as folder:
        return [*rows, *_at_50_ms(Bench(Path(folder), MANY))]


@dataclass(frozen=True)
class Throttled:
    """A server that throttles.

    Attributes:
        title: What it is.
        option: The sandbox's option.
        per_s: How many requests it takes a second.
        rates: With which `upload.rate` we meet it; 10 is what hosted servers get with `auto`.
        is_bound: Whether the time is demanded to be near the limit.
        results: How many results are sent at most.
    """

    title: str
    option: str
    per_s: float
    rates: tuple[str, ...]
    is_bound: bool = True
    results: int = 200


STRICT = Throttled("10/s, strict", "10/0", 10, ("10", "auto"))
THROTTLES = (
    Throttled("10/s, queue of 100", "10/100", 10, ("10", "auto")),
    STRICT,
    Throttled("4/s, strict", "4/0", 4, ("10", "auto"), is_bound=False, results=80),
)


def _ours(bench: Bench, server: Throttled, rate: str) -> Row:
    upload = bench.measure(("--throttle", server.option), "ours", rate, at_most=server.results)
    times = upload.wall_s / ((upload.requests - upload.refused) / server.per_s)
    what = f"{server.title}, `rate: {rate}`: {upload}"
    if server.is_bound:
        return compare(what, times, bound=BOUND, form=TIMES)
    return Row(what, TIMES.format(times))


def _other(bench: Bench, server: Throttled, who: str) -> Row:
    upload = bench.measure(("--throttle", server.option), who, at_most=server.results)
    times = upload.wall_s / (upload.requests / server.per_s)
    return Row(f"{server.title}, {_NAMES[who]}: {upload}", TIMES.format(times))


def _at_50_ms(bench: Bench) -> list[Row]:
    """Return the rows on a server that does not throttle but is far away."""
    server = ("--latency", "50ms")
    one = bench.measure(server, "ours", "auto", "1")
    eight = bench.measure(server, "ours", "auto")
    naive = bench.measure(server, "threads")
    bound = 1 / SPEED_UP
    return [
        compare(
            f"50 ms latency, `concurrency: 8`: {eight}; beside 1: {one}",
            eight.wall_s / one.wall_s,
            bound=bound,
            form=TIMES,
        ),
        Row(
            f"50 ms latency, {_NAMES['threads']}: {naive}", TIMES.format(naive.wall_s / one.wall_s)
        ),
    ]
