"""From the outcomes of tests to the verdict on each test case. Pure.

The verdict of a case is the worst of its tests, and PASSED only if every one of them passed. One
that says nothing (it did not run, or its outcome is set to `leave`, here: None) makes the case
*incomplete*, unless another failed; alone it says nothing of the case either.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import WORST_FIRST, Outcome, StepResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.core.cases import CaseLink, CaseRef
    from pytest_jama.core.results import TestResult


class Verdict(str, Enum):
    """What we conclude of a case or a step, in Jama's words, the worst first.

    Source: Jama REST API cookbook, the five values of ``testRunStatus``.
    """

    FAILED = "FAILED"
    BLOCKED = "BLOCKED"
    INPROGRESS = "INPROGRESS"
    NOT_RUN = "NOT_RUN"
    PASSED = "PASSED"

    __hash__ = str.__hash__  # Enum's own is many times slower, and this is called for each test

    @property
    def severity(self) -> int:
        """Rank among the verdicts: the higher, the worse."""
        return _SEVERITY[self]


_SEVERITY = {verdict: rank for rank, verdict in enumerate(reversed(Verdict))}

_DEFAULT_TABLE = {
    Outcome.PASSED: Verdict.PASSED,
    Outcome.FAILED: Verdict.FAILED,
    Outcome.ERROR: Verdict.FAILED,
    Outcome.SKIPPED: None,
    Outcome.XFAILED: None,
    Outcome.XPASSED: Verdict.PASSED,
}


class VerdictRules(NamedTuple):
    """Which verdict follows from which outcome; None stands for `leave`.

    Attributes:
        by_outcome: The verdict of each outcome that a framework reports.
        incomplete: The verdict of a case without failure, some of whose tests say nothing.
        ignored: The outcomes of tests that count as though they were not linked.
    """

    by_outcome: Mapping[Outcome, Verdict | None] = MappingProxyType(_DEFAULT_TABLE)
    incomplete: Verdict | None = Verdict.INPROGRESS
    ignored: frozenset[Outcome] = frozenset()

    def verdict_of(self, outcome: Outcome) -> Verdict | None:
        """Return the verdict of one outcome; None for `leave` and for a test that did not run."""
        return self.by_outcome.get(outcome)


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What we conclude of one step of a case.

    Attributes:
        number: The step, counted from 1.
        verdict: The worst that any test says of it.
        notes: What the tests noted there, in the order of the tests.
    """

    number: int
    verdict: Verdict
    notes: tuple[str, ...] = ()


@dataclass(slots=True, unsafe_hash=True)
class CaseVerdict:
    """What we conclude of one test case; nobody changes it.

    It is not frozen, since a frozen dataclass costs four times as much to make, and nearly every
    test has one. A hook gets a copy, and is told when it changes that.

    Attributes:
        case_ref: The case, as users named it.
        verdict: The conclusion; None leaves the run untouched.
        steps: The steps that tests reported on, ascending by number; others are not mentioned.
        results: All tests of the case, also those that did not run, in the order of the session.
        judged: What the rules say, when a hook said something else; None when none did.
        reasons: What else made it so, as sentences for the account and the summary.
        redacted: How many passages are hidden in what a hook said of it and its steps.
        also: The other names by which tests named the case; the target finds them out.
    """

    case_ref: CaseRef
    verdict: Verdict | None
    steps: tuple[StepVerdict, ...] = ()
    results: tuple[TestResult, ...] = ()
    judged: CaseVerdict | None = field(default=None, compare=False, repr=False)
    reasons: tuple[str, ...] = field(default=(), compare=False)
    redacted: int = field(default=0, compare=False)
    also: tuple[CaseRef, ...] = field(default=(), compare=False)

    @property
    def passages_hidden(self) -> int:
        """How many passages are hidden in all that is said of it."""
        return self.redacted + sum(result.redacted for result in self.results)


class Judgement(NamedTuple):
    """The verdicts of a whole session.

    Attributes:
        cases: One verdict for each case that any test is linked to, in the order of first mention.
        unlinked: The tests that ran and are linked to no case.
        incomplete: What the rules say of a case some of whose tests say nothing.
    """

    cases: tuple[CaseVerdict, ...] = ()
    unlinked: tuple[TestResult, ...] = ()
    incomplete: Verdict | None = Verdict.INPROGRESS

    @property
    def to_write(self) -> tuple[CaseVerdict, ...]:
        """The verdicts that ask for a change; those of `leave` do not."""
        return tuple(case for case in self.cases if case.verdict is not None)

    @property
    def possible_aliases(self) -> tuple[CaseVerdict, ...]:
        """Cases without verdict that may be another name of a case of `to_write`.

        None of its tests says anything, which makes that case incomplete. Two names of the same
        kind never mean the same case.
        """
        kinds = {case.case_ref.kind for case in self.to_write}
        return tuple(
            case for case in self.cases if case.verdict is None and kinds - {case.case_ref.kind}
        )


Evidence = tuple["TestResult", "CaseLink"]
"""One test, and a link that makes it count for the case in question."""


def judge(
    results: Iterable[TestResult],
    *,
    rules: VerdictRules,
) -> Judgement:
    """Judge each test case by the results of a session.

    Args:
        results: All results, each test once; tests that did not run are among them.
        rules: Which verdict follows from which outcome.
    """
    tests: dict[CaseRef, list[TestResult]] = {}
    unlinked = []
    for result in results:
        if result.outcome in rules.ignored:
            continue
        for link in result.links:
            linked = tests.setdefault(link.case_ref, [])
            if not linked or linked[-1] is not result:  # it may have links to several steps
                linked.append(result)
        if not result.links and result.outcome not in _NEVER_STARTED:
            unlinked.append(result)
    cases = []
    while tests:  # what is judged is given up: it takes as much memory as the verdict
        case_ref, linked = tests.popitem()
        cases.append(judge_case(case_ref, linked, rules=rules))
    return Judgement(tuple(reversed(cases)), tuple(unlinked), rules.incomplete)


_NOT_REACHED = Outcome.NOT_REACHED  # Python 3.11 computes it at each use, and each test uses it
_NEVER_STARTED = frozenset({_NOT_REACHED, Outcome.DESELECTED, Outcome.NOT_COLLECTED})


def judge_case(
    case_ref: CaseRef,
    tests: Sequence[TestResult],
    *,
    rules: VerdictRules,
) -> CaseVerdict:
    """Judge one case by all of its tests.

    A step can make its case worse, as when a test caught the failure inside it; but passed steps of
    a test that was skipped or expected to fail do not make the case passed.

    Args:
        case_ref: The case.
        tests: All that are linked to it, at least one, each once, in the order of the session.
        rules: Which verdict follows from which outcome.
    """
    results = tuple(tests)
    evidence = [
        (result, link) for result in tests for link in result.links if link.case_ref == case_ref
    ]
    (result, link), *others = evidence
    if not others and link.step is None and not result.steps:  # most cases end here
        verdict = rules.verdict_of(result.outcome)
        if verdict is not None or result.outcome is not _NOT_REACHED:
            return CaseVerdict(case_ref, verdict, (), results)
    steps = _judge_steps(evidence, rules)
    said = [rules.verdict_of(result.outcome) for result in results]
    verdict = worst(
        [*said, *(step.verdict for step in steps if step.verdict is not Verdict.PASSED)],
    )
    is_begun = verdict is not None or any(each.outcome is _NOT_REACHED for each in results)
    unsaid = _find_unsaid_steps(evidence, steps, rules)
    is_complete = None not in said and not unsaid
    if not is_begun or is_complete or verdict in _STANDS_THOUGH_INCOMPLETE:
        return CaseVerdict(case_ref, verdict, steps, results)
    why = [_explain_incomplete(results, rules)] if None in said else []
    why += [f"step {number} was skipped, or not brought to its end" for number in unsaid]
    return CaseVerdict(case_ref, rules.incomplete, steps, results, reasons=tuple(why))


def _explain_incomplete(results: Sequence[TestResult], rules: VerdictRules) -> str:
    """Say that tests of a case say nothing, with the setting; the totals tell how many."""
    silent = {each.outcome for each in results if rules.verdict_of(each.outcome) is None}
    words = [each.value for each in WORST_FIRST if each in silent and each in rules.by_outcome]
    settings = ", ".join(f"{word}: leave" for word in words)
    return "not every test ran and passed" + (f" (`verdicts: {{{settings}}}`)" if settings else "")


def totals(results: Iterable[TestResult]) -> str:
    """Count results by outcome, the worst first: ``1 failed, 1,203 passed, 2 not collected``."""
    outcomes = [result.outcome for result in results]
    counts = ((outcome, outcomes.count(outcome)) for outcome in WORST_FIRST)
    return ", ".join(f"{count:,} {outcome.value}" for outcome, count in counts if count)


def worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Return the worst of several verdicts; None only when nothing else is there."""
    gravest = None
    for verdict in verdicts:
        if verdict and (gravest is None or verdict.severity > gravest.severity):
            gravest = verdict
    return gravest


_STANDS_THOUGH_INCOMPLETE = frozenset({Verdict.FAILED, Verdict.BLOCKED})


def unless_final(verdict: Verdict | None, *, incomplete: Verdict | None) -> Verdict | None:
    """Return the verdict of a case of which some evidence is missing.

    Args:
        verdict: What the rest of it says.
        incomplete: What the rules say unless that is final.
    """
    return verdict if verdict in _STANDS_THOUGH_INCOMPLETE else incomplete


def _judge_steps(evidence: Sequence[Evidence], rules: VerdictRules) -> tuple[StepVerdict, ...]:
    """Judge each step as a case: one that a test of it says nothing of has not passed."""
    by_number: dict[int, list[StepVerdict]] = {}
    silent: set[int] = set()
    for result, link in evidence:
        for step in _steps_of(result, link):
            verdict = rules.verdict_of(step.outcome)
            if verdict is not None:
                notes = (step.note,) if step.note else ()
                said = StepVerdict(step.number, verdict, notes)
                by_number.setdefault(step.number, []).append(said)
            elif step.outcome not in rules.ignored:
                silent.add(step.number)
    merged = (merge_steps(by_number[number]) for number in sorted(by_number))
    return tuple(_unless_silent(step, rules) if step.number in silent else step for step in merged)


def _find_unsaid_steps(
    evidence: Sequence[Evidence], steps: Iterable[StepVerdict], rules: VerdictRules
) -> Sequence[int]:
    """Return the steps that tests began, and of which none of them says anything.

    Those of tests that say nothing themselves are not among them.
    """
    begun = {
        step.number
        for result, link in evidence
        if rules.verdict_of(result.outcome) is not None
        for step in _steps_of(result, link)
        if rules.verdict_of(step.outcome) is None and step.outcome not in rules.ignored
    }
    return sorted(begun - {step.number for step in steps})


def _unless_silent(step: StepVerdict, rules: VerdictRules) -> StepVerdict:
    verdict = unless_final(step.verdict, incomplete=rules.incomplete)
    return step if verdict is None else replace(step, verdict=verdict)


def _steps_of(result: TestResult, link: CaseLink) -> Iterable[StepResult]:
    """Return what a test says of the steps of a case.

    A failure inside a step of a test that was expected to fail is an expected failure, too.
    """
    if link.step is not None:
        note = "; ".join(part for part in (*result.notes, result.message) if part)
        return (StepResult(link.step, result.outcome, note),)
    if result.outcome is not Outcome.XFAILED:
        return result.steps
    return tuple(
        StepResult(step.number, Outcome.XFAILED, step.note)
        if step.outcome is Outcome.FAILED
        else step
        for step in result.steps
    )


def merge_steps(steps: Sequence[StepVerdict]) -> StepVerdict:
    """Return what several tests together say of one step: the worst, with the notes of all."""
    notes = tuple(dict.fromkeys(note for step in steps for note in step.notes))
    gravest = max(steps, key=lambda step: step.verdict.severity)
    return StepVerdict(gravest.number, gravest.verdict, notes)
