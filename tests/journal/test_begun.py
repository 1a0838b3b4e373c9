"""What a journal knows of creations that began, and whether they may come to be still."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_jama.core.plan import Change, ChangeKind, Place, Plan
from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines, sending_lines
from pytest_jama.journal.candidates import LATELY_S, find_begun
from tests.every import every
from tests.journal.record import a_test, as_bytes, header

if TYPE_CHECKING:
    from pathlib import Path

PLAN, CYCLE = (Change(ChangeKind.CREATE, what) for what in ("test plan 'A'", "test cycle 'B'"))
AT = "2026-11-22T05:00:00.250+00:00"
NOW_S = 1_795_323_600.25


def _creations(*states: tuple[Change, str]) -> list[lines.JournalLine]:
    return [
        {**sending_lines.creation_line(change, state=state), "at": AT} for change, state in states
    ]


PLACED = sending_lines.place_line(Plan(places=(Place("plan", "A", 1),)))
ENDED = lines.end_line(finished=True, reason="")


@every(
    "more, begun",
    [
        (_creations((PLAN, "begun")), {PLAN.what: NOW_S}),
        (_creations((PLAN, "begun"), (CYCLE, "begun")), {PLAN.what: NOW_S, CYCLE.what: NOW_S}),
        (_creations((PLAN, "begun"), (CYCLE, "begun"), (CYCLE, "refused")), {PLAN.what: NOW_S}),
        ([*_creations((PLAN, "begun")), PLACED], {}),
        (
            [*_creations((PLAN, "begun")), PLACED, *_creations((CYCLE, "begun"))],
            {CYCLE.what: NOW_S},
        ),
    ],
    ids=["begun", "both", "refused", "placed", "begun again"],
)
def test_what_began_is_open_until_it_is_refused_or_a_place_is_found(
    more: list[lines.JournalLine], begun: dict[str, float], tmp_path: Path
) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(_journal(*more))
    own = tmp_path / "own.jsonl"
    assert find_begun([own], now_s=path.stat().st_mtime) == begun


def _journal(*more: lines.JournalLine) -> bytes:
    return as_bytes(header(), lines.result_line(a_test("test_1", Outcome.PASSED)), *more)


@every(
    "name, age_s, more",
    [
        ("own.jsonl", 0, ()),
        ("old.jsonl", LATELY_S + 1, ()),
        ("set-aside.incomplete", 0, ()),
        ("finished.jsonl", 0, (ENDED,)),
        ("other.txt", 0, ()),
    ],
)
def test_the_own_journal_and_those_that_can_say_nothing_are_not_asked(
    name: str, age_s: float, more: tuple[lines.JournalLine, ...], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(_journal(*_creations((PLAN, "begun")), *more))
    os.utime(path, (NOW_S - age_s, NOW_S - age_s))
    assert find_begun([tmp_path / "own.jsonl"], now_s=NOW_S) == {}


def test_a_journal_that_cannot_be_read_keeps_no_session_from_its_end(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_bytes(b'{"line":"creation"\xff\n')
    (tmp_path / "folder.jsonl").mkdir()
    assert find_begun([tmp_path / "own.jsonl"]) == {}
    assert find_begun([tmp_path / "gone" / "own.jsonl"]) == {}
    assert find_begun([]) == {}
