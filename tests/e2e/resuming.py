"""What tests of broken-off uploads share: a suite, kills, counts of what was sent."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

from pytest_jama.cli import main as toolbox
from pytest_jama.sandbox.faults import Effect, IncomingRequest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from pytest_jama.sandbox.faults import Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from tests.harness import Finished, Repository

CASES = 24
IN_FLIGHT = 4
UPLOAD = [sys.executable, "-m", "pytest_jama", "upload"]

SUITE = """
import pytest

@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.jama(f"KEY-TC-{n}")) for n in range(1, 25)]
)
def test_it(number):
    assert number % 5
"""

EXPECTED = {number: "PASSED" if number % 5 else "FAILED" for number in range(1, CASES + 1)}


class KillAt:
    """Kills a process when the request of that number arrives; slows all down.

    Args:
        method: Which requests count.
        number: At which of them, counted from 1.
    """

    def __init__(self, method: str, number: int) -> None:
        self._method = method
        self._left = number
        self.victim: subprocess.Popen[str] | None = None

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        """Count down; the request itself is still answered."""

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method != self._method:
                return Effect()
            self._left -= 1
            if self._left == 0 and self.victim is not None:
                self.victim.send_signal(signal.SIGKILL)
            return Effect(delay_s=0.02)

        return judge


class Holding:
    """Answers no request of a method before it is released.

    Args:
        method: Which requests are held.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self.has_come = threading.Event()
        self.release = threading.Event()

    def judge(self) -> Judge:
        async def act(exchange: InterceptedRequest) -> None:
            self.has_come.set()
            await asyncio.to_thread(self.release.wait, 60)
            await exchange.serve(exchange.scope, exchange.receive, exchange.send)

        held = Effect(act=act)
        return lambda arrival: held if arrival.method == self._method else Effect()


def kill(repository: Repository, command: list[str], at: KillAt) -> None:
    """Run a command until it is killed."""
    with repository.sandbox.faults.during(at):
        process = at.victim = repository.start(command)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, output


def patches(repository: Repository) -> Counter[str]:
    """Count the updates that reached each run."""
    return Counter(
        request.path for request in repository.sandbox.requests if request.method == "PATCH"
    )


def journals(repository: Repository) -> list[Path]:
    """Return the journals of a repository, the oldest first."""
    return sorted(repository.folder.glob(".jama/*.jsonl"))


def upload(repository: Repository, *arguments: str) -> Finished:
    """Run ``pytest-jama upload``, in this process."""
    return repository.run_here(lambda: toolbox(["upload", *arguments]))


def accounts(repository: Repository) -> dict[int, str | None]:
    """Return the account of each run of the last cycle, by the number of its case."""
    runs = repository.runs().items()
    return {int(key.rpartition("-")[2]): run.actual_results for key, run in runs}
