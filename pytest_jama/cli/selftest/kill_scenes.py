"""Processes that are killed, and what is left then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import ONE_OF_EACH, PYTEST, SETTINGS, TOOLBOX

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.cli.selftest.workshop import Workshop
    from pytest_jama.sandbox.faults import Effect, IncomingRequest, Judge


_CASES = 12
_IN_FLIGHT = 2
_MANY = f"""
import pytest

@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.jama(f"PUMP-TC-{{n}}")) for n in range(1, {_CASES + 1})]
)
def test_it(number): assert number % 5
"""  # noqa: E501 (as people write it)
_MANY_RESULTS: dict[str, Fact] = {
    f"PUMP-TC-{number}": "FAILED" if number in {5, 10} else "PASSED"
    for number in range(1, _CASES + 1)
}


class KillsAt:
    """Kills a process when so many results have arrived.

    Args:
        number: At which of the requests that write a result.
    """

    def __init__(self, number: int) -> None:
        self._left = number
        self.victim: subprocess.Popen[str] | None = None

    def judge(self) -> Judge:
        """Count down; the requests themselves are served."""
        from pytest_jama.sandbox.faults import Effect  # noqa: PLC0415 (an extra)

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method != "PATCH":
                return Effect()
            self._left -= 1
            if self._left == 0 and self.victim is not None:
                self.victim.kill()
            return Effect(delay_s=0.05)

        return judge


def _kill(workshop: Workshop, command: Sequence[str], number: int) -> None:
    """Run a command until it is killed."""
    fault = KillsAt(number)
    with workshop.sandbox.faults.during(fault):
        fault.victim = workshop.start(command)
        workshop.finish(fault.victim)


def _play_killed_upload(workshop: Workshop) -> None:
    workshop.add_cases(*range(1, _CASES + 1))
    workshop.write("test_it.py", _MANY)
    workshop.write("jama.yaml", f"{SETTINGS}upload: {{concurrency: {_IN_FLIGHT}}}\n")
    _kill(workshop, PYTEST, 5)
    first = workshop.count_patches()
    _kill(workshop, (*TOOLBOX, "upload"), 3)
    second = workshop.count_patches()
    workshop.see(
        the_session_was_killed_on_its_way=0 < len(first) < _CASES,
        # It begins with what was under way before: on a busy machine it may reach no new run.
        the_upload_was_killed_on_its_way=len(second) < _CASES
        and sum(second.values()) > sum(first.values()),
    )
    ran = workshop.upload()
    counts = workshop.count_patches()
    workshop.see(exit_status=ran.status, places=workshop.count_places())
    workshop.see(
        # Two kills, and what was under way at each.
        nothing_but_what_was_under_way_was_sent_again=sum(counts.values())
        <= _CASES + 2 * _IN_FLIGHT,
    )
    workshop.see_runs()
    workshop.sandbox.clear_requests()
    (journal,) = workshop.journals()
    workshop.see(
        exit_status_of_another_upload=workshop.upload(str(journal)).status,
        results_that_it_sends=len(workshop.count_patches()),
        requests_of_it_that_write=workshop.count_writes(),
    )


_KILLS_ITSELF = """
import os, pytest, signal

@pytest.mark.jama("PUMP-TC-1")
def test_before(): pass

@pytest.mark.jama("PUMP-TC-1", "PUMP-TC-2")
def test_killed(): os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

@pytest.mark.jama("PUMP-TC-3")
def test_failed_after(): assert 0
"""


def _play_killed_test(workshop: Workshop) -> None:
    workshop.add_cases(1, 2, 3, 4)
    workshop.add_cycle()
    failed_first = _KILLS_ITSELF.replace("PUMP-TC-3", "PUMP-TC-4").replace("after", "first")
    before, _, rest = failed_first.partition("@pytest.mark.jama")
    failing = '@pytest.mark.jama("PUMP-TC-4")\ndef test_failed(): assert 0\n\n'
    rest = rest.replace("PUMP-TC-4", "PUMP-TC-3")
    workshop.write("test_it.py", f"{before}{failing}@pytest.mark.jama{rest}")
    killed = workshop.pytest()
    workshop.see(the_session_was_killed=killed.status not in {0, 1, 8})
    workshop.see(exit_status=workshop.upload().status)
    workshop.see_runs()


SCENES = (
    Scene(
        "killed-upload",
        f"A pytest session with {_CASES} cases is killed (SIGKILL; on Windows: ended) at the 5th "
        "result that it sends, the `pytest-jama upload` that follows at its 3rd; a second upload "
        "finishes it, a third one has nothing to do.",
        _play_killed_upload,
        (
            Check(
                "K-01",
                "After two kills in the middle everything arrives, and nothing is created twice.",
                {
                    "the session was killed on its way": True,
                    "the upload was killed on its way": True,
                    "exit status": 0,
                    "places": ONE_OF_EACH,
                    **_MANY_RESULTS,
                },
                ("M-06", "M-07"),
            ),
            Check(
                "K-02",
                "Only what was under way when a process was killed is sent again.",
                {
                    "the session was killed on its way": True,
                    "nothing but what was under way was sent again": True,
                },
                ("M-07",),
            ),
            Check(
                "K-03",
                "An upload that is finished sends nothing when it is done again.",
                {
                    "exit status of another upload": 0,
                    "results that it sends": 0,
                    "requests of it that write": 0,
                },
                ("M-07",),
            ),
        ),
    ),
    Scene(
        "killed-test",
        "A pytest session is killed in a test; then `pytest-jama upload`.",
        _play_killed_test,
        (
            Check(
                "K-10",
                "What ended before a kill is sent; what did not end makes its case INPROGRESS.",
                {
                    "the session was killed": True,
                    "exit status": 0,
                    "PUMP-TC-1": "INPROGRESS",
                    "PUMP-TC-2": "INPROGRESS",
                    "PUMP-TC-3": "INPROGRESS",
                    "PUMP-TC-4": "FAILED",
                },
                ("M-01", "M-02", "M-06"),
            ),
        ),
    ),
)
