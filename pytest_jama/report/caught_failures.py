"""Steps that failed in tests that did not: the reason stands in no traceback. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.results import Outcome
from pytest_jama.report.upload_lines import Line, Tone, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.core.results import TestResult

_FAILURES = frozenset({Outcome.FAILED, Outcome.ERROR})
_SAYS_IT_ITSELF = _FAILURES | {Outcome.XFAILED}
"""What a failed step in a test makes nobody wonder about."""


def caught_failure_lines(results: Iterable[TestResult], *, verbose: bool) -> Iterator[Line]:
    """Yield a line for each failed step of a test that did not fail: it caught the exception.

    Args:
        results: Those that are linked to a case; each may be there several times.
        verbose: Whether to name them all, however many there are.
    """
    failed = {
        (result.test_id, step): f"{result.test_id}: {result.outcome.value}, but its step "
        f"{step.number} failed" + (f": {' '.join(step.note.split())}" if step.note else "")
        for result in results
        if result.steps and result.outcome not in _SAYS_IT_ITSELF
        for step in result.steps
        if step.outcome in _FAILURES
    }
    lines = [Line("step", text, Tone.WARNING) for text in failed.values()]
    yield from listed(lines, verbose=verbose)
