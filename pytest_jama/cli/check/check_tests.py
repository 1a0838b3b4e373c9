"""What ``pytest-jama check`` says of the tests of a repository: their map, and their lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.case_map import say_line
from pytest_jama.core.lock import FILE_NAME
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.cli.collecting import CollectedSession
    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.case_map import MapEntry
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.lock import Lock

_NAMED = 3
"""How many of a kind a line names without ``-v``."""


class TestsProbe:
    """Says what the tests of a repository and the settings make of each other.

    Args:
        session: What was collected, or read from reports.
        loaded: The settings.
        verbose: Whether to name every single thing.
    """

    __test__ = False

    def __init__(
        self,
        session: CollectedSession,
        loaded: LoadedSettings[SharedSettings],
        *,
        verbose: bool = False,
    ) -> None:
        self._session = session
        self._settings = loaded.settings
        self._lock = loaded.lock
        self._verbose = verbose
        self._deselected = [e for e in session.tests if e.outcome is Outcome.DESELECTED]

    def observe(self) -> Iterator[Observation]:
        """Yield all of it."""
        yield from self._tests()
        if not self._session.tests:
            return
        yield from self._map()
        for taken in self._session.map.taken_away:
            keys = self._some([f"{each.key!r} in {_place(each)}" for each in taken.keys])
            text = f"{taken}; the nearest key wins: {keys}"
            facts = {"tests": len(taken.tests)}
            yield Observation("narrower keys", Mark.NOTE, text, facts)
        if self._deselected:
            yield self._left_out()
        if self._lock is not None:
            yield self._compare(self._lock)

    def _tests(self) -> Iterator[Observation]:
        session = self._session
        for name, wrong in (
            ("tests", [f"{where}: {why}" for where, why in session.uncollected]),
            ("references", session.mistakes),
        ):
            if wrong:
                what = "cannot be collected" if name == "tests" else "cannot be understood"
                text = f"{len(wrong)} {what}: {self._some(wrong)}"
                yield Observation(name, Mark.PROBLEM, text, {"wrong": len(wrong)})
        if not session.tests:
            way = "--junit REPORT..." if self._settings.judges_cases else "--no-collect"
            text = f"pytest finds none here; of another framework: `pytest-jama check {way}`"
            yield Observation("tests", Mark.NOTE, text, {"tests": 0})
            return
        linked = [test for test in session.tests if test.links]
        cases = {link.case_ref for test in linked for link in test.links}
        facts = {"tests": len(session.tests), "linked": len(linked), "cases": len(cases)}
        count = counted(len(session.tests), "test")
        noun = "test case" if self._settings.judges_cases else "backlog item"
        if linked:
            text = f"{count}, {len(linked)} of them linked to {counted(len(cases), noun)}"
            yield Observation("tests", Mark.OK, text, facts)
        elif not self._settings.judges_cases:
            yield Observation("tests", Mark.OK, count, facts)
        else:
            text = f"none of {count} is linked to a test case, so that nothing would be sent"
            is_wrong = bool(self._settings.tests) or self._settings.strict
            mark = Mark.PROBLEM if is_wrong else Mark.NOTE  # as sessions that report nothing
            yield Observation("tests", mark, f"{text}; {self._nearest()}", facts)

    def _nearest(self) -> str:
        """Return a collected test beside the key that is most like it, else how to link one."""
        tests = [test.test_id for test in self._session.tests]
        found = self._settings.tests.find_nearest(tests)
        if found is not None:
            entry, test_id = found
            return f"nearest to {test_id} is the key {entry.key!r} in {_place(entry)}"
        if self._settings.tests:
            entry = next(iter(self._settings.tests.items()))[1]
            return f"one test is {tests[0]}, one key is {entry.key!r} in {_place(entry)}"
        how = "name tests under `tests:` in jama.yaml, or mark them with @pytest.mark.jama(...)"
        return f"one test is {tests[0]}; {how}"

    def _map(self) -> Iterator[Observation]:
        found, count = self._session.map, len(self._settings.tests)
        if found.conflicts:
            said = [
                f"{each.second.key!r} ({_place(each.second)}) and {each.first.key!r} "
                f"({_place(each.first)}) are equally specific for {each.test_id}: add that test "
                "ID itself, or more text to one of them"
                for each in found.conflicts
            ]
            facts = {"conflicts": len(said)}
            yield Observation("map", Mark.PROBLEM, self._some(said), facts)
        if found.unmatched:
            is_warning = self._tolerates_dead_keys()
            mark = Mark.NOTE if is_warning else Mark.PROBLEM
            dead = len(found.unmatched)
            judges = self._settings.judges_cases
            what = "; a session makes their cases incomplete" if judges and not is_warning else ""
            match = "matches" if dead == 1 else "match"
            text = f"{dead} of {counted(count, 'key')} of `tests:` {match} no test{what}"
            yield Observation("map", mark, text, {"keys": count, "unmatched": dead})
            yield from self._dead_keys(mark)
        elif count and not found.conflicts:
            text = f"{counted(count, 'key')}: each matches a test"
            yield Observation("map", Mark.OK, text, {"keys": count, "unmatched": 0})

    def _tolerates_dead_keys(self) -> bool:
        """Whether a session only mentions them; without verdicts they cost none."""
        unmatched = self._settings.map.unmatched
        if self._settings.judges_cases:
            return unmatched == "warn"
        return unmatched != "fail" and not self._settings.strict

    def _dead_keys(self, mark: Mark) -> Iterator[Observation]:
        """Yield the keys that match no test, a line each; the first ones without ``-v``."""
        dead = self._session.map.unmatched
        shown = dead if self._verbose else dead[:_NAMED]
        for each in shown:
            near = f"; nearest is {each.nearest}" if each.nearest else ""
            text = f"{each.key!r} in {_place(each)} {each.why}{near}"
            yield Observation("dead key", mark, text)
        if len(dead) > len(shown):
            more = f"{len(dead) - len(shown)} more (list with -v)"
            yield Observation("dead key", mark, more)

    def _left_out(self) -> Observation:
        by = " and ".join(self._session.deselecting) or "a plugin or conftest.py"
        cases = dict.fromkeys(link.case_ref.text for e in self._deselected for link in e.links)
        text = f"{counted(len(self._deselected), 'test')} by {by}"
        facts = {"tests": len(self._deselected), "cases": len(cases)}
        if not self._settings.judges_cases:
            return Observation("deselected", Mark.OK, text, facts)
        if not cases:
            return Observation("deselected", Mark.OK, f"{text}, none of a test case", facts)
        text += (
            f": in such a session {self._some(list(cases))} cannot be PASSED; link these tests to "
            "`none` if they are not meant to count, or let another session run them"
        )
        return Observation("deselected", Mark.NOTE, text, facts)

    def _compare(self, lock: Lock) -> Observation:
        gone = [each.test_id for each in lock.missing_tests(e.test_id for e in self._session.tests)]
        new = list(lock.find_unknown(self._session.tests).cases)
        facts = {"cases": len(lock.cases), "gone": len(gone), "new": len(new)}
        remedy = "run `pytest-jama lock`, review the difference, commit it"
        said = []
        if gone:
            tests = counted(len(gone), "test")
            said.append(f"{tests} of it gone, whose cases are incomplete: {self._some(gone)}")
        if new:
            said.append(f"not in it, or with new tests: {self._some(new)}")
        if not said:
            text = f"{FILE_NAME} names the same tests, {counted(len(lock.cases), 'case')}"
            return Observation("lock", Mark.OK, text, facts)
        mark = Mark.PROBLEM if gone else Mark.NOTE
        return Observation("lock", mark, f"{FILE_NAME}: {'; '.join(said)}; {remedy}", facts)

    def _some(self, things: Sequence[str]) -> str:
        """Return the first things, all with ``-v``, and how many others there are."""
        shown = things if self._verbose else things[:_NAMED]
        more = len(things) - len(shown)
        return "; ".join(shown) + (f"; {more} more (list with -v)" if more else "")


def _place(entry: MapEntry | Unmatched) -> str:
    return say_line(entry.line, entry.file)
