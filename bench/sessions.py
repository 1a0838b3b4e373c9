"""Pytest sessions, and what several of them cost."""

from __future__ import annotations

import os
import statistics
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from bench import probes, venvs
from bench.probes import Command
from bench.suites import make_suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UPLOAD_NOTHING = ("--jama", "--jama-no-upload")
INSTRUCTIONS = "{:,.0f}" if probes.VALGRIND else "{:,.1f} us"
MILLIONS = "{:,.0f} M" if probes.VALGRIND else "{:,.3f} s"


def session(python: str, form: str, count: int, *options: str) -> Command:
    """Return the command of a session.

    Args:
        python: The interpreter of an environment, see `venvs`.
        form: Which suite, see `suites`.
        count: How many tests it has.
        options: What is added to the command line of pytest.
    """
    arguments = (python, "-m", "pytest", "-p", "no:cacheprovider", *options)
    return Command(arguments, make_suite(form, count))


def peer_report(name: str) -> str:
    """Return where a peer writes."""
    return str(venvs.WORK / name)


def cost_of(
    commands: Mapping[str, Command],
    *,
    repeats: int = 9,
    paddings: Sequence[int] = (0,),
    warm_up: Iterable[Command] | None = None,
) -> dict[str, float]:
    """Return what each command costs: instructions, or microseconds where valgrind is missing.

    Args:
        commands: The commands, by name.
        repeats: How often each is timed where valgrind is missing.
        paddings: By how much the environment is longer at each count; the median counts.
        warm_up: What fills the bytecode caches; else the commands themselves.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(probes.run, commands.values() if warm_up is None else warm_up))
        if probes.VALGRIND:
            counts = [
                list(pool.map(partial(probes.count_instructions, padding=each), commands.values()))
                for each in paddings
            ]
            medians = map(statistics.median, zip(*counts, strict=True))
            return dict(zip(commands, map(float, medians), strict=True))
    turns = probes.measure_in_turns(commands, repeats)
    return {name: 1e6 * statistics.median(u.cpu_s for u in each) for name, each in turns.items()}
