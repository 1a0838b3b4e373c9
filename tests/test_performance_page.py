"""The page of figures holds what the generators of bench/ measured, and nothing by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.every import every

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^<!-- bench: (\S+) -->\n(.*?)^<!-- end -->", re.MULTILINE | re.DOTALL)
TABLES: dict[str, str] = dict(_BLOCK.findall(PAGE))
_MADE = re.compile(r"^`(bench/\w+\.py)`: `\.venv/bin/python bench/run\.py ([\w-]+)", re.MULTILINE)
_COMMANDS = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SOURCES = re.compile(r"^\| [^|]+ \| `?([^|`]*)`? *\|", re.MULTILINE)


def test_no_table_of_the_page_stands_outside_of_a_generator() -> None:
    made = "".join(TABLES.values())
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert rows
    assert [line for line in rows if line not in made] == []


def test_the_page_has_each_table_of_a_generator_and_says_which_made_it() -> None:
    run = pytest.importorskip("bench.run", reason="the wheel is tested without bench/")
    made = {name: _MADE.findall(text) for name, text in TABLES.items()}
    assert made == {name: [(table.source, name)] for name, table in run.TABLES.items()}
    assert [source for [(source, _)] in made.values() if not (ROOT / source).is_file()] == []


@every("name", TABLES)
def test_each_row_follows_from_commands_below_its_table(name: str) -> None:
    (block,) = _COMMANDS.findall(TABLES[name])
    commands = [line.split("  ")[0] for line in block.splitlines()]
    _, _, *sources = _SOURCES.findall(TABLES[name])
    assert commands
    assert sources
    assert [each for each in sources if not any(name in each for name in commands)] == []


def test_pictures_of_figures_follow_light_and_dark_screens() -> None:
    pictures = re.findall(r"^!\[[^\]]{40,}\]\((pictures/\S+\.svg)\)", PAGE, re.MULTILINE)
    assert pictures
    for each in pictures:
        text = (ROOT / "docs" / each).read_text(encoding="utf-8")
        assert "prefers-color-scheme: dark" in text
        assert "var(--ink)" in text
