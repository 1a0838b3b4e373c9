"""Stand-ins of ALM Octane for tests: one that all share, or one with knobs turned."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from tests.sandbox.client import stop_and_close
from tests.sandbox.octane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor

    from pytest_jama.sandbox.faults import Fault


class MovedClock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.now_s = 1_767_600_000.0  # 2026-01-05T08:00:00Z

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def moved_clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def make_workspace(
    moved_clock: MovedClock, closing: ThreadPoolExecutor
) -> Iterator[Callable[..., Workspace]]:
    """Start stand-ins with knobs turned, all on one clock that stands still."""
    with ExitStack() as stack:

        def make(*faults: Fault, context_path: str = "", **knobs: Any) -> Workspace:
            store = OctaneStore(clock=moved_clock)
            server = OctaneSandbox(
                store, knobs=OctaneKnobs(**knobs), context_path=context_path, faults=faults
            ).start()
            stack.callback(closing.submit, stop_and_close, server)
            workspace = Workspace(server)
            stack.callback(workspace.close)
            return workspace

        yield make


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace()
