"""A user's repository for a test: a folder, a project in the sandbox, and sessions in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.fork_server import run_apart, run_command, start_apart, start_command
from tests.here import run_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_jama.sandbox.jama.model import Node
    from pytest_jama.sandbox.jama.server import Sandbox
    from pytest_jama.sandbox.recorder import RecordedRequest

PLAN = "Release 1"
CYCLE = "Build 1"

HAS_SUBTESTS = hasattr(pytest, "Subtests")
"""Whether there is the fixture ``subtests``, which came with pytest 9."""

# These take part in every session of this environment: one shuffles, some take seconds, some run
# tests again in their own ways. A test that needs one says ``-p MODULE``.
_OTHER_PLUGINS = (
    *("randomly", "hypothesispytest", "anyio", "pytest_cov"),
    *("check", "flaky", "pytest-bdd", "pytest-retry"),
)
_WITHOUT_THEM = [word for name in _OTHER_PLUGINS for word in ("-p", f"no:{name}")]
PYTEST = [sys.executable, "-m", "pytest", "--jama", *_WITHOUT_THEM]
ADDOPTS = " ".join(_WITHOUT_THEM)
"""For the sessions that our commands start; to load all of them takes a second."""

# These need processes, or look after what belongs to this one and not to a session in it.
_OF_THE_PROCESS = ("xdist", "faulthandler", "threadexception", "unraisableexception")
INSIDE = (
    *("--jama", "--capture=sys"),
    *(word for name in (*_OTHER_PLUGINS, *_OF_THE_PROCESS) for word in ("-p", f"no:{name}")),
)
"""Arguments of a session inside of a session."""


def unfolded(output: str) -> str:
    """Return an output with what is said in lines below behind the line that it belongs to."""
    return re.sub(r"\n {11}(?=\S)", "; ", output)


@dataclass(frozen=True)
class Finished:
    """A finished command.

    Attributes:
        status: Exit status.
        printed: Standard output and error together.
        requests: What the sandbox was asked meanwhile.
    """

    status: int
    printed: str
    requests: tuple[RecordedRequest, ...] = ()

    @property
    def output(self) -> str:
        """What was printed, `unfolded`."""
        return unfolded(self.printed)

    @property
    def summary(self) -> str:
        """The section of the output that is ours; empty when there is none."""
        section = re.search(r"=+ Jama Connect =+\n(.*?)^=", self.output, re.DOTALL | re.MULTILINE)
        return section[1] if section else ""

    def count_requests(self, method: str) -> int:
        """Return how many requests of a method there were."""
        return sum(request.method == method for request in self.requests)


class Repository:
    """A folder with tests and a jama.yaml, and its project in the sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, key: str) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.key = key
        sandbox.store.add_project(key)
        self.write("jama.yaml", f"project: {key}\nplan: {PLAN}\ncycle: {CYCLE}\n")

    def case(self, number: int, *, steps: int = 0) -> str:
        """Create a test case; return its document key."""
        key = f"{self.key}-TC-{number}"
        self.sandbox.store.add_case(self.key, key, steps=steps)
        return key

    def start_cycle(self) -> int:
        """Create the plan and the cycle with all cases there are; return the cycle's ID."""
        store = self.sandbox.store
        cases = [case.id for case in store.cases(self.key)]
        return store.add_cycle(store.add_plan(self.key, PLAN, cases=cases), CYCLE)

    def write(self, name: str, text: str) -> Path:
        """Write a file; `KEY` stands for the project's key."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).replace("KEY", self.key), encoding="utf-8")
        return path

    def environment(self) -> dict[str, str]:
        """Return the environment in which this project is found; nothing else of Jama in it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JAMA_")}
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "GIT_COMMIT"):
            kept.pop(name, None)
        return {
            **kept,
            "PYTEST_ADDOPTS": ADDOPTS,
            "JAMA_URL": self.sandbox.url,
            "JAMA_CLIENT_ID": self.sandbox.credentials.client_id,
            "JAMA_CLIENT_SECRET": self.sandbox.credentials.client_secret,
            "NO_PROXY": "127.0.0.1",
        }

    def pytest(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        imports_anew: bool = False,
    ) -> Finished:
        """Run ``pytest --jama`` in a process of its own; it may have to import all that it uses."""
        command = [*PYTEST, *arguments]
        return self.run(command, environment=environment, imports_anew=imports_anew)

    def pytest_here(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        folder: str = ".",
    ) -> Finished:
        """Run ``pytest --jama`` in this process, unless it wants workers; that is much faster."""
        if "-n" in arguments:
            return self.pytest(*arguments, environment=environment)

        def command() -> int:
            os.chdir(folder)
            return pytest.main([*INSIDE, *arguments])

        return self.run_here(command, environment=environment)

    def run_here(
        self, command: Callable[[], int], *, environment: Mapping[str, str] | None = None
    ) -> Finished:
        """Run any command in the folder and in this process."""
        self.sandbox.clear_requests()
        status, output = run_here(
            command,
            folder=self.folder,
            environment={**self.environment(), **(environment or {})},
        )
        return Finished(status, output, self.sandbox.requests)

    def run(
        self,
        command: list[str],
        *,
        environment: Mapping[str, str] | None = None,
        imports_anew: bool = False,
    ) -> Finished:
        """Run any command in the folder."""
        self.sandbox.clear_requests()
        whole = {**self.environment(), **(environment or {})}
        run = run_apart if imports_anew else run_command
        status, output = run(command, folder=self.folder, environment=whole)
        return Finished(status, output, self.sandbox.requests)

    def start(
        self,
        command: list[str],
        *,
        environment: Mapping[str, str] | None = None,
        imports_anew: bool = False,
        **streams: Any,
    ) -> subprocess.Popen[str]:
        """Start any command in the folder; whoever calls this has to wait for its end."""
        usual = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
        }
        whole = {**self.environment(), **(environment or {})}
        start = start_apart if imports_anew else start_command
        return start(command, folder=self.folder, environment=whole, **{**usual, **streams})

    def runs(self) -> dict[str, Node]:
        """Return the runs of the last cycle by the key of their case."""
        plans = self.sandbox.store.plans(self.key)
        cycles = [cycle for plan in plans for cycle in self.sandbox.store.cycles(plan.id)]
        return (
            {run.case_key: run for run in self.sandbox.store.runs(cycles[-1].id)} if cycles else {}
        )

    def statuses(self) -> dict[int, str]:
        """Return the status of each run by the number of its case."""
        return {int(key.rpartition("-")[2]): run.status for key, run in self.runs().items()}

    def journal(self) -> list[dict[str, Any]]:
        """Return the lines of the newest journal."""
        journals = (self.folder / ".jama").glob("*.jsonl")
        path = max(journals, key=lambda each: each.stat().st_mtime_ns)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
