"""Several sessions as one: what the tests of all of them say. Pure.

The order of the sessions plays no part in it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.results import Outcome
from pytest_jama.core.test_ids import boundaries, normal_form
from pytest_jama.journal.united import unite_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import VerdictRules
    from pytest_jama.journal.record import Recording

_UNKNOWN = frozenset({Outcome.NOT_COLLECTED, Outcome.SKIPPED})
"""What stands in a list of tests for one or several that the session did not come across."""


def merge_results(
    recordings: Sequence[Recording],
    *,
    rules: VerdictRules,
) -> tuple[TestResult, ...]:
    """Return the results of several sessions.

    A test is not missing because one session did not come across it; for all else see
    `unite_results`.

    Args:
        recordings: One of each session.
        rules: Which verdict follows from which outcome; a skip that has one counts.
    """
    if len(recordings) == 1 and not recordings[0].repeated:
        return tuple(recordings[0].all_results())
    search = _LeftOut(recordings)
    sources = (_still_there(search, *each) for each in enumerate(recordings))
    return unite_results(sources, rules=rules)


def merge_unmatched(recordings: Sequence[Recording]) -> tuple[Unmatched, ...]:
    """Return the keys of the map that match no test of any session.

    Args:
        recordings: One of each session.
    """
    unmatched = {key: each for recording in recordings for key, each in recording.unmatched.items()}
    if not unmatched or len(recordings) == 1:
        return tuple(unmatched.values())
    keys, _ = CaseMap.build(MapEntry(each.key, each.links) for each in unmatched.values())
    matched = keys.find_matched(
        test.test_id for recording in recordings for test in _tests_of(recording)
    )
    return tuple(each for key, each in unmatched.items() if normal_form(key) not in matched)


def _still_there(search: _LeftOut, number: int, recording: Recording) -> Iterator[TestResult]:
    """Yield the results of a session, without what stands for tests that another came across."""
    for result in recording.all_results():
        if not _is_unknown(result, recording):
            yield result
        else:
            missing = search.still_missing(result, number)
            if missing.links:
                yield missing


def _is_unknown(result: TestResult, recording: Recording) -> bool:
    return result.outcome in _UNKNOWN and recording.collected.get(result.test_id) is result


def _tests_of(recording: Recording) -> Iterator[TestResult]:
    """Yield the tests that a session came across."""
    for test in recording.collected.values():
        if test.outcome not in _UNKNOWN:
            yield test
    yield from recording.results.values()


class _LeftOut:
    """Which of the tests that one session did not come across another one did.

    Args:
        recordings: All sessions.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._missing = [_missing_of(recording) for recording in recordings]
        self._found: list[set[str]] = [set() for _ in recordings]
        self._known: list[set[CaseRef]] = [set() for _ in recordings]
        names = {name for missing in self._missing for name in missing}
        if not names:
            return
        keys, _ = CaseMap.build(MapEntry(name, ()) for name in names)
        for number, recording in enumerate(recordings):
            self._found[number] = keys.find_matched(test.test_id for test in _tests_of(recording))
            known = (*recording.collected.values(), *recording.results.values())
            self._known[number] = {link.case_ref for test in known for link in test.links}
            if recording.lock is not None:
                self._known[number].update(map(CaseRef.parse, recording.lock.cases))

    def still_missing(self, result: TestResult, number: int) -> TestResult:
        """Return the result with the links for which no other session has the test.

        Args:
            result: What stands for a test, a file or a folder that a session did not come across.
            number: The session.
        """
        name = normal_form(result.test_id)
        others = [other for other in range(len(self._found)) if other != number]
        links = tuple(
            link
            for link in result.links
            if not any(self._has_all(other, name, link.case_ref) for other in others)
        )
        return result._replace(links=links)

    def _has_all(self, number: int, name: str, case_ref: CaseRef) -> bool:
        """Return whether a session that knows a case came across all tests that go by a name.

        What it did not, below that, it says itself.
        """
        if name not in self._found[number] or case_ref not in self._known[number]:
            return False
        missing = self._missing[number]
        return not any(case_ref in missing.get(above, ()) for above in _at_or_above(name))


def _missing_of(recording: Recording) -> dict[str, set[CaseRef]]:
    missing: dict[str, set[CaseRef]] = defaultdict(set)
    for test in recording.collected.values():
        if test.outcome in _UNKNOWN:
            missing[normal_form(test.test_id)].update(link.case_ref for link in test.links)
    return missing


def _at_or_above(name: str) -> Iterable[str]:
    return (name, *(name[:end] for end in boundaries(name)), "")
