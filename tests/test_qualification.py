"""docs/qualification.md: each malfunction is looked for, and the page says what the code has."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from pytest_jama.cli.selftest.catalogue import MALFUNCTIONS, PAGE, SCENES, ids_of, page_text
from tests.every import every
from tests.test_guarantees import is_a_test_without_excuse

TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
CHECKS = {check.id: check for scene in SCENES for check in scene.checks}
_NAMED = re.compile(r"`(\S+\.py)::(test_\w+)`")


def rows() -> dict[str, list[str]]:
    """Return the cells of the table of malfunctions by number."""
    table = TEXT.partition("## Malfunctions")[2].partition("###")[0]
    lines = [line for line in table.splitlines() if line.startswith("| M-")]
    return {cells[0]: cells[1:] for cells in (line.strip("| ").split(" | ") for line in lines)}


def test_the_page_has_the_malfunctions_of_the_code_in_the_same_words() -> None:
    assert {number: cells[0] for number, cells in rows().items()} == MALFUNCTIONS


@pytest.mark.parametrize("malfunction", MALFUNCTIONS)
def test_each_malfunction_is_looked_for_by_tests_that_exist_and_by_checks(malfunction: str) -> None:
    _, severity, detection, measures, suite, checks = rows()[malfunction]
    tests = _NAMED.findall(suite)
    assert (severity in {"high", "medium", "low"}, bool(detection and measures)) == (True, True)
    assert tests
    assert [test for test in tests if not is_a_test_without_excuse(*test)] == []
    assert checks.split()
    assert set(checks.split()) <= set(ids_of(malfunction))


def test_what_others_name_is_one_of_ours() -> None:
    table = TEXT.partition("| S-CORE |")[2].partition("\n\n")[0]
    found = re.findall(r"^\| (\d) \|.*\| (.*) \|$", table, re.MULTILINE)
    assert [number for number, _ in found] == ["1", "2", "3", "4", "5", "6", "7"]
    named = [re.findall(r"M-\d\d", ours) for _, ours in found]
    assert [each for ours in named for each in ours if each not in MALFUNCTIONS] == []
    assert all(named)


def test_the_tables_of_the_page_are_fresh() -> None:
    assert page_text(TEXT) == TEXT


def test_each_check_has_a_number_of_its_own_and_expects_something() -> None:
    counts = Counter(check.id for scene in SCENES for check in scene.checks)
    assert [id_ for id_, count in counts.items() if count > 1] == []
    assert [id_ for id_, check in CHECKS.items() if not check.expected] == []
    assert [scene.name for scene in SCENES if not scene.checks] == []


@every("id_", CHECKS)
def test_each_check_looks_for_a_malfunction(id_: str) -> None:
    assert CHECKS[id_].malfunctions
    assert set(CHECKS[id_].malfunctions) <= MALFUNCTIONS.keys()
