"""The command ``junit-uploader`` in a repository whose project is in the sandbox."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from junit_uploader.cli import main
from tests.harness import unfolded

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.sandbox.recorder import RecordedRequest
    from tests.harness import Repository


@dataclass(frozen=True)
class Uploaded:
    """What became of one run of the command.

    Attributes:
        status: Exit status.
        out: Standard output.
        err: Standard error.
        requests: What the sandbox was asked meanwhile.
    """

    status: int
    out: str
    err: str
    requests: tuple[RecordedRequest, ...]

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def writes(self) -> list[str]:
        """The requests that change something."""
        return [
            f"{request.method} {request.path}"
            for request in self.requests
            if request.method != "GET" and "oauth" not in request.path
        ]


class Uploader:
    """Runs the command in this process, in the folder of a repository."""

    def __init__(
        self,
        repository: Repository,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.repository = repository
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(repository.folder)
        for name in set(os.environ) - set(repository.environment()):
            monkeypatch.delenv(name)
        for name, value in repository.environment().items():
            monkeypatch.setenv(name, value)

    def cases(self, *numbers: int, steps: int = 0) -> None:
        """Create test cases, and the cycle with a run for each."""
        for number in numbers:
            self.repository.case(number, steps=steps)
        self.repository.start_cycle()

    def write(self, name: str, text: str) -> Path:
        """Write a file; `KEY` stands for the project's key."""
        return self.repository.write(name, text)

    def configure(self, text: str) -> None:
        """Append settings to jama.yaml."""
        path = self.repository.folder / "jama.yaml"
        text = text.replace("KEY", self.repository.key)
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def set(self, name: str, value: str) -> None:
        """Set an environment variable."""
        self._monkeypatch.setenv(name, value)

    def pipe(self, data: str) -> None:
        """Let standard input hold some text."""
        stdin = io.TextIOWrapper(
            io.BytesIO(data.replace("KEY", self.repository.key).encode()), encoding="utf-8"
        )
        self._monkeypatch.setattr(sys, "stdin", stdin)

    def __call__(self, *arguments: str) -> Uploaded:
        """Run the command."""
        self.repository.sandbox.clear_requests()
        self._capsys.readouterr()
        status = main(arguments)
        output = self._capsys.readouterr()
        return Uploaded(status, unfolded(output.out), output.err, self.repository.sandbox.requests)


@pytest.fixture
def uploader(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Uploader:
    """The command in a fresh repository."""
    return Uploader(repository, monkeypatch, capsys)
