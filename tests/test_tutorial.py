"""The tutorial and the page of JSON documents: their commands do what they show."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from pytest_jama.cli.commands import toolbox
from tests.console_page import told_page
from tests.fork_server import quick_python
from tests.harness import ADDOPTS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the pages show paths as Unix has them")

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", quick_python(ADDOPTS))
        return told_page(_page("tutorial"), tmp_path_factory.mktemp("tutorial").resolve())


def test_the_tutorial_shows_what_its_commands_print(told: tuple[str, dict[str, int]]) -> None:
    assert told[0] == _page("tutorial"), "make docs"


@pytest.mark.usefixtures("quick_children")
def test_the_page_of_json_documents_shows_what_its_commands_print(tmp_path: Path) -> None:
    page, statuses = told_page(_page("json"), tmp_path.resolve())
    assert page == _page("json"), "make docs"
    assert statuses["junit-uploader -q --json report.xml"] == 0


def test_the_page_of_json_documents_tells_every_key_of_an_upload() -> None:
    shown = re.findall(r'^  "(\w+)"', _page("json"), re.MULTILINE)
    assert shown
    assert [key for key in shown if f"`{key}`" not in _page("json")] == []


def test_all_commands_of_the_tutorial_end_well_but_where_it_lets_a_test_fail(
    told: tuple[str, dict[str, int]],
) -> None:
    assert [line for line, status in told[1].items() if status] == ["pytest --jama --tb=no"]


def test_the_tutorial_knows_only_commands_that_exist(told: tuple[str, dict[str, int]]) -> None:
    named = {line.split()[1] for line in told[1] if line.startswith("pytest-jama ")}
    assert {"check", "upload", "lock", "report", "verify"} <= named <= set(toolbox.commands)


def _page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")
