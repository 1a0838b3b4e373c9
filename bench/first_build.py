"""How long the first build of a plan takes: neither the plan nor its cycle is there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.pace import BOUND, FAR_AWAY, FASTER, SPEED_UP, TIMES, run_uploads, upload_command
from bench.servers import Database
from bench.table import Figures, Row

if TYPE_CHECKING:
    from bench.probes import Command

PER_S = 10
SIZES = (50, 100, 200)
UNTHROTTLED = 200
SLOW = ("--throttle", f"{PER_S}/100", "--latency", "200ms")
SECONDS = "{:.1f} s"
FIRST, SECOND = "first build", "second build"
LIMIT = "what the throttle lets through"


def measure(version: str, *, quick: bool) -> Figures:
    """Time first builds, and second ones in another cycle of the same plan."""
    rows: list[Row] = []
    commands: dict[str, Command] = {}
    for count in SIZES[:1] if quick else SIZES:
        database, name = Database("cases", count, is_built=False), str(count)
        client = ("ours", count, PER_S, 8, 2)
        commands[name] = upload_command(version, (*database.options, *SLOW), *client)
        for build, upload in zip(
            (FIRST, SECOND), run_uploads(commands[name], database), strict=True
        ):
            what = f"{build}, {count} cases"
            limit_s = (upload.requests - upload.refused) / PER_S
            bound = BOUND if count == SIZES[-1] else None  # few cannot hide the latency
            ratio, aside = upload.beside_limit(PER_S), f"{upload.refused} x 429"
            aside += f", {upload.lost} LOST" if upload.lost else ""
            rows += [
                Row(f"{what}: beside the throttle", ratio, TIMES, name, bound, aside=aside),
                Row(f"{what}: time", upload.wall_s, SECONDS, name),
                Row(f"{what}: {LIMIT}", limit_s, SECONDS, f"{name}: requests / {PER_S}"),
            ]
    database = Database("cases", UNTHROTTLED, is_built=False)
    uploads = {}
    for at_once in (1, 8):
        name, options = f"{at_once} at once", (*database.options, *FAR_AWAY)
        commands[name] = upload_command(version, options, "ours", UNTHROTTLED, "auto", at_once)
        (uploads[at_once],) = run_uploads(commands[name], database)
    one, eight = uploads[1], uploads[8]
    rows.append(
        Row(
            f"50 ms latency, no throttle, {UNTHROTTLED} cases: `concurrency: 8` beside 1",
            one.wall_s / eight.wall_s,
            FASTER,
            "1 at once / 8 at once",
            at_least=SPEED_UP,
            aside=f"{eight}; beside {one}",
        )
    )
    return Figures(rows, commands)
