"""Sessions of all front-ends in all modes, and what is seen of how they end."""

from __future__ import annotations

import copy
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.harness import INSIDE, PLAN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_jama.sandbox.recorder import RecordedRequest
    from tests.harness import Finished, Repository

SERIAL, XDIST, JUNIT, UPLOAD = FRONT_ENDS = ("serial", "xdist", "junit", "upload")
"""``pytest --jama``, with ``-n 2``, `junit-uploader`, ``pytest-jama upload`` of a journal."""

SEND, NO_UPLOAD, DRY_RUN = MODES = ("send", "no upload", "dry run")

GOOD = """
def test_starts(record_property):
    record_property("jama", "KEY-TC-1")

def test_stops(record_property):
    record_property("jama", "KEY-TC-2")
"""

NOTHING, READS, WRITES = ("nothing", "reads", "writes")
"""What a session asks of the server."""

_LABELS = (
    "NOT LINKED",
    "UNREADABLE",
    "NO FILE",
    "DAMAGED",
    "EDITED",
    "ERROR",
    "LOCKED",
    "unresolved",
    "nothing",
    "edited",
    "unchained",
)
_LABEL = re.compile(rf"^({'|'.join(_LABELS)}|next) ", re.MULTILINE)
_PYTEST_STATUS = {0: 0, 1: 8, 2: 4, 3: 8}


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What sessions are given, and how they have to end.

    Attributes:
        status: What commands exit with: `send/no upload/dry run`.
        tests: The test file.
        conftest: Its hooks.
        settings: What jama.yaml says besides project, plan and cycle, or of the plan.
        environment: What differs in the environment.
        is_strict: Whether sessions are strict; uploads learn it from the journal.
        upload_flags: Flags of ``pytest-jama upload``.
        has_lock: Whether the run of the second case is locked.
        has_broken_report: Whether there is a second report that cannot be read.
        has_damage: Whether a line of the journal, of the format without chain, cannot be read.
        is_edited: Whether a line of the journal was changed.
        keeps_journal: Whether a journal can be kept.
        front_ends: Those that can come into this situation.
        xdist_modes: The modes that are worth a session with workers, which is slow: all where it is
            about what workers hand over, none where they are done before it matters.
        lines: The labels of lines that are printed in every mode.
        asked_lines: Those that are printed when the server is asked.
        sent_lines: Those that are printed when everything was to be sent.
        left: The modes after which something is left to send.
        asks: What is asked of the server when everything is to be sent.
        stored: What the run of each case shows when everything was to be sent.
        fails_tests: Whether a test fails.
        only_warns: Whether `on_error: warn` is set.
        nearest: The key of the map that must be named.
        asked_for: The option that the printed command needs, with a blank behind it.
        farther: A key that must not be named beside it.
    """

    status: str
    tests: str = GOOD
    conftest: str = ""
    settings: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_strict: bool = False
    upload_flags: tuple[str, ...] = ()
    has_lock: bool = False
    has_broken_report: bool = False
    has_damage: bool = False
    is_edited: bool = False
    keeps_journal: bool = True
    front_ends: tuple[str, ...] = FRONT_ENDS
    xdist_modes: tuple[str, ...] = (SEND,)
    lines: tuple[str, ...] = ()
    asked_lines: tuple[str, ...] = ()
    sent_lines: tuple[str, ...] = ()
    left: tuple[str, ...] = (NO_UPLOAD,)
    asks: str = WRITES
    stored: tuple[str, ...] = ("PASSED", "PASSED")
    fails_tests: bool = False
    only_warns: bool = False
    nearest: str = ""
    asked_for: str = ""
    farther: str = ""


class Cell(NamedTuple):
    """One session: a front-end in a mode in a situation."""

    situation: str
    front_end: str
    mode: str

    def __str__(self) -> str:
        return f"{self.situation}, {self.front_end}, {self.mode}"


def cells_of(name: str, situation: Situation) -> Iterator[Cell]:
    """Yield the sessions of a situation.

    An upload has no mode without upload: that is the serial session whose journal it takes.
    """
    modes = {
        SERIAL: MODES,
        XDIST: situation.xdist_modes,
        JUNIT: MODES,
        UPLOAD: (SEND, DRY_RUN),
    }
    for front_end in situation.front_ends:
        yield from (Cell(name, front_end, mode) for mode in modes[front_end])


class Ending(NamedTuple):
    """How a session ends.

    Attributes:
        status: Its exit status.
        labels: The labels of lines that are looked for.
        asked: What was asked of the server.
        stored: The status of the run of each case.
    """

    status: int
    labels: frozenset[str]
    asked: str
    stored: tuple[str, ...]


def expected_ending(cell: Cell, situation: Situation) -> Ending:
    """Return how a session has to end."""
    status = int(situation.status.split("/")[MODES.index(cell.mode)])
    if cell.front_end in (SERIAL, XDIST):
        status = _PYTEST_STATUS[status]
        status = 0 if status == _PYTEST_STATUS[1] and situation.only_warns else status
        status = 1 if situation.fails_tests else status
    labels, asked, stored = {*situation.lines}, NOTHING, ("NOT_RUN",) * len(situation.stored)
    if cell.mode in situation.left:
        labels.add("next")
    if cell.mode != NO_UPLOAD:
        labels.update(situation.asked_lines)
        asked = NOTHING if situation.asks == NOTHING else READS
    if cell.mode == SEND:
        labels.update(situation.sent_lines)
        asked, stored = situation.asks, situation.stored
    return Ending(status, frozenset(labels), asked, stored)


class Stage:
    """Where the sessions of one situation run: a project, and a cycle and a folder for each.

    Args:
        repository: The repository of the situation; its project is empty.
        situation: The situation.
        cells: All its sessions.
    """

    def __init__(
        self, repository: Repository, situation: Situation, cells: tuple[Cell, ...]
    ) -> None:
        self._repository = repository
        self._situation = situation
        self._recording: tuple[Repository, Finished] | None = None
        repository.case(1)
        repository.case(2)
        store = repository.sandbox.store
        cases = [case.id for case in store.cases(repository.key)][: len(situation.stored)]
        plan = store.add_plan(repository.key, PLAN, cases=cases)
        self._cycles = {cell: store.add_cycle(plan, _name(cell)) for cell in cells}
        for cycle in self._cycles.values() if situation.has_lock else ():
            store.set_lock(store.runs(cycle)[-1].id)

    def run(self, cell: Cell) -> tuple[Finished, Repository]:
        """Run a session; return what it said, and the folder that it ran in."""
        if (cell.front_end, cell.mode) == (SERIAL, NO_UPLOAD):
            place, finished = self._record()
            return finished, place
        place = self._place(f"{cell.front_end} {cell.mode}")
        return _RUN[cell.front_end](self, cell, place), place

    def look(self, cell: Cell, finished: Finished) -> Ending:
        """Return how a session ended."""
        runs = self._repository.sandbox.store.runs(self._cycles[cell])
        stored = {run.case_key: run.status for run in runs}
        return Ending(
            finished.status,
            frozenset(_LABEL.findall(finished.output)),
            _asked(finished.requests),
            tuple(stored[key] for key in sorted(stored)),
        )

    def run_pytest(self, cell: Cell, place: Repository) -> Finished:
        """Run ``pytest --jama``."""
        workers = ("-n", "2") if cell.front_end == XDIST else ()
        flags = {SEND: (), NO_UPLOAD: ("--jama-no-upload",), DRY_RUN: ("--jama-dry-run",)}
        strict = ("--jama-strict",) if self._situation.is_strict else ()
        return place.pytest_here(
            *(f"--jama-cycle={_name(cell)}", *flags[cell.mode], *strict, *workers),
            environment=self._situation.environment,
        )

    def run_junit_uploader(self, cell: Cell, place: Repository) -> Finished:
        """Run `junit-uploader` on the JUnit XML of pytest itself."""
        shutil.copy(self._write_report(), place.folder)
        place.write("broken.xml", "<testsuite><testcase")
        reports = ["report.xml", *(["broken.xml"] if self._situation.has_broken_report else [])]
        strict = ["--strict"] if self._situation.is_strict else []
        return self._run_command(junit_uploader, cell, place, [*strict, *reports])

    def run_upload(self, cell: Cell, place: Repository) -> Finished:
        """Run ``pytest-jama upload`` on a copy of the journal."""
        recorded, finished = self._record()
        journals = list(recorded.folder.glob(".jama/*.jsonl"))
        assert len(journals) == 1, finished.output
        shutil.copytree(recorded.folder / ".jama", place.folder / ".jama")
        path = f".jama/{journals[0].name}"
        if self._situation.has_damage:
            _damage(place, path)
        if self._situation.is_edited:
            _edit(place, path)
        return self._run_command(
            lambda words: toolbox(["upload", *words]),
            cell,
            place,
            [*self._situation.upload_flags, path],
        )

    def _run_command(
        self,
        command: Callable[[list[str]], int],
        cell: Cell,
        place: Repository,
        arguments: list[str],
    ) -> Finished:
        flags = {SEND: [], NO_UPLOAD: ["--no-upload"], DRY_RUN: ["--dry-run"]}
        words = [f"--cycle={_name(cell)}", *flags[cell.mode], *arguments]
        environment = self._situation.environment
        return place.run_here(lambda: command(words), environment=environment)

    def _record(self) -> tuple[Repository, Finished]:
        if self._recording is None:
            place = self._place("recording")
            session = Cell("", SERIAL, NO_UPLOAD)
            self._recording = place, self.run_pytest(session, place)
        return self._recording

    def _write_report(self) -> Path:
        place = self._place("report")
        path = place.folder / "report.xml"
        if not path.exists():
            plain = [word for word in INSIDE if word != "--jama"]
            # pytest warns of properties in its own default format, and warnings are errors here.
            arguments = [*plain, "-Wignore", "--junitxml=report.xml"]
            assert place.run_here(lambda: pytest.main(arguments)).status in (0, 1)
        return path

    def _place(self, name: str) -> Repository:
        place = copy.copy(self._repository)
        place.folder = self._repository.folder / name.replace(" ", "-")
        own = self._situation.settings
        plan = "" if own.startswith("plan:") else f"plan: {PLAN}\n"
        place.write("jama.yaml", f"project: KEY\n{plan}cycle: Another\n{own}")
        place.write("test_it.py", self._situation.tests)
        place.write("conftest.py", self._situation.conftest)
        if not self._situation.keeps_journal:
            place.write(".jama", "a file where the folder of the journals would be")
        return place


_RUN: Mapping[str, Callable[[Stage, Cell, Repository], Finished]] = {
    SERIAL: Stage.run_pytest,
    XDIST: Stage.run_pytest,
    JUNIT: Stage.run_junit_uploader,
    UPLOAD: Stage.run_upload,
}


def _name(cell: Cell) -> str:
    return f"{cell.front_end} {cell.mode}"


def _asked(requests: tuple[RecordedRequest, ...]) -> str:
    if not requests:
        return NOTHING
    is_written = any(
        request.method != "GET" and "oauth" not in request.path for request in requests
    )
    return WRITES if is_written else READS


def _damage(place: Repository, path: str) -> None:
    """Make the result of the second test unreadable, in a journal of the format without chain."""
    text = (place.folder / path).read_text(encoding="utf-8").replace('"format":2', '"format":1')
    lines = re.sub(r',"chain":"[^"]*"\}', "}", text).splitlines(keepends=True)
    damaged = [
        f'{line[:20]}#"\n' if '"result"' in line and "test_stops" in line else line
        for line in lines
    ]
    assert damaged != lines
    (place.folder / path).write_text("".join(damaged), encoding="utf-8")


def _edit(place: Repository, path: str) -> None:
    """Let the result of the second test say something else."""
    text = (place.folder / path).read_text(encoding="utf-8")
    edited = re.sub(r'(test_stops","outcome":)"\w+"', r'\1"skipped"', text)
    assert edited != text
    (place.folder / path).write_text(edited, encoding="utf-8")
