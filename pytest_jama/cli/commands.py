"""The commands of the toolbox and their options; what they do is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_jama import __version__

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pytest-jama")
def toolbox() -> None:
    """Tools around reporting test results to Jama Connect."""


@toolbox.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port; with COMMAND any free one.")
@click.option("--db", type=_FILE, help="Keep the state in this SQLite file.")
@click.option("--seed", type=_FILE, help="Create the project and all cases of this jama.yaml.")
@click.option("--case", "cases", multiple=True, metavar="KEY", help="Create this case, too.")
@click.option("--steps", type=click.IntRange(0, 1000), default=0, help="Steps of each --case.")
@click.option("--knob", "knobs", multiple=True, metavar="NAME=VALUE", help="See docs/sandbox.md.")
@click.option(
    "--throttle", metavar="RPS/QUEUE", help="Answer 429 above this, as Jama Cloud: 10/100."
)
@click.option("--latency", metavar="DURATION", help="Wait before each answer: 50ms, 1s.")
@click.option("--context-path", default="", help="What stands before /rest, as /contour.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def sandbox(
    *,
    port: int | None,
    db: Path | None,
    seed: Path | None,
    cases: tuple[str, ...],
    steps: int,
    knobs: tuple[str, ...],
    throttle: str | None,
    latency: str | None,
    context_path: str,
    command: tuple[str, ...],
) -> int:
    r"""Serve a local Jama Connect, or run COMMAND against one.

    \b
    pytest-jama sandbox --seed jama.yaml
    pytest-jama sandbox --seed jama.yaml -- pytest --jama
    """
    from pytest_jama.cli.sandbox import run_sandbox  # noqa: PLC0415
    from pytest_jama.cli.sandbox_options import SandboxOptions  # noqa: PLC0415

    options = SandboxOptions(
        port=port,
        db=db,
        seed=seed,
        cases=cases,
        steps=steps,
        knobs=knobs,
        throttle=throttle,
        latency=latency,
        context_path=context_path,
    )
    return run_sandbox(options, command)
