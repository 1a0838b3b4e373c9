"""Servers that answer in every wrong way: nothing is mixed up, nothing comes twice, it ends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_jama.core.errors import TargetError
from pytest_jama.core.plan import SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama import make_jama_target
from tests.mad_server import FINAL, FINE, SLOW, UNCLEAR, MadServer, Talk, mad_server
from tests.targets.jama_world import updates_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Receipt
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

SHORT_S = 0.2
"""How long a request waits for an answer that never ends."""

LONG_S = 20.0
"""How long one waits for an answer that ends on a busy machine."""


@pytest.fixture
def server(world: JamaWorld) -> Iterator[MadServer]:
    port = urlsplit(world.sandbox.url).port
    assert port
    with mad_server(port) as server:
        yield server


class Upload:
    """Uploads through the mad server, in time that takes none."""

    def __init__(self, world: JamaWorld, server: MadServer, time: FakeTime) -> None:
        self.world, self.server, self.time = world, server, time
        self.refs: list[CaseRef] = world.add_cases(3)
        self.repeated: dict[str, int] = {}

    def run(self, *, read_timeout_s: float = LONG_S) -> Sequence[Receipt]:
        settings = self.world.settings(
            url=self.server.url, upload={"give_up_after": "20s", "concurrency": 2}
        )
        clocks = self.time.clocks
        target = make_jama_target(settings, clocks=clocks, read_timeout_s=read_timeout_s)
        told = _Told()
        try:
            resolution = target.resolve(self.refs, create=True, observer=told)
            return target.push(updates_for(resolution, Verdict.PASSED), observer=told)
        finally:
            self.repeated = told.reasons
            target.close()

    def assert_done_once(self) -> None:
        (plan,) = self.world.store.plans(self.world.key)
        (cycle,) = self.world.store.cycles(plan.id)
        runs = self.world.store.runs(cycle.id)
        assert [run.status for run in runs] == ["PASSED"] * len(self.refs)


class _Told(Observer):
    def __init__(self) -> None:
        self.reasons: dict[str, int] = {}

    def retried(self, retry: object) -> None:
        reason = getattr(retry, "reason", "")
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


@pytest.fixture
def upload(world: JamaWorld, server: MadServer, fake_time: FakeTime) -> Upload:
    return Upload(world, server, fake_time)


LOOKED_UP = "looked up again, since a list may show it late"


@pytest.mark.parametrize("kind", FINE)
def test_an_odd_answer_that_is_clear_costs_nothing(kind: str, upload: Upload) -> None:
    upload.server.always(FINE[kind])
    receipts = upload.run()
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 3
    upload.assert_done_once()
    # A creation that was under way when its connection closed is looked up before it is repeated,
    # with pauses; whether one was, the moment decides.
    looks_up = {LOOKED_UP} if kind.startswith("closes") else set()
    assert looks_up & set(upload.repeated) or sum(upload.time.slept) == 0
    assert set(upload.repeated) <= {"the server had closed the connection", *looks_up}


UPLOADS = 20
"""Among how many `make test` shares the kinds of answers; `make fuzz` gives each one of its own."""


def test_an_answer_that_cannot_be_used_is_asked_for_again(
    kinds: Sequence[str], upload: Upload
) -> None:
    upload.server.once_each(*map(UNCLEAR.__getitem__, kinds))
    receipts = upload.run()
    assert len(set(upload.server.seen)) > len(kinds)  # each had its turn, and the token none
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 3
    upload.assert_done_once()


ENDING: Mapping[str, Callable[[Talk], None]] = {**UNCLEAR, **SLOW, **FINAL}
SHARE = [*itertools.islice(UNCLEAR, 0, None, 6), *SLOW, *FINAL]
"""What `make test` lets a server do for ever; `make fuzz` takes all."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let the server end in some ways, or with `--every-cell` in all, each in an upload."""
    is_whole = metafunc.config.getoption("--every-cell")
    if "ending" in metafunc.fixturenames:
        metafunc.parametrize("ending", ENDING if is_whole else SHARE)
    if "kinds" in metafunc.fixturenames:
        turns = len(UNCLEAR) if is_whole else UPLOADS
        shares = [list(UNCLEAR)[turn::turns] for turn in range(turns)]
        metafunc.parametrize("kinds", shares, ids=map(" ".join, shares))


def test_a_mad_server_ends_the_upload_and_a_good_one_makes_it_good(
    ending: str, upload: Upload
) -> None:
    upload.server.always(ENDING[ending])
    began = upload.time.now
    with pytest.raises(TargetError):
        upload.run(read_timeout_s=SHORT_S if ending in SLOW else LONG_S)
    assert upload.time.now - began <= 20
    upload.server.spoils = lambda _: None
    upload.run()
    upload.assert_done_once()
