"""Each promise of docs/guarantees.md is held by tests that exist, run and assert something."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.every import every

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "guarantees.md"
_NAMED = re.compile(r"`(\S+\.py)::(test_\w+)`")
_EXCUSES = {"skip", "xfail"}


@cache
def promises() -> dict[str, list[tuple[str, str]]]:
    """Return file and name of each test by the promise that it holds."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").partition(" | ") for line in lines if line.startswith("|")]
    return {
        promise: _NAMED.findall(tests)
        for promise, _, tests in rows
        if promise != "promise" and not promise.startswith("---")
    }


class Function(NamedTuple):
    """What a function consists of; its tree would slow down all collections of garbage.

    Attributes:
        names: All names in it.
        attributes: All attributes in it.
        has_assert: Whether it asserts.
    """

    names: set[str]
    attributes: set[str]
    has_assert: bool

    def asserts(self) -> bool:
        return self.has_assert or "raises" in self.attributes


@cache
def functions_of(file: str) -> dict[str, Function]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name: parts_of(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


def parts_of(function: ast.FunctionDef) -> Function:
    nodes = [*ast.walk(function)]
    return Function(
        {node.id for node in nodes if isinstance(node, ast.Name)},
        {node.attr for node in nodes if isinstance(node, ast.Attribute)},
        any(isinstance(node, ast.Assert) for node in nodes),
    )


@every("promise", promises())
def test_a_promise_is_held_by_tests_that_exist(promise: str) -> None:
    named = promises()[promise]
    assert named
    assert [f"{file}::{test}" for file, test in named if test not in functions_of(file)] == []


@every("file", sorted({file for all_ in promises().values() for file, _ in all_}))
def test_a_test_that_holds_a_promise_asserts_and_has_no_excuse(file: str) -> None:
    named = {test for all_ in promises().values() for each, test in all_ if each == file}
    assert [test for test in sorted(named) if not is_a_test_without_excuse(file, test)] == []


def is_a_test_without_excuse(file: str, test: str) -> bool:
    functions = functions_of(file)
    helpers = (functions[name] for name in functions[test].names if name in functions)
    does_assert = any(function.asserts() for function in (functions[test], *helpers))
    return does_assert and not _EXCUSES & functions[test].attributes
