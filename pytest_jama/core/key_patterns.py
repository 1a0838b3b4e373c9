"""Keys with wildcards, indexed by their literal texts, so that only few are ever tried. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from pytest_jama.core.test_ids import boundaries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.case_map import MapEntry


def is_pattern(key: str) -> bool:
    """Return whether a key has wildcards, so that other tests may be meant, too.

    There is no literal ``*``: a test with one in its name has no key that means it alone.
    """
    return "*" in key


class KeyPattern:
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
            for at in range(min(_MOST_PIECES, max(1, len(literal) - _PIECE_LENGTH + 1)))
        }

    def fits_between(self, normal: str, start: int, stop: int) -> bool:
        """Return whether the pattern, its literal ends matching, fits what stands between them."""
        return _fits(normal, start, stop, self._wildcards, self._literals)

    @property
    def scope(self) -> str:
        """The folder, file or class that all tests it matches are below, as far as it is named."""
        return self.prefix.rpartition("/")[0]

    def may_match_within(self, address: str) -> bool:
        """Return whether a test could match that is below a folder, file or class.

        Args:
            address: Where, in normal form.
        """
        literals = (self.prefix, *self._literals, self.suffix)
        return _may_match(address, literals, self._wildcards)


_PIECE_LENGTH = 8
_MOST_PIECES = 256
_WILDCARD = re.compile(r"(\*+)")


def _fits(
    text: str,
    start: int,
    stop: int,
    wildcards: Sequence[str],
    literals: Sequence[str],
) -> bool:
    """Return whether text[start:stop] is wildcard, literal, wildcard, ..., wildcard.

    The leftmost place of each literal is the best one: between it and any later place that a ``*``
    reaches there is no ``/`` and no ``:``. Only what follows a ``**`` may have to begin again, and
    then behind the next of these.
    """
    count = len(literals)
    again, again_from = -1, start  # which literal follows the last `**`, and where to look for it
    number, at = 0, start
    while True:
        if wildcards[number] != "*":
            if number == count:
                return True
            again, again_from = number, at
        found = text.find(literals[number], at, stop) if number < count else stop
        if found >= 0 and _stands_for(wildcards[number], text, at, found):
            if number == count:
                return True
            at = found + len(literals[number])
            if number == again:
                again_from = found
            number += 1
        elif again < 0 or found < 0 or (again_from := _after_separator(text, again_from, stop)) < 0:
            return False
        else:
            number, at = again, again_from


def _after_separator(text: str, start: int, stop: int) -> int:
    """Return what comes behind the next ``/`` or ``:``; -1 when there is none."""
    places = [text.find(separator, start, stop) for separator in "/:"]
    return min((place + 1 for place in places if place >= 0), default=-1)


def _may_match(address: str, literals: Sequence[str], wildcards: Sequence[str]) -> bool:
    """Return whether literal, wildcard, ..., literal fits an address and anything below it."""
    begins: Iterable[int] = (0,)
    for number, literal in enumerate(literals):
        ends = []
        for at in begins:
            if len(literal) >= len(address) - at:
                rest = address[at:]
                if literal == rest or literal.startswith(f"{rest}/"):
                    return True
            elif address.startswith(literal, at):
                ends.append(at + len(literal))
        if number == len(wildcards):  # it matches something above the address
            return any(address[end] == "/" for end in ends)
        if not ends or wildcards[number] != "*":
            return bool(ends)
        begins = _reach(address, ends)
    return False


def _reach(address: str, ends: Iterable[int]) -> Iterator[int]:
    """Yield where a ``*`` may end that begins at any of the places, which are in their order."""
    behind = 0
    for end in ends:
        slash = address.find("/", end)
        last = len(address) if slash < 0 else slash
        yield from range(max(end, behind), last + 1)
        behind = last + 1


def _stands_for(wildcard: str, text: str, start: int, stop: int) -> bool:
    if wildcard != "*":
        return True
    return text.find("/", start, stop) < 0 and text.find(":", start, stop) < 0


class _Bucket:
    """The patterns that share their literal ends, by a piece of the literal text between these.

    Of each pattern the rarest piece: ``**/test_login/test_*`` has ``/test_`` in common with most.
    """

    __slots__ = ("_by_piece", "_piece_lengths", "_without_middle")

    def __init__(self, patterns: Sequence[KeyPattern]) -> None:
        self._without_middle: list[KeyPattern] = []
        self._by_piece: dict[str, list[KeyPattern]] = {}
        counts = Counter(piece for pattern in patterns for piece in pattern.pieces())
        for pattern in patterns:
            pieces = pattern.pieces()
            if pieces:
                rarest = min(pieces, key=lambda piece: (counts[piece], piece))
                self._by_piece.setdefault(rarest, []).append(pattern)
            else:
                self._without_middle.append(pattern)
        self._piece_lengths = sorted({len(piece) for piece in self._by_piece})

    def find_all(self, normal: str, start: int, stop: int) -> Iterator[KeyPattern]:
        """Yield the patterns whose middle fits normal[start:stop]."""
        for pattern in self._without_middle:
            if pattern.fits_between(normal, start, stop):
                yield pattern
        for piece in self._pieces_in(normal, start, stop):
            for pattern in self._by_piece.get(piece, ()):
                if pattern.fits_between(normal, start, stop):
                    yield pattern

    def _pieces_in(self, normal: str, start: int, stop: int) -> Iterator[str]:
        """Yield what may be pieces in normal[start:stop]; looks for each where they are few."""
        if len(self._by_piece) < stop - start:
            yield from (piece for piece in self._by_piece if normal.find(piece, start, stop) >= 0)
            return
        for length in self._piece_lengths:
            for at in range(start, stop - length + 1):
                yield normal[at : at + length]


class PatternIndex:
    """Patterns by their literal prefix, then by their literal suffix."""

    def __init__(self, patterns: Sequence[KeyPattern]) -> None:
        grouped: dict[tuple[str, str], list[KeyPattern]] = {}
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

    def find_all(self, normal: str) -> Iterator[KeyPattern]:
        """Yield the patterns that name a test, or something that the test is below.

        Args:
            normal: The test ID in normal form.
        """
        if not self._index:
            return
        ends = [len(normal), *boundaries(normal)]
        for start in self._prefix_lengths:
            by_length = self._index.get(normal[:start])
            for suffix_length, by_suffix in (by_length or {}).items():
                for end in ends:
                    stop = end - suffix_length
                    bucket = by_suffix.get(normal[stop:end]) if stop >= start else None
                    if bucket:
                        yield from bucket.find_all(normal, start, stop)
