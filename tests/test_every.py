"""A test of every value fails with each one for which it fails, and names it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAILED = pytest.fail.Exception


def failures(check: Callable[..., None], **fixtures: object) -> str:
    with pytest.raises(FAILED) as failed:
        check(**fixtures)
    return str(failed.value)


def test_each_value_that_fails_is_named_with_its_assertion() -> None:
    @every("number, half", [(2, 1), (4, 3), (6, 3), (8, 5)])
    def check(number: int, half: int) -> None:
        assert number == 2 * half

    said = failures(check)
    assert said.startswith("2 of 4 values fail\n")
    assert [line for line in said.splitlines() if line.startswith("with")] == [
        "with (4, 3):",
        "with (8, 5):",
    ]
    assert "AssertionError: assert 4 == (2 * 3)" in said


def test_no_value_is_left_out() -> None:
    seen = []

    @every("word", iter("abc"))
    @every("number", [1, pytest.param(2, id="two")])
    def check(word: str, number: int) -> None:
        seen.append(f"{word}{number}")

    check()
    assert seen == ["a1", "a2", "b1", "b2", "c1", "c2"]


def test_a_value_is_called_what_the_test_calls_it() -> None:
    @every("number", [1, pytest.param(2, id="two")])
    def check(number: int) -> None:
        assert not number

    @every("number", {"one": 1, "two": 2}.values(), ids={"one": 1, "two": 2})
    def raises(number: int) -> None:
        with pytest.raises(ValueError, match="never"):
            assert number

    assert ("with 1:" in failures(check), "with two:" in failures(check)) == (True, True)
    assert ("with one:" in failures(raises), "with two:" in failures(raises)) == (True, True)


def test_fixtures_are_those_of_the_test_and_each_value_has_a_folder(tmp_path: Path) -> None:
    folders = []

    @every("number", [1, 2])
    def check(number: int, tmp_path: Path) -> None:
        folders.append(tmp_path)
        assert (number, [*tmp_path.iterdir()]) == (number, [])
        (tmp_path / "made").touch()

    assert [*inspect.signature(check).parameters] == ["tmp_path"]
    check(tmp_path=tmp_path)
    assert len(set(folders)) == 2


def test_nothing_to_check_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="checks nothing"):
        every("number", [])
