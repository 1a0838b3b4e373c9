"""Which links from tests to cases `pytest-jama init` proposes for what it found. Pure."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.init.init_ids import name_pattern
from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.key_patterns import is_pattern
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.cli.init.init_repository import FoundTest


class MapLine(NamedTuple):
    """A line of `tests:`.

    Attributes:
        key: The test ID, or what it is in.
        refs: The cases.
        why: Where they come from; a comment.
        is_live: Whether it counts; else it is a comment, to be completed.
    """

    key: str
    refs: tuple[str, ...]
    why: str = ""
    is_live: bool = True


class ProposedLinks(NamedTuple):
    """What is proposed.

    Attributes:
        names: The pattern of `names:`; empty for none.
        entries: The lines of `tests:`.
        told: What to say of it, a sentence each.
        refs: Every case that tests name by themselves, or that an entry names.
        omitted: How many lines without a case are left out.
        has_made_up: Whether cases were made up.
    """

    names: str = ""
    entries: tuple[MapLine, ...] = ()
    told: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    omitted: int = 0
    has_made_up: bool = False


_MOST_SUGGESTED = 40
"""So many lines without a case a file has at most; `pytest-jama cases unlinked` lists all."""

_MOST_FUNCTIONS = 25
"""Up to so many tests each gets a line of its own; of more, each file gets one."""


def guess_project(tests: Iterable[FoundTest]) -> str:
    """Return the project whose key most of the IDs of tests begin with; empty without any."""
    keys = (ref for test in tests for ref in (*test.refs, *test.ids.refs))
    projects = Counter(key.partition("-")[0] for key in keys if _is_key(key))
    return projects.most_common(1)[0][0] if projects else ""


class _Sorted(NamedTuple):
    """The tests by what is known of their cases: test ID -> references, or IDs of other tools."""

    own: Mapping[str, tuple[str, ...]]
    in_name: Mapping[str, tuple[str, ...]]
    found: Mapping[str, tuple[str, ...]]
    others: Mapping[str, tuple[str, ...]]
    rest: Sequence[FoundTest]


def propose_links(
    tests: Sequence[FoundTest],
    *,
    project: str,
    is_rehearsal: bool,
    find_cases: Callable[[Collection[str]], Mapping[str, str]] = lambda _: {},
) -> ProposedLinks:
    """Return what jama.yaml says of tests and cases.

    Args:
        tests: All tests.
        project: The key of the project, for what is to be completed.
        is_rehearsal: Whether cases may be made up, since the server is the sandbox.
        find_cases: Returns the case of each ID of another tool that the server knows.
    """
    usable = [test for test in tests if not is_pattern(test.test_id) and "${" not in test.test_id]
    told = _sort(usable)
    taken = (ref for test in usable for ref in (*test.refs, *test.ids.refs))
    free = _free_keys(project, taken) if is_rehearsal else None
    known = find_cases({_short(other) for each in told.others.values() for other in each})
    foreign = _foreign_lines(_group(usable, told.others), known, project, free)
    has_ids = len(told.rest) < len(usable)
    blank = _blank_lines(told.rest, project, None if has_ids else free)
    room = max(0, _MOST_SUGGESTED - len(foreign))
    lines = (
        *(MapLine(key, refs) for key, refs in _group(usable, told.found)),
        *foreign,
        *blank[:room],
    )
    named = itertools.chain(*told.own.values(), *told.in_name.values())
    mapped = itertools.chain(*(line.refs for line in lines if line.is_live))
    return ProposedLinks(
        names=name_pattern(itertools.chain(*told.in_name.values())) if told.in_name else "",
        entries=lines,
        told=tuple(_tell(told, known)),
        refs=tuple(dict.fromkeys((*named, *mapped))),
        omitted=len(blank[room:]),
        has_made_up=is_rehearsal and any(line.is_live for line in (*foreign, *blank)),
    )


def _sort(tests: Sequence[FoundTest]) -> _Sorted:
    places: tuple[dict[str, tuple[str, ...]], ...] = ({}, {}, {}, {})
    rest = []
    for test in tests:
        if test.is_taken_out:
            continue
        kinds = (test.refs, test.ids.in_name, test.ids.refs, test.ids.others)
        said = next(((place, ids) for place, ids in zip(places, kinds, strict=True) if ids), None)
        if said is None:
            rest.append(test)
        else:
            place, ids = said
            place[test.test_id] = ids
    own, in_name, found, others = places
    return _Sorted(own, in_name, found, others, rest)


def _tell(tests: _Sorted, known: Mapping[str, str]) -> Iterator[str]:
    if tests.own:
        yield f"{counted(len(tests.own), 'test')} linked already, by markers or properties"
    if tests.in_name:
        example = next(iter(tests.in_name.values()))[0]
        yield f"{counted(len(tests.in_name), 'test')} with a case in the name, such as {example}"
    if tests.found:
        example = next(iter(tests.found.values()))[0]
        count = counted(len(tests.found), "test")
        yield f"{count} with a case in docstring, marker or name, such as {example}"
    if tests.others:
        example = next(iter(tests.others.values()))[0]
        text = (
            f"{counted(len(tests.others), 'test')} with the ID of another tool, such as {example}"
        )
        yield f"{text}; the server knows {len(known)} of them" if known else text
    if tests.rest:
        yield f"{counted(len(tests.rest), 'test')} without an ID"


def _group(
    tests: Sequence[FoundTest], values: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the widest keys that name just the tests of one value, with the value."""
    inside: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    bases: dict[str, set[str]] = defaultdict(set)
    for test in tests:
        for key in (*test.above, test.base):
            inside[key].add(values.get(test.test_id, ()))
            bases[key].add(test.base)
    grouped: dict[str, tuple[str, ...]] = {}
    for test in tests:
        value = values.get(test.test_id)
        if value:
            wide = (key for key in test.above if len(bases[key]) > 1)
            keys = (key for key in (*wide, test.base) if len(inside[key]) == 1)
            grouped[next(keys, test.test_id)] = value
    return list(grouped.items())


def _foreign_lines(
    grouped: Iterable[tuple[str, tuple[str, ...]]],
    known: Mapping[str, str],
    project: str,
    free: Iterator[str] | None,
) -> list[MapLine]:
    """Return a line for each test with the ID of another tool; one ID is one case."""
    cases = dict(known)
    lines = []
    for key, others in grouped:
        shorts = list(map(_short, others))
        for short in shorts if free is not None else ():
            cases[short] = cases.get(short) or next(free or iter(()))
        refs = [cases[short] for short in shorts if short in cases]
        suggested = refs or [_suggested_ref(short, project) for short in shorts]
        unique = tuple(dict.fromkeys(suggested))
        lines.append(MapLine(key, unique, ", ".join(others), is_live=bool(refs)))
    return lines


def _blank_lines(
    rest: Sequence[FoundTest], project: str, free: Iterator[str] | None
) -> list[MapLine]:
    """Return a line for each test without an ID, or for each file."""
    if free is not None:
        return [MapLine(key, (next(free),)) for key in _suggest(rest)]
    return [MapLine(key, (f"{project}-TC-?",), is_live=False) for key in _suggest(rest)]


def _short(other: str) -> str:
    """Return an ID of another tool without the name of the tool."""
    return other.rpartition(" ")[2]


def _suggested_ref(short: str, project: str) -> str:
    return f"{project}-{short}" if short.startswith("TC-") else f"{project}-TC-?"


def suggest_keys(tests: Sequence[FoundTest]) -> list[str]:
    """Return the keys that tests are proposed by: each test where there are few, else their files.

    Args:
        tests: Tests that no case is known of.
    """
    return _suggest(tests)[:_MOST_SUGGESTED]


def _suggest(rest: Sequence[FoundTest]) -> list[str]:
    functions = list(dict.fromkeys(test.base for test in rest))
    if len(functions) <= _MOST_FUNCTIONS:
        return functions
    return list(dict.fromkeys(_file_of(test) for test in rest))


def _file_of(test: FoundTest) -> str:
    return test.above[0] if test.above else test.base


def _free_keys(project: str, used: Iterable[str]) -> Iterator[str]:
    taken = set(used)
    keys = (f"{project}-TC-{number}" for number in itertools.count(1))
    return (key for key in keys if key not in taken)


def _is_key(text: str) -> bool:
    try:
        return CaseRef.parse(text.partition("#")[0]).kind is RefKind.DOCUMENT_KEY
    except ValueError:
        return False
