"""What the ``jama`` markers of a test say, also the tags that pytest-bdd makes markers of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_jama.core.cases import (
    BEGIN_OF_MARKER,
    NO_CASE,
    CaseLink,
    CaseRef,
    in_one_place,
    is_none,
    parse_step,
    read_links,
    without_none,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class BadMarker(NamedTuple):
    """A marker, or a part of one, that cannot be understood.

    Attributes:
        marker: It, as it stands in the code.
        why: What is wrong with it.
    """

    marker: str
    why: str

    def __str__(self) -> str:
        return f"{self.marker}: {self.why}"


class MarkedCases(NamedTuple):
    """What the markers of a test say.

    Attributes:
        links: Those of the nearest place that has a usable one.
        wrong: What cannot be understood there, and nearer; each once.
    """

    links: tuple[CaseLink, ...] = ()
    wrong: tuple[BadMarker, ...] = ()


_NOTHING = MarkedCases()


class MarkerReader:
    """Reads the links of tests; what a class, module or package says is read once for all tests."""

    def __init__(self) -> None:
        self._inherited: dict[pytest.Collector, MarkedCases] = {}

    def read(self, item: pytest.Item) -> MarkedCases:
        """Return what the markers of a test declare.

        Several markers at the same place count together; nearer places win: a `pytest.param`, then
        the function, the class (before the classes it inherits from), the module, the package. A
        place without a usable reference does not win, so that a test with a mistake in its marker
        does not drop out of its class.
        """
        callspec = getattr(item, "callspec", None)
        own = _read_place(callspec.marks) if callspec is not None else _NOTHING
        if not own.links:
            own = _farther(own, _read_place(item.own_markers))
        return own if own.links else _farther(own, self._inherit(item.parent))

    def _inherit(self, node: Any) -> MarkedCases:
        if node is None:
            return _NOTHING
        found = self._inherited.get(node)
        if found is None:
            found = _NOTHING
            for marks in _marks_of(node):
                found = found if found.links else _farther(found, _read_place(marks))
            found = found if found.links else _farther(found, self._inherit(node.parent))
            self._inherited[node] = found
        return found


def _farther(nearer: MarkedCases, found: MarkedCases) -> MarkedCases:
    """Return what a place says, where the nearer ones have no usable reference."""
    if not nearer.wrong:
        return found
    return MarkedCases(found.links, tuple(dict.fromkeys((*nearer.wrong, *found.wrong))))


def _marks_of(node: Any) -> Iterator[Sequence[pytest.Mark]]:
    if isinstance(node, pytest.Class):
        yield from _marks_of_class(node)
    yield node.own_markers


def _marks_of_class(node: pytest.Class) -> Iterator[Sequence[pytest.Mark]]:
    """Yield the marks of a class, then of each of its bases: pytest itself mixes them."""
    for cls in node.obj.__mro__:
        marks: Any = vars(cls).get("pytestmark", ())
        listed = marks if isinstance(marks, (list, tuple)) else [marks]
        yield [mark.mark if isinstance(mark, pytest.MarkDecorator) else mark for mark in listed]


def _read_place(marks: Sequence[pytest.Mark]) -> MarkedCases:
    """Return what all markers of one place say."""
    links: list[CaseLink] = []
    wrong: list[BadMarker] = []
    for mark in marks:
        if mark.name == "jama":
            links += _read_plain(mark) or _read(mark, wrong)
        elif mark.name.startswith("jama"):
            links += _read_tag(mark, wrong)
    if not (links or wrong):
        return _NOTHING
    return MarkedCases(tuple(links) if len(links) == 1 else in_one_place(links), tuple(wrong))


def _read_plain(mark: pytest.Mark) -> tuple[CaseLink, ...]:
    """Return the link of a marker that has one reference and nothing else, as nearly all have."""
    if len(mark.args) != 1 or mark.kwargs:
        return ()
    try:
        return (CaseLink(CaseRef.parse(mark.args[0])),)
    except ValueError:  # `_read` says why
        return ()


def _read(mark: pytest.Mark, wrong: list[BadMarker]) -> Iterator[CaseLink]:
    """Yield the links of a marker; add what is wrong with it."""
    why = ""
    unknown = sorted(set(mark.kwargs) - {"step"}) if mark.kwargs else ()
    if unknown:
        why = f"unknown argument {unknown[0]!r}, only step= is known"
    elif not mark.args:
        why = "names no test case"
    elif any(map(is_none, mark.args)):
        if len(mark.args) == 1 and not mark.kwargs:
            yield NO_CASE
            return
        why = "None stands alone, it takes a test out of all cases"
    if why:
        wrong.append(BadMarker(_text(mark), why))
        return
    try:
        step = parse_step(mark.kwargs["step"]) if "step" in mark.kwargs else None
    except ValueError as exc:
        wrong.append(BadMarker(_text(mark), str(exc)))
        return
    for value in mark.args:
        try:
            yield CaseLink(CaseRef.parse(value), step)
        except ValueError as exc:  # noqa: PERF203 (the others still count)
            wrong.append(BadMarker(_text(mark), str(exc)))
            if isinstance(value, str) and step is None:  # a list in one text
                yield from without_none(read_links(value).links)


def _read_tag(mark: pytest.Mark, wrong: list[BadMarker]) -> Iterator[CaseLink]:
    """Read a tag of a feature file that pytest-bdd took for the name of a marker."""
    name, _, text = mark.name.partition(":")
    for part in text.split(",") if name == "jama" else ():
        links, problems = read_links(part)
        yield from links
        wrong += [BadMarker(f"@jama:{part.strip()}", why) for why in problems]


def _text(mark: pytest.Mark) -> str:
    arguments = [*map(repr, mark.args), *(f"{key}={value!r}" for key, value in mark.kwargs.items())]
    return f"{BEGIN_OF_MARKER}{', '.join(arguments)})"
