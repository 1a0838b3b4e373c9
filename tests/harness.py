"""A user's repository for a test: a folder, a project in the sandbox, real pytest processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_jama.sandbox.model import Run
    from pytest_jama.sandbox.server import Sandbox

PLAN = "Release 1"
CYCLE = "Build 1"


@dataclass(frozen=True)
class Finished:
    """A finished process.

    Attributes:
        status: Exit status.
        output: Standard output and error together.
    """

    status: int
    output: str


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
        for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "GIT_COMMIT"):
            kept.pop(name, None)
        return {
            **kept,
            "JAMA_URL": self.sandbox.url,
            "JAMA_CLIENT_ID": self.sandbox.credentials.client_id,
            "JAMA_CLIENT_SECRET": self.sandbox.credentials.client_secret,
            "NO_PROXY": "127.0.0.1",
        }

    def pytest(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
        """Run ``pytest --jama`` in a process of its own."""
        command = [sys.executable, "-m", "pytest", "--jama", "-p", "no:randomly", *arguments]
        return self.run(command, environment=environment)

    def run(
        self,
        command: list[str],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run any command in the folder."""
        process = subprocess.run(  # noqa: S603 (our own command)
            command,
            cwd=self.folder,
            env={**self.environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return Finished(process.returncode, process.stdout)

    def runs(self) -> dict[str, Run]:
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
        path = max((self.folder / ".jama").glob("*.jsonl"))
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
