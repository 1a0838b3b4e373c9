"""One suite, run in all the ways in which people run pytest: always the same verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Repository

SUITE = """
import pytest

jama = pytest.mark.jama

@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("stuck")

@jama("KEY-TC-1")
def test_passes(): pass

@jama("KEY-TC-2")
def test_fails(): assert 0

@jama("KEY-TC-3")
def test_skips(): pytest.skip("later")

@jama("KEY-TC-4")
class TestGroup:
    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_it(self, number): pass

attempts = []

@jama("KEY-TC-5")
@pytest.mark.flaky(reruns=1)
def test_again():
    attempts.append(1)
    assert len(attempts) == 2

@jama("KEY-TC-6")
def test_leaves_a_mess(broken_teardown): pass
"""

VERDICTS = {1: "PASSED", 2: "FAILED", 3: "NOT_RUN", 4: "PASSED", 5: "PASSED", 6: "FAILED"}

WAYS = [
    ["-q"],
    ["-v"],
    ["-s"],
    ["-p", "no:terminal"],
    ["--import-mode=importlib"],
    ["--junitxml=report.xml"],
    ["-n0"],
    ["-n", "2", "--dist=each"],
    ["-n", "2", "--dist=loadscope"],
    ["-n", "2", "--dist=loadfile"],
    ["-n", "2", "--dist=worksteal"],
]


@pytest.fixture(scope="module")
def repository_of_suite(make_repository: Callable[[], Repository]) -> Repository:
    """The suite, with a cycle for each way to be run in."""
    repository = make_repository()
    for number in VERDICTS:
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    return repository


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_verdicts_do_not_depend_on_the_way(repository_of_suite: Repository, way: list[str]) -> None:
    cycle = f"--jama-cycle=Build {' '.join(way)}"
    finished = repository_of_suite.pytest(cycle, *way)
    assert finished.status == 1
    assert repository_of_suite.statuses() == VERDICTS, finished.output


def test_progress_begins_on_a_line_of_its_own(repository_of_suite: Repository) -> None:
    for workers in ([], ["-n", "1"]):
        output = repository_of_suite.pytest_here("--jama-cycle=Lines", *workers).output
        assert "\njama: updating 5 test runs\n" in output


def test_quiet_session_shows_no_progress(repository_of_suite: Repository) -> None:
    assert "jama: updating" not in repository_of_suite.pytest_here("-q").output


IDLE = [
    "--collect-only",
    "--setup-plan",
    "--fixtures-per-test",
    "--help",
    "--version",
]


@pytest.mark.parametrize("option", IDLE)
def test_option_that_runs_no_tests_does_nothing(repository: Repository, option: str) -> None:
    repository.write("test_it.py", "def test_it(tmp_path): pass\n")
    finished = repository.pytest(option)
    assert (finished.status, finished.requests) == (0, ()), finished.output
    assert not (repository.folder / ".jama").exists()


def test_no_upload_only_writes_the_journal(repository_of_suite: Repository) -> None:
    finished = repository_of_suite.pytest_here("--jama-no-upload")
    assert finished.requests == ()
    assert "journaled  2 FAILED, 3 PASSED; nothing is sent" in finished.summary
    results = [line for line in repository_of_suite.journal() if line["line"] == "result"]
    assert len(results) == 8


def test_account_of_a_test_that_was_run_again_tells_the_earlier_attempt(
    repository_of_suite: Repository,
) -> None:
    repository_of_suite.pytest_here("--jama-cycle=Accounts", "-k", "again")
    run = repository_of_suite.runs()[f"{repository_of_suite.key}-TC-5"]
    assert run.status == "PASSED"
    assert "attempt 1 failed: assert 1 == 2" in (run.actual_results or "")
