"""Fixtures for all tests: a sandbox per test process, a fresh project per test."""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

# `pytester` restores sys.modules after each test: a library that is first imported inside such a
# test would be half unloaded for the next. So what is imported late is imported here once.
import pytest_jama.config
import pytest_jama.plugin.reporter
import pytest_jama.targets.jama.target  # noqa: F401
from pytest_jama.config.environment import CI_SYSTEMS
from pytest_jama.sandbox.jama.server import Sandbox
from tests.fork_server import quick_python
from tests.forking import keep_metadata, keep_plugins
from tests.harness import ADDOPTS, Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECTS = 40
"""In a sandbox; a page of Jama's lists has 50 rows."""

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-cell",
        action="store_true",
        help="let front-ends meet every cell of the faults, and each every fault in every phase; "
        "fuzz, and try laws, with 25 to 125 times as many examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes that tests start be interrupted, and tell nothing to a CI job.

    Shells start what runs in the background with Ctrl-C ignored, and every process hands that on.
    How many examples hypothesis tries is said here for all tests that do not say it themselves.
    """
    count = 1_000 if config.getoption("--every-cell") else 40
    hypothesis.settings.register_profile("ours", max_examples=count, deadline=None)
    hypothesis.settings.load_profile("ours")
    keep_metadata()
    keep_plugins()
    for system in CI_SYSTEMS:
        for name in filter(None, (system.sign, system.summary, system.outputs)):
            os.environ.pop(name, None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each worker begin with a part of its own, so that each file is compiled by one alone."""
    gc.disable()  # what collection makes is kept
    worker, count = (os.environ.get(f"PYTEST_XDIST_WORKER{each}") for each in ("", "_COUNT"))
    if worker and count and session.config.args_source is session.config.ArgsSource.TESTPATHS:
        root = Path(__file__).parent
        for path in sorted(root.rglob("test_*.py"))[int(worker[2:]) :: int(count)]:
            with suppress(Exception, pytest.skip.Exception):  # collection tells it
                importlib.import_module(
                    ".".join(path.relative_to(root.parent).with_suffix("").parts)
                )


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over thousands of tests: pytest calls it in each session.

    It comes seldom, too: with Python's own thresholds it takes a fifteenth of the time.
    What was compiled by now is kept (see `make test`), nothing later: a test may write a file anew
    within the second and with the length by which Python would know that it has changed.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


@pytest.fixture(scope="session")
def closing() -> Iterator[ThreadPoolExecutor]:
    """Stop servers behind the next tests: uvicorn takes a fifth of a second for it."""
    with ThreadPoolExecutor(max_workers=4) as executor:
        yield executor


@pytest.fixture
def make_apart(
    tmp_path_factory: pytest.TempPathFactory, closing: ThreadPoolExecutor
) -> Iterator[Callable[[str, int], Repository]]:
    """Make a repository, and a sandbox of its own for it, whose faults hurt no other test."""
    with ExitStack() as stack:

        def make(key: str, cases: int) -> Repository:
            sandbox = Sandbox().start()
            stack.callback(closing.submit, sandbox.stop)
            repository = Repository(tmp_path_factory.mktemp("apart"), sandbox, key)
            for number in range(1, cases + 1):
                repository.case(number)
            repository.start_cycle()
            return repository

        yield make


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One real server for many tests of this process; they keep apart by their projects."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def make_repository(
    closing: ThreadPoolExecutor,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], Repository]]:
    """Make repositories, for fixtures that outlive a test.

    So many share a sandbox that the list of its projects keeps to one page: with each page more,
    each session would send one request more.
    """
    sandboxes: list[Sandbox] = []
    with ExitStack() as stack:

        def make() -> Repository:
            number = next(_numbers)
            if not sandboxes or len(sandboxes[-1].store.projects()) >= PROJECTS:
                sandboxes.append(Sandbox().start())
                stack.callback(closing.submit, sandboxes[-1].stop)
            folder: Path = tmp_path_factory.mktemp(f"repository{number}")
            return Repository(folder, sandboxes[-1], f"P{number}")

        yield make


@pytest.fixture
def repository(make_repository: Callable[[], Repository]) -> Repository:
    """A fresh repository with a project of its own."""
    return make_repository()


@pytest.fixture
def quick_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands in this process that start Python get their children from the fork server."""
    monkeypatch.setenv("PYTEST_ADDOPTS", ADDOPTS)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(sys, "executable", quick_python(ADDOPTS))
