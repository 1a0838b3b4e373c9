"""A settings file: read, checked for its form, and made the layer that flags and variables beat."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml.nodes import MappingNode, ScalarNode

from pytest_jama.config.header_settings import OwnHeader
from pytest_jama.config.interpolation import InterpolationError, UnsetError, interpolate
from pytest_jama.config.kinds import JAMA
from pytest_jama.config.layers import Layer
from pytest_jama.config.limits import surprises_told
from pytest_jama.config.settings_files import SettingsFile
from pytest_jama.config.variables import BUILT_IN
from pytest_jama.config.yaml_errors import explain, find_key_problems, find_secret_keys, refuse
from pytest_jama.config.yaml_nodes import (
    compose,
    is_null,
    is_plain,
    is_standard,
    line_of,
    nearest_node,
    pairs_of,
)
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from pathlib import Path

    from yaml.nodes import Node

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.kinds import TargetKind
    from pytest_jama.config.layers import Override
    from pytest_jama.config.map_table import MapTable
    from pytest_jama.config.mistakes import KeyPath

TESTS = "tests"
_FIELDS = frozenset((section, "fields") for section in ("run", "plan", "cycle"))
_HEADERS = ("headers",)
_FREE = frozenset({(TESTS,), _HEADERS})
"""Below these, and `TargetKind.free`, the keys are the user's own: test IDs, names of headers."""


def read_file_layer(
    file: Path,
    *,
    label: str,
    named_by: str = "",
    lookup: Lookup,
    overridden: Mapping[str, Override],
    unused: Container[str] = (),
    kind: TargetKind[Any] = JAMA,
) -> Layer:
    """Read a settings file; what is wrong with it is part of the layer.

    Args:
        file: The file.
        label: How messages name it.
        named_by: The flag that would name it, when it was only found: then it must be trusted.
        lookup: What ``${NAME}`` stands for.
        overridden: What is given elsewhere, by setting.
        unused: Those that are left out when a variable in them is unset.
        kind: The kind of server that it is for.
    """
    try:
        source = SettingsFile(file, label, named_by)
        root = parse_mapping(source.text(), label, kind)
        bad_keys = tuple(find_key_problems(root, label=label))
    except SettingsError as exc:
        return Layer(label, {}, lambda _: label, problems=exc.problems, is_readable=False)
    reader = _ValueReader(
        root, label, lookup=lookup, overridden=overridden, unused=unused, kind=kind
    )
    values = reader.read()
    tests, map_files, problems = _read_tests(root, source, lookup=lookup, kind=kind)
    find_pairs = cache(pairs_of)

    def find_origin(path: KeyPath) -> str:
        """Return file and line of a setting, or of the nearest key above it that is there."""
        node = nearest_node(root, path, find_pairs=find_pairs)
        return label if node is root else f"{label}:{line_of(node)}"

    return Layer(
        label=label,
        values={**values, **tests},
        find_origin=find_origin,
        mistakes=reader.problems,
        problems=(*bad_keys, *problems),
        map_files=map_files,
    )


def _read_tests(
    root: MappingNode, file: SettingsFile, *, lookup: Lookup, kind: TargetKind[Any]
) -> tuple[dict[str, Any], tuple[Path, ...], list[Problem]]:
    """Return the map of ``tests:``, if the file has one, its files, and what is wrong with it."""
    _, node = pairs_of(root).get(TESTS, (None, None))
    if node is None or is_null(node):
        return {}, (), []
    if not isinstance(node, MappingNode):
        return {TESTS: node.value}, (), []  # refused as any other value of a wrong type
    from pytest_jama.config import map_entries  # noqa: PLC0415 (only who has a map)

    names = map_entries.take_file_names(node, lookup=lookup, kind=kind)
    tables = _read_tables(names, file, lookup=lookup, kind=kind)
    more = [entry for table in tables for entry in table.entries]
    test_map, problems = map_entries.read_test_map(
        node, label=file.label, lookup=lookup, kind=kind, more=more
    )
    wrong = [problem for table in tables for problem in table.problems]
    return {TESTS: test_map}, tuple(table.path for table in tables), [*problems, *wrong]


def _read_tables(
    names: list[ScalarNode], file: SettingsFile, *, lookup: Lookup, kind: TargetKind[Any]
) -> list[MapTable]:
    if not names:
        return []
    from pytest_jama.config.map_entries import forms_of  # noqa: PLC0415 (only who has a map)
    from pytest_jama.config.map_table import read_tables  # noqa: PLC0415 (only who has tables)

    return read_tables(names, file, lookup=lookup, forms=forms_of(kind))


def parse_mapping(text: str, label: str, kind: TargetKind[Any] = JAMA) -> MappingNode:
    """Parse the text of a settings file.

    Args:
        text: The text.
        label: The file, as messages name it.
        kind: The kind of server that it is for.

    Raises:
        SettingsError: When it is not a YAML mapping.
    """
    try:
        root = compose(text)
    except yaml.YAMLError as exc:
        raise SettingsError(explain(exc, label=label, text=text)) from None
    if not isinstance(root, MappingNode):
        raise SettingsError(_no_settings(root, label, kind))
    if not is_standard(root):
        raise SettingsError(Problem(f"has the tag {root.tag}", "remove it", f"{label}:1"))
    return root


def _no_settings(root: Node | None, label: str, kind: TargetKind[Any]) -> Problem:
    example = f"write `key: value` lines, such as `url: {kind.example_url}`"
    if root is None or is_null(root):
        return Problem("contains no settings", f"{example}, or remove the file", f"{label}:1")
    form = "a text" if isinstance(root, ScalarNode) else "a list"
    return Problem(f"contains {form} instead of settings", example, f"{label}:{line_of(root)}")


class PlainFile(NamedTuple):
    """What a YAML file says, where it says what.

    Attributes:
        label: How messages name it.
        values: Its content: mappings, lists and texts; what is empty is left out.
        find_line: Returns the line of what keys and positions lead to.
    """

    label: str
    values: dict[str, Any]
    find_line: Callable[[Sequence[str | int]], int]


def read_plain(file: Path, label: str) -> PlainFile:
    """Read a YAML file that is not one of settings: nothing is filled in, nothing is left out.

    Args:
        file: The file.
        label: How messages name it.

    Raises:
        SettingsError: When it cannot be read.
    """
    with surprises_told(label):
        root = parse_mapping(SettingsFile(file, label).text(), label, JAMA)
        bad_keys = tuple(find_key_problems(root, label=label))
        if bad_keys:
            raise SettingsError(*bad_keys)
        values = {name: _plain(value) for name, (_, value) in pairs_of(root).items()}
    return PlainFile(
        label,
        {name: value for name, value in values.items() if value is not None},
        partial(_line_at, root),
    )


def _plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        pairs = {name: _plain(value) for name, (_, value) in pairs_of(node).items()}
        return {name: value for name, value in pairs.items() if value is not None}
    if isinstance(node, ScalarNode):
        return None if is_null(node) else str(node.value)
    return [_plain(item) for item in node.value]


def _line_at(root: Node, path: Sequence[str | int]) -> int:
    node, value = root, root
    for part in path:
        if isinstance(part, str) and part in (pairs := pairs_of(value)):
            node, value = pairs[part]
        elif isinstance(part, int) and not isinstance(value, (MappingNode, ScalarNode)):
            node = value = value.value[part]
        else:
            break
    return line_of(node)


class _ValueReader:
    """Turns the nodes of a file into plain values, and collects what is wrong with them.

    All scalars become text, except below `fields` of a run, plan or cycle, where the type that YAML
    sees matters.
    ``tests:`` and whatever looks like a secret are left out.

    Args:
        root: The tree of the file.
        label: The file, as messages name it.
        lookup: What ``${NAME}`` stands for.
        overridden: Settings of the top level that are given elsewhere, so that these here are not
            even filled in; of a mapping, only the keys that are replaced.
        unused: Settings of the top level that are left out when a variable in them is unset.
        kind: The kind of server.
    """

    def __init__(
        self,
        root: MappingNode,
        label: str,
        *,
        lookup: Lookup,
        overridden: Mapping[str, Override],
        unused: Container[str],
        kind: TargetKind[Any],
    ) -> None:
        self._root = root
        self._label = label
        self._lookup = lookup
        self._overridden = overridden
        self._unused = unused
        self._unknown: set[str] = set()
        self.problems: dict[KeyPath, Problem] = {
            path: refuse(path, key, variable, label=label)
            for path, key, variable in find_secret_keys(root, kind=kind, free=_FREE | kind.free)
        }

    def read(self) -> dict[str, Any]:
        """Return the settings of the file."""
        values = self._read_mapping(self._root, ())
        return {name: value for name, value in values.items() if name not in self._unknown}

    def _read_mapping(self, node: Node, path: KeyPath) -> dict[str, Any]:
        return {
            name: None
            if self._is_replaced((*path, name))
            else self._read_value(value, (*path, name))
            for name, (_, value) in pairs_of(node).items()
            if not self._is_left_out((*path, name), value)
        }

    def _is_replaced(self, path: KeyPath) -> bool:
        """Return whether a key of a mapping is given elsewhere; it keeps its place among them."""
        override = self._overridden.get(path[0])
        return override is not None and len(path) > 1 and path[1] in override.replaced

    def _is_left_out(self, path: KeyPath, value: Node) -> bool:
        if path[0] in self._overridden:
            return len(path) == 1 and not isinstance(value, MappingNode)
        return path == (TESTS,) or path in self.problems

    def _read_value(self, node: Node, path: KeyPath) -> object:
        if not is_standard(node):
            self._complain(path, node, f"has the tag {node.tag}", "use ${NAME} for variables")
        if isinstance(node, MappingNode):
            return self._read_mapping(node, path)
        if not isinstance(node, ScalarNode):
            return [self._read_value(item, path) for item in node.value]
        if is_null(node):
            return None
        if path[:1] == _HEADERS:
            return self._read_header(node, path)
        text = self._fill_in(node, path, self._lookup)
        is_typed = path[:2] in _FIELDS and is_plain(node)
        return _typed(text) if is_typed else text

    def _read_header(self, node: ScalarNode, path: KeyPath) -> OwnHeader:
        taken: dict[str, str] = {}

        def look_up(name: str) -> str:
            taken[name] = self._lookup(name)
            return taken[name]

        text = self._fill_in(node, path, look_up)
        return OwnHeader(text, tuple(taken[name] for name in taken if name not in BUILT_IN))

    def _fill_in(self, node: ScalarNode, path: KeyPath, lookup: Lookup) -> str:
        try:
            return interpolate(str(node.value), lookup)
        except InterpolationError as exc:
            if isinstance(exc, UnsetError) and path[0] in self._unused:
                self._unknown.add(path[0])
            else:
                self._complain(path, node, exc.message, exc.remedy)
            return str(node.value)

    def _complain(self, path: KeyPath, node: Node, message: str, remedy: str) -> None:
        origin = f"{self._label}:{line_of(node)}"
        self.problems.setdefault(path, Problem(f"{'.'.join(path)} {message}", remedy, origin))


def _typed(text: str) -> str | int | float | bool:
    """Give an unquoted text the type that it looks like; dates stay text, as Jama wants them.

    Source: YAML 1.2, core schema, without octal and hexadecimal numbers.
    """
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text, re.ASCII):  # a longer one stays text
        return int(text)
    if re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+", text, re.ASCII):
        return float(text)
    return text
