from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.journal.folder import is_finished, remove_old_journals
from pytest_jama.journal.lines import end_line, result_line
from tests.journal.samples import FULL_RESULT

if TYPE_CHECKING:
    from pathlib import Path

RESULT = json.dumps(result_line(FULL_RESULT)) + "\n"
FINISHED = json.dumps(end_line(finished=True, reason="")) + "\n"
UNFINISHED = json.dumps(end_line(finished=False, reason="no answer")) + "\n"


def write_journals(folder: Path, text: str, days: range) -> list[Path]:
    """Write a journal for each day of a month."""
    paths = [folder / f"202611{day:02}T043016Z-9f2c1ab0.jsonl" for day in days]
    for path in paths:
        path.write_text(text, encoding="utf-8")
    return paths


def kept(folder: Path) -> list[Path]:
    """Return what is left, in the order of time."""
    return sorted(folder.glob("*.jsonl"))


@pytest.mark.parametrize(
    "text, finished",
    [
        pytest.param(RESULT + FINISHED, True, id="finished"),
        pytest.param(FINISHED, True, id="finished, nothing else"),
        pytest.param(RESULT * 200 + FINISHED, True, id="a long one"),
        pytest.param(RESULT + UNFINISHED, False, id="something is left to send"),
        pytest.param(RESULT, False, id="killed"),
        pytest.param(FINISHED + RESULT, False, id="lines after the end"),
        pytest.param(FINISHED[:-3], False, id="torn end"),
        pytest.param("", False, id="empty"),
        pytest.param("\n", False, id="blank"),
        pytest.param("[]\n", False, id="no object"),
        pytest.param("[" * 4000, False, id="deep"),
        pytest.param('{"line":"end","finished":"true"}\n', False, id="text for a truth value"),
        pytest.param('{"line":"result","finished":true}\n', False, id="another line"),
    ],
)
def test_a_journal_is_finished_when_its_last_line_says_so(
    tmp_path: Path,
    text: str,
    finished: bool,
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text, encoding="utf-8")

    assert is_finished(path) is finished


def test_the_newest_ten_finished_journals_stay(tmp_path: Path) -> None:
    paths = write_journals(tmp_path, RESULT + FINISHED, range(1, 15))

    remove_old_journals(tmp_path)

    assert kept(tmp_path) == paths[-10:]


@pytest.mark.parametrize("count", [0, 1, 10])
def test_up_to_ten_finished_journals_all_stay(tmp_path: Path, count: int) -> None:
    paths = write_journals(tmp_path, FINISHED, range(1, count + 1))

    remove_old_journals(tmp_path)

    assert kept(tmp_path) == paths


@pytest.mark.parametrize("text", [UNFINISHED, RESULT, "", "torn{"])
def test_unfinished_journals_are_neither_removed_nor_counted(tmp_path: Path, text: str) -> None:
    old = write_journals(tmp_path, text, range(1, 13))
    new = write_journals(tmp_path, FINISHED, range(13, 26))

    remove_old_journals(tmp_path)

    assert kept(tmp_path) == [*old, *new[-10:]]


@pytest.mark.parametrize("name", ["notes.jsonl", "2026Z-a.json", ".gitignore"])
def test_other_files_of_the_folder_are_left_alone(tmp_path: Path, name: str) -> None:
    other = tmp_path / name
    other.write_text(FINISHED, encoding="utf-8")

    remove_old_journals(tmp_path, keep=0)

    assert other.exists()


def test_a_journal_that_another_session_removes_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    # A link to nowhere is listed, and cannot be opened: as a file that went away in between.
    (tmp_path / "20261101T043016Z-9f2c1ab0.jsonl").symlink_to(tmp_path / "gone")
    (path,) = write_journals(tmp_path, FINISHED, range(2, 3))

    remove_old_journals(tmp_path, keep=0)

    assert not path.exists()
