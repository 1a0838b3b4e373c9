"""The how-tos can be followed: settings, commands and code of their pages are usable."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from docs.site.commands_page import all_commands
from junit_uploader.options import parse_options
from pytest_jama.config.reference import SCHEMA
from pytest_jama.sandbox.jama.server import Sandbox
from tests.every import every
from tests.harness import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = sorted((Path(__file__).parents[1] / "docs" / "howto").glob("*.md"))
SETTINGS = json.loads(SCHEMA.read_text(encoding="utf-8"))
COMMANDS = all_commands()
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the blocks of a page that are in one of these languages."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


@every("page", PAGES)
def test_settings_of_a_howto_are_settings(page: Path) -> None:
    documents = [yaml.safe_load(text) for text in blocks(page, "yaml")]
    settings = [json.loads(json.dumps(each, default=str)) for each in documents]
    validator = jsonschema.Draft202012Validator(SETTINGS)
    assert [
        str(fault)
        for each in settings
        if "jobs" not in each
        for fault in validator.iter_errors(each)
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_a_howto_are_understood(page: Path, pytestconfig: pytest.Config) -> None:
    options = set(vars(pytestconfig.option))
    for program, *words in commands_of(page):
        if program == "junit-uploader":
            assert parse_options(words).reports
        elif program == "pytest-jama":
            COMMANDS[f"pytest-jama {words[0]}"].make_context(words[0], list(words[1:]))
        else:
            ours = {word.partition("=")[0] for word in words if word.startswith("--jama")}
            assert {word.strip("-").replace("-", "_") for word in ours} <= options


def commands_of(page: Path) -> list[list[str]]:
    """Return the command lines of ours, without what stands around them."""
    lines = [line for text in blocks(page, "sh", "powershell") for line in text.splitlines()]
    found = [re.search(r"\b((?:pytest|pytest-jama|junit-uploader) [^)#]*)", line) for line in lines]
    words = [
        shlex.split(match[1]) for match in found if match and "pip install" not in match.string
    ]
    return [each for each in words if each[0] in {"pytest", "pytest-jama", "junit-uploader"}]


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Repository]:
    with Sandbox() as sandbox:
        yield Repository(tmp_path, sandbox, "PUMP")


def test_tests_with_marks_of_other_tools_report_to_jama(moved: Repository) -> None:
    (page,) = (page for page in PAGES if page.stem == "other-tools")
    (table,) = blocks(page, "text")
    (conftest,) = blocks(page, "python")
    moved.write("conftest.py", conftest)
    moved.write("moved.csv", table)
    moved.write("pytest.ini", "[pytest]\nmarkers =\n testrail\n xray\n")
    moved.write("test_old.py", _MARKED)
    for number in (12, 13, 14):
        moved.case(number)

    finished = moved.pytest_here()

    assert finished.status == 1
    assert moved.statuses() == {12: "PASSED", 13: "FAILED", 14: "PASSED"}


_MARKED = """
import pytest

@pytest.mark.testrail(ids=("C1234", "C9999"))
def test_rate(): pass

@pytest.mark.xray(["PUMP-201", "PUMP-202"])
def test_alarm(): assert 0

def test_T77(): pass

def test_without(): pass
"""
