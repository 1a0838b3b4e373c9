"""A journal's tests linked anew: by today's map and lock, or to another case. Pure.

Results, and what of them is known, stay as they are; only the cases that they are evidence of
change. What a test said of itself, by a marker or a property, beats any map, as in a session.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import NO_CASE, find_links_in_name, name_in
from pytest_jama.core.known_tests import Coverage, Gaps
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.test_ids import normal_form
from pytest_jama.journal.relinked import (
    LinkedAnew,
    Relinks,
    keep_verdicts,
    linked,
    results_of,
    take_links,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_jama.core.cases import CaseLink, CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.journal.record import Recording

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
        """Return the cases that a result is evidence of by today's map.

        Args:
            result: A result as its session left it.
            recorded: What linked its tests; None when the journal does not tell.

        Returns:
            The links; `NO_CASE` alone when the test is linked to no case on purpose.
        """
        links = _said_links(result)
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

    def relink(self, recording: Recording) -> LinkedAnew:
        """Return a journal whose tests are linked anew.

        Today's map begins from what the session itself said, not from an earlier linking.
        """
        first = recording.original or recording
        recorded = _what_linked(first)
        was = results_of(first)
        now = [recording.relinks.apply(each) for each in was]
        base = was if self.today is not None else now
        new = [linked(each, self.links_of(each, recorded)) for each in base]
        renamed = self.renamed if self.today is not None else self._after(recording.renamed)
        changed = replace(recording)
        take_links(changed, Relinks.between(was, new), renamed=renamed)
        if self.today is None:
            self._rename_all(recording, changed)
        else:
            self._see_anew(self.today, first, changed)
        kept = _unchanged(first, changed, renamed)
        changed.verdicts = dict(keep_verdicts(first, kept, renamed))
        return LinkedAnew(changed, Relinks.between(now, new))

    def _after(self, earlier: Mapping[CaseRef, CaseRef]) -> dict[CaseRef, CaseRef]:
        """Return which case takes the place of which one, after others had done so."""
        return {**self.renamed, **{old: self._now(new) for old, new in earlier.items()}}

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

    def _see_anew(self, today: TodayMap, first: Recording, changed: Recording) -> None:
        """Put what a session with today's map would have known in the place of what it knew."""
        listed = {**first.left_out, **_listed(first)}
        whole = [address for address in first.collected if _stands_for_file(first, address)]
        known = first.coverage or Coverage((), roots=(), is_whole=False)
        gaps = today.find_gaps(
            known._replace(
                test_ids=tuple(dict.fromkeys((*listed, *first.results))),
                missed=(*known.missed, *(_missed(first) if first.coverage is None else ())),
                failed=(*first.uncollected, *whole),
            )
        )

        def see_below(test: TestResult) -> TestResult:
            return test._replace(links=self.rename(today.find_below(test.test_id)))

        recorded = _what_linked(first)
        found = [linked(test, self.links_of(test, recorded)) for test in listed.values()]
        found += [see_below(first.collected[address]) for address in whole]
        found += [each._replace(links=self.rename(each.links)) for each in gaps.missing]
        if not first.knows_all or first.coverage is None:
            found += _stand_in(results_of(changed), today.keys)
        changed.collected = {each.test_id: each for each in found if each.links}
        changed.uncollected = {
            address: see_below(test) for address, test in first.uncollected.items()
        }
        changed.unmatched = {
            each.key: each._replace(links=self.rename(each.links)) for each in gaps.unmatched
        }
        changed.known, changed.lock = {}, today.lock


def _said_links(result: TestResult) -> Links:
    return result.links or ((NO_CASE,) if result.is_taken_out else ())


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


def _stand_in(results: Iterable[TestResult], keys: frozenset[str]) -> list[TestResult]:
    """Return what stands for tests that were left out, and that no one knows of.

    A journal that broke off names the tests that did not run only when they were linked to a case.
    Others of a case may have been left out, too, unless keys name its tests one by one.
    """
    wide = (
        each.links
        for each in results
        if each.links and not each.names_cases and normal_form(each.test_id) not in keys
    )
    links = tuple(dict.fromkeys(link for several in wide for link in several))
    why = "the session may have left out more tests of this case"
    return [TestResult(UNNAMED, Outcome.NOT_COLLECTED, message=why, links=links)] * bool(links)


def _unchanged(
    before: Recording, after: Recording, renamed: Mapping[CaseRef, CaseRef]
) -> set[CaseRef]:
    """Return the cases, as a session names them, that have the same tests as before."""
    was, now = map(_tests_by_case, (before.all_results(), after.all_results()))
    return {ref for ref in before.verdicts if was.get(ref) == now.get(renamed.get(ref, ref))}


def _tests_by_case(results: Iterable[TestResult]) -> dict[CaseRef, set[object]]:
    tests: dict[CaseRef, set[object]] = defaultdict(set)
    for result in results:
        for link in result.links:
            tests[link.case_ref].add((result.test_id, result.outcome, link.step))
    return tests
