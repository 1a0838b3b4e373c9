"""Forked processes see, say and end with what started ones do."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.every import every
from tests.fork_server import quick_python, run_apart, run_command
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is forked there")

SESSION = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
LOOKS = """
import json, os, signal, sys

def test_it(request):
    plugins = request.config.pluginmanager
    seen = {
        "argv": sys.argv,
        "path": sys.path,
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "main": sys.modules["__main__"].__spec__ and sys.modules["__main__"].__spec__.name,
        "signals": str(signal.getsignal(signal.SIGINT)),
        "rewritten": type(sys.modules["pytest_jama.plugin"].__loader__).__name__,
        "streams": [[s.encoding, s.errors, s.isatty(), s.line_buffering] for s in (
            sys.__stdout__, sys.__stderr__, sys.__stdin__)],
        "hooks": sorted(f"{hook.name} of {name}" for name, plugin in plugins.list_name_plugin()
            for hook in plugins.get_hookcallers(plugin) or () if not name.isdigit()),
    }
    with open(os.environ["SEEN"], "w") as file:
        json.dump(seen, file)
"""


def run_quick(command: list[str], *, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Do what a command of ours does that starts Python."""
    quick = [quick_python(ADDOPTS), *command[1:]]
    return run_apart(quick, folder=folder, environment=environment)


def environment(folder: Path) -> dict[str, str]:
    """Return an environment as tests have it for sessions."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("PYTEST_")}
    return {**kept, "PYTEST_ADDOPTS": ADDOPTS, "SEEN": str(folder / "seen.json")}


@pytest.mark.parametrize(
    "workers, more",
    [([], {}), ([], {"PYTHONIOENCODING": "cp1252"}), (["-n1"], {})],
    ids=["session", "encoding", "worker"],
)
def test_a_forked_process_sees_what_a_started_one_sees(
    tmp_path: Path, workers: list[str], more: dict[str, str]
) -> None:
    (tmp_path / "test_it.py").write_text(LOOKS, encoding="utf-8")
    seen = []
    for run in (run_command, run_apart, *(() if workers else (run_quick,))):
        whole = {**environment(tmp_path), **more}
        status, said = run([*SESSION, *workers], folder=tmp_path, environment=whole)
        assert status == 0, said
        seen.append(json.loads((tmp_path / "seen.json").read_text(encoding="utf-8")))
        # readline sets LINES and COLUMNS, a shell the last ones
        for name in ("PYTEST_XDIST_TESTRUNUID", "LINES", "COLUMNS", "PWD", "OLDPWD", "_"):
            seen[-1]["environment"].pop(name, None)
    for each in seen[1:]:
        assert each == seen[0]


class Hooks:
    """A plugin with hooks of each kind."""

    def __init__(self, *, has_own: bool) -> None:
        if has_own:
            self.pytest_own = lambda config: config

    def pytest_method(self, config: object, item: object = None) -> None:
        """Do nothing."""

    @classmethod
    def pytest_of_class(cls, session: object) -> None:
        """Do nothing."""

    @staticmethod
    def pytest_static(report: object) -> None:
        """Do nothing."""

    @property
    def pytest_value(self) -> str:
        """Be a value and not a hook."""
        return "value"


def test_the_hooks_of_a_class_are_the_same_whenever_they_are_read() -> None:
    of_class = {
        "pytest_method": (("config",), ("item",)),
        "pytest_of_class": (("session",), ()),
        "pytest_static": (("report",), ()),
    }
    for has_own in (False, False, True, False):
        manager, plugin = pytest.PytestPluginManager(), Hooks(has_own=has_own)
        manager.register(plugin)
        found = {
            hook.name: (each.argnames, each.kwargnames)
            for hook in manager.get_hookcallers(plugin) or ()
            for each in hook.get_hookimpls()
            if each.plugin is plugin
        }
        assert found == of_class | ({"pytest_own": (("config",), ())} if has_own else {})


@pytest.mark.parametrize(
    "command, status",
    [
        (["pytest_jama", "upload", "none.jsonl"], 2),
        (["junit_uploader", "--version"], 0),
        (["pytest", "--no-such-option"], 4),
        (["pytest", "--fixtures", "-qq"], 0),
    ],
    ids=["upload", "uploader", "usage", "fixtures"],
)
def test_a_forked_command_says_and_ends_with_the_same(
    tmp_path: Path, command: list[str], status: int
) -> None:
    words = [sys.executable, "-m", *command]
    forked, quick, started = (
        run(words, folder=tmp_path, environment=environment(tmp_path))
        for run in (run_command, run_quick, run_apart)
    )
    assert forked == quick == started
    assert forked[0] == status


ENDS = """
import atexit, threading

def wait():
    threading.main_thread().join()
    print("of a thread")

def test_it():
    atexit.register(print, "at exit")
    threading.Thread(target=wait).start()
    assert 0
"""


@pytest.mark.parametrize("run", [run_command, run_quick, run_apart])
def test_a_process_ends_behind_its_threads_and_what_is_to_be_called_at_its_end(
    tmp_path: Path, run: Callable[..., tuple[int, str]]
) -> None:
    (tmp_path / "test_it.py").write_text(ENDS, encoding="utf-8")
    status, said = run([*SESSION, "-s"], folder=tmp_path, environment=environment(tmp_path))
    assert (status, said.splitlines()[-2:]) == (1, ["of a thread", "at exit"])


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["session", "worker"])
def test_a_forked_process_that_is_killed_kills_no_other(tmp_path: Path, workers: list[str]) -> None:
    kill = "import os, signal\ndef test_it(): os.kill(os.getpid(), signal.SIGKILL)\n"
    (tmp_path / "test_it.py").write_text(kill, encoding="utf-8")
    command = [*SESSION, *workers]
    status, said = run_command(command, folder=tmp_path, environment=environment(tmp_path))
    assert (status, "worker 'gw0' crashed" in said) == ((1, True) if workers else (-9, False))


@every(
    "words, more, status, said",
    [
        (["-c", "print('started')"], {}, 0, "started\n"),
        (["-m", "it", "2"], {"PYTHONOPTIMIZE": "1"}, 2, "1 []\n"),
        (["-m", "it", "-9"], {}, -9, "0 ['pytest']\n"),
    ],
    ids=["not a module", "another start", "killed"],
)
def test_only_what_python_would_start_in_the_same_way_is_forked(
    tmp_path: Path, words: list[str], more: dict[str, str], status: int, said: str
) -> None:
    program = "import os, sys\nprint(sys.flags.optimize, [*{'pytest'} & {*sys.modules}])\n"
    program += "sys.stdout.flush()\nend = int(sys.argv[1])\n"
    program += "sys.exit(end) if end > 0 else os.kill(os.getpid(), -end)\n"
    (tmp_path / "it.py").write_text(program, encoding="utf-8")
    command = [sys.executable, *words]
    ended = run_quick(command, folder=tmp_path, environment={**environment(tmp_path), **more})
    assert ended == (status, said)


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    hangs = "import time\ndef test_it(): time.sleep(60)\n"
    (tmp_path / "test_it.py").write_text(hangs, encoding="utf-8")
    status, _ = run_command(
        SESSION, folder=tmp_path, environment=environment(tmp_path), timeout_s=0.5
    )
    assert status == -9
