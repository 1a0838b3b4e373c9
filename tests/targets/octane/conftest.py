from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_jama.targets.octane.octane_client import OctaneClient, open_client
from tests.targets.octane.octane_scripts import settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.targets.scripted import FakeTime


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
