"""The process that forks others, and how it is asked to; this file is its program."""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import importlib.metadata
import inspect
import itertools
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import time
import types
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_HEEDED_LATER = {"PYTHONPATH", "PYTHONIOENCODING"}
_LATE = (
    *("junit_uploader.cli", "pytest_jama.cli", "pytest_jama.targets.jama.target"),
    *("junit_uploader.command", "pytest_jama.cli.commands", "pytest_jama.cli.upload"),
    *("pytest_jama.config.map_entries", "pytest_jama.session.deliver"),
)
"""What a session or a command imports in its course."""


def heeded_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which Python would start in another way."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(("PYTHON", "LC_", "LANG")) and name not in _HEEDED_LATER
    }


def without_later(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the variables that each forked process heeds for itself."""
    return {name: value for name, value in environment.items() if name not in _HEEDED_LATER}


class _Kept:
    """A distribution that is read once."""

    def __init__(self, distribution: importlib.metadata.Distribution) -> None:
        self._distribution = distribution

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._distribution, name)
        setattr(self, name, value)
        return value


def keep_metadata() -> None:
    """Let this process read once what is installed where it has looked for it from its start.

    Pytest reads it several times in each session, which is a fifth of the time of a short one.
    """
    read = importlib.metadata.distributions
    lasting = set(filter(os.path.isabs, sys.path))

    @functools.cache
    def kept(path: str) -> list[_Kept]:
        return list(map(_Kept, read(path=[path])))

    def distributions(**context: Any) -> Any:
        if context:
            return read(**context)
        parts = (kept(path) if path in lasting else read(path=[path]) for path in sys.path)
        return itertools.chain.from_iterable(parts)

    vars(importlib.metadata)["distributions"] = distributions


def keep_plugins() -> None:
    """Let this process look through each plugin once: pytest does it in each session.

    That is a quarter of the time of a short one. Hooks and fixtures are still looked up anew,
    but no longer the hundreds of other names in a module.
    """
    from _pytest import fixtures  # noqa: PLC0415, TID251 (what it does too often is kept from it)
    from pluggy import _manager  # noqa: PLC0415 (the same)

    def may_be_hook(name: str, value: object) -> bool:
        is_named, is_marked = name.startswith("pytest_"), getattr(value, "__dict__", None)
        return inspect.isroutine(value) and bool(is_named or is_marked)

    def is_fixture(_: str, value: object) -> bool:
        return type(value) is kind

    classes = (types.ModuleType, type)
    vars(_manager)["dir"] = _keep_names(
        may_be_hook, lambda holder: None if isinstance(holder, type) else _class_of(holder)
    )
    look = vars(_manager).get("_static_hook_attr")  # since pluggy 1.7
    if look:
        vars(_manager)["_static_hook_attr"] = functools.partial(_look_at_function, look)
    implementations = vars(sys.modules.get("pluggy._impl", _manager))  # since pluggy 1.7
    if "varnames" in implementations:
        implementations["varnames"] = _keep_parameters(implementations["varnames"])
    kind = getattr(fixtures, "FixtureFunctionDefinition", None)  # since pytest 8.4
    if kind:
        vars(fixtures)["dir"] = _keep_names(
            is_fixture, lambda holder: holder if isinstance(holder, classes) else type(holder)
        )


def _class_of(holder: object) -> object:
    """Return what bears the hooks of a plugin: itself if it is a module, else its class."""
    return holder if isinstance(holder, types.ModuleType) else type(holder)


def _look_at_function(otherwise: Callable[[object, str], Any], holder: object, name: str) -> Any:
    """Do what pluggy does, in less time for a function of a module, or a method of a class."""
    if isinstance(holder, types.ModuleType):
        value = vars(holder).get(name)
        return (value, value) if isinstance(value, types.FunctionType) else otherwise(holder, name)
    if not isinstance(holder, type) and name not in getattr(holder, "__dict__", ()):
        for each in type(holder).__mro__:
            value = vars(each).get(name)
            if isinstance(value, types.FunctionType):
                return value, types.MethodType(value, holder)
            if name in vars(each):
                break
    return otherwise(holder, name)


def _keep_parameters(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that reads once what parameters a function, or a method, has."""
    kept: dict[bool, weakref.WeakKeyDictionary[object, Any]] = {
        is_bound: weakref.WeakKeyDictionary() for is_bound in (False, True)
    }

    def parameters_of(function: object, **more: Any) -> Any:
        is_bound = isinstance(function, types.MethodType)
        plain = function.__func__ if isinstance(function, types.MethodType) else function
        if more or not isinstance(plain, types.FunctionType):
            return read(function, **more)
        if plain not in kept[is_bound]:
            kept[is_bound][plain] = read(function)
        return kept[is_bound][plain]

    return parameters_of


def _keep_names(
    is_wanted: Callable[[str, object], bool], source_of: Callable[[object], object]
) -> Callable[[object], list[str]]:
    """Return a `dir` that tells all names the first time, as pytest warns of some, and then fewer.

    Args:
        is_wanted: Whether a name is told again, by itself and its value.
        source_of: Returns what bears the values, or None if all are told again.
    """
    kept: weakref.WeakKeyDictionary[object, list[str]] = weakref.WeakKeyDictionary()

    def names_in(holder: object) -> list[str]:
        source = source_of(holder)
        if source in kept:
            own = {} if source is holder else getattr(holder, "__dict__", {})
            its_own = (name for name, value in own.items() if is_wanted(name, value))
            return list(dict.fromkeys((*kept[source], *its_own)))
        names = dir(holder)
        if source is not None:
            kept[source] = [name for name in names if is_wanted(name, _get(source, name))]
        return names

    return names_in


def _get(source: object, name: str) -> object:
    try:
        return getattr(source, name, None)
    except Exception:  # noqa: BLE001 (pytest passes over it as well)
        return None


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


def main(descriptor: int, called: int, usual: list[str]) -> None:
    """Fork a process for each request, until the one who asks has gone; go on in the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.register(_end_at_once)  # the first of all, so that it is called behind all others
    keep_metadata()
    keep_plugins()
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
        options = [*usual, "-pno:rerunfailures", "--jama", "--jama-no-upload"]  # it has a thread
        pytest.main(options, plugins=[_RewrittenImports()])
        os.chdir(home)
    for name in _LATE:
        importlib.import_module(name)
    sys.modules.pop("test_once", None)
    inspect.getmodule(inspect.currentframe())  # it looks where each module is, and remembers it
    sys.path[:] = paths
    sys.stdout.flush()  # what was printed here is not for those who are forked
    sys.stderr.flush()
    gc.collect()
    gc.freeze()


class _RewrittenImports:
    """A plugin that imports another one, which does not take part, while pytest rewrites both."""

    def pytest_configure(self) -> None:
        with contextlib.suppress(ImportError):
            importlib.import_module("pytest_rerunfailures")


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
        try:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
            _statuses.append(0)
        except SystemExit as end:
            if end.code is None or isinstance(end.code, int):
                _statuses.append((end.code or 0) & 255)
            raise
    else:
        for each in (sys.stdout, sys.stderr):  # execnet starts Python unbuffered
            each.reconfigure(line_buffering=False, write_through=True)  # type: ignore[union-attr]
        exec(eval(sys.stdin.readline()), {"__name__": "__main__"})  # noqa: S307, S102 (execnet's)
        _statuses.append(0)


_statuses: list[int] = []
"""The exit status of this process, where it ended by itself and with a number."""


def _end_at_once() -> None:
    """End behind all that a process does at its end, but for taking its modules apart.

    That takes longer than all that a short session does: what is shared with the server is copied.
    Who wants to be told more (`PYTHONDEVMODE`) is told also what Python says of it.
    """
    if _statuses and not sys.flags.dev_mode:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(_statuses[0])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
