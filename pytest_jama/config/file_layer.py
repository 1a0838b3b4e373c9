"""jama.yaml as the layer that flags and variables are put over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode

from pytest_jama.config.document import TESTS, ValueReader, read_document
from pytest_jama.config.resolution import Layer
from pytest_jama.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from yaml.nodes import Node

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.core.errors import Problem


def read_file_layer(
    file: Path,
    *,
    label: str,
    lookup: Lookup,
    overridden: Container[str],
) -> Layer:
    """Read jama.yaml; what is wrong with it is part of the layer.

    Args:
        file: The file.
        label: How messages name it.
        lookup: What ``${NAME}`` stands for.
        overridden: The settings that are given elsewhere.
    """
    try:
        document = read_document(file, label=label)
    except SettingsError as exc:
        return _unreadable(label, exc.problems)
    reader = ValueReader(document, lookup=lookup, overridden=overridden)
    values = reader.read()
    tests, problems = _read_tests(document.find_tests(), label=label, lookup=lookup)
    return Layer(
        label=label,
        values={**values, **tests},
        find_origin=document.find_origin,
        nearest_origin=document.nearest_origin,
        mistakes=reader.problems,
        problems=(*document.problems, *problems),
    )


def _unreadable(label: str, problems: tuple[Problem, ...]) -> Layer:
    return Layer(
        label=label,
        values={},
        find_origin=lambda _: None,
        nearest_origin=lambda _: label,
        problems=problems,
        is_readable=False,
    )


def _read_tests(
    node: Node | None,
    *,
    label: str,
    lookup: Lookup,
) -> tuple[dict[str, Any], list[Problem]]:
    if node is None:
        return {}, []
    if not isinstance(node, MappingNode):
        return {TESTS: node.value}, []  # refused as any other value of a wrong type
    from pytest_jama.config.links import read_test_map  # noqa: PLC0415 (only who has a map pays)

    test_map, problems = read_test_map(node, label=label, lookup=lookup)
    return {TESTS: test_map}, problems
