"""Every example of another framework ends as its README says."""

from __future__ import annotations

import functools
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as uploader
from junit_uploader.merged_reports import read_reports
from pytest_jama.cli import main
from pytest_jama.cli.sandbox import environment_for
from pytest_jama.cli.sandbox_command import sandbox as sandbox_command
from pytest_jama.cli.sandbox_options import SandboxOptions
from pytest_jama.cli.seeds import seed_store
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from tests.every import every
from tests.fork_server import quick_python
from tests.harness import ADDOPTS
from tests.here import run_here
from tests.rehearsal import EXAMPLES, STATE, copy_example, stored_files, stored_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.sandbox.jama.model import Node

NAMES = sorted(path.name for path in (EXAMPLES / "junit").iterdir() if path.is_dir())
ASKED_FOR = {
    *("pytest", "unittest", "jest", "mocha", "node", "googletest", "robot", "behave", "go"),
    "phpunit",
}
PROGRAMS = {
    "junit-uploader": ["-m", "junit_uploader"],
    "pytest": ["-m", "pytest"],
}

_COMMAND = re.compile(r"^\$ (.+)$", re.MULTILINE)
_ROW = re.compile(r"^\| PUMP-TC-(\d+) \| ([^|]+) \|", re.MULTILINE)
# A report does not tell whose machine wrote it; all of them were written in /builds.
_MACHINE = re.compile(r"(?<![\w.])/(?:root|tmp/|work|Users)|(?<!/builds)/home/|[A-Z]:\\")


def readme(name: str) -> str:
    return (EXAMPLES / "junit" / name / "README.md").read_text(encoding="utf-8")


def documented_statuses(name: str) -> dict[int, str]:
    """Return the statuses of the README's table, by the number of the case."""
    return {int(number): status.strip() for number, status in _ROW.findall(readme(name))}


def commands(name: str, program: str) -> list[list[str]]:
    """Return the commands of a README that begin with a program."""
    words = [shlex.split(line) for line in _COMMAND.findall(readme(name))]
    return [line for line in words if line[0] == program]


def report_of(name: str) -> str:
    """Return what the README hands to the uploader: a file or a folder."""
    ((_, report),) = commands(name, "junit-uploader")
    return report


def rehearse(folder: Path, command: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a `pytest-jama sandbox ... -- COMMAND` of a README; return its exit status."""
    for variable in [name for name in os.environ if name.startswith(("JAMA_", "PYTEST_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PYTEST_ADDOPTS", ADDOPTS)
    monkeypatch.chdir(folder)
    at = command.index("--") + 1
    sandbox, (program, *arguments) = command[1:at], command[at:]
    subcommand, *options = sandbox
    command = [quick_python(ADDOPTS), *PROGRAMS[program], *arguments]
    return main([subcommand, "--db", STATE, *options, *command])


def statuses(runs: Mapping[int, Node]) -> dict[int, str]:
    """Return statuses as READMEs write them: that of the run, then those of its steps."""
    return {
        number: f"{run.status} ({', '.join(step.status for step in run.steps)})"
        if run.steps
        else run.status
        for number, run in runs.items()
    }


def test_the_frameworks_that_were_asked_for_are_there() -> None:
    assert set(NAMES) >= ASKED_FOR


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Do what the command of a README does, in this process; return the folder."""

    @functools.cache
    def rehearse_here(name: str) -> Path:
        folder = copy_example(f"junit/{name}", tmp_path_factory.mktemp(name))
        command, *_ = commands(name, "pytest-jama")
        environment = {
            each: value
            for each, value in os.environ.items()
            if not each.startswith(("JAMA_", "PYTEST_"))
        }
        status, said = run_here(
            lambda: _upload_beside_a_sandbox(command), folder=folder, environment=environment
        )
        assert status == 0, said
        return folder

    return rehearse_here


def _upload_beside_a_sandbox(command: Sequence[str]) -> int:
    _, name, *words = command
    asked = sandbox_command.make_context(name, words).params
    program, *arguments = asked.pop("command")
    assert program == "junit-uploader"
    options = SandboxOptions(**asked)
    with Store(Path(STATE)) as store:
        project = seed_store(store, options)
        with Sandbox(store) as sandbox:
            os.environ.update(environment_for(sandbox, project=project))
            return uploader(arguments)


@pytest.mark.parametrize("name", NAMES)
def test_every_run_ends_in_the_documented_status(
    name: str, rehearsed: Callable[[str], Path]
) -> None:
    assert statuses(stored_runs(rehearsed(name))) == documented_statuses(name)


def test_what_playwright_attached_is_attached_to_the_runs(
    rehearsed: Callable[[str], Path],
) -> None:
    folder = rehearsed("playwright")
    (shot,) = stored_files(folder, 1)
    assert shot == (folder / "display.png").read_bytes()
    assert [b"locks after three wrong codes" in text for text in stored_files(folder, 3)] == [True]


@every("name", NAMES)
def test_every_case_of_the_map_is_in_the_table(name: str) -> None:
    settings = (EXAMPLES / "junit" / name / "jama.yaml").read_text(encoding="utf-8")
    mapped = {int(number) for number in re.findall(r"PUMP-TC-(\d+)", settings)}
    assert mapped <= set(documented_statuses(name))


@every("name", NAMES)
def test_report_is_read_whole_and_names_no_machine(name: str) -> None:
    session = read_reports([str(EXAMPLES / "junit" / name / report_of(name))])
    assert session.is_complete
    texts = [Path(file.path).read_text(encoding="utf-8") for file in session.files]
    assert [_MACHINE.findall(text) for text in texts] == [[]] * len(texts)


def test_both_ways_of_the_pytest_example_end_in_the_same_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    through_uploader, plugin = commands("pytest", "pytest-jama")
    direct, through_report = (copy_example("junit/pytest", tmp_path / way) for way in "ab")
    written = through_report / report_of("pytest")
    written.unlink()
    assert rehearse(direct, [*plugin, f"--junitxml={written}"], monkeypatch) == 1  # tests failed
    assert rehearse(through_report, through_uploader, monkeypatch) == 0
    assert statuses(stored_runs(through_report)) == statuses(stored_runs(direct))
    assert statuses(stored_runs(direct)) == documented_statuses("pytest")


def test_every_example_is_in_the_index() -> None:
    index = (EXAMPLES / "junit" / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[([\w-]+)\]\(\1\)", index, re.MULTILINE)) == NAMES
