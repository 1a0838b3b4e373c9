from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.octane_client import OctaneClient, open_client
from tests.targets.octane.octane_lab import OctaneLab
from tests.targets.octane.octane_scripts import settings_for, signed_in
from tests.targets.octane.octane_world import OctaneWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from tests.targets.conftest import Serve
    from tests.targets.scripted import FakeTime, Reply, ScriptedServer


class Connect(Protocol):
    def __call__(self, url: str, **given: Any) -> OctaneClient: ...


@pytest.fixture
def connect(fake_time: FakeTime) -> Iterator[Connect]:
    """Connect to a server with an API key, in time that takes none."""
    with ExitStack() as stack:

        def connected(url: str, **given: Any) -> OctaneClient:
            client = open_client(settings_for(url, **given), clocks=fake_time.clocks)
            stack.callback(client.connection.close)
            return client

        yield connected


class MakeWorkspace(Protocol):
    def __call__(self, **knobs: Any) -> OctaneWorld: ...


@pytest.fixture
def make_workspace(fake_time: FakeTime, closing: ThreadPoolExecutor) -> Iterator[MakeWorkspace]:
    """An empty workspace in a stand-in of its own, which behaves as asked for."""
    with ExitStack() as stack:

        def make(**knobs: Any) -> OctaneWorld:
            sandbox = OctaneSandbox(knobs=OctaneKnobs(**knobs)).start()
            stack.callback(closing.submit, sandbox.stop)
            return stack.enter_context(OctaneWorld(sandbox, fake_time.clocks))

        yield make


class OpenEntities(Protocol):
    def __call__(self, *replies: Reply) -> tuple[Entities, ScriptedServer]: ...


@pytest.fixture
def entities_of(script: Serve, connect: Connect) -> OpenEntities:
    """The entities of a server that lets us in and then gives the replies."""

    def opened(*replies: Reply) -> tuple[Entities, ScriptedServer]:
        server = script(signed_in(), *replies)
        return Entities(connect(server.url)), server

    return opened


class MakeLab(Protocol):
    def __call__(self, **knobs: Any) -> OctaneLab: ...


@pytest.fixture
def make_lab(fake_time: FakeTime, closing: ThreadPoolExecutor) -> Iterator[MakeLab]:
    """A workspace in a stand-in of its own, which behaves as asked for."""
    with ExitStack() as stack:

        def make(**knobs: Any) -> OctaneLab:
            sandbox = OctaneSandbox(knobs=OctaneKnobs(**knobs)).start()
            stack.callback(closing.submit, sandbox.stop)
            return stack.enter_context(OctaneLab(sandbox, fake_time.clocks))

        yield make


@pytest.fixture
def octane(make_lab: MakeLab) -> OctaneLab:
    return make_lab()
