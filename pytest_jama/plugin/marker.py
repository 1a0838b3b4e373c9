"""Case references of a test from its markers; the nearest marker wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseLink, CaseRef, parse_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class MarkerError(ValueError):
    """A ``jama`` marker that cannot be understood."""


def read_markers(item: pytest.Item) -> tuple[CaseLink, ...]:
    """Return the links of a test that its markers declare.

    Several markers at the same place count together; nearer places win: a `pytest.param`, then the
    function, the class (before the classes it inherits from), the module, the package.

    Raises:
        MarkerError: When the nearest marker has no usable case reference or step.
    """
    for marks in _nearest_first(item):
        links = [link for mark in marks if mark.name == "jama" for link in _read(mark)]
        if links:
            return tuple(dict.fromkeys(links))
    return ()


def _nearest_first(item: pytest.Item) -> Iterator[Sequence[pytest.Mark]]:
    callspec = getattr(item, "callspec", None)
    if callspec is not None:
        yield callspec.marks
    for node in item.iter_parents():
        if isinstance(node, pytest.Class):
            yield from _marks_of_class(node)
        else:
            yield node.own_markers


def _marks_of_class(node: pytest.Class) -> Iterator[Sequence[pytest.Mark]]:
    """Yield the marks of a class, then of each of its bases: pytest itself mixes them."""
    for cls in node.obj.__mro__:
        marks: Any = vars(cls).get("pytestmark", ())
        listed = marks if isinstance(marks, (list, tuple)) else [marks]
        yield [mark.mark if isinstance(mark, pytest.MarkDecorator) else mark for mark in listed]
    yield node.own_markers


def _read(mark: pytest.Mark) -> Iterator[CaseLink]:
    unknown = sorted(set(mark.kwargs) - {"step"})
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
