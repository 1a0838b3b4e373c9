"""Which links from tests to cases `pytest-jama init` proposes for what it found. Pure."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.init_ids import name_pattern
from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.cli.init_repository import FoundTest


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


def propose_links(tests: Sequence[FoundTest], *, project: str, is_rehearsal: bool) -> ProposedLinks:
    """Return what jama.yaml says of tests and cases.

    Args:
        tests: All tests.
        project: The key of the project, for what is to be completed.
        is_rehearsal: Whether cases may be made up, since the server is the sandbox.
    """
    usable = [test for test in tests if "*" not in test.test_id and "${" not in test.test_id]
    own = {test.test_id for test in usable if test.refs}
    in_name = {test.test_id: test.ids.in_name for test in usable if test.ids.in_name}
    in_name = {test_id: refs for test_id, refs in in_name.items() if test_id not in own}
    has_case = own | in_name.keys()
    found = {
        test.test_id: test.ids.refs
        for test in usable
        if test.ids.refs and test.test_id not in has_case
    }
    live = [MapLine(key, refs) for key, refs in _group(usable, found)]
    others = {
        test.test_id: test.ids.others
        for test in usable
        if test.ids.others and test.test_id not in has_case and test.test_id not in found
    }
    ids = [*own, *in_name, *found]
    free = _free_keys(project, (ref for test in usable for ref in (*test.refs, *test.ids.refs)))
    foreign = _foreign_entries(_group(usable, others), project, free if is_rehearsal else None)
    rest = [test for test in usable if test.test_id not in {*ids, *others}]
    suggested = _suggest(rest)
    room = max(0, _MOST_SUGGESTED - len(foreign))
    makes_up = is_rehearsal and not ids and not others
    blank = [
        MapLine(key, (next(free),))
        if makes_up
        else MapLine(key, (f"{project}-TC-?",), is_live=False)
        for key in suggested[:room]
    ]
    refs = dict.fromkeys(
        itertools.chain(
            (ref for test in usable for ref in test.refs),
            *in_name.values(),
            *(entry.refs for entry in (*live, *foreign, *blank) if entry.is_live),
        )
    )
    return ProposedLinks(
        names=name_pattern(itertools.chain(*in_name.values())) if in_name else "",
        entries=(*live, *foreign, *blank),
        told=tuple(_tell(own=len(own), names=in_name, found=len(found), others=others, rest=rest)),
        refs=tuple(refs),
        omitted=len(suggested) - len(blank),
        has_made_up=is_rehearsal and any(entry.is_live for entry in (*foreign, *blank)),
    )


def _tell(
    *,
    own: int,
    names: dict[str, tuple[str, ...]],
    found: int,
    others: dict[str, tuple[str, ...]],
    rest: Sequence[FoundTest],
) -> Iterator[str]:
    if own:
        yield f"{counted(own, 'test')} linked already, by markers or properties"
    if names:
        example = next(iter(names.values()))[0]
        yield f"{counted(len(names), 'test')} with a case in the name, such as {example}: `names:`"
    if found:
        yield f"{counted(found, 'test')} with a case in docstring, marker or name: `tests:`"
    if others:
        example = next(iter(others.values()))[0]
        yield (
            f"{counted(len(others), 'test')} with the ID of another tool, such as {example}: in "
            "comments of `tests:`"
        )
    if rest:
        yield f"{counted(len(rest), 'test')} without an ID"


def _group(
    tests: Sequence[FoundTest], values: dict[str, tuple[str, ...]]
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


def _foreign_entries(
    grouped: Iterable[tuple[str, tuple[str, ...]]], project: str, free: Iterator[str] | None
) -> list[MapLine]:
    """Return a line for each test with the ID of another tool; one ID is one case."""
    made_up: dict[str, str] = {}
    entries = []
    for key, others in grouped:
        for other in others if free else ():
            made_up[other] = made_up.get(other) or next(free or iter(()))
        refs = [made_up.get(other) or _suggested_ref(other, project) for other in others]
        why = ", ".join(others)
        entries.append(MapLine(key, tuple(dict.fromkeys(refs)), why, is_live=free is not None))
    return entries


def _suggested_ref(other: str, project: str) -> str:
    short = other.rpartition(" ")[2]
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
