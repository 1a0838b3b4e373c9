"""What may be said of a run whose case is not what jama.lock has of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from pytest_jama.core.cases import CaseRef, parse_links
from pytest_jama.core.lock import CaseText, Lock, LockedCase, StepText
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.targets.jama.drift import LockGuard
from pytest_jama.targets.jama.runs import RunStep, TestRun
from pytest_jama.targets.jama.wire import Item
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Mapping

REF = CaseRef.parse("P-TC-1")
Steps = tuple[str, ...]
BEFORE: Steps = ("on", "fuse")
NOW: Steps = ("on", "leakage")
DIFFERS = "it differs from jama.lock (review its tests, then `pytest-jama lock`)"
OLDER = (
    "it differs from jama.lock, and its run is older "
    "(review its tests, then `pytest-jama lock`, then start a new cycle)"
)
RUN_DIFFERS = (
    "its run was made from another version of the test case than jama.lock (start a new cycle)"
)
WAS = 'step 2: Jama has "leakage", jama.lock has "fuse"'
RUN_HAS = 'step 2: the run has "leakage", jama.lock has "fuse"'
FAILED, BLOCKED, INPROGRESS = Verdict.FAILED, Verdict.BLOCKED, Verdict.INPROGRESS
NOT_RUN, PASSED = Verdict.NOT_RUN, Verdict.PASSED


def lock_of(steps: Steps, *tests: str) -> Lock:
    text = CaseText("Login", "", tuple(StepText(step, "") for step in steps))
    return Lock({"P-TC-1": LockedCase.of(text, tests=tests or ("t.py::a",))})


def run_of(steps: Steps, *, name: str = "Login", description: str = "") -> TestRun:
    rows = tuple(RunStep("NOT_RUN", as_read={"action": step}) for step in steps)
    return TestRun(7, 1, name, "NOT_RUN", rows, description=description)


def item_of(steps: Steps, *, description: str = "") -> Item:
    rows = tuple({"action": step, "expectedResult": None} for step in steps)
    return Item(1, name="Login", steps=rows, description=description)


def verdict_of(verdict: Verdict | None = PASSED, *steps: StepVerdict) -> CaseVerdict:
    result = TestResult("t.py::a", Outcome.PASSED, links=parse_links("P-TC-1"))
    return CaseVerdict(REF, verdict, steps, (result,))


def guard(
    lock: Lock | None,
    items: Mapping[CaseRef, Item] | None = None,
    *,
    mode: Literal["incomplete", "warn", "off"] = "incomplete",
    incomplete: Verdict | None = INPROGRESS,
) -> LockGuard:
    return LockGuard(lock, items or {}, mode=mode, incomplete=incomplete)


@every(
    "verdict, becomes",
    [
        (PASSED, INPROGRESS),
        (NOT_RUN, INPROGRESS),
        (INPROGRESS, INPROGRESS),
        (BLOCKED, BLOCKED),
        (FAILED, FAILED),
    ],
)
def test_a_difference_makes_a_case_incomplete_that_has_not_failed(
    verdict: Verdict, becomes: Verdict
) -> None:
    checked = guard(lock_of(BEFORE)).check(run_of(NOW), verdict_of(verdict))

    assert checked.verdict is becomes
    assert checked.reasons == (DIFFERS, WAS)


@every("incomplete", [None, NOT_RUN, BLOCKED])
def test_a_project_says_what_incomplete_means(incomplete: Verdict | None) -> None:
    checked = guard(lock_of(BEFORE), incomplete=incomplete).check(run_of(NOW), verdict_of())

    assert checked.verdict is incomplete


def test_only_steps_that_are_not_what_stood_there_lose_their_status() -> None:
    steps = (StepVerdict(1, PASSED), StepVerdict(2, PASSED))
    failed = (StepVerdict(1, FAILED), StepVerdict(2, PASSED))
    inserted = run_of(("new", "on", "fuse"))

    checked = guard(lock_of(BEFORE)).check(run_of(NOW), verdict_of(PASSED, *steps))
    shifted = guard(lock_of(BEFORE)).check(inserted, verdict_of(FAILED, *failed))

    assert [step.verdict for step in checked.steps] == [PASSED, INPROGRESS]
    assert [step.verdict for step in shifted.steps] == [FAILED, INPROGRESS]


@every(
    "run, item, reasons",
    [
        pytest.param(BEFORE, BEFORE, (), id="nothing differs"),
        pytest.param(NOW, NOW, (DIFFERS, WAS), id="both"),
        pytest.param(BEFORE, NOW, (OLDER, WAS), id="the case was changed after the cycle"),
        pytest.param(NOW, BEFORE, (RUN_DIFFERS, RUN_HAS), id="the cycle is older than the lock"),
        pytest.param(
            NOW,
            ("on",),
            (OLDER, 'step 2 "fuse" is gone', RUN_HAS),
            id="all three differ",
        ),
        pytest.param(BEFORE, None, (), id="the case is not known"),
    ],
)
def test_the_run_and_the_case_as_it_is_now_are_compared(
    run: Steps, item: Steps | None, reasons: tuple[str, ...]
) -> None:
    items = {} if item is None else {REF: item_of(item)}

    checked = guard(lock_of(BEFORE), items).check(run_of(run), verdict_of())

    assert checked.reasons == reasons
    assert checked.verdict is (INPROGRESS if reasons else PASSED)


@pytest.mark.parametrize("locked_version, what", [(2, RUN_DIFFERS), (1, OLDER)])
def test_versions_tell_that_a_run_is_older_than_a_case_that_is_not_known(
    locked_version: int, what: str
) -> None:
    lock = lock_of(BEFORE)
    cases = {name: case._replace(version=locked_version) for name, case in lock.cases.items()}
    run = replace(run_of(NOW), case_version=1, current_case_version=2)

    assert guard(Lock(cases)).check(run, verdict_of()).reasons == (what, RUN_HAS)


def test_a_description_that_a_run_does_not_have_is_that_of_the_case() -> None:
    (name,) = (guard(lock_of(BEFORE)).check(run_of(BEFORE, name="Logout"), verdict_of())).reasons[
        1:
    ]
    items = {REF: item_of(BEFORE, description="new")}

    checked = guard(lock_of(BEFORE), items).check(run_of(BEFORE), verdict_of())

    assert name == 'the name: Jama has "Logout", jama.lock has "Login"'
    assert checked.reasons[1:] == ('the description: Jama has "new", jama.lock has nothing',)


def test_a_test_of_the_lock_that_is_no_evidence_any_more_is_named() -> None:
    checked = guard(lock_of(BEFORE, "t.py::a", "t.py::b")).check(run_of(BEFORE), verdict_of())

    assert checked.verdict is INPROGRESS
    assert checked.reasons == (DIFFERS, "t.py::b is not linked to it any more")


def test_only_told_it_stays_passed_and_is_named() -> None:
    warned = guard(lock_of(BEFORE), mode="warn")

    checked = warned.check(run_of(NOW), verdict_of())

    assert (checked.verdict, checked.reasons) == (PASSED, (DIFFERS, WAS))
    assert warned.warnings == [f"P-TC-1: {DIFFERS}; {WAS}"]


@every("lock, mode", [(None, "incomplete"), (Lock({}), "incomplete"), (lock_of(BEFORE), "off")])
def test_without_an_entry_to_compare_with_nothing_changes(
    lock: Lock | None, mode: Literal["incomplete", "off"]
) -> None:
    case = verdict_of()

    assert guard(lock, mode=mode).check(run_of(NOW), case) is case
