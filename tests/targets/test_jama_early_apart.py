"""What tests do to the process that sends: environment, clocks, chance, doubles of the library."""

from __future__ import annotations

import itertools
import random
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.targets.early_session import EarlySession
from tests.targets.rounds import Refusing
from tests.targets.test_jama_early_sending import statuses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime


@pytest.fixture
def session(world: JamaWorld) -> EarlySession:
    refs = world.add_cases(2)
    world.start(refs)
    return EarlySession(world, refs)


def sends_all(session: EarlySession) -> bool:
    session.early(session.refs[0])
    return statuses(session.world) == ["PASSED", "NOT_RUN"]


def test_a_proxy_and_a_bundle_that_a_test_sets_are_not_used(
    session: EarlySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert sends_all(session)
    client = session.target._client  # noqa: SLF001 - what no request to a server without TLS shows
    assert client.api.connection._session.verify != "/nowhere.pem"  # noqa: SLF001


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("a double of a test got a request of ours")


@pytest.mark.parametrize(
    "owner, name",
    [(HTTPAdapter, "send"), (requests.Session, "send"), (requests.Session, "get_adapter")],
)
def test_doubles_of_the_library_get_no_request_of_ours(
    session: EarlySession, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    """They are what `responses` and `requests_mock` put a double in the place of."""
    monkeypatch.setattr(owner, name, refuse)
    assert sends_all(session)


@pytest.fixture
def false_clocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the modules that send look up false clocks, as `freezegun` does; only them."""

    leaps = itertools.count(1e9, 1e6)

    def clock(true: Callable[[], float]) -> float:
        caller = sys._getframe(1).f_globals["__name__"]  # noqa: SLF001
        return next(leaps) if caller.startswith("pytest_jama.targets.") else true()

    with monkeypatch.context() as patch:
        for name in ("time", "monotonic"):
            patch.setattr(time, name, partial(clock, getattr(time, name)))
        yield


@pytest.mark.usefixtures("false_clocks")
def test_clocks_that_a_test_moves_end_no_exchange(session: EarlySession) -> None:
    assert sends_all(session)


def test_the_chance_of_tests_that_seed_it_is_not_used(
    make_world: MakeWorld, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    refs = world.add_cases(2)
    session = EarlySession(world, refs, time=fake_time)
    left = iter(range(6))
    for status in (429, 503):
        faults = Refusing(status, lambda _: next(left, None) is not None)
        world.sandbox.faults.add(faults)
    asked: list[str] = []

    def note() -> float:
        asked.append(threading.current_thread().name)
        return 0.5

    monkeypatch.setattr(random, "random", note)
    monkeypatch.setattr(random, "uniform", lambda *_: note())
    session.early(refs[0])
    assert session.told.retries
    ours = threading.current_thread().name
    assert not [name for name in asked if name == ours or name.startswith("pytest-jama")]
