"""The map of jama.yaml: which test cases a test ID is evidence of. Pure.

A key matches as pytest's own command line does: the exact test ID, or everything below a folder,
file, class, or function named without its parameters, in whatever way a framework writes these.
``*`` stands for any characters except ``/`` and ``:``, ``**`` for any characters; everything else
is literal. Of several keys that match, the exact ID wins, then the one with the most literal
characters. The value ``none`` takes tests out of a folder or class that a wider key names.

Matching is indexed. Keys without wildcard are found by walking up the test ID; patterns by the
literal text before their first, after their last and between their wildcards, so that only few are
ever tried.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import without_none
from pytest_jama.core.key_patterns import KeyPattern, PatternIndex, is_pattern
from pytest_jama.core.test_ids import boundaries, normal_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.cases import CaseLink


class MapEntry(NamedTuple):
    """One entry of ``tests:``.

    Attributes:
        key: The test ID or pattern as written.
        links: The cases (and steps) that the matching tests are evidence of; at least one, which
            is `NO_CASE` for ``none``.
        line: The line of jama.yaml, counted from 1, or of the other file.
        file: The file that jama.yaml takes it from, as messages name it; empty for jama.yaml.
    """

    key: str
    links: tuple[CaseLink, ...]
    line: int = 0
    file: str = ""

    @property
    def order(self) -> tuple[str, int]:
        """Sort key: as the entries stand in the files, those of jama.yaml first."""
        return self.file, self.line


def say_line(line: int, file: str, *, own: str = "") -> str:
    """Say where an entry stands, such as ``line 3 of map.csv``.

    Args:
        line: `MapEntry.line`.
        file: `MapEntry.file`.
        own: What is said for jama.yaml; nothing where that is plain.
    """
    return f"line {line} of {file or own}" if file or own else f"line {line}"


class MapConflict(NamedTuple):
    """Two entries of which neither is more specific, for one and the same test.

    Attributes:
        first: The entry that stands earlier in the file.
        second: The other one.
        test_id: A test that both match; empty when the two name the same tests throughout.
    """

    first: MapEntry
    second: MapEntry
    test_id: str = ""


class CaseMap:
    """The entries of ``tests:``, indexed. Build it with `CaseMap.build`.

    Attributes:
        above: What stands before each test ID where jama.yaml lies above the folder that the IDs
            are relative to, in normal form and with a ``/`` behind it; else empty.
        folders: The folders of `also_seen_from`, in the same form.
    """

    def __init__(
        self, by_key: dict[str, MapEntry], *, above: str = "", folders: Sequence[str] = ()
    ) -> None:
        self.above = above
        self.folders = folders
        self._exact = by_key
        patterns = [KeyPattern(key, entry) for key, entry in by_key.items() if is_pattern(key)]
        self._patterns = PatternIndex(patterns)
        self._literal = by_key
        if patterns:
            self._literal = {key: each for key, each in by_key.items() if not is_pattern(key)}

    @classmethod
    def build(cls, entries: Iterable[MapEntry]) -> tuple[CaseMap, tuple[MapConflict, ...]]:
        """Index the entries; return the map and each pair of them that names the same tests."""
        by_key: dict[str, MapEntry] = {}
        conflicts = []
        for entry in entries:
            earlier = by_key.setdefault(normal_form(entry.key), entry)
            if earlier is not entry:
                conflicts.append(MapConflict(earlier, entry))
        return cls(by_key), tuple(conflicts)

    def seen_from(self, folder: str) -> CaseMap:
        """Return the map for test IDs that are relative to a folder below that of jama.yaml.

        Keys may be written either way: as the test IDs, or relative to jama.yaml, which is how
        ``pytest -v`` prints them there.

        Args:
            folder: Its path, relative to that of jama.yaml.
        """
        return CaseMap(self._exact, above=f"{normal_form(folder)}/")

    def seen_like(self, other: CaseMap) -> CaseMap:
        """Return the map for the test IDs that another map is for."""
        return CaseMap(self._exact, above=other.above, folders=other.folders)

    def also_seen_from(self, folders: Iterable[str]) -> CaseMap:
        """Return the map for test IDs that are relative to a folder above others.

        That is the folder of jama.yaml, and pytest ran below it; or jama.yaml lies below the folder
        that pytest ran in. Keys may be written either way here, too: as the test IDs, or relative
        to the folder below.

        Args:
            folders: The paths of those below, relative to that of the test IDs.
        """
        found = {*self.folders, *(f"{normal_form(folder)}/" for folder in folders)}
        above = sorted(found, key=len, reverse=True)
        return CaseMap(self._exact, folders=above) if above else self

    def items(self) -> Iterable[tuple[str, MapEntry]]:
        """Return the entries by the normal form of their keys, in the order of the file."""
        return self._exact.items()

    def find(self, test_id: str) -> tuple[CaseLink, ...]:
        """Return the links of the most specific entry that matches; empty when none does.

        Of equally specific patterns the first in the file is taken; `find_conflicts` returns them.
        """
        entry = self._find_entry(test_id)
        return entry.links if entry else ()

    def _find_entry(self, test_id: str) -> MapEntry | None:
        entry = None
        for normal in self._spellings(test_id):
            entry = entry or self._exact.get(normal)
        if entry is None:
            entry = next(iter(self._most_specific(test_id)), None)
        return entry

    def find_all(self, test_id: str) -> list[MapEntry]:
        """Return every entry that matches a test: the one that counts, then those that lose."""
        best = self._find_entry(test_id)
        if best is None:
            return []
        matched = (self._exact[key] for key in self.find_matched((test_id,)))
        others = (entry for entry in matched if entry is not best)
        return [best, *sorted(others, key=lambda entry: entry.line)]

    def _spellings(self, test_id: str) -> tuple[str, ...]:
        normal = normal_form(test_id)
        if self.folders:
            return self.spellings_below(normal)
        return (self.above + normal, normal) if self.above else (normal,)

    def spellings_below(self, normal: str) -> tuple[str, ...]:
        """Return a test ID, then as it is relative to the folder of `also_seen_from`.

        Args:
            normal: The test ID in normal form.
        """
        for folder in self.folders:
            if normal.startswith(folder):
                return normal, normal[len(folder) :]
        return (normal,)

    def links(self) -> Iterator[CaseLink]:
        """Yield the links of all entries."""
        for entry in self._exact.values():
            yield from without_none(entry.links)

    def find_conflicts(self, test_ids: Iterable[str]) -> tuple[MapConflict, ...]:
        """Return the pairs of equally specific patterns that meet in one of the given tests.

        Two patterns that could match the same test, but never do, are not a conflict: whether
        ``*_login`` and ``test_*`` meet depends on the tests there are.
        """
        if len(self._patterns) < 2:  # noqa: PLR2004 (a pair)
            return ()
        conflicts: dict[tuple[str, str], MapConflict] = {}
        for test_id in test_ids:
            if not any(normal in self._exact for normal in self._spellings(test_id)):
                first, *others = self._most_specific(test_id) or (None,)
                for other in others:
                    if first and other.links != first.links:
                        pair = (first.key, other.key)
                        conflicts.setdefault(pair, MapConflict(first, other, test_id))
        return tuple(conflicts.values())

    def _most_specific(self, test_id: str) -> Sequence[MapEntry]:
        """Return the entry with the most literal characters; several when patterns are equal."""
        best: list[MapEntry] = []
        length, is_literal = 0, False
        spellings = self._spellings(test_id)
        for normal in spellings:
            extra = len(spellings[0]) - len(normal)
            above, entry = self.find_above(normal)
            if entry is not None and above + extra > length:
                length, best, is_literal = above + extra, [entry], True
            for pattern in self._patterns.find_all(normal):
                literal_length = pattern.literal_length + extra
                if literal_length > length:
                    length, best, is_literal = literal_length, [pattern.entry], False
                elif literal_length == length and not is_literal:
                    best.append(pattern.entry)
        return sorted(dict.fromkeys(best), key=lambda entry: entry.order) if len(best) > 1 else best

    def find_matched(self, test_ids: Iterable[str]) -> set[str]:
        """Return the keys that match any of the tests, in normal form.

        Also those that lose to a more specific one.
        """
        named = set(test_ids)
        if len(named) >= len(self) and all(entry.key in named for entry in self._exact.values()):
            return set(self._exact)  # a map that names each test by itself, as pytest does
        tests = [normal for test_id in named for normal in self._spellings(test_id)]
        matched = self._literal.keys() & set(tests)
        has_wide = len(matched) < len(self._literal)
        for normal in tests if has_wide or self._patterns else ():
            if has_wide:
                names = (normal[:end] for end in boundaries(normal))
                matched.update(name for name in names if name in self._literal)
            matched.update(pattern.key for pattern in self._patterns.find_all(normal))
        return matched

    def find_above(self, normal: str) -> tuple[int, MapEntry | None]:
        """Return the longest key without wildcard that names something above the test.

        Args:
            normal: The test ID in normal form.

        Returns:
            The length of the key, and its entry; 0 and None without one.
        """
        if self._literal:
            for end in boundaries(normal):
                entry = self._literal.get(normal[:end])
                if entry is not None:
                    return end, entry
        return 0, None

    def find_nearest(self, test_ids: Iterable[str]) -> tuple[MapEntry, str] | None:
        """Return the entry most similar to one of the tests, and that test; None without one.

        Args:
            test_ids: Tests that no entry matches; of many only the first are compared.
        """
        from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415 (only for a message)

        found: list[tuple[float, MapEntry, str]] = []
        compared = max(1, min(_TESTS_COMPARED, _PAIRS_COMPARED // max(1, len(self))))
        for test_id in itertools.islice(test_ids, compared):
            normal = normal_form(test_id)[:_LONGEST_COMPARED]
            for key in get_close_matches(normal, self._exact, n=1, cutoff=_LIKENESS):
                likeness = SequenceMatcher(None, key, normal).ratio()
                found.append((likeness, self._exact[key], test_id))
        return max(found, key=lambda each: each[0])[1:] if found else None

    def __len__(self) -> int:
        return len(self._exact)

    def __bool__(self) -> bool:
        return len(self) > 0


_LONGEST_COMPARED = 500
_TESTS_COMPARED = 20
_PAIRS_COMPARED = 50_000
_LIKENESS = 0.3
"""How similar a key must be to be suggested, from 0 to 1."""
