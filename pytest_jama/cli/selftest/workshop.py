"""The folder and the server in which a scene is played: files, processes, what Jama then shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.sandbox.jama.model import Node
    from pytest_jama.sandbox.jama.server import Sandbox

KEY = "PUMP"
PLAN = "Release 1"
CYCLE = "Build 1"
SETTINGS = f"project: {KEY}\nplan: {PLAN}\ncycle: {CYCLE}\n"

TWO_TESTS = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_passes(): pass

@pytest.mark.jama("PUMP-TC-2")
def test_fails(): assert 0, "no dial tone"
"""

ONE_OF_EACH = "1 plan, 1 cycle"
"""What `count_places` says where nothing was created twice."""

PYTEST = ("-m", "pytest", "-p", "jama", "--jama", "-v")
"""Plugins of the machine stay out, but ours: it is loaded by its entry point all the same."""

JUNIT = ("-m", "junit_uploader")
TOOLBOX = ("-m", "pytest_jama")

TIME_LIMIT_S = 100.0
"""For one process; a machine under load takes a few seconds for one."""

_KEPT = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC"),
        *("PATHEXT", "USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA"),
    )
)
"""What processes need of the environment. All else stays out: CI systems, settings, secrets."""

_EVIDENCE_LINES = 60


class Ran(NamedTuple):
    """A process that ended.

    Attributes:
        status: Its exit status; negative for the number of a signal.
        output: What it printed, on stdout and stderr.
    """

    status: int
    output: str


class Workshop:
    """A folder with tests and settings, and a sandbox of its own.

    Args:
        folder: An empty folder.
        sandbox: A running one, with the project `PUMP`.
    """

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.facts: dict[str, Fact] = {}
        self.lines: list[str] = []
        sandbox.store.add_project(KEY)
        self.write("pytest.ini", "[pytest]\n")
        self.write("jama.yaml", SETTINGS)

    # -- before ------------------------------------------------------------------------

    def write(self, name: str, text: str) -> Path:
        """Write a file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def add_cases(self, *numbers: int, steps: int = 0) -> None:
        """Create test cases at Jama: `PUMP-TC-1` for 1."""
        for number in numbers:
            self.sandbox.store.add_case(KEY, f"{KEY}-TC-{number}", steps=steps)

    def add_cycle(self, name: str = CYCLE) -> int:
        """Create a cycle with a run for each case there is, and the plan if need be."""
        store = self.sandbox.store
        plans = [plan.id for plan in store.plans(KEY) if plan.name == PLAN]
        cases = [case.id for case in store.cases(KEY)]
        plan = plans[0] if plans else store.add_plan(KEY, PLAN, cases=cases)
        return store.add_cycle(plan, name)

    def case(self, number: int) -> Node:
        """Return a test case."""
        cases = self.sandbox.store.cases(KEY)
        return next(case for case in cases if case.document_key == f"{KEY}-TC-{number}")

    def let_fail(self, *kinds: str) -> None:
        """Let something go wrong from now on, as `--fault` of the sandbox says it."""
        from pytest_jama.sandbox.faults import parse_fault  # noqa: PLC0415 (an extra)
        from pytest_jama.sandbox.jama.app import API_PATHS  # noqa: PLC0415

        for kind in kinds:
            self.sandbox.faults.add(parse_fault(kind, seed=0, paths=API_PATHS))

    # -- processes ---------------------------------------------------------------------

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment in which nothing but the sandbox is found."""
        kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
        return {
            **kept,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUTF8": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "JAMA_URL": self.sandbox.url,
            "JAMA_CLIENT_ID": self.sandbox.credentials.client_id,
            "JAMA_CLIENT_SECRET": self.sandbox.credentials.client_secret,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            **more,
        }

    def start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[str]:
        """Start Python with arguments; whoever calls this hands the process to `finish`."""
        self.lines.append(f"$ {' '.join(('python', *command))}")
        return subprocess.Popen(  # noqa: S603 (our own commands)
            [sys.executable, *command],
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def finish(self, process: subprocess.Popen[str]) -> Ran:
        """Wait for a process; one that takes too long is ended, and breaks the scene off."""
        try:
            output, _ = process.communicate(timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            self._keep(output, "killed: it took too long")
            raise
        self._keep(output, f"exit status {process.returncode}")
        return Ran(process.returncode, output)

    def run(self, *command: str, **environment: str) -> Ran:
        """Run Python with arguments, to its end."""
        return self.finish(self.start(command, **environment))

    def pytest(self, *arguments: str, **environment: str) -> Ran:
        """Run ``pytest --jama``."""
        return self.run(*PYTEST, *arguments, **environment)

    def junit(self, *arguments: str, **environment: str) -> Ran:
        """Run ``junit-uploader``."""
        return self.run(*JUNIT, *arguments, **environment)

    def upload(self, *arguments: str, **environment: str) -> Ran:
        """Run ``pytest-jama upload``."""
        return self.run(*TOOLBOX, "upload", *arguments, **environment)

    def _keep(self, output: str, end: str) -> None:
        lines = output.splitlines()
        if len(lines) > _EVIDENCE_LINES:
            left_out = f"... {len(lines) - _EVIDENCE_LINES} lines are left out ..."
            lines = [left_out, *lines[-_EVIDENCE_LINES:]]
        self.lines += [*lines, f"({end})", ""]

    # -- afterwards --------------------------------------------------------------------

    def runs(self, cycle: str = CYCLE) -> dict[str, Node]:
        """Return the runs of all cycles of a name by the key of their case."""
        store = self.sandbox.store
        cycles = [each for plan in store.plans(KEY) for each in store.cycles(plan.id)]
        return {
            run.case_key: run
            for each in cycles
            if each.name == cycle
            for run in store.runs(each.id)
        }

    def see_runs(self, where: str = "", *, cycle: str = CYCLE, steps: bool = False) -> None:
        """Take down the status of each run of a cycle, and of each of its steps.

        Args:
            where: What stands before the key, such as a front-end; empty for nothing.
            cycle: Its name.
            steps: Whether to take down steps, too.
        """
        for key, run in self.runs(cycle).items():
            self.facts[f"{where} {key}".strip()] = run.status
            if steps:
                statuses = " ".join(step.status for step in run.steps)
                self.facts[f"{where} steps of {key}".strip()] = statuses

    def account(self, number: int, cycle: str = CYCLE) -> str:
        """Return what the run of a case reports; empty when there is nothing."""
        run = self.runs(cycle).get(f"{KEY}-TC-{number}")
        return (run.actual_results or "") if run else ""

    def see(self, **facts: Fact) -> None:
        """Take down facts; underscores stand for blanks."""
        self.facts |= {name.replace("_", " "): value for name, value in facts.items()}

    def count_writes(self) -> int:
        """Return how many requests could have changed something at Jama."""
        return sum(
            request.method != "GET" and "oauth" not in request.path
            for request in self.sandbox.requests
        )

    def count_patches(self) -> dict[str, int]:
        """Return how often each run was written to."""
        counts: dict[str, int] = {}
        for request in self.sandbox.requests:
            if request.method in {"PATCH", "PUT"} and request.path.startswith("/testruns/"):
                counts[request.path] = counts.get(request.path, 0) + 1
        return counts

    def count_places(self) -> str:
        """Return how many plans and cycles there are."""
        store = self.sandbox.store
        plans = store.plans(KEY)
        cycles = sum(len(store.cycles(plan.id)) for plan in plans)
        return f"{len(plans)} plan, {cycles} cycle"

    def journals(self) -> list[Path]:
        """Return the journals, the oldest first."""
        return sorted((self.folder / ".jama").glob("*.jsonl"))


def says(output: str, label: str, text: str) -> bool:
    """Return whether a summary has a line of a label with a text in it."""
    lines = re.findall(rf"^{re.escape(label)} +(.*)$", output, re.MULTILINE)
    return any(text in line for line in lines)


def names_all(output: str, *words: str) -> bool:
    """Return whether one line has all of the words."""
    return any(all(word in line for word in words) for line in output.splitlines())
