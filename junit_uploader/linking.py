"""From the tests of reports to results with their test cases. Pure.

Two kinds of testcases are no tests: pytest writes one for each file that it could not collect, and
one for each that was skipped as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import Outcome, TestResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from junit_uploader.readers.values import ReportedTest
    from pytest_jama.core.cases import CaseLink

COLLECTION_FAILURE = "collection failure"
COLLECTION_SKIPPED = "collection skipped"
"""What pytest writes as the message of a file's testcase.

Source: pytest, ``_pytest/junitxml.py``, ``append_collect_error`` and ``append_collect_skipped``.
"""


class LinkedTests(NamedTuple):
    """What is judged.

    Attributes:
        results: One for each test, and one for each file that could not be collected.
        uncollected: These files, as the reports name them.
    """

    results: list[TestResult]
    uncollected: tuple[str, ...]


def link_tests(
    tests: Iterable[ReportedTest],
    *,
    find_links: Callable[[ReportedTest, TestResult], tuple[CaseLink, ...]],
    find_within: Callable[[str], tuple[CaseLink, ...]],
) -> LinkedTests:
    """Return the results of tests with their links.

    Args:
        tests: What the reports say.
        find_links: Tells the cases of a test that names none itself.
        find_within: Tells the cases of all tests in a file.
    """
    results: list[TestResult] = []
    uncollected: list[TestResult] = []
    for test in tests:
        result = test.as_result()
        if result.message == COLLECTION_FAILURE and result.outcome is Outcome.ERROR:
            uncollected.append(make_uncollected(test.test_id, find_within(test.test_id)))
        elif result.message != COLLECTION_SKIPPED or result.outcome is not Outcome.SKIPPED:
            links = result.links or find_links(test, result)
            results.append(result if links == result.links else result._replace(links=links))
    return LinkedTests(results + uncollected, tuple(each.test_id for each in uncollected))


def make_uncollected(address: str, links: tuple[CaseLink, ...]) -> TestResult:
    """Return what stands in the place of the unknown tests of a file, as in ``pytest --jama``.

    Args:
        address: The file as the report names it.
        links: The cases that the map names for tests in it.
    """
    return TestResult(address, Outcome.DESELECTED, message="could not be collected", links=links)
