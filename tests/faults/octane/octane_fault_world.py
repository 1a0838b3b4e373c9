"""Four tests, and the three front-ends that report them to ALM Octane; all in this process."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.journal.folder import is_finished
from tests.faults.world import LEFT_OUT, Ended
from tests.harness import unfolded
from tests.here import forgetting_modules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_jama.sandbox.faults import Fault
    from pytest_jama.sandbox.octane import OctaneSandbox

RELEASE = "2.4"
TESTS = """
import pytest

def test_passes(): pass
def test_skipped(): pytest.skip("no bench")
"""
INTENDED = {"test_passes": "passed", "test_skipped": "skipped"}
"""What the run of each test shows after an undisturbed session."""


@dataclass
class OctaneFaultWorld:
    """A folder in which the front-ends run, and a workspace.

    Args:
        folder: The folder.
        sandbox: The server, which other worlds use, too.
        name: What distinguishes this world's tests from those of others.
        capsys: What the front-ends print.
        give_up_after: The setting, in seconds of a session.
    """

    folder: Path
    sandbox: OctaneSandbox
    name: str
    capsys: pytest.CaptureFixture[str]
    give_up_after: str

    def write_settings(self) -> None:
        """Write octane.yaml."""
        build = (
            f"{{server: ci-{self.name}, job: nightly-{self.name}, id: {self.name}, create: true}}"
        )
        lines = (
            f"release: name:{RELEASE}",
            f"build: {build}",
            f"upload: {{give_up_after: {self.give_up_after}, rate: 1000}}",
        )
        self.write("octane.yaml", "".join(f"{line}\n" for line in lines))

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def module(self) -> str:
        """The module of the tests."""
        return f"test_{self.name}"

    def struck_by(self, *faults: Fault) -> AbstractContextManager[None]:
        """Keep faults in force inside a ``with`` block."""
        return self.sandbox.faults.during(*faults)

    def report(self, front_end: str) -> Ended:
        """Run a session of a front-end; it reports all tests."""
        self.write_settings()
        return self._run(OCTANE_FRONT_ENDS[front_end], self)

    def journaled(self) -> None:
        """Leave a journal that is not sent yet."""
        self.write_settings()
        _write_report(self)
        assert junit_uploader(["--no-upload", "report.xml"]) == 0
        self.sandbox.clear_requests()
        self.capsys.readouterr()

    def resume(self) -> Ended:
        """Finish what the newest journal holds."""
        return self._run(toolbox, ["upload", str(self.journal)])

    def _run(self, command: Callable[[Any], int], argument: Any) -> Ended:
        self.sandbox.clear_requests()
        self.capsys.readouterr()
        with forgetting_modules_of(self.folder):
            status = command(argument)
        output = self.capsys.readouterr()
        return Ended(int(status), unfolded(output.out + output.err), self.sandbox.requests)

    @property
    def journal(self) -> Path:
        """The newest journal."""
        return max(self.folder.glob(".jama/*.jsonl"))

    @property
    def is_finished(self) -> bool:
        """Whether the journal says that nothing is left to send."""
        return is_finished(self.journal)

    def stored(self) -> dict[str, str]:
        """Return what the run of each test shows."""
        store, tests = self.sandbox.store, {}
        for test in store.all("automated_tests", fields="class_name,name"):
            if test["class_name"] == self.module:
                tests[test["id"]] = test["name"]
        shown = store.all("automated_runs", fields="test,native_status")
        runs = [run for run in shown if run["test"]["id"] in tests]
        found = {tests[run["test"]["id"]]: run["native_status"]["id"] for run in runs}
        assert len(found) == len(runs)
        return {name: status.rpartition(".")[2] for name, status in found.items()}

    def pushed(self) -> Counter[str]:
        """Count how often the server has taken a run of each test."""
        history = self.sandbox.store.all("previous_runs", fields="test_name,test_class")
        return Counter(run["test_name"] for run in history if run["test_class"] == self.module)

    def made(self) -> Counter[str]:
        """Count what there is of the CI server and its pipeline."""
        store = self.sandbox.store
        servers = {
            each["id"]
            for each in store.all("ci_servers")
            if each["instance_id"] == f"ci-{self.name}"
        }
        pipelines = [each for each in store.all("pipelines") if each["ci_server"]["id"] in servers]
        return Counter({"server": len(servers), "pipeline": len(pipelines)})


def _report_with_pytest(world: OctaneFaultWorld) -> int:
    world.write(f"{world.module}.py", TESTS)
    return pytest.main(
        [
            *("--octane", "--capture=no", "--import-mode=importlib", "--rootdir=."),
            *(word for name in LEFT_OUT for word in ("-p", f"no:{name}")),
        ],
    )


def _write_report(world: OctaneFaultWorld) -> None:
    cases = (
        f'<testcase classname="{world.module}" name="{name}" time="0.01">'
        + ("<skipped/>" if outcome == "skipped" else "")
        + "</testcase>"
        for name, outcome in INTENDED.items()
    )
    now = time.strftime("%Y-%m-%dT%H:%M:%S")
    suite = f'<testsuite name="pytest" timestamp="{now}">{"".join(cases)}</testsuite>'
    world.write("report.xml", suite)


def _report_with_junit_uploader(world: OctaneFaultWorld) -> int:
    _write_report(world)
    return junit_uploader(["report.xml"])


def _report_with_upload(world: OctaneFaultWorld) -> int:
    world.journaled()
    return toolbox(["upload"])


OCTANE_FRONT_ENDS: Mapping[str, Callable[[OctaneFaultWorld], int]] = {
    "pytest --octane": _report_with_pytest,
    "junit-uploader": _report_with_junit_uploader,
    "pytest-jama upload": _report_with_upload,
}
