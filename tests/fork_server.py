"""Processes that are forked from one in which our libraries are imported already.

A session in a process of its own spends most of its time on imports. The server does them once;
what it forks is a process in all that counts: its own environment, folder, crashes, exit status.
So are the workers of pytest-xdist in such a session.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLIENT = Path(__file__).with_name("quick_python.py")
PROGRAMS = {"pytest", "pytest_jama", "junit_uploader"}
_HEEDED_LATER = {"PYTHONPATH", "PYTHONIOENCODING"}
_LATE = (
    *("junit_uploader.cli", "pytest_jama.cli", "pytest_jama.targets.jama.target"),
    *("junit_uploader.command", "pytest_jama.cli.commands", "pytest_jama.cli.upload"),
)
"""What a session or a command imports in its course."""


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
        and command[:2] == [sys.executable, "-m"]
        and command[2] in PROGRAMS
        and heeded_at_start(environment) == heeded_at_start(os.environ)
    )


def heeded_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which Python would start in another way."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(("PYTHON", "LC_", "LANG")) and name not in _HEEDED_LATER
    }


def _run_forked(
    words: list[str], *, folder: Path, environment: Mapping[str, str], timeout_s: float
) -> tuple[int, str]:
    server = _start_server(environment.get("PYTEST_ADDOPTS", "")).control
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


class Forked:
    """A process that a server has forked.

    Args:
        server: Where it is asked for.
        wanted: The arguments of `_become`.
        streams: Descriptors of its three standard streams.
    """

    def __init__(
        self, server: socket.socket, wanted: Mapping[str, Any], streams: tuple[int, int, int]
    ) -> None:
        here, there = socket.socketpair()
        with there:
            socket.send_fds(server, [b"+"], [there.fileno(), *streams])
        with here:
            here.sendall(json.dumps(wanted).encode())
            here.shutdown(socket.SHUT_WR)
            self._answers = here.makefile()
        self._process = int(self._answers.readline())

    @functools.cache  # noqa: B019 (there are few, and they end with their sessions)
    def wait(self) -> int:
        """Return its exit status, once it has ended."""
        with self._answers:
            return int(self._answers.readline())

    def kill(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)


def quick_python(usual: str) -> str:
    """Return a program that does what Python does; ``-m MODULE`` is forked, and takes less time.

    Commands of ours that start ``sys.executable`` are given it.

    Args:
        usual: The usual options of its sessions.
    """
    return _start_server(usual).python if hasattr(socket, "send_fds") else sys.executable


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


@functools.cache
def _start_server(usual: str) -> _Server:
    """Start a server, for sessions with these usual options."""
    here, there = socket.socketpair()
    folder = tempfile.TemporaryDirectory()
    program, address = Path(folder.name, "python"), Path(folder.name, "calls")
    client = shlex.join([sys.executable, "-IS", str(_CLIENT), str(address)])
    program.write_text(f'#!/bin/sh\nexec {client} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    with there, socket.socket(socket.AF_UNIX) as calls:
        calls.bind(str(address))
        calls.listen()
        descriptors = [there.fileno(), calls.fileno()]
        process = subprocess.Popen(  # noqa: S603 (this file)
            [sys.executable, __file__, *map(str, descriptors), *usual.split()],
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # Python asks while it starts whether one can seek in it
            stderr=subprocess.PIPE,
        )
    return _Server(here, str(program), (process, folder))


# -- in the server -------------------------------------------------------------------------


def main(descriptor: int, called: int, usual: list[str]) -> None:
    """Fork a process for each request, until the one who asks has gone; go on in the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _import_all(usual)
    ours, of_sessions = socket.socketpair()
    control, calls = socket.socket(fileno=descriptor), socket.socket(fileno=called)
    for answer, *streams in _requests(control, ours, calls):
        if os.fork() == 0:
            wanted = _fork_and_wait(answer)
            _let_xdist_fork(of_sessions)
            _become(streams, **wanted)
            return
        for each in (answer, *streams):
            os.close(each)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _requests(
    control: socket.socket, ours: socket.socket, calls: socket.socket
) -> Iterator[list[int]]:
    """Yield the descriptors of each request, of who started the server, of sessions, of callers."""
    while True:
        for ready in select.select([control, ours, calls], [], [])[0]:
            asking = calls.accept()[0] if ready is calls else ready
            asked, descriptors, _, _ = socket.recv_fds(asking, 1, 4)
            if asked:
                yield descriptors
            elif ready is control:
                return


def _fork_and_wait(descriptor: int) -> dict[str, Any]:
    """Fork once more; return what is wanted in the new process, and tell of it in this one."""
    with socket.socket(fileno=descriptor) as talk:
        wanted: dict[str, Any] = json.loads(talk.makefile().read())
        process = os.fork()
        if not process:
            return wanted
        talk.sendall(b"%d\n" % process)
        os.closerange(3, talk.fileno())
        os.closerange(talk.fileno() + 1, 256)
        _, status = os.waitpid(process, 0)
        talk.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)


def _import_all(usual: list[str]) -> None:
    """Import what a session imports, as pytest does: it rewrites the assertions of plugins."""
    import pytest  # noqa: PLC0415 (by the server alone)

    paths, home = list(sys.path), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("jama.yaml").write_text("project: A\nplan: B\ncycle: C\n", encoding="utf-8")
        Path("test_once.py").write_text("def test_once(): pass\n", encoding="utf-8")
        pytest.main([*usual, "-pno:rerunfailures", "--jama", "--jama-no-upload"])  # it has a thread
        os.chdir(home)
    for name in _LATE:
        importlib.import_module(name)
    sys.modules.pop("test_once", None)
    sys.path[:] = paths
    sys.stdout.flush()  # what was printed here is not for those who are forked
    sys.stderr.flush()
    gc.collect()
    gc.freeze()


def _let_xdist_fork(server: socket.socket) -> None:
    """Let the workers of a session come from the server, too."""
    from execnet import gateway_io  # noqa: PLC0415 (by the server alone)
    from execnet.gateway_base import Popen2IO  # noqa: PLC0415

    class ForkedWorker(Popen2IO):  # type: ignore[misc, unused-ignore]
        """What `gateway_io.Popen2IOMaster` is, without a start."""

        def __init__(self, _: list[str], execmodel: Any) -> None:
            (reading, told), (hearing, writing) = os.pipe(), os.pipe()
            wanted = {"words": [], "folder": str(Path.cwd()), "environment": dict(os.environ)}
            forked = Forked(server, wanted, (reading, writing, 2))
            self.wait, self.kill = forked.wait, forked.kill
            os.close(reading)
            os.close(writing)
            infile, outfile = os.fdopen(told, "wb"), os.fdopen(hearing, "rb")
            super().__init__(infile, outfile, execmodel=execmodel)

    vars(gateway_io)["Popen2IOMaster"] = ForkedWorker


def _become(
    streams: list[int], *, words: list[str], folder: str, environment: dict[str, str]
) -> None:
    """Go on as ``python -m WORDS`` does in a folder and an environment, or as a worker of xdist."""
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    os.chdir(folder)
    if words and heeded_at_start(environment) != heeded_at_start(os.environ):
        os.execve(sys.executable, [sys.executable, "-m", *words], environment)  # noqa: S606 (Python)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    encoding, _, errors = environment.get("PYTHONIOENCODING", "").partition(":")
    if encoding:
        for each in (sys.stdin, sys.stdout):
            each.reconfigure(encoding=encoding, errors=errors or "strict")  # type: ignore[union-attr]
        sys.stderr.reconfigure(encoding=encoding, errors="backslashreplace")  # type: ignore[union-attr]
    added = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [folder, *filter(None, added)]
    vars(sys.modules["xdist.plugin"])["_sys_path"][:] = sys.path  # for workers
    importlib.invalidate_caches()
    sys.argv = words or ["-c"]
    if words:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        for each in (sys.stdout, sys.stderr):  # execnet starts Python unbuffered
            each.reconfigure(line_buffering=False, write_through=True)  # type: ignore[union-attr]
        exec(eval(sys.stdin.readline()), {"__name__": "__main__"})  # noqa: S307, S102 (execnet's)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
