"""A sandbox of its own for the matrix, and repositories in it whose time is short."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from tests.conftest import PROJECTS
from tests.faults import hurried
from tests.faults.world import World
from tests.harness import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def serve_unlucky() -> Iterator[Callable[[], Sandbox]]:
    """Return the server of a cell; many share one, as long as its projects are one page."""
    servers: list[Sandbox] = []
    with ExitStack() as stack:

        def serve() -> Sandbox:
            if not servers or len(servers[-1].store.projects()) >= PROJECTS:
                store = stack.enter_context(Store(clock=hurried.TIME.wall))
                servers.append(stack.enter_context(Sandbox(store)))
            return servers[-1]

        yield serve


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed extension."""
    folder = tmp_path_factory.mktemp("site")
    hurried.install(folder)
    return folder


@pytest.fixture
def make_world(
    serve_unlucky: Callable[[], Sandbox],
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[str], World]:
    """Make the world of a cell from its `give_up_after`; the working directory is in it."""

    def make(give_up_after: str) -> World:
        repository = Repository(tmp_path, serve_unlucky(), f"F{next(_numbers)}")
        monkeypatch.syspath_prepend(site)
        monkeypatch.chdir(tmp_path)
        environment = repository.environment()
        for name in ("JAMA_PROJECT", "JAMA_PLAN", "JAMA_CYCLE", "JAMA_USERNAME", "JAMA_PASSWORD"):
            monkeypatch.delenv(name, raising=False)
        for name in ("JAMA_URL", "JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET", "NO_PROXY"):
            monkeypatch.setenv(name, environment[name])
        return World(repository, capsys, give_up_after=give_up_after)

    return make
