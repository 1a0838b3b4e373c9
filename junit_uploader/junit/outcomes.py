"""Which outcome a testcase has, by the results and attributes that it holds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from junit_uploader.junit.elements import ResultKind
from junit_uploader.junit.notes import NoteKind
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from junit_uploader.junit.elements import Finding
    from junit_uploader.junit.reported_test import ReadOptions

_ERROR, _FAILURE, _SKIPPED = ResultKind.ERROR, ResultKind.FAILURE, ResultKind.SKIPPED


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


def find_contradiction(
    findings: Sequence[Finding],
    attributes: Mapping[str, str],
) -> NoteKind | None:
    """Find what speaks of a failure in a testcase that shows none."""
    kinds = [finding.kind for finding in findings]
    if not all(kind.is_earlier for kind in kinds):
        return None
    if attributes.get("status", "").strip().lower() in _BAD_STATUS:
        return NoteKind.BAD_STATUS
    return NoteKind.RERUN_ALONE if any(kind.is_rerun for kind in kinds) else None
