"""A server that takes its time to create: nothing is seen before, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.jama.nodes import find_nodes
from pytest_jama.sandbox.jama.selection import of_kind
from tests.sandbox.client import CYCLE_FIELDS
from tests.sandbox.wire import Line, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.client import World
    from tests.sandbox.conftest import Clock

SLOW_S = 45.0


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def hidden(world: World, kind: str) -> int:
    database = world.store.database
    everything = find_nodes(database, of_kind(kind), with_hidden=True)
    return len(everything) - len(find_nodes(database, of_kind(kind)))


def test_a_plan_and_a_cycle_are_seen_only_when_the_answer_comes(
    make_world: Callable[..., World], clock: Clock, beside: ThreadPoolExecutor
) -> None:
    world = make_world(slow_create_s=SLOW_S)
    plan = world.plan(*world.cases(0))
    cycles = f"/testplans/{plan}/testcycles"
    answer = beside.submit(world.api.post, cycles, {"fields": CYCLE_FIELDS})
    assert eventually(lambda: hidden(world, "testcycles") == 1)
    clock.now_s += SLOW_S - 1
    assert world.api.get(cycles).total == 0
    assert world.api.get("/testruns", params={"testPlan": plan}).total == 0
    assert world.api.get("/abstractitems", params={"itemType": 36}).total == 0
    assert not answer.done()
    clock.now_s += 1
    cycle = answer.result(10).id
    assert world.api.get(cycles).ids == [cycle]
    assert world.api.get("/testruns", params={"testCycle": cycle}).total == 1
    assert (
        world.api.get(f"/testcycles/{cycle}").data["createdDate"].startswith("2024-06-01T10:00:45")
    )


def test_what_a_client_gave_up_on_appears_as_often_as_it_was_sent(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world(slow_create_s=SLOW_S)
    body = {"project": world.project, "fields": {"name": "Release"}}
    for count in (1, 2):
        with Line(world.sandbox, "POST", "/testplans", body) as line:
            assert eventually(lambda: hidden(world, "testplans") == count)  # noqa: B023 - at once
            assert line.is_silent()
    assert world.store.plans(world.key) == ()
    clock.now_s += SLOW_S
    assert [plan.name for plan in world.store.plans(world.key)] == ["Release", "Release"]


def test_a_slow_group_is_not_listed_before_its_time(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world(slow_create_s=SLOW_S)
    groups = f"/testplans/{world.plan()}/testgroups"
    with Line(world.sandbox, "POST", groups, {"name": "Late"}):
        table = world.store.database
        assert eventually(lambda: len(table.select("test_groups", name="Late")) == 1)
        assert world.api.get(groups).total == 1
        clock.now_s += SLOW_S
        assert world.api.get(groups).total == 2
