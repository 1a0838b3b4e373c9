"""docs/journal.md says what `journal/lines.py` writes, no more and no less."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_jama.config.journal_settings import JournalSettings
from pytest_jama.core.attached_file import FileState
from pytest_jama.core.errors import UnusableKind
from pytest_jama.core.plan import SendState
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict
from pytest_jama.journal.lines import FORMAT_VERSION
from tests.every import every
from tests.journal.record import as_bytes, read
from tests.journal.samples import BARE, FULL

PAGE = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL))
KINDS = [maker.removesuffix("_line") for maker in FULL]

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "string[]": (list,),
    "array": (list,),
    "object": (dict,),
    "integer": (int,),
    "integer or null": (int, type(None)),
    "number": (int, float),
    "boolean": (bool,),
}


def rows(kind: str) -> dict[str, str]:
    """Return the type of each field in the table of a kind."""
    table = SECTIONS[kind].partition("| field |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))


def example(kind: str) -> dict[str, Any]:
    """Return the example line of a kind."""
    (text,) = re.findall(r"```json\n(.*)\n```", SECTIONS[kind])
    line: dict[str, Any] = json.loads(text)
    return line


def test_every_kind_of_line_is_documented() -> None:
    assert list(SECTIONS) == KINDS


@every("kind", KINDS)
def test_every_field_of_a_line_is_documented(kind: str) -> None:
    assert list(rows(kind)) == list(FULL[f"{kind}_line"])


@every("kind", KINDS)
def test_the_fields_that_may_be_missing_are_called_optional(kind: str) -> None:
    optional = {field for field, kind_of in rows(kind).items() if kind_of.endswith(", optional")}

    assert optional == set(FULL[f"{kind}_line"]) - set(BARE[f"{kind}_line"])


@every("kind", KINDS)
@every("source", [FULL, BARE, None], ids=["full", "bare", "example"])
def test_the_documented_types_are_the_real_ones(
    kind: str,
    source: dict[str, dict[str, Any]] | None,
) -> None:
    line = example(kind) if source is None else source[f"{kind}_line"]
    types = {field: TYPES[name.removesuffix(", optional")] for field, name in rows(kind).items()}

    assert [field for field, value in line.items() if not isinstance(value, types[field])] == []


@every("kind", KINDS)
def test_the_example_shows_every_field_of_its_kind(kind: str) -> None:
    assert list(example(kind)) == list(rows(kind))
    assert example(kind)["line"] == kind


@every(
    "kind, words",
    [
        pytest.param("result", [outcome.value for outcome in Outcome], id="outcomes"),
        pytest.param("verdict", [*(verdict.value for verdict in Verdict), "leave"], id="verdicts"),
        pytest.param("receipt", [state.value for state in SendState], id="states"),
        pytest.param("file", [state.value for state in FileState], id="states of files"),
        pytest.param("unusable", [kind.value for kind in UnusableKind], id="kinds"),
    ],
)
def test_every_word_that_a_line_may_hold_is_documented(kind: str, words: list[str]) -> None:
    assert [word for word in words if f"`{word}`" not in SECTIONS[kind]] == []


@every(
    "sentence",
    [
        f"format version {FORMAT_VERSION}",
        f"newest {JournalSettings().keep} finished",
        "torn last line",
        "never in it",
    ],
)
def test_the_page_tells(sentence: str) -> None:
    assert sentence in " ".join(PAGE.split())


PROGRAM = re.search(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@every(
    "old,new,said",
    [
        (b"", b"", ""),
        (b'"test":', b'"tests":', "the chain is broken at line 2"),
        (b'{"line":"end"', b'{"line":"torn\n{"line":"end"', ""),
    ],
    ids=["untouched", "changed", "torn"],
)
def test_the_program_of_the_page_finds_what_was_changed(
    tmp_path: Path, old: bytes, new: bytes, said: str
) -> None:
    assert PROGRAM is not None
    content = as_bytes(FULL["session_line"], FULL["result_line"], FULL["end_line"])
    path = tmp_path / "a.jsonl"
    path.write_bytes(content.replace(old, new, 1))
    words = [sys.executable, "-c", PROGRAM[1], str(path)]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 (our own page)
    assert checked.stderr.strip() == said
    assert (checked.stdout.strip() == read(content).chain) == (not said)
