"""A server of several replicas: lists show for a while what was there before."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from tests.sandbox.client import Api, add
from tests.targets.jama_world import JamaWorld, updates_for
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.core.plan import Receipt
    from tests.targets.conftest import MakeWorld
    from tests.targets.scripted import FakeTime

SENT, MISMATCH, UNVERIFIED = SendState.SENT, SendState.MISMATCH, SendState.UNVERIFIED

COUNT = 52
"""More runs than one page of a list has."""


@pytest.fixture
def lagging(fake_time: FakeTime) -> Iterator[JamaWorld]:
    """A world whose server lives in the same time as the target."""
    with ExitStack() as stack:
        store = stack.enter_context(Store(clock=lambda: 1_700_000_000.0 + fake_time.now))
        sandbox = stack.enter_context(Sandbox(store))
        yield stack.enter_context(JamaWorld(sandbox, "JEET1"))


def _upload(
    world: JamaWorld,
    time: FakeTime,
    count: int,
    *faults: Any,
    told: Told | None = None,
    give_up_after: str = "120s",
) -> tuple[Sequence[Receipt], int, int]:
    """Return the receipts, and how many PATCHes and other requests the push took."""
    refs = world.add_cases(count)
    world.start(refs)
    upload = {"concurrency": 1, "give_up_after": give_up_after}
    target = world.target(clocks=time.clocks, upload=upload)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    world.count_requests()
    time.slept.clear()
    with world.sandbox.faults.during(*faults):
        receipts = target.push(updates, observer=told or Told())
    return receipts, *world.count_requests()


def _states(receipts: Sequence[Receipt]) -> set[SendState]:
    return {receipt.state for receipt in receipts}


@pytest.mark.parametrize(
    "lag_s, give_up_after", [(0.2, "120s"), (10, "120s"), (29, "120s"), (10, "3s"), (10, "1s")]
)
def test_runs_that_show_late_are_waited_for_and_written_once(
    lag_s: float, give_up_after: str, lagging: JamaWorld, fake_time: FakeTime
) -> None:
    lag = RandomFault("lag", path="/testruns", wait_s=lag_s)
    receipts, patches, others = _upload(lagging, fake_time, COUNT, lag, give_up_after=give_up_after)
    assert lagging.sandbox.faults.played["lag"] >= 2
    assert (_states(receipts), patches) == ({SENT}, COUNT)
    assert sum(fake_time.slept) <= 30.5
    assert others <= 7 * 2


def test_a_lag_longer_than_that_costs_one_more_reading_of_each_run(
    lagging: JamaWorld, fake_time: FakeTime
) -> None:
    receipts, patches, _ = _upload(lagging, fake_time, 3, RandomFault("lag", wait_s=45))
    assert (_states(receipts), patches) == ({SENT}, 3)
    assert {receipt.attempts for receipt in receipts} == {1}


def test_a_list_that_lags_without_end_is_not_waited_for_longer(
    lagging: JamaWorld, fake_time: FakeTime
) -> None:
    receipts, patches, others = _upload(lagging, fake_time, COUNT, RandomFault("lag", wait_s=9e9))
    assert (_states(receipts), patches) == ({SENT}, COUNT)
    assert sum(fake_time.slept) == 30.5
    assert others <= 7 * 2 + COUNT


@pytest.mark.parametrize("seed", range(3))
def test_pages_that_flip_between_replicas_are_read_until_each_run_was_shown(
    seed: int, lagging: JamaWorld, fake_time: FakeTime
) -> None:
    fault = RandomFault("lag", probability=0.6, path="/testruns", wait_s=9e9, seed=seed)
    receipts, patches, _ = _upload(lagging, fake_time, 2 * COUNT, fault)
    assert (_states(receipts), patches) == ({SENT}, 2 * COUNT)


def test_only_what_is_old_is_read_again(lagging: JamaWorld, fake_time: FakeTime) -> None:
    second_page = RandomFault("lag", path="/testruns", wait_s=9e9, after=1, times=1)
    receipts, patches, others = _upload(lagging, fake_time, COUNT, second_page)
    assert (_states(receipts), patches, others, fake_time.slept) == ({SENT}, COUNT, 3, [0.5])


@pytest.mark.parametrize("give_up_after, waits_s", [("1s", 12), ("24s", 12), ("40s", 20)])
def test_the_wait_is_not_longer_than_give_up_after_or_some_seconds(
    give_up_after: str, waits_s: float, lagging: JamaWorld, fake_time: FakeTime
) -> None:
    fault = RandomFault("lag", wait_s=9e9)
    receipts, patches, _ = _upload(lagging, fake_time, 2, fault, give_up_after=give_up_after)
    assert (_states(receipts), patches) == ({SENT}, 2)
    assert sum(fake_time.slept) == pytest.approx(waits_s)


def test_what_is_shown_at_once_is_read_once_without_a_pause(
    lagging: JamaWorld, fake_time: FakeTime
) -> None:
    receipts, patches, others = _upload(lagging, fake_time, COUNT)
    assert (_states(receipts), patches, others, fake_time.slept) == ({SENT}, COUNT, 2, [])


def test_a_third_value_is_a_mismatch_at_once(lagging: JamaWorld, fake_time: FakeTime) -> None:
    api = Api(lagging.sandbox)

    def meddle(receipt: Receipt) -> None:
        if receipt.state is SENT:
            api.patch(f"/testruns/{receipt.update.key}", add("testRunStatus", "BLOCKED"))

    receipts, patches, _ = _upload(lagging, fake_time, 2, told=Told(meddle))
    assert (_states(receipts), patches, fake_time.slept) == ({MISMATCH}, 4, [])
    assert receipts[0].error == "intended PASSED, Jama stores BLOCKED"


def test_runs_that_were_shown_stay_confirmed_when_reading_the_others_fails(
    lagging: JamaWorld, fake_time: FakeTime
) -> None:
    faults = (
        RandomFault("403", method="GET", path="/testruns", after=2),
        RandomFault("lag", path="/testruns", wait_s=9e9, after=1),
    )
    receipts, patches, _ = _upload(lagging, fake_time, COUNT, *faults)
    assert [receipt.state for receipt in receipts] == [SENT] * 50 + [UNVERIFIED] * (COUNT - 50)
    assert patches == COUNT


@pytest.mark.parametrize("lag_s", [3, 12])
def test_what_was_created_and_is_listed_late_is_created_once(
    lag_s: float, lagging: JamaWorld, fake_time: FakeTime
) -> None:
    refs = lagging.add_cases(3)
    target = lagging.target(clocks=fake_time.clocks, plan={"name": "New", "group": "Mine"})
    faults = (
        RandomFault("stale", wait_s=lag_s),
        RandomFault("truncate", method="POST", path="/testplans*"),
    )
    with lagging.sandbox.faults.during(*faults):
        resolution = target.resolve(refs, create=True, observer=Observer())
    assert list(resolution.runs) == refs
    (plan,) = lagging.store.plans(lagging.key)
    assert len(lagging.store.cycles(plan.id)) == 1
    assert sorted(group.name for group in lagging.store.groups(plan.id)) == [
        "Default Test Group",
        "Mine",
    ]


@pytest.mark.parametrize("now", [-1e9, 1e9])
def test_a_token_ages_by_the_clock_of_its_connection(
    now: float, lagging: JamaWorld, fake_time: FakeTime
) -> None:
    refs = lagging.add_cases(1)
    lagging.start(refs)
    fake_time.now = now
    target = lagging.target(clocks=fake_time.clocks, upload={"concurrency": 1})
    target.resolve(refs, create=True, observer=Observer())
    fake_time.now += 7_200
    target.resolve(refs, create=True, observer=Observer())
    asked = [request.path for request in lagging.sandbox.requests]
    assert sum(path.endswith("/oauth/token") for path in asked) == 2


def test_an_account_alone_that_is_never_stored_is_waited_for_briefly(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    """The runs are PASSED before, so that nothing shows that the server is not only late."""
    lagging = make_world(actual_results="drop")
    refs = lagging.add_cases(3)
    lagging.start(refs)
    for run in lagging.runs():
        Api(lagging.sandbox).patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    target = lagging.target(clocks=fake_time.clocks, upload={"concurrency": 1})
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    fake_time.slept.clear()
    receipts = target.push(updates, observer=Told())
    assert _states(receipts) == {MISMATCH}
    assert sum(fake_time.slept) <= 20
