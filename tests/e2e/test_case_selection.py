"""`--jama-select`: which tests run is decided by test cases, and never by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main as pytest_jama

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Repository

SUITE = """
import os
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_marked(): pass

def test_mapped(): assert os.environ.get("MENDED")

@pytest.mark.parametrize("n", [1, 2])
def test_many(n): pass

@pytest.mark.jama("KEY-TC-5")
def test_outside(): pass

def test_free(): pass
"""
SETTINGS = """
project: KEY
plan: Release 1
cycle: Build 1
tests:
  test_it.py::test_mapped: KEY-TC-2
  test_it.py::test_many: KEY-TC-3
"""
SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])


def make_suite(repository: Repository) -> Repository:
    for number in range(1, 4):
        repository.case(number)
    repository.start_cycle()
    repository.case(5)  # after the cycle: it has no run of it
    repository.write("pytest.ini", "[pytest]\n")
    repository.write("test_it.py", SUITE)
    repository.write("jama.yaml", SETTINGS)
    return repository


@pytest.fixture(scope="module")
def suite(make_repository: Callable[[], Repository]) -> Repository:
    """A repository whose cycle no test changes."""
    return make_suite(make_repository())


@SERIAL_AND_XDIST
def test_the_night_is_run_again_for_cases_that_are_not_passed(
    repository: Repository, workers: list[str]
) -> None:
    make_suite(repository)
    planned = repository.pytest_here("--jama-select=planned")
    assert planned.status == 1
    assert "1 failed, 3 passed, 2 deselected" in planned.output
    assert repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "PASSED"}
    again = repository.pytest_here(
        *workers, "-rA", "--jama-select=not-passed", environment={"MENDED": "1"}
    )
    assert again.status == 0, again.output
    assert repository.statuses() == {1: "PASSED", 2: "PASSED", 3: "PASSED"}
    said = "--jama-select=not-passed: only tests of test cases not PASSED in"
    assert f"jama: {said} test cycle 'Build 1' (1 of 3)" in again.output
    assert "selected" in again.summary
    assert "5 tests deselected" in again.summary
    assert "deselected by --jama-select" not in again.summary
    assert again.output.count("PASSED test_it.py::") == 1
    nothing = repository.pytest_here("--jama-select=not-passed")
    assert nothing.status == 4
    assert "all test cases are PASSED in test cycle 'Build 1'" in nothing.output


def test_the_tests_of_named_cases_run_and_a_case_without_tests_is_named(suite: Repository) -> None:
    option = f"--jama-select={suite.key}-TC-1, {suite.key}-TC-3,{suite.key}-TC-77"
    finished = suite.pytest_here(option, "--jama-no-upload")
    assert finished.status == 0, finished.output
    assert "3 passed" in finished.output
    assert f"none of 1 test case ({suite.key}-TC-77)" in " ".join(finished.summary.split())


def test_what_other_options_leave_out_stays_out(suite: Repository) -> None:
    option = f"--jama-select={suite.key}-TC-1,{suite.key}-TC-3"
    finished = suite.pytest_here(option, "-k", "many", "--jama-no-upload")
    assert "2 passed, 4 deselected" in finished.output
    selected = " ".join(finished.summary.split()).partition("selected ")[2]
    assert "; 4 tests deselected by " in selected
    assert "-k many (command line)" in selected
    assert selected.count("deselected") == 1


@SERIAL_AND_XDIST
def test_a_selection_without_a_test_is_refused_before_any_test_runs(
    suite: Repository, workers: list[str]
) -> None:
    finished = suite.pytest_here(*workers, "--jama-select=NO-TC-1", "--jama-no-upload")
    assert finished.status == 4 if not workers else finished.status != 0
    assert (
        "--jama-select=NO-TC-1: none of 6 tests belongs to 1 test case (NO-TC-1)" in finished.output
    )
    assert "passed" not in finished.output


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--jama-select=plannd"], "'plannd' is not a case reference; use planned, not-passed, or"),
        (["--jama-select="], "--jama-select is empty; use planned, not-passed, or test cases"),
        (["--jama-select=planned", "--jama-no-upload"], "which --jama-no-upload forbids"),
        (
            ["--jama-select=planned", "--jama-cycle=Nightly"],
            "no test cycle 'Nightly' yet; `pytest-",
        ),
        (["--jama-select=planned", "--jama-plan=Nowhere"], "no test plan 'Nowhere' yet; `pytest-"),
        (["--jama-select=planned", "--jama-project=GONE"], "--jama-select=planned: "),
    ],
)
def test_what_cannot_be_selected_is_refused_with_what_to_do(
    suite: Repository, arguments: list[str], message: str
) -> None:
    finished = suite.pytest_here(*arguments)
    assert finished.status == 4
    assert "pytest-jama cannot start:" in finished.output
    assert message in finished.output
    assert "Traceback" not in finished.output


def test_a_server_out_of_reach_refuses_the_session(suite: Repository) -> None:
    suite.write("far.yaml", SETTINGS + "upload: {give_up_after: 1s}\n")
    finished = suite.pytest_here(
        "--jama-config=far.yaml",
        "--jama-select=planned",
        environment={"JAMA_URL": "http://127.0.0.1:9"},
    )
    assert finished.status == 4
    assert "jama: cannot reach http://127.0.0.1:9: " in finished.output
    assert "--jama-select=planned: " in finished.output
    assert "passed" not in finished.output


def test_a_collection_shows_what_would_run(suite: Repository) -> None:
    finished = suite.pytest_here("--jama-select=planned", "--collect-only", "-q")
    assert finished.status == 0, finished.output
    assert "test_it.py::test_mapped" in finished.output
    assert "test_free" not in finished.output


@pytest.mark.usefixtures("quick_children")
def test_commands_that_collect_tests_see_all_of_them(suite: Repository) -> None:
    chosen = f"--jama --jama-select={suite.key}-TC-1"
    suite.write("pytest.ini", f"[pytest]\naddopts = {chosen}\n")
    prepared = suite.run_here(lambda: pytest_jama(["prepare", "--dry-run", "--cycle=Build 2"]))
    suite.write("pytest.ini", "[pytest]\n")
    assert prepared.status == 0, prepared.output
    assert f"add case {suite.key}-TC-5" in prepared.output  # which only a marker names


def test_a_selection_without_jama_is_refused(suite: Repository) -> None:
    finished = suite.run_here(lambda: pytest.main(["--jama-select=planned"]))
    assert finished.status == 4
    assert "--jama-select selects for --jama: give both" in finished.output


def test_a_case_of_which_only_a_part_was_selected_is_not_passed(repository: Repository) -> None:
    make_suite(repository)
    test = f'import pytest\n@pytest.mark.jama("{repository.key}-TC-1", "{repository.key}-TC-2")\n'
    repository.write("test_both.py", f"{test}def test_both(): pass\n")
    repository.pytest_here(f"--jama-select={repository.key}-TC-1")
    assert repository.statuses() == {1: "PASSED", 2: "INPROGRESS", 3: "NOT_RUN"}
