"""A settings file as a tree of YAML nodes: each key and value with its line.

Scalars stay text: the setting decides what a text means. This also makes a map of 10,000 tests
cheap to read, since YAML's own resolver and constructor never run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from pytest_jama.config.limits import DEEPEST, MOST_NODES, MOST_REPEATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Pairs = dict[str, tuple[ScalarNode, Node]]

_TAGS: Mapping[object, str] = {
    ScalarNode: "tag:yaml.org,2002:str",
    SequenceNode: "tag:yaml.org,2002:seq",
    MappingNode: "tag:yaml.org,2002:map",
}
_MERGE = "<<"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_QUOTED = frozenset({"'", '"', "|", ">"})


class TooMuchError(yaml.YAMLError):
    """A tree is too large or too deep to be that of settings.

    Args:
        reason: What is too much, for the message.
        remedy: What to do about it.
        node: Where.
    """

    def __init__(self, reason: str, remedy: str, node: Node) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.line = line_of(node)


class _KeepsText:
    """Replaces the part of a loader that guesses the type of a scalar; counts nodes instead."""

    _depth = 0
    _count = 0

    def resolve(self, kind: object, _value: object, _implicit: object) -> str:
        return _TAGS[kind]

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        """Take note of a node that begins, inside another one; an alias is none."""
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST and parent is not None:
            raise _too_deep(parent)
        if self._count > MOST_NODES and parent is not None:
            raise TooMuchError(
                f"there are more than {MOST_NODES:,} keys and values",
                "let patterns name many tests at once",
                parent,
            )

    def ascend_resolver(self) -> None:
        self._depth -= 1


def _too_deep(node: Node) -> TooMuchError:
    return TooMuchError(*TOO_DEEP, node)


TOO_DEEP = (
    f"lists and mappings are nested more than {DEEPEST} deep",
    "no setting needs this: remove them",
)
"""What is wrong, and what to do about it."""


class PurePythonLoader(_KeepsText, Reader, Scanner, Parser, Composer):
    """Composes nodes where libyaml is missing; several times slower."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


def _choose_loader() -> type:
    if not yaml.__with_libyaml__:
        return PurePythonLoader
    from yaml.cyaml import CParser  # type: ignore[attr-defined]  # noqa: PLC0415 (may be missing)

    return type("Loader", (_KeepsText, CParser), {})


LOADER = _choose_loader()
"""Composes nodes with libyaml where PyYAML was built with it."""


def compose(text: str, *, loader: type = LOADER) -> Node | None:
    """Return the root of the text's tree; None when it holds nothing but comments.

    Raises:
        yaml.YAMLError: When the text is not YAML; a `TooMuchError`, when it is too much of it.
    """
    node: Node | None = loader(text).get_single_node()
    return node


def line_of(node: Node) -> int:
    """Return the line on which a node begins, counted from 1."""
    line: int = node.start_mark.line
    return line + 1


def is_null(node: Node) -> bool:
    """Return whether a value was left out or is null."""
    return isinstance(node, ScalarNode) and node.value in _NULLS and is_plain(node)


def is_standard(node: Node) -> bool:
    """Return whether a node has no tag of its own, such as ``!env`` or ``!!python/object``."""
    return node.tag in _STANDARD_TAGS


_STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "seq", "map", "null", "bool", "int", "float", "timestamp")
)


def is_plain(node: Node) -> bool:
    """Return whether a scalar has no quotes."""
    return getattr(node, "style", None) not in _QUOTED


def pairs_of(node: Node) -> Pairs:
    """Return the keys of a mapping with key node and value, merge keys (``<<``) resolved.

    Source: https://yaml.org/type/merge.html; own keys beat merged ones, earlier mappings later.
    """
    if not isinstance(node, MappingNode):
        return {}
    own = {pair[0].value: pair for pair in node.value if isinstance(pair[0], ScalarNode)}
    if _MERGE not in own:
        return own
    _, value = own.pop(_MERGE)
    merged: Pairs = {}
    for source in value.value if isinstance(value, SequenceNode) else [value]:
        for name, pair in pairs_of(source).items():
            merged.setdefault(name, pair)
    return {**merged, **own}


def nearest_node(root: Node, path: Iterable[str], *, find_pairs: Callable[[Node], Pairs]) -> Node:
    """Return the key node of a dotted path, or of the nearest one above it that is there.

    Args:
        root: Where the path begins.
        path: The keys.
        find_pairs: `pairs_of`, which may remember what it found: a file may have many mistakes.
    """
    node, value = root, root
    for part in path:
        pair = find_pairs(value).get(part)
        if pair is None:
            break
        node, value = pair
    return node


class CycleError(Exception):
    """A node contains an alias of itself.

    Args:
        node: The node.
    """

    def __init__(self, node: Node) -> None:
        super().__init__(line_of(node))
        self.node = node


def find_mappings(root: MappingNode) -> list[MappingNode]:
    """Return each mapping of a tree once, however many aliases it has; those in keys do not count.

    Raises:
        CycleError: When a node is inside itself.
        TooMuchError: When aliases make the tree too large or too deep to go through all of it.
    """
    expansion = _Expansion()
    expansion.measure(root, 0)
    return expansion.mappings


class _Expansion:
    """Measures what a tree becomes when each alias is replaced by what it stands for.

    Each list and mapping is gone through once: an alias adds what is known of it already.

    Attributes:
        mappings: The mappings, those outside before those inside.
    """

    def __init__(self) -> None:
        self.mappings: list[MappingNode] = []
        self._written = 0
        self._known: dict[int, tuple[int, int]] = {}
        self._open: set[int] = set()

    def measure(self, node: Node, level: int) -> tuple[int, int]:
        """Return how many nodes, and how many levels, a list or mapping comes to.

        Args:
            node: The list or mapping.
            level: How many levels there are above it.
        """
        if id(node) in self._open:
            raise CycleError(node)
        known = self._known.get(id(node))
        if level + (known[1] if known else 1) > DEEPEST:
            raise _too_deep(node)
        return known or self._go_through(node, level)

    def _go_through(self, node: Node, level: int) -> tuple[int, int]:
        self._open.add(id(node))
        children = node.value
        size = levels = 1
        if isinstance(node, MappingNode):
            self.mappings.append(node)
            children = [value for _, value in children]
            size += len(children)
        inner = [child for child in children if not isinstance(child, ScalarNode)]
        size += len(children) - len(inner)
        self._written += size
        for child in inner:
            below, deep = self.measure(child, level + 1)
            size += below
            levels = max(levels, deep + 1)
        if size - self._written > MOST_REPEATED:
            raise TooMuchError(
                f"aliases (`*name`) repeat more than {MOST_REPEATED:,} keys and values",
                "repeat less of them",
                node,
            )
        self._open.discard(id(node))
        self._known[id(node)] = size, levels
        return size, levels
