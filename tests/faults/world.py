"""Three cases, four tests, and the three front-ends that report them; all in this process."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines
from pytest_jama.journal.folder import is_finished
from tests.harness import CYCLE, PLAN, Repository, unfolded
from tests.here import forgetting_modules_of
from tests.journal.record import a_test, as_bytes, header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_jama.sandbox.faults import Fault
    from pytest_jama.sandbox.recorder import RecordedRequest

GROUP = "Automated"
SETTINGS: Mapping[str, Any] = {
    "plan": {"name": PLAN, "group": GROUP},
    "cycle": {"name": CYCLE},
    "verdicts": {"skipped": "BLOCKED"},
}
TESTS = """
import pytest

def test_passes(): pass
def test_skipped(): pytest.skip("no bench")
def test_begins(): pass
def test_ends(): pytest.skip("no bench")
"""
RESULTS = {
    "test_passes": ("1", "passed"),
    "test_skipped": ("2", "skipped"),
    "test_begins": ("3#1", "passed"),
    "test_ends": ("3#2", "skipped"),
}
"""Case and outcome of each test."""


class Stored(NamedTuple):
    """What a run shows: its status, that of its steps, the tests that its account names."""

    status: str
    steps: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


INTENDED = {
    1: Stored("PASSED", (), ("test_passes",)),
    2: Stored("BLOCKED", (), ("test_skipped",)),
    3: Stored("BLOCKED", ("PASSED", "BLOCKED"), ("test_begins", "test_ends")),
}
"""What the run of each case shows after an undisturbed session."""


@dataclass(frozen=True)
class Ended:
    """What became of a command.

    Attributes:
        status: Exit status.
        said: What it printed.
        requests: What the sandbox was asked.
    """

    status: int
    said: str
    requests: tuple[RecordedRequest, ...]


class World:
    """A repository in which the front-ends run, and its project.

    Args:
        repository: The repository.
        capsys: What they print.
        give_up_after: The setting, in seconds of a session.
    """

    def __init__(
        self, repository: Repository, capsys: pytest.CaptureFixture[str], *, give_up_after: str
    ) -> None:
        self.repository = repository
        self._capsys = capsys
        key, store = repository.key, repository.sandbox.store
        self.settings: dict[str, Any] = {
            **SETTINGS,
            "project": key,
            "upload": {"concurrency": 2, "give_up_after": give_up_after},
        }
        for number, intended in INTENDED.items():
            store.add_case(key, f"{key}-TC-{number}", steps=len(intended.steps))

    def struck_by(self, *faults: Fault) -> AbstractContextManager[None]:
        """Keep faults in force inside a ``with`` block."""
        return self.repository.sandbox.faults.during(*faults)

    def report(self, front_end: str) -> Ended:
        """Run a session of a front-end; it reports all tests."""
        return self._run(FRONT_ENDS[front_end], self)

    def resume(self) -> Ended:
        """Finish what the newest journal holds."""
        return self._run(toolbox, ["upload", str(self.journal)])

    def _run(self, command: Callable[[Any], int], argument: Any) -> Ended:
        self.repository.sandbox.clear_requests()
        self._capsys.readouterr()
        with forgetting_modules_of(self.repository.folder):
            status = command(argument)
        output = self._capsys.readouterr()
        return Ended(
            int(status), unfolded(output.out + output.err), self.repository.sandbox.requests
        )

    @property
    def journal(self) -> Path:
        """The only journal."""
        (journal,) = self.repository.folder.glob(".jama/*.jsonl")
        return journal

    @property
    def is_finished(self) -> bool:
        """Whether the journal says that nothing is left to send."""
        return is_finished(self.journal)

    def stored(self) -> dict[int, Stored]:
        """Return what each run shows, by the number of the case."""
        return {
            int(key.rpartition("-")[2]): Stored(
                run.status,
                tuple(step.status for step in run.steps),
                tuple(name for name in RESULTS if name in (run.actual_results or "")),
            )
            for key, run in self.repository.runs().items()
        }

    def created(self) -> Counter[str]:
        """Count what there is of each plan, group, case of a group, cycle and run."""
        store, key = self.repository.sandbox.store, self.repository.key
        return Counter(_names(store, key))

    def write_settings(self) -> None:
        """Write jama.yaml with the map."""
        key = self.repository.key
        tests = "".join(
            f"  test_it.py::{name}: {key}-TC-{link}\n" for name, (link, _) in RESULTS.items()
        )
        own = "".join(f"{name}: {_flow(value)}\n" for name, value in self.settings.items())
        self.repository.write("jama.yaml", f"{own}tests:\n{tests}")


def _names(store: Any, key: str) -> Iterator[str]:
    for plan in store.plans(key):
        yield f"plan {plan.name}"
        for group in store.groups(plan.id):
            yield f"group {group.name}"
            yield from (f"case {case_id}" for case_id in group.case_ids)
        for cycle in store.cycles(plan.id):
            yield f"cycle {cycle.name}"
            yield from (f"run of {run.case_id}" for run in store.runs(cycle.id))


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(each)}" for name, each in value.items()) + "}"
    return str(value)


def _report_with_pytest(world: World) -> int:
    world.write_settings()
    world.repository.write("test_it.py", TESTS)
    return pytest.main(
        [
            *("--jama", "--capture=no", "--import-mode=importlib", "--rootdir=."),
            *(word for name in LEFT_OUT for word in ("-p", f"no:{name}")),
        ],
    )


LEFT_OUT = (
    *("randomly", "hypothesispytest", "anyio", "pytest_cov", "xdist", "rerunfailures"),
    *("check", "flaky", "pytest-bdd", "pytest-retry"),
    *("cacheprovider", "faulthandler", "unraisableexception", "threadexception"),
)
"""Plugins that a session inside of a session does without."""


def _report_with_junit_uploader(world: World) -> int:
    world.write_settings()
    cases = (
        f'<testcase classname="test_it" name="{name}">'
        + ("<skipped/>" if outcome == "skipped" else "")
        + "</testcase>"
        for name, (_, outcome) in RESULTS.items()
    )
    world.repository.write("report.xml", f"<testsuite>{''.join(cases)}</testsuite>")
    return junit_uploader(["report.xml"])


def _report_with_upload(world: World) -> int:
    key = world.repository.key
    tests = (
        a_test(f"test_it.py::{name}", Outcome(outcome), cases=f"{key}-TC-{link}")
        for name, (link, outcome) in RESULTS.items()
    )
    settings = {**world.settings, "url": os.environ["JAMA_URL"]}
    path = world.repository.write(".jama/20261122T043016Z-1.jsonl", "")
    path.write_bytes(as_bytes(header(settings=settings), *map(lines.result_line, tests)))
    return toolbox(["upload"])


FRONT_ENDS: Mapping[str, Callable[[World], int]] = {
    "pytest --jama": _report_with_pytest,
    "junit-uploader": _report_with_junit_uploader,
    "pytest-jama upload": _report_with_upload,
}
