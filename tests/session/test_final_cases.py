"""Which verdicts are final while tests run: those that the whole session comes to, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import CaseRef, parse_links
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict, VerdictRules, judge, judge_case
from pytest_jama.session.final_cases import FinalCases
from tests.core.values import result_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict

RULES = VerdictRules({**VerdictRules().by_outcome, Outcome.SKIPPED: Verdict.BLOCKED})


class Collected:
    """A session of which all tests are known, and none has run."""

    def __init__(self, *tests: TestResult, unsettled: Sequence[str] = ()) -> None:
        self.tests = tests
        linked = [test for test in tests if test.links]
        found = [test.test_id for test in tests if test.outcome is not Outcome.NOT_COLLECTED]
        self.cases = FinalCases(linked, unsettled=unsettled, order=lambda: found)

    def finish(self, test: str, outcome: Outcome = Outcome.PASSED, cases: str = "") -> list[str]:
        """Let a test end; return the cases that are final then."""
        (known,) = [each for each in self.tests if each.test_id == test]
        links = parse_links(cases) if cases else known.links
        return list(map(str, self.cases.finish(known._replace(outcome=outcome, links=links))))


def collected(test: str, cases: str, outcome: Outcome = Outcome.NOT_REACHED) -> TestResult:
    return result_of(outcome, test=test, cases=cases)


def test_a_case_is_final_when_its_last_test_has_ended() -> None:
    session = Collected(collected("a", "TC-1"), collected("b", "TC-1, TC-2"))

    assert session.finish("a") == []
    assert session.finish("b") == ["TC-1", "TC-2"]


def test_tests_that_will_not_run_are_not_waited_for() -> None:
    session = Collected(
        collected("a", "TC-1"),
        collected("b", "TC-1", Outcome.DESELECTED),
        collected("c", "TC-2", Outcome.NOT_COLLECTED),
    )

    assert session.finish("a") == ["TC-1"]
    assert list(map(str, session.cases.find_untested())) == ["TC-1", "TC-2"]


def test_nothing_is_final_while_a_test_may_turn_out_to_be_of_any_case() -> None:
    tests = [collected("a", "TC-1"), collected("b", "TC-2"), collected("c", "")]
    session = Collected(*tests, unsettled=["b", "c"])

    assert session.finish("a") == []
    assert session.finish("b") == []
    assert session.finish("c") == ["TC-1", "TC-2"]


def test_a_case_that_only_a_running_test_names_is_never_final() -> None:
    session = Collected(collected("a", "TC-1"), collected("b", ""))

    assert session.finish("b", cases="TC-9") == []
    assert session.finish("a", cases="TC-9") == ["TC-1"]


def test_a_case_comes_again_when_a_test_has_another_result_after_all() -> None:
    session = Collected(collected("a", "TC-1"), collected("b", ""))

    assert session.finish("a") == ["TC-1"]
    assert session.finish("a", Outcome.FAILED) == ["TC-1"]
    assert session.finish("b", cases="TC-1") == ["TC-1"]


class Story(NamedTuple):
    """A session: its tests as collected, and their results in the order in which they end."""

    tests: tuple[TestResult, ...]
    ends: tuple[TestResult, ...]


names = st.sampled_from(["TC-1", "TC-2", "TC-1#2", "TC-3, TC-1", "TC-3#1, TC-3#2", "", ""])
ran = st.sampled_from([each for each in Outcome if each.did_run or each is Outcome.SKIPPED])


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Make a session in which most tests keep the cases they were known to have."""
    known = draw(st.lists(st.tuples(names, st.booleans()), max_size=7))
    tests = [
        collected(f"t{number}", cases, Outcome.NOT_REACHED if runs else Outcome.DESELECTED)
        for number, (cases, runs) in enumerate(known)
    ]
    running = [test for test in tests if test.outcome is Outcome.NOT_REACHED]
    ends = []
    for test in draw(st.permutations(running)):
        renamed = draw(st.sampled_from([None, None, None, "TC-1", "TC-7", "TC-2#1, TC-1"]))
        links = test.links if renamed is None else parse_links(renamed)
        ends.append(test._replace(outcome=draw(ran), links=links))
    return Story(tuple(tests), tuple(ends))


@given(stories(), st.sampled_from([frozenset(), frozenset([Outcome.SKIPPED])]))
def test_what_is_concluded_early_is_what_the_whole_session_says(
    story: Story, ignored: frozenset[Outcome]
) -> None:
    rules = RULES._replace(ignored=ignored)
    session = Collected(*story.tests)
    said: dict[CaseRef, CaseVerdict | None] = {}

    def conclude(refs: Sequence[CaseRef]) -> None:
        for ref in refs:
            tests = session.cases.tests_of(ref, ignored=ignored)
            said[ref] = judge_case(ref, tests, rules=rules) if tests else None

    conclude(session.cases.find_untested())
    for result in story.ends:
        conclude(session.cases.finish(result))

    ended = {result.test_id: result for result in story.ends}
    whole = judge([ended.get(each.test_id, each) for each in story.tests], rules=rules)
    by_case = {case.case_ref: case for case in whole.cases}
    early = {ref: verdict for ref, verdict in said.items() if verdict is not None}
    assert early == {ref: by_case[ref] for ref in early}
    known = {link.case_ref for test in story.tests for link in test.links}
    assert said.keys() == known


def test_what_was_not_collected_stays_last_in_the_evidence() -> None:
    gone = collected("gone", "TC-1", Outcome.NOT_COLLECTED)
    lost = collected("lost.py", "TC-1", Outcome.NOT_COLLECTED)._replace(is_uncollected=True)
    session = Collected(collected("a", "TC-1"), collected("b", ""), gone, lost)

    session.finish("b", cases="TC-1, TC-5")
    session.finish("a")

    tests = session.cases.tests_of(CaseRef.parse("TC-1"), ignored=())
    assert [result.test_id for result in tests] == ["a", "b", "gone", "lost.py"]
