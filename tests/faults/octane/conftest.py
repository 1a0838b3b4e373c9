"""A stand-in for the matrix, and folders in it whose time is short."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.octane import OctaneSandbox
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from tests.faults.hurried import TIME
from tests.faults.octane.octane_fault_world import RELEASE, OctaneFaultWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def unlucky_octane() -> Iterator[OctaneSandbox]:
    """The server of all cells: faults come and go."""
    with OctaneStore(clock=TIME.wall) as store, OctaneSandbox(store) as sandbox:
        sandbox.store.add("releases", name=RELEASE)
        yield sandbox


@pytest.fixture
def make_octane_world(
    unlucky_octane: OctaneSandbox,
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[str], OctaneFaultWorld]:
    """Make the world of a cell from its `give_up_after`; the working directory is in it."""

    def make(give_up_after: str) -> OctaneFaultWorld:
        monkeypatch.syspath_prepend(site)
        monkeypatch.chdir(tmp_path)
        for name in [each for each in os.environ if each.startswith(("JAMA_", "OCTANE_"))]:
            monkeypatch.delenv(name)
        for name in ("GIT_COMMIT", "CI"):
            monkeypatch.delenv(name, raising=False)
        credentials = unlucky_octane.credentials
        monkeypatch.setenv("OCTANE_URL", unlucky_octane.browser_url)
        monkeypatch.setenv("OCTANE_CLIENT_ID", credentials.client_id)
        monkeypatch.setenv("OCTANE_CLIENT_SECRET", credentials.client_secret)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        name = f"w{next(_numbers)}"
        return OctaneFaultWorld(tmp_path, unlucky_octane, name, capsys, give_up_after)

    return make
