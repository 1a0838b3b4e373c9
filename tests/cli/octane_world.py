"""``pytest-jama octane`` and ``check`` against a stand-in of ALM Octane, in this process."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_jama.sandbox.octane import OctaneSandbox

ROBOT = "1001"
"""The user whom the stand-in lets in with its default credentials."""


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


def sign_in_by(sandbox: OctaneSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the stand-in and its credentials in the environment."""
    for name in ("USER", "PASSWORD", "SPACE", "WORKSPACE", "RELEASE"):
        monkeypatch.delenv(f"OCTANE_{name}", raising=False)
    monkeypatch.setenv("OCTANE_URL", sandbox.browser_url)
    monkeypatch.setenv("OCTANE_CLIENT_ID", sandbox.credentials.client_id)
    monkeypatch.setenv("OCTANE_CLIENT_SECRET", sandbox.credentials.client_secret)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
