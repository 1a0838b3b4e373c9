"""A journal's tests linked anew: by today's map and lock, or to another case. Pure.

Results, and what of them is known, stay as they are; only the cases that they are evidence of
change. What a test said of itself (a marker, a property, its name) beats any map, as in a session.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import NO_CASE, find_links_in_name, name_in, without_none
from pytest_jama.core.errors import UnusableKind
from pytest_jama.core.known_tests import Coverage, Gaps
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.test_ids import normal_form
from pytest_jama.journal import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_jama.core.cases import CaseLink, CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import RecordedVerdict, Recording

    Links = tuple[CaseLink, ...]
    Recorded = Callable[[str], Links]

UNNAMED = "tests that the journal does not name"


class TodayMap(NamedTuple):
    """What links tests today.

    Attributes:
        find: Returns the cases of a test that names none itself; `NO_CASE` takes it out.
        find_below: Returns the cases of all tests at or below a file or folder.
        find_gaps: Returns what a session with this coverage did not come across.
        keys: The keys of the map, in normal form.
        lock: What jama.lock holds.
    """

    find: Callable[[TestResult], Links]
    find_below: Callable[[str], Links]
    find_gaps: Callable[[Coverage], Gaps]
    keys: frozenset[str]
    lock: Lock | None = None


class Relinking(NamedTuple):
    """How the tests of journals are linked anew.

    Attributes:
        today: What links them instead of the map of their session; None for that map.
        renamed: The case that takes the place of another one.
    """

    today: TodayMap | None = None
    renamed: Mapping[CaseRef, CaseRef] = {}

    def links_of(self, result: TestResult, recorded: Recorded | None) -> Links:
        """Return the cases that a result is evidence of from now on.

        Args:
            result: A result of a journal.
            recorded: What linked its tests; None when the journal does not tell.

        Returns:
            The links; `NO_CASE` alone when the test is linked to no case on purpose.
        """
        links = result.links or ((NO_CASE,) if result.is_taken_out else ())
        if self.today is not None and not _is_own(links, result, recorded):
            links = self.today.find(result)
        return self.rename(links)

    def rename(self, links: Links) -> Links:
        """Return links with each case that another one takes the place of replaced."""
        if not self.renamed:
            return links
        renamed = (each._replace(case_ref=self._now(each.case_ref)) for each in links)
        return tuple(dict.fromkeys(renamed))

    def _now(self, case_ref: CaseRef) -> CaseRef:
        return self.renamed.get(case_ref, case_ref)

    def relink(self, recording: Recording) -> tuple[Recording, tuple[Relinked, ...]]:
        """Return a journal whose tests are linked anew, and the results that have other cases."""
        several = (*recording.results.values(), *recording.repeated.values())
        recorded = _what_linked(recording)
        pairs = [(each, _linked(each, self.links_of(each, recorded))) for each in several]
        changes = tuple(Relinked.of(*pair) for pair in pairs if _cases(pair[0]) != _cases(pair[1]))
        changed = replace(recording)
        _put_results(changed, (now for _, now in pairs), _mended(changes))
        if self.today is None:
            self._rename_all(recording, changed)
        else:
            self._see_anew(self.today, recording, changed)
            if not recording.knows_all:
                stand_in = _stand_in(changes, self.today.keys)
                changed.collected |= {each.test_id: each for each in stand_in}
        kept = _unchanged(recording, changed, self)
        changed.verdicts = dict(_keep_verdicts(recording, kept, self.renamed))
        return changed, changes

    def _rename_all(self, recording: Recording, changed: Recording) -> None:
        def rename(test: TestResult) -> TestResult:
            return test._replace(links=self.rename(test.links))

        changed.collected = {name: rename(test) for name, test in recording.collected.items()}
        changed.uncollected = {name: rename(test) for name, test in recording.uncollected.items()}
        changed.known = dict.fromkeys(map(self._now, recording.known))
        changed.unmatched = {
            key: each._replace(links=self.rename(each.links))
            for key, each in recording.unmatched.items()
        }

    def _see_anew(self, today: TodayMap, recording: Recording, changed: Recording) -> None:
        """Put what a session with today's map would have known in the place of what it knew."""
        listed = {**recording.left_out, **_listed(recording)}
        whole = [address for address in recording.collected if _stands_for_file(recording, address)]
        gaps = today.find_gaps(
            Coverage(
                tuple(dict.fromkeys((*listed, *recording.results))),
                missed=_missed(recording),
                failed=(*recording.uncollected, *whole),
                roots=(),
                is_whole=False,
            )
        )

        def see_below(test: TestResult) -> TestResult:
            return test._replace(links=self.rename(today.find_below(test.test_id)))

        recorded = _what_linked(recording)
        found = [_linked(test, self.links_of(test, recorded)) for test in listed.values()]
        found += [see_below(recording.collected[address]) for address in whole]
        found += [each._replace(links=self.rename(each.links)) for each in gaps.missing]
        changed.collected = {each.test_id: each for each in found if each.links}
        changed.uncollected = {
            address: see_below(test) for address, test in recording.uncollected.items()
        }
        changed.known, changed.unmatched, changed.lock = {}, {}, today.lock


class Relinked(NamedTuple):
    """A result that has other cases than in the journal.

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

    @classmethod
    def of(cls, was: TestResult, now: TestResult) -> Relinked:
        """Return it for a result, before and after."""
        return cls(was.test_id, was.links, now.links, now.is_taken_out)


def _cases(result: TestResult) -> tuple[Links, bool]:
    return result.links, result.is_taken_out


def _linked(result: TestResult, links: Links) -> TestResult:
    is_taken_out = NO_CASE in links
    return result._replace(links=without_none(links), is_taken_out=is_taken_out)


def _is_own(links: Links, result: TestResult, recorded: Recorded | None) -> bool:
    """Return whether something else than the map named its cases, as far as its journal tells.

    A marker or property of the test did, or a hook that is not here any more.
    """
    if not links or result.names_cases:
        return bool(links)
    return recorded is None or links != recorded(result.test_id)


def _what_linked(recording: Recording) -> Recorded | None:
    """Return what linked the tests of a session that named no case: their names, then its map."""
    test_map, names = recording.map, recording.header.settings.get("names")
    if test_map is None:
        return None
    pattern = re.compile(names) if isinstance(names, str) else None

    def find(test_id: str) -> Links:
        named = () if pattern is None else find_links_in_name(pattern, name_in(test_id)).links
        return named or test_map.find(test_id)

    return find


def _listed(recording: Recording) -> dict[str, TestResult]:
    """Return the tests that a session knew and that were linked, whether they ran or not."""
    real = (Outcome.NOT_REACHED, Outcome.DESELECTED)
    return {name: test for name, test in recording.collected.items() if test.outcome in real}


def _stands_for_file(recording: Recording, address: str) -> bool:
    """Return whether a file or class was skipped as a whole, so that its tests are unknown."""
    is_skipped = recording.collected[address].outcome is Outcome.SKIPPED
    return is_skipped and address not in recording.results


def _missed(recording: Recording) -> tuple[str, ...]:
    """Return what a session saw and did not collect: neither map nor lock alone named it."""
    named = {key for key, _ in recording.map.items()} if recording.map is not None else set()
    locked = recording.lock.cases.values() if recording.lock is not None else ()
    named.update(normal_form(test) for case in locked for test in case.tests)
    return tuple(
        name
        for name, test in recording.collected.items()
        if test.outcome is Outcome.NOT_COLLECTED and normal_form(name) not in named
    )


def _mended(changes: Iterable[Relinked]) -> set[str]:
    """Return the tests that were linked to no case, and are now."""
    return {each.test_id for each in changes if each.links and not each.was}


def _put_results(recording: Recording, results: Iterable[TestResult], mended: set[str]) -> None:
    """Replace the results; what could not be used of a test that is linked now is mended."""
    recording.results, recording.repeated = {}, {}
    for each in results:
        recording.add_result(each)
    recording.unusable = {
        each: None
        for each in recording.unusable
        if each.kind is not UnusableKind.REFERENCE or each.where not in mended
    }
    recording.relinked += 1


def _stand_in(changes: Iterable[Relinked], keys: frozenset[str]) -> list[TestResult]:
    """Return what stands for tests that were left out, and that no one knows of.

    A journal that broke off names the tests that did not run only when they were linked to a case.
    Where a test was not, and is now, others of its case may have been left out, too.
    """
    new = (
        each.links
        for each in changes
        if each.links and not each.was and normal_form(each.test_id) not in keys
    )
    links = tuple(dict.fromkeys(link for several in new for link in several))
    why = "the session may have left out more tests of this case"
    return [TestResult(UNNAMED, Outcome.NOT_COLLECTED, message=why, links=links)] * bool(links)


def _unchanged(before: Recording, after: Recording, relinking: Relinking) -> set[CaseRef]:
    """Return the cases, as a journal names them, that have the same tests as before."""
    was = _tests_by_case((each, relinking.rename(each.links)) for each in before.all_results())
    now = _tests_by_case((each, each.links) for each in after.all_results())
    new_names = {ref: relinking.renamed.get(ref, ref) for ref in before.verdicts}
    shared = Counter(new_names.values())
    return {
        ref for ref, new in new_names.items() if shared[new] == 1 and was.get(new) == now.get(new)
    }


def _tests_by_case(linked: Iterable[tuple[TestResult, Links]]) -> dict[CaseRef, set[object]]:
    tests: dict[CaseRef, set[object]] = defaultdict(set)
    for result, links in linked:
        for link in links:
            tests[link.case_ref].add((result.test_id, result.outcome, link.step))
    return tests


def _keep_verdicts(
    recording: Recording, unchanged: set[CaseRef], renamed: Mapping[CaseRef, CaseRef]
) -> Iterator[tuple[CaseRef, RecordedVerdict]]:
    """Yield the verdicts of a session that still stand: those whose tests are the same.

    Args:
        recording: The session.
        unchanged: The cases whose tests are the same, as the journal names them.
        renamed: The case that takes the place of another one.
    """
    for ref, verdict in recording.verdicts.items():
        if ref in unchanged:
            judged_ref = renamed.get(ref, ref)
            case_ref = renamed.get(verdict.case_ref, verdict.case_ref)
            yield judged_ref, replace(verdict, case_ref=case_ref, judged_ref=judged_ref)


def relinked_lines(
    before: Recording, after: Recording, changes: Iterable[Relinked], relinking: Relinking
) -> Iterator[JournalLine]:
    """Yield the lines that give a later reader of the journal the same links.

    Args:
        before: The journal as it is.
        after: With its new links.
        changes: The results that have other cases.
        relinking: How they came to these.
    """
    kept = [ref for ref in before.verdicts if relinking.renamed.get(ref, ref) in after.verdicts]
    yield lines.relinked_line(
        changes,
        renamed={str(old): str(new) for old, new in relinking.renamed.items()},
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
    changes: Iterable[Relinked],
    *,
    renamed: Mapping[CaseRef, CaseRef],
    verdicts: set[CaseRef],
) -> None:
    """Give the results that were read so far their new links; what follows tells the rest.

    Args:
        recording: What was read.
        changes: The results that have other cases.
        renamed: The case that takes the place of another one.
        verdicts: The cases whose verdicts still stand.
    """
    by_result = {(each.test_id, each.was): each for each in changes}

    def relink(result: TestResult) -> TestResult:
        change = by_result.get((result.test_id, result.links))
        if change is None:
            return result
        return result._replace(links=change.links, is_taken_out=change.is_taken_out)

    several = (*recording.results.values(), *recording.repeated.values())
    _put_results(recording, map(relink, several), _mended(by_result.values()))
    recording.verdicts = dict(_keep_verdicts(recording, verdicts, renamed))
    recording.collected, recording.uncollected, recording.unmatched = {}, {}, {}
    recording.known, recording.lock = {}, None
