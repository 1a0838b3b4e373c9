"""Sessions that prepare the same plan and cycle at the same time."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Change, ChangeKind
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.http.give_up import Clocks
from pytest_jama.targets.jama.settling import settle
from pytest_jama.targets.jama.wire import TestPlan
from tests.every import every
from tests.targets.early_session import EarlySession, ToldEarly
from tests.targets.jama_world import CYCLE, PLAN, updates_for
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama.runs import Resolution
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

SESSIONS = 4
_IN_A_GROUP = {"name": PLAN, "group": "Automated"}

HURRIED = Clocks(
    monotonic=lambda: 20 * time.monotonic(), sleep=lambda seconds: time.sleep(seconds / 20)
)
"""Time that passes for all threads, but twenty times as fast."""


def _plans(*ids: int) -> list[TestPlan]:
    return [TestPlan(each, "Release 1") for each in ids]


@every("mine", [4, 7, 9])
def test_all_sessions_settle_on_the_lowest_id_and_say_so(mine: int) -> None:
    warnings: list[str] = []
    settled, are_several = settle(
        TestPlan(mine, "Release 1"),
        lambda: _plans(9, 4, 7),
        "test plan",
        again=lambda *_: None,
        warn=warnings.append,
    )
    assert (settled.id, are_several) == (4, True)
    (warning,) = warnings
    assert warning == (
        "3 test plans are named 'Release 1', since several sessions created one at the same time: "
        "all use the first, ID 4; the others are not used, and can be deleted if nobody wrote into "
        "them: 7, 9"
    )


def test_a_session_that_is_alone_says_nothing(fake_time: FakeTime) -> None:
    (mine,) = _plans(4)
    alone = settle(
        mine,
        lambda: [mine],
        "test plan",
        again=lambda _why, _attempt, pause_s: fake_time.sleep(pause_s),
        warn=pytest.fail,
    )
    assert alone == (mine, False)
    assert fake_time.slept == []


def test_the_own_one_is_waited_for_since_others_show_late_too(fake_time: FakeTime) -> None:
    lists = iter([[], [], _plans(3, 4)])
    settled, _ = settle(
        TestPlan(4, "Release 1"),
        lambda: next(lists),
        "test plan",
        again=lambda _why, _attempt, pause_s: fake_time.sleep(pause_s),
        warn=lambda _: None,
    )
    assert settled.id == 3
    assert len(fake_time.slept) == 2


def test_one_that_never_shows_is_used_all_the_same(fake_time: FakeTime) -> None:
    mine = TestPlan(4, "Release 1")
    settled, _ = settle(
        mine,
        list,
        "test plan",
        again=lambda _why, _attempt, pause_s: fake_time.sleep(pause_s),
        warn=pytest.fail,
    )
    assert settled == mine
    assert sum(fake_time.slept) < 31


def _race(world: JamaWorld, shards: list[list[CaseRef]], **settings: Any) -> list[Resolution]:
    """Resolve and push in one thread for each shard, all started at the same time."""
    start = threading.Barrier(len(shards))
    found: dict[int, Resolution] = {}

    def run(number: int, refs: list[CaseRef]) -> None:
        target = world.target(clocks=HURRIED, **settings)
        start.wait(5)
        found[number] = target.resolve(refs, create=True, observer=Observer())
        target.push(updates_for(found[number], Verdict.PASSED), observer=Observer())

    threads = [threading.Thread(target=run, args=shard) for shard in enumerate(shards)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(shards))]


@pytest.mark.parametrize("slow_create_s", [0, 0.6], ids=["fast", "slow"])
def test_sessions_with_the_same_cases_end_up_in_one_cycle(
    slow_create_s: float, make_world: MakeWorld
) -> None:
    world = make_world(slow_create_s=slow_create_s)
    refs = world.add_cases(3)
    resolutions = _race(world, [refs] * SESSIONS, plan={"name": "Release 1", "group": "Automated"})
    assert len({(each.plan.place_id, each.cycle.place_id) for each in resolutions}) == 1
    assert all(list(each.runs) == refs for each in resolutions)
    used = {run.cycle_id for run in world.runs() if run.status == "PASSED"}
    assert used == {resolutions[0].cycle.place_id}


def test_sessions_with_cases_of_their_own_wait_for_each_other(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(SESSIONS * 6)
    plan_id = world.store.add_plan(world.key, "Release 1")
    shards = [refs[number::SESSIONS] for number in range(SESSIONS)]
    resolutions = _race(world, shards)
    assert {each.plan.place_id for each in resolutions} == {plan_id}
    assert len({each.cycle.place_id for each in resolutions}) == 1
    reported = {ref for each in resolutions for ref in each.runs}
    unresolved = {each.case_ref for one in resolutions for each in one.unresolved}
    assert reported | unresolved == set(refs)
    assert reported.isdisjoint(unresolved)


def test_a_plan_that_appears_meanwhile_is_named(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    others: list[int] = []

    def create_another(change: Change) -> None:
        if change.what.startswith("test plan"):
            others.append(world.store.add_plan(world.key, "Release 1"))

    target = world.target(clocks=HURRIED)
    resolution = target.resolve(refs, create=True, observer=Told(create_another))
    assert resolution.plan.place_id == others[0] - 2  # the plan and its group come before
    assert f"can be deleted if nobody wrote into them: {others[0]}" in resolution.warnings[0]


def _overtake(world: JamaWorld) -> tuple[CaseRef, Callable[[Change], None]]:
    """Return a case, and what lets another session create the cycle before it is in the plan."""
    early, late = world.add_cases(2)
    plan_id = world.store.add_plan(world.key, PLAN, cases=[world.case_ids[early]])

    def overtake(change: Change) -> None:
        if change.what.startswith("test group"):
            world.store.add_cycle(plan_id, CYCLE)

    return late, overtake


def _overtaken(world: JamaWorld, time: FakeTime, **settings: Any) -> Resolution:
    """Resolve one case while another session creates the cycle before that is in the plan."""
    late, overtake = _overtake(world)
    target = world.target(clocks=time.clocks, plan=_IN_A_GROUP, **settings)
    return target.resolve([late], create=True, observer=Told(overtake))


def test_a_case_that_came_too_late_is_told_with_the_remedy(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    resolution = _overtaken(world, fake_time)
    first, second = world.store.cycles(world.store.plans(world.key)[0].id)
    assert resolution.cycle.place_id == first.id
    assert f"can be deleted if nobody wrote into them: {second.id}" in resolution.warnings[0]
    (unresolved,) = resolution.unresolved
    assert "another session created test cycle 'Build 7'" in unresolved.reason
    assert "use a new cycle name for all shards" in unresolved.remedy


def test_a_case_that_came_too_late_is_not_one_that_a_test_named_late(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    late, overtake = _overtake(world)
    session = EarlySession(world, [late], time=fake_time, plan=_IN_A_GROUP)
    session.told = ToldEarly(overtake)
    session.early(late)
    session.end()
    assert session.plan
    (unresolved,) = session.plan.unresolved
    assert "was made before the test case came into the plan" in unresolved.reason
    assert "use a new cycle name" in unresolved.remedy


def test_a_case_that_came_too_late_gets_a_run_where_that_is_allowed(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    cycle = {"name": "Build 7", "missing_runs": "regenerate"}
    resolution = _overtaken(world, fake_time, cycle=cycle)
    assert resolution.unresolved == ()
    assert len(resolution.runs) == 1


def test_a_session_that_adds_cases_is_waited_for(world: JamaWorld, fake_time: FakeTime) -> None:
    mine, *others = world.add_cases(4)
    left = [world.case_ids[ref] for ref in others]

    def add_another(seconds: float) -> None:
        fake_time.sleep(seconds)
        if left:
            world.store.add_to_plan(world.store.plans(world.key)[0].id, left.pop())

    def begin(change: Change) -> None:
        if change.kind is ChangeKind.ADD:
            add_another(0)

    clocks = replace(fake_time.clocks, sleep=add_another)
    world.target(clocks=clocks).resolve([mine], create=True, observer=Told(begin))
    assert {run.case_id for run in world.runs()} == set(world.case_ids.values())
    assert len({run.cycle_id for run in world.runs()}) == 1


def test_a_cycle_that_was_created_while_we_waited_is_used(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    mine, other = world.add_cases(2)

    def other_session(change: Change) -> None:
        if change.kind is ChangeKind.ADD:
            (plan,) = world.store.plans(world.key)
            world.store.add_to_plan(plan.id, world.case_ids[other])
            world.store.add_cycle(plan.id, "Build 7")

    target = world.target(clocks=fake_time.clocks)
    resolution = target.resolve([mine], create=True, observer=Told(other_session))
    (cycle,) = world.store.cycles(world.store.plans(world.key)[0].id)
    assert resolution.cycle.place_id == cycle.id
    assert list(resolution.runs) == [mine]
