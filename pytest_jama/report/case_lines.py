"""Each case of a session that is told: what its run was, what it is, and why. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.left_out import find_taken_away
from pytest_jama.core.plan import CaseChange, Mode, Plan, SendState
from pytest_jama.core.results import WORST_FIRST, Outcome
from pytest_jama.core.text import counted, first_line, shorten
from pytest_jama.core.verdicts import Verdict, totals
from pytest_jama.report.upload_lines import (
    NAMED,
    Line,
    Tone,
    hint,
    listed,
    takes_back_failure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.plan import Update, UploadReport
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict, Judgement


class CaseEntry(NamedTuple):
    """What a session means for one case in one place.

    Attributes:
        change: The case, and what is written of it.
        hindrance: Why that is not there, in a word or two; empty when it is, or is to be.
        replaced: What a person should know of what stood there before; may be empty.
        link: The page that shows it; may be empty.
    """

    change: CaseChange
    hindrance: str = ""
    replaced: str = ""
    link: str = ""

    @property
    def is_improved(self) -> bool:
        """Whether it takes back a FAILED or BLOCKED, which another session may have found."""
        is_less_bad = takes_back_failure(self.change.was, self.change.will_be)
        return is_less_bad and not self.hindrance

    @property
    def is_passed(self) -> bool:
        """Whether nothing is missing."""
        return self.change.will_be == _PASSED

    @property
    def tone(self) -> Tone:
        """How it is to be shown: a quiet command says what takes back a failure, too."""
        if self.change.will_be in _BAD:
            return Tone.FAILURE
        is_said = self.is_improved or self.change.will_be == Verdict.INPROGRESS.value
        return Tone.WARNING if is_said else Tone.PLAIN

    def __str__(self) -> str:
        return self.describe()

    def line(self, *, verbose: bool) -> Line:
        """Return its line; unless verbose, with one reason."""
        text = self.describe(most_tests=NAMED if verbose else 1)
        is_wrong = self.tone is Tone.FAILURE or bool(self.hindrance)
        return Line(
            "case",
            text,
            self.tone,
            link=self.link if verbose or is_wrong else "",
            spare=0 if verbose else _message_length(self.change.case),
        )

    def describe(self, *, most_tests: int = NAMED) -> str:
        """Say what it was, what it is, and why.

        Args:
            most_tests: How many tests to name, with what each of them said.
        """
        change = self.change
        status = f"{change.was} -> {change.will_be}" if change.was else change.will_be
        if change.was == change.will_be:
            status = f"stays {change.was}"
        if self.hindrance:
            status = f"{change.will_be} ({self.hindrance})"
        name = f"{change.case.case_ref} {change.name}".strip()
        remark = "; ".join(filter(None, (change.remark, self.replaced if self.is_improved else "")))
        return f"{name}: {status}: {explain(change.case, remark=remark, most_tests=most_tests)}"


_BAD = frozenset({Verdict.FAILED.value, Verdict.BLOCKED.value})
_PASSED = Verdict.PASSED  # Python 3.11 computes it at each use, and each case uses it
_SEVERITY = {verdict.value: verdict.severity for verdict in Verdict}


def case_entries(
    report: UploadReport, judgement: Judgement, mode: Mode, *, with_passed: bool = True
) -> list[CaseEntry]:
    """Return an entry for each place of each case that has a verdict, the worst first.

    Args:
        report: What became of the upload.
        judgement: The verdicts; a case without a place stands for itself. For those whose place is
            left as it is, see `left_lines`.
        mode: What was done with them.
        with_passed: Whether to return cases without a place that are simply PASSED, too.
    """
    plan = report.plan or Plan()
    states = {receipt.update.key: receipt.state for receipt in report.receipts}
    replaced = {each.key: each.why for each in plan.replaced}
    entries = [
        CaseEntry(
            change,
            _hindrance(update, states),
            replaced.get(update.key, ""),
            plan.links.get(update.key, ""),
        )
        for update in (*plan.updates, *plan.earlier)
        for change in update.case_changes()
    ]
    covered = {entry.change.case.case_ref for entry in entries}
    covered.update(each.verdict.case_ref for each in plan.left)
    rest = [case for case in judgement.cases if case.verdict]
    if not with_passed:
        rest = [case for case in rest if case.verdict is not _PASSED]
    if covered:
        rest = [case for case in rest if case.case_ref not in covered]
    told = [*(entry.change.case for entry in entries), *(each.verdict for each in plan.left)]
    index = _index(told) if rest else {}
    unresolved = {entry.case_ref for entry in report.unresolved}
    takes_documents = not entries and bool(plan.updates or plan.earlier)
    hindrance = "" if takes_documents or mode is Mode.NO_UPLOAD else "not written"
    entries += [
        CaseEntry(CaseChange(case, will_be=case.verdict.value), hindrance)
        for case in rest
        if case.verdict and (not index or case.case_ref in unresolved or not _is_alias(case, index))
    ]
    return sorted(entries, key=lambda entry: -_SEVERITY.get(entry.change.will_be, 0))


def _index(cases: Iterable[CaseVerdict]) -> dict[TestResult, list[CaseVerdict]]:
    """Return the cases that each result counts for."""
    index: dict[TestResult, list[CaseVerdict]] = {}
    for case in cases:
        for result in case.results:
            index.setdefault(result, []).append(case)
    return index


def _is_alias(case: CaseVerdict, index: Mapping[TestResult, Sequence[CaseVerdict]]) -> bool:
    """Return whether it is another name of a case that has an entry: its tests count there."""
    candidates = index.get(case.results[0], ()) if case.results else ()
    return any(set(case.results).issubset(each.results) for each in candidates)


def _hindrance(update: Update, states: Mapping[str, SendState]) -> str:
    state = states.get(update.key, SendState.SENT)
    return "" if state is SendState.SENT else state.value


def case_lines(
    entries: Sequence[CaseEntry], *, verbose: bool, with_passed: bool = False
) -> Iterator[Line]:
    """Yield a line for each case that is not PASSED, and for each that was FAILED or BLOCKED.

    Args:
        entries: See `case_entries`.
        verbose: Whether to show all, however many there are.
        with_passed: Whether to show those that are simply PASSED, too.
    """
    improved, others = [], []
    for entry in entries:
        if entry.is_improved:
            improved.append(entry)
        elif with_passed or not entry.is_passed:
            others.append(entry)
    for several, noun in ((others, "more"), (improved, "more that were FAILED or BLOCKED")):
        lines = [entry.line(verbose=verbose) for entry in several]
        yield from listed(lines, verbose=verbose, noun=noun)


def left_lines(plan: Plan, *, verbose: bool, is_dry_run: bool = False) -> Iterator[Line]:
    """Yield a line for each place that is not written to, since what stands there counts for more.

    Args:
        plan: What was to be done.
        verbose: Whether to name them all, however many there are.
        is_dry_run: Whether that is still to come; then all are named.
    """
    label, verb = ("would", "leave ") if is_dry_run else ("left", "")
    lines = []
    for each in plan.left:
        what = f"stays {each.was}, {each.will_be} is not written"
        why = explain(each.verdict, most_tests=NAMED if verbose else 1)
        text = f"{verb}{each.title}: {what}; {each.why}; {why}"
        lines.append(Line(label, text, Tone.WARNING))
    yield from listed(lines, verbose=verbose or is_dry_run)


def untouched_lines(judgement: Judgement, *, verbose: bool) -> Iterator[Line]:
    """Yield why cases are left as they are; those of which no test was selected are counted.

    Args:
        judgement: The verdicts.
        verbose: Whether to show all, however many there are.
    """
    left = [case for case in judgement.cases if case.verdict is None]
    named = [case for case in left if verbose or not _is_unselected(case)]
    most = NAMED if verbose else 1
    lines = [
        Line("untouched", f"{case.case_ref}: {explain(case, most_tests=most)}") for case in named
    ]
    yield from listed(lines, verbose=verbose)
    if len(named) < len(left):
        count = len(left) - len(named)
        text = f"{counted(count, 'case')} without a selected test{hint(verbose=False)}"
        yield Line("untouched", text, things=count)


def _is_unselected(case: CaseVerdict) -> bool:
    return all(
        result.outcome in _UNSELECTED and not result.is_uncollected for result in case.results
    )


_UNSELECTED = frozenset({Outcome.DESELECTED, Outcome.NOT_COLLECTED})
_MESSAGE_CHARACTERS = 120


def explain(case: CaseVerdict, *, remark: str = "", most_tests: int = NAMED) -> str:
    """Say in a line what makes a verdict: totals, tests with their messages, reasons.

    ``1 failed, 3 passed: tests/test_a.py::test_x: AssertionError: no dial tone``

    Args:
        case: The case.
        remark: What else its run says.
        most_tests: How many tests to name, with what each of them said.
    """
    telling = _telling(case)
    parts = [(totals(case.results) or "no result") + _name_setting(case)]
    parts += [remark, *_failed_steps(case, telling), _name_hook(case), *case.reasons]
    why = "; ".join(filter(None, parts))
    if not telling:
        return why
    tests = "; ".join(map(_name_test, telling[:most_tests]))  # last: long messages may be cut off
    left = len(telling) - most_tests
    if left > 0 and most_tests == 1:  # the message comes last
        return f"{why}: {tests}"
    more = f"; and {left} more" if left > 0 else ""
    return f"{why}: {tests}{more}"


def _name_hook(case: CaseVerdict) -> str:
    if case.judged is None or case.judged.verdict is case.verdict:
        return ""
    judged = case.judged.verdict.value if case.judged.verdict else "leave"
    return f"a hook made it so, the tests say {judged}"


def _telling(case: CaseVerdict) -> list[TestResult]:
    """Return the tests that made a case what it is, the worst first."""
    others = [result for result in case.results if result.outcome is not Outcome.PASSED]
    failed = [result for result in others if result.outcome in _FAILING]
    return sorted(failed or others, key=lambda result: WORST_FIRST.index(result.outcome))


_FAILING = frozenset({Outcome.FAILED, Outcome.ERROR})


def _name_test(result: TestResult) -> str:
    why = shorten(first_line(result.message), at_most=_MESSAGE_CHARACTERS)
    return f"{result.test_id}: {why or result.outcome.value}"


def _message_length(case: CaseVerdict) -> int:
    """Return how long the message is with which the explanation of a case ends."""
    telling = _telling(case)
    message = first_line(telling[0].message) if telling else ""
    return len(shorten(message, at_most=_MESSAGE_CHARACTERS))


def _name_setting(case: CaseVerdict) -> str:
    """Name the setting that leaves a case alone."""
    outcomes = {result.outcome.value for result in case.results if result.outcome in _SET}
    if case.verdict is not None or case.reasons or not outcomes:
        return ""
    return f" (`verdicts: {{{', '.join(f'{word}: leave' for word in sorted(outcomes))}}}`)"


_SET = frozenset(Outcome) - {Outcome.NOT_REACHED, *_UNSELECTED}
"""The outcomes that have a setting."""


def _failed_steps(case: CaseVerdict, telling: Sequence[TestResult]) -> Iterator[str]:
    """Yield the steps that made a case worse than its tests did."""
    if any(result.outcome in _FAILING for result in telling):
        return
    for step in case.steps:
        if step.verdict.value in _BAD:
            note = shorten(first_line(" ".join(step.notes)), at_most=_MESSAGE_CHARACTERS)
            yield f"step {step.number} {step.verdict.value}" + (f": {note}" if note else "")


def narrower_lines(tests: CaseMap, results: Iterable[TestResult]) -> Iterator[Line]:
    """Yield which cases are without tests that narrower keys of the map give to others.

    Args:
        tests: The map.
        results: The tests there are, with the links that they have.
    """
    yield from (Line("narrower", str(each)) for each in find_taken_away(tests, results))


def unlinked_lines(judgement: Judgement, *, verbose: bool) -> Iterator[Line]:
    """Yield how many tests are linked to no case.

    Args:
        judgement: The verdicts of the session.
        verbose: Whether to name each of them.
    """
    unlinked = [result for result in judgement.unlinked if not result.is_taken_out]
    if unlinked:
        count = counted(len(unlinked), "test")
        text = f"{count} without a test case{hint(verbose=verbose)}"
        yield Line("unlinked", text, things=len(unlinked))
    if verbose:
        yield from (Line("", result.test_id) for result in unlinked)
