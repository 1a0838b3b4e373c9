"""Steps of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import KEY

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.cli.selftest.workshop import Workshop

_STEPS = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_all_steps(jama):
    for number in (1, 2, 3, 4):
        with jama.step(number, note=f"volume {number} ml"):
            pass

@pytest.mark.jama("PUMP-TC-2")
def test_fails_in_a_step(jama):
    with jama.step(1):
        pass
    with jama.step(2):
        assert 0, "too much"

@pytest.mark.jama("PUMP-TC-3")
def test_fails_behind_its_steps(jama):
    with jama.step(1):
        pass
    assert 0, "after all"

@pytest.mark.jama("PUMP-TC-4", step=2)
def test_second_step(): assert 0

@pytest.mark.jama("PUMP-TC-4", step=1)
def test_first_step(): pass

@pytest.mark.jama("PUMP-TC-5")
def test_without_steps(): assert 0

@pytest.mark.jama("PUMP-TC-6")
def test_some_steps(jama):
    with jama.step(2):
        pass

@pytest.mark.jama("PUMP-TC-7")
def test_step_that_is_not_there(jama):
    with jama.step(9):
        pass

@pytest.mark.jama("PUMP-TC-8")
def test_skips_in_a_step(jama):
    with jama.step(1):
        pass
    with jama.step(2):
        pytest.skip("no bench")

@pytest.mark.jama("PUMP-TC-8")
def test_beside_it(): pass

@pytest.mark.jama("PUMP-TC-9")
def test_all_pass(): pass

@pytest.mark.jama("PUMP-TC-10")
def test_swallows_the_failure_of_a_step(jama):
    try:
        with jama.step(1):
            assert 0
    except AssertionError:
        pass
"""


class StepRow(NamedTuple):
    """What becomes of the four steps of a run.

    Attributes:
        what: The requirement.
        run: The status of the run.
        steps: Those of its steps.
    """

    what: str
    run: str
    steps: str


STEP_ROWS = {
    1: StepRow("Each reported step has its status.", "PASSED", "PASSED PASSED PASSED PASSED"),
    2: StepRow(
        "A step that fails is FAILED, those behind it NOT_RUN.",
        "FAILED",
        "PASSED FAILED NOT_RUN NOT_RUN",
    ),
    3: StepRow(
        "A failure behind the reported steps shows in the next step.",
        "FAILED",
        "PASSED FAILED NOT_RUN NOT_RUN",
    ),
    4: StepRow(
        "A test of one step is evidence of that step alone.",
        "FAILED",
        "PASSED FAILED NOT_RUN NOT_RUN",
    ),
    5: StepRow(
        "Without any reported step, each step has the status of the case.",
        "FAILED",
        "FAILED FAILED FAILED FAILED",
    ),
    6: StepRow(
        "A step that no test reports keeps its status, and the run is not PASSED.",
        "INPROGRESS",
        "NOT_RUN PASSED NOT_RUN NOT_RUN",
    ),
    7: StepRow(
        "A step that the run does not have changes no other step.",
        "NOT_RUN",
        "NOT_RUN NOT_RUN NOT_RUN NOT_RUN",
    ),
    8: StepRow(
        "A skipped step is not PASSED, nor is its run, though another test passed.",
        "INPROGRESS",
        "PASSED NOT_RUN NOT_RUN NOT_RUN",
    ),
    9: StepRow(
        "Without any reported step, a passed case passes each step.",
        "PASSED",
        "PASSED PASSED PASSED PASSED",
    ),
    10: StepRow(
        "A test that passed though one of its steps failed fails its case.",
        "FAILED",
        "FAILED NOT_RUN NOT_RUN NOT_RUN",
    ),
}
"""Source: docs/pytest.md, "Steps"; written down here by hand."""


def _play_steps(workshop: Workshop) -> None:
    workshop.write("test_steps.py", _STEPS)
    workshop.add_cases(*STEP_ROWS, steps=4)
    workshop.add_cycle()
    workshop.add_cycle("JUnit")
    ran = workshop.pytest("--junitxml=report.xml")
    notes = [step.result or "" for step in workshop.runs()[f"{KEY}-TC-1"].steps]
    workshop.see(
        exit_status=ran.status,
        notes=" / ".join(notes),
        missing_step_is_named="PUMP-TC-7" in ran.output and "step 9" in ran.output,
    )
    workshop.see_runs("pytest:", steps=True)
    workshop.see(exit_status_of_junit_uploader=workshop.junit("report.xml", "--cycle=JUnit").status)
    workshop.see_runs("JUnit:", cycle="JUnit", steps=True)


def _check_steps(number: int, row: StepRow) -> Check:
    expected: dict[str, Fact] = {}
    for where in ("pytest:", "JUnit:"):
        expected[f"{where} {KEY}-TC-{number}"] = row.run
        expected[f"{where} steps of {KEY}-TC-{number}"] = row.steps
    return Check(f"P-{number:02}", row.what, expected, ("M-01", "M-02", "M-04"))


SCENES = (
    Scene(
        "steps",
        "One pytest session with steps, then `junit-uploader` with its report into another cycle; "
        "runs with four steps are read from the server.",
        _play_steps,
        (
            *(_check_steps(number, row) for number, row in STEP_ROWS.items()),
            Check(
                "P-20",
                "The note of a step stands in the result of that step.",
                {"notes": "volume 1 ml / volume 2 ml / volume 3 ml / volume 4 ml"},
                ("M-04", "M-13"),
            ),
            Check(
                "P-21",
                "A step that the run does not have is named.",
                {"missing step is named": True},
                ("M-04", "M-06"),
            ),
        ),
    ),
)
