"""Tests that the map names and a session did not come across. Pure.

Whatever of the map's tests was not there, or only in part, makes its cases incomplete: nothing says
that it would have passed. What a session looked at is its `Coverage`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.case_map import say_line
from pytest_jama.core.cases import without_none
from pytest_jama.core.key_patterns import KeyPattern, PatternIndex
from pytest_jama.core.nearest_tests import find_nearest
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.test_ids import boundaries, normal_base_of, normal_form, steady_form
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from pytest_jama.core.case_map import CaseMap, MapEntry
    from pytest_jama.core.cases import CaseLink


class Coverage(NamedTuple):
    """What a session looked at.

    Attributes:
        test_ids: Every test that was collected, also those deselected.
        missed: The folders, files and classes that were seen, and not collected.
        failed: Those that could not be collected, or were skipped as a whole; results stand for
            their tests.
        roots: Below these everything was seen: collected, missed or failed. Empty text: everything.
        is_whole: Whether the session was not limited to a part of the test paths.
        test_paths: Where the tests are, if not everywhere.
        holds_tests: Whether one of the missed may hold tests at all.
        partial: Files some of whose tests may have been left out without being seen.
        exists: Whether there is a file or folder, by its address.
        absent: What is said of a key that matches no test.
    """

    test_ids: Sequence[str]
    missed: Sequence[str] = ()
    failed: Sequence[str] = ()
    roots: Sequence[str] = ("",)
    is_whole: bool = True
    test_paths: Sequence[str] = ("",)
    holds_tests: Callable[[str], bool] = lambda _: True
    partial: Sequence[str] = ()
    exists: Callable[[str], bool] = lambda _: False
    absent: str = "matches no test"


class Unmatched(NamedTuple):
    """A key of the map that matches no test, though the session looked where it should be.

    Attributes:
        key: As written.
        line: Its line in jama.yaml, or in the other file.
        nearest: The test that is really like it; empty when none is.
        links: The cases that it names.
        why: What is wrong with it, such as "matches no test".
        file: The file that jama.yaml takes it from; empty for jama.yaml.
    """

    key: str
    line: int
    nearest: str = ""
    links: tuple[CaseLink, ...] = ()
    why: str = "matches no test"
    file: str = ""

    def as_missing(self) -> TestResult:
        """Return the result that stands for its tests."""
        why = f"{say_line(self.line, self.file, own=_OWN)} {self.why}"
        return TestResult(self.key, Outcome.NOT_COLLECTED, message=why, links=self.links)


_OWN = "the map"


class Gaps(NamedTuple):
    """What of the map a session did not come across.

    Attributes:
        missing: Results for the tests, or for the files and folders that they are in.
        unmatched: Keys that match no test that there is.
    """

    missing: tuple[TestResult, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()


def find_gaps(test_map: CaseMap, coverage: Coverage) -> Gaps:
    """Find what of the map a session did not come across.

    Args:
        test_map: The map.
        coverage: What the session looked at.
    """
    if not test_map:
        return Gaps()
    accounted = test_map.find_matched(coverage.test_ids)
    if len(accounted) == len(test_map) and not (coverage.missed or coverage.partial):
        return Gaps()
    places = KeyPlaces(test_map)
    for address in coverage.failed:
        accounted.update(key for key, _ in places.within(address))
    missing = _Missing()
    for address in coverage.missed:
        _add_missed(address, coverage, places, missing, accounted)
    if coverage.partial:
        _add_partial(coverage, places, missing, accounted)
    unmatched = []
    for key, entry in test_map.items():
        if key not in accounted:
            if places.is_seen(key, coverage):
                unmatched.append((entry, places.place_of(key)))
            else:
                missing.add_key(entry)
    return Gaps(missing.results(), tuple(_describe(unmatched, test_map, coverage)))


def _describe(
    dead: Sequence[tuple[MapEntry, str]], test_map: CaseMap, coverage: Coverage
) -> Iterator[Unmatched]:
    nearest = find_nearest([place for _, place in dead], coverage.test_ids, test_map.find)
    steady: set[str] = set()
    if any(steady_form(place) != place for _, place in dead):
        forms = ((test, steady_form(test)) for test in map(normal_form, coverage.test_ids))
        steady = {form for test, form in forms if form != test}
    for entry, place in dead:
        links, why = without_none(entry.links), coverage.absent
        if not _lies_within(place, coverage.test_paths) and coverage.exists(entry.key):
            why = "lies outside of testpaths, though its file exists"
        elif steady_form(place) in steady:
            steady_key = steady_form(entry.key)
            why += (
                "; a clock time or an address in a test ID may be another one in each session: "
                f"if so, write the key as {quoted(steady_key)}"
            )
        near = nearest.get(place, "")
        yield Unmatched(entry.key, entry.line, near, links, why, entry.file)


def _add_missed(
    address: str,
    coverage: Coverage,
    places: KeyPlaces,
    missing: _Missing,
    accounted: set[str],
) -> None:
    """Add what is missing because something was seen, and not collected.

    Args:
        address: What.
        coverage: What the session looked at.
        places: The keys.
        missing: What is missing until now.
        accounted: The keys that match something, or are among what is missing.
    """
    spellings = places.spellings(address)
    below = [each for spelling in spellings for each in places.below(spelling)]
    above = [each for spelling in spellings for each in places.above(spelling)]
    if not (below or above) or not coverage.holds_tests(address):
        return
    is_outside = not _lies_within(normal_form(address), coverage.test_paths)
    for key, entry in () if is_outside and coverage.is_whole else below:
        if key not in accounted:
            missing.add_key(entry)
            accounted.add(key)
    for key, entry in above:
        if not (is_outside and places.holds_any(key, coverage.test_paths)):
            missing.add(address, entry, "not collected in this session")
            accounted.add(key)


def _add_partial(
    coverage: Coverage, places: KeyPlaces, missing: _Missing, accounted: set[str]
) -> None:
    """Add what may be missing because of other rules for which names are tests.

    A key that names one test is whole when that test was collected; any other may have more.
    """
    forms = {form(test) for test in coverage.test_ids for form in (normal_form, normal_base_of)}
    exact = {spelling for form in forms for spelling in places.spellings(form)}
    for address in coverage.partial:
        for key, entry in places.within(address):
            if key not in accounted:
                missing.add_key(entry)
                accounted.add(key)
            elif not places.is_one_of(key, exact):
                missing.add(address, entry, "perhaps collected only in part")


class _Missing:
    """Collects results in the place of tests, each of them once."""

    def __init__(self) -> None:
        self._links: dict[str, dict[CaseLink, None]] = defaultdict(dict)
        self._why: dict[str, str] = {}

    def add(self, name: str, entry: MapEntry, why: str) -> None:
        links = without_none(entry.links)
        if links:
            self._links[name].update(dict.fromkeys(links))
            self._why.setdefault(name, why)

    def add_key(self, entry: MapEntry) -> None:
        place = say_line(entry.line, entry.file, own=_OWN)
        self.add(entry.key, entry, f"{place}, not collected in this session")

    def results(self) -> tuple[TestResult, ...]:
        return tuple(
            TestResult(name, Outcome.NOT_COLLECTED, message=self._why[name], links=tuple(links))
            for name, links in self._links.items()
        )


class KeyPlaces:
    """The keys of a map by where their tests are: a folder, a file, a class, a function.

    Args:
        test_map: The map.
    """

    def __init__(self, test_map: CaseMap) -> None:
        self._map = test_map
        self._places: dict[str, str | None] = {}
        self._patterns: dict[str, list[tuple[str, KeyPattern]]] = defaultdict(list)
        self._entries: dict[str, MapEntry] = {}
        self._literal: dict[str, str] = {}
        for key, entry in test_map.items():
            self._entries[key] = entry
            place = self._relative(key)
            self._places[key] = place
            if place is None:
                continue
            if "*" in place:
                pattern = KeyPattern(place, entry)
                self._places[key] = pattern.scope
                self._patterns[pattern.scope].append((key, pattern))
            else:
                self._literal[place] = key
        patterns = [each for several in self._patterns.values() for _, each in several]
        self._index = PatternIndex(patterns)
        placed = ((place, key) for key, place in self._places.items() if place is not None)
        self._sorted = sorted(placed)

    def _relative(self, key: str) -> str | None:
        """Return a key as test IDs are written; None for what may be outside of the rootdir."""
        above = self._map.above
        if not above or key.startswith("*"):
            return key
        if f"{key}/" == above or above.startswith(f"{key}/"):
            return ""
        if key.startswith(above):
            return key[len(above) :]
        return None

    def is_seen(self, key: str, coverage: Coverage) -> bool:
        """Return whether a session looked where the tests of a key should be."""
        place = self._places[key]
        return place is not None and (coverage.is_whole or _lies_within(place, coverage.roots))

    def is_one_of(self, key: str, tests: AbstractSet[str]) -> bool:
        """Return whether a key names one of these tests, in normal form."""
        return self._places[key] in tests

    def place_of(self, key: str) -> str:
        """Return a key as test IDs are written, in normal form."""
        relative = self._relative(key)
        return key if relative is None else relative

    def holds_any(self, key: str, addresses: Iterable[str]) -> bool:
        """Return whether one of the folders lies within the place of a key."""
        place = self._places[key]
        return place is not None and any(
            _lies_within(normal_form(address), (place,)) for address in addresses
        )

    def below(self, address: str) -> list[tuple[str, MapEntry]]:
        """Return the keys whose tests are all at or below a folder, file or class."""
        normal = normal_form(address)
        if not normal:
            return [(key, self._entries[key]) for _, key in self._sorted]
        found = []
        for start, stop in ((normal, normal + "\0"), (f"{normal}/", f"{normal}0")):
            first, last = (bisect_left(self._sorted, (end,)) for end in (start, stop))
            found += [(key, self._entries[key]) for _, key in self._sorted[first:last]]
        return found

    def above(self, address: str) -> list[tuple[str, MapEntry]]:
        """Return the keys that have tests elsewhere, too, and may have some there."""
        normal = normal_form(address)
        names = [normal, *(normal[:end] for end in boundaries(normal)), ""]
        owner = next((self._literal[name] for name in names if name in self._literal), None)
        length = -1 if owner is None else len(self._places[owner] or "")
        whole = max((each.literal_length for each in self._index.find_all(normal)), default=-1)
        found = []
        if owner is not None and whole <= length < len(normal):
            found.append((owner, self._entries[owner]))
        for name in names[1:]:
            for key, pattern in self._patterns.get(name, ()):
                is_beaten = pattern.literal_length <= length or pattern.literal_length < whole
                if not is_beaten and pattern.may_match_within(normal):
                    found.append((key, pattern.entry))
        return found

    def spellings(self, address: str) -> tuple[str, ...]:
        """Return an address in each way that keys may write it."""
        return self._map.spellings_below(normal_form(address))

    def within(self, address: str) -> list[tuple[str, MapEntry]]:
        """Return all keys that may have tests at or below a folder, file or class."""
        found: list[tuple[str, MapEntry]] = []
        for each in self.spellings(address):
            found += [*self.below(each), *self.above(each)]
        return sorted(found, key=lambda item: item[1].order)

    def find_links(self, address: str) -> tuple[CaseLink, ...]:
        """Return the links of all keys that may have tests at or below a folder or file.

        For what could not be collected: its tests are unknown.
        """
        found = (link for _, entry in self.within(address) for link in entry.links)
        return without_none(tuple(dict.fromkeys(found)))


def _lies_within(normal: str, addresses: Iterable[str]) -> bool:
    return any(
        not address or f"{normal}/".startswith(f"{address}/")
        for address in map(normal_form, addresses)
    )
