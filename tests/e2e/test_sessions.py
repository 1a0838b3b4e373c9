"""Silent servers, impatient hands, broken hooks: a session still ends well."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.sandbox.faults import Effect, IncomingRequest, RandomFault
from tests.e2e.resuming import EXPECTED, UPLOAD, journals, patches, upload
from tests.harness import PYTEST
from tests.systems import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.harness import Finished, Repository

JUNIT_UPLOADER = [sys.executable, "-m", "junit_uploader", "report.xml"]
SUITE = """
import pytest

@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.jama(f"KEY-TC-{n}")) for n in range(1, 25)]
)
def test_it(number): pass
"""
PASSED = dict.fromkeys(EXPECTED, "PASSED")


@pytest.fixture
def green(apart: Repository) -> Repository:
    """A session of green tests, its report, and the journal of one that was not sent."""
    apart.write("test_it.py", SUITE)
    cases = "".join(
        f'<testcase classname="test_it" name="test_it[{n}]"><properties>'
        f'<property name="jama" value="KEY-TC-{n}"/></properties></testcase>'
        for n in EXPECTED
    )
    apart.write("report.xml", f"<testsuite>{cases}</testsuite>")
    return apart


COMMANDS = {"pytest": PYTEST, "junit-uploader": JUNIT_UPLOADER, "pytest-jama upload": UPLOAD}


def prepare(
    repository: Repository, command: str, *, environment: Mapping[str, str] | None = None
) -> None:
    if command == "pytest-jama upload":
        repository.pytest_here("--jama-no-upload", environment=environment)


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """Let connections be made, as the system does for us, and never say a word; yields the URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "command, status", [("pytest", 8), ("junit-uploader", 3), ("pytest-jama upload", 3)]
)
def test_server_that_never_answers_costs_no_more_than_give_up_after(
    green: Repository, command: str, status: int
) -> None:
    settings = (green.folder / "jama.yaml").read_text(encoding="utf-8")
    green.write("jama.yaml", settings.replace("{concurrency", "{give_up_after: 1s, concurrency"))
    with silent_server() as url:
        prepare(green, command, environment={"JAMA_URL": url})
        finished = green.run(COMMANDS[command], environment={"JAMA_URL": url})
    assert finished.status == status, finished.output
    assert "NOT SENT   nothing succeeded at http://127.0.0.1" in finished.output
    assert finished.requests == ()
    (journal,) = journals(green)
    assert f"next       pytest-jama upload .jama/{journal.name}" in finished.output
    green.write("jama.yaml", settings)  # a busy machine needs more than 1 s for its first answer
    done = green.run([*UPLOAD, f"--url={green.sandbox.url}", str(journal)])
    assert done.status == 0, done.output
    assert green.statuses() == PASSED


def test_silent_server_changes_no_status_of_red_tests(apart: Repository) -> None:
    settings = (apart.folder / "jama.yaml").read_text(encoding="utf-8")
    apart.write("jama.yaml", settings.replace("{concurrency", "{give_up_after: 1s, concurrency"))
    with silent_server() as url:
        finished = apart.pytest(environment={"JAMA_URL": url})
    assert finished.status == 1
    assert "NOT SENT   nothing succeeded" in finished.summary


class TellsOf:
    """Calls back when the first request of a method arrives; does nothing to it."""

    def __init__(self, method: str, tell: Callable[[], None]) -> None:
        self._method = method
        self._tell = tell

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        """Look at each request."""

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method == self._method:
                self._tell()
            return Effect()

        return judge


@pytest.mark.parametrize("method", ["GET", "PATCH"], ids=["while looking", "while writing"])
@pytest.mark.parametrize("command", COMMANDS)
@signals
def test_second_interrupt_ends_the_upload_at_once_and_the_journal_is_kept(
    green: Repository, command: str, method: str
) -> None:
    prepare(green, command)
    has_come = threading.Event()
    tells, hangs = TellsOf(method, has_come.set), RandomFault("hang-before", method=method)
    with green.sandbox.faults.during(tells, hangs):
        process = green.start(COMMANDS[command])
        assert has_come.wait(timeout=60)
        process.send_signal(signal.SIGINT)
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.3)
            process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=25)
    assert process.returncode not in (0, 5), output
    assert "INTERNALERROR" not in output
    (journal,) = journals(green)
    done = upload(green, str(journal))
    assert done.status == 0, done.output
    assert green.statuses() == PASSED


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_broken_end_of_a_conftest_is_shown_and_costs_no_results(
    green: Repository, workers: list[str]
) -> None:
    green.write("conftest.py", "def pytest_sessionfinish(session): raise KeyError('broken')\n")
    finished = green.pytest(*workers)
    assert "KeyError: 'broken'" in finished.output
    assert green.statuses() == PASSED
    assert green.journal()[-1]["finished"] is True


@signals
def test_interrupt_while_other_plugins_end_is_not_answered_with_an_upload(
    green: Repository,
) -> None:
    source = "import os, signal\n\ndef pytest_sessionfinish(session):\n"
    green.write("conftest.py", f"{source}    os.kill(os.getpid(), signal.SIGINT)\n")
    finished = green.pytest()
    assert finished.requests == ()
    (journal,) = journals(green)
    assert upload(green, str(journal)).status == 0
    assert green.statuses() == PASSED


def test_two_sessions_in_one_folder_at_once_do_not_disturb_each_other(green: Repository) -> None:
    processes = [green.start(PYTEST) for _ in range(2)]
    ends = [(process.communicate(timeout=60)[0], process.returncode) for process in processes]
    assert [status for _, status in ends] == [0, 0], ends
    assert len(journals(green)) == 2
    assert all('"finished":true' in path.read_text("ascii") for path in journals(green))
    assert set(patches(green).values()) == {2}
    assert green.statuses() == PASSED


WHAT_IS_KEPT = """
import gc

gc.disable()  # else it may find in time what only refers to itself

def note():
    kept = [each for each in gc.get_objects() if type(each).__name__ == "TestResult"]
    with open("kept.txt", "a", encoding="ascii") as file:
        print(len(kept), file=file)

pytest_sessionfinish = pytest_unconfigure = note
"""


def test_results_are_given_up_before_pytest_looks_for_garbage(green: Repository) -> None:
    green.write("conftest.py", WHAT_IS_KEPT)
    finished = green.pytest("--jama-no-upload")
    kept = (green.folder / "kept.txt").read_text("ascii").split()
    assert (finished.status, kept) == (0, [str(len(EXPECTED)), "0"]), finished.output


AUDIT = """
import sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        with open("connections.txt", "a") as file:
            print(*arguments[1][:2], file=file)
    if event == "socket.getaddrinfo":
        with open("connections.txt", "a") as file:
            print(*arguments[:2], file=file)

sys.addaudithook(note)
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_but_the_configured_server_is_connected_to(green: Repository, command: str) -> None:
    prepare(green, command)
    green.write("audit/sitecustomize.py", AUDIT)
    finished = green.run(COMMANDS[command], environment={"PYTHONPATH": "audit"}, imports_anew=True)
    assert finished.status == 0, finished.output
    contacted = set((green.folder / "connections.txt").read_text("ascii").splitlines())
    host, port = green.sandbox.url.removeprefix("http://").split(":")
    assert contacted == {f"{host} {port}"}


def test_as_many_finished_journals_stay_as_the_settings_say(green: Repository) -> None:
    settings = (green.folder / "jama.yaml").read_text(encoding="utf-8")
    green.write("jama.yaml", f"{settings}\njournal: {{keep: 1}}\n")

    def report() -> Finished:
        return green.run_here(lambda: junit_uploader(["report.xml"]))

    for run in (green.pytest_here, green.pytest_here, report, report):
        finished = run()
        assert (finished.status, len(journals(green))) == (0, 1), finished.output
