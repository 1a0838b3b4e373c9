"""A test result: what the framework says of one test."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.cases import CaseLink, CaseRef


MESSAGE_CHARACTERS = 1000
"""Longest message or note of a result, in characters: Jama's fields are for reading, not for logs;
the whole traceback stays in the framework's own output."""

LONGEST_READ = 10 * MESSAGE_CHARACTERS
"""Characters that are read of a message or note, before colours are dropped and secrets are hidden;
it is shortened only then, so that no half of a secret stands before the cut."""


class Outcome(str, Enum):
    """What the framework says of one test, or why it says nothing."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    NOT_REACHED = "not reached"
    """Selected, but the session ended before it: interrupted, `-x`, `--maxfail`."""
    DESELECTED = "deselected"
    """Known, but not selected: `-k`, `-m`, `--lf`, a node ID on the command line."""
    NOT_COLLECTED = "not collected"
    """Known from the map or from jama.lock alone: this session did not come across it, or could not
    collect its file."""

    __hash__ = str.__hash__  # Enum's own is many times slower, and this is called for each test

    @property
    def did_run(self) -> bool:
        """Whether the test was executed, so that its outcome says something of the product."""
        return self not in _DID_NOT_RUN


_DID_NOT_RUN = frozenset(
    {Outcome.SKIPPED, Outcome.NOT_REACHED, Outcome.DESELECTED, Outcome.NOT_COLLECTED}
)

FAILURES = frozenset({Outcome.FAILED, Outcome.ERROR})

WORST_FIRST = (
    Outcome.ERROR,
    Outcome.FAILED,
    Outcome.XPASSED,
    Outcome.XFAILED,
    Outcome.PASSED,
    Outcome.SKIPPED,
    Outcome.NOT_REACHED,
    Outcome.DESELECTED,
    Outcome.NOT_COLLECTED,
)
"""Which outcome stands when one test has several, as with ``--dist each``."""

WORST_PART_FIRST = (
    Outcome.ERROR,
    Outcome.FAILED,
    Outcome.XFAILED,
    Outcome.SKIPPED,
    Outcome.XPASSED,
    Outcome.PASSED,
)
"""Which outcome stands for a whole whose parts ended in several: a part that was skipped, such as a
teardown or a subtest, did not pass, and so the whole did not."""


class StepResult(NamedTuple):
    """What one test says of one step of its test cases.

    Attributes:
        number: The step, counted from 1 as in Jama's own table.
        outcome: What happened inside the step.
        note: The user's note and, for a failure, its first line; may be empty.
    """

    number: int
    outcome: Outcome
    note: str = ""


class ReportedName(NamedTuple):
    """How a report names a test; joined to a test ID, it cannot be told apart any more.

    Attributes:
        classname: As written, or what stands in its place; may be empty.
        name: As written.
    """

    classname: str
    name: str


class TestResult(NamedTuple):
    """The final result of one test. A tuple: as cheap to make as a value of which there are many.

    Most tests have the first six attributes alone, see `NOTHING_ELSE`.

    Attributes:
        test_id: pytest's node ID, or ``classname.name`` of a JUnit testcase.
        outcome: The worst of its phases; of several attempts, the last one's.
        duration_s: Seconds over all phases; None when unknown.
        links: The cases it is evidence of: by its own references (marker, property), else by the
            map; empty for an unlinked test.
        started: When it began, in seconds since 1970 (UTC); None when unknown.
        names_cases: Whether it names its cases itself: by marker or property.
        message: Why it did not pass, in one or a few lines; empty otherwise.
        notes: What the test said of itself through ``jama.note``, and the earlier attempts.
        steps: What it says of single steps, in the order in which they ended.
        redacted: How many passages of its texts are hidden, since they look like secrets.
        host: Where it ran, if that is not where the session was conducted.
        is_taken_out: Whether it is linked to no case on purpose: by ``none``.
        is_uncollected: Whether it stands for all tests of a file that could not be collected.
        files: The files that are evidence of it, in the order in which they were attached.
        trace: The whole text of its failure, shortened in the middle; kept only for a target that
            shows it.
        error_type: The kind of its failure, where a report tells it apart from the message; kept
            only with traces.
        reported: How a report names it; kept only with traces, None otherwise and for pytest.
    """

    test_id: str
    outcome: Outcome
    duration_s: float | None = None
    links: tuple[CaseLink, ...] = ()
    started: float | None = None
    names_cases: bool = False
    message: str = ""
    notes: tuple[str, ...] = ()
    steps: tuple[StepResult, ...] = ()
    redacted: int = 0
    host: str = ""
    is_taken_out: bool = False
    is_uncollected: bool = False
    files: tuple[AttachedFile, ...] = ()
    trace: str = ""
    error_type: str = ""
    reported: ReportedName | None = None

    @classmethod
    def of_uncollected(cls, address: str, links: tuple[CaseLink, ...]) -> TestResult:
        """Return what stands for the unknown tests of a file or folder that could not be collected.

        Args:
            address: Its name, as test IDs have it.
            links: The cases that the map names for tests at or below it.
        """
        why = "could not be collected"
        outcome = Outcome.NOT_COLLECTED
        return cls(address, outcome, message=why, links=links, is_uncollected=True)

    @property
    def is_unlinked_failure(self) -> bool:
        """Whether it failed, and no run will show it, which nobody asked for."""
        return not self.links and self.outcome in FAILURES and not self.is_taken_out


TestResult.__test__ = False  # type: ignore[attr-defined]  # pytest shall not collect it

NOTHING_ELSE = TestResult("", Outcome.PASSED)[6:]
"""What most results have behind their first six attributes."""


def linked_cases(results: Iterable[TestResult]) -> dict[CaseRef, None]:
    """Return the cases that tests are linked to, whatever became of the tests."""
    return {link.case_ref: None for result in results for link in result.links}
