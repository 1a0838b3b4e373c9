"""How fast an upload is beside what the server lets through, plan and cycle being there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.pace_client import MARK
from bench.servers import Database, beside, run_beside
from bench.table import Figures, Row

if TYPE_CHECKING:
    from bench.probes import Command

BOUND = 1.05
SPEED_UP = 6.0
FEW, MANY = 20, 200
SIZES = (1_000, 5_000)
CLIENT = str(Path(__file__).with_name("pace_client.py"))
TIMES, FASTER = "{:.3f} x", "{:.2f} x as fast"
FAR_AWAY = ("--latency", "50ms")
OTHERS = {"one": "PATCHes one at a time", "threads": "PATCHes from 8 threads with retries"}


class Upload(NamedTuple):
    """What was measured of one upload.

    Attributes:
        wall_s: From the first request to the last answer.
        requests: How many were made.
        refused: How many of them were answered with 429.
        lost: How many results did not arrive.
        cpu_s: Processor time of the client.
        peak_mb: Largest resident memory of the client.
    """

    wall_s: float
    requests: int
    refused: int
    lost: int
    cpu_s: float
    peak_mb: float

    def __str__(self) -> str:
        lost = f", {self.lost} LOST" if self.lost else ""
        return f"{self.wall_s:.1f} s, {self.refused} x 429{lost}"

    def beside_limit(self, per_s: float) -> float:
        """Return how much longer it took than the server needs to let its requests through."""
        return self.wall_s / ((self.requests - self.refused) / per_s)


class Throttled(NamedTuple):
    """A server that throttles.

    Attributes:
        title: What it is.
        option: The sandbox's option.
        per_s: How many requests it takes a second.
        at_most: How many results are sent at most.
        is_bound: Whether the time is demanded to be near the limit.
    """

    title: str
    option: str
    per_s: float
    at_most: int = MANY
    is_bound: bool = True


STRICT = Throttled("10/s, strict", "10/0", 10)
QUEUED = Throttled("10/s, queue of 100", "10/100", 10)
THROTTLES = (QUEUED, STRICT, Throttled("4/s, strict", "4/0", 4, at_most=80, is_bound=False))
RATES = ("10", "auto")
"""With which `upload.rate` we meet it; 10 is what hosted servers get with `auto`."""


def upload_command(version: str, options: tuple[str, ...], *client: str | int) -> Command:
    """Return the command of uploads; see `pace_client`."""
    return beside(version, options, "python", CLIENT, *map(str, client))


def run_uploads(command: Command, database: Database) -> list[Upload]:
    """Run uploads to a fresh server."""
    database.fresh()
    runs = ",".join(map(str, database.run_ids[:MANY]))
    printed = run_beside(command, mark=MARK, environ={"PACE_RUNS": runs})
    return [Upload(**each) for each in json.loads(printed)]


def measure(version: str, *, quick: bool) -> Figures:
    """Time uploads; with `quick` of few results to one throttled server, without comparison."""
    count = FEW if quick else MANY
    database = Database("cycle", count, is_built=True)
    rows: list[Row] = []
    commands: dict[str, Command] = {}
    for throttle in (STRICT,) if quick else THROTTLES:
        options = ("--throttle", throttle.option)
        sent = min(count, throttle.at_most)
        bound = BOUND if throttle.is_bound else None
        for who in (*RATES, *(() if quick else OTHERS)):
            name = f"{throttle.option} {who}"
            client = (who, sent) if who in OTHERS else ("ours", sent, who)
            commands[name] = upload_command(version, (*database.options, *options), *client)
            (upload,) = run_uploads(commands[name], database)
            what = f"{throttle.title}, {OTHERS.get(who, f'`rate: {who}`')}: {sent} results"
            ratio = upload.beside_limit(throttle.per_s)
            at_most = None if who in OTHERS else bound
            rows.append(Row(what, ratio, TIMES, name, at_most, aside=str(upload)))
    return Figures([*rows, *_at_50_ms(version, commands)], commands)


def _at_50_ms(version: str, commands: dict[str, Command]) -> list[Row]:
    """Return the rows on a server that does not throttle but is far away."""
    database = Database("cycle", MANY, is_built=True)
    clients = {"1 at once": ("ours", MANY, "auto", 1), "8 at once": ("ours", MANY, "auto")}
    uploads = {}
    for name, client in {**clients, "8 threads": ("threads", MANY)}.items():
        commands[name] = upload_command(version, (*database.options, *FAR_AWAY), *client)
        (uploads[name],) = run_uploads(commands[name], database)
    one = uploads.pop("1 at once")
    return [
        Row(
            f"50 ms latency, {what}: {MANY} results",
            one.wall_s / uploads[name].wall_s,
            FASTER,
            f"1 at once / {name}",
            at_least=bound,
            aside=f"{uploads[name]}; beside {one}",
        )
        for name, what, bound in (
            ("8 at once", "`concurrency: 8` beside 1", SPEED_UP),
            ("8 threads", OTHERS["threads"], None),
        )
    ]


def measure_unthrottled(version: str, *, quick: bool) -> Figures:
    """Time large uploads to a server without limit or latency."""
    rows: list[Row] = []
    commands: dict[str, Command] = {}
    for count in SIZES[:1] if quick else SIZES:
        database, name = Database("large", count, is_built=True), f"{count:,}"
        commands[name] = upload_command(version, database.options, "ours", count, "auto")
        (upload,) = run_uploads(commands[name], database)
        what, each_ms = f"{count:,} results", 1000 * upload.cpu_s / count
        rows += [
            Row(f"{what}: time", upload.wall_s, "{:.1f} s", name),
            Row(f"{what}: processor time of each", each_ms, "{:.2f} ms", name),
            Row(f"{what}: memory", upload.peak_mb, "{:.0f} MB", name),
        ]
    return Figures(rows, commands)
