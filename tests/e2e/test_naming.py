"""Tests find their cases, whatever names, folders, hooks and plugins do to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Repository

SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])

PLACES = "project: KEY\nplan: Release 1\ncycle: Build 1\n"

MARK_ALL = """
import pytest

{hook}
"""

HOOKS = {
    "modifyitems": """
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.jama("KEY-TC-1"))
""",
    "modifyitems, after all others": """
@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    yield
    for item in items:
        item.add_marker(pytest.mark.jama("KEY-TC-1"))
""",
    "itemcollected": """
def pytest_itemcollected(item):
    item.add_marker(pytest.mark.jama("KEY-TC-1"))
""",
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_markers_of_conftest_hooks_count(repository: Repository, hook: str) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write("conftest.py", MARK_ALL.format(hook=hook))
    repository.write("test_it.py", "def test_it(): pass\n")
    finished = repository.pytest_here()
    assert repository.statuses() == {1: "PASSED"}, finished.output


ODD = [
    "a b",
    "x::y",
    "a/b.py::c",
    "[z]",
    "é",
    "'",
    '"',
    "?",
    "a,b",
    "a#2",
    "",
    " ",
    "-k",
    "%s",
    "${X}",
]
ODD_SUITE = f"""
import pytest

@pytest.mark.parametrize("text", {ODD!r})
def test_it(text): pass
"""


@SERIAL_AND_XDIST
def test_every_parameter_can_be_named_in_the_map(
    repository: Repository, workers: list[str]
) -> None:
    for number in range(1, len(ODD) + 1):
        repository.case(number)
    repository.start_cycle()
    ids = [text.encode("unicode_escape").decode("ascii") for text in ODD]
    lines = [
        f"  {json.dumps(f'test_it.py::test_it[{text}]')}: KEY-TC-{number}\n"
        for number, text in enumerate(ids, start=1)
    ]
    repository.write("test_it.py", ODD_SUITE)
    repository.write("jama.yaml", PLACES + "tests:\n" + "".join(lines))
    finished = repository.pytest_here(*workers)
    assert set(repository.statuses().values()) == {"PASSED"}, finished.output


@SERIAL_AND_XDIST
@pytest.mark.parametrize("folder", ["", "a/b"], ids=["rootdir", "below"])
def test_ids_are_relative_to_the_rootdir(
    repository: Repository, workers: list[str], folder: str
) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write("pytest.ini", "[pytest]\n")
    repository.write("a/b/test_same.py", "def test_it(): pass\n")
    repository.write("a/c/test_same.py", "def test_it(): assert 0\n")
    repository.write("jama.yaml", PLACES + "tests: {a/b: KEY-TC-1, a/c/test_same.py: KEY-TC-2}\n")
    here = repository.folder / folder
    repository.pytest_here(
        "--import-mode=importlib", "--rootdir", str(repository.folder), str(here), *workers
    )
    assert repository.statuses() == {1: "PASSED", 2: "NOT_RUN" if folder else "FAILED"}


@SERIAL_AND_XDIST
def test_test_that_runs_twice_counts_by_its_worse_result(
    repository: Repository, workers: list[str]
) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write(
        "test_it.py",
        """
        import pathlib, pytest
        @pytest.mark.jama("KEY-TC-1")
        def test_it():
            pathlib.Path(__file__).with_name("been here").touch(exist_ok=False)
        """,
    )
    finished = repository.pytest_here("--keep-duplicates", "test_it.py", "test_it.py", *workers)
    assert repository.statuses() == {1: "FAILED"}, finished.output


@SERIAL_AND_XDIST
def test_doctests_in_text_files_are_tests(repository: Repository, workers: list[str]) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write("docs/good.txt", ">>> 1 + 1\n2\n")
    repository.write("docs/bad.txt", ">>> 1 + 1\n3\n")
    repository.write(
        "jama.yaml",
        PLACES
        + """tests:
  docs/good.txt: KEY-TC-1
  docs/bad.txt::bad.txt: KEY-TC-2
""",
    )
    repository.pytest_here("--doctest-glob=*.txt", *workers)
    assert repository.statuses() == {1: "PASSED", 2: "FAILED"}


def test_marker_beats_the_map_and_verbose_says_so(repository: Repository) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write(
        "test_it.py",
        'import pytest\n@pytest.mark.jama("KEY-TC-1")\ndef test_it(): pass\n',
    )
    repository.write("jama.yaml", PLACES + "tests: {test_it.py: KEY-TC-2}\n")
    finished = repository.pytest_here("-v")
    assert repository.statuses() == {1: "PASSED", 2: "NOT_RUN"}
    assert "beats the map: test_it.py::test_it: marker" in finished.summary
