"""Why a test case is without tests that it seems to have: narrower keys, deselection. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.case_map import MapConflict, MapEntry
from pytest_jama.core.cases import NO_CASE, CaseLink, CaseRef
from pytest_jama.core.known_tests import Unmatched, find_gaps
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.known_tests import Coverage
    from pytest_jama.core.results import TestResult

_NAMED = 3
"""How many cases and options a sentence names."""


class TakenAway(NamedTuple):
    """A case, and the tests of its keys that narrower keys of the map give to other cases.

    Attributes:
        case_ref: The case that is without them.
        tests: Their IDs.
        keys: The narrower keys.
    """

    case_ref: CaseRef
    tests: tuple[str, ...]
    keys: tuple[MapEntry, ...]

    @property
    def given_to(self) -> tuple[CaseRef, ...]:
        """The cases that have these tests."""
        return tuple(dict.fromkeys(link.case_ref for key in self.keys for link in key.links))

    def __str__(self) -> str:
        keys = "a narrower key gives" if len(self.keys) == 1 else "narrower keys give"
        count = counted(len(self.tests), "test")
        return f"{self.case_ref} is without {count} that {keys} to {_listed(self.given_to)}"


def find_taken_away(test_map: CaseMap, tests: Iterable[TestResult]) -> tuple[TakenAway, ...]:
    """Find the cases of the map that are without tests, since a narrower key is nearer to these.

    That is how the map is to work, and often not what was meant. ``none`` says what it means, and
    so does a marker or a hook: such tests are not counted.

    Args:
        test_map: The map.
        tests: The tests there are, with the links that they have.
    """
    if len(test_map) < 2:  # noqa: PLR2004 (a pair)
        return ()
    lost: dict[CaseRef, tuple[list[str], dict[MapEntry, None]]] = {}
    for test in tests:
        matching = test_map.find_all(test.test_id)
        if not matching or matching[0].links != test.links:
            continue
        best, *wider = matching
        kept = {NO_CASE.case_ref, *(link.case_ref for link in best.links)}
        refs = dict.fromkeys(link.case_ref for each in wider for link in each.links)
        for ref in refs:
            if ref not in kept:
                test_ids, keys = lost.setdefault(ref, ([], {}))
                test_ids.append(test.test_id)
                keys[best] = None
    return tuple(TakenAway(ref, tuple(tests), tuple(keys)) for ref, (tests, keys) in lost.items())


class MapFindings(NamedTuple):
    """What the map and the tests that there are say of each other.

    Attributes:
        unmatched: Keys that match no test.
        conflicts: Keys that are equally specific for a test: a session refuses them.
        taken_away: Cases that are without tests of their keys.
    """

    unmatched: tuple[Unmatched, ...] = ()
    conflicts: tuple[MapConflict, ...] = ()
    taken_away: tuple[TakenAway, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it in lists and strings."""
        return {
            "unmatched": [
                [*each[:3], list(map(str, each.links)), *each[4:]] for each in self.unmatched
            ],
            "conflicts": [
                [_entry(each.first), _entry(each.second), each.test_id] for each in self.conflicts
            ],
            "taken_away": [
                [each.case_ref.text, each.tests, list(map(_entry, each.keys))]
                for each in self.taken_away
            ],
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> MapFindings:
        """Return what `plain` made."""
        return cls(
            tuple(
                Unmatched(key, line, nearest, tuple(map(CaseLink.parse, links)), *rest)
                for key, line, nearest, links, *rest in plain["unmatched"]
            ),
            tuple(
                MapConflict(_read_entry(first), _read_entry(second), test_id)
                for first, second, test_id in plain["conflicts"]
            ),
            tuple(
                TakenAway(CaseRef.parse(ref), tuple(tests), tuple(map(_read_entry, keys)))
                for ref, tests, keys in plain["taken_away"]
            ),
        )


def _entry(entry: MapEntry) -> list[Any]:
    return [entry.key, list(map(str, entry.links)), *entry[2:]]


def _read_entry(plain: Sequence[Any]) -> MapEntry:
    key, links, *rest = plain
    return MapEntry(key, tuple(map(CaseLink.parse, links)), *rest)


def look_at_map(test_map: CaseMap, tests: Sequence[TestResult], coverage: Coverage) -> MapFindings:
    """Compare the map with the tests that there are.

    Args:
        test_map: The map.
        tests: The tests, with the links that they have.
        coverage: What was looked at.
    """
    return MapFindings(
        find_gaps(test_map, coverage).unmatched,
        test_map.find_conflicts(coverage.test_ids),
        find_taken_away(test_map, tests),
    )


class DeselectingOption(NamedTuple):
    """An option of pytest that leaves tests out.

    Attributes:
        text: As it can be typed, such as ``-m 'not stress'``.
        origin: Where it stands, such as ``addopts in pytest.ini``; empty when that is not known.
    """

    text: str
    origin: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.origin})" if self.origin else self.text


def find_deselecting(
    values: Mapping[tuple[str, ...], object], sources: Sequence[tuple[str, Sequence[str]]]
) -> tuple[DeselectingOption, ...]:
    """Find the options that leave tests out, and where each of them stands.

    Args:
        values: The spellings of each option that can, and the value that it has: a text, several
            of an option that may be repeated, or True.
        sources: Where options stand, and the arguments there, in the order in which they are read:
            of an option that has one value, the last one counts.
    """
    return tuple(
        DeselectingOption(
            spellings[0] if value is True else f"{spellings[0]} {shlex.quote(str(value))}",
            next((name for name, given in reversed(sources) if _has(given, spellings, value)), ""),
        )
        for spellings, several in values.items()
        for value in (several if isinstance(several, (list, tuple)) else (several,))
        if value
    )


def _has(arguments: Sequence[str], spellings: tuple[str, ...], value: object) -> bool:
    """Return whether arguments hold an option with a value."""
    for at, argument in enumerate(arguments):
        for spelling in spellings:
            is_it = (
                argument == spelling
                or (
                    spelling[:2] != "--"  # `-qm` is `-q` and `-m`
                    and argument[:2] != "--"
                    and argument[:1] == "-"
                    and argument.endswith(spelling[1:])
                )
            )
            if is_it and (value is True or list(arguments[at + 1 : at + 2]) == [value]):
                return True
            if argument in (f"{spelling}={value}", f"{spelling}{value}"):
                return True
    return False


def describe_deselected(count: int, options: Sequence[DeselectingOption]) -> str:
    """Say how many tests are left out, and by which options.

    Args:
        count: How many.
        options: Those that `find_deselecting` found; without any, a plugin or a conftest.py did it.
    """
    by = _listed(options) if options else "a plugin or conftest.py"
    return f"{counted(count, 'test')} deselected by {by}"


def _listed(things: Sequence[object]) -> str:
    return " and ".join(_joined(things))


def _joined(things: Sequence[object]) -> Iterator[str]:
    yield ", ".join(map(str, things[:_NAMED]))
    if len(things) > _NAMED:
        yield f"{len(things) - _NAMED} more"
