"""A folder of journals, and `pytest-jama upload` in it, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.cli import main
from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines
from tests.harness import CYCLE, PLAN, unfolded
from tests.journal.record import a_test, as_bytes, chained, header

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.harness import Repository

EARLY, LATE = "20261122T043016Z-1", "20261122T050000Z-2"
PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
FINISHED = as_bytes(lines.end_line(finished=True, reason=""))


class World:
    """A repository in which the command runs, in this process.

    Args:
        repository: The repository, with three cases.
        capsys: What the command prints.
    """

    def __init__(self, repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository = repository
        self.folder = repository.folder / ".jama"
        self.folder.mkdir()
        self._capsys = capsys
        self.out = ""
        self.err = ""

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Return the settings of a header."""
        url, project = self.repository.sandbox.url, self.repository.key
        return {"url": url, "project": project, "plan": PLAN, "cycle": CYCLE, **changes}

    def journal(
        self,
        name: str,
        *outcomes: Outcome | None,
        extra: bytes = b"",
        hooks: tuple[str, ...] = (),
        order: int = 0,
        **changes: Any,
    ) -> Path:
        """Write the journal of a session: the first test is evidence of the first case, ..."""
        tests = [
            a_test(f"test_{number}", outcome, cases=f"{self.repository.key}-TC-{number}")
            for number, outcome in enumerate(outcomes, start=1)
            if outcome is not None
        ]
        first = header(name, settings=self.settings(**changes), hooks=hooks, order=order)
        path = self.folder / f"{name}.jsonl"
        path.write_bytes(chained(as_bytes(first, *map(lines.result_line, tests)) + extra))
        return path

    def __call__(self, *arguments: str) -> int:
        """Run the command."""
        self.repository.sandbox.clear_requests()
        status = main(["upload", *arguments])
        out, self.err = self._capsys.readouterr()
        self.out = unfolded(out)
        return status

    def count_patches(self) -> int:
        """Count the updates of the last command."""
        return sum(request.method == "PATCH" for request in self.repository.sandbox.requests)
