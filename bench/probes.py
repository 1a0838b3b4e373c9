"""What can be measured of one command: instructions, processor time, wall time, peak memory."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.venvs import VENVS, WORK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VALGRIND = shutil.which("valgrind")
"""Counts instructions, whatever else the machine does; those of long sessions vary by percents."""

MARK = "measured:"
LAUNCHER = (sys.executable, "-S", "-E", str(Path(__file__).with_name("launch.py")))
_CACHEGRIND = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_TOTAL = re.compile(r"I\s+refs:\s+([\d,]+)")
_VENV = re.compile(re.escape(str(VENVS)) + r"/[\d.]+/")


class Command(NamedTuple):
    """A command to measure.

    Attributes:
        arguments: The program and its arguments.
        folder: Where it runs.
    """

    arguments: tuple[str, ...]
    folder: Path = WORK

    def __str__(self) -> str:
        """Return it as a reader can type it: environments and files below ``build/bench``."""
        text = _VENV.sub("", shlex.join(self.arguments)).replace(f"{WORK}/", "")
        text = text.replace(f"{Path(__file__).parents[1]}/", "")
        where = "" if self.folder == WORK else f"    (in {self.folder.relative_to(WORK)})"
        return f"{text}{where}"


class Usage(NamedTuple):
    """What one run of a command used.

    Attributes:
        cpu_s: Processor time in seconds, of user and system.
        peak_kb: Largest resident memory.
        wall_s: From its start to its end, in seconds.
        ended: When it ended, in seconds since 1970.
    """

    cpu_s: float
    peak_kb: float
    wall_s: float
    ended: float


def count_instructions(command: Command, padding: int = 0) -> int:
    """Return how many instructions a command executes, without its child processes.

    Args:
        command: The command.
        padding: How many characters its environment is longer: objects then have other addresses,
            and the garbage collector other moments.

    Raises:
        RuntimeError: When valgrind counts nothing.
    """
    with tempfile.NamedTemporaryFile(encoding="utf-8", prefix="cachegrind-", mode="r") as log:
        prefix = (str(VALGRIND), *_CACHEGRIND, f"--log-file={log.name}")
        run(Command((*prefix, *command.arguments), command.folder), padding)
        text = log.read()
    found = _TOTAL.search(text)
    if found is None:
        raise RuntimeError(f"valgrind counted nothing:\n{text}")
    return int(found[1].replace(",", ""))


def measure_usage(command: Command) -> Usage:
    """Run a command and return what it used."""
    launched = subprocess.run(
        (*LAUNCHER, *command.arguments),
        cwd=command.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return read_usage(launched.stdout)


def read_usage(printed: str) -> Usage:
    """Return what the launcher printed, maybe among other lines.

    Raises:
        RuntimeError: When the command failed, or nothing was printed.
    """
    line = next((line for line in printed.splitlines() if line.startswith(MARK)), f"{MARK} 1")
    status, *figures = map(float, line.removeprefix(MARK).split())
    if status:
        raise RuntimeError(f"the command failed: {printed}")
    cpu_s, peak, wall_s, ended = figures
    return Usage(cpu_s, peak / (1024 if sys.platform == "darwin" else 1), wall_s, ended)


def measure_in_turns(commands: Mapping[str, Command], repeats: int) -> dict[str, list[Usage]]:
    """Measure commands in turns, so that a slow minute of the machine hits all of them."""
    usages: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            usages[name].append(measure_usage(command))
    return usages


def median_ratio(usages: Iterable[Usage], base: Iterable[Usage]) -> float:
    """Return the median ratio of the processor times of runs and their neighbours."""
    pairs = zip(usages, base, strict=True)
    return statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)


def run(command: Command, padding: int = 0) -> str:
    """Run a command, and return what it printed.

    Raises:
        RuntimeError: When it fails.
    """
    done = subprocess.run(
        command.arguments,
        cwd=command.folder,
        env=environment(padding),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def environment(padding: int = 0) -> dict[str, str]:
    """Return an environment in which nothing but the command decides what happens."""
    home, path = tempfile.gettempdir(), os.environ.get("PATH", "")
    padded = {"PADDING": padding * "x"} if padding else {}
    return {"PATH": path, "HOME": home, "PYTHONHASHSEED": "0", **padded}
