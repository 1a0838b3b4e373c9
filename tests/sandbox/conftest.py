"""One real server for most tests; a server of its own for tests that turn knobs."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from tests.sandbox.browser import find_browser
from tests.sandbox.client import World, stop_and_close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor

# py-jama-client itself needs Python 3.11; on 3.10 it cannot be installed.
collect_ignore = [] if sys.version_info >= (3, 11) else ["test_py_jama_client.py"]
# What needs no layout and no script is tested without a browser, in test_page.py.
collect_ignore += [] if find_browser() else ["test_page_in_browser.py"]


@pytest.fixture(scope="session")
def server() -> Iterator[Sandbox]:
    with Store() as store, Sandbox(store) as sandbox:
        yield sandbox


@pytest.fixture
def world(server: Sandbox) -> Iterator[World]:
    world = World(server)
    yield world
    world.api.close()


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.now_s = 1_717_236_000.25  # 2024-06-01T10:00:00.250Z

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_world(clock: Clock, closing: ThreadPoolExecutor) -> Iterator[Callable[..., World]]:
    """Start servers with knobs turned, all on one clock that stands still."""
    with ExitStack() as stack:

        def make(*, context_path: str = "", **knobs: Any) -> World:
            store = Store(clock=clock)
            sandbox = Sandbox(store, knobs=Knobs(**knobs), context_path=context_path).start()
            world = World(sandbox)
            stack.callback(closing.submit, stop_and_close, sandbox)
            stack.callback(world.api.close)
            return world

        yield make
