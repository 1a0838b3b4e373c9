"""What the elements and attributes of one testcase say of its outcome. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.notes import NoteKind
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from junit_uploader.junit.reported_test import ReadOptions


class ResultKind(Enum):
    """What an element says: the value is its tag."""

    ERROR = "error"
    FAILURE = "failure"
    SKIPPED = "skipped"
    FLAKY_ERROR = "flakyError"
    FLAKY_FAILURE = "flakyFailure"
    RERUN_ERROR = "rerunError"
    RERUN_FAILURE = "rerunFailure"

    @property
    def is_earlier(self) -> bool:
        """Whether it tells of another attempt, and so never changes the outcome."""
        return self not in _FINAL

    def counts_for(self, outcome: Outcome) -> bool:
        """Return whether it belongs to the account of an outcome."""
        return self in _KINDS_BY_OUTCOME.get(outcome, ())


_ERROR, _FAILURE, _SKIPPED = ResultKind.ERROR, ResultKind.FAILURE, ResultKind.SKIPPED
_FAILURES = (_ERROR, _FAILURE)
_FINAL = (*_FAILURES, _SKIPPED)
_KINDS_BY_OUTCOME = {
    Outcome.ERROR: _FAILURES,
    Outcome.FAILED: _FAILURES,
    Outcome.SKIPPED: (_SKIPPED,),
    Outcome.XFAILED: (_SKIPPED,),
}


FAILING = frozenset({Outcome.FAILED, Outcome.ERROR})
"""The outcomes that are failures, whichever of the two words a framework prefers."""


class Subject(Enum):
    """What a testcase stands for."""

    TEST = "a test"
    UNCOLLECTED_FILE = "the tests of a file that could not be collected"
    SKIPPED_FILE = "the tests of a file that was skipped as a whole"


class Finding(NamedTuple):
    """One result that stands in a testcase or suite.

    Attributes:
        kind: What it says.
        message: The attribute ``message``, if any.
        type_name: The attribute ``type``, if any.
        text: All text inside; only read where there is no message.
    """

    kind: ResultKind
    message: str | None = None
    type_name: str | None = None
    text: str = ""


def decide_outcome(
    findings: Sequence[Finding],
    attributes: Mapping[str, str],
    options: ReadOptions,
) -> Outcome:
    """Return the outcome of one testcase.

    Error beats failure beats skipped beats the attributes that say "not run"; else it passed.

    Args:
        findings: The results inside it.
        attributes: Its own attributes.
        options: How to read them.
    """
    kinds = [finding.kind for finding in findings]
    fails = _ERROR in kinds or _FAILURE in kinds
    if _SKIPPED in kinds and (options.skipped_wins or not fails):
        expected = options.dialects.expected_failures
        types = {each.type_name for each in findings if each.kind is _SKIPPED}
        return Outcome.SKIPPED if expected.isdisjoint(types) else Outcome.XFAILED
    if fails:
        return Outcome.ERROR if _ERROR in kinds else Outcome.FAILED
    return Outcome.SKIPPED if options.dialects.says_not_run(attributes) else Outcome.PASSED


_BAD_STATUS = frozenset({"fail", "failed", "failure", "error", "errored", "broken"})
_RERUNS = (ResultKind.RERUN_ERROR, ResultKind.RERUN_FAILURE)


def find_contradiction(
    findings: Sequence[Finding],
    attributes: Mapping[str, str],
) -> NoteKind | None:
    """Find what speaks of a failure in a testcase that shows none."""
    kinds = [finding.kind for finding in findings]
    if any(kind in _FINAL for kind in kinds):
        return None
    if attributes.get("status", "").strip().lower() in _BAD_STATUS:
        return NoteKind.BAD_STATUS
    return NoteKind.RERUN_ALONE if any(kind in _RERUNS for kind in kinds) else None
