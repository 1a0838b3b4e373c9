"""What is kept of one testcase. Pure, and small: a session may have a million of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.dialects import KNOWN, Dialects
from junit_uploader.junit.elements import Subject
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome, ReportedName, StepResult, TestResult
from pytest_jama.core.text import ELLIPSIS

if TYPE_CHECKING:
    from junit_uploader.junit.captured import CapturedTexts, WaitingText
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.properties import Offered

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
        keeps_traces: Whether to keep the whole texts of failures.
        dialects: What frameworks write in their own ways.
        redactor: Hides secrets in messages and notes.
        captured: Keeps what tests printed and why they failed; None when that is not wanted.
    """

    skipped_wins: bool = False
    keeps_messages: bool = True
    keeps_traces: bool = False
    dialects: Dialects = KNOWN
    redactor: Redactor = field(default_factory=Redactor)
    captured: CapturedTexts | None = None


class SuiteFacts(NamedTuple):
    """What the suites around a testcase say; one object for all testcases of a suite.

    Attributes:
        name: The name of the nearest suite that has one; may be empty.
        path: The names of all suites around it, with `` > `` between them.
        started: When the nearest suite that says so began, in seconds since 1970 (UTC).
        host: Where the nearest suite that says so ran; may be empty.
        holds_attempts: Whether testcases of one test ID are attempts, in their order.
        commit: The commit that the nearest suite with such a property names; may be empty.
        report: The number of the report.
        rootdir: The folder that its test IDs are relative to, where pytest ran below that of
            jama.yaml, and the report says so.
    """

    name: str = ""
    path: str = ""
    started: float | None = None
    host: str = ""
    holds_attempts: bool = False
    commit: str = ""
    report: int = 0
    rootdir: str = ""


NOWHERE = SuiteFacts()

LONGEST_NAME = 1000
"""Most characters that a suite may lend to each of its tests, which may be a million."""


def collapse(text: str) -> str:
    """Return a name in one line, as test IDs have it."""
    return " ".join(text.split())


def bounded(name: str) -> str:
    """Shorten a long name; what it ends with keeps it apart from others that begin so."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{name[: LONGEST_NAME - 14]}{ELLIPSIS} {digest}"


class Extras(NamedTuple):
    """What only some testcases have.

    Attributes:
        name: The name as written, where the test ID does not end with it.
        message: Why it did not pass.
        links: The cases it names itself.
        steps: What it says of single steps of these.
        notes: One line for each earlier attempt, and what the test noted.
        earlier: How many earlier attempts there are: of their own, or as ``flakyFailure`` inside.
        is_teardown: Whether its last testcase tells of a teardown; if there is one before that, it
            failed.
        subject: What it stands for.
        commit: The commit that its own properties name; may be empty.
        redacted: How many passages of its texts are hidden.
        files: The files that it names.
        log: What it printed and why it failed; no part of what it says.
        trace: The whole text of its failure; no part of what it says.
        error_type: The kind of its failure.
        testcases: How many testcases of the reports say the same.
        attempt_notes: Those of the notes that tell of attempts which are testcases of their own.
        reports: The numbers of the reports, where those are several.
        reported: How the report names it, where the test ID does not tell that; kept with traces.
    """

    name: str | None = None
    message: str = ""
    links: tuple[CaseLink, ...] = ()
    steps: tuple[StepResult, ...] = ()
    notes: tuple[str, ...] = ()
    earlier: int = 0
    is_teardown: bool = False
    subject: Subject = Subject.TEST
    commit: str = ""
    redacted: int = 0
    files: tuple[Offered, ...] = ()
    log: tuple[WaitingText, ...] = ()
    trace: str = ""
    error_type: str = ""
    testcases: int = 1
    attempt_notes: tuple[str, ...] = ()
    reports: tuple[int, ...] = ()
    reported: ReportedName | None = None


NO_EXTRAS = Extras()


class ReportedTest(NamedTuple):
    """One testcase of a report, or several that say the same.

    A tuple, because it takes a third of the time and half of the memory of a dataclass.

    Attributes:
        test_id: Its identity, ``classname.name``, in one line.
        classname: As written; empty when there is none.
        suite: Where it stands.
        outcome: What the framework says of it.
        time_s: Seconds; None when unknown.
        started: When it began, or its suite if only that is known; in seconds since 1970 (UTC).
        extras: What only some have; None when this one has none of it.
    """

    test_id: str
    classname: str
    suite: SuiteFacts
    outcome: Outcome
    time_s: float | None = None
    started: float | None = None
    extras: Extras | None = None

    def placed(self) -> ReportedTest:
        """Return it as though pytest had run in the folder of jama.yaml."""
        if not self.suite.rootdir:
            return self
        above = self._above
        classname = above + self.classname if self.classname else ""
        return self._replace(test_id=above + self.test_id, classname=classname)

    @property
    def _above(self) -> str:
        """What `placed` puts before the test ID."""
        rootdir = collapse(self.suite.rootdir.replace("/", "."))
        return f"{rootdir}." if rootdir else ""

    @property
    def name(self) -> str:
        """The name as written."""
        if self.extras is not None and self.extras.name is not None:
            return self.extras.name
        return self.test_id[len(self.classname) + 1 :] if self.classname else self.test_id

    def called(self, classname: str, name: str) -> ReportedTest:
        """Return it so that it knows what the report calls it.

        Args:
            classname: As written; empty when there is none.
            name: As written.
        """
        reported = ReportedName(classname, name)
        extras = self.extras or NO_EXTRAS
        if extras.name is None and reported == (self.classname, self.name):
            return self
        return self._replace(extras=extras._replace(reported=reported))

    @property
    def reported(self) -> ReportedName:
        """How the report names it; the folder in which pytest ran, see `placed`, is no part of it.

        Only where traces are kept is it known of a test whose ID does not tell it.
        """
        if self.extras is not None and self.extras.reported is not None:
            return self.extras.reported
        return ReportedName(self.classname.removeprefix(self._above), self.name)

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
        """How often it ran and came to this, as far as the reports tell."""
        return self.extras.testcases + self.extras.earlier if self.extras else 1

    @property
    def testcases(self) -> int:
        """How many testcases of the reports say it."""
        return self.extras.testcases if self.extras else 1

    @property
    def commit(self) -> str:
        """The commit under test; empty where nothing around it says it."""
        return (self.extras.commit if self.extras else "") or self.suite.commit

    @property
    def reports(self) -> tuple[int, ...]:
        """The numbers of the reports that say it."""
        return (self.extras.reports if self.extras else ()) or (self.suite.report,)

    @property
    def files(self) -> tuple[Offered, ...]:
        """The files that it names."""
        return self.extras.files if self.extras else ()

    @property
    def log(self) -> tuple[WaitingText, ...]:
        """What it printed and why it failed, where that is wanted."""
        return self.extras.log if self.extras else ()

    def as_result(self) -> TestResult:
        """Return the test result that the rest of the product works with."""
        extras = self.extras or NO_EXTRAS
        outcome, message = self.outcome, extras.message
        is_nameless = extras.name == UNNAMED and not self.classname
        if (
            is_nameless
            and outcome is Outcome.PASSED
            and self.reported.name in {"", UNNAMED}  # and not of blanks, which some servers show
        ):
            outcome, message = Outcome.NOT_REACHED, "without a name: the session was broken off"
        return TestResult(
            test_id=self.test_id,
            outcome=outcome,
            duration_s=self.time_s,
            message=message,
            notes=extras.notes,
            steps=extras.steps,
            links=extras.links,
            started=self.started,
            host=self.suite.host,
            redacted=extras.redacted,
            trace=extras.trace,
            error_type=extras.error_type,
            names_cases=bool(extras.links),
        )
