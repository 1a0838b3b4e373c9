"""The command ``sandbox`` and its options; what it does is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from pytest_jama.cli.commands import toolbox

_FILE = click.Path(dir_okay=False, path_type=Path)


def _random_seed() -> int:
    import secrets  # noqa: PLC0415 (it costs as much as the command line itself)

    return secrets.randbelow(1_000_000)


@toolbox.command()
@click.option(
    "--target",
    type=click.Choice(["jama", "octane"]),
    help="Which kind of server; without it that of the --seed file, or Jama.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Port; with COMMAND any free one.")
@click.option("--db", type=_FILE, help="Keep the state in this SQLite file.")
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    type=_FILE,
    help="Create what this jama.yaml or octane.yaml refers to, or what this seed file describes: "
    "cases with names and steps, sets, requirements, fields. May be repeated.",
)
@click.option("--case", "cases", multiple=True, metavar="KEY", help="Create this case, too.")
@click.option("--steps", type=click.IntRange(0, 1000), default=0, help="Steps of each --case.")
@click.option(
    "--knob",
    "knobs",
    multiple=True,
    metavar="NAME=VALUE",
    help="Let it behave as another Jama or Octane does; see docs/sandbox-knobs.md.",
)
@click.option(
    "--throttle", metavar="RPS/QUEUE", help="Answer 429 above this, as Jama Cloud: 10/100."
)
@click.option("--latency", metavar="DURATION", help="Wait before each answer: 50ms, 1s.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND[:PROBABILITY][@METHOD/PATH]...",
    help="Let this go wrong now and then: 429:0.2, drop-after:0.1@POST; "
    "see docs/sandbox-faults.md.",
)
@click.option(
    "--fault-seed",
    type=click.IntRange(0),
    default=_random_seed,
    show_default="random",
    metavar="N",
    help="Let the same go wrong as in the rehearsal that printed N.",
)
@click.option("--tls-cert", type=_FILE, help="Serve https with this certificate (PEM).")
@click.option("--tls-key", type=_FILE, help="The key of --tls-cert (PEM).")
@click.option("--tls-client-ca", type=_FILE, help="Ask clients for a certificate of this CA (PEM).")
@click.option("--context-path", default="", help="What stands before /rest or /api, as /contour.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def sandbox(
    *,
    target: Literal["jama", "octane"] | None,
    port: int | None,
    db: Path | None,
    seeds: tuple[Path, ...],
    cases: tuple[str, ...],
    steps: int,
    knobs: tuple[str, ...],
    throttle: str | None,
    latency: str | None,
    faults: tuple[str, ...],
    fault_seed: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    context_path: str,
    command: tuple[str, ...],
) -> int:
    """Serve a local Jama or ALM Octane, or run COMMAND with one.

    It runs until Ctrl-C, or until COMMAND ends, which finds address and credentials in its
    environment. Without --db all that it holds is gone then.

    \b
    pytest-jama sandbox --seed jama.yaml
    pytest-jama sandbox --seed jama.yaml -- pytest --jama
    pytest-jama sandbox --fault 429:0.2 --throttle 10/100 -- pytest --jama
    pytest-jama sandbox --target octane --seed octane.yaml -- pytest --octane
    """  # noqa: D301 (click wants the character itself)
    from pytest_jama.cli.sandbox import run_sandbox  # noqa: PLC0415
    from pytest_jama.cli.sandbox_options import SandboxOptions  # noqa: PLC0415

    options = SandboxOptions(
        target=target,
        port=port,
        db=db,
        seeds=seeds,
        cases=cases,
        steps=steps,
        knobs=knobs,
        throttle=throttle,
        latency=latency,
        faults=faults,
        fault_seed=fault_seed,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_client_ca=tls_client_ca,
        context_path=context_path,
    )
    if options.is_for_octane:
        from pytest_jama.cli.octane_sandbox import run_octane_sandbox  # noqa: PLC0415

        return run_octane_sandbox(options, command)
    return run_sandbox(options, command)
