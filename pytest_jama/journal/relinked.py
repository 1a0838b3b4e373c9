"""What a `relinked` line says of a journal: the cases that results have now. Pure; see `relink`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import NO_CASE, without_none
from pytest_jama.core.errors import UnusableKind
from pytest_jama.journal import lines
from pytest_jama.journal.sending_lines import relinked_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.results import TestResult
    from pytest_jama.journal.lines import JournalLine, Links
    from pytest_jama.journal.record import RecordedVerdict, Recording


class Relinked(NamedTuple):
    """A result that has other cases than before.

    Attributes:
        test_id: Its test.
        was: The cases that it had.
        links: Those that it has.
        is_taken_out: Whether it has none on purpose.
    """

    test_id: str
    was: Links
    links: Links
    is_taken_out: bool = False


class Relinks:
    """The results of a journal that have other cases than before.

    Args:
        table: Each of them.
    """

    def __init__(self, table: Iterable[Relinked] = ()) -> None:
        self._by_result = {(each.test_id, each.was): each for each in table}

    @classmethod
    def between(cls, was: Iterable[TestResult], now: Iterable[TestResult]) -> Relinks:
        """Return which results differ in their cases.

        Args:
            was: All results.
            now: The same results in the same order.
        """
        return cls(
            Relinked(old.test_id, old.links, new.links, new.is_taken_out)
            for old, new in zip(was, now, strict=True)
            if (old.links, old.is_taken_out) != (new.links, new.is_taken_out)
        )

    def __iter__(self) -> Iterator[Relinked]:
        return iter(self._by_result.values())

    def apply(self, result: TestResult) -> TestResult:
        """Return a result with the cases that it has now."""
        now = self._by_result.get((result.test_id, result.links))
        if now is None:
            return result
        return result._replace(links=now.links, is_taken_out=now.is_taken_out)

    @property
    def mended(self) -> set[str]:
        """The tests that were linked to no case, and are now."""
        return {each.test_id for each in self if each.links and not each.was}


def linked(result: TestResult, links: Links) -> TestResult:
    """Return a result with other cases; `NO_CASE` takes it out."""
    return result._replace(links=without_none(links), is_taken_out=NO_CASE in links)


def results_of(recording: Recording) -> list[TestResult]:
    """Return the results of tests that ended."""
    return [*recording.results.values(), *recording.repeated.values()]


def take_links(
    recording: Recording, relinks: Relinks, *, renamed: Mapping[CaseRef, CaseRef]
) -> None:
    """Give the results of a session other cases than the session itself gave them.

    What could not be used of a test that is linked now is mended.

    Args:
        recording: The session.
        relinks: What differs from that.
        renamed: The case that takes the place of another one.
    """
    first = recording.original = recording.original or replace(recording)
    recording.results, recording.repeated = {}, {}
    for each in results_of(first):
        recording.add_result(relinks.apply(each))
    recording.unusable = {
        each: None
        for each in first.unusable
        if each.kind is not UnusableKind.REFERENCE or each.where not in relinks.mended
    }
    recording.relinks, recording.renamed = relinks, renamed
    recording.relinked += 1


def keep_verdicts(
    first: Recording, unchanged: set[CaseRef], renamed: Mapping[CaseRef, CaseRef]
) -> Iterator[tuple[CaseRef, RecordedVerdict]]:
    """Yield the verdicts of a session that still stand: those whose tests are the same.

    Args:
        first: The session, as it was left.
        unchanged: The cases whose tests are the same, as the journal names them.
        renamed: The case that takes the place of another one.
    """
    for ref, verdict in first.verdicts.items():
        if ref in unchanged:
            judged_ref = renamed.get(ref, ref)
            case_ref = renamed.get(verdict.case_ref, verdict.case_ref)
            yield judged_ref, replace(verdict, case_ref=case_ref, judged_ref=judged_ref)


def relinked_lines(after: Recording) -> Iterator[JournalLine]:
    """Yield the lines that give a later reader of a journal the same links.

    Args:
        after: The journal, with its new links.
    """
    verdicts = after.original.verdicts if after.original is not None else ()
    kept = [ref for ref in verdicts if after.renamed.get(ref, ref) in after.verdicts]
    yield relinked_line(
        after.relinks,
        renamed={str(old): str(new) for old, new in after.renamed.items()},
        verdicts=map(str, kept),
    )
    if after.lock is not None:
        yield lines.locked_line(after.lock)
    yield from map(lines.uncollected_line, after.uncollected.values())
    yield lines.collected_line(after.collected.values())
    if after.unmatched:
        yield lines.unmatched_line(after.unmatched.values())
    if after.known:
        yield lines.known_line(after.known)


def take_relinked(
    recording: Recording,
    relinks: Relinks,
    *,
    renamed: Mapping[CaseRef, CaseRef],
    verdicts: set[CaseRef],
) -> None:
    """Take what a `relinked` line says; the lines that follow tell the rest.

    Args:
        recording: What was read.
        relinks: The results that have other cases than the session gave them.
        renamed: The case that takes the place of another one.
        verdicts: The cases whose verdicts still stand.
    """
    take_links(recording, relinks, renamed=renamed)
    first = recording.original or recording
    recording.verdicts = dict(keep_verdicts(first, verdicts, renamed))
    recording.collected, recording.uncollected, recording.unmatched = {}, {}, {}
    recording.known, recording.lock = {}, None


class LinkedAnew(NamedTuple):
    """A journal whose tests are linked anew.

    Attributes:
        recording: The journal.
        changes: The results that have other cases than before.
    """

    recording: Recording
    changes: Relinks
