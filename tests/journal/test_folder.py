from __future__ import annotations

import errno
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pytest_jama.journal import open_journal
from pytest_jama.journal.file_store import FileStore
from pytest_jama.journal.folder import find_order, is_finished, next_order, remove_old_journals
from pytest_jama.journal.lines import end_line, result_line
from tests.every import every
from tests.journal.record import as_bytes, header
from tests.journal.samples import FULL, FULL_RESULT
from tests.systems import links

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


@every(
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


def test_the_newest_finished_journals_stay(tmp_path: Path) -> None:
    paths = write_journals(tmp_path, RESULT + FINISHED, range(1, 15))

    remove_old_journals(tmp_path, keep=10)

    assert kept(tmp_path) == paths[-10:]


@every("count", [0, 1, 10])
def test_when_there_are_no_more_finished_journals_all_stay(tmp_path: Path, count: int) -> None:
    paths = write_journals(tmp_path, FINISHED, range(1, count + 1))

    remove_old_journals(tmp_path, keep=10)

    assert kept(tmp_path) == paths


@every("text", [UNFINISHED, RESULT, "", "torn{"])
def test_unfinished_journals_are_neither_removed_nor_counted(tmp_path: Path, text: str) -> None:
    old = write_journals(tmp_path, text, range(1, 13))
    new = write_journals(tmp_path, FINISHED, range(13, 26))

    remove_old_journals(tmp_path, keep=10)

    assert kept(tmp_path) == [*old, *new[-10:]]


def test_the_files_of_a_journal_go_with_it_and_those_of_others_stay(tmp_path: Path) -> None:
    paths = write_journals(tmp_path, FINISHED, range(1, 4))
    for path in paths:
        FileStore.of_journal(path).keep(path.name.encode())

    remove_old_journals(tmp_path, keep=1)

    assert kept(tmp_path) == paths[-1:]
    assert [*tmp_path.glob("*.files")] == [FileStore.of_journal(paths[-1]).folder]


@every("name", ["notes.jsonl", "2026Z-a.json", ".gitignore"])
def test_other_files_of_the_folder_are_left_alone(tmp_path: Path, name: str) -> None:
    other = tmp_path / name
    other.write_text(FINISHED, encoding="utf-8")

    remove_old_journals(tmp_path, keep=0)

    assert other.exists()


@links
def test_a_journal_that_another_session_removes_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    # A link to nowhere is listed, and cannot be opened: as a file that went away in between.
    (tmp_path / "20261101T043016Z-9f2c1ab0.jsonl").symlink_to(tmp_path / "gone")
    (path,) = write_journals(tmp_path, FINISHED, range(2, 3))

    remove_old_journals(tmp_path, keep=0)

    assert not path.exists()


class SharingViolationError(PermissionError):
    """What Windows says of a file that another process has open."""

    winerror = 32


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(SharingViolationError(errno.EACCES, "used by another process"), id="Windows"),
        pytest.param(OSError(errno.EBUSY, "busy"), id="a share"),
        pytest.param(OSError(errno.ETXTBSY, "busy"), id="another share"),
    ],
)
def test_a_journal_that_another_process_has_open_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    paths = write_journals(tmp_path, FINISHED, range(1, 5))
    refuse_to_remove(paths[1], error, monkeypatch)

    writer = open_journal(tmp_path, started=STARTED, keep=1)
    writer.write(end_line(finished=True, reason=""))
    writer.close()

    assert kept(tmp_path) == [paths[1], writer.path]
    assert writer.failure == ""


def test_a_folder_that_cannot_be_tidied_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_journals(tmp_path, FINISHED, range(1, 3))
    refuse_to_remove(paths[0], PermissionError(errno.EACCES, "Permission denied"), monkeypatch)

    writer = open_journal(tmp_path, started=STARTED, keep=1)
    writer.close()

    assert writer.failure == f"cannot tidy {tmp_path}: Permission denied"


def refuse_to_remove(path: Path, error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system say that it cannot remove a file."""
    remove = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            raise error
        remove(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)


STARTED = datetime(2026, 11, 22, 4, 30, 16, 123456, tzinfo=timezone.utc)
MICROSECONDS = 1_795_321_816_123_456


def test_number_of_a_session_is_its_time(tmp_path: Path) -> None:
    assert next_order(tmp_path, STARTED) == MICROSECONDS


@every("name", ["a.jsonl", "zzz.incomplete"])
@every("ahead", [0, 1, 10**15])
def test_later_session_has_the_greater_number_whatever_the_clock_says(
    tmp_path: Path, name: str, ahead: int
) -> None:
    known = header(order=MICROSECONDS + ahead)
    (tmp_path / name).write_bytes(as_bytes(known, end_line(finished=True, reason="")))
    assert next_order(tmp_path, STARTED) == MICROSECONDS + ahead + 1


def test_journal_of_version_0_1_has_the_number_of_its_time(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(as_bytes(header(started="2026-11-22T04:30:17+00:00")))
    assert next_order(tmp_path, STARTED) == MICROSECONDS // 10**6 * 10**6 + 10**6 + 1


@every(
    "content",
    [
        b"",
        b"\xff\n",
        b"[]\n",
        b'{"line":"result","order":9}\n',
        b'{"line":"session"}\n',
        b'{"line":"session","started":7}\n',
        b'{"line":"session","order":true,"started":"now"}\n',
        b"[" * 4000,
    ],
)
def test_what_is_not_a_journal_has_no_number(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert find_order(path) == 0
    assert next_order(tmp_path, STARTED) == MICROSECONDS


def test_journals_are_removed_by_their_order_and_not_by_their_names(tmp_path: Path) -> None:
    paths = write_journals(tmp_path, "", range(1, 13))
    for number, path in enumerate(reversed(paths)):
        path.write_bytes(as_bytes(header(order=number + 1)) + FINISHED.encode("ascii"))

    remove_old_journals(tmp_path, keep=10)

    assert kept(tmp_path) == paths[:10]


def test_partner_of_an_unfinished_journal_is_kept(tmp_path: Path) -> None:
    paths = write_journals(tmp_path, "", range(1, 13))
    for number, path in enumerate(paths):
        path.write_bytes(as_bytes(header(path.stem, order=number + 1)) + FINISHED.encode("ascii"))
    upload = {**FULL["upload_line"], "sessions": [paths[0].stem]}
    waiting = tmp_path / "20261201T000000Z-1.jsonl"
    waiting.write_bytes(as_bytes(header(order=50), result_line(FULL_RESULT), upload))

    remove_old_journals(tmp_path, keep=10)

    assert kept(tmp_path) == [paths[0], *paths[2:], waiting]
