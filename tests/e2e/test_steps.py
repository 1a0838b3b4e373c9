"""Steps of a run: one session in each way, read from the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness import HAS_SUBTESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Finished, Repository

SUITE = """
import pytest

jama = pytest.mark.jama

@jama("KEY-TC-1")
def test_all_steps(jama):
    for number in (1, 2, 3, 4):
        with jama.step(number, note=f"<{number}>"):
            pass

@jama("KEY-TC-2")
def test_fails_in_a_step(jama):
    with jama.step(1):
        pass
    with jama.step(2):
        jama.note("12.1 ml")
        assert 0, "too much"

@jama("KEY-TC-3")
def test_fails_behind_its_steps(jama):
    with jama.step(1):
        pass
    assert 0, "after all"

@jama("KEY-TC-4", step=2)
def test_second_step(): assert 0

@jama("KEY-TC-4", step=1)
def test_first_step(): pass

@jama("KEY-TC-5")
def test_without_steps(): assert 0

@jama("KEY-TC-6")
def test_some_steps(jama):
    with jama.step(2):
        pass

@jama("KEY-TC-7")
def test_missing_step(jama):
    with jama.step(9):
        pass

@jama("KEY-TC-8")
def test_skips_in_a_step(jama):
    with jama.step(1):
        pytest.skip("no bench")

def test_mapped_step(): pass

attempts = []

@jama("KEY-TC-10")
@pytest.mark.flaky(reruns=1)
def test_attempts(jama):
    attempts.append(1)
    with jama.step(len(attempts)):
        assert len(attempts) == 2

@jama("KEY-TC-12")
def test_subtests_fail_in_a_step(jama, subtests):
    with jama.step(1):
        pass
    with jama.step(2):
        with jama.step(3):
            with subtests.test("volume"):
                assert 0, "too loud"
    with subtests.test("outside"):
        assert 0, "behind it"
    with jama.step(4):
        with subtests.test("tone"):
            pass

@jama("KEY-TC-14")
def test_subtest_is_skipped_in_a_step(jama, subtests):
    with jama.step(1):
        pass
    with jama.step(2):
        with subtests.test("volume"):
            pytest.skip("no microphone")

@jama("KEY-TC-14")
def test_other(): pass

@jama("KEY-TC-11")
def test_note_of_a_run_without_steps(jama):
    jama.note("serial number 7")
"""

NOT_RUN = "NOT_RUN"
ROWS = {
    1: ("PASSED", ["PASSED", "PASSED", "PASSED", "PASSED"]),
    2: ("FAILED", ["PASSED", "FAILED", NOT_RUN, NOT_RUN]),
    3: ("FAILED", ["PASSED", "FAILED", NOT_RUN, NOT_RUN]),
    4: ("FAILED", ["PASSED", "FAILED", NOT_RUN, NOT_RUN]),
    5: ("FAILED", ["FAILED", "FAILED", "FAILED", "FAILED"]),
    6: ("INPROGRESS", [NOT_RUN, "PASSED", NOT_RUN, NOT_RUN]),
    7: (NOT_RUN, [NOT_RUN, NOT_RUN, NOT_RUN, NOT_RUN]),
    8: (NOT_RUN, [NOT_RUN, NOT_RUN, NOT_RUN, NOT_RUN]),
    9: ("INPROGRESS", [NOT_RUN, NOT_RUN, "PASSED", NOT_RUN]),
    10: ("INPROGRESS", [NOT_RUN, "PASSED", NOT_RUN, NOT_RUN]),
    12: ("FAILED", ["PASSED", "FAILED", "FAILED", "PASSED"]),
    14: ("INPROGRESS", ["PASSED", NOT_RUN, NOT_RUN, NOT_RUN]),
}
WITH_SUBTESTS = {12, 14}


class World:
    """A repository after one session."""

    def __init__(self, repository: Repository, finished: Finished) -> None:
        self.repository = repository
        self.finished = finished


@pytest.fixture(scope="module", params=[[], ["-n", "1"]], ids=["serial", "xdist"])
def world(request: pytest.FixtureRequest, make_repository: Callable[[], Repository]) -> World:
    """Run the suite once."""
    repository = make_repository()
    for number in ROWS:
        repository.case(number, steps=4)
    repository.case(11)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    repository.write(
        "jama.yaml",
        """
        project: KEY
        plan: Release 1
        cycle: Build 1
        tests: {"test_it.py::test_mapped_step": {case: KEY-TC-9, step: 3}}
        """,
    )
    return World(repository, repository.pytest_here(*request.param))


@pytest.mark.parametrize("number", ROWS)
def test_statuses_of_run_and_steps(world: World, number: int) -> None:
    if number in WITH_SUBTESTS and not HAS_SUBTESTS:
        pytest.skip("the fixture subtests came with pytest 9")
    run = world.repository.runs()[f"{world.repository.key}-TC-{number}"]
    status, steps = ROWS[number]
    assert [step.status for step in run.steps] == steps, world.finished.output
    assert run.status == status


def results_of(world: World, number: int) -> list[str | None]:
    run = world.repository.runs()[f"{world.repository.key}-TC-{number}"]
    return [step.result for step in run.steps]


def test_notes_of_steps_are_escaped_results(world: World) -> None:
    first = results_of(world, 1)[0]
    assert first is not None
    assert "&lt;1&gt;" in first


def test_note_and_failure_stand_in_the_result_of_the_step(world: World) -> None:
    second = results_of(world, 2)[1]
    assert second is not None
    assert "12.1 ml" in second
    assert "AssertionError: too much" in second


def test_failure_behind_the_steps_stands_in_the_next_one(world: World) -> None:
    first, second, *_ = results_of(world, 3)
    assert first is None
    assert second is not None
    assert "after all" in second


def test_earlier_attempts_leave_no_step_behind(world: World) -> None:
    assert results_of(world, 10) == [None, None, None, None]


def test_note_outside_a_step_is_part_of_the_account(world: World) -> None:
    run = world.repository.runs()[f"{world.repository.key}-TC-11"]
    assert "serial number 7" in (run.actual_results or "")


def test_step_that_the_run_does_not_have_is_a_warning(world: World) -> None:
    assert "a test reports step 9, but" in world.finished.summary
    assert "has only steps 1 to 4" in world.finished.summary


def test_texts_of_the_steps_are_not_touched(world: World) -> None:
    cases = world.repository.sandbox.store.cases(world.repository.key)
    steps = {case.document_key: [step.action for step in case.steps] for case in cases}
    runs = world.repository.runs()
    assert {key: [step.action for step in run.steps] for key, run in runs.items()} == steps
