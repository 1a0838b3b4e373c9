"""Section by section the rules by which outcomes of tests become the verdict on a case."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import (
    CaseVerdict,
    Judgement,
    StepVerdict,
    Verdict,
    VerdictRules,
    judge,
    merge_steps,
    totals,
)
from tests.core.values import result_of, results_of, step_result
from tests.every import every

DEFAULT = VerdictRules()
P, F, E, S = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED
XF, XP, NOT, DES = Outcome.XFAILED, Outcome.XPASSED, Outcome.NOT_REACHED, Outcome.DESELECTED
GONE = Outcome.NOT_COLLECTED
FAILED, BLOCKED, INPROGRESS = Verdict.FAILED, Verdict.BLOCKED, Verdict.INPROGRESS
NOT_RUN, PASSED = Verdict.NOT_RUN, Verdict.PASSED


def verdict_on(
    results: list[TestResult],
    rules: VerdictRules = DEFAULT,
) -> CaseVerdict:
    """Return the judgement on the only case that the results are about."""
    (case,) = judge(results, rules=rules).cases
    return case


def rules(
    changes: dict[Outcome, Verdict | None],
    incomplete: Verdict | None = INPROGRESS,
) -> VerdictRules:
    """Make rules that differ from the default in some rows."""
    return VerdictRules(MappingProxyType({**DEFAULT.by_outcome, **changes}), incomplete)


@every(
    "outcome, verdict",
    [
        pytest.param(P, PASSED, id="passed"),
        pytest.param(F, FAILED, id="failed"),
        pytest.param(E, FAILED, id="error"),
        pytest.param(S, None, id="skipped leaves the run"),
        pytest.param(XF, None, id="xfailed leaves the run"),
        pytest.param(XP, PASSED, id="xpassed"),
        pytest.param(NOT, INPROGRESS, id="not reached is incomplete"),
        pytest.param(DES, None, id="deselected leaves the run"),
    ],
)
def test_one_test_decides_its_case(outcome: Outcome, verdict: Verdict | None) -> None:
    assert verdict_on([result_of(outcome)]).verdict is verdict


@every(
    "outcomes, verdict",
    [
        pytest.param([P, P, P], PASSED, id="all passed"),
        pytest.param([P, F, P], FAILED, id="one failed"),
        pytest.param([E, P], FAILED, id="one error"),
        pytest.param([S, P], INPROGRESS, id="one skipped while another passed"),
        pytest.param([XF, P], INPROGRESS, id="one expected to fail while another passed"),
        pytest.param([S, XP], INPROGRESS, id="one skipped while another xpassed"),
        pytest.param([GONE, P], INPROGRESS, id="one not collected while another passed"),
        pytest.param([GONE, F], FAILED, id="a failure beats not collected"),
        pytest.param([GONE, GONE], None, id="none collected"),
        pytest.param([F, XF], FAILED, id="leave does not count beside failed"),
        pytest.param([S, XF, S], None, id="leave when nothing else is there"),
        pytest.param([P, NOT], INPROGRESS, id="one not reached"),
        pytest.param([S, NOT], INPROGRESS, id="skipped and not reached"),
        pytest.param([DES, NOT], INPROGRESS, id="deselected and not reached"),
        pytest.param([P, DES], INPROGRESS, id="one deselected while another passed"),
        pytest.param([XF, DES], None, id="one deselected, the other xfailed: none says anything"),
        pytest.param([XP, DES], INPROGRESS, id="one deselected while another xpassed"),
        pytest.param([DES, DES], None, id="all deselected"),
        pytest.param([S, DES], None, id="one deselected, the other skipped: none ran"),
        pytest.param([F, NOT], FAILED, id="a failure beats not reached"),
        pytest.param([F, DES], FAILED, id="a failure beats deselected"),
        pytest.param([E, DES, NOT, S, P], FAILED, id="an error beats everything"),
    ],
)
def test_the_worst_of_its_tests_decides_a_case(
    outcomes: list[Outcome],
    verdict: Verdict | None,
) -> None:
    assert verdict_on(results_of(outcomes)).verdict is verdict


ORDER = [FAILED, BLOCKED, INPROGRESS, NOT_RUN, PASSED, None]


@every("better", range(1, len(ORDER) - 1))
@every("worse", range(len(ORDER) - 1))
def test_verdicts_count_in_their_order(worse: int, better: int) -> None:
    given = rules({P: ORDER[worse], S: ORDER[better]})

    verdict = verdict_on(results_of([S, P]), given).verdict

    assert verdict is ORDER[min(worse, better)]


@every(
    "changes, outcomes, verdict",
    [
        pytest.param({S: BLOCKED}, [P, S], BLOCKED, id="skipped blocks"),
        pytest.param({S: NOT_RUN}, [S], NOT_RUN, id="skipped is not run"),
        pytest.param({XF: FAILED}, [XF, P], FAILED, id="xfailed fails"),
        pytest.param({XP: FAILED}, [XP], FAILED, id="xpassed fails"),
        pytest.param({E: BLOCKED}, [E, P], BLOCKED, id="errors block"),
        pytest.param({E: BLOCKED}, [E, F], FAILED, id="failed beats blocked"),
        pytest.param({E: BLOCKED}, [E, NOT], BLOCKED, id="blocked beats incomplete"),
        pytest.param({P: None}, [P, P], None, id="passed leaves"),
    ],
)
def test_a_project_has_rules_of_its_own(
    changes: dict[Outcome, Verdict | None],
    outcomes: list[Outcome],
    verdict: Verdict | None,
) -> None:
    assert verdict_on(results_of(outcomes), rules(changes)).verdict is verdict


@every("incomplete", ORDER)
@every("outcomes", [[P, NOT], [P, DES], [NOT]])
def test_a_project_says_what_incomplete_means(
    incomplete: Verdict | None,
    outcomes: list[Outcome],
) -> None:
    given = rules({}, incomplete)

    assert verdict_on(results_of(outcomes), given).verdict is incomplete


@every("silent", [S, XF, NOT, DES, GONE])
@every("incomplete", ORDER)
def test_a_case_is_incomplete_when_one_of_its_tests_says_nothing(
    silent: Outcome,
    incomplete: Verdict | None,
) -> None:
    given = rules({}, incomplete)

    assert verdict_on(results_of([silent, P]), given).verdict is incomplete
    assert verdict_on(results_of([silent, F]), given).verdict is FAILED


def test_an_incomplete_case_says_which_tests_say_nothing_and_why() -> None:
    case = verdict_on(results_of([S, P, XF, DES, S, GONE]))

    (reason,) = case.reasons
    assert reason == (
        "not every test ran and passed (`verdicts: {xfailed: leave, skipped: leave}`)"
    )
    assert totals(case.results) == "1 xfailed, 1 passed, 2 skipped, 1 deselected, 1 not collected"


@every("outcomes", [[P, P], [F, P, S], [S, XF], [P, F, DES]])
def test_other_cases_need_no_explanation(outcomes: list[Outcome]) -> None:
    assert verdict_on(results_of(outcomes)).reasons == ()


@every(
    "outcomes, verdict",
    [
        pytest.param([S, P], PASSED, id="beside passed"),
        pytest.param([S, F], FAILED, id="beside failed"),
        pytest.param([S, XF, P], INPROGRESS, id="another outcome still counts"),
    ],
)
def test_ignored_outcomes_count_as_though_the_test_were_not_linked(
    outcomes: list[Outcome],
    verdict: Verdict,
) -> None:
    given = DEFAULT._replace(ignored=frozenset({S}))

    case = verdict_on(results_of(outcomes), given)

    assert case.verdict is verdict
    assert S not in [result.outcome for result in case.results]


def test_a_case_of_which_all_tests_are_ignored_has_no_test() -> None:
    ignoring = DEFAULT._replace(ignored=frozenset({S}))

    assert judge([result_of(S)], rules=ignoring) == Judgement()


@every(
    "second, verdict",
    [
        pytest.param(P, PASSED, id="both passed"),
        pytest.param(S, INPROGRESS, id="one says nothing"),
        pytest.param(GONE, INPROGRESS, id="one was not collected"),
        pytest.param(F, FAILED, id="one failed"),
    ],
)
def test_a_step_has_passed_when_every_test_of_it_has(second: Outcome, verdict: Verdict) -> None:
    case = verdict_on([result_of(P, cases="T-1#2"), result_of(second, cases="T-1#2", test="b")])

    assert [(step.number, step.verdict) for step in case.steps] == [(2, verdict)]


def test_the_default_rules_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        DEFAULT.by_outcome[P] = FAILED  # type: ignore[index]  # what must not work


@pytest.mark.parametrize("outcome", [NOT, DES])
def test_a_test_that_did_not_run_has_no_verdict_of_its_own(outcome: Outcome) -> None:
    assert DEFAULT.verdict_of(outcome) is None


def test_cases_come_in_the_order_of_their_first_mention() -> None:
    results = [
        result_of(P, test="b", cases="T-2, T-3"),
        result_of(P, test="a", cases="T-1, T-2"),
    ]

    cases = judge(results, rules=DEFAULT).cases

    assert [str(case.case_ref) for case in cases] == ["T-2", "T-3", "T-1"]


def test_one_test_counts_for_each_of_its_cases() -> None:
    results = [result_of(F, cases="T-1, 20497"), result_of(P, test="b", cases="GID-7")]

    cases = judge(results, rules=DEFAULT).cases

    assert {str(case.case_ref): case.verdict for case in cases} == {
        "T-1": FAILED,
        "20497": FAILED,
        "GID-7": PASSED,
    }


def test_a_case_keeps_all_its_tests_also_those_that_did_not_run() -> None:
    results = results_of([P, DES, NOT])

    assert verdict_on(results).results == tuple(results)


def test_a_test_linked_twice_to_a_case_is_one_test_of_it() -> None:
    result = result_of(P, cases="T-1#1, T-1#2, T-1")

    assert verdict_on([result]).results == (result,)


@every("outcome", [P, F, E, S, XF, XP])
def test_a_test_that_ran_without_case_is_unlinked(outcome: Outcome) -> None:
    result = result_of(outcome, cases="")

    assert judge([result], rules=DEFAULT) == Judgement(unlinked=(result,))


@pytest.mark.parametrize("outcome", [NOT, DES])
def test_a_test_that_never_started_is_not_called_unlinked(outcome: Outcome) -> None:
    assert judge([result_of(outcome, cases="")], rules=DEFAULT) == Judgement()


def test_only_verdicts_that_ask_for_a_change_are_to_be_written() -> None:
    results = [result_of(S, cases="T-1"), result_of(P, test="b", cases="T-2")]

    judgement = judge(results, rules=DEFAULT)

    assert [str(case.case_ref) for case in judgement.to_write] == ["T-2"]


@every(
    "result, steps",
    [
        pytest.param(
            result_of(F, step_result(1, P), step_result(2, F, "no dial tone")),
            (StepVerdict(1, PASSED), StepVerdict(2, FAILED, ("no dial tone",))),
            id="each step has its verdict",
        ),
        pytest.param(
            result_of(P, step_result(3, P), step_result(1, P)),
            (StepVerdict(1, PASSED), StepVerdict(3, PASSED)),
            id="steps ascend",
        ),
        pytest.param(
            result_of(P, step_result(1, P, "12 V"), step_result(1, P, "13 V")),
            (StepVerdict(1, PASSED, ("12 V", "13 V")),),
            id="a step entered twice",
        ),
        pytest.param(
            result_of(F, step_result(1, F), step_result(1, P)),
            (StepVerdict(1, FAILED),),
            id="the worst of a step entered twice",
        ),
        pytest.param(
            result_of(S, step_result(1, S)),
            (),
            id="a skipped step is not reported",
        ),
        pytest.param(
            result_of(P, cases="JEET1-TC-1#2"),
            (StepVerdict(2, PASSED),),
            id="a whole test for one step",
        ),
        pytest.param(
            result_of(F, cases="JEET1-TC-1#2", message="E 42", notes=("bench 3",)),
            (StepVerdict(2, FAILED, ("bench 3; E 42",)),),
            id="notes and message of a whole test",
        ),
        pytest.param(
            result_of(S, cases="JEET1-TC-1#2", message="no bench"),
            (),
            id="a skipped test for one step",
        ),
    ],
)
def test_a_test_speaks_of_steps(result: TestResult, steps: tuple[StepVerdict, ...]) -> None:
    assert verdict_on([result]).steps == steps


def test_several_tests_speak_of_one_step() -> None:
    results = [
        result_of(P, step_result(2, P, "12 V"), test="a"),
        result_of(F, step_result(2, F, "0 V"), test="b"),
        result_of(P, cases="JEET1-TC-1#2", test="c"),
    ]

    assert verdict_on(results).steps == (StepVerdict(2, FAILED, ("12 V", "0 V")),)


@every(
    "result, verdict",
    [
        pytest.param(result_of(S, step_result(1, P), step_result(2, S)), None, id="then skipped"),
        pytest.param(result_of(XF, step_result(1, P), step_result(2, F)), None, id="then xfailed"),
        pytest.param(result_of(XF, step_result(1, F)), None, id="fails as expected"),
        pytest.param(
            result_of(P, step_result(1, S)), INPROGRESS, id="passed around a skipped step"
        ),
        pytest.param(
            result_of(P, step_result(1, S), step_result(2, P)),
            INPROGRESS,
            id="passed, one of the steps says nothing",
        ),
        pytest.param(result_of(F, step_result(1, S)), FAILED, id="failed around a skipped step"),
        pytest.param(result_of(F, step_result(1, P)), FAILED, id="then failed"),
        pytest.param(result_of(E, step_result(1, P)), FAILED, id="then teardown failed"),
        pytest.param(result_of(P, step_result(1, F)), FAILED, id="failed and caught by the test"),
    ],
)
def test_a_step_does_not_make_its_test_better(
    result: TestResult,
    verdict: Verdict | None,
) -> None:
    assert verdict_on([result]).verdict is verdict


def test_a_step_that_says_nothing_is_the_reason() -> None:
    result = result_of(P, step_result(1, P), step_result(3, S))
    assert verdict_on([result]).reasons == ("step 3 was skipped, or not brought to its end",)


def test_a_failed_step_of_a_test_that_passed_unexpectedly_fails() -> None:
    assert verdict_on([result_of(XP, step_result(1, F))]).steps == (StepVerdict(1, FAILED),)


def test_equal_notes_of_several_tests_stand_once() -> None:
    steps = [StepVerdict(1, PASSED, ("a", "b")), StepVerdict(1, FAILED, ("b", "c"))]

    assert merge_steps(steps) == StepVerdict(1, FAILED, ("a", "b", "c"))


def test_the_step_of_a_test_that_did_not_run_needs_no_reason_of_its_own() -> None:
    passed = result_of(P, cases="T-1#1")

    case = verdict_on([passed, result_of(DES, cases="T-1#2", test="b")])

    assert case.reasons == ("not every test ran and passed",)
