from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from tests.cli.octane_world import OctaneWorld, settle_in
from tests.cli.upload_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from tests.harness import Repository


@pytest.fixture
def world(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> World:
    """A repository with three cases and a cycle, as working directory."""
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    environment = repository.environment()
    for name in ("JAMA_PROJECT", "JAMA_PLAN", "JAMA_CYCLE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("JAMA_URL", "JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET", "NO_PROXY"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.chdir(repository.folder)
    return World(repository, capsys)


@pytest.fixture
def octane_world(
    closing: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[OctaneWorld]:
    """A fresh stand-in of ALM Octane, and an empty folder as working directory."""
    sandbox = OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)).start()
    settle_in(sandbox, tmp_path, monkeypatch)
    yield OctaneWorld(sandbox, capsys)
    closing.submit(sandbox.stop)
