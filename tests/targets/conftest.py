from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.targets.http.api import HttpApi
from pytest_jama.targets.http.connection import Connection, Limits
from pytest_jama.targets.http.login import BasicLogin
from pytest_jama.targets.http.transport import open_session
from pytest_jama.targets.jama.connect import JAMA
from tests.targets.jama_world import JamaWorld
from tests.targets.scripted import FakeTime, Reply, ScriptedServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from pytest_jama.targets.http.request import Login


class Serve(Protocol):
    def __call__(self, *replies: Reply) -> ScriptedServer: ...


class OpenApi(Protocol):
    def __call__(self, url: str, **limits: Any) -> HttpApi: ...


class MakeWorld(Protocol):
    def __call__(self, **knobs: Any) -> JamaWorld: ...


_numbers = itertools.count(1)


@pytest.fixture
def world(running_sandbox: Sandbox) -> Iterator[JamaWorld]:
    """An empty project in the sandbox of this process."""
    running_sandbox.clear_requests()
    with JamaWorld(running_sandbox, f"T{next(_numbers)}") as world:
        yield world
    running_sandbox.faults.clear()  # what a test leaves in force would meet the tests behind it


@pytest.fixture
def make_world(closing: ThreadPoolExecutor) -> Iterator[MakeWorld]:
    """An empty project in a sandbox of its own, which behaves as asked for."""
    with ExitStack() as stack:

        def make(**knobs: Any) -> JamaWorld:
            sandbox = Sandbox(knobs=Knobs(**knobs)).start()
            stack.callback(closing.submit, sandbox.stop)
            return stack.enter_context(JamaWorld(sandbox, "JEET1"))

        yield make


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def script() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda *replies: stack.enter_context(serve(*replies))


@pytest.fixture
def open_api(fake_time: FakeTime) -> Iterator[OpenApi]:
    """Connect to a server with a password, in time that takes none."""
    with ExitStack() as stack:

        def opened(url: str, *, login: Login | None = None, **limits: Any) -> HttpApi:
            connection = Connection(
                url,
                facts=JAMA,
                session=open_session(url, environ={}),
                login=login or BasicLogin("ann", lambda: "s3cret", remedy="check JAMA_PASSWORD"),
                limits=Limits(**limits),
                clocks=fake_time.clocks,
            )
            stack.callback(connection.close)
            return HttpApi(connection)

        yield opened
