"""What a test says of its steps, in the plain form that travels on reports."""

from __future__ import annotations

import asyncio

import pytest

from pytest_jama.core.properties import NOTE, read_evidence
from pytest_jama.core.results import Outcome
from pytest_jama.plugin.step_fixture import JamaFixture


@pytest.fixture
def evidence() -> JamaFixture:
    """The evidence of a test that has just begun."""
    return JamaFixture()


def steps_of(evidence: JamaFixture) -> list[tuple[int, str, str]]:
    said = read_evidence(list(evidence.properties()), Outcome.PASSED)
    return [(step.number, step.outcome.value, step.note) for step in said.steps]


def test_step_that_ends_has_passed(evidence: JamaFixture) -> None:
    with evidence.step(1, note="12 ml"):
        evidence.note("no bubble")
    assert steps_of(evidence) == [(1, "passed", "12 ml\nno bubble")]


@pytest.mark.parametrize(
    "error, outcome, note",
    [
        (ValueError("too low\nby far"), "failed", "ValueError: too low"),
        (AssertionError(), "failed", "AssertionError"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (asyncio.CancelledError("late"), "failed", "CancelledError: late"),
        (pytest.fail.Exception("enough"), "failed", "enough"),
        (pytest.skip.Exception("no bench"), "skipped", "no bench"),
        (pytest.xfail.Exception("bug 7"), "xfailed", "bug 7"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_step_that_raises_says_why_and_lets_go(
    evidence: JamaFixture, error: BaseException, outcome: str, note: str
) -> None:
    with pytest.raises(type(error)), evidence.step(2):
        raise error
    assert steps_of(evidence) == [(2, outcome, note)]


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), pytest.exit.Exception("enough")], ids=["Ctrl-C", "exit"]
)
def test_interrupted_step_says_nothing(evidence: JamaFixture, error: BaseException) -> None:
    with pytest.raises(type(error)), evidence.step(1):
        raise error
    assert steps_of(evidence) == []


def test_note_belongs_to_the_innermost_open_step(evidence: JamaFixture) -> None:
    with evidence.step(1):
        with evidence.step(2):
            evidence.note("inner")
        evidence.note("outer")
    evidence.note("whole")
    assert steps_of(evidence) == [(2, "passed", "inner"), (1, "passed", "outer")]
    assert list(evidence.properties())[-1] == (NOTE, "whole")


@pytest.mark.parametrize("number", [0, -1, True, "one", 1.5])
def test_step_number_is_checked_before_the_code_runs(evidence: JamaFixture, number: int) -> None:
    with pytest.raises(ValueError, match="is not a step number"), evidence.step(number):
        pytest.fail("the code of the step ran")


def test_long_notes_are_cut(evidence: JamaFixture) -> None:
    with evidence.step(1, note="x" * 5000):
        pass
    ((_, _, note),) = steps_of(evidence)
    assert len(note) == 1000
    assert note.endswith("…")
