"""What a test says of its steps, in the plain form that travels on reports."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from pytest_jama.core.properties import NOTE, read_evidence
from pytest_jama.core.results import LONGEST_READ, WORST_FIRST, Outcome
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


CONTROL_FLOW = [
    UnsatisfiedAssumption(),
    asyncio.CancelledError(),
    GeneratorExit(),
    StopIteration(),
    StopAsyncIteration(),
]


@pytest.mark.parametrize("error", CONTROL_FLOW, ids=lambda error: type(error).__name__)
def test_step_ended_by_control_flow_says_nothing_beside_others(
    evidence: JamaFixture, error: BaseException
) -> None:
    end_with(evidence, error)
    with evidence.step(1):
        pass
    end_with(evidence, error)
    assert steps_of(evidence) == [(1, "passed", "")]


@pytest.mark.parametrize("error", CONTROL_FLOW, ids=lambda error: type(error).__name__)
def test_step_that_is_only_ended_by_control_flow_is_no_evidence(
    evidence: JamaFixture, error: BaseException
) -> None:
    end_with(evidence, error)
    assert steps_of(evidence) == [(1, "skipped", type(error).__name__)]


def end_with(evidence: JamaFixture, error: BaseException) -> None:
    with pytest.raises(type(error)), evidence.step(1):
        raise error


def test_step_left_by_break_has_passed(evidence: JamaFixture) -> None:
    for number in (1, 2):
        with evidence.step(number):
            break
    assert steps_of(evidence) == [(1, "passed", "")]


@pytest.mark.parametrize(
    "said, noted",
    [
        ({"action": "Start the pump"}, "Start the pump"),
        ({"action": "Start the pump", "expected": "It runs"}, ""),
        ({"action": "Start the pump", "note": "after 2 s"}, "after 2 s"),
        ({"action": "Start", "note": "after 2 s", "expected": "It runs"}, "after 2 s"),
    ],
    ids=["alone", "with expected", "with note", "with both"],
)
def test_an_action_is_the_note_only_where_it_stands_alone(
    evidence: JamaFixture, said: dict[str, str], noted: str
) -> None:
    with evidence.step(1, **said):
        pass

    assert steps_of(evidence) == [(1, "passed", noted)]


def test_notes_of_a_cancelled_time_are_kept(evidence: JamaFixture) -> None:
    with pytest.raises(asyncio.CancelledError), evidence.step(1, "too slow"):
        raise asyncio.CancelledError
    with evidence.step(1, "in time"):
        pass
    assert steps_of(evidence) == [(1, "passed", "too slow"), (1, "passed", "in time")]


def test_step_that_is_still_open_is_no_evidence(evidence: JamaFixture) -> None:
    step = evidence.step(1, "begun")
    step.__enter__()
    assert steps_of(evidence) == [
        (1, "skipped", "begun\nit was still open when the test ended"),
    ]


def test_worst_example_stands_without_the_others() -> None:
    evidence = JamaFixture(runs_examples=True)
    for volume in (3, 900, 12, 11, 7):
        ending = contextlib.suppress(AssertionError, UnsatisfiedAssumption)
        with ending, evidence.step(1, f"{volume} ml"):
            if volume == 7:
                raise UnsatisfiedAssumption
            assert volume <= 10, f"{volume} is too much"
    ((number, outcome, note),) = steps_of(evidence)
    assert (number, outcome) == (1, "failed")
    assert note.startswith("11 ml\nAssertionError: 11 is too much")


def test_group_of_exceptions_names_them(evidence: JamaFixture) -> None:
    class GroupError(Exception):  # as those of Python 3.11
        exceptions = (ValueError("low"), OSError("gone"))

    with pytest.raises(GroupError), evidence.step(1):
        raise GroupError("2 sub-exceptions")
    assert steps_of(evidence)[0][2].endswith(
        "Error: 2 sub-exceptions: ValueError: low; OSError: gone"
    )


def test_tasks_note_in_their_own_steps(evidence: JamaFixture) -> None:
    async def work(number: int) -> None:
        with evidence.step(number):
            for text in "ab":
                await asyncio.sleep(0)
                evidence.note(f"{text}{number}")
                await nested(number)

    async def nested(number: int) -> None:
        with evidence.step(10 + number):
            await asyncio.sleep(0)
            if number == 2:
                evidence.mark_open_steps(Outcome.FAILED, "late")

    async def run() -> None:
        await asyncio.gather(*map(work, (1, 2, 3)))
        evidence.note("whole")

    asyncio.run(run())
    said = {number: (outcome, note) for number, outcome, note in steps_of(evidence)}
    assert said == {
        1: ("passed", "a1\nb1"),
        3: ("passed", "a3\nb3"),
        2: ("failed", "a2\nlate\nb2\nlate"),
        11: ("passed", ""),
        13: ("passed", ""),
        12: ("failed", "late"),
    }
    assert list(evidence.properties())[-1] == (NOTE, "whole")


moves = st.lists(st.sampled_from(["note", "wait", "in"]), max_size=8)


@given(plans=st.lists(moves, min_size=1, max_size=4))
def test_whatever_tasks_do_each_note_ends_in_the_step_it_was_said_in(
    plans: list[list[str]],
) -> None:
    evidence = JamaFixture()
    expected: dict[int, list[str]] = {}

    async def work(number: int, plan: list[str]) -> None:
        with ExitStack() as steps:
            for count, move in enumerate(["in", *plan], 1):
                if move == "in":
                    number += 100
                    steps.enter_context(evidence.step(number))
                    expected[number] = []
                elif move == "note":
                    evidence.note(f"{count}")
                    expected[number].append(f"{count}")
                await asyncio.sleep(0)

    async def run() -> None:
        await asyncio.gather(*(work(number, plan) for number, plan in enumerate(plans)))

    asyncio.run(run())
    said = {number: note for number, _, note in steps_of(evidence)}
    assert said == {number: "\n".join(notes) for number, notes in expected.items()}


ENDINGS: list[tuple[BaseException | None, Outcome | None]] = [
    (None, Outcome.PASSED),
    (AssertionError(), Outcome.FAILED),
    (pytest.skip.Exception("later"), Outcome.SKIPPED),
    (UnsatisfiedAssumption(), None),
    (asyncio.CancelledError(), None),
]


@given(st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=6), st.booleans())
def test_worst_that_is_said_of_a_step_stands_in_whatever_order(
    endings: list[tuple[BaseException | None, Outcome | None]], runs_examples: bool
) -> None:
    evidence = JamaFixture(runs_examples=runs_examples)
    for error, _ in endings:
        with contextlib.suppress(BaseException), evidence.step(1):
            if error is not None:
                raise error
    said = [outcome for _, outcome in endings if outcome is not None] or [Outcome.SKIPPED]
    found = [Outcome(outcome) for _, outcome, _ in steps_of(evidence)]
    assert min(found, key=WORST_FIRST.index) is min(said, key=WORST_FIRST.index)


def test_task_without_step_notes_beside_the_steps_of_others(evidence: JamaFixture) -> None:
    async def work() -> None:
        with evidence.step(1):
            await asyncio.sleep(0)

    async def run() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        evidence.note("whole")
        await task

    asyncio.run(run())
    assert steps_of(evidence) == [(1, "passed", "")]
    assert list(evidence.properties())[-1] == (NOTE, "whole")


def test_task_notes_in_the_step_it_was_started_in(evidence: JamaFixture) -> None:
    async def run() -> None:
        with evidence.step(1):
            task = asyncio.create_task(say())
        with evidence.step(2):
            await task

    async def say() -> None:
        evidence.note("of step 1")

    asyncio.run(run())
    assert steps_of(evidence) == [(1, "passed", "of step 1"), (2, "passed", "")]


def test_threads_note_in_their_own_steps_and_lose_nothing(evidence: JamaFixture) -> None:
    together = threading.Barrier(4)

    def work(number: int) -> None:
        together.wait()
        with evidence.step(number):
            together.wait()
            for count in range(50):
                evidence.note(f"{number}:{count}")
            together.wait()

    with evidence.step(9), ThreadPoolExecutor(4) as pool:
        list(pool.map(work, (1, 2, 3, 4)))
        pool.submit(evidence.note, "of no step").result()
    assert sorted(steps_of(evidence)) == [
        *((n, "passed", "\n".join(f"{n}:{count}" for count in range(50))) for n in (1, 2, 3, 4)),
        (9, "passed", "of no step"),
    ]


def test_thread_without_step_notes_in_no_step_of_several_tasks(evidence: JamaFixture) -> None:
    async def work(number: int, pool: ThreadPoolExecutor) -> None:
        with evidence.step(number):
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(pool, evidence.note, "said")

    async def run() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(int).result()  # its thread starts here, outside of the steps
            await asyncio.gather(work(1, pool), work(2, pool))

    asyncio.run(run())
    assert (NOTE, "said") in list(evidence.properties())


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
    with evidence.step(1, note="x" * 50_000):
        pass
    ((_, _, note),) = steps_of(evidence)
    assert len(note) == LONGEST_READ  # and shortened further once secrets are hidden
    assert note.endswith("…")
