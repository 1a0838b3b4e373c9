"""Every example does what it says, run as its reader would run it."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.every import every
from tests.fork_server import quick_python
from tests.harness import ADDOPTS
from tests.here import Served, run_sandbox_here
from tests.rehearsal import EXAMPLES, STATE, copy_example, stored_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Example(NamedTuple):
    """One folder below examples/."""

    statuses: dict[int, str]
    status: int = 0
    sandbox: tuple[str, ...] = ()
    pytest: tuple[str, ...] = ()


PASSED, INCOMPLETE = "PASSED", "INPROGRESS"
TABLE = {
    "demo": Example(
        {1: PASSED, 2: INCOMPLETE, 3: INCOMPLETE, 4: PASSED, 5: "NOT_RUN"},
        sandbox=("--seed", "seed.yaml"),
    ),
    "marker": Example(
        {**dict.fromkeys(range(1, 7), PASSED), 4: INCOMPLETE, 5: INCOMPLETE},
        sandbox=tuple(part for n in range(1, 7) for part in ("--case", f"PUMP-TC-{n}")),
    ),
    "map": Example(dict.fromkeys(range(10, 15), PASSED)),
    "steps": Example(
        {20: INCOMPLETE, 21: PASSED},
        sandbox=("--case", "PUMP-TC-20", "--steps", "3"),
    ),
    "hook": Example({30: "BLOCKED", 31: PASSED}, status=1),
    "report": Example(
        {50: PASSED, 51: INCOMPLETE},
        sandbox=("--case", "PUMP-TC-50", "--case", "PUMP-TC-51", "--steps", "2"),
    ),
    "xdist": Example({40: PASSED}, pytest=("-n", "2")),
}


def run(folder: Path, example: Example) -> Served:
    """Run an example; the first is started as its reader would start it."""
    options = ("--seed", "jama.yaml", "--db", STATE, *example.sandbox)
    tests = ("-m", "pytest", "--jama", *example.pytest)
    environment = _environment_without("JAMA_")
    if example is not TABLE["demo"]:
        command = (*options, "--", quick_python(ADDOPTS), *tests)
        return run_sandbox_here(*command, folder=folder, environment=environment)
    finished = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-m", "pytest_jama", "sandbox", *options, "--", sys.executable, *tests],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Served(finished.returncode, finished.stdout, finished.stderr)


def _environment_without(prefix: str) -> dict[str, str]:
    """Return the environment of a reader, who has none of the plugins that our tests need."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
    return {**kept, "PYTEST_ADDOPTS": ADDOPTS}


class Rehearsed(NamedTuple):
    """What became of an example, and the folder in which it ran."""

    finished: Served
    folder: Path


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Rehearsed]:
    """Run an example, once."""

    @functools.cache
    def rehearse(name: str) -> Rehearsed:
        folder = copy_example(name, tmp_path_factory.mktemp(name))
        return Rehearsed(run(folder, TABLE[name]), folder)

    return rehearse


@pytest.mark.parametrize("name", TABLE)
def test_example_ends_in_the_documented_statuses(
    name: str, rehearsed: Callable[[str], Rehearsed]
) -> None:
    example = TABLE[name]
    finished, folder = rehearsed(name)
    assert finished.returncode == example.status, finished.stdout + finished.stderr
    statuses = {number: run.status for number, run in stored_runs(folder).items()}
    assert statuses == example.statuses


def test_the_example_of_a_report_leaves_one_that_shows_what_its_tests_say(
    rehearsed: Callable[[str], Rehearsed],
) -> None:
    _, folder = rehearsed("report")
    page = (folder / "reports" / "evidence.html").read_text("utf-8")
    assert '<img src="data:image/png;base64,' in page
    record = json.loads((folder / "reports" / "evidence.json").read_text("utf-8"))
    facts = {each["label"]: each["value"] for each in record["identification"]}
    assert facts["Software under test"] == "pump-firmware"
    assert facts["Equipment, calibration"] == "pressure gauge (PG-7), calibration not recorded"
    (incomplete,) = record["deviations"]
    assert "1 passed, 1 skipped" in incomplete["what"]
    short = (folder / "reports" / "evidence.md").read_text("utf-8")
    assert "| Incomplete | PUMP-TC-51 |" in short


@every("name", TABLE)
def test_the_readme_has_the_command_of_each_example(name: str) -> None:
    example = TABLE[name]
    seeded = ("pytest-jama", "sandbox", "--seed", "jama.yaml", *example.sandbox)
    command = " ".join((*seeded, "--", "pytest", "--jama", *example.pytest))
    (row,) = (
        line
        for line in (EXAMPLES / "README.md").read_text("utf-8").splitlines()
        if line.startswith(f"| [{name}]({name}) |")
    )
    assert row.endswith(f"| `{command}` |")


def test_the_example_for_alm_octane_leaves_a_run_of_each_test(tmp_path: Path) -> None:
    command = "pytest-jama sandbox --target octane --seed octane.yaml -- pytest --octane"
    folder = copy_example("octane", tmp_path)
    toolbox, _, tests = command.partition(" -- ")
    finished = run_sandbox_here(
        *(*toolbox.split()[2:], "--", quick_python(ADDOPTS), "-m", *tests.split()),
        folder=folder,
        environment=_environment_without("OCTANE_"),
    )
    said = finished.stdout + finished.stderr
    assert finished.returncode == 0, said
    assert "sent       1 of 1 document: 3 Passed, 1 Skipped" in said
    assert f"| `{command}` |" in (EXAMPLES / "README.md").read_text("utf-8")


def test_every_example_is_in_the_table() -> None:
    others = {"junit", "octane", "ci"}  # of other frameworks, and templates: tests of their own
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == set(TABLE) | others
