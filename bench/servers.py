"""Local servers that uploads are measured against: client and server are two processes.

Each measurement starts a server of its own as users do, ``pytest-jama sandbox OPTIONS -- CLIENT``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from bench import probes
from bench.probes import Command
from bench.venvs import WORK, python_of
from pytest_jama.sandbox.jama.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROJECT, PLAN, CYCLE = "BENCH", "Bench", "Bench"
FOLDER = WORK / "served"


def beside(
    version: str,
    options: tuple[str, ...],
    *client: str,
    folder: Path = FOLDER,
) -> Command:
    """Return the command of a client beside a server.

    Args:
        version: The Python of both, which stands before the client where that is a script.
        options: Options of the sandbox.
        client: The client and its arguments; ``python`` stands for the interpreter.
        folder: Where both run.
    """
    python = python_of("served", version)
    named = (python if each == "python" else each for each in client)
    return Command((python, "-m", "pytest_jama", "sandbox", *options, "--", *named), folder)


def run_beside(command: Command, *, mark: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a client beside a server; return the line that the client printed, without its mark.

    Args:
        command: What `beside` returned.
        mark: What the line begins with.
        environ: More variables of its environment.

    Raises:
        RuntimeError: When the client printed no such line.
    """
    command.folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command.arguments,
        cwd=command.folder,
        env={**probes.environment(), "NO_PROXY": "*", "JAMA_PROJECT": PROJECT, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith(mark):
            return line.removeprefix(mark)
    raise RuntimeError(f"{command} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


class Database:
    """The state that servers start from: a project with cases, and maybe a plan and a cycle.

    Args:
        name: Of its file.
        cases: How many cases there are.
        is_built: Whether plan and cycle are there, with a run for each case.
    """

    def __init__(self, name: str, cases: int, *, is_built: bool) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._origin = FOLDER / f"{name}-origin.sqlite"
        self._copy = FOLDER / f"{name}.sqlite"
        self._origin.unlink(missing_ok=True)
        with Store(self._origin) as store, store.database.transaction():
            store.add_project(PROJECT)
            ids = [store.add_case(PROJECT, f"{PROJECT}-TC-{number}") for number in range(cases)]
            self.case_ids, self.run_ids = ids, list[int]()
            if is_built:
                cycle = store.add_cycle(store.add_plan(PROJECT, PLAN, cases=ids), CYCLE)
                self.run_ids = [run.id for run in store.runs(cycle)]

    def fresh(self) -> tuple[str, ...]:
        """Return the options of a server that starts from this state, whatever came before."""
        for each in FOLDER.glob(f"{self._copy.name}*"):
            each.unlink()
        shutil.copy(self._origin, self._copy)
        return self.options

    @property
    def options(self) -> tuple[str, ...]:
        """The options of such a server."""
        return ("--db", os.fspath(self._copy))
