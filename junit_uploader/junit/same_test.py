"""Testcases of one test ID: attempts of one test, or several tests that are called the same. Pure.

Each stays a result of its own, so that neither the order of reports nor where a testcase stands can
change a verdict. Only what certainly is one run of one test becomes one: testcases that say the
same, the two that pytest writes for a failure and the teardown after it, and the attempts that
frameworks write in their order.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from junit_uploader.junit.elements import FAILING
from junit_uploader.junit.reported_test import MOST_NOTES, NO_EXTRAS, ReportedTest
from pytest_jama.core.cases import LINK_PROPERTIES, NO_CASE, nearer_wins
from pytest_jama.core.properties import Evidence, read_evidence
from pytest_jama.core.results import MESSAGE_CHARACTERS, WORST_FIRST, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.core.properties import Offered
    from pytest_jama.core.results import StepResult

_PASSED = Outcome.PASSED
_REPEATED = Outcome.NOT_REACHED
"""What a testcase says that is marked as an attempt before the last."""

_RANK = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}


def unite(runs: Sequence[ReportedTest]) -> tuple[ReportedTest, ...]:
    """Return what the runs of one test ID say, the gravest first.

    gotestsum and TestNG do not write attempts in their order, and most frameworks do not tell
    attempts from other tests of the same name: so "the last one" does not count there.

    Args:
        runs: All of them, see `runs_of`.
    """
    by_content: dict[object, list[ReportedTest]] = {}
    for run in runs:
        content = (
            run.outcome,
            (run.extras or NO_EXTRAS)._replace(log=(), trace=""),
            run.suite.commit,
        )
        by_content.setdefault(content, []).append(run)
    united = [_as_one(same) if len(same) > 1 else same[0] for same in by_content.values()]
    return tuple(sorted(united, key=_gravity))


def runs_of(testcases: Iterable[ReportedTest]) -> list[ReportedTest]:
    """Return one test for each run: its attempts are one, and so are a failure and its teardown.

    Args:
        testcases: All of one test ID, in the order of the reports.
    """
    runs: list[ReportedTest] = []
    for testcase in testcases:
        joined = _join_run(runs[-1], testcase) if runs else None
        if joined is None:
            runs.append(testcase)
        else:
            runs[-1] = joined
    return runs


def _join_run(before: ReportedTest, testcase: ReportedTest) -> ReportedTest | None:
    """Return one test of two testcases that follow each other; None when they are two."""
    if before.suite is not testcase.suite:
        return None
    one, two = before.extras or NO_EXTRAS, testcase.extras or NO_EXTRAS
    if one.reported != two.reported:  # in blanks, which are not a part of test IDs
        return None
    if before.outcome is _REPEATED:
        return _with_attempt(before, testcase)
    if two.is_teardown and before.outcome in FAILING and not one.is_teardown:
        return _with_teardown(before, testcase)
    if not before.suite.holds_attempts or before.outcome is not _PASSED:
        return None
    # two tests of one name have other links; an attempt may have ended before it named them all
    is_attempt = set(one.links) <= set(two.links) or set(two.links) <= set(one.links)
    is_attempt = is_attempt or NO_CASE in two.links  # as the test says while it runs
    return _with_attempt(before, testcase) if is_attempt else None


def _with_teardown(test: ReportedTest, teardown: ReportedTest) -> ReportedTest:
    one, two = test.extras or NO_EXTRAS, teardown.extras or NO_EXTRAS
    gravest = min(test, teardown, key=lambda each: _RANK[each.outcome])
    messages = dict.fromkeys(filter(None, (one.message, two.message)))
    extras = one._replace(
        message="\n".join(messages)[: 2 * MESSAGE_CHARACTERS],
        links=one.links or two.links,
        steps=one.steps or two.steps,
        notes=tuple(dict.fromkeys((*one.notes, *two.notes)))[:MOST_NOTES],
        is_teardown=True,
        redacted=one.redacted + two.redacted,
        files=tuple(dict.fromkeys((*one.files, *two.files))),
        log=(*one.log, *two.log),
        trace="\n\n".join(filter(None, (one.trace, two.trace))),
    )
    return test._replace(
        outcome=gravest.outcome, time_s=_sum_s(test, teardown), started=test.started, extras=extras
    )


def _with_attempt(attempt: ReportedTest, test: ReportedTest) -> ReportedTest:
    """Let a testcase be the attempt after another one, which does not count any more."""
    one, two = attempt.extras or NO_EXTRAS, test.extras or NO_EXTRAS
    number = one.earlier + 1
    notes = one.attempt_notes
    if attempt.outcome is not _REPEATED:  # else the last one tells of all
        failed = [step for step in one.steps if step.outcome in FAILING]
        why = "".join(f"; step {each.number} failed" + _colon(each.note) for each in failed)
        notes += (f"attempt {number} was repeated, its report does not say why{why}",)
    extras = two._replace(
        links=two.links or one.links,
        steps=later_steps(one.steps, two.steps),
        notes=(*notes, *two.notes)[-MOST_NOTES:],
        attempt_notes=notes[:MOST_NOTES],
        earlier=number + two.earlier,
        files=_with_earlier(one.files, number, two.files),
        log=(*one.log, *two.log),
    )
    return test._replace(time_s=_sum_s(attempt, test), started=attempt.started, extras=extras)


def _with_earlier(
    earlier: Sequence[Offered], number: int, files: Sequence[Offered]
) -> tuple[Offered, ...]:
    """Return the files of an attempt, and those of earlier ones that it has not written over.

    Args:
        earlier: The files until the attempt before it.
        number: That attempt.
        files: Its own.
    """
    written = {file.value for file in files}
    kept = (file for file in earlier if file.value not in written)
    return (*(each._replace(attempt=each.attempt or number) for each in kept), *files)


def _colon(note: str) -> str:
    return f": {note}" if note else ""


def later_steps(
    before: Sequence[StepResult], steps: Sequence[StepResult]
) -> tuple[StepResult, ...]:
    """Return what an attempt says of steps, where the attempt before it may have said it, too.

    pytest keeps the properties of an attempt for the next one: then its steps begin with those of
    the attempt before, and what comes after these counts in their place.

    Args:
        before: The steps of the attempt before.
        steps: All of this one.
    """
    count = len(before)
    begins_so = [(each.number, each.note) for each in steps[:count]] == [
        (each.number, each.note) for each in before
    ]
    if not before or not begins_so:
        return tuple(steps)
    again = {each.number for each in steps[count:]}
    return (*(each for each in steps[:count] if each.number not in again), *steps[count:])


def _as_one(same: Sequence[ReportedTest]) -> ReportedTest:
    """Return one test for those that say the same; they may have run anywhere and at any time."""
    first = min(same, key=_begin)
    reports = tuple(dict.fromkeys(each.suite.report for each in same))
    log = tuple(text for each in same for text in each.log)
    extras = (first.extras or NO_EXTRAS)._replace(testcases=len(same), reports=reports, log=log)
    return first._replace(time_s=reduce(_add_s, (each.time_s for each in same)), extras=extras)


def _begin(test: ReportedTest) -> tuple[float, str, str, str]:
    started = float("inf") if test.started is None else test.started
    return started, test.suite.host, test.suite.path, test.classname


def _gravity(test: ReportedTest) -> tuple[int, str, str]:
    extras = test.extras or NO_EXTRAS
    return _RANK[test.outcome], ", ".join(map(str, extras.links)), extras.message


def _sum_s(*tests: ReportedTest) -> float | None:
    return reduce(_add_s, (each.time_s for each in tests))


def _add_s(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else one + other


def overview(united: Sequence[ReportedTest]) -> ReportedTest:
    """Return all that is said of a test ID as one, for lists: the worst, and the cases of all.

    Args:
        united: What `unite` returns.
    """
    if len(united) == 1:
        return united[0]
    all_extras = [each.extras or NO_EXTRAS for each in united]
    extras = all_extras[0]._replace(
        links=tuple(dict.fromkeys(link for each in all_extras for link in each.links)),
        testcases=sum(each.testcases for each in all_extras),
        earlier=sum(each.earlier for each in all_extras),
        files=tuple(dict.fromkeys(file for each in all_extras for file in each.files)),
    )
    return united[0]._replace(time_s=_sum_s(*united), extras=extras)


def read_attempts(properties: Sequence[tuple[str, str]], outcome: Outcome) -> Evidence:
    """Read properties to which each attempt of a test added its own, so that the last one counts.

    pytest keeps them, and pytest-retry writes no testcase for the attempts before the last. A new
    attempt begins with the reference that the first began with; what it says of a step takes the
    place of what was said before.

    Args:
        properties: Names and values, in their order.
        outcome: Of the last attempt.
    """
    first = properties[0]
    if first[0] not in LINK_PROPERTIES or properties.count(first) == 1:
        return read_evidence(properties, outcome)
    begins = [at for at, item in enumerate(properties) if item == first]
    attempts = [
        read_evidence(properties[begin:end], outcome)
        for begin, end in zip(begins, [*begins[1:], len(properties)], strict=True)
    ]
    again: set[int] = set()
    kept: list[Sequence[StepResult]] = []
    for attempt in reversed(attempts):
        kept.append([each for each in attempt.steps if each.number not in again])
        again.update(each.number for each in attempt.steps)
    steps = tuple(step for each in reversed(kept) for step in each)
    files: tuple[Offered, ...] = ()
    for number, attempt in enumerate(attempts):
        files = _with_earlier(files, number, tuple(dict.fromkeys(attempt.attachments)))
    return Evidence(
        nearer_wins(each.links for each in attempts),
        steps,
        tuple(dict.fromkeys(problem for each in attempts for problem in each.problems)),
        tuple(dict.fromkeys(note for each in attempts for note in each.notes)),
        files,
    )
