"""The test that a key of the map, which matches none, may have been meant for. Pure.

A renamed or moved test is linked to nothing, so such tests come first; one that another key matches
is only named when it is all but the same. Better none than a wrong one.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from pytest_jama.core.test_ids import normal_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_NAMED = 20
"""For how many keys the nearest test is looked for."""

_COMPARED = 5_000
"""How many pairs of a key and a test are compared at most."""

_RENAMED = 0.6
"""How like its key the name of an unlinked test in the same place must be, from 0 to 1."""

_OTHER_FILE = 0.85
"""The same of the name of a file, folder or class with unlinked tests."""

_MISSPELT = 0.9
"""The same of a test that another key matches."""


def find_nearest(
    keys: Sequence[str], test_ids: Iterable[str], links_of: Callable[[str], object]
) -> dict[str, str]:
    """Return the test that is nearest to each key; without those that none is near to.

    Args:
        keys: The keys, in normal form; of many only the first are looked at.
        test_ids: The tests.
        links_of: Returns something true for tests that a key matches.
    """
    if not keys:
        return {}
    tests = {normal_form(test_id): test_id for test_id in test_ids}
    search = _Search(tests, links_of, at_most=max(10, _COMPARED // min(len(keys), _NAMED)))
    found = {key: search.find(key) for key in keys[:_NAMED]}
    return {key: tests[normal] for key, normal in found.items() if normal}


class _Search:
    def __init__(
        self, tests: dict[str, str], links_of: Callable[[str], object], *, at_most: int
    ) -> None:
        self._tests = tests
        self._links_of = links_of
        self._at_most = at_most
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_place: dict[str, list[str]] = defaultdict(list)
        for normal in tests:
            place, name = _split(normal)
            self._by_name[name].append(normal)
            self._by_place[place].append(normal)

    def find(self, key: str) -> str:
        """Return the normal form of the nearest test; empty for none."""
        from difflib import SequenceMatcher  # noqa: PLC0415 (only for a message)

        def likeness(one: str, other: str) -> float:
            return SequenceMatcher(None, one, other).ratio()

        place, name = _split(key)
        found: list[tuple[float, str]] = []
        for normal in islice(self._by_place.get(place, ()), self._at_most):
            near = likeness(name, _split(normal)[1])
            if near >= (_MISSPELT if self._is_linked(normal) else _RENAMED):
                found.append((near, normal))
        moved = islice(self._by_name.get(name, ()), self._at_most)
        found += ((likeness(key, each), each) for each in moved if not self._is_linked(each))
        if not found:
            for other in islice(self._by_place, self._at_most):
                above, _, last = other.rpartition("/")
                if above == place and likeness(name, last) >= _OTHER_FILE:
                    free = (each for each in self._by_place[other] if not self._is_linked(each))
                    found += ((likeness(name, last), each) for each in islice(free, 1))
                elif last == name and likeness(place, above) >= _MISSPELT:
                    found.append((likeness(key, other), self._by_place[other][0]))

        def rank(each: tuple[float, str]) -> tuple[bool, bool, float]:
            return each[0] >= _MISSPELT, not self._is_linked(each[1]), each[0]

        return max(found, key=rank, default=(0.0, ""))[1]

    def _is_linked(self, normal: str) -> bool:
        return bool(self._links_of(self._tests[normal]))


def _split(normal: str) -> tuple[str, str]:
    place, _, name = normal.partition("[")[0].rpartition("/")
    return place, name
