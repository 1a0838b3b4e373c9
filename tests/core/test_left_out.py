"""Why cases are without tests: narrower keys of the map, and options that deselect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import parse_links, without_none
from pytest_jama.core.left_out import describe_deselected, find_deselecting, find_taken_away
from pytest_jama.core.results import Outcome, TestResult
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _taken(entries: Mapping[str, str], tests: Sequence[str], **marked: str) -> list[str]:
    test_map, _ = CaseMap.build(
        MapEntry(key, parse_links(case), line) for line, (key, case) in enumerate(entries.items())
    )
    results = [
        TestResult(
            test,
            Outcome.NOT_REACHED,
            links=without_none(parse_links(marked.get(test, "")) or test_map.find(test)),
        )
        for test in tests
    ]
    return list(map(str, find_taken_away(test_map, results)))


_MANY = [f"tests/test_a.py::test_many[{number}]" for number in range(500)]


def test_a_case_is_named_that_is_without_the_tests_of_narrower_keys() -> None:
    entries = {"tests/test_a.py::test_many": "P-TC-1", "tests/test_a.py": "P-TC-2"}
    said = _taken(entries, [*_MANY, "tests/test_a.py::test_one"])
    assert said == ["P-TC-2 is without 500 tests that a narrower key gives to P-TC-1"]


def test_each_wider_key_is_without_the_tests_of_the_narrowest() -> None:
    entries = {"tests": "P-TC-1", "tests/test_a.py": "P-TC-2", "**::test_many*": "P-TC-3"}
    assert _taken(entries, _MANY[:1]) == [
        "P-TC-1 is without 1 test that a narrower key gives to P-TC-2",
        "P-TC-3 is without 1 test that a narrower key gives to P-TC-2",
    ]


@every(
    "narrower",
    [
        pytest.param("none", id="none takes it out on purpose"),
        pytest.param("P-TC-1,P-TC-2", id="the narrower key names the case, too"),
        pytest.param("P-TC-2#3", id="the narrower key names a step of the case"),
    ],
)
def test_what_is_meant_is_not_named(narrower: str) -> None:
    assert not _taken({"tests": "P-TC-2", "tests/test_a.py::test_many": narrower}, _MANY)


def test_a_test_that_names_its_case_itself_is_not_taken_away_by_a_key() -> None:
    entries = {"tests": "P-TC-2", "tests/test_a.py::test_x": "P-TC-1"}
    name = "tests/test_a.py::test_x"
    assert not _taken(entries, [name], **{name: "P-TC-7"})


def test_many_cases_are_counted() -> None:
    entries = {f"t.py::test_{number}": f"P-TC-{number}" for number in range(1, 6)}
    said = _taken({"t.py": "P-TC-9", **entries}, list(entries))
    assert said == [
        "P-TC-9 is without 5 tests that narrower keys give to P-TC-1, P-TC-2, P-TC-3 and 2 more"
    ]


_MARK, _LAST, _EACH = ("-m",), ("--lf", "--last-failed"), ("--deselect",)


@every(
    "ini, line, said",
    [
        (["-ra", "-m", "not stress"], ["-q"], "-m 'not stress' (addopts)"),
        (["-m", "slow"], ["-m", "not stress"], "-m 'not stress' (command line)"),
        (["-qm", "not stress"], [], "-m 'not stress' (addopts)"),
        (["-m=not stress"], [], "-m 'not stress' (addopts)"),
        (["-mnot stress"], [], "-m 'not stress' (addopts)"),
        ([], [], "-m 'not stress'"),
    ],
)
def test_an_option_that_deselects_is_named_with_its_origin(
    ini: list[str], line: list[str], said: str
) -> None:
    found = find_deselecting({_MARK: "not stress"}, [("addopts", ini), ("command line", line)])
    assert list(map(str, found)) == [said]


def test_flags_and_options_that_are_repeated_are_named_one_by_one() -> None:
    values = {_LAST: True, _MARK: "", _EACH: ["a.py::x", "b.py"]}
    sources = [
        ("addopts", ["--deselect=b.py"]),
        ("line", ["--last-failed", "--deselect", "a.py::x"]),
    ]
    found = find_deselecting(values, sources)
    assert list(map(str, found)) == [
        "--lf (line)",
        "--deselect a.py::x (line)",
        "--deselect b.py (addopts)",
    ]


def test_deselected_tests_are_counted_with_what_did_it() -> None:
    options = find_deselecting({_MARK: "fast"}, [("addopts in pytest.ini", ["-m", "fast"])])
    assert (
        describe_deselected(7, options) == "7 tests deselected by -m fast (addopts in pytest.ini)"
    )
    assert describe_deselected(1, ()) == "1 test deselected by a plugin or conftest.py"
