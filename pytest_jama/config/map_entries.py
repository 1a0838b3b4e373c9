"""The map ``tests:`` of jama.yaml, read straight from its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from pytest_jama.config.interpolation import InterpolationError, interpolate
from pytest_jama.config.yaml_nodes import is_null, is_standard, line_of, pairs_of
from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import (
    NO_CASE,
    BadReferenceError,
    CaseLink,
    CaseRef,
    parse_links,
    parse_step,
)
from pytest_jama.core.errors import Problem
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yaml.nodes import Node

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.core.case_map import MapConflict


def read_test_map(node: Node, *, label: str, lookup: Lookup) -> tuple[CaseMap, list[Problem]]:
    """Read the value of ``tests:``.

    Args:
        node: A mapping of test IDs and patterns to links.
        label: The file, as messages name it.
        lookup: What ``${NAME}`` stands for.

    Returns:
        The map without the entries that are wrong, and what is wrong with those.
    """
    reader = _EntryReader(label, lookup)
    test_map, conflicts = CaseMap.build(reader.read_entries(node))
    return test_map, [*reader.problems, *(_describe(conflict, label) for conflict in conflicts)]


def _describe(conflict: MapConflict, label: str) -> Problem:
    first, second = conflict.first, conflict.second
    return Problem(
        f"{quoted(second.key)} names the same tests as {quoted(first.key)} on line {first.line}",
        "merge the two entries: one key may name several cases, [A, B]",
        f"{label}:{second.line}",
    )


class _LinkError(Exception):
    """A value of the map cannot be read.

    Args:
        message: Completes the key: ``names no test case``.
        remedy: What to do about it.
        node: Where.
    """

    def __init__(self, message: str, remedy: str, node: Node) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.node = node


_FORMS = (
    "write JEET1-TC-12, [JEET1-TC-12, 20497] or {case: JEET1-TC-12, step: 2}, or none for no case"
)
_LINK_KEYS = frozenset({"case", "step"})
_Parsed = TypeVar("_Parsed")


class _EntryReader:
    """Reads entries and collects what is wrong with them.

    Args:
        label: The file, as messages name it.
        lookup: What ``${NAME}`` stands for.
    """

    def __init__(self, label: str, lookup: Lookup) -> None:
        self._label = label
        self._lookup = lookup
        self.problems: list[Problem] = []

    def read_entries(self, node: Node) -> Iterator[MapEntry]:
        """Yield the entries that are right. The node is used up by that.

        Each pair is given up once it is read: else the garbage collector would go through all
        nodes again and again while the entries are made, which takes longer than reading them.
        """
        pairs = pairs_of(node)
        node.value = []
        for text in list(pairs):
            key, value = pairs.pop(text)
            try:
                links = self._read_links(value)
            except _LinkError as exc:
                origin = f"{self._label}:{line_of(exc.node)}"
                self.problems.append(Problem(f"{quoted(text)} {exc.message}", exc.remedy, origin))
            else:
                yield MapEntry(text, links, line_of(key))

    def _read_links(self, value: Node) -> tuple[CaseLink, ...]:
        if not is_standard(value):
            raise _LinkError(f"has the tag {value.tag}", "remove it", value)
        if isinstance(value, ScalarNode):
            # an empty value was forgotten; ~ and null are YAML's words for none
            is_none = is_null(value) and bool(value.value)
            return (NO_CASE,) if is_none else self._read_text(value)
        items = value.value if isinstance(value, SequenceNode) else [value]
        links = tuple(dict.fromkeys(link for item in items for link in self._read_item(item)))
        if not links:
            raise _LinkError("names no test case", _FORMS, value)
        if NO_CASE in links and len(links) > 1:
            raise _LinkError("has none beside a case", "leave one of them out", value)
        return links

    def _read_item(self, item: Node) -> tuple[CaseLink, ...]:
        if not is_standard(item):
            raise _LinkError(f"has the tag {item.tag}", "remove it", item)
        if isinstance(item, ScalarNode):
            return self._read_text(item)
        if isinstance(item, MappingNode):
            return self._read_step(item)
        raise _LinkError("has a list inside a list", _FORMS, item)

    def _read_text(self, node: ScalarNode) -> tuple[CaseLink, ...]:
        try:  # for speed: nearly all values of a large map are one reference
            return (CaseLink(CaseRef.parse(node.value)),)
        except ValueError:
            links = () if is_null(node) else self._parse(parse_links, node)
        if not links:
            raise _LinkError("names no test case", _FORMS, node)
        return links

    def _read_step(self, node: MappingNode) -> tuple[CaseLink, ...]:
        pairs = pairs_of(node)
        for name, (key, _) in pairs.items():
            if name not in _LINK_KEYS:
                raise _LinkError(f"has the unknown key {quoted(name)}", "use case and step", key)
        if "case" not in pairs:
            raise _LinkError("names no test case", _FORMS, node)
        links = self._read_links(pairs["case"][1])
        if "step" not in pairs:
            return links
        if NO_CASE in links:
            raise _LinkError("has a step of none", "leave the step out", node)
        number = self._read_step_number(pairs["step"][1])
        return tuple(CaseLink(link.case_ref, number) for link in links)

    def _read_step_number(self, node: Node) -> int:
        if not isinstance(node, ScalarNode) or is_null(node):
            raise _LinkError("has a step that is not a number", "give one, counted from 1", node)
        return self._parse(parse_step, node)

    def _parse(self, parse: Callable[[str], _Parsed], node: ScalarNode) -> _Parsed:
        """Fill in and parse a text; a mistake gets the line of its node."""
        try:
            return parse(interpolate(node.value, self._lookup))
        except InterpolationError as exc:
            raise _LinkError(exc.message, exc.remedy, node) from exc
        except BadReferenceError as exc:
            raise _LinkError(f"has a mistake: {exc.what}", exc.remedy, node) from exc
