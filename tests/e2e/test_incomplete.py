"""Tests that did not run: serial and with xdist, the case is incomplete or left alone."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.e2e.resuming import upload

if TYPE_CHECKING:
    from tests.harness import Repository

TWO_OF_ONE_CASE = """
import pytest

pytestmark = pytest.mark.jama("KEY-TC-1")

def test_first(): pass
def test_second(): pass
"""

SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])


def prepare(repository: Repository, source: str, *, cases: int) -> None:
    for number in range(1, cases + 1):
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", source)


@SERIAL_AND_XDIST
@pytest.mark.parametrize(
    "selection",
    [["-k", "first"], ["--deselect", "test_it.py::test_second"]],
    ids=["-k", "--deselect"],
)
def test_deselected_while_another_ran_is_incomplete(
    repository: Repository, workers: list[str], selection: list[str]
) -> None:
    prepare(repository, TWO_OF_ONE_CASE, cases=1)
    finished = repository.pytest_here(*selection, *workers)
    assert repository.statuses() == {1: "INPROGRESS"}, finished.output


@SERIAL_AND_XDIST
def test_node_id_that_leaves_out_a_sibling_is_incomplete(
    repository: Repository, workers: list[str]
) -> None:
    prepare(repository, TWO_OF_ONE_CASE, cases=1)
    finished = repository.pytest_here("test_it.py::test_first", *workers)
    assert repository.statuses() == {1: "INPROGRESS"}, finished.output


NAMES = ["key", "API ID", "global ID"]
OTHERS = ["API ID", "global ID", "key"]


# With workers, each kind of name is once that of the test that ran, and once that of the other: the
# controller looks up both, as a session without workers does, where all pairs are tried.
@pytest.mark.parametrize(
    "workers, first, second",
    [
        *(([], first, second) for first in NAMES for second in NAMES),
        *((["-n", "1"], first, second) for first, second in zip(NAMES, OTHERS, strict=True)),
    ],
)
def test_deselected_under_another_name_of_the_case_is_incomplete(
    repository: Repository, workers: list[str], first: str, second: str
) -> None:
    case = repository.sandbox.store.add_case(
        repository.key, f"{repository.key}-TC-1", global_id=f"GID-{repository.key}"
    )
    repository.start_cycle()
    names = {"key": "'KEY-TC-1'", "API ID": case, "global ID": "'GID-KEY'"}
    source = f"""
    import pytest
    @pytest.mark.jama({names[first]})
    def test_first(): pass
    @pytest.mark.jama({names[second]})
    def test_second(): pass
    @pytest.mark.jama("KEY-TC-404", 987654, "GID-404-KEY")
    def test_second_of_nothing(): pass
    """
    repository.write("test_it.py", source)
    finished = repository.pytest_here("-k", "first", "--jama-no-upload", *workers)
    assert upload(repository).status == finished.status == 0, finished.output
    assert repository.statuses() == {1: "INPROGRESS"}
    repository.write(
        "test_it.py",
        textwrap.dedent(source).replace("test_second(): pass", "test_first_two(): pass"),
    )
    assert repository.pytest_here("-k", "first", *workers).status == 0
    assert repository.statuses() == {1: "PASSED"}


@SERIAL_AND_XDIST
def test_last_failed_only_leaves_what_the_whole_session_said(
    repository: Repository, workers: list[str]
) -> None:
    source = TWO_OF_ONE_CASE + "\ndef test_third(): import fixed\n"
    prepare(repository, source, cases=1)
    repository.write("test_other.py", TWO_OF_ONE_CASE)
    assert repository.pytest_here(*workers).status == 1
    assert repository.statuses() == {1: "FAILED"}
    repository.write("fixed.py", "")
    finished = repository.pytest_here("--lf", *workers)
    assert repository.statuses() == {1: "FAILED"}, finished.output
    left = "stays FAILED, INPROGRESS is not written; incomplete evidence does not replace it; "
    assert finished.output.count(left) == 1
    assert "(not written)" not in finished.output
    assert (finished.status, finished.count_requests("PATCH")) == (0, 0)


@SERIAL_AND_XDIST
def test_case_without_any_selected_test_is_left_alone(
    repository: Repository, workers: list[str]
) -> None:
    source = TWO_OF_ONE_CASE + '\n@pytest.mark.jama("KEY-TC-2")\ndef test_other(): pass\n'
    prepare(repository, source, cases=2)
    finished = repository.pytest_here("-k", "other", *workers)
    assert repository.statuses() == {1: "NOT_RUN", 2: "PASSED"}, finished.output


STOPS = """
import pytest

jama = pytest.mark.jama

@jama("KEY-TC-1")
def test_a(): pass

@jama("KEY-TC-2")
def test_b(): assert 0

@jama("KEY-TC-1")
def test_c(): pass

@jama("KEY-TC-2")
def test_d(): pass

@jama("KEY-TC-3")
def test_e(): pass
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
@pytest.mark.parametrize("stop", ["-x", "--maxfail=1"])
def test_not_reached_is_incomplete_unless_failed(
    repository: Repository, workers: list[str], stop: str
) -> None:
    prepare(repository, STOPS, cases=3)
    finished = repository.pytest_here(stop, *workers)
    assert finished.status in (1, 2)
    assert repository.statuses()[2] == "FAILED", finished.output
    if not workers:  # a worker of xdist may get ahead by a test before it is told to stop
        assert repository.statuses() == {1: "INPROGRESS", 2: "FAILED", 3: "INPROGRESS"}


INTERRUPTED = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_a(): pass

@pytest.mark.jama("KEY-TC-2")
def test_b(): {how}

@pytest.mark.jama("KEY-TC-3")
def test_c(): pass
"""


@pytest.mark.parametrize("how", ["raise KeyboardInterrupt", "pytest.exit('enough')"])
def test_interrupted_session_sends_what_it_has(repository: Repository, how: str) -> None:
    prepare(repository, INTERRUPTED.format(how=how), cases=3)
    finished = repository.pytest_here()
    assert finished.status == 2
    assert repository.statuses() == {1: "PASSED", 2: "INPROGRESS", 3: "INPROGRESS"}


def test_worker_crash_fails_the_case(repository: Repository) -> None:
    prepare(repository, INTERRUPTED.format(how="__import__('os')._exit(3)"), cases=3)
    finished = repository.pytest_here("-n", "2")
    assert finished.status == 1
    assert repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "PASSED"}, finished.output
    assert "worker crashed" in (repository.runs()[f"{repository.key}-TC-2"].actual_results or "")


def test_load_group_gives_the_same_verdicts(repository: Repository) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write(
        "test_it.py",
        """
        import pytest
        @pytest.mark.xdist_group("one")
        def test_grouped(): pass
        """,
    )
    repository.write(
        "jama.yaml",
        """
        project: KEY
        plan: Release 1
        cycle: Build 1
        tests: {"test_it.py::test_grouped": KEY-TC-1}
        """,
    )
    finished = repository.pytest_here("-n", "2", "--dist", "loadgroup")
    assert repository.statuses() == {1: "PASSED"}, finished.output


@SERIAL_AND_XDIST
def test_collection_error_leaves_everything_alone(
    repository: Repository, workers: list[str]
) -> None:
    prepare(repository, TWO_OF_ONE_CASE, cases=1)
    repository.write("test_broken.py", "import nothing_of_that_name")
    finished = repository.pytest_here(*workers, "--continue-on-collection-errors")
    assert finished.status != 0
    assert "test_broken.py: its tests did not run" in finished.output


def test_file_that_cannot_be_collected_leaves_its_mapped_cases_incomplete(
    repository: Repository,
) -> None:
    prepare(repository, TWO_OF_ONE_CASE, cases=2)
    repository.write("test_broken.py", "import nothing_of_that_name")
    repository.write(
        "jama.yaml",
        """
        project: KEY
        plan: Release 1
        cycle: Build 1
        tests: {"test_broken.py::test_third": KEY-TC-1, "test_broken.py": KEY-TC-2}
        """,
    )
    finished = repository.pytest_here("--continue-on-collection-errors")
    assert repository.statuses() == {1: "INPROGRESS", 2: "NOT_RUN"}
    why = "1 not collected: test_broken.py: could not be collected"
    assert "2 passed, 1 not collected; not every test ran and passed" in finished.output
    assert f"-TC-2: {why}" in finished.output
