"""What accounts say where several testcases of the reports are called the same. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.results import FAILURES, TestResult
from pytest_jama.core.test_ids import normal_form
from pytest_jama.core.text import counted
from pytest_jama.core.verdicts import totals
from pytest_jama.journal.united import by_test, links_among, said_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.cases import CaseLink


def with_namesakes(
    counting: Iterable[TestResult], reported: Iterable[tuple[TestResult, int]]
) -> Iterator[TestResult]:
    """Yield what counts, with a note where other testcases of that name are evidence of the case.

    Args:
        counting: What counts of all that is reported.
        reported: Each result, and how many testcases say it.
    """
    said_of: dict[str, list[tuple[TestResult, int]]] = {}
    for result, times in reported:
        said_of.setdefault(normal_form(result.test_id), []).append((result, times))
    for name, same in by_test([counting]).items():
        said = said_of[name]
        results = [result for _, result in same]
        if len(said) == 1 and said[0][1] == 1:
            yield from results
        else:
            yield from _noted(results, said)


def _noted(
    counting: Sequence[TestResult], said: Sequence[tuple[TestResult, int]]
) -> Iterator[TestResult]:
    named = tuple(dict.fromkeys(link for result, _ in said for link in result.links))
    counting_of: dict[CaseLink, list[TestResult]] = {link: [] for link in named}
    said_of: dict[CaseLink, list[tuple[TestResult, int]]] = {link: [] for link in named}
    for result in counting:
        for link in links_among(result, named):
            counting_of[link].append(result)
    for pair in said:
        for link in links_among(pair[0], named):
            said_of[link].append(pair)
    notes = {link: _describe(counting_of[link], said_of[link]) for link in named}
    for result in counting:
        by_note: dict[str, list[CaseLink]] = {}
        for link in links_among(result, named):
            by_note.setdefault(notes[link], []).append(link)
        if len(by_note) > 1 and not result.links:
            by_note = {"": []}  # it stays without links, for cases that only other sessions name
        for note, links in by_note.items():
            own = result.links if len(by_note) == 1 else tuple(links)
            yield result._replace(notes=tuple(filter(None, (note, *result.notes))), links=own)
        if not by_note:
            yield result


def _describe(counting: Sequence[TestResult], said: Sequence[tuple[TestResult, int]]) -> str:
    """Say how many testcases of one name are evidence of one case, and what counts of them."""
    number = sum(times for _, times in said)
    if number == 1:
        return ""
    bare = {_bare(result) for result in counting}
    all_of_them = [result for result, times in said for _ in range(times)]
    gone = [result for result in all_of_them if _bare(result) not in bare]
    parts = [f"{counted(number, 'testcase')} of this name in the reports: {totals(all_of_them)}"]
    if len(bare) > 1:
        outcomes = {result.outcome for result in counting}
        outcomes.update(step.outcome for result in counting for step in result.steps)
        parts.append("each counts" if outcomes.isdisjoint(FAILURES) else "the worst counts")
    if gone:
        parts.append(f"{totals(gone)} in one report gave way to the result of another")
    return "; ".join(parts)


def _bare(result: TestResult) -> TestResult:
    return said_by(result)._replace(links=(), is_taken_out=False)
