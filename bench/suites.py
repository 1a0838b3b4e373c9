"""The test suites that are run, below ``build/bench/suites``: N trivial tests each.

| form   | how the tests are mapped                                  |
|--------|-----------------------------------------------------------|
| bare   | not at all, and there is no jama.yaml                     |
| marker | ``@pytest.mark.jama("BENCH-TC-1")`` above each            |
| map    | ``tests:`` of jama.yaml names each exact test ID          |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.venvs import WORK

if TYPE_CHECKING:
    from pathlib import Path

FORMS = ("bare", "marker", "map")
TESTS_PER_FILE = 1000
TEST_IDS = "test_ids.txt"
HEADER = "project: BENCH\nplan: Bench\ncycle: Bench\n"


def make_suite(form: str, count: int, *, variant: str = "") -> Path:
    """Write a suite and return its folder.

    Args:
        form: ``bare``, ``marker`` or ``map``.
        count: How many tests.
        variant: What its folder's name begins with, where more files are put there.
    """
    folder = WORK / "suites" / f"{variant}{form}-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "pytest.ini", "[pytest]\nmarkers = jama\n")
    for first in range(0, count, TESTS_PER_FILE):
        numbers = range(first, min(first + TESTS_PER_FILE, count))
        _write(folder / _file_of(first), _module(form, numbers))
    _write(folder / TEST_IDS, "\n".join(test_ids(count)))
    if form != "bare" and not variant:
        _write(folder / "jama.yaml", HEADER + (make_map(count) if form == "map" else ""))
    return folder


def make_map(count: int) -> str:
    """Return the part ``tests:`` of a jama.yaml with as many exact entries."""
    entries = (f"  {test_id}: BENCH-TC-{number}" for number, test_id in enumerate(test_ids(count)))
    return "\n".join(["tests:", *entries, ""])


def test_ids(count: int) -> list[str]:
    """Return the IDs of the tests of a suite."""
    return [f"{_file_of(number)}::test_{number:05d}" for number in range(count)]


def _file_of(number: int) -> str:
    return f"test_bench_{number // TESTS_PER_FILE}.py"


def _module(form: str, numbers: range) -> str:
    marks = '@pytest.mark.jama("BENCH-TC-{0}")\n' if form == "marker" else ""
    test = marks + "def test_{0:05d}():\n    pass\n"
    return "\n\n".join(["import pytest\n", *(test.format(number) for number in numbers)])


def _write(path: Path, text: str) -> None:
    """Write a file, unless it is there: a new time stamp would empty the bytecode cache."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
