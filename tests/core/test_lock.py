"""What jama.lock knows of cases and tests, and what differs from it."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import parse_links
from pytest_jama.core.lock import SEVERAL_IDS, CaseText, Lock, LockedCase, StepText, merge_locks
from pytest_jama.core.lock_differences import IN_RUN, Drift, find_drift
from pytest_jama.core.results import Outcome, TestResult
from tests.every import every


def case(*steps: str, name: str = "Login", description: str | None = "As it is") -> CaseText:
    """Make a case of steps like ``action/expected result``."""
    texts = (step.partition("/") for step in steps)
    return CaseText(
        name, description, tuple(StepText(action, expected) for action, _, expected in texts)
    )


def locked(*steps: str, tests: tuple[str, ...] = ()) -> LockedCase:
    """Lock such a case."""
    return LockedCase.of(case(*steps), tests=tests, version=1)


@every(
    "now, sentences, steps",
    [
        (
            ["on/lamp", "measure/1 mA", "off/dark"],
            [
                'step 2: Jama has "measure", jama.lock has "fuse"',
                'the expected result of step 2: Jama has "1 mA", jama.lock has "holds"',
            ],
            {2},
        ),
        (
            ["on/lamp", "new/x", "fuse/holds", "off/dark"],
            ['step 2 "new" is new', "steps 2 to 3 are steps 3 to 4 now"],
            {2, 3, 4},
        ),
        (["on/lamp", "off/dark"], ['step 2 "fuse" is gone', 'step 3 "off" is step 2 now'], {2}),
        (["on/lamp", "fuse/holds"], ['step 3 "off" is gone'], set()),
        (
            ["fuse/holds", "on/lamp", "off/dark"],
            ['step 1 "on" is step 2 now', 'step 2 "fuse" is step 1 now'],
            {1, 2},
        ),
        (
            ["off/dark", "fuse/holds", "on/lamp"],
            ['step 1 "on" is step 3 now', 'step 3 "off" is step 1 now'],
            {1, 3},
        ),
        (
            ["on/lamp", "fuse/is blown", "off/dark"],
            ['the expected result of step 2 "fuse": Jama has "is blown", jama.lock has "holds"'],
            {2},
        ),
        (
            ["on/lamp", "fuse/", "off/dark"],
            ['the expected result of step 2 "fuse": Jama has nothing, jama.lock has "holds"'],
            {2},
        ),
        ([], ['step 1 "on" is gone', 'step 2 "fuse" is gone', 'step 3 "off" is gone'], set()),
    ],
    ids=[
        "edit",
        "insert",
        "delete",
        "delete last",
        "reorder",
        "swap",
        "expected",
        "emptied",
        "no steps",
    ],
)
def test_differences_are_told_step_by_step(
    now: list[str], sentences: list[str], steps: set[int]
) -> None:
    drift = find_drift(locked("on/lamp", "fuse/holds", "off/dark"), case(*now))

    assert drift == Drift(tuple(sentences), frozenset(steps))


def test_name_and_description_are_compared_too() -> None:
    now = case(name="Logout", description="As it was")

    assert find_drift(locked(), now).sentences == (
        'the name: Jama has "Logout", jama.lock has "Login"',
        'the description: Jama has "As it was", jama.lock has "As it is"',
    )
    assert find_drift(locked(), case(description=None)).sentences == ()


def test_a_run_that_is_older_is_told_apart_from_the_case() -> None:
    run = case("fuse/blown", "new/x", "on/lamp")

    said = find_drift(locked("on/lamp", "fuse/holds"), run, IN_RUN).sentences

    assert said[0] == 'step 1 "fuse" is in the run, and not in jama.lock'
    assert said[2:] == (
        'step 2 "fuse" of jama.lock is not in the run',
        'step 1 "on" is step 3 in the run',
    )
    emptied = find_drift(locked("on/lamp"), case("on/"), IN_RUN).sentences
    assert emptied == (
        'the expected result of step 1 "on": the run has nothing, jama.lock has "lamp"',
    )


def test_a_difference_behind_what_is_shown_is_told_without_it() -> None:
    before = "x" * 100

    (sentence,) = find_drift(locked(f"{before}1/"), case(f"{before}2/")).sentences

    assert sentence.startswith('step 1 "xxx')
    assert sentence.endswith('…" has changed further on')


STEPS = st.lists(st.sampled_from(["a/1", "a/2", "b/1", "<p>a/1", "a/&nbsp;1", "/", "c/"]))


@given(STEPS, STEPS)
def test_only_the_same_text_does_not_differ(before: list[str], now: list[str]) -> None:
    def said(steps: list[str]) -> list[str]:
        return [each.replace("<p>", "").replace("&nbsp;", "") for each in steps]

    drift = find_drift(locked(*before), case(*now))

    assert bool(drift.sentences) is (said(before) != said(now))
    changed = {
        number
        for number, step in enumerate(said(now), start=1)
        if said(before)[number - 1 : number] != [step]
    }
    assert drift.steps == changed


@given(STEPS)
def test_what_is_written_is_read(steps: list[str]) -> None:
    one = locked(*steps, tests=("t.py::b", "t.py::a[1]", "t.py::a[2]"))._replace(api_id=7)

    assert LockedCase.read(one.plain()) == one
    assert one.tests == ("t.py::a", "t.py::b")


LOCK = Lock(
    {"P-TC-1": locked(tests=("a.py::one", "a.py::two[x]")), "P-TC-2": locked(tests=("a.py::two",))}
)


def test_tests_that_a_session_did_not_come_across_are_known() -> None:
    assert list(LOCK.missing_tests(["a.one", "b.py::other"])) == [
        TestResult(
            "a.py::two",
            Outcome.NOT_COLLECTED,
            message="jama.lock names it, but this session did not come across it",
            links=parse_links("P-TC-1, P-TC-2"),
        )
    ]
    assert list(LOCK.missing_tests(["a.py::one[1]", "a.two (x=1)"])) == []


def test_links_that_are_newer_than_the_lock_are_found() -> None:
    results = [
        TestResult("a.py::one[3]", Outcome.PASSED, links=parse_links("P-TC-1")),
        TestResult("a.py::new", Outcome.PASSED, links=parse_links("P-TC-1, P-TC-9")),
        TestResult("a.py::gone", Outcome.NOT_COLLECTED, links=parse_links("P-TC-2")),
    ]

    unknown = LOCK.find_unknown(results)

    assert {name: case.tests for name, case in unknown.cases.items()} == {
        "P-TC-1": ("a.py::new",),
        "P-TC-9": ("a.py::new",),
    }


def test_the_order_of_sessions_does_not_change_what_they_know_together() -> None:
    older = Lock({"P-TC-1": locked("a/1", tests=("t::a",)), "P-TC-2": locked()})
    newer = Lock({"P-TC-1": locked("b/1", tests=("t::b",))})

    merged = [merge_locks(several) for several in permutations([older, newer, None])]

    assert all(each and each.cases.keys() == {"P-TC-1", "P-TC-2"} for each in merged)
    for lock in merged:
        assert lock is not None
        one, two = lock.cases["P-TC-1"], lock.cases["P-TC-2"]
        assert (one.is_disputed, one.tests, two.is_disputed) == (True, ("t::a", "t::b"), False)
        assert find_drift(one, case("a/1")).sentences
        assert find_drift(one, case("b/1")).sentences
    assert merge_locks([None]) is None


@every(
    "ids, together", [((7, 7), 7), ((None, 7), 7), ((7, 8), SEVERAL_IDS), ((7, 8, 7), SEVERAL_IDS)]
)
def test_sessions_that_mean_different_items_do_not_agree_in_any_order(
    ids: tuple[int | None, ...], together: int
) -> None:
    locks = [Lock({"P-TC-1": locked()._replace(api_id=each)}) for each in ids]
    for several in permutations(locks):
        merged = merge_locks(several)
        assert merged is not None
        assert merged.cases["P-TC-1"].api_id == together


def test_the_part_for_an_upload_is_that_of_tests_that_were_not_left_out() -> None:
    results = [
        TestResult("a.py::two", Outcome.NOT_REACHED, links=parse_links("P-TC-2, P-TC-3")),
        TestResult("a.py::one", Outcome.DESELECTED, links=parse_links("P-TC-1")),
    ]

    assert LOCK.of_results(results) == Lock({"P-TC-2": LOCK.cases["P-TC-2"]})
