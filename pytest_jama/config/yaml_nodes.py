"""jama.yaml as a tree of YAML nodes: each key and value with its line.

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Pairs = dict[str, tuple[ScalarNode, Node]]

_TAGS: Mapping[object, str] = {
    ScalarNode: "tag:yaml.org,2002:str",
    SequenceNode: "tag:yaml.org,2002:seq",
    MappingNode: "tag:yaml.org,2002:map",
}
_MERGE = "<<"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_QUOTED = frozenset({"'", '"', "|", ">"})


class _KeepsText:
    """Replaces the part of a loader that guesses the type of a scalar."""

    def resolve(self, kind: object, _value: object, _implicit: object) -> str:
        return _TAGS[kind]

    def descend_resolver(self, _parent: object, _index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


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
        yaml.YAMLError: When the text is not YAML.
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
    """Return whether a node has no tag of its own, such as ``!env``."""
    return str(node.tag).startswith("tag:yaml.org,2002:")


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
    sources = value.value if isinstance(value, SequenceNode) else [value]
    for source in sources:
        own = {**pairs_of(source), **own}
    return own


def nearest_node(root: Node, path: Iterable[str]) -> Node:
    """Return the key node of a dotted path, or of the nearest one above it that is there."""
    node, value = root, root
    for part in path:
        pair = pairs_of(value).get(part)
        if pair is None:
            break
        node, value = pair
    return node


def walk_mappings(node: Node) -> Iterator[MappingNode]:
    """Yield each mapping at or below a node once, however many aliases it has.

    Raises:
        CycleError: When a node is inside itself.
    """
    yield from _walk(node, above=(), seen=set())


class CycleError(Exception):
    """A node contains an alias of itself.

    Args:
        node: The node.
    """

    def __init__(self, node: Node) -> None:
        super().__init__(line_of(node))
        self.node = node


def _walk(node: Node, *, above: tuple[Node, ...], seen: set[int]) -> Iterator[MappingNode]:
    if any(node is ancestor for ancestor in above):
        raise CycleError(node)
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, MappingNode):
        yield node
        children = [value for _, value in node.value]
    else:
        children = node.value
    for child in children:
        if not isinstance(child, ScalarNode):
            yield from _walk(child, above=(*above, node), seen=seen)
