"""The results of reports as lines of a journal."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pytest_jama.core.results import Outcome
from pytest_jama.journal.lines import collected_line, result_line, uncollected_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.results import TestResult
    from pytest_jama.journal import JournalWriter

LINES_AT_ONCE = 1000
TESTS_A_LINE = 10_000


def write_results(
    journal: JournalWriter,
    results: Sequence[TestResult],
    *,
    tests_a_line: int = TESTS_A_LINE,
) -> None:
    """Write what was found, first which tests there are: a torn journal must not look complete.

    Args:
        journal: Where to.
        results: One for each test, and for each file that could not be collected.
        tests_a_line: How many tests one line ``collected`` names.
    """
    unknown = (each for each in results if each.outcome is Outcome.DESELECTED)
    journal.write(*map(uncollected_line, unknown))
    tests = [each for each in results if each.outcome is not Outcome.DESELECTED]
    for some in _chunks((each for each in tests if each.links), tests_a_line):
        known = ((each.test_id, Outcome.NOT_REACHED, each.links) for each in some)
        journal.write(collected_line(known))
    ended = (each for each in tests if each.outcome is not Outcome.NOT_REACHED)
    for some in _chunks(ended, LINES_AT_ONCE):
        journal.write(*map(result_line, some))


def _chunks(results: Iterable[TestResult], size: int) -> Iterator[list[TestResult]]:
    remaining = iter(results)
    while some := list(itertools.islice(remaining, size)):
        yield some
