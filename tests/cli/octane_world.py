"""``pytest-jama octane`` and ``check`` against a stand-in of ALM Octane, in this process."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli import main
from pytest_jama.config import OCTANE, load_settings
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from pytest_jama.sandbox.faults.random_fault import RandomFault
from pytest_jama.targets.octane.octane_client import open_client
from pytest_jama.targets.octane.task_status import TaskState, wait_for_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.sandbox.octane import OctaneSandbox

QUICK = "upload: {rate: 1000}\n"

ROBOT = "1001"
"""The user whom the stand-in lets in with its default credentials."""


class LostAnswer(NamedTuple):
    """The next request that fits is served, and its answer is lost.

    Attributes:
        method: Its method.
        path: Its path, below the workspace.
    """

    method: str
    path: str

    def judge(self) -> Judge:
        """Meet one request."""
        inner = RandomFault("drop-after", method=self.method, path=self.path).judge()
        left = [inner]

        def judge(arrival: IncomingRequest) -> Effect:
            effect = left[0](arrival) if left else NO_EFFECT
            if effect != NO_EFFECT:
                left.clear()
            return effect

        return judge


class Meanwhile(NamedTuple):
    """Something happens at the server just before the next request that fits is served.

    Attributes:
        method: The method of the request.
        path: Its path, below the workspace.
        happen: Does it.
    """

    method: str
    path: str
    happen: Callable[[], None]

    def judge(self) -> Judge:
        """Meet one request."""
        left = [self.happen]

        def judge(arrival: IncomingRequest) -> Effect:
            if left and (arrival.method, arrival.path) == (self.method, self.path):
                left.pop()()
            return NO_EFFECT

        return judge


class Said(NamedTuple):
    """What became of a command.

    Attributes:
        status: Its exit status.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
        asked: Its requests, without signing in and out: method, path, parameters.
    """

    status: int
    out: str
    err: str
    asked: tuple[tuple[str, str, Mapping[str, str]], ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of ``--json``."""
        rows = json.loads(self.out)
        assert isinstance(rows, list)
        return rows

    @property
    def csv(self) -> list[list[str]]:
        """The rows of ``--csv``."""
        return list(csv.reader(io.StringIO(self.out)))

    @property
    def written(self) -> list[tuple[str, str]]:
        """What was asked for beside reading."""
        return [(method, path) for method, path, _ in self.asked if method != "GET"]

    def queries(self, path: str) -> list[str]:
        """Return the queries that were sent to a collection, without their quotation marks."""
        return [
            params.get("query", "")[1:-1] for method, asked, params in self.asked if asked == path
        ]


class OctaneWorld:
    """A folder in which commands for a stand-in run.

    Args:
        sandbox: The stand-in.
        capsys: What the commands print.
    """

    def __init__(self, sandbox: OctaneSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self._capsys = capsys

    def run(self, *arguments: str) -> Said:
        """Run ``pytest-jama octane``."""
        return self.run_any("octane", *arguments)

    def run_any(self, *arguments: str) -> Said:
        """Run any command of the toolbox."""
        self._capsys.readouterr()
        before = len(self.sandbox.requests)
        status = main(arguments)
        printed = self._capsys.readouterr()
        asked = tuple(
            (each.method, each.path, dict(each.query))
            for each in self.sandbox.requests[before:]
            if not each.path.startswith("/authentication/")
        )
        return Said(status, printed.out, printed.err, asked)


def settle_in(sandbox: OctaneSandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands run in a folder, and find the stand-in and its credentials there.

    Args:
        sandbox: The stand-in.
        folder: The folder; its octane.yaml lets commands send as fast as they can.
        monkeypatch: Changes the environment.
    """
    for name in ("USER", "PASSWORD", "SPACE", "WORKSPACE", "RELEASE"):
        monkeypatch.delenv(f"OCTANE_{name}", raising=False)
    for name, value in environment_of(sandbox).items():
        monkeypatch.setenv(name, value)
    (folder / "octane.yaml").write_text(QUICK, encoding="utf-8")
    monkeypatch.chdir(folder)


def environment_of(sandbox: OctaneSandbox) -> dict[str, str]:
    """Return the variables that lead to a stand-in."""
    return {
        "OCTANE_URL": sandbox.browser_url,
        "OCTANE_CLIENT_ID": sandbox.credentials.client_id,
        "OCTANE_CLIENT_SECRET": sandbox.credentials.client_secret,
        "NO_PROXY": "127.0.0.1",
    }


def push(sandbox: OctaneSandbox, runs: str, *, wait_s: float = 20.0) -> TaskState:
    """Hand in the document of some runs, and wait until the server is done with it.

    Args:
        sandbox: The server.
        runs: The elements of the runs.
        wait_s: For how long to wait.
    """
    content = f"<test_result><test_runs>{runs}</test_runs></test_result>".encode()
    settings = load_settings(
        start=Path(sandbox.url),  # there is no such folder, and no settings file in it
        file=None,
        flags={},
        environ=environment_of(sandbox),
        kind=OCTANE,
    ).settings
    client = open_client(settings)
    try:
        answer = client.push(content, skip_errors=False, is_compressed=False)
        return wait_for_task(client, answer.body["id"], wait_s=wait_s)
    finally:
        client.close()
