"""Shards are one session; the worst of several platforms counts; hooks keep their say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import CaseRef, parse_links
from pytest_jama.core.known_tests import Coverage, find_gaps
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, Verdict, VerdictRules, judge
from pytest_jama.journal import lines
from pytest_jama.journal.merge import merge_results, merge_unmatched
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import count_unadjusted, judge_recordings
from tests.core.values import outcomes_of_executed_tests
from tests.every import every
from tests.journal.record import a_test, collected, record, session_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.journal.record import Recording

RULES = VerdictRules()
REF = CaseRef.parse("J-TC-1")
PASSED, FAILED, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def concluded(*recordings: Recording) -> Judgement:
    return judge_recordings(by_session(recordings), rules=RULES, adjust=lambda case: case)


def verdict_of(*recordings: Recording) -> Verdict | None:
    (case,) = concluded(*recordings).cases
    return case.verdict


def shard(name: str, ran: list[TestResult], left_out: list[TestResult]) -> Recording:
    """Read the journal of a session that ran some tests and deselected the others."""
    known = [test._replace(outcome=Outcome.NOT_REACHED) for test in ran]
    known += [test._replace(outcome=Outcome.DESELECTED) for test in left_out]
    return record(collected(*known), *map(lines.result_line, ran), session=name)


def bare(judgement: Judgement) -> dict[str, object]:
    return {
        str(case.case_ref): (case.verdict, case.steps, set(case.results))
        for case in judgement.cases
    }


links = st.sampled_from(["J-1", "J-2", "J-1#1", "J-1, J-2", ""])


@given(
    st.lists(st.tuples(outcomes_of_executed_tests, links, st.integers(0, 2)), max_size=12),
    st.randoms(use_true_random=False),
)
def test_shards_in_any_order_are_one_session(
    drawn: list[tuple[Outcome, str, int]], shuffle: random.Random
) -> None:
    tests = [
        TestResult(f"t{number}", outcome, links=parse_links(text))
        for number, (outcome, text, _) in enumerate(drawn)
    ]
    shards = [
        shard(
            f"s{index}",
            [test for test, (_, _, place) in zip(tests, drawn, strict=True) if place == index],
            [test for test, (_, _, place) in zip(tests, drawn, strict=True) if place != index],
        )
        for index in range(3)
    ]
    shuffle.shuffle(shards)
    assert bare(concluded(*shards)) == bare(judge(tests, rules=RULES))


outcomes = st.sampled_from(
    [PASSED, FAILED, SKIPPED, Outcome.XFAILED, Outcome.NOT_REACHED, Outcome.DESELECTED]
)
sessions = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("abcd"), outcomes, links), max_size=6),
        st.integers(1, 3),
        st.integers(0, 8),
        st.sampled_from([None, Verdict.BLOCKED]),
    ),
    min_size=1,
    max_size=5,
)


def files(
    number: int,
    drawn: list[tuple[str, Outcome, str]],
    *,
    order: int,
    cut: int,
    said: Verdict | None,
) -> list[Recording]:
    """Read the journal of a session, and an earlier copy of it."""
    tests = [TestResult(name, outcome, links=parse_links(text)) for name, outcome, text in drawn]
    ran = [test for test in tests if test.outcome not in (Outcome.NOT_REACHED, Outcome.DESELECTED)]
    content = [collected(*tests), *map(lines.result_line, ran)]
    if said is not None:
        judged = judge(record(*content).all_results(), rules=RULES).cases
        content += [lines.verdict_line(replace(each, verdict=said, judged=each)) for each in judged]
    several = (content, content[:cut])
    return [record(*each, session=f"s{number}", order=order) for each in several]


@given(sessions, st.randoms(use_true_random=False))
def test_order_and_names_of_the_files_change_nothing(
    drawn: list[tuple[list[tuple[str, Outcome, str]], int, int, Verdict | None]],
    shuffle: random.Random,
) -> None:
    recordings = [
        recording
        for number, (tests, order, cut, said) in enumerate(drawn)
        for recording in files(number, tests, order=order, cut=cut, said=said)
    ]
    names = [f"{number}.jsonl" for number in range(len(recordings))]
    shuffle.shuffle(names)
    others = [
        replace(recording, path=Path(name))
        for recording, name in zip(recordings, names, strict=True)
    ]
    shuffle.shuffle(others)
    one, other = by_session(recordings), by_session(others)
    assert [each.header for each in one] == [each.header for each in other]
    assert merge_results(one, rules=RULES) == merge_results(other, rules=RULES)
    assert concluded(*recordings) == concluded(*others)


@pytest.mark.parametrize("worse", [FAILED, Outcome.ERROR])
def test_the_worst_of_several_platforms_counts(worse: Outcome) -> None:
    one = session_of([a_test("a")], session="linux")
    two = session_of([a_test("a", worse, message="no")], session="windows")
    (case,) = concluded(one, two).cases
    assert case.verdict is Verdict.FAILED
    assert [result.outcome for result in case.results] == [PASSED, worse]


def test_skipped_on_one_platform_and_passed_on_another_is_passed() -> None:
    one = session_of([a_test("a", SKIPPED)], session="linux")
    assert verdict_of(one, session_of([a_test("a")], session="windows")) is Verdict.PASSED


def test_results_that_say_the_same_are_one() -> None:
    one = session_of([a_test("a", duration_s=1.0)], session="linux")
    two = session_of([a_test("a", duration_s=2.0)], session="windows")
    assert merge_results([one, two], rules=VerdictRules()) == (a_test("a", duration_s=1.0),)


FILES = {
    f"{place}/test_{n}.py": [f"{place}/test_{n}.py::test_{k}[{k}]" for k in "xy"]
    for place in "ab"
    for n in "12"
}
KEYS = {
    "a/": "J-1",
    "b/test_1.py::test_x": "J-1",
    "**::test_y": "J-2",
    "b/test_*": "J-3",
    "a/test_1.py": "J-4",
    "a/test_2.py::test_x": "J-5",
    "b/test_2.py::test_gone": "J-5",
}
SHARED = CaseMap.build(MapEntry(key, parse_links(refs)) for key, refs in KEYS.items())[0]


def part(name: str, files: Iterable[str]) -> Recording:
    """Read the journal of a session that was limited to some files."""
    tests = [a_test(test, cases="") for file in FILES if file in files for test in FILES[file]]
    tests = [test._replace(links=SHARED.find(test.test_id)) for test in tests]
    missed = [f"{place}/" for place in "ab" if not any(file.startswith(place) for file in files)]
    missed += [file for file in FILES if file not in files and f"{file[0]}/" not in missed]
    gaps = find_gaps(SHARED, Coverage([test.test_id for test in tests], missed, is_whole=False))
    dead = [each.as_missing() for each in gaps.unmatched]
    known = [test._replace(outcome=Outcome.NOT_REACHED) for test in tests]
    missing = [each._replace(message="") for each in (*gaps.missing, *dead)]
    return record(
        collected(*known),
        lines.collected_line(missing),
        lines.unmatched_line(gaps.unmatched),
        *map(lines.result_line, tests),
        session=name,
    )


@given(
    st.lists(st.sets(st.sampled_from(list(FILES)), min_size=1), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_a_test_is_missing_when_no_shard_came_across_it(
    drawn: list[set[str]], shuffle: random.Random
) -> None:
    shards = [part(f"s{number}", files) for number, files in enumerate(drawn)]
    shuffle.shuffle(shards)
    verdicts = {str(each.case_ref): each.verdict for each in concluded(*shards).cases}
    together = part("s", set().union(*drawn))
    whole = {str(each.case_ref): each.verdict for each in concluded(together).cases}
    assert verdicts == whole
    unmatched = [each.key for each in merge_unmatched(by_session(shards))]
    assert unmatched == [each.key for each in merge_unmatched([together])]


def test_test_that_no_shard_reached_makes_its_case_incomplete() -> None:
    one = shard("s1", [a_test("a")], [a_test("b")])
    killed = record(collected(a_test("b", Outcome.NOT_REACHED)), session="s2")
    (case,) = concluded(one, killed).cases
    assert case.verdict is Verdict.INPROGRESS
    assert case.results[1].outcome is Outcome.NOT_REACHED


def test_file_that_one_shard_could_not_collect_makes_its_case_incomplete() -> None:
    lost = lines.uncollected_line(TestResult.of_uncollected("x.py", a_test("a").links))
    broken = record(lost, lines.result_line(a_test("other", cases="J-TC-2")), session="s2")
    judgement = concluded(session_of([a_test("a")]), broken)
    assert judgement.cases[0].verdict is Verdict.INPROGRESS


def test_the_same_journal_twice_counts_once() -> None:
    whole = session_of([a_test("a"), a_test("b")])
    earlier = record(
        collected(a_test("a", Outcome.NOT_REACHED), a_test("b", Outcome.NOT_REACHED)),
        lines.result_line(a_test("a")),
    )
    assert concluded(whole, whole) == concluded(whole)
    assert concluded(earlier, whole) == concluded(whole, earlier) == concluded(whole)


def adjusted(to: Verdict | None, was: CaseVerdict, **changes: Any) -> lines.JournalLine:
    """Make the line of a verdict that a hook adjusted."""
    return lines.verdict_line(replace(was, verdict=to, judged=was, **changes))


def one_case(*results: TestResult) -> CaseVerdict:
    (case,) = judge(results, rules=RULES).cases
    return case


def test_what_a_hook_said_is_used() -> None:
    test = a_test("a", notes=("n",))
    line = adjusted(Verdict.BLOCKED, one_case(test))
    (case,) = concluded(record(lines.result_line(test), line)).cases
    assert (case.verdict, case.results) == (Verdict.BLOCKED, (test,))


def test_results_that_a_hook_gave_are_used() -> None:
    test = a_test("a")
    noted = test._replace(notes=("bench 3",))
    line = adjusted(Verdict.PASSED, one_case(test), results=(noted,))
    (case,) = concluded(record(lines.result_line(test), line)).cases
    assert case.results == (noted,)


def test_verdict_line_that_differs_without_saying_why_is_used() -> None:
    line = {"line": "verdict", "case": "J-TC-1", "verdict": "leave", "steps": []}
    assert verdict_of(record(lines.result_line(a_test("a")), line)) is None


def test_hooks_that_are_left_judge_only_what_the_session_did_not() -> None:
    tests = [a_test("a"), a_test("b", cases="J-TC-2")]
    known = lines.verdict_line(one_case(tests[0]))
    recording = record(*map(lines.result_line, tests), known)
    judgement = judge_recordings(
        [recording], rules=RULES, adjust=lambda case: replace(case, verdict=Verdict.BLOCKED)
    )
    assert [case.verdict for case in judgement.cases] == [Verdict.PASSED, Verdict.BLOCKED]


@every(
    "said,other,together",
    [
        (Verdict.BLOCKED, PASSED, Verdict.BLOCKED),
        (Verdict.BLOCKED, FAILED, Verdict.FAILED),
        (None, PASSED, Verdict.PASSED),
        (Verdict.PASSED, SKIPPED, Verdict.PASSED),
    ],
)
def test_adjusted_verdict_of_one_shard_is_merged_by_the_worst(
    said: Verdict | None, other: Outcome, together: Verdict
) -> None:
    failed = a_test("a", FAILED)
    one = record(lines.result_line(failed), adjusted(said, one_case(failed)), session="s1")
    assert verdict_of(one, session_of([a_test("b", other)], session="s2")) is together


def test_hook_that_only_adds_words_does_not_keep_a_shard_incomplete() -> None:
    ran, left_out = a_test("a"), a_test("b", Outcome.DESELECTED)
    case = one_case(ran, left_out)
    noted = adjusted(case.verdict, case, results=(ran._replace(notes=("n",)),))
    one = record(collected(left_out), lines.result_line(ran), noted, session="s1")
    (merged,) = concluded(one, session_of([a_test("b")], session="s2")).cases
    assert merged.verdict is Verdict.PASSED
    assert merged.results == (ran._replace(notes=("n",)), a_test("b"))


def test_verdicts_that_hooks_had_no_chance_to_adjust_are_counted() -> None:
    tests = [a_test("a"), a_test("b", cases="J-TC-2")]
    results = [*map(lines.result_line, tests), lines.verdict_line(one_case(tests[0]))]
    assert count_unadjusted([record(*results, hooks=("conftest.py",)), record(*results)]) == 1
