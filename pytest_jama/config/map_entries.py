"""The map ``tests:`` of a settings file, read straight from its nodes."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from pytest_jama.config.interpolation import InterpolationError, interpolate
from pytest_jama.config.kinds import JAMA, OCTANE
from pytest_jama.config.yaml_nodes import is_null, is_standard, line_of, pairs_of
from pytest_jama.core.case_map import CaseMap, MapEntry, say_line
from pytest_jama.core.cases import (
    NO_CASE,
    BadReferenceError,
    CaseLink,
    CaseRef,
    is_none,
    parse_links,
    parse_step,
)
from pytest_jama.core.errors import Problem
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from yaml.nodes import Node

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.kinds import TargetKind
    from pytest_jama.core.case_map import MapConflict


FILE = "file"
"""The key of the map that names files with more of it; below it stands a path, never a reference.

With a reference it is what any other key is: a folder or file of tests that is called so.
"""


def take_file_names(
    node: MappingNode, *, lookup: Lookup, kind: TargetKind[Any] = JAMA
) -> list[ScalarNode]:
    """Take the names of files with more entries out of the value of ``tests:``.

    Args:
        node: A mapping of test IDs and patterns to links.
        lookup: What ``${NAME}`` stands for.
        kind: The kind of server, which says what a reference is.
    """
    value = pairs_of(node).get(FILE, (None, None))[1]
    items = value.value if isinstance(value, SequenceNode) else [value]
    names = [item for item in items if isinstance(item, ScalarNode) and not is_null(item)]
    parse = forms_of(kind).parse
    if len(names) < len(items) or all(_is_reference(name, parse, lookup) for name in names):
        return []
    node.value = [pair for pair in node.value if pair[0].value != FILE]
    return names


def _is_reference(node: ScalarNode, parse: Callable[[str], object], lookup: Lookup) -> bool:
    try:
        return bool(parse(interpolate(node.value, lookup)))
    except (BadReferenceError, InterpolationError):
        return False


def read_test_map(
    node: Node,
    *,
    label: str,
    lookup: Lookup,
    kind: TargetKind[Any] = JAMA,
    more: Iterable[MapEntry] = (),
) -> tuple[CaseMap, list[Problem]]:
    """Read the value of ``tests:``.

    Args:
        node: A mapping of test IDs and patterns to links.
        label: The file, as messages name it.
        lookup: What ``${NAME}`` stands for.
        kind: The kind of server, which says what a test can be linked to.
        more: Entries of other files.

    Returns:
        The map without the entries that are wrong, and what is wrong with those.
    """
    reader = _EntryReader(label, lookup, forms_of(kind))
    test_map, conflicts = CaseMap.build(itertools.chain(reader.read_entries(node), more))
    return test_map, [*reader.problems, *(_describe(conflict, label) for conflict in conflicts)]


def _describe(conflict: MapConflict, label: str) -> Problem:
    first, second = conflict.first, conflict.second
    is_same = first.file == second.file
    place = say_line(first.line, "" if is_same else first.file or label)
    return Problem(
        f"{quoted(second.key)} names the same tests as {quoted(first.key)} on {place}",
        "merge the two entries: one key may name several cases"
        + ("" if second.file else ", [A, B]"),
        f"{second.file or label}:{second.line}",
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


class LinkForms(NamedTuple):
    """What the values of the map can be.

    Attributes:
        noun: What a test is linked to.
        examples: What to write, for remedies.
        parse: Reads a text.
        parse_quickly: Reads the usual text, one reference, and may fail with others.
        has_steps: Whether a test can be linked to a step of it.
    """

    noun: str
    examples: str
    parse: Callable[[str], tuple[CaseLink, ...]]
    parse_quickly: Callable[[str], tuple[CaseLink, ...]]
    has_steps: bool

    def check(self, links: Collection[CaseLink]) -> None:
        """Refuse the links of a test that contradict each other.

        Raises:
            BadReferenceError: When none is among them, and not alone.
        """
        if NO_CASE in links and len(links) > 1:
            what = f"has none beside a {self.noun.removeprefix('test ')}"
            raise BadReferenceError(what, "leave one of them out")


def _parse_case(text: str) -> tuple[CaseLink, ...]:
    return (CaseLink(CaseRef.parse(text)),)


def _parse_items(text: str) -> tuple[CaseLink, ...]:
    """Read the IDs of backlog items, which are whole numbers of 64 bits.

    Raises:
        BadReferenceError: When one of them is something else.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not is_none(part) and not (_ITEM.fullmatch(part) and int(part) <= _LARGEST_ID):
            raise BadReferenceError(
                f"{quoted(part)} is not the ID of a backlog item",
                "use its number, such as 2001, or none",
            )
    return parse_links(text)


_ITEM = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_LARGEST_ID = 2**63 - 1

_CASES = LinkForms(
    "test case",
    "write JEET1-TC-12, [JEET1-TC-12, 20497] or {case: JEET1-TC-12, step: 2}, or none for no case",
    parse_links,
    _parse_case,
    has_steps=True,
)
_FORMS: Mapping[TargetKind[Any], LinkForms] = {
    OCTANE: LinkForms(
        "backlog item",
        "write 2001 or [2001, 2002], or none for no backlog item",
        _parse_items,
        _parse_items,
        has_steps=False,
    ),
}


def forms_of(kind: TargetKind[Any]) -> LinkForms:
    """Return what the values of the map can be for a kind of server."""
    return _FORMS.get(kind, _CASES)


_LINK_KEYS = frozenset({"case", "step"})
_Parsed = TypeVar("_Parsed")


class _EntryReader:
    """Reads entries and collects what is wrong with them.

    Args:
        label: The file, as messages name it.
        lookup: What ``${NAME}`` stands for.
        forms: What the values can be.
    """

    def __init__(self, label: str, lookup: Lookup, forms: LinkForms) -> None:
        self._label = label
        self._lookup = lookup
        self._forms = forms
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
            raise self._names_nothing(value)
        try:
            self._forms.check(links)
        except BadReferenceError as exc:
            raise _LinkError(exc.what, exc.remedy, value) from exc
        return links

    def _read_item(self, item: Node) -> tuple[CaseLink, ...]:
        if not is_standard(item):
            raise _LinkError(f"has the tag {item.tag}", "remove it", item)
        if isinstance(item, ScalarNode):
            return self._read_text(item)
        if not isinstance(item, MappingNode):
            raise _LinkError("has a list inside a list", self._forms.examples, item)
        if not self._forms.has_steps:
            raise _LinkError("has a mapping as value", self._forms.examples, item)
        return self._read_step(item)

    def _names_nothing(self, node: Node) -> _LinkError:
        return _LinkError(f"names no {self._forms.noun}", self._forms.examples, node)

    def _read_text(self, node: ScalarNode) -> tuple[CaseLink, ...]:
        try:  # for speed: nearly all values of a large map are one reference
            links = self._forms.parse_quickly(node.value)
        except ValueError:
            links = () if is_null(node) else self._parse(self._forms.parse, node)
        if not links:
            raise self._names_nothing(node)
        return links

    def _read_step(self, node: MappingNode) -> tuple[CaseLink, ...]:
        pairs = pairs_of(node)
        for name, (key, _) in pairs.items():
            if name not in _LINK_KEYS:
                raise _LinkError(f"has the unknown key {quoted(name)}", "use case and step", key)
        if "case" not in pairs:
            raise self._names_nothing(node)
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
