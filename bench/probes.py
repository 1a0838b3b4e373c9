"""What can be measured of one command: instructions, processor time, peak memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

VALGRIND = shutil.which("valgrind")
"""Counts instructions; they are repeatable to 1 in 10 million, whatever else the machine does."""

_CACHEGRIND = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_LAUNCHER = Path(__file__).with_name("launch.py")
_TOTAL = re.compile(r"I\s+refs:\s+([\d,]+)")


@dataclass(frozen=True)
class Command:
    """A command to measure.

    Attributes:
        arguments: The program and its arguments.
        folder: Where it runs.
    """

    arguments: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Usage:
    """What one run of a command used.

    Attributes:
        cpu_s: Processor time in seconds, of user and system.
        peak_kb: Largest resident memory.
    """

    cpu_s: float
    peak_kb: float


def count_instructions(command: Command) -> int:
    """Return how many instructions a command executes, without its child processes.

    Raises:
        RuntimeError: When valgrind counts nothing.
    """
    with tempfile.NamedTemporaryFile(encoding="utf-8", prefix="cachegrind-", mode="r") as log:
        prefix = (str(VALGRIND), *_CACHEGRIND, f"--log-file={log.name}")
        run(Command((*prefix, *command.arguments), command.folder))
        text = log.read()
    found = _TOTAL.search(text)
    if found is None:
        raise RuntimeError(f"valgrind counted nothing:\n{text}")
    return int(found[1].replace(",", ""))


def measure_usage(command: Command) -> Usage:
    """Run a command and return what it used."""
    launched = subprocess.run(
        (sys.executable, "-S", "-E", str(_LAUNCHER), *command.arguments),
        cwd=command.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    status, cpu_s, peak = launched.stdout.split()
    _require_success(int(status), command)
    in_bytes = sys.platform == "darwin"
    return Usage(float(cpu_s), float(peak) / (1024 if in_bytes else 1))


def run(command: Command) -> float:
    """Run a command; return the seconds that it took."""
    start = time.perf_counter()
    process = subprocess.run(
        command.arguments,
        cwd=command.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    _require_success(process.returncode, command)
    return time.perf_counter() - start


def environment() -> dict[str, str]:
    """Return an environment in which nothing but the command decides what happens."""
    home = tempfile.gettempdir()
    return {"PATH": os.environ.get("PATH", ""), "HOME": home, "PYTHONHASHSEED": "0"}


def _require_success(status: int, command: Command) -> None:
    if status:
        raise RuntimeError(f"exit status {status} of {' '.join(command.arguments)}")
