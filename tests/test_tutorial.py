"""The tutorial can be followed: its commands do what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_jama.cli.commands import toolbox
from tests.console_page import told_page

PAGE = (Path(__file__).parents[1] / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, int]]:
    return told_page(PAGE, tmp_path_factory.mktemp("tutorial").resolve())


def test_the_tutorial_shows_what_its_commands_print(told: tuple[str, dict[str, int]]) -> None:
    assert told[0] == PAGE, "make docs"


def test_all_commands_of_the_tutorial_end_well_but_where_it_lets_a_test_fail(
    told: tuple[str, dict[str, int]],
) -> None:
    assert [line for line, status in told[1].items() if status] == ["pytest --jama --tb=no"]


def test_the_tutorial_knows_only_commands_that_exist(told: tuple[str, dict[str, int]]) -> None:
    named = {line.split()[1] for line in told[1] if line.startswith("pytest-jama ")}
    assert {"check", "upload", "lock", "report", "verify"} <= named <= set(toolbox.commands)
