"""Which verdicts of a session can no longer change while its tests still run. Pure.

The verdict of a case is final when every test that is known to belong to it has finished: those of
the collection, of the map and of jama.lock. Tests that name other cases only while they run may
change one after all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from pytest_jama.core.cases import CaseLink, CaseRef
    from pytest_jama.core.results import TestResult

_NOT_REACHED = Outcome.NOT_REACHED  # Python 3.11 computes it at each use


class FinalCases:
    """The cases of a session, and the tests that each of them still waits for.

    Args:
        linked: What each test with a case counts as unless it runs, in the order of the session.
        unsettled: The selected tests whose cases are known for certain only when they have run:
            until then no case is final.
        order: Returns the tests that were collected in their order, others come behind them; asked
            once a test names other cases than it was known to have, in the thread that calls
            `finish`.

    Attributes:
        late: The cases that tests have named only while they ran; none of them is ever final.
    """

    def __init__(
        self,
        linked: Iterable[TestResult],
        *,
        unsettled: Iterable[str] = (),
        order: Callable[[], Iterable[str]],
    ) -> None:
        self._results: dict[str, TestResult] = {}
        self._tests: dict[CaseRef, dict[str, None]] = {}
        self._waits_for: dict[CaseRef, int] = {}
        self._open: set[str] = set()
        self._unsettled = set(unsettled)
        self._held: dict[CaseRef, None] = {}
        self.late: dict[CaseRef, None] = {}
        self._order = order
        self._places: dict[str, int] | None = None
        for result in linked:
            test_id = result.test_id
            self._results[test_id] = result
            is_open = result.outcome is _NOT_REACHED
            if is_open:
                self._open.add(test_id)
            for ref in _cases_of(result.links):
                self._tests.setdefault(ref, {})[test_id] = None
                self._waits_for[ref] = self._waits_for.get(ref, 0) + is_open

    @property
    def cases(self) -> Sequence[CaseRef]:
        """All cases that are known so far, in the order of first mention."""
        return tuple(self._tests)

    def find_untested(self) -> Sequence[CaseRef]:
        """Return the cases of which no test is selected: they wait for nothing."""
        untested = [ref for ref, left in self._waits_for.items() if not left]
        return self._release([ref for ref in untested if ref not in self.late])

    def finish(self, result: TestResult) -> Sequence[CaseRef]:
        """Take the result of a test; return the cases whose verdicts are to be concluded now.

        Among them are cases that were final before, when a test has another result after all.
        """
        test_id, links = result.test_id, result.links
        was_unsettled = bool(self._unsettled)
        if was_unsettled:
            self._unsettled.discard(test_id)
        known = self._results.get(test_id)
        if known is None and not links:
            return self._release(()) if was_unsettled else ()
        self._results[test_id] = result
        before = _cases_of(known.links) if known is not None else ()
        is_same = known is not None and (known.links is links or known.links == links)
        now = before if is_same else self._relink(test_id, before, _cases_of(links))
        if test_id in self._open:
            self._open.remove(test_id)
            for ref in before:
                self._waits_for[ref] -= 1
        concerned = now if is_same else dict.fromkeys((*before, *now))
        final = [ref for ref in concerned if not self._waits_for[ref] and ref not in self.late]
        return self._release(final) if was_unsettled else final

    def _relink(
        self, test_id: str, before: Iterable[CaseRef], now: Sequence[CaseRef]
    ) -> Sequence[CaseRef]:
        """Let a test count for the cases that it named itself when it ran."""
        for ref in before:
            self._tests[ref].pop(test_id, None)
        for ref in now:
            if ref not in self._tests:
                self.late[ref] = None
                self._tests[ref], self._waits_for[ref] = {}, 0
            self._tests[ref][test_id] = None
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self._order())}
        return now

    def _release(self, final: Sequence[CaseRef]) -> Sequence[CaseRef]:
        """Return the cases that are final; keep them while any test may turn out to be of them."""
        self._held.update(dict.fromkeys(final))
        if self._unsettled:
            return ()
        released, self._held = tuple(self._held), {}
        return released

    def tests_of(self, case_ref: CaseRef, *, ignored: Container[Outcome]) -> list[TestResult]:
        """Return the tests of a case in the order in which a whole session is judged.

        Args:
            case_ref: The case.
            ignored: The outcomes of tests that count as though they were not linked.
        """
        tests: Iterable[str] = self._tests[case_ref]
        if self._places is not None:
            tests = sorted(tests, key=self._place_of)
        results = map(self._results.__getitem__, tests)
        return [result for result in results if result.outcome not in ignored]

    def _place_of(self, test_id: str) -> tuple[bool, int]:
        """Return what a test is sorted by: files that could not be collected come last."""
        places = self._places or {}
        return self._results[test_id].is_uncollected, places.get(test_id, len(places))


def _cases_of(links: Sequence[CaseLink]) -> Sequence[CaseRef]:
    """Return the cases, each once."""
    if len(links) == 1:
        return (links[0].case_ref,)
    return tuple(dict.fromkeys(link.case_ref for link in links))
