"""The map of jama.yaml: which test cases a test ID is evidence of. Pure.

A key matches as pytest's own command line does: the exact test ID, or everything below a folder,
file, class, or function named without its parameters, in whatever way a framework writes these.
``*`` stands for any characters except ``/`` and ``:``, ``**`` for any characters; everything else
is literal. Of several keys that match, the exact ID wins, then the one with the most literal
characters.

Matching is indexed. Keys without wildcard are found by walking up the test ID; patterns by the
literal text before their first, after their last and between their wildcards, so that only few are
ever tried.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.test_ids import normal_form, parameter_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.cases import CaseLink


class MapEntry(NamedTuple):
    """One entry of ``tests:``.

    Attributes:
        key: The test ID or pattern as written.
        links: The cases (and steps) that the matching tests are evidence of; at least one.
        line: The line of jama.yaml, counted from 1.
    """

    key: str
    links: tuple[CaseLink, ...]
    line: int = 0


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
    """The entries of ``tests:``, indexed. Build it with `CaseMap.build`."""

    def __init__(self, by_key: dict[str, MapEntry]) -> None:
        self._exact = by_key
        patterns = [_Pattern(key, entry) for key, entry in by_key.items() if "*" in key]
        self._patterns = _PatternIndex(patterns)
        self._literal = by_key
        if patterns:
            self._literal = {key: entry for key, entry in by_key.items() if "*" not in key}

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

    def find(self, test_id: str) -> tuple[CaseLink, ...]:
        """Return the links of the most specific entry that matches; empty when none does.

        Of equally specific patterns the first in the file is taken; `find_conflicts` returns them.
        """
        normal = normal_form(test_id)
        entry = self._exact.get(normal)
        if entry is None:
            entry = next(iter(self._most_specific(normal)), None)
        return entry.links if entry else ()

    def links(self) -> Iterator[CaseLink]:
        """Yield the links of all entries."""
        for entry in self._exact.values():
            yield from entry.links

    def find_conflicts(self, test_ids: Iterable[str]) -> tuple[MapConflict, ...]:
        """Return the pairs of equally specific patterns that meet in one of the given tests.

        Two patterns that could match the same test, but never do, are not a conflict: whether
        ``*_login`` and ``test_*`` meet depends on the tests there are.
        """
        if len(self._patterns) < 2:  # noqa: PLR2004 (a pair)
            return ()
        conflicts: dict[tuple[str, str], MapConflict] = {}
        for test_id in test_ids:
            normal = normal_form(test_id)
            if normal not in self._exact:
                first, *others = self._most_specific(normal) or (None,)
                for other in others:
                    if first and other.links != first.links:
                        pair = (first.key, other.key)
                        conflicts.setdefault(pair, MapConflict(first, other, test_id))
        return tuple(conflicts.values())

    def _most_specific(self, normal: str) -> Sequence[MapEntry]:
        """Return the entry with the most literal characters; several when patterns are equal."""
        length, entry = self._find_above(normal)
        best = [entry] if entry else []
        for pattern in self._patterns.find_all(normal):
            if pattern.literal_length > length:
                length, best = pattern.literal_length, [pattern.entry]
            elif pattern.literal_length == length and best != [entry]:
                best.append(pattern.entry)
        return sorted(dict.fromkeys(best), key=lambda entry: entry.line) if len(best) > 1 else best

    def find_within(self, address: str) -> tuple[CaseLink, ...]:
        """Return the links of all entries that name tests at or below a file or folder.

        For files that could not be collected: their tests are unknown, but the map may name them.
        """
        normal = normal_form(address)
        below = [
            link
            for entry in self._exact.values()
            if f"{normal_form(entry.key)}/".startswith(f"{normal}/")
            for link in entry.links
        ]
        return tuple(dict.fromkeys(below)) or self.find(address)

    def _find_above(self, normal: str) -> tuple[int, MapEntry | None]:
        """Return the longest key without wildcard that names something above the test."""
        if self._literal:
            for end in _boundaries(normal):
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
            normal = normal_form(test_id)
            for key in get_close_matches(normal, self._exact, n=1, cutoff=_LIKENESS):
                likeness = SequenceMatcher(None, key, normal).ratio()
                found.append((likeness, self._exact[key], test_id))
        return max(found, key=lambda each: each[0])[1:] if found else None

    def __len__(self) -> int:
        return len(self._exact)

    def __bool__(self) -> bool:
        return len(self) > 0


_TESTS_COMPARED = 20
_PAIRS_COMPARED = 50_000
_LIKENESS = 0.3
"""How similar a key must be to be suggested, from 0 to 1."""


def _boundaries(normal: str) -> list[int]:
    """Return where a name ends inside a normal form, from the right.

    That is before its parameters, before each ``/``, and before the ``$`` of Java's nested classes.
    """
    bracket = normal.find("[")
    address = normal if bracket < 0 else normal[:bracket]
    ends = {at for at, character in enumerate(address) if character in "/$" and at}
    return sorted(ends.union(parameter_starts(normal)), reverse=True)


class _Pattern:
    """A key with wildcards, cut at them.

    Attributes:
        key: Its normal form.
        entry: Where it came from.
        prefix: The literal text before the first wildcard.
        suffix: The literal text after the last one.
        literal_length: How many characters are literal.
    """

    __slots__ = (
        "_literals",
        "_wildcards",
        "entry",
        "key",
        "literal_length",
        "prefix",
        "suffix",
    )

    def __init__(self, key: str, entry: MapEntry) -> None:
        self.key = key
        self.entry = entry
        self.prefix, *parts, self.suffix = _WILDCARD.split(key)
        self._wildcards = parts[::2]
        self._literals = parts[1::2]
        self.literal_length = len(key) - key.count("*")

    def pieces(self) -> set[str]:
        """Return all short parts of the literal texts between the wildcards; may be empty."""
        return {
            literal[at : at + _PIECE_LENGTH]
            for literal in self._literals
            for at in range(max(1, len(literal) - _PIECE_LENGTH + 1))
        }

    def fits_between(self, normal: str, start: int, stop: int) -> bool:
        """Return whether the pattern, its literal ends matching, fits what stands between them."""
        return _fits(normal, start, stop, self._wildcards, self._literals)


_PIECE_LENGTH = 8
_WILDCARD = re.compile(r"(\*+)")


def _fits(
    text: str,
    start: int,
    stop: int,
    wildcards: Sequence[str],
    literals: Sequence[str],
) -> bool:
    """Return whether text[start:stop] is wildcard, literal, wildcard, ..., wildcard."""
    if not literals:
        return _stands_for(wildcards[0], text, start, stop)
    at = text.find(literals[0], start, stop)
    while at >= 0 and _stands_for(wildcards[0], text, start, at):
        if _fits(text, at + len(literals[0]), stop, wildcards[1:], literals[1:]):
            return True
        at = text.find(literals[0], at + 1, stop)
    return False


def _stands_for(wildcard: str, text: str, start: int, stop: int) -> bool:
    if wildcard != "*":
        return True
    return text.find("/", start, stop) < 0 and text.find(":", start, stop) < 0


class _Bucket:
    """The patterns that share their literal ends, by a piece of the literal text between these.

    Of each pattern the rarest piece: ``**/test_login/test_*`` has ``/test_`` in common with most.
    """

    __slots__ = ("_by_piece", "_piece_lengths", "_without_middle")

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        self._without_middle: list[_Pattern] = []
        self._by_piece: dict[str, list[_Pattern]] = {}
        counts = Counter(piece for pattern in patterns for piece in pattern.pieces())
        for pattern in patterns:
            pieces = pattern.pieces()
            if pieces:
                rarest = min(pieces, key=lambda piece: (counts[piece], piece))
                self._by_piece.setdefault(rarest, []).append(pattern)
            else:
                self._without_middle.append(pattern)
        self._piece_lengths = sorted({len(piece) for piece in self._by_piece})

    def find_all(self, normal: str, start: int, stop: int) -> Iterator[_Pattern]:
        """Yield the patterns whose middle fits normal[start:stop]."""
        for pattern in self._without_middle:
            if pattern.fits_between(normal, start, stop):
                yield pattern
        for length in self._piece_lengths:
            for at in range(start, stop - length + 1):
                for pattern in self._by_piece.get(normal[at : at + length], ()):
                    if pattern.fits_between(normal, start, stop):
                        yield pattern


class _PatternIndex:
    """Patterns by their literal prefix, then by their literal suffix."""

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        grouped: dict[tuple[str, str], list[_Pattern]] = {}
        for pattern in patterns:
            grouped.setdefault((pattern.prefix, pattern.suffix), []).append(pattern)
        index: dict[str, dict[int, dict[str, _Bucket]]] = {}
        for (prefix, suffix), group in grouped.items():
            by_suffix = index.setdefault(prefix, {}).setdefault(len(suffix), {})
            by_suffix[suffix] = _Bucket(group)
        self._index = index
        self._prefix_lengths = sorted({len(prefix) for prefix in index})
        self._count = len(patterns)

    def __len__(self) -> int:
        return self._count

    def find_all(self, normal: str) -> Iterator[_Pattern]:
        """Yield the patterns that name a test, or something that the test is below.

        Args:
            normal: The test ID in normal form.
        """
        if not self._index:
            return
        ends = [len(normal), *_boundaries(normal)]
        for start in self._prefix_lengths:
            by_length = self._index.get(normal[:start])
            for suffix_length, by_suffix in (by_length or {}).items():
                for end in ends:
                    stop = end - suffix_length
                    bucket = by_suffix.get(normal[stop:end]) if stop >= start else None
                    if bucket:
                        yield from bucket.find_all(normal, start, stop)
