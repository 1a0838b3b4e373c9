"""Forked processes see, say and end with what started ones do."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fork_server import run_apart, run_command
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is forked there")

SESSION = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
LOOKS = """
import json, os, signal, sys

def test_it(request):
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
    }
    with open(os.environ["SEEN"], "w") as file:
        json.dump(seen, file)
"""


def environment(folder: Path) -> dict[str, str]:
    """Return an environment as tests have it for sessions."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("PYTEST_")}
    return {**kept, "PYTEST_ADDOPTS": ADDOPTS, "SEEN": str(folder / "seen.json")}


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["session", "worker"])
def test_a_forked_process_sees_what_a_started_one_sees(tmp_path: Path, workers: list[str]) -> None:
    (tmp_path / "test_it.py").write_text(LOOKS, encoding="utf-8")
    seen = []
    for run in (run_command, run_apart):
        status, said = run([*SESSION, *workers], folder=tmp_path, environment=environment(tmp_path))
        assert status == 0, said
        seen.append(json.loads((tmp_path / "seen.json").read_text(encoding="utf-8")))
        for name in ("PYTEST_XDIST_TESTRUNUID", "LINES", "COLUMNS"):  # the last two by readline
            seen[-1]["environment"].pop(name, None)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "command, status",
    [
        (["pytest_jama", "upload", "none.jsonl"], 2),
        (["junit_uploader", "--version"], 0),
        (["pytest", "--no-such-option"], 4),
    ],
    ids=["upload", "uploader", "usage"],
)
def test_a_forked_command_says_and_ends_with_the_same(
    tmp_path: Path, command: list[str], status: int
) -> None:
    words = [sys.executable, "-m", *command]
    forked, started = (
        run(words, folder=tmp_path, environment=environment(tmp_path))
        for run in (run_command, run_apart)
    )
    assert forked == started
    assert forked[0] == status


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["session", "worker"])
def test_a_forked_process_that_is_killed_kills_no_other(tmp_path: Path, workers: list[str]) -> None:
    kill = "import os, signal\ndef test_it(): os.kill(os.getpid(), signal.SIGKILL)\n"
    (tmp_path / "test_it.py").write_text(kill, encoding="utf-8")
    command = [*SESSION, *workers]
    status, said = run_command(command, folder=tmp_path, environment=environment(tmp_path))
    assert (status, "worker 'gw0' crashed" in said) == ((1, True) if workers else (-9, False))


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    hangs = "import time\ndef test_it(): time.sleep(60)\n"
    (tmp_path / "test_it.py").write_text(hangs, encoding="utf-8")
    status, _ = run_command(
        SESSION, folder=tmp_path, environment=environment(tmp_path), timeout_s=0.5
    )
    assert status == -9
