from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.journal import JournalWriter, open_journal
from pytest_jama.journal.lines import end_line, result_line
from tests.every import every
from tests.journal.samples import BARE, FULL, NASTY, NASTY_RESULT

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)
FULL_DEVICE = Path("/dev/full")
needs_full_device = pytest.mark.skipif(
    not FULL_DEVICE.exists(),
    reason="this system has no device that is always full",
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    """An open journal."""
    writer = open_journal(tmp_path / ".jama", started=STARTED)
    yield writer
    writer.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Read a journal as strictly as JSON allows: no NaN, no torn line."""
    text = path.read_bytes().decode("ascii")
    assert text[-1:] in {"", "\n"}
    found = [json.loads(line, parse_constant=pytest.fail) for line in text.split("\n")[:-1]]
    return [{name: line[name] for name in line if name not in {"at", "chain"}} for line in found]


@pytest.mark.parametrize("samples", [FULL, BARE], ids=["full", "bare"])
def test_every_kind_of_line_reads_back(journal: JournalWriter, samples: dict[str, Any]) -> None:
    for line in samples.values():
        journal.write(line)

    assert read(journal.path) == list(samples.values())
    assert journal.failure == ""


def test_each_line_can_be_read_as_soon_as_it_is_written(journal: JournalWriter) -> None:
    for number, line in enumerate(FULL.values(), start=1):
        journal.write(line)

        assert len(read(journal.path)) == number


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no open file")
@pytest.mark.parametrize("is_kept", [True, False], ids=["moved away", "removed"])
def test_journal_that_is_removed_while_it_is_written_is_written_again(
    journal: JournalWriter, tmp_path: Path, is_kept: bool
) -> None:
    journal.write(FULL["result_line"])
    journal.path.parent.rename(tmp_path / "moved")
    if not is_kept:
        shutil.rmtree(tmp_path / "moved")
    journal.put_back()
    journal.write(BARE["result_line"])
    assert read(journal.path) == [FULL["result_line"], BARE["result_line"]]
    journal.path.unlink()
    journal.close()
    assert read(journal.path) == [FULL["result_line"], BARE["result_line"]]
    assert (journal.path.parent / ".gitignore").read_text() == "*\n"
    assert journal.failure == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no open file")
def test_journal_that_cannot_be_written_again_has_trouble(journal: JournalWriter) -> None:
    journal.write(FULL["result_line"])
    shutil.rmtree(journal.path.parent)
    journal.path.parent.write_text("a file where the folder was")
    journal.close()
    assert journal.failure == f"{journal.path} was removed while it was written: File exists"


def test_another_process_reads_an_open_journal(journal: JournalWriter) -> None:
    journal.write(FULL["result_line"])

    seen = subprocess.run(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", "import sys; print(open(sys.argv[1]).read())", str(journal.path)],
        capture_output=True,
        check=True,
        text=True,
    )

    assert json.loads(seen.stdout).items() >= FULL["result_line"].items()


KILLED = """
import os, signal, sys
from datetime import datetime, timezone
from pathlib import Path
from pytest_jama.journal import open_journal

journal = open_journal(Path(sys.argv[1]), started=datetime.now(timezone.utc))
journal.write({"line": "result", "test": "a"})
journal.write({"line": "result", "test": "b"})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills in another way")
def test_lines_outlive_the_process_that_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)  # noqa: S603 (our own interpreter)

    (path,) = tmp_path.glob("*.jsonl")
    assert killed.returncode == -signal.SIGKILL
    assert [line["test"] for line in read(path)] == ["a", "b"]


def test_odd_characters_survive_on_one_line(journal: JournalWriter) -> None:
    journal.write(result_line(NASTY_RESULT))

    (line,) = read(journal.path)
    assert (line["test"], line["message"]) == (NASTY, NASTY)
    assert journal.path.read_bytes().splitlines() == journal.path.read_bytes().split(b"\n")[:-1]


@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=4))
def test_any_text_is_written_as_one_line_of_ascii(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
) -> None:
    path = tmp_path_factory.getbasetemp() / "law.jsonl"
    writer = JournalWriter(path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))

    for text in texts:
        writer.write({"line": "result", "test": text})
    writer.close()

    assert path.read_bytes().count(b"\n") == len(texts)
    assert [line["test"] for line in read(path)] == list(map(with_surrogates_paired, texts))


def with_surrogates_paired(text: str) -> str:
    """Return what JSON can tell: two surrogates that make a pair are one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def test_the_file_is_named_after_the_start_of_the_session_in_utc(journal: JournalWriter) -> None:
    assert journal.path.name.startswith("20261122T043016Z-")
    assert journal.path.suffix == ".jsonl"


def test_two_sessions_that_start_at_once_do_not_share_a_file(tmp_path: Path) -> None:
    writers = [open_journal(tmp_path, started=STARTED) for _ in range(20)]
    for number, writer in enumerate(writers):
        writer.write({"line": "result", "test": str(number)})
        writer.close()

    assert [read(writer.path)[0]["test"] for writer in writers] == list(map(str, range(20)))


def test_a_journal_only_ever_grows(journal: JournalWriter) -> None:
    journal.write(FULL["session_line"])
    before = journal.path.read_bytes()

    journal.write(FULL["result_line"])

    assert journal.path.read_bytes().startswith(before)


def test_what_another_process_appended_is_not_overwritten(journal: JournalWriter) -> None:
    journal.write(FULL["session_line"])
    with journal.path.open("a", encoding="ascii") as other:
        other.write("{}\n")

    journal.write(FULL["result_line"])

    assert read(journal.path) == [FULL["session_line"], {}, FULL["result_line"]]


def test_the_folder_ignores_itself_for_git(journal: JournalWriter) -> None:
    assert (journal.path.parent / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_gitignore_that_somebody_wrote_is_kept(tmp_path: Path) -> None:
    ignore = tmp_path / ".gitignore"
    ignore.write_text("!*.jsonl\n", encoding="utf-8")

    open_journal(tmp_path, started=STARTED).close()

    assert ignore.read_text(encoding="utf-8") == "!*.jsonl\n"


def test_missing_folders_are_created(tmp_path: Path) -> None:
    writer = open_journal(tmp_path / "a" / "b", started=STARTED)
    writer.close()

    assert writer.path.exists()


@pytest.mark.parametrize(
    "below,why",
    [("", "{} is a file, and the journals need a folder"), ("deeper", "cannot write {}")],
    ids=["a file in its place", "a file above"],
)
def test_a_folder_that_cannot_be_made_is_trouble_and_no_exception(
    tmp_path: Path,
    below: str,
    why: str,
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    folder = tmp_path / "file" / below

    writer = open_journal(folder, started=STARTED)
    writer.write(FULL["session_line"])
    writer.close()

    assert writer.failure.startswith(why.format(folder))


def open_full_disk() -> JournalWriter:
    """Return a journal on a disk without any room."""
    return JournalWriter(FULL_DEVICE, os.open(FULL_DEVICE, os.O_WRONLY))


@needs_full_device
def test_a_full_disk_is_trouble_and_no_exception() -> None:
    writer = open_full_disk()

    writer.write(FULL["session_line"])
    writer.close()

    assert writer.failure == "cannot write /dev/full: No space left on device"


def test_journal_of_a_session_that_lacks_lines_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writer = JournalWriter(path, os.open(path, os.O_WRONLY | os.O_CREAT), failure="no room")

    writer.close()

    assert [each.name for each in tmp_path.iterdir()] == ["a.incomplete"]
    assert writer.path == tmp_path / "a.incomplete"


@needs_full_device
def test_trouble_is_remembered_as_it_was_first() -> None:
    writer = open_full_disk()
    writer.write(FULL["session_line"])
    first = writer.failure
    writer.close()

    writer.write(FULL["result_line"])

    assert writer.failure == first


def test_after_trouble_no_line_follows_that_may_be_torn(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writer = JournalWriter(path, os.open(path, os.O_WRONLY | os.O_CREAT), failure="torn")

    writer.write(FULL["result_line"])
    writer.close()

    assert writer.path.read_bytes() == b""


def test_a_line_after_the_end_is_trouble_and_no_exception(journal: JournalWriter) -> None:
    journal.close()

    journal.write(FULL["result_line"])

    assert journal.failure.startswith(f"cannot write {journal.path}")


def test_a_journal_may_be_closed_twice(journal: JournalWriter) -> None:
    journal.close()
    journal.close()

    assert journal.failure == ""


@every("keep, left", [(1, 1), (3, 3), ("all", 5)])
def test_closing_removes_old_finished_journals_unless_all_stay(
    tmp_path: Path, keep: Any, left: int
) -> None:
    for _ in range(5):
        writer = open_journal(tmp_path, started=STARTED, keep=keep)
        writer.write(end_line(finished=True, reason=""))
        writer.close()

    assert len(list(tmp_path.glob("*.jsonl"))) == left


def test_a_folder_that_cannot_be_tidied_is_trouble_and_no_exception(tmp_path: Path) -> None:
    folder = tmp_path / ".jama"
    writer = open_journal(folder, started=STARTED, keep=10)
    folder.chmod(0o777)

    writer.close()

    assert writer.failure == f"cannot tidy {folder}: is writable by everyone (mode 0777)"
