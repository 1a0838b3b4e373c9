"""Where people look: annotations, summaries and values of CI jobs, alike for every front-end."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_session_reports import FRONT_ENDS, JUNIT, SUITE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Finished, Repository

IN_PROCESS = {name: run for name, run in FRONT_ENDS.items() if name != "xdist"}
front_ends = pytest.mark.parametrize("run", IN_PROCESS.values(), ids=IN_PROCESS)


@pytest.fixture
def tested(repository: Repository) -> Repository:
    """Two cases, one of which has no run: the cycle began without it."""
    repository.case(1)
    repository.start_cycle()
    repository.case(2)
    repository.write("test_it.py", SUITE)
    repository.write("report.xml", JUNIT)
    return repository


@front_ends
def test_github_shows_what_has_no_run_and_takes_values(
    tested: Repository, tmp_path: Path, run: Callable[..., Finished]
) -> None:
    outputs = tmp_path / "outputs"
    outputs.write_text("other=1\n", "utf-8")

    finished = run(tested, {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(outputs)})

    (line,) = (each for each in finished.output.splitlines() if each.startswith("::"))
    assert line.startswith(f"::error title=Jama%3A unresolved::{tested.key}-TC-2: ")
    values = dict(each.split("=", 1) for each in outputs.read_text("utf-8").splitlines())
    assert values["other"] == "1"
    names = ("PASSED", "FAILED", "UNRESOLVED", "COMPLETE")
    assert [values[f"JAMA_SESSION_{name}"] for name in names] == ["1", "0", "1", "false"]
    assert (tested.folder / values["JAMA_SESSION_JOURNAL"]).is_file()
    assert values["JAMA_SESSION_CYCLE_URL"].startswith(tested.sandbox.url)


@front_ends
def test_azure_shows_the_short_form(
    tested: Repository, tmp_path: Path, run: Callable[..., Finished]
) -> None:
    finished = run(tested, {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)})

    told = [each for each in finished.output.splitlines() if each.startswith("##vso[task.up")]
    pages = [each.partition("]")[2] for each in told]
    texts = {page.read_text("utf-8").split("\n")[1] for page in tmp_path.glob("*.md")}
    assert texts == {"## Release 1 / Build 1: not passed"}
    assert str(max(tmp_path.glob("*.md"), key=lambda each: each.stat().st_mtime_ns)) == pages[-1]


@front_ends
def test_everything_that_a_ci_system_is_told_can_be_switched_off(
    tested: Repository, tmp_path: Path, run: Callable[..., Finished]
) -> None:
    off = "report: {summary: never, annotations: never}\noutputs: {ci: never}\n"
    tested.write("jama.yaml", f"project: KEY\nplan: Release 1\ncycle: Build 1\n{off}")
    outputs, folder = tmp_path / "outputs", tmp_path / "agent"
    folder.mkdir()

    for sign in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"):
        where = {"GITHUB_OUTPUT": str(outputs), "AGENT_TEMPDIRECTORY": str(folder)}
        finished = run(tested, {sign: "1", **where})
        assert not [each for each in finished.output.splitlines() if each.startswith(("::", "##"))]

    assert (outputs.exists(), list(folder.iterdir())) == (False, [])


@front_ends
def test_files_of_values_are_written_where_a_variable_names_them(
    tested: Repository, tmp_path: Path, run: Callable[..., Finished]
) -> None:
    names = [str(tmp_path / name) for name in ("jama.env", "jama.links.json")]

    finished = run(tested, {"JAMA_OUTPUTS": ", ".join(names)})

    assert "JAMA_SESSION_UNRESOLVED=1\n" in (tmp_path / "jama.env").read_text("utf-8")
    links = json.loads((tmp_path / "jama.links.json").read_text("utf-8"))["Jama"]
    assert [each["external_link"]["label"] for each in links] == ["plan Release 1", "cycle Build 1"]
    assert finished.output.count("outputs    ") == 1


def test_with_json_the_commands_are_beside_the_document(
    tested: Repository,
) -> None:
    process = tested.start(
        [sys.executable, "-m", "junit_uploader", "--json", "report.xml"],
        environment={"TEAMCITY_VERSION": "2026.1"},
        stderr=subprocess.PIPE,
    )
    output, errors = process.communicate(timeout=60)
    assert json.loads(output)["unresolved"]
    assert "##teamcity[buildProblem" in errors


def test_a_session_without_terminal_still_tells_it(tested: Repository) -> None:
    finished = tested.pytest_here("-p", "no:terminal", environment={"TEAMCITY_VERSION": "1"})
    assert "\n##teamcity[buildProblem description='Jama: unresolved: " in finished.output
