"""Uploads that end while files are attached, and those that go on with them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.plan import Findings, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Judgement
from tests.targets.octane.octane_lab import result

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.core.plan import Receipt, ServerTask
    from pytest_jama.core.results import TestResult
    from tests.targets.octane.octane_lab import OctaneLab


class Ending(Observer):
    """Keeps what a journal keeps, and ends the upload at one of the lines of files.

    Args:
        at: The number of that line, counted from 1; 0 for none.
    """

    def __init__(self, at: int = 0) -> None:
        self._at = at
        self.filed_so_far: list[FileReceipt] = []
        self.tasks: dict[str, ServerTask] = {}
        self.receipts: list[Receipt] = []

    def filed(self, receipt: FileReceipt) -> None:
        self.filed_so_far.append(receipt)
        if len(self.filed_so_far) == self._at:
            raise KeyboardInterrupt

    def received(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        if receipt.task is not None:
            self.tasks[receipt.update.key] = receipt.task


def _results(folder: Path) -> list[TestResult]:
    """Return two tests with a file each, and keep the contents."""
    results = []
    for name in "ab":
        content = f"printed by {name}".encode()
        sha256 = hashlib.sha256(content).hexdigest()
        (folder / sha256).write_bytes(content)
        file = AttachedFile(f"{name}.txt", sha256, len(content), "text/plain")
        results.append(result(f"t.py::test_{name}", files=(file,)))
    return results


def _upload(
    lab: OctaneLab, results: list[TestResult], folder: Path, observer: Ending, earlier: Ending
) -> None:
    findings = Findings(
        results,
        Judgement(),
        find_file=lambda sha256: folder / sha256,
        filed=tuple(earlier.filed_so_far),
        tasks=earlier.tasks,
    )
    target = lab.target()
    plan = target.plan(findings, create=True, observer=observer)
    target.push(plan.updates, observer=observer)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_an_upload_that_ends_while_files_are_attached_is_finished_by_the_next(
    octane: OctaneLab, tmp_path: Path, at: int
) -> None:
    results = _results(tmp_path)
    first, second = Ending(at), Ending()
    _upload(octane, results, tmp_path, first, Ending())
    assert first.receipts[-1].state is SendState.UNVERIFIED
    octane.sandbox.clear_requests()
    _upload(octane, results, tmp_path, second, first)
    assert second.receipts[-1].state is SendState.SENT
    names = sorted(each["name"][:1] for each in octane.store.all("attachments"))
    assert names == ["a", "b"]
    assert "POST test-results" not in octane.asked
    assert octane.store.count("previous_runs") == 2


def test_a_finished_upload_that_is_asked_again_attaches_nothing_twice(
    octane: OctaneLab, tmp_path: Path
) -> None:
    results = _results(tmp_path)
    first, second = Ending(), Ending()
    _upload(octane, results, tmp_path, first, Ending())
    assert [each.state for each in first.filed_so_far].count(FileState.ATTACHED) == 2
    _upload(octane, results, tmp_path, second, first)
    assert second.filed_so_far == []
    assert octane.store.count("attachments") == 2
