"""What a report of evidence tells of a case; what is unknown is empty. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from pytest_jama.core.results import TestResult

NOT_RECORDED = "not recorded"
"""What stands for a fact that nobody wrote down: the reader sees that it is missing."""


OUTCOME_WORDS = {
    **{outcome: outcome.value for outcome in Outcome},
    Outcome.XFAILED: "failed as expected",
    Outcome.XPASSED: "passed though failure was expected",
}
"""The outcomes of tests as readers know them who do not know the framework."""


class CaseStatus(str, Enum):
    """What the record says of a case, the worst first; the value is what people read."""

    FAILED = "Failed"
    BLOCKED = "Blocked"
    INCOMPLETE = "Incomplete"
    NOT_RUN = "Not run"
    PASSED = "Passed"

    __hash__ = str.__hash__  # Enum's own is many times slower

    @property
    def word(self) -> str:
        """The status as a name for programs: ``not_run``."""
        return self.name.lower()


STATUS_OF = {
    "FAILED": CaseStatus.FAILED,
    "BLOCKED": CaseStatus.BLOCKED,
    "INPROGRESS": CaseStatus.INCOMPLETE,
    "NOT_RUN": CaseStatus.NOT_RUN,
    "PASSED": CaseStatus.PASSED,
}
"""What Jama's own words mean, of runs and of steps."""
UNFINISHED = frozenset({"INPROGRESS", "NOT_RUN"})
"""The words that no upload writes over a verdict of complete evidence."""


class Execution(str, Enum):
    """How much of the evidence of a case was executed."""

    FULL = "in full"
    PART = "in part"
    ELSEWHERE = "elsewhere"
    """Not in these sessions: Jama shows a result that a person or another session entered."""
    NONE = "not executed"

    __hash__ = str.__hash__


class FileEvidence(NamedTuple):
    """A file of a test.

    Attributes:
        name: What people call it.
        media_type: Its kind.
        size: Bytes.
        sha256: The SHA-256 of its content.
        test_id: The test.
        step: The number of the step it belongs to; None for none.
        state: How far it got at the server; empty when that is not known.
        why: Why the server did not take it; empty when it did.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    test_id: str
    step: int | None = None
    state: str = ""
    why: str = ""


class TestEvidence(NamedTuple):
    """What one test contributed to a case.

    Attributes:
        test_id: The test.
        outcome: The framework's word; it is not a verdict.
        duration_s: Seconds; None when unknown.
        started: When it began, in seconds since 1970; None when unknown.
        host: Where it ran, if elsewhere than the session.
        message: Why it did not pass, or did not run.
        notes: What it said of itself.
        attempts: Its earlier attempts, in words.
    """

    test_id: str
    outcome: Outcome
    duration_s: float | None = None
    started: float | None = None
    host: str = ""
    message: str = ""
    notes: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: TestResult) -> TestEvidence:
        """Return what a result contributed, its earlier attempts apart from its other notes."""
        attempts = tuple(note for note in result.notes if _ATTEMPT.match(note))
        notes = tuple(note for note in result.notes if note not in attempts)
        return cls(
            result.test_id,
            result.outcome,
            result.duration_s,
            result.started,
            result.host,
            result.message,
            notes,
            attempts,
        )


_ATTEMPT = re.compile(r"attempt \d+ (passed|failed)\b")


class StepEvidence(NamedTuple):
    """One step: what was asked, expected and found. `status` is in Jama's words; may be empty."""

    number: int
    action: str
    expected: str
    actual: str
    status: str


class ShownRun(NamedTuple):
    """What Jama showed of a test run when its cycle was read for the record.

    Attributes:
        status: Its status, in Jama's words; empty when the cycle does not have the run any more.
        author: Who wrote what is there, as far as Jama tells: a clause; may be empty.
        differs: What of it is not as it was sent: which part, and a sentence; None where nothing of
            it is known to have arrived.
    """

    status: str
    author: str = ""
    differs: tuple[tuple[str, str], ...] | None = None


class RunEvidence(NamedTuple):
    """What became of a case in one test run.

    Attributes:
        key: The ID of the run, or what stands for it.
        run_key: Its document key.
        name: Its name, which is that of the case.
        version: The version of the case that it was made from.
        current_version: The version that the case had when results were sent.
        was: What it showed before.
        status: What it was to show.
        state: What became of the update; ``left`` when nothing was to be written; empty when it
            was planned and there is no answer.
        why: Why it is not simply sent.
        at: When that was written down.
        steps: The status of each of its steps.
        procedure: Action and expected result of each of its steps.
        reasons: What else made the status so.
        now: What it showed when the cycle was read; None when that was not done.
    """

    key: str
    run_key: str = ""
    name: str = ""
    version: int | None = None
    current_version: int | None = None
    was: str = ""
    status: str = ""
    state: str = ""
    why: str = ""
    at: str = ""
    steps: tuple[str, ...] = ()
    procedure: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    now: ShownRun | None = None

    @property
    def shows(self) -> str:
        """What Jama shows there, as far as the record knows; empty when nobody knows."""
        if self.now is not None:
            return self.now.status
        if self.state == "sent":
            return self.status
        return self.was if self.state in _UNTOUCHED else ""

    @property
    def is_as_recorded(self) -> bool:
        """Whether Jama shows what this record says."""
        if self.now is not None and self.now.differs is not None:
            return not self.now.differs
        return self.state == "sent"


_UNTOUCHED = frozenset({"left", "refused", "locked"})


@dataclass(slots=True)
class CaseEvidence:
    """One test case.

    Attributes:
        number: Its place in the record, from 1.
        key: The case, as users named it.
        name: Its name in Jama; empty when not recorded.
        status: What the record says of it.
        judged: The verdict that follows from its tests and hooks, in Jama's words; may be empty.
        execution: How much of its evidence was executed.
        is_planned: Whether it has a place in the cycle, as far as known.
        steps: Its steps.
        tests: Its tests.
        files: The files of its tests.
        runs: Its test runs.
        reasons: What else made the verdict so.
        was_judged: What the rules said before a hook changed it; empty when none did.
        unresolved: Why it has no test run; empty when it has one, or that is not known.
        deviations: The numbers of the deviations that concern it.
        also: The other names by which tests named it.
    """

    number: int
    key: str
    name: str
    status: CaseStatus
    judged: str
    execution: Execution
    is_planned: bool = True
    steps: tuple[StepEvidence, ...] = ()
    tests: tuple[TestEvidence, ...] = ()
    files: tuple[FileEvidence, ...] = ()
    runs: tuple[RunEvidence, ...] = ()
    reasons: tuple[str, ...] = ()
    was_judged: str = ""
    unresolved: str = ""
    deviations: tuple[int, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The versions of the case that its runs were made from; empty when not recorded."""
        versions = {run.version for run in self.runs if run.version is not None}
        return ", ".join(map(str, sorted(versions)))

    @property
    def steps_there(self) -> int | None:
        """How many steps its runs have; None when not recorded."""
        known = [len(run.steps) for run in self.runs if run.version and run.state == "sent"]
        return max(known, default=None)

    @property
    def tests_passed(self) -> str:
        """How many of its tests passed: ``1/2``."""
        passed = sum(test.outcome is Outcome.PASSED for test in self.tests)
        return f"{passed}/{len(self.tests)}"

    def refused_files(self) -> dict[str, list[str]]:
        """Return the names of the files that the server did not take, by the reason."""
        found: dict[str, list[str]] = {}
        for file in self.files:
            if file.state == "refused":
                found.setdefault(file.why, []).append(file.name)
        return found

    @property
    def duration_s(self) -> float | None:
        """Seconds over all of its tests; None when unknown."""
        known = [test.duration_s for test in self.tests if test.duration_s is not None]
        return sum(known) if known else None

    @property
    def in_jama(self) -> str:
        """What Jama shows of it: ``same``, ``differs: FAILED``, or why nothing is known."""
        if self.unresolved:
            return "no test run"
        if not self.runs:
            return "untouched" if not self.judged else NOT_RECORDED
        other = next((run for run in self.runs if not run.is_as_recorded), None)
        if other is None:
            return "same"
        if other.now is not None:
            return self._shown(other, other.now)
        return f"differs: {other.shows}" if other.shows else other.state or "not sent"

    def _shown(self, run: RunEvidence, now: ShownRun) -> str:
        if not now.status:
            return "differs: no such run"
        if not (run.status or self.judged):
            return f"{now.status}, {now.author}" if now.author else now.status
        if now.status != run.status:
            return f"differs: {now.status}"
        parts = ", ".join(what for what, _ in now.differs or ())
        return f"differs: {parts}" if parts else f"{run.state or 'not sent'}, shows {now.status}"

    @property
    def is_otherwise_in_jama(self) -> bool:
        """Whether Jama does not show what this record says of the case."""
        if self.unresolved or not self.runs:
            return bool(self.unresolved or self.judged)
        sent = [run for run in self.runs if run.status or self.judged]
        return any(not run.is_as_recorded for run in sent)
