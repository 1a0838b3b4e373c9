"""A map in a CSV file is the same map to every front-end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as pytest_jama

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Repository

pytestmark = pytest.mark.usefixtures("quick_children")

ROWS = """\
Area;Test;Case;Step;Owner
Login;tests/test_a.py::test_1;KEY-TC-1;;Ann
Login;tests/test_a.py::test_2;KEY-TC-2;1;Ann
Login;tests/test_a.py::test_old;KEY-TC-1;;
"""


@pytest.fixture(scope="module")
def mapped(make_repository: Callable[[], Repository]) -> Repository:
    """A repository whose map is in a file, with a key that matches nothing."""
    repository = make_repository()
    repository.case(1)
    repository.case(2, steps=2)
    repository.write("pytest.ini", "[pytest]\n")
    repository.write("tests/test_a.py", "def test_1(): pass\ndef test_2(): pass\n")
    repository.write("map.csv", ROWS)
    places = "project: KEY\nplan: Release 1\ncycle: Build ${DATE}\n"
    repository.write("jama.yaml", f"{places}map: {{unmatched: warn}}\ntests: {{file: map.csv}}\n")
    return repository


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_pytest_reports_what_a_file_links_and_names_its_dead_keys(
    mapped: Repository, workers: list[str]
) -> None:
    finished = mapped.pytest_here(*workers)
    assert finished.status == 0, finished.output
    assert mapped.statuses() == {1: "PASSED", 2: "INPROGRESS"}
    assert "'tests/test_a.py::test_old' (line 4 of map.csv, " in finished.summary


def test_a_journal_needs_the_file_no_more(mapped: Repository) -> None:
    mapped.pytest_here("--jama-no-upload")
    table = mapped.folder / "map.csv"
    table.rename(table.with_suffix(".kept"))
    uploaded = mapped.run_here(lambda: pytest_jama(["upload"]))
    table.with_suffix(".kept").rename(table)
    assert uploaded.status == 0, uploaded.output
    assert "'tests/test_a.py::test_old' (line 4 of map.csv, " in uploaded.output
    assert "map.csv" in mapped.journal()[0]["config"]


def test_reports_are_linked_by_it_and_its_dead_keys_have_their_file(mapped: Repository) -> None:
    mapped.run_here(lambda: pytest.main(["-q", "--junitxml=report.xml", "-p", "no:randomly"]))
    sent = mapped.run_here(lambda: junit_uploader(["--json", "--cycle=Build 2", "report.xml"]))
    assert sent.status == 0, sent.output
    assert mapped.statuses() == {1: "PASSED", 2: "INPROGRESS"}
    said = json.loads(sent.output[sent.output.index("{") : sent.output.rindex("}") + 1])
    assert [(key["line"], key["file"]) for key in said["unmatched"]] == [(4, "map.csv")]


@pytest.mark.parametrize("command", ["prepare", "lock"])
def test_commands_know_the_cases_of_a_file(mapped: Repository, command: str) -> None:
    finished = mapped.run_here(lambda: pytest_jama([command]))
    assert finished.status == 0, finished.output
    assert "2 cases" in finished.output or "2 test cases" in finished.output
