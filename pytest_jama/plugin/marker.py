"""Case references of a test from its markers; the nearest marker wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseLink, CaseRef, parse_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class MarkerError(ValueError):
    """A ``jama`` marker that cannot be understood."""


class MarkerReader:
    """Reads the links of tests; what a class, module or package says is read once for all tests."""

    def __init__(self) -> None:
        self._inherited: dict[pytest.Collector, tuple[CaseLink, ...]] = {}

    def read(self, item: pytest.Item) -> tuple[CaseLink, ...]:
        """Return the links of a test that its markers declare.

        Several markers at the same place count together; nearer places win: a `pytest.param`, then
        the function, the class (before the classes it inherits from), the module, the package.

        Raises:
            MarkerError: When the nearest marker has no usable case reference or step.
        """
        callspec = getattr(item, "callspec", None)
        own = _links_of(callspec.marks) if callspec is not None else ()
        return own or _links_of(item.own_markers) or self._inherit(item.parent)

    def _inherit(self, node: Any) -> tuple[CaseLink, ...]:
        if node is None:
            return ()
        links = self._inherited.get(node)
        if links is None:
            links = next(filter(None, map(_links_of, _marks_of(node))), ())
            links = self._inherited[node] = links or self._inherit(node.parent)
        return links


def _marks_of(node: Any) -> Iterator[Sequence[pytest.Mark]]:
    if isinstance(node, pytest.Class):
        yield from _marks_of_class(node)
    yield node.own_markers


def _links_of(marks: Sequence[pytest.Mark]) -> tuple[CaseLink, ...]:
    """Return the links of all markers of one place."""
    if not marks:
        return ()
    links = [link for mark in marks if mark.name == "jama" for link in _read(mark)]
    return tuple(dict.fromkeys(links)) if len(links) > 1 else tuple(links)


def _marks_of_class(node: pytest.Class) -> Iterator[Sequence[pytest.Mark]]:
    """Yield the marks of a class, then of each of its bases: pytest itself mixes them."""
    for cls in node.obj.__mro__:
        marks: Any = vars(cls).get("pytestmark", ())
        listed = marks if isinstance(marks, (list, tuple)) else [marks]
        yield [mark.mark if isinstance(mark, pytest.MarkDecorator) else mark for mark in listed]


def _read(mark: pytest.Mark) -> Iterator[CaseLink]:
    unknown = sorted(set(mark.kwargs) - {"step"}) if mark.kwargs else ()
    if unknown:
        raise MarkerError(f"{_text(mark)}: unknown argument {unknown[0]!r}, only step= is known")
    if not mark.args:
        raise MarkerError(f"{_text(mark)}: names no test case")
    try:
        step = parse_step(mark.kwargs["step"]) if "step" in mark.kwargs else None
        for value in mark.args:
            yield CaseLink(CaseRef.parse(value), step)
    except ValueError as exc:
        raise MarkerError(f"{_text(mark)}: {exc}") from exc


def _text(mark: pytest.Mark) -> str:
    arguments = [*map(repr, mark.args), *(f"{key}={value!r}" for key, value in mark.kwargs.items())]
    return f"@pytest.mark.jama({', '.join(arguments)})"
