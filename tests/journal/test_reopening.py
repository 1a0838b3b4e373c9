"""Who may write a journal, and what is appended to one that broke off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from pytest_jama.journal import open_journal
from pytest_jama.journal.folder import is_finished
from pytest_jama.journal.journals import Journals
from pytest_jama.journal.lines import end_line
from pytest_jama.journal.select import InUseError, take_up
from tests.journal.record import as_bytes, header, read

if TYPE_CHECKING:
    from pathlib import Path

STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)
END = end_line(finished=True, reason="")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal that holds its header."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(as_bytes(header()))
    return path


def test_journal_of_a_session_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    writer = open_journal(tmp_path, started=STARTED)
    writer.write(header())
    with pytest.raises(InUseError, match="in use"):
        take_up(writer.path)
    writer.close()
    take_up(writer.path).writer.close()


def test_lock_goes_with_the_process(path: Path) -> None:
    script = (
        "import os, signal, sys, pathlib\n"
        "from pytest_jama.journal.select import take_up\n"
        "taken = take_up(pathlib.Path(sys.argv[1]))\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(InUseError):
        take_up(path)
    process.kill()
    process.communicate()
    take_up(path).writer.close()


FORKING = """
import os, signal, sys, time
from datetime import datetime, timezone
from pathlib import Path
from pytest_jama.journal import open_journal

session = os.getpid()
journal = open_journal(Path(sys.argv[1]), started=datetime.now(timezone.utc))
journal.write({"line": "session"})
if os.fork():
    os.kill(os.getpid(), signal.SIGKILL)
journal.write({"line": "result"})
while os.getppid() == session:
    time.sleep(0.01)
print("forked", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_child_that_outlives_the_session_neither_writes_nor_locks(tmp_path: Path) -> None:
    process = subprocess.Popen(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", FORKING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "forked\n"
    (path,) = tmp_path.glob("*.jsonl")
    assert b'{"line":"session"' in path.read_bytes()
    assert b'{"line":"result"' not in path.read_bytes()
    path.write_bytes(as_bytes(header()))
    take_up(path).writer.close()
    process.communicate()


@pytest.mark.parametrize(
    "torn,begun",
    [(b"", b""), (b'{"line":"res', b"\n"), (b"\0\0", b"\n")],
    ids=["whole", "torn", "NUL bytes"],
)
def test_first_line_begins_on_a_line_of_its_own(path: Path, torn: bytes, begun: bytes) -> None:
    before = path.read_bytes() + torn
    path.write_bytes(before)
    journal = Journals([take_up(path).writer])
    journal.begin_lines()
    journal.write(END)
    journal.write_encoded('{"line":"mood"}')
    journal.close()
    added = path.read_bytes().removeprefix(before + begun)
    assert [json.loads(line)["line"] for line in added.splitlines()] == ["end", "mood"]
    assert read(path.read_bytes()).edits == []


def test_every_journal_gets_every_line(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.jsonl", "b.jsonl")]
    for each in paths:
        each.write_bytes(as_bytes(header()))
    journal = Journals([take_up(each).writer for each in paths])
    journal.write(END)
    journal.close()
    assert [is_finished(each) for each in paths] == [True, True]


def test_one_journal_that_cannot_be_written_does_not_keep_the_others(
    path: Path, tmp_path: Path
) -> None:
    full = tmp_path / "full.jsonl"
    full.write_bytes(as_bytes(header()))
    broken = take_up(full).writer
    broken.close()
    journal = Journals([broken, take_up(path).writer])
    journal.write(END)
    journal.close()
    assert journal.failure.startswith(f"cannot write {full}")
    assert is_finished(path)


def test_closing_leaves_other_journals_of_the_folder_alone(tmp_path: Path) -> None:
    for number in range(12):
        name = f"20261122T0430{number:02}Z-1.jsonl"
        (tmp_path / name).write_bytes(as_bytes(header(), END))
    take_up(tmp_path / name).writer.close()
    assert len(list(tmp_path.glob("*.jsonl"))) == 12


def test_finished_journal_with_a_tail_of_nul_bytes_is_finished(path: Path) -> None:
    path.write_bytes(as_bytes(header(), END) + b"\0" * 50)
    assert is_finished(path)


def test_dry_run_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    journal = Journals([], paths=[path])
    journal.write(END)
    journal.write_encoded("{}")
    journal.close()
    assert (journal.failure, path.read_bytes()) == ("", before)
