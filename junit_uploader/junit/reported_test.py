"""What is kept of one testcase. Pure, and small: a session may have a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.dialects import KNOWN, Dialects
from junit_uploader.junit.elements import FAILING, Subject
from pytest_jama.core.results import (
    MESSAGE_CHARACTERS,
    WORST_FIRST,
    Outcome,
    StepResult,
    TestResult,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.cases import CaseLink

UNNAMED = "(unnamed)"
"""Stands for a name that the report does not give."""

MOST_NOTES = 20
"""Most notes that are kept of one test; a report may hold any number of attempts."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How reports are to be read.

    Attributes:
        skipped_wins: Whether a testcase with a failure *and* a skip is skipped, not failed: node's
            failing ``todo``, Catch2's ``[!mayfail]``.
        keeps_messages: Whether to keep why tests did not pass; a list of tests does not need it.
        dialects: What frameworks write in their own ways.
    """

    skipped_wins: bool = False
    keeps_messages: bool = True
    dialects: Dialects = KNOWN


class Extras(NamedTuple):
    """What only some testcases have.

    Attributes:
        name: The name as written, where the test ID does not end with it.
        message: Why it did not pass.
        links: The cases it names itself.
        steps: What it says of single steps of these.
        notes: One line for each earlier attempt that failed.
        testcases: How many testcases of the reports were merged into this one.
        earlier: How many attempts stand inside these testcases, as ``flakyFailure`` and the like.
        is_teardown: Whether its last testcase tells of a teardown; if there is one before that, it
            failed.
        subject: What it stands for.
    """

    name: str | None = None
    message: str = ""
    links: tuple[CaseLink, ...] = ()
    steps: tuple[StepResult, ...] = ()
    notes: tuple[str, ...] = ()
    testcases: int = 1
    earlier: int = 0
    is_teardown: bool = False
    subject: Subject = Subject.TEST


NO_EXTRAS = Extras()


class ReportedTest(NamedTuple):
    """One testcase of a report, or several of one identity merged.

    A tuple, because it takes a third of the time and half of the memory of a dataclass.

    Attributes:
        test_id: Its identity, ``classname.name``.
        classname: As written; empty when there is none.
        suite: The names of the suites around it, outermost first, with `` > `` between them.
        outcome: What the framework says of it.
        time_s: Seconds; None when unknown.
        extras: What only some have; None when this one has none of it.
    """

    test_id: str
    classname: str
    suite: str
    outcome: Outcome
    time_s: float | None = None
    extras: Extras | None = None

    @property
    def name(self) -> str:
        """The name as written."""
        if self.extras is not None and self.extras.name is not None:
            return self.extras.name
        return self.test_id[len(self.classname) + 1 :] if self.classname else self.test_id

    @property
    def links(self) -> tuple[CaseLink, ...]:
        """The cases it names itself."""
        return self.extras.links if self.extras else ()

    @property
    def subject(self) -> Subject:
        """What it stands for."""
        return self.extras.subject if self.extras else Subject.TEST

    @property
    def attempts(self) -> int:
        """How often it ran, as far as the reports tell."""
        return self.extras.testcases + self.extras.earlier if self.extras else 1

    def as_result(self) -> TestResult:
        """Return the test result that the rest of the product works with."""
        extras = self.extras or NO_EXTRAS
        outcome, message = self.outcome, extras.message
        if extras.name == UNNAMED and not self.classname and outcome is Outcome.PASSED:
            outcome, message = Outcome.NOT_REACHED, "without a name: the session was broken off"
        return TestResult(
            test_id=self.test_id,
            outcome=outcome,
            duration_s=self.time_s,
            message=message,
            notes=(*_merge_note(extras), *extras.notes),
            steps=extras.steps,
            links=extras.links,
        )


_PAIR = 2


def _merge_note(extras: Extras) -> tuple[str, ...]:
    """Say how many testcases are one test; for a call and its teardown, pytest writes two."""
    if extras.testcases == 1 or (extras.testcases == _PAIR and extras.is_teardown):
        return ()
    return (f"{extras.testcases} testcases of this name in the reports, the worst counts",)


_SEVERITY = {outcome: -rank for rank, outcome in enumerate(WORST_FIRST)}


def merge(first: ReportedTest, second: ReportedTest) -> ReportedTest:
    """Make one test of two testcases of one identity: the worst outcome stands.

    "The last one" would be wrong: gotestsum and TestNG do not write attempts in their order, and
    pytest-rerunfailures writes failed attempts as passed ones.
    """
    worst = second if _SEVERITY[second.outcome] > _SEVERITY[first.outcome] else first
    one, two = first.extras or NO_EXTRAS, second.extras or NO_EXTRAS
    chosen = worst.extras or NO_EXTRAS
    times = [each.time_s for each in (first, second) if each.time_s is not None]
    telling = [each for each in (first, second) if each is worst or each.outcome in FAILING]
    subjects = {each.subject for each in telling}
    extras = chosen._replace(
        message=_merged_message(telling),
        links=tuple(dict.fromkeys((*one.links, *two.links))),
        steps=chosen.steps or one.steps or two.steps,
        notes=(*one.notes, *two.notes)[:MOST_NOTES],
        testcases=one.testcases + two.testcases,
        earlier=one.earlier + two.earlier,
        is_teardown=two.is_teardown and first.outcome in FAILING and not one.is_teardown,
        subject=subjects.pop() if len(subjects) == 1 else Subject.TEST,
    )
    return worst._replace(time_s=sum(times) if times else None, extras=extras)


def _merged_message(tests: Sequence[ReportedTest]) -> str:
    """Join the messages of both failures, or take that of the worst."""
    messages = [each.extras.message for each in tests if each.extras]
    return "\n".join(dict.fromkeys(filter(None, messages)))[: 2 * MESSAGE_CHARACTERS]
