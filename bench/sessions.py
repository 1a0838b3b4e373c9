"""Pytest sessions, and what several of them cost."""

from __future__ import annotations

import os
import statistics
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench import probes, venvs
from bench.probes import Command
from bench.suites import make_suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REPORT = str(venvs.WORK / "report.xml")
PEER_REPORT = str(venvs.WORK / "allure")

UPLOAD_NOTHING = ("--jama", "--jama-no-upload")


def session(venv: str, form: str, count: int, *options: str) -> Command:
    """Return the command of a session.

    Args:
        venv: The environment, see `venvs`.
        form: Which suite, see `suites`.
        count: How many tests it has.
        options: What is added to the command line of pytest.
    """
    arguments = (venvs.python_of(venv), "-m", "pytest", "-p", "no:cacheprovider", *options)
    return Command(arguments, make_suite(form, count))


def cost_of(
    commands: Mapping[str, Command],
    *,
    repeats: int = 9,
    warm_up: Iterable[Command] | None = None,
) -> dict[str, float]:
    """Return what each command costs: instructions, or microseconds where valgrind is missing.

    Args:
        commands: The commands, by name.
        repeats: How often each is timed where valgrind is missing.
        warm_up: What fills the bytecode caches; else the commands themselves.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(probes.run, commands.values() if warm_up is None else warm_up))
        if probes.VALGRIND:
            counts = pool.map(probes.count_instructions, commands.values())
            return dict(zip(commands, map(float, counts), strict=True))
    return {name: timing.median for name, timing in time_all(commands, repeats).items()}


class Timing:
    """Processor time of several runs of one command, in microseconds."""

    def __init__(self, seconds: Sequence[float]) -> None:
        values = sorted(1e6 * each for each in seconds)
        self.median = statistics.median(values)
        self.spread = values[-1] - values[0]

    def __str__(self) -> str:
        return f"{self.median / 1000:,.0f} ms, spread {self.spread / 1000:,.0f} ms"


def time_all(commands: Mapping[str, Command], repeats: int) -> dict[str, Timing]:
    """Time commands in turns, so that a slow minute of the machine hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            seconds[name].append(probes.measure_usage(command).cpu_s)
    return {name: Timing(each) for name, each in seconds.items()}
