from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import CaseLink, parse_links
from pytest_jama.core.results import Outcome, StepResult, TestResult
from pytest_jama.core.verdicts import Verdict, VerdictRules, judge, worst
from tests.core.values import (
    outcomes,
    outcomes_of_executed_tests,
    verdicts_or_leave,
)

if TYPE_CHECKING:
    import random

links = st.sampled_from(["T-1", "T-2", "T-1#1", "T-1#2", "T-2, T-3", "T-1, T-1#3", ""])
step_results = st.builds(StepResult, st.integers(1, 4), outcomes_of_executed_tests, st.just("n"))
all_rules = st.builds(
    VerdictRules,
    st.fixed_dictionaries({outcome: verdicts_or_leave for outcome in Outcome if outcome.did_run}),
    verdicts_or_leave,
)


@st.composite
def results(draw: st.DrawFn) -> list[TestResult]:
    """Draw the results of a session, each test once."""
    drawn = draw(st.lists(st.tuples(outcomes, links, st.lists(step_results, max_size=2))))
    return [
        result_with(number, outcome, text, steps)
        for number, (outcome, text, steps) in enumerate(drawn)
    ]


def result_with(number: int, outcome: Outcome, text: str, steps: list[StepResult]) -> TestResult:
    """Make the result of the test of that number; one that did not run has no steps."""
    has_steps = outcome.did_run or outcome is Outcome.SKIPPED
    return TestResult(
        f"t{number}",
        outcome,
        steps=tuple(steps) if has_steps else (),
        links=parse_links(text),
    )


def summary(session: list[TestResult], rules: VerdictRules) -> dict[str, object]:
    """Return what is concluded of each case and of each step."""
    return {
        str(case.case_ref): (case.verdict, [(step.number, step.verdict) for step in case.steps])
        for case in judge(session, rules=rules).cases
    }


def rank(verdict: Verdict | None) -> int:
    """Return how bad a verdict is; nothing is better than `leave`, which claims nothing."""
    return -1 if verdict is None else verdict.severity


@given(results(), all_rules, st.randoms(use_true_random=False))
def test_the_order_of_results_never_changes_a_verdict(
    session: list[TestResult],
    rules: VerdictRules,
    chance: random.Random,
) -> None:
    shuffled = list(session)
    chance.shuffle(shuffled)

    assert summary(shuffled, rules) == summary(session, rules)


@given(results(), outcomes)
def test_one_more_result_never_improves_a_verdict(
    session: list[TestResult],
    outcome: Outcome,
) -> None:
    more = [*session, result_with(len(session), outcome, "T-1", [])]
    before = {case.case_ref: case.verdict for case in judge(session, rules=VerdictRules()).cases}
    after = {case.case_ref: case.verdict for case in judge(more, rules=VerdictRules()).cases}

    assert all(rank(after[case]) >= rank(verdict) for case, verdict in before.items())


@given(results(), all_rules)
def test_passed_means_that_every_linked_test_passed(
    session: list[TestResult],
    rules: VerdictRules,
) -> None:
    rules = rules._replace(incomplete=Verdict.INPROGRESS)
    for case in judge(session, rules=rules).cases:
        said = {rules.verdict_of(result.outcome) for result in case.results}
        assert case.verdict is not Verdict.PASSED or said == {Verdict.PASSED}
        for step in case.steps:
            silent = [
                result
                for result in case.results
                if rules.verdict_of(result.outcome) is None
                for link in result.links
                if link == CaseLink(case.case_ref, step.number)
            ]
            assert step.verdict is not Verdict.PASSED or not silent


@given(results(), st.sampled_from([outcome for outcome in Outcome if not outcome.did_run]), links)
def test_one_more_test_that_did_not_run_never_makes_a_case_passed(
    session: list[TestResult],
    outcome: Outcome,
    text: str,
) -> None:
    more = [*session, result_with(len(session), outcome, text, [])]
    passed = {
        case.case_ref
        for case in judge(session, rules=VerdictRules()).cases
        if case.verdict is Verdict.PASSED
    }

    for case in judge(more, rules=VerdictRules()).cases:
        if case.verdict is Verdict.PASSED:
            assert case.case_ref in passed
            assert case.case_ref not in {link.case_ref for link in more[-1].links}


@given(results(), st.sets(outcomes))
def test_ignored_tests_are_as_though_they_were_not_there(
    session: list[TestResult],
    ignored: set[Outcome],
) -> None:
    ignoring = VerdictRules(ignored=frozenset(ignored))
    rest = [result for result in session if result.outcome not in ignored]

    assert summary(session, ignoring) == summary(rest, ignoring)


@given(results(), all_rules)
def test_tests_of_one_case_do_not_concern_the_others(
    session: list[TestResult],
    rules: VerdictRules,
) -> None:
    only_first = [result for result in session if "T-1" in map(str_of_case, result.links)]

    assert summary(only_first, rules).get("T-1") == summary(session, rules).get("T-1")


def str_of_case(link: object) -> str:
    """Return the case of a link without its step."""
    return str(link).partition("#")[0]


@given(results(), all_rules)
def test_every_result_is_accounted_for(session: list[TestResult], rules: VerdictRules) -> None:
    judgement = judge(session, rules=rules)

    known = {result for case in judgement.cases for result in case.results}

    assert known == {result for result in session if result.links}
    assert all(not result.links for result in judgement.unlinked)


@given(st.lists(verdicts_or_leave), st.lists(verdicts_or_leave))
def test_the_worst_of_two_groups_is_the_worst_of_their_worst(
    first: list[Verdict | None],
    second: list[Verdict | None],
) -> None:
    assert worst([*first, *second]) is worst([worst(first), worst(second)])


@given(st.lists(verdicts_or_leave))
def test_the_worst_is_one_of_the_given_and_none_is_worse(given: list[Verdict | None]) -> None:
    result = worst(given)

    assert result in given or not given
    assert all(rank(result) >= rank(verdict) for verdict in given)


@given(st.lists(verdicts_or_leave))
def test_leave_never_counts(given: list[Verdict | None]) -> None:
    assert worst([None, *given, None]) is worst(given)
