"""What was done to a journal is found and named, and what is torn is not taken for it."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.results import Outcome
from pytest_jama.journal import Journals, lines, open_journal
from pytest_jama.journal.chain import EditKind, LineEdit, describe_edits, name_lines
from pytest_jama.journal.record import by_session
from pytest_jama.journal.select import take_up
from tests.every import every
from tests.journal.record import a_test, as_bytes, collected, header, read, record
from tests.journal.samples import FULL

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from pytest_jama.journal import JournalWriter

STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)
TESTS = [a_test(name, cases=f"J-TC-{number}") for number, name in enumerate("abcd", start=1)]
LISTED = collected(*(each._replace(outcome=Outcome.NOT_REACHED) for each in TESTS))
WHOLE = as_bytes(header(), LISTED, *map(lines.result_line, TESTS), FULL["verdict_line"]).splitlines(
    keepends=True
)
"""Seven lines: header, collected, the results a, b, c and d, a verdict."""
OTHER = as_bytes(
    header("s2"), LISTED, *map(lines.result_line, TESTS), FULL["verdict_line"]
).splitlines(keepends=True)
FIELD = re.compile(rb',"chain":"[^"]*"')

C, M, P = EditKind.CHANGED, EditKind.MISSING, EditKind.MOVED


def changed(line: bytes) -> bytes:
    return line.replace(b'"passed"', b'"failed"')


def edits_of(content: list[bytes]) -> list[LineEdit]:
    return read(b"".join(content)).edits


def test_what_nobody_touched_is_not_said_to_be_changed() -> None:
    assert edits_of(WHOLE) == []


@every("at", range(len(WHOLE)))
def test_a_changed_line_is_named_and_no_other(at: int) -> None:
    line = re.sub(rb'^\{"line"', b'{"mood":1,"line"', WHOLE[at])
    assert edits_of([*WHOLE[:at], line, *WHOLE[at + 1 :]]) == ([LineEdit(at + 1, C)])


@every("at", range(1, len(WHOLE) - 1))
def test_a_removed_line_is_missing_before_the_next(at: int) -> None:
    assert edits_of([*WHOLE[:at], *WHOLE[at + 1 :]]) == [LineEdit(at + 1, M)]


@every(
    "content,edits",
    [
        ([*WHOLE[:2], WHOLE[3], WHOLE[2], *WHOLE[4:]], [LineEdit(3, M), LineEdit(5, M)]),
        ([*WHOLE[:3], WHOLE[2], *WHOLE[3:]], [LineEdit(4, P)]),
        ([*WHOLE, WHOLE[2]], [LineEdit(8, P)]),
        ([*WHOLE[:4], OTHER[4], *WHOLE[4:]], [LineEdit(5, C)]),
        ([*WHOLE[:4], OTHER[4], *WHOLE[5:]], [LineEdit(5, C), LineEdit(6, C)]),
        ([*WHOLE[:2], *OTHER[2:]], [LineEdit(3, C)]),
        ([*WHOLE[:4], as_bytes(FULL["end_line"]), *WHOLE[4:]], [LineEdit(5, EditKind.UNCHAINED)]),
        ([OTHER[0], *WHOLE[1:]], [LineEdit(2, C)]),
        (
            [*WHOLE[:4], FIELD.sub(b"", WHOLE[4]), *WHOLE[5:]],
            [LineEdit(5, EditKind.UNCHAINED), LineEdit(6, M)],
        ),
        (
            [WHOLE[0].replace(b'"format":2', b'"format":1'), *WHOLE[1:]],
            [LineEdit(1, EditKind.HEADER), LineEdit(1, C)],
        ),
        (
            [FIELD.sub(b"", WHOLE[0]).replace(b'"format":2', b'"format":1'), *WHOLE[1:]],
            [LineEdit(1, EditKind.HEADER), LineEdit(2, M)],
        ),
    ],
    ids=[
        *("swapped", "repeated", "repeated at the end", "inserted", "replaced", "other's rest"),
        *("inserted without chain", "other's header", "chain removed"),
        *("format 1", "format 1 without chain"),
    ],
)
def test_what_was_done_is_told_apart(content: list[bytes], edits: list[LineEdit]) -> None:
    assert edits_of(content) == edits


def test_journal_whose_chain_was_taken_away_is_changed_in_every_line() -> None:
    content = [FIELD.sub(b"", line) for line in WHOLE]
    assert [edit.line for edit in edits_of(content)] == list(range(1, 8))


def test_the_end_that_is_missing_cannot_be_told_from_a_kill_and_claims_less() -> None:
    found = read(b"".join(WHOLE[:4]))
    assert (found.edits, found.damaged) == ([], [])
    outcomes = [result.outcome for result in found.all_results()]
    assert outcomes == [Outcome.PASSED, Outcome.PASSED, *[Outcome.NOT_REACHED] * 2]


@every("tail", [b'{"line":"result","test":"a', b"\0" * 50, WHOLE[2][:-2]])
def test_a_torn_end_is_no_edit(tail: bytes) -> None:
    found = read(b"".join(WHOLE) + tail)
    assert (found.edits, found.damaged) == ([], [])


def test_line_ends_of_other_systems_are_no_edit() -> None:
    assert edits_of([line.replace(b"\n", b"\r\n") for line in WHOLE]) == []


def test_journals_of_format_1_are_read_and_said_to_be_unchained() -> None:
    content = FIELD.sub(b"", b"".join(WHOLE)).replace(b'"format":2', b'"format":1')
    found = read(content)
    assert (found.is_chained, found.edits, len(found.results)) == (False, [], 4)


def test_edits_are_told_in_few_words() -> None:
    edits = [LineEdit(7, C), LineEdit(9, M), LineEdit(9, P)]
    assert describe_edits(edits[1:2]) == "lines are missing or moved before line 9"
    assert describe_edits(edits) == (
        "line 7 was changed after it was written, or comes from another journal; and 2 more changes"
    )
    assert (name_lines(edits[:1]), name_lines(edits)) == ("line 7", "lines 7, 9")
    assert name_lines([LineEdit(n, C) for n in range(1, 9)]) == "lines 1, 2, 3, 4 and 4 more"


def write_upload(path: Path, *several: lines.JournalLine) -> None:
    journals = Journals([take_up(path).writer])
    journals.begin_lines()
    journals.write(*several)
    journals.close()


@every(
    "tail", [b"", b'{"line":"rec', b"\0" * 9, WHOLE[6][:-1]], ids=["whole", "torn", "NUL", "no LF"]
)
def test_an_upload_goes_on_with_the_chain(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(WHOLE[:6]) + tail)
    for _ in range(2):
        write_upload(path, FULL["upload_line"], FULL["end_line"])
    found = read(path.read_bytes())
    assert (found.edits, found.damaged, found.chain.partition(":")[0]) == (
        [],
        [],
        "11" if tail.startswith(b'{"line":"ver') else "10",
    )


def test_what_is_appended_to_a_journal_without_chain_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    content = FIELD.sub(b"", b"".join(WHOLE)).replace(b'"format":2', b'"format":1')
    path.write_bytes(content)
    write_upload(path, FULL["upload_line"])
    assert b"chain" not in path.read_bytes()
    assert read(path.read_bytes()).edits == []


def test_accepted_edits_stay_accepted_and_are_still_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join([*WHOLE[:2], changed(WHOLE[2]), *WHOLE[3:]]))
    upload = {**FULL["upload_line"], "accepted_edits": {"s1": [3, 9], "s2": [4]}}
    write_upload(path, upload, FULL["end_line"])
    with path.open("ab") as file:
        file.write(WHOLE[2])
    found = read(path.read_bytes())
    assert found.edits == [LineEdit(3, C), LineEdit(10, P)]
    assert found.open_edits == (LineEdit(10, P),)


def test_a_line_that_was_put_there_accepts_nothing_of_itself() -> None:
    forged = as_bytes({**FULL["upload_line"], "accepted_edits": {"s1": [8]}})
    assert [edit.line for edit in read(b"".join([*WHOLE, forged])).open_edits] == [8]


def test_lines_carry_the_time_of_their_event(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc)
    writer = open_journal(tmp_path, started=STARTED)
    writer.write(header(), FULL["update_line"], FULL["receipt_line"], FULL["place_line"])
    writer.write_encoded(lines.result_text(a_test("a", duration_s=0.1)))
    writer.close()
    found = [json.loads(line) for line in writer.path.read_bytes().splitlines()]
    times = {line.get("at") for line in found[:4]}
    (at,) = times
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", at)
    assert -1 < (datetime.fromisoformat(at) - before).total_seconds() < 60
    assert "at" not in found[4]
    assert all(list(line)[-1] == "chain" for line in found)


class Interruption:
    """Breaks the writing of a line off, as Ctrl-C does, at one of its instructions.

    Args:
        at: Which one, from 0.
    """

    def __init__(self, at: int) -> None:
        self._left = at

    def __call__(self, frame: FrameType, event: str, _: object) -> Interruption | None:
        if not frame.f_code.co_filename.endswith(("file.py", "chain.py")):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self._left -= 1
            if self._left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self


def write_interrupted(writer: JournalWriter, at: int) -> bool:
    """Write a line; return whether it was broken off."""
    before = sys.gettrace()
    sys.settrace(Interruption(at))
    try:
        writer.write_encoded('{"line":"mood"}')
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_ctrl_c_anywhere_in_the_writing_of_a_line_leaves_the_chain_whole(tmp_path: Path) -> None:
    writer = open_journal(tmp_path, started=STARTED)
    writer.write(header())
    count = 0
    while write_interrupted(writer, count):
        count += 1
        if count % 2:  # another one may come before the next line
            writer.write_encoded('{"line":"mood"}')
    writer.close()
    found = read(writer.path.read_bytes())
    assert count > 50
    assert (found.edits, found.damaged, writer.failure) == ([], [], "")


@pytest.mark.skipif(not hasattr(os, "pread"), reason="Windows removes no open file")
def test_a_journal_that_is_put_back_goes_on_with_its_chain(tmp_path: Path) -> None:
    writer = open_journal(tmp_path, started=STARTED)
    writer.write(header(), FULL["collected_line"])
    writer.path.unlink()
    writer.put_back()
    writer.write(FULL["end_line"])
    writer.close()
    assert read(writer.path.read_bytes()).edits == []


def test_several_files_of_one_session_tell_the_edits_of_each() -> None:
    good, bad = record(LISTED), record(LISTED)
    bad.edits.append(LineEdit(2, C))
    (united,) = by_session([good, bad])
    assert united.edits == [LineEdit(2, C)]
