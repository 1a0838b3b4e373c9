"""A server that is slow to create: a process that ends meanwhile leaves nothing twice."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.sandbox.faults import Effect, IncomingRequest
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from tests.harness import CYCLE, PLAN, PYTEST, Repository
from tests.systems import signals

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLOW_S = 3.0
GROUP = "Mine"
REPORT = '<testsuite><testcase classname="test_it" name="test_one"/></testsuite>'


class EndAt:
    """Ends a process when a creation arrives.

    Args:
        path: How its path ends.
        number: The signal.
    """

    def __init__(self, path: str, number: signal.Signals) -> None:
        self._path = path
        self._number = number
        self.process: subprocess.Popen[str] | None = None

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        """Watch the requests; each of them is done."""

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method == "POST" and arrival.path.endswith(self._path) and self.process:
                # Once the request is with the server, which has it for some seconds then.
                end = threading.Timer(0.3, self.process.send_signal, (self._number,))
                self.process = None
                end.start()
            return Effect()

        return judge


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Repository]:
    """A repository with a server that takes three seconds for each creation."""
    with Sandbox(knobs=Knobs(slow_create_s=SLOW_S)) as sandbox:
        repository = Repository(tmp_path, sandbox, "S")
        key = repository.case(1)
        repository.write(
            "jama.yaml",
            f"""
            project: KEY
            plan: {{name: {PLAN}, group: {GROUP}}}
            cycle: {CYCLE}
            tests: {{"test_it.py::test_one": {key}}}
            """,
        )
        repository.write("test_it.py", "def test_one(): pass")
        repository.write("report.xml", REPORT)
        yield repository


def _prepare(repository: Repository, *kinds: str) -> None:
    """Let the plan, and the group with the case, be there."""
    store = repository.sandbox.store
    if "plan" in kinds:
        plan = store.add_plan(repository.key, PLAN)
        if "group" in kinds:
            (case,) = store.cases(repository.key)
            store.add_to_plan(plan, case.id, group=GROUP)


def _end(repository: Repository, at: EndAt) -> str:
    with repository.sandbox.faults.during(at):
        process = repository.start(PYTEST)
        at.process = process
        return process.communicate(timeout=60)[0]


def _all_of(repository: Repository) -> list[str]:
    store = repository.sandbox.store
    found = []
    for plan in store.plans(repository.key):
        found += [plan.name, *(group.name for group in store.groups(plan.id))]
        found += [cycle.name for cycle in store.cycles(plan.id)]
    return sorted(found)


def _sends_all_once(repository: Repository, command: Callable[[], int]) -> str:
    finished = repository.run_here(command)
    assert finished.status == 0, finished.output
    default = next(name for name in _all_of(repository) if name not in (PLAN, GROUP, CYCLE))
    assert _all_of(repository) == sorted([PLAN, GROUP, CYCLE, default])
    assert repository.statuses() == {1: "PASSED"}
    return finished.output


@signals
@pytest.mark.parametrize(
    "number, path, there",
    [
        (signal.SIGKILL, "/testcycles", ("plan", "group")),
        (signal.SIGINT, "/testgroups", ("plan",)),
        (signal.SIGKILL, "/testplans", ()),
    ],
    ids=["kill -9 at the cycle", "Ctrl-C at the group", "kill -9 at the plan"],
)
def test_an_upload_after_an_end_while_something_was_created_waits_for_it(
    number: signal.Signals, path: str, there: tuple[str, ...], slow: Repository
) -> None:
    _prepare(slow, *there)
    output = _end(slow, EndAt(path, number))
    assert "INTERNALERROR" not in output
    last = [line for line in slow.journal() if line["line"] == "creation"][-1]
    assert last["state"] == "begun"
    said = _sends_all_once(slow, lambda: toolbox(["upload"]))
    assert f"it is not known whether {last['what']} was created (an upload broke off " in said


@signals
@pytest.mark.parametrize("front_end", ["pytest", "junit-uploader"])
def test_a_new_session_waits_for_what_one_of_the_same_folder_began(
    front_end: str, slow: Repository
) -> None:
    _prepare(slow, "plan", "group")
    _end(slow, EndAt("/testcycles", signal.SIGKILL))
    if front_end == "pytest":
        finished = slow.pytest_here()
        assert finished.status == 0, finished.output
        said = _sends_all_once(slow, lambda: 0)
        said = finished.output
    else:
        said = _sends_all_once(slow, lambda: junit_uploader(["report.xml"]))
    assert f"it is not known whether test cycle {CYCLE!r} was created" in said
