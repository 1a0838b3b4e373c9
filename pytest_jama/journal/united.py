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
    return result._replace(duration_s=None, started=None, host="", files=(), trace="")


def with_files_of(result: TestResult, others: Iterable[TestResult]) -> TestResult:
    """Return a result with the files of others that say the same, in an order of its own."""
    files = {*result.files}.union(*(each.files for each in others))
    if len(files) == len(result.files):
        return result
    ordered = sorted(files, key=lambda each: (each.name, each.sha256, each.step or 0))
    return result._replace(files=tuple(ordered))


def unite_results(
    sources: Iterable[Iterable[TestResult]], *, rules: VerdictRules
) -> tuple[TestResult, ...]:
    """Return what results of several sessions or reports say together.

    A test that ran in one source is not missing because another one left it out or skipped it: what
    did not run gives way, unless its own source has a result of that test that ran. There it is an
    execution of its own, with other parameters perhaps, and nobody has seen it pass. All results of
    a test that ran count, so that the worst of them decides; those that say the same are one. All
    of that holds for each case by itself: two tests of one name may be evidence of different cases.
    A result that names no case counts for those that the others name.

    Args:
        sources: The results of each session or report, in any order.
        rules: Which verdict follows from which outcome; a skip that has one counts.
    """
    counting = keep_counting(sources, rules=rules)
    return tuple(
        result
        for same in by_test([counting]).values()
        for result in ((same[0][1],) if len(same) == 1 else _linked([each for _, each in same]))
    )


def keep_counting(
    sources: Iterable[Iterable[TestResult]], *, rules: VerdictRules
) -> tuple[TestResult, ...]:
    """Return the results that do not give way, with no other links than their own.

    They are a source that says the same, alone and beside others.

    Args:
        sources: See `unite_results`.
        rules: See `unite_results`.
    """
    worth = {outcome: rank for rank, outcome in enumerate(_LESS_AND_LESS, start=1)}
    if rules.verdict_of(Outcome.SKIPPED) is not None:
        del worth[Outcome.SKIPPED]
    return tuple(
        result
        for same in by_test(sources).values()
        for result in ((same[0][1],) if len(same) == 1 else _counting(same, worth))
    )


def by_test(sources: Iterable[Iterable[TestResult]]) -> dict[str, list[tuple[int, TestResult]]]:
    """Return the results of each test, each with the number of its source."""
    found: dict[str, list[tuple[int, TestResult]]] = {}
    for number, results in enumerate(sources):
        for result in results:
            found.setdefault(normal_form(result.test_id), []).append((number, result))
    return found


def links_among(result: TestResult, named: Iterable[CaseLink]) -> tuple[CaseLink, ...]:
    """Return the cases that a result is evidence of, where others name these."""
    return result.links or (() if result.is_taken_out else tuple(named))


_LESS_AND_LESS = (
    Outcome.SKIPPED,
    Outcome.NOT_REACHED,
    Outcome.DESELECTED,
    Outcome.NOT_COLLECTED,
)
"""What says less than that a test ran, each less than the one before."""


def _counting(
    several: list[tuple[int, TestResult]], worth: dict[Outcome, int]
) -> Iterator[TestResult]:
    """Yield what counts of the results of one test, each with the number of its source."""
    named = dict.fromkeys(link for _, result in several for link in result.links)
    best: dict[tuple[int, CaseLink | None], int] = {}
    for number, result in several:
        rank = worth.get(result.outcome, 0)
        for link in links_among(result, named) or (None,):
            best[number, link] = min(rank, best.get((number, link), rank))
    least: dict[CaseLink | None, int] = {}
    for (_, link), rank in best.items():
        least[link] = min(rank, least.get(link, rank))
    unnamed: list[TestResult] = []
    kept: dict[CaseLink, None] = {}
    for number, result in several:
        links = links_among(result, named)
        stays = tuple(link for link in links if best[number, link] == least[link])
        if not result.links and stays == links:
            if links or best[number, None] == least[None]:
                unnamed.append(result)
        elif stays:
            kept.update(dict.fromkeys(stays))
            yield result if stays == links else result._replace(links=stays)
    lost = tuple(link for link in named if link not in kept)
    for result in unnamed:
        yield result
        if lost and not result.is_taken_out:  # who named them gave way
            yield result._replace(links=lost)


def _linked(several: list[TestResult]) -> Iterable[TestResult]:
    """Return what results of one test say, each thing once."""
    named = tuple(dict.fromkeys(link for result in several for link in result.links))
    distinct: dict[TestResult, tuple[list[TestResult], dict[CaseLink, None]]] = {}
    for result in several:
        links = links_among(result, named)
        said = said_by(result)._replace(links=())
        same, known = distinct.setdefault(said, ([], {}))
        same.append(result)
        known.update(dict.fromkeys(links))
    return (
        with_files_of(same[0], same)._replace(links=tuple(links))
        for same, links in distinct.values()
    )
