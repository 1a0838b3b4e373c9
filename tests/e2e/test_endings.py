"""How sessions end: exit status, last lines, what the server shows; alike for all front-ends.

A session ends well if and only if everything that it was given was understood (references,
reports, journal lines, hooks; a strict one also asks for a linked test), and what its mode promises
was done:

* send: every case with a verdict has a run, and every update was accepted and reads back;
* dry run: the server could be read, and every case with a verdict has a run or would get one, as
  far as reading can tell;
* no upload: the journal is whole.

Commands exit with 0 then, and else with 1, 2 (wrong use or settings) or 3 (out of reach, or
credentials refused). A green session of pytest ends with 8 in place of 1 and 3, and with 4 in place
of 2.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.endings import (
    GOOD,
    JUNIT,
    MODES,
    NO_UPLOAD,
    NOTHING,
    READS,
    SEND,
    SERIAL,
    UPLOAD,
    XDIST,
    Cell,
    Ending,
    Situation,
    Stage,
    cells_of,
    expected_ending,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness import Repository

PAGE = Path(__file__).parents[2] / "docs" / "exit-status.md"
PYTEST = (SERIAL, XDIST)
NEVER: tuple[str, ...] = ()
NOT_SENT = (SEND, NO_UPLOAD)
UNTOUCHED = ("NOT_RUN", "NOT_RUN")

ONE_SLIP = """
def test_starts(record_property):
    record_property("jama", "KEY-TC-1")

def test_slip(record_property):
    record_property("jama", "KEY-TC 2")
"""
ONE_FILE_GONE = """
def test_starts(record_property):
    record_property("jama", "KEY-TC-1")
    record_property("jama_attachment", "gone.png")

def test_stops(record_property):
    record_property("jama", "KEY-TC-2")
"""
ONLY_SLIPS = """
def test_slip(record_property):
    record_property("jama", "KEY-TC 2")
"""
ONLY_SKIPPED = """
import pytest

def test_starts(record_property):
    record_property("jama", "KEY-TC-1")
    pytest.skip("no bench")
"""
WITHOUT_REFERENCES = """
def test_starts(): pass
def test_stops(): pass
"""
ONE_FAILED = GOOD + "    assert 0\n"
NEAREST = "tests/test_it.py::test_stops"
FARTHER = "firmware/boot/test_cold.py::test_from_flash"
MAP = f"tests:\n  {FARTHER}: KEY-TC-1\n  {NEAREST}: KEY-TC-2\n"
DEAD_KEY = "tests: {gone.py::test_starts: KEY-TC-1}\n"
BREAKS = """
from pytest_jama import hookimpl

@hookimpl
def adjust_verdict(verdict): raise RuntimeError("broken")
"""

SITUATIONS = {
    "all good": Situation(status="0/0/0"),
    "a test failed": Situation(
        xdist_modes=NEVER,
        status="0/0/0",
        tests=ONE_FAILED,
        fails_tests=True,
        stored=("PASSED", "FAILED"),
    ),
    "one unusable reference": Situation(
        status="1/1/1",
        tests=ONE_SLIP,
        lines=("NOT LINKED",),
        stored=("PASSED", "NOT_RUN"),
        xdist_modes=MODES,
    ),
    "one unusable reference, only warn": Situation(
        xdist_modes=NEVER,
        status="1/1/1",
        tests=ONE_SLIP,
        settings="upload: {on_error: warn}",
        only_warns=True,
        lines=("NOT LINKED",),
        stored=("PASSED", "NOT_RUN"),
    ),
    "all references unusable": Situation(
        status="1/1/1",
        tests=ONLY_SLIPS,
        lines=("NOT LINKED", "nothing"),
        left=NEVER,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "a file is gone": Situation(
        xdist_modes=NEVER,
        status="1/1/1",
        tests=ONE_FILE_GONE,
        lines=("NO FILE",),
    ),
    "only skipped": Situation(
        status="0/0/0",
        tests=ONLY_SKIPPED,
        lines=("nothing",),
        left=NEVER,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "nothing linked": Situation(
        status="0/0/0",
        tests=WITHOUT_REFERENCES,
        settings=MAP,
        lines=("nothing",),
        nearest=NEAREST,
        farther=FARTHER,
        left=NEVER,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "nothing linked, strict": Situation(
        status="1/1/1",
        tests=WITHOUT_REFERENCES,
        settings=MAP,
        is_strict=True,
        lines=("nothing",),
        nearest=NEAREST,
        farther=FARTHER,
        left=NEVER,
        asks=NOTHING,
        stored=UNTOUCHED,
        xdist_modes=MODES,
    ),
    "nothing linked, strict upload": Situation(
        status="1/0/1",
        tests=WITHOUT_REFERENCES,
        settings=MAP,
        upload_flags=("--strict",),
        front_ends=(UPLOAD,),
        lines=("nothing",),
        nearest=NEAREST,
        farther=FARTHER,
        left=NEVER,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "dead key": Situation(
        status="0/0/0", settings=DEAD_KEY, xdist_modes=NEVER, stored=("INPROGRESS", "PASSED")
    ),
    "dead key, fail": Situation(
        status="1/1/1",
        settings=f"{DEAD_KEY}map: {{unmatched: fail}}\n",
        stored=("INPROGRESS", "PASSED"),
    ),
    "dead key, strict": Situation(
        status="1/1/1",
        settings=f"{DEAD_KEY}map: {{unmatched: warn}}\n",
        is_strict=True,
        xdist_modes=NEVER,
    ),
    "unlinked failure, strict": Situation(
        status="1/1/1",
        tests=f"{GOOD}\ndef test_free(): assert 0\n",
        is_strict=True,
        fails_tests=True,
        xdist_modes=NEVER,
    ),
    "all good, strict": Situation(status="0/0/0", is_strict=True, xdist_modes=NEVER),
    "only skipped, strict": Situation(
        xdist_modes=NEVER,
        status="0/0/0",
        tests=ONLY_SKIPPED,
        is_strict=True,
        lines=("nothing",),
        left=NEVER,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "one run refused": Situation(
        xdist_modes=NEVER,
        status="1/0/0",
        has_lock=True,
        sent_lines=("LOCKED",),
        left=NOT_SENT,
        stored=("PASSED", "NOT_RUN"),
    ),
    "case without run": Situation(
        status="1/0/1",
        asked_lines=("unresolved",),
        left=NOT_SENT,
        stored=("PASSED",),
        asked_for="--cycle=NAME ",
    ),
    "plan may not be created": Situation(
        xdist_modes=NEVER,
        status="1/0/1",
        settings="plan: {name: Release 9, create: false}",
        left=NOT_SENT,
        asks=READS,
        stored=UNTOUCHED,
        asked_for="--plan=NAME ",
    ),
    "server down": Situation(
        status="3/0/3",
        settings="upload: {give_up_after: 200ms}",
        environment={"JAMA_URL": "http://127.0.0.1:9"},
        left=NOT_SENT,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "credentials refused": Situation(
        xdist_modes=NEVER,
        status="3/0/3",
        environment={"JAMA_CLIENT_SECRET": "wrong"},
        left=NOT_SENT,
        asks=READS,
        stored=UNTOUCHED,
    ),
    "no credentials": Situation(
        xdist_modes=NEVER,
        status="2/0/2",
        environment={"JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": ""},
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "no credentials, kept": Situation(
        xdist_modes=NEVER,
        status="0/0/0",
        settings="upload: {no_credentials: journal}",
        environment={"JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": ""},
        front_ends=(SERIAL, JUNIT),
        left=MODES,
        asks=NOTHING,
        stored=UNTOUCHED,
    ),
    "no journal": Situation(
        xdist_modes=NEVER,
        status="0/1/0",
        keeps_journal=False,
        front_ends=(*PYTEST, JUNIT),
        left=(NO_UPLOAD,),
    ),
    "a hook breaks": Situation(
        status="1/1/1", conftest=BREAKS, front_ends=PYTEST, lines=("ERROR",)
    ),
    "second report unreadable": Situation(
        status="1/1/1", has_broken_report=True, front_ends=(JUNIT,), lines=("UNREADABLE",)
    ),
    "damaged journal": Situation(
        status="1/0/1",
        has_damage=True,
        front_ends=(UPLOAD,),
        lines=("DAMAGED", "unchained"),
        stored=("PASSED", "NOT_RUN"),
    ),
    "edited journal": Situation(
        status="1/0/1",
        is_edited=True,
        front_ends=(UPLOAD,),
        lines=("EDITED",),
        asks=NOTHING,
        stored=("NOT_RUN", "NOT_RUN"),
    ),
    "edited journal, accepted": Situation(
        status="0/0/0",
        is_edited=True,
        front_ends=(UPLOAD,),
        upload_flags=("--accept-edited",),
        lines=("edited",),
    ),
}
"""The table."""

CELLS = {name: tuple(cells_of(name, situation)) for name, situation in SITUATIONS.items()}


def _parameters() -> Iterator[object]:
    for cell in (cell for cells in CELLS.values() for cell in cells):
        yield pytest.param(cell, id=str(cell))


@pytest.fixture(scope="module")
def stage_of(make_repository: Callable[[], Repository]) -> Callable[[str], Stage]:
    """The stage of a situation; its sessions share it."""
    stages: dict[str, Stage] = {}

    def stage_of(name: str) -> Stage:
        if name not in stages:
            stages[name] = Stage(make_repository(), SITUATIONS[name], CELLS[name])
        return stages[name]

    return stage_of


@pytest.mark.parametrize("cell", list(_parameters()))
def test_session_ends_as_its_situation_asks(stage_of: Callable[[str], Stage], cell: Cell) -> None:
    stage, situation = stage_of(cell.situation), SITUATIONS[cell.situation]
    finished, place = stage.run(cell)
    expected = expected_ending(cell, situation)
    assert stage.look(cell, finished) == expected, finished.output
    for line in _lines(situation, place, expected, mode=cell.mode):
        assert re.search(line, finished.output, re.MULTILINE), finished.output


def test_the_page_has_every_situation_with_its_statuses() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| situation | that is |")[2]
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\|(.*)\|$", table.partition("\n\n")[0], re.MULTILINE)
    documented = {
        name: "/".join(status.strip() or "0" for status in statuses.split("|"))
        for names, statuses in rows
        for name in names.split("; ")
    }
    assert documented == {name: situation.status for name, situation in SITUATIONS.items()}


def _lines(
    situation: Situation, place: Repository, expected: Ending, *, mode: str
) -> Iterator[str]:
    """Yield patterns of lines that must not only be there, but say the right thing."""
    if "NOT LINKED" in expected.labels:
        yield rf"^NOT LINKED .*\btest_it\S*\btest_slip\b.*'{place.key}-TC 2'"
    if situation.nearest:
        farther, nearest = re.escape(situation.farther), re.escape(situation.nearest)
        yield rf"^(?!.*{farther}).*{nearest}"
    if "next" in expected.labels and situation.keeps_journal:
        (journal,) = place.folder.glob(".jama/*.jsonl")
        asked = re.escape(situation.asked_for) if mode == SEND else ""
        yield rf"^next +pytest-jama upload {asked}\.jama/{re.escape(journal.name)}$"
