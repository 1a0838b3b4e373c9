"""What several results of one test say together, whatever their order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.test_ids import normal_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.verdicts import VerdictRules


def said_by(result: TestResult) -> TestResult:
    """Return what a result says, wherever and whenever the test ran."""
    return result._replace(duration_s=None, started=None, host="")


def unite_results(results: Iterable[TestResult], *, rules: VerdictRules) -> tuple[TestResult, ...]:
    """Return what results of several sessions or reports say together.

    A test that ran in one session is not missing because another one left it out or skipped it. One
    that ran in several has several results, so that the worst of them decides; those that say the
    same are one. All of that holds for each case by itself: two tests of one name may be evidence
    of different cases. A result that names no case counts for those that the others name.

    Args:
        results: All results, in any order.
        rules: Which verdict follows from which outcome; a skip that has one counts.
    """
    worth = {outcome: rank for rank, outcome in enumerate(_LESS_AND_LESS, start=1)}
    if rules.verdict_of(Outcome.SKIPPED) is not None:
        del worth[Outcome.SKIPPED]
    by_test: dict[str, list[TestResult]] = {}
    for result in results:
        by_test.setdefault(normal_form(result.test_id), []).append(result)
    return tuple(
        result
        for same in by_test.values()
        for result in (same if len(same) == 1 else _unite(same, worth))
    )


_LESS_AND_LESS = (
    Outcome.SKIPPED,
    Outcome.NOT_REACHED,
    Outcome.DESELECTED,
    Outcome.NOT_COLLECTED,
)
"""What says less than that a test ran, each less than the one before."""


def _unite(several: list[TestResult], worth: dict[Outcome, int]) -> Iterator[TestResult]:
    """Yield what counts of the results of one test ID."""
    named = tuple(dict.fromkeys(link for result in several for link in result.links))
    distinct: dict[TestResult, TestResult] = {}
    for result in several:
        is_linked = result.links or result.is_taken_out
        linked = result if is_linked else result._replace(links=named)
        distinct.setdefault(said_by(linked), linked)
    ranked = [(result, worth.get(result.outcome, 0)) for result in distinct.values()]
    best: dict[CaseLink | None, int] = {}
    for result, rank in ranked:
        for link in result.links or (None,):
            best[link] = min(rank, best.get(link, rank))
    for result, rank in ranked:
        links = tuple(link for link in result.links if best[link] == rank)
        if links == result.links and (links or best[None] == rank):
            yield result
        elif links:
            yield result._replace(links=links)
