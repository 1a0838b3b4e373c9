"""What it costs to ask the commands for their version and for help, beside Python alone."""

from __future__ import annotations

from pathlib import Path

from bench.probes import Command
from bench.sessions import cost_of
from bench.table import Figures, Row
from bench.venvs import python_of

TIMES = "{:.2f} x `python -c pass`"
BOUNDS = {"junit-uploader --version": 1.6, "junit-uploader --help": 5.0}


def measure(version: str, *, quick: bool) -> Figures:  # noqa: ARG001 (all take it)
    """Count the instructions of commands that do nothing else."""
    ours, testrail = python_of("jama", version), python_of("trcli", version)
    programs = {"junit-uploader": ours, "pytest-jama": ours, "trcli": testrail}
    commands = {"pass": Command((ours, "-c", "pass"))}
    for program, python in programs.items():
        options = ("--version", "--help") if python == ours else ("--help",)
        path = str(Path(python).with_name(program))
        commands |= {f"{program} {option}": Command((path, option)) for option in options}
    cost = cost_of(commands)
    rows = [
        Row(f"`{name}`", cost[name] / cost["pass"], TIMES, f"{name} / pass", BOUNDS.get(name))
        for name in commands
        if name != "pass"
    ]
    return Figures(rows, commands)
