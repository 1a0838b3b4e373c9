"""An upload to ALM Octane that is killed anywhere: the next one loses and repeats nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect, IncomingRequest
from tests.faults.octane.octane_fault_world import INTENDED
from tests.fork_server import start_command
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.faults.base import Judge
    from tests.faults.octane.octane_fault_world import OctaneFaultWorld

ROOT = Path(__file__).parents[3]


def test_journal_that_ends_after_any_line_of_an_upload_is_finished(
    make_octane_world: Callable[[str], OctaneFaultWorld],
) -> None:
    world = make_octane_world("600s")
    assert world.report("pytest-jama upload").status == 0
    lines = world.journal.read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b'"line":"place"' in line)
    for cut in range(first, len(lines)):
        for torn in (b"", lines[cut][: len(lines[cut]) // 2]):
            world.journal.write_bytes(b"".join(lines[:cut]) + torn)
            resumed = world.resume()
            assert resumed.status == 0, (cut, resumed.said)
            assert world.is_finished
            assert world.stored() == INTENDED
            assert world.pushed() == dict.fromkeys(INTENDED, 1)


def test_upload_whose_journal_has_the_task_does_not_push_again(
    make_octane_world: Callable[[str], OctaneFaultWorld],
) -> None:
    world = make_octane_world("600s")
    assert world.report("pytest-jama upload").status == 0
    lines = world.journal.read_bytes().splitlines(keepends=True)
    queued = next(number for number, line in enumerate(lines) if b'"queued as task ' in line)
    world.journal.write_bytes(b"".join(lines[: queued + 1]))
    resumed = world.resume()
    asked = [f"{each.method} {each.path}" for each in resumed.requests]
    assert resumed.status == 0, resumed.said
    assert "POST /test-results" not in asked
    assert any(line.startswith("GET /test-results/") for line in asked)


@dataclass
class Killer:
    """Kills a process when its request of a number arrives, which is worked off all the same."""

    number: int
    process: subprocess.Popen[str] | None = None
    started: threading.Event = field(default_factory=threading.Event)

    def judge(self) -> Judge:
        count = 0

        def judge(_: IncomingRequest) -> Effect:
            nonlocal count
            count += 1
            if count == self.number and self.started.wait(30) and self.process is not None:
                self.process.kill()
            return NO_EFFECT

        return judge


USUAL, ALL = (10, 11), range(1, 17)
"""Which request of the upload is its last: the push and the first question after it, or any."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        has_all = metafunc.config.getoption("--every-cell")
        metafunc.parametrize("number", ALL if has_all else USUAL)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_process_that_is_killed_at_any_request_is_made_good(
    make_octane_world: Callable[[str], OctaneFaultWorld], site: Path, number: int
) -> None:
    world = make_octane_world("600s")
    world.journaled()
    killer = Killer(number)
    path = os.pathsep.join(map(str, (site, ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ADDOPTS}
    with world.struck_by(killer):
        killer.process = start_command(
            [sys.executable, "-m", "pytest_jama", "upload"],
            folder=world.folder,
            environment=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        killer.started.set()
        was_killed = killer.process.wait(60) == -signal.SIGKILL
    assert was_killed or (number not in USUAL and world.is_finished)
    resumed = world.resume()
    assert resumed.status == 0, resumed.said
    assert world.stored() == INTENDED
    assert world.pushed() == dict.fromkeys(INTENDED, 1)
    assert set(world.made().values()) == {1}


def test_storm_of_faulty_answers_loses_nothing(
    make_octane_world: Callable[[str], OctaneFaultWorld],
) -> None:
    world = make_octane_world("600s")
    kinds = ("429-bare", "503-bare", "reset-after", "drop-before", "truncate", "garbage", "empty")
    with world.struck_by(*(RandomFault(kind, probability=0.03) for kind in kinds)):
        session = world.report("pytest-jama upload")
    assert session.status == 0, session.said
    assert world.stored() == INTENDED
    assert world.pushed() == dict.fromkeys(INTENDED, 1)
    assert set(world.made().values()) == {1}


@pytest.mark.parametrize("kind", ["drop-after", "reset-after", "truncate"])
def test_push_whose_answer_never_arrives_is_found_by_the_next_upload(
    make_octane_world: Callable[[str], OctaneFaultWorld], kind: str
) -> None:
    world = make_octane_world("10s")
    with world.struck_by(RandomFault(kind, method="POST", path="/test-results")):
        session = world.report("pytest-jama upload")
    assert session.status != 0
    assert "NOT SENT" in session.said
    assert world.stored() == INTENDED
    assert world.resume().status == 0
    assert world.pushed() == dict.fromkeys(INTENDED, 1)
