"""Tests of Python files that pytest could not collect, read from their text alone.

A plugin that is not installed here, or a package that cannot be imported, hides neither the tests
nor the IDs that stand beside them.
"""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.init.init_ids import has_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    Function = ast.FunctionDef | ast.AsyncFunctionDef
    Marker = tuple[str, tuple[str, ...]]

_MOST_BYTES = 2_000_000


class WrittenTest(NamedTuple):
    """A test as its file has it.

    Attributes:
        test_id: Its ID; of its parameters it has only those that hold a document key.
        docstring: Its docstring.
        markers: Name and arguments of its decorators, and of those around it, the nearest first.
    """

    test_id: str
    docstring: str
    markers: tuple[Marker, ...]


def read_tests(file: Path, *, root: Path) -> Iterator[WrittenTest]:
    """Yield the tests of a file by pytest's usual names; none of one that is not Python.

    Args:
        file: The file.
        root: What test IDs are relative to.
    """
    try:
        if file.stat().st_size > _MOST_BYTES:
            return
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    path = os.path.relpath(file, root).replace(os.sep, "/")
    yield from _tests_in(tree.body, path, _marks_of_module(tree.body))


def _tests_in(
    body: Sequence[ast.stmt], above: str, marks: tuple[Marker, ...]
) -> Iterator[WrittenTest]:
    for node in body:
        if isinstance(node, ast.ClassDef) and (node.name.startswith("Test") or _is_unittest(node)):
            inner = (*_marks_of(node), *_marks_of_module(node.body), *marks)
            yield from _tests_in(node.body, f"{above}::{node.name}", inner)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(node):
            docstring = ast.get_docstring(node) or ""
            names = [f"{node.name}[{each}]" for each in _named_parameters(node)]
            for name in names or [node.name]:
                yield WrittenTest(f"{above}::{name}", docstring, (*_marks_of(node), *marks))


def _named_parameters(node: Function) -> list[str]:
    """Return the texts in ``parametrize`` that hold a document key, as names of parameters do."""
    texts = [
        each.value
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and _dotted(decorator.func).endswith("parametrize")
        for each in ast.walk(decorator)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return [text for text in dict.fromkeys(texts) if has_key(text)]


def _is_test(node: Function) -> bool:
    return node.name.startswith("test")


def _is_unittest(node: ast.ClassDef) -> bool:
    return any(_dotted(base).endswith("TestCase") for base in node.bases)


def _marks_of(node: ast.ClassDef | Function) -> Iterator[Marker]:
    for decorator in node.decorator_list:
        yield from _marks_in(decorator)


def _marks_of_module(body: Sequence[ast.stmt]) -> tuple[Marker, ...]:
    """Return what ``pytestmark = ...`` says."""
    values = [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets)
    ]
    return tuple(mark for value in values for mark in _marks_in(value))


def _marks_in(value: ast.expr) -> Iterator[Marker]:
    if isinstance(value, ast.List | ast.Tuple):
        for each in value.elts:
            yield from _marks_in(each)
    elif isinstance(value, ast.Call):
        name = _dotted(value.func).removeprefix("pytest.mark.")
        given = [_text(each) for each in value.args]
        given += [f"{each.arg}={_text(each.value)}" for each in value.keywords if each.arg]
        yield name, tuple(given)


def _dotted(value: ast.expr) -> str:
    if isinstance(value, ast.Attribute):
        return f"{_dotted(value.value)}.{value.attr}".lstrip(".")
    return value.id if isinstance(value, ast.Name) else ""


def _text(value: ast.expr) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return ""
