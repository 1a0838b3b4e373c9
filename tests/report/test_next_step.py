"""The last lines of a summary."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pytest_jama.core.text import printable
from pytest_jama.report.summary import journal_line, next_line, resume_command
from tests.every import every

HERE = Path("/work place")


@every(
    "path,command",
    [
        (HERE / ".jama" / "a.jsonl", "pytest-jama upload .jama/a.jsonl"),
        (HERE / "my results" / "a.jsonl", "pytest-jama upload 'my results/a.jsonl'"),
        (Path("/other/a.jsonl"), "pytest-jama upload ../other/a.jsonl"),
        (HERE / "-v" / "a.jsonl", "pytest-jama upload -- -v/a.jsonl"),
    ],
)
def test_command_can_be_pasted_as_it_is(path: Path, command: str) -> None:
    assert resume_command(path, start=HERE) == command


@pytest.mark.skipif(os.name == "nt", reason="for the shells of other systems")
@pytest.mark.parametrize(
    "name",
    [
        "a'; touch gone; '.jsonl",
        "a\n::error::x\r\x1b[31m.jsonl",
        "\u202e1\u200b##vso[x]'\\.jsonl",
        "a\udc80b.jsonl",
        "$(touch gone)`touch gone`.jsonl",
    ],
)
def test_command_names_the_file_exactly_and_shows_nothing_else(name: str, tmp_path: Path) -> None:
    line = str(next_line(tmp_path / name, failure="", start=tmp_path))
    command = line.removeprefix("next       pytest-jama upload ")

    assert printable(line) == line
    shell = ["bash", "-c", f"printf %s {command}"]
    printed = subprocess.run(shell, cwd=tmp_path, capture_output=True, check=True)  # noqa: S603
    assert printed.stdout == os.fsencode(name)
    assert list(tmp_path.iterdir()) == []


def test_journals_that_belong_together_are_all_named() -> None:
    paths = [HERE / "a.jsonl", HERE / "b.jsonl"]
    assert resume_command(*paths, start=HERE) == "pytest-jama upload a.jsonl b.jsonl"


def test_long_command_is_not_shortened() -> None:
    paths = [HERE / f"{number}.jsonl" for number in range(200)]
    assert str(next_line(*paths, failure="", start=HERE)).endswith(" 199.jsonl")


def test_whole_journal_is_the_next_step() -> None:
    line = next_line(HERE / "a.jsonl", failure="", start=HERE)
    assert str(line) == "next       pytest-jama upload a.jsonl"


def test_journal_with_missing_lines_is_none() -> None:
    line = next_line(HERE / "a.jsonl", failure="cannot write it", start=HERE)
    assert line.text == "when that is solved, run the same session again"


def test_journal_is_named_with_what_it_lacks() -> None:
    assert str(journal_line(HERE / "a.jsonl", "", start=HERE)) == "journal    a.jsonl"
    assert journal_line(HERE / "a.jsonl", "no room", start=HERE).text == "incomplete: no room"
