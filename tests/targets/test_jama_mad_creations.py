"""Answers to creations that name something else, or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.port import Observer
from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from tests.targets.jama_world import CYCLE, PLAN

if TYPE_CHECKING:
    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from pytest_jama.targets.jama.runs import Resolution
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime


@dataclass(frozen=True)
class Naming:
    """What is created is created, and the answer names something else.

    Attributes:
        path: The end of the path of the POST.
        meta: What the answer says.
    """

    path: str
    meta: Any

    def judge(self) -> Judge:
        """Begin anew."""

        def judge(arrival: IncomingRequest) -> Effect:
            is_meant = arrival.method == "POST" and arrival.path.endswith(self.path)
            return Effect(name="naming", act=self._answer) if is_meant else NO_EFFECT

        return judge

    async def _answer(self, exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        await exchange.answer(answer.with_body(json.dumps({"meta": self.meta}).encode()))


def _prepare(world: JamaWorld, time: FakeTime) -> Resolution:
    refs = world.add_cases(2)
    target = world.target(clocks=time.clocks, plan={"name": PLAN, "group": "Mine"})
    return target.resolve(refs, create=True, observer=Observer())


@pytest.mark.parametrize("kind", ["plan", "cycle"])
@pytest.mark.parametrize("where", ["same place", "elsewhere"])
def test_what_an_answer_names_and_was_not_created_is_not_used(
    kind: str, where: str, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    world.store.add_project("OTHER")
    key = "OTHER" if kind == "plan" and where == "elsewhere" else world.key
    name = PLAN if where == "elsewhere" else "Another"
    other_plan = world.store.add_plan(key, name if kind == "plan" else "Another")
    other = other_plan
    if kind == "cycle":
        other = world.store.add_cycle(other_plan, CYCLE)
    with world.sandbox.faults.during(Naming(f"/test{kind}s", {"id": other})):
        resolution = _prepare(world, fake_time)
    plan = next(each for each in world.store.plans(world.key) if each.name == PLAN)
    (cycle,) = world.store.cycles(plan.id)
    assert (resolution.plan.place_id, resolution.cycle.place_id) == (plan.id, cycle.id)
    assert len(resolution.runs) == 2
    assert world.store.groups(other_plan)[0].case_ids == ()
    assert sum(fake_time.slept) < 40


@pytest.mark.parametrize(
    "meta", [{}, [], None, {"id": "1/../../users"}, {"id": -1}, {"location": "x"}, {"id": None}]
)
@pytest.mark.parametrize("path", ["/testplans", "/testgroups", "/testcycles", "/testcases"])
def test_what_was_created_without_a_usable_id_is_found_by_its_name(
    path: str, meta: Any, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    with world.sandbox.faults.during(Naming(path, meta)):
        resolution = _prepare(world, fake_time)
    (plan,) = world.store.plans(world.key)
    assert len(world.store.cycles(plan.id)) == 1
    assert len(world.store.groups(plan.id)) == 2
    assert len(resolution.runs) == 2
    assert not [request for request in world.sandbox.requests if ".." in request.path]


@pytest.mark.parametrize("path", ["/testplans", "/testplans/*/testcycles"])
def test_what_was_created_and_is_nowhere_ends_it_before_anything_is_put_there(
    path: str, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    with (
        world.sandbox.faults.during(RandomFault("lie", method="POST", path=path)),
        pytest.raises(NotUsableError, match=r"says that it created test (plan|cycle) '.*' with"),
    ):
        _prepare(world, fake_time)
    assert sum(fake_time.slept) < 40


@dataclass(frozen=True)
class DoneAndRefused:
    """What is created is created, and the answer says that nothing was done; three times each."""

    status: int

    def judge(self) -> Judge:
        """Begin anew."""
        seen: list[str] = []

        def judge(arrival: IncomingRequest) -> Effect:
            is_meant = arrival.method == "POST" and "/testplans" in arrival.path
            if not is_meant or seen.count(arrival.path) >= 3:
                return NO_EFFECT
            seen.append(arrival.path)
            return Effect(name="refused", act=self._answer)

        return judge

    async def _answer(self, exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        await exchange.answer(replace(answer, status=self.status).with_body(b"{}"))


@pytest.mark.parametrize("status", [429, 503])
def test_what_was_created_though_the_answer_says_it_was_not_is_created_once(
    status: int, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    with world.sandbox.faults.during(DoneAndRefused(status)):
        resolution = _prepare(world, fake_time)
    (plan,) = world.store.plans(world.key)
    assert len(world.store.cycles(plan.id)) == 1
    assert len(world.store.groups(plan.id)) == 2
    assert len(resolution.runs) == 2
