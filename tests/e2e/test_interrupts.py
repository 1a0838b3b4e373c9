"""Ctrl-C, sent to a real process."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import Effect, IncomingRequest
from pytest_jama.sandbox.jama.server import Sandbox
from tests.harness import PYTEST, Finished, Repository
from tests.systems import signals

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

pytestmark = signals

CASES = 30


class SlowFrom:
    """Makes requests of one method slow, and calls back when the first of them arrives."""

    def __init__(self, method: str, *, notify: Callable[[], None]) -> None:
        self._method = method
        self._notify = notify

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        """Delay every request of the method."""

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method != self._method:
                return Effect()
            self._notify()
            return Effect(delay_s=0.3)

        return judge


SUITE = """
import pytest

@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.jama(f"KEY-TC-{n}")) for n in range(1, 31)]
)
def test_it(number): pass
"""


@pytest.fixture
def repository_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A repository with a sandbox of its own, whose faults hurt no other test."""
    with Sandbox() as sandbox:
        repository = Repository(tmp_path_factory.mktemp("apart"), sandbox, "I")
        for number in range(1, CASES + 1):
            repository.case(number)
        repository.start_cycle()
        yield repository


def finish(process: subprocess.Popen[str]) -> Finished:
    output, _ = process.communicate(timeout=60)
    return Finished(process.returncode, output)


def test_interrupt_in_a_test_sends_what_was_found(repository_apart: Repository) -> None:
    repository_apart.write(
        "test_it.py",
        """
        import os, pytest, signal

        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_second(): os.kill(os.getpid(), signal.SIGINT)

        @pytest.mark.jama("KEY-TC-3")
        def test_third(): pass
        """,
    )
    finished = repository_apart.pytest()
    assert finished.status == 2
    statuses = repository_apart.statuses()
    assert [statuses[n] for n in (1, 2, 3)] == ["PASSED", "INPROGRESS", "INPROGRESS"]


def test_forked_child_that_comes_to_the_end_of_the_session_reports_nothing(
    repository_apart: Repository,
) -> None:
    repository_apart.write(
        "test_it.py",
        """
        import os, pytest

        @pytest.mark.jama("KEY-TC-1")
        def test_forks():
            child = os.fork()
            assert child, "in the child"
            os.waitpid(child, 0)

        @pytest.mark.jama("KEY-TC-2")
        def test_later(): pass
        """,
    )
    finished = repository_apart.pytest()
    assert finished.status == 0
    assert "1 failed, 1 passed" in finished.output  # the child did come to its end
    assert finished.output.count("sent       2 of 2 test runs") == 1
    assert finished.count_requests("PATCH") == 2
    results = [line["test"] for line in repository_apart.journal() if line["line"] == "result"]
    assert results == ["test_it.py::test_forks", "test_it.py::test_later"]


@pytest.mark.parametrize("method", ["GET", "PATCH"], ids=["while looking", "while writing"])
def test_interrupt_in_the_upload_stops_it_and_keeps_the_journal(
    repository_apart: Repository, method: str
) -> None:
    repository_apart.write("test_it.py", SUITE)
    interrupted: list[subprocess.Popen[str]] = []

    def interrupt() -> None:
        while interrupted:
            interrupted.pop().send_signal(signal.SIGINT)

    with repository_apart.sandbox.faults.during(SlowFrom(method, notify=interrupt)):
        process = repository_apart.start(PYTEST, imports_anew=True)
        interrupted.append(process)
        finished = finish(process)
    assert finished.status == 8, finished.output
    assert finished.summary.startswith("NOT SENT   interrupted")
    assert "INTERNALERROR" not in finished.output
    kinds = [line["line"] for line in repository_apart.journal()]
    assert kinds.count("result") == CASES
    sent = sum(status == "PASSED" for status in repository_apart.statuses().values())
    assert kinds.count("receipt") >= sent
    assert sent < CASES
