"""Processes that are forked from one in which our libraries are imported already.

A session in a process of its own spends most of its time on imports. The server does them once;
what it forks is a process in all that counts: its own environment, folder, crashes, exit status.
So are the workers of pytest-xdist in such a session.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.forking import Forked, heeded_at_start, without_later
from tests.forking import __file__ as _program

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLIENT = Path(__file__).with_name("quick_python.py")
_PYTHON = sys.executable  # a test may put another in its place
PROGRAMS = {"pytest", "pytest_jama", "junit_uploader"}


def run_command(
    command: list[str], *, folder: Path, environment: Mapping[str, str], timeout_s: float = 120
) -> tuple[int, str]:
    """Run a command, forked where that cannot be told from a start.

    Args:
        command: What to run.
        folder: Where to run it.
        environment: All of its environment.
        timeout_s: When to kill it.

    Returns:
        The exit status, and what was printed.
    """
    if _is_served(command, environment):
        return _run_forked(command[2:], folder=folder, environment=environment, timeout_s=timeout_s)
    return run_apart(command, folder=folder, environment=environment, timeout_s=timeout_s)


def run_apart(
    command: list[str], *, folder: Path, environment: Mapping[str, str], timeout_s: float = 120
) -> tuple[int, str]:
    """Do what `run_command` does, in a process that imports everything anew."""
    finished = subprocess.run(  # noqa: S603 (our own command)
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout_s,
    )
    return finished.returncode, finished.stdout


def _is_served(command: list[str], environment: Mapping[str, str]) -> bool:
    """Return whether a command is one of ours, and Python would start for it as it did here."""
    return (
        hasattr(socket, "send_fds")
        and command[0] in (_PYTHON, sys.executable)
        and command[1] == "-m"
        and command[2] in PROGRAMS
        and heeded_at_start(environment) == heeded_at_start({**os.environ, **_mode_of(environment)})
    )


def start_command(
    command: list[str], *, folder: Path, environment: Mapping[str, str], **streams: Any
) -> subprocess.Popen[str]:
    """Start a command, forked where `run_command` would have it forked."""
    if not _is_served(command, environment):
        return start_apart(command, folder=folder, environment=environment, **streams)
    return _ForkedProcess(command, cwd=folder, env=environment, text=True, **streams)


def start_apart(
    command: list[str], *, folder: Path, environment: Mapping[str, str], **streams: Any
) -> subprocess.Popen[str]:
    """Do what `start_command` does, with a process that imports everything anew."""
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **streams)  # noqa: S603


class _ForkedProcess(subprocess.Popen[str]):
    """The program that waits for a forked process; signals are for the latter."""

    def __init__(self, command: list[str], *, env: Mapping[str, str], **more: Any) -> None:
        reading, writing = os.pipe()
        python = quick_python(env.get("PYTEST_ADDOPTS", ""))
        words = [python, str(writing), *command[1:]]
        super().__init__(words, env=env, pass_fds=[writing], **more)
        os.close(writing)
        with os.fdopen(reading) as told:
            self._forked = int(told.read())

    def send_signal(self, sig: int) -> None:
        """Send a signal to the forked process."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._forked, sig)


def _run_forked(
    words: list[str], *, folder: Path, environment: Mapping[str, str], timeout_s: float
) -> tuple[int, str]:
    usual = environment.get("PYTEST_ADDOPTS", "")
    server = _start_server(usual, **_mode_of(environment)).control
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as output, Path(os.devnull).open("rb") as nothing:
        wanted = {"words": words, "folder": str(folder), "environment": dict(environment)}
        forked = Forked(server, wanted, (nothing.fileno(), writing, writing))
        os.close(writing)
        alarm = threading.Timer(timeout_s, forked.kill)
        alarm.start()
        try:
            printed = output.read()
            return forked.wait(), printed
        finally:
            alarm.cancel()


def quick_python(usual: str, **mode: str) -> str:
    """Return a program that does what Python does; ``-m MODULE`` is forked, and takes less time.

    Commands of ours that start ``sys.executable`` are given it.

    Args:
        usual: The usual options of its sessions.
        mode: Variables by which all of them let Python start in another way.
    """
    return _start_server(usual, **mode).python if hasattr(socket, "send_fds") else _PYTHON


class _Server(NamedTuple):
    """A running server; it ends with this process.

    Attributes:
        control: Where this process asks.
        python: The program that asks in the place of Python.
        kept: What would end if it were forgotten.
    """

    control: socket.socket
    python: str
    kept: tuple[object, ...]


def _mode_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what makes a server of its own worth while, for the sessions that look for secrets."""
    return {name: environment[name] for name in ("PYTHONDEVMODE",) if name in environment}


@functools.cache
def _start_server(usual: str, **mode: str) -> _Server:
    """Start a server, for sessions with these usual options."""
    here, there = socket.socketpair()
    folder = tempfile.TemporaryDirectory()
    program, address = Path(folder.name, "python"), Path(folder.name, "calls")
    client = shlex.join([_PYTHON, "-IS", str(_CLIENT), str(address)])
    program.write_text(f'#!/bin/sh\nexec {client} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    with there, socket.socket(socket.AF_UNIX) as calls:
        calls.bind(str(address))
        calls.listen()
        descriptors = [there.fileno(), calls.fileno()]
        process = subprocess.Popen(  # noqa: S603 (ours)
            [_PYTHON, _program, *map(str, descriptors), *usual.split()],
            pass_fds=descriptors,
            env={**without_later(os.environ), **mode},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # Python asks while it starts whether one can seek in it
            stderr=subprocess.PIPE,
        )
    return _Server(here, str(program), (process, folder))
