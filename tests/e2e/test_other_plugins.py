"""Tests as other plugins run them: what they show is the same in each way that leads to Jama.

One session with ``--jama``; `junit-uploader` on its file; `junit-uploader` on the file of a session
without ``--jama``, with workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from junit_uploader.cli import main as junit_uploader
from tests.harness import PYTEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.sandbox.jama.model import Node
    from tests.harness import Repository

PUMP = """
@jama:KEY-TC-1
Feature: Pump
  Scenario: Priming
    Given a logged-in user
    When the pump is primed
    Then no bubble is seen
    And the lamp is on

  @jama:KEY-TC-2
  Scenario: No bench
    Given a bench
    Then the lamp is on
"""
SUITE = """
import asyncio
import threading

import pytest
from hypothesis import assume, given as examples, settings, strategies
from pytest_bdd import given, scenarios, then, when
from pytest_check import check

jama = pytest.mark.jama
scenarios("pump.feature")

@given("a logged-in user")
def log_in(jama): jama.note("user 7")

@given("a bench")
def find_bench(): pytest.skip("no bench")

@when("the pump is primed")
def prime(): pass

@then("no bubble is seen")
def look(): assert 0, "a bubble"

@then("the lamp is on")
def light(): pass

@jama("KEY-TC-3")
@settings(max_examples=20, derandomize=True, database=None)
@examples(strategies.integers(0, 1000))
def test_examples(jama, volume):
    with jama.step(1, f"{volume} ml"):
        assume(volume % 3)
    with jama.step(2, f"{volume} ml"):
        assert volume < 50

@jama("KEY-TC-4")
def test_tasks(jama):
    async def work(number):
        with jama.step(number):
            await asyncio.sleep(0)
            jama.note(f"task {number}")
            await asyncio.sleep(9 if number == 3 else 0)

    async def run():
        last = asyncio.create_task(work(3))
        await asyncio.gather(work(1), work(2))
        last.cancel()

    asyncio.run(run())

@jama("KEY-TC-5")
def test_checks(jama):
    with jama.step(1):
        check.equal(1, 1)
    with jama.step(2):
        check.equal(12, 10, "volume")
    with jama.step(3):
        pass

@jama("KEY-TC-6")
def test_caught(jama):
    with pytest.raises(OSError):
        with jama.step(1):
            raise OSError("no light")

attempts = []

@jama("KEY-TC-7")
@pytest.mark.flaky(reruns=2)
def test_attempts(jama, record_property):
    attempts.append(1)
    record_property("jama_step", 1)
    record_property("jama_step_status", "passed" if len(attempts) == 3 else "failed")
    with jama.step(2, f"attempt {len(attempts)}"):
        assert len(attempts) == 3, f"low {len(attempts)}"

@jama("KEY-TC-8")
def test_thread(jama):
    def work():
        with jama.step(1):
            jama.note("of the thread")

    with jama.step(2):
        for target in (work, lambda: jama.note("without a step")):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
"""


class Ways(NamedTuple):
    """The runs that each way led to, by the number of their case."""

    plugin: Mapping[int, Node]
    uploader: Mapping[int, Node]
    later: Mapping[int, Node]
    summaries: tuple[str, str]


def run_all_ways(repository: Repository, *plugins: str, workers: Sequence[str] = ()) -> Ways:
    """Run a suite twice and report it three times, each time to a cycle of its own."""
    found, outputs = [], []
    plugins = (*plugins, "-ojunit_family=xunit1")  # it has properties of testcases
    # In processes of their own: some of these plugins change what all later sessions share.
    ran = repository.pytest("--jama-cycle=Build 1", "--junitxml=jama.xml", *plugins)
    outputs.append(ran.output)
    found.append(_runs(repository))
    without = [word for word in PYTEST if word != "--jama"]
    later = repository.run([*without, *plugins, *workers, "--junitxml=plain.xml"])
    assert "Jama Connect" not in later.output
    for number, name in (2, "jama.xml"), (3, "plain.xml"):
        command = [name, f"--cycle=Build {number}"]
        outputs.append(repository.run_here(lambda: junit_uploader(command)).output)  # noqa: B023
        found.append(_runs(repository))
    assert all(found), outputs
    return Ways(found[0], found[1], found[2], (ran.output, outputs[1]))


def _runs(repository: Repository) -> dict[int, Node]:
    return {int(key.rpartition("-")[2]): run for key, run in repository.runs().items()}


@pytest.fixture(scope="module")
def ways(make_repository: Callable[[], Repository]) -> Ways:
    """The suite above."""
    repository = make_repository()
    for number in range(1, 9):
        repository.case(number, steps=0 if number < 3 else 3)
    repository.start_cycle()
    repository.write("pump.feature", PUMP)
    repository.write("test_it.py", SUITE)
    plugins = "-ppytest_bdd.plugin", "-ppytest_check.plugin", "--strict-markers"
    return run_all_ways(repository, *plugins, workers=["-n", "1"])


STEPS = {
    3: ["PASSED", "FAILED", "NOT_RUN"],
    4: ["PASSED", "PASSED", "NOT_RUN"],
    5: ["PASSED", "FAILED", "PASSED"],
    6: ["FAILED", "NOT_RUN", "NOT_RUN"],
    7: ["PASSED", "PASSED", "NOT_RUN"],
    8: ["PASSED", "PASSED", "NOT_RUN"],
}


@pytest.mark.parametrize("way", ["plugin", "uploader", "later"])
@pytest.mark.parametrize("number", STEPS)
def test_steps(ways: Ways, way: str, number: int) -> None:
    run = getattr(ways, way)[number]
    assert [step.status for step in run.steps] == STEPS[number]


@pytest.mark.parametrize("number", range(1, 9))
def test_every_way_shows_the_same(ways: Ways, number: int) -> None:
    seen = [
        (run.status, [(step.status, step.result) for step in run.steps])
        for run in (found[number] for found in ways[:3])
    ]
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("way", ["plugin", "uploader", "later"])
@pytest.mark.parametrize(
    "number, texts",
    [
        (1, ["Given a logged-in user: passed", "user 7", "Then no bubble is seen: failed"]),
        (1, ["When the pump is primed: passed", "And the lamp is on: not run"]),
        (7, ["attempt 1 failed: AssertionError: low 1", "attempt 2 failed: AssertionError: low 2"]),
    ],
)
def test_account(ways: Ways, way: str, number: int, texts: list[str]) -> None:
    account = getattr(ways, way)[number].actual_results
    assert [text for text in texts if text not in account] == []


@pytest.mark.parametrize(
    "number, step, text",
    [
        (3, 2, "50 ml"),
        (4, 1, "task 1"),
        (4, 2, "task 2"),
        (5, 2, "check 12 == 10: volume"),
        (6, 1, "OSError: no light"),
        (7, 2, "attempt 3"),
        (8, 1, "of the thread"),
        (8, 2, "without a step"),
    ],
)
def test_result_of_a_step(ways: Ways, number: int, step: int, text: str) -> None:
    assert text in (ways.plugin[number].steps[step - 1].result or "")


def test_failed_step_of_a_green_test_is_said(ways: Ways) -> None:
    said = "passed, but its step 1 failed: OSError: no light"
    assert [said in summary for summary in ways.summaries] == [True, True]


def test_scenario_that_is_skipped_is_left(ways: Ways) -> None:
    assert ways.plugin[2].status == "NOT_RUN"


RUNS_AGAIN = {
    "rerunfailures": ("pytest_rerunfailures", "reruns=4"),
    "flaky": ("flaky.flaky_pytest_plugin", "max_runs=4, min_passes=2"),
    "pytest-retry": ("pytest_retry.retry_plugin", "retries=4"),
}
ATTEMPTS = """
import pytest

attempts = []

@pytest.mark.jama("KEY-TC-1")
@pytest.mark.flaky(ARGUMENTS)
def test_it(jama, record_property):
    attempts.append(1)
    record_property("jama_step", 1)
    record_property("jama_step_status", "passed" if len(attempts) > 2 else "failed")
    with jama.step(2, f"attempt {len(attempts)}"):
        assert len(attempts) > 2, f"low {len(attempts)}"

@pytest.mark.jama("KEY-TC-2")
@pytest.mark.flaky(ARGUMENTS)
def test_that_fails(jama):
    with jama.step(1):
        assert 0, "still"

broken = []

@pytest.mark.jama("KEY-TC-3")
@pytest.mark.flaky(ARGUMENTS)
def test_that_skips_at_last():
    if broken:
        pytest.skip("no bench")
    broken.append(1)
    assert 0
"""


@pytest.mark.parametrize("plugin, arguments", RUNS_AGAIN.values(), ids=RUNS_AGAIN)
def test_last_attempt_counts_and_each_is_named(
    make_repository: Callable[[], Repository], plugin: str, arguments: str
) -> None:
    repository = make_repository()
    for number in 1, 2, 3:
        repository.case(number, steps=2)
    repository.start_cycle()
    repository.write("test_it.py", ATTEMPTS.replace("ARGUMENTS", arguments))
    for runs in run_all_ways(repository, "-pno:rerunfailures", f"-p{plugin}")[:3]:
        assert [step.status for step in runs[1].steps] == ["PASSED", "PASSED"]
        assert [step.status for step in runs[2].steps] == ["FAILED", "NOT_RUN"]
        assert runs[3].status == "NOT_RUN"
        for number in 1, 2:
            assert f"attempt {number} failed: AssertionError: low {number}" in (
                runs[1].actual_results or ""
            )
