"""`upload: {when: during}` that is killed, interrupted, or has a server that fails meanwhile."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import Effect, IncomingRequest, RandomFault
from tests.e2e.resuming import (
    CASES,
    EXPECTED,
    IN_FLIGHT,
    Holding,
    KillAt,
    journals,
    kill,
    patches,
    upload,
)
from tests.harness import PYTEST
from tests.systems import signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Repository

SUITE = """
import pytest, time

@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.jama(f"KEY-TC-{n}")) for n in range(1, 25)]
)
def test_it(number):
    time.sleep(0.03)
    assert number % 5
"""


@pytest.fixture
def during(apart: Repository) -> Repository:
    """A repository that sends while tests run; each of them takes a moment."""
    configure(apart)
    apart.write("test_it.py", SUITE)
    apart.sandbox.clear_requests()
    return apart


def configure(repository: Repository, *, give_up_after_s: int = 120) -> None:
    repository.write(
        "jama.yaml",
        f"""
        project: KEY
        plan: Release 1
        cycle: Build 1
        upload: {{when: during, concurrency: {IN_FLIGHT}, give_up_after: {give_up_after_s}}}
        """,
    )


def ended(repository: Repository) -> set[int]:
    """Return the numbers of the cases whose tests have ended, as the journal has it."""
    results = (line for line in repository.journal() if line["line"] == "result")
    return {int(line["cases"][0].rpartition("-")[2]) for line in results}


def wait_for_all_verdicts(repository: Repository) -> None:
    """Wait until the journal has them: then the session waits for what is under way alone."""
    (journal,) = journals(repository)
    deadline = time.monotonic() + 30
    while journal.read_text(encoding="utf-8").count('"line":"verdict"') < CASES:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@signals
@pytest.mark.parametrize(
    "at, workers", [(1, ()), (12, ()), (7, ("-n", "2"))], ids=["first", "middle", "xdist"]
)
def test_a_killed_session_is_finished_and_nothing_but_what_was_in_flight_is_sent_twice(
    during: Repository, at: int, workers: tuple[str, ...]
) -> None:
    kill(during, [*PYTEST, *workers], KillAt("PATCH", at))
    first = patches(during)
    done = ended(during)
    finished = upload(during)
    assert finished.status == 0, finished.output
    left = {number: "INPROGRESS" for number in EXPECTED if number not in done}
    assert during.statuses() == {**EXPECTED, **left}
    assert len(first & patches(during)) <= IN_FLIGHT
    assert max((first + patches(during)).values()) <= 2
    (journal,) = during.folder.glob(".jama/*.jsonl")
    assert upload(during, str(journal)).count_requests("PATCH") == 0


KILLED_LATE = """
import os, pytest, signal, time
from pathlib import Path

def wait_for(text, count=1):
    (journal,) = Path(".jama").glob("*.jsonl")
    for _ in range(1_000):
        if journal.read_text(encoding="utf-8").count(text) == count:
            return
        time.sleep(0.02)

@pytest.mark.jama("KEY-TC-1")
def test_first(): pass

def test_late(record_property):
    wait_for('"line":"receipt"')
    record_property("jama", "KEY-TC-1")
    assert False

def test_killed():
    wait_for('"line":"verdict"', 2)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def shows_old(*, after: int = 0) -> RandomFault:
    """Let one list show what is changed from now on as it is now; some before do not."""
    return RandomFault("lag", path="/testruns", wait_s=9e9, times=1, after=after)


@signals
@pytest.mark.parametrize("is_sent_listed", [False, True])
def test_lists_that_lag_may_show_what_a_killed_session_sent_or_found(
    during: Repository, is_sent_listed: bool
) -> None:
    """One shows what was there before all, and one what it sent; in this order or only one."""
    during.write("test_it.py", KILLED_LATE)
    with during.sandbox.faults.during(shows_old(after=is_sent_listed)):
        during.start(PYTEST).communicate(timeout=60)
        assert during.statuses()[1] == "PASSED"
        with during.sandbox.faults.during(*[shows_old()][is_sent_listed:]):
            finished = upload(during)
    assert finished.status == 0, finished.output
    assert during.statuses()[1] == "FAILED"
    assert finished.count_requests("PATCH") == 1


KILLS_AFTER_THE_RESULT = """
import os, pytest, signal

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.nodeid.endswith("test_late") and report.when == "teardown":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@signals
def test_a_result_that_came_after_a_verdict_is_not_taken_for_an_edit(during: Repository) -> None:
    during.write("conftest.py", KILLS_AFTER_THE_RESULT)
    during.write("test_it.py", KILLED_LATE)
    during.start(PYTEST).communicate(timeout=60)
    assert during.statuses()[1] == "PASSED"
    finished = upload(during)
    assert finished.status == 0, finished.output
    assert during.statuses()[1] == "FAILED"


@signals
def test_a_session_that_is_killed_before_anything_was_sent_is_finished(
    during: Repository,
) -> None:
    kill(during, PYTEST, KillAt("GET", 2))
    done = ended(during)
    assert upload(during).status == 0
    left = {number: "INPROGRESS" for number in EXPECTED if number not in done}
    assert during.statuses() == {**EXPECTED, **left}


@signals
def test_an_interrupt_while_the_last_ones_are_under_way_keeps_the_journal(
    during: Repository,
) -> None:
    holding = Holding("PATCH")
    with during.sandbox.faults.during(holding):
        process = during.start(PYTEST)
        assert holding.has_come.wait(30)
        wait_for_all_verdicts(during)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        holding.release.set()
    assert process.returncode == 1, output
    assert "interrupted" in output
    assert upload(during).status == 0
    assert during.statuses() == EXPECTED


class Down:
    """Refuses everything from the third update on, until a file is there.

    Args:
        until: The file.
    """

    def __init__(self, until: Path) -> None:
        self._until = until
        self._count = 0

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        """Count updates."""

        def judge(arrival: IncomingRequest) -> Effect:
            self._count += arrival.method == "PATCH"
            is_down = self._count > 2 and not self._until.exists()
            return Effect(status=503, message="down") if is_down else Effect()

        return judge


def test_a_server_that_is_down_for_a_while_gets_everything(during: Repository) -> None:
    configure(during, give_up_after_s=1)
    during.write("test_later.py", "def test_mends(): open('up', 'w').close()\n")
    with during.sandbox.faults.during(Down(during.folder / "up")):
        finished = during.pytest_here()
    assert finished.status == 1, finished.output
    assert f"sent       {CASES} of {CASES} test runs" in finished.output
    assert during.statuses() == EXPECTED


def test_a_server_that_stays_down_loses_nothing(during: Repository) -> None:
    configure(during, give_up_after_s=1)
    with during.sandbox.faults.during(Down(during.folder / "up")):
        finished = during.pytest_here()
    assert finished.status == 1, finished.output
    assert "next       pytest-jama upload" in finished.output
    (begun,) = re.findall(r"^sent +\d+ of (\d+) test runs", finished.summary, re.MULTILINE)
    others = re.findall(r"NOT SENT +(\d+) more case", finished.summary)  # none if all were begun
    assert int(begun) + sum(map(int, others)) == CASES
    configure(during)
    assert upload(during).status == 0
    assert during.statuses() == EXPECTED


def test_a_forked_child_sends_nothing(during: Repository) -> None:
    during.write(
        "test_it.py",
        """
        import os, pytest, time

        @pytest.mark.jama("KEY-TC-1")
        def test_before(): pass

        @pytest.mark.jama("KEY-TC-2")
        @pytest.mark.filterwarnings("ignore::DeprecationWarning")
        def test_forks():
            time.sleep(0.1)
            child = os.fork()
            assert child, "in the child"
            os.waitpid(child, 0)

        @pytest.mark.jama("KEY-TC-3")
        def test_later(): pass
        """,
    )
    finished = during.pytest()
    assert finished.status == 0, finished.output
    assert "1 failed" in finished.output  # the child did come to its end
    assert finished.count_requests("PATCH") == 3
    assert [during.statuses()[number] for number in (1, 2, 3)] == ["PASSED"] * 3


def test_a_worker_that_dies_makes_its_test_an_error(during: Repository) -> None:
    during.write(
        "test_it.py",
        """
        import os, pytest

        @pytest.mark.parametrize(
            "number", [pytest.param(n, marks=pytest.mark.jama(f"KEY-TC-{n}")) for n in range(1, 9)]
        )
        def test_it(number):
            if number == 5: os._exit(3)
        """,
    )
    finished = during.pytest("-n", "2")
    statuses = during.statuses()
    assert finished.status == 1, finished.output
    assert [statuses[number] for number in range(1, 9)] == [
        *(["PASSED"] * 4),
        "FAILED",
        *(["PASSED"] * 3),
    ]
