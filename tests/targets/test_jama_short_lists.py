"""Lists that are not complete: nothing is concluded from what they do not show."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from pytest_jama.core.plan import SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.sandbox.faults.actions import lose_page
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from pytest_jama.targets.jama.paging import ShortListError
from tests.targets.jama_world import CYCLE, PLAN, updates_for

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from pytest_jama.targets.jama import JamaTarget
    from pytest_jama.targets.jama.runs import Resolution
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

REGENERATE = {"name": CYCLE, "missing_runs": "regenerate"}


@dataclass(frozen=True)
class Losing:
    """One page of a list does not come.

    Attributes:
        path: The end of the list's path.
        start: What stands before the page.
        times: How often it does not come.
    """

    path: str
    start: int
    times: int = 1_000

    def judge(self) -> Judge:
        """Begin anew."""
        left = self.times

        def judge(arrival: IncomingRequest) -> Effect:
            nonlocal left
            is_meant = arrival.method == "GET" and arrival.path.endswith(self.path)
            if not is_meant or not left or f"startAt={self.start}&" not in f"{arrival.query}&":
                return NO_EFFECT
            left -= 1
            return Effect(name="lost-page", act=lose_page)

        return judge


@dataclass(frozen=True)
class Refusing:
    """Pages behind the end of a list are refused.

    Attributes:
        path: The end of the list's path.
        start: What stands before the first of these.
        times: How often one is refused.
    """

    path: str
    start: int
    times: int = 1_000

    def judge(self) -> Judge:
        """Begin anew."""
        left = self.times

        def judge(arrival: IncomingRequest) -> Effect:
            nonlocal left
            start = int(parse_qs(arrival.query).get("startAt", ["0"])[0])
            if not arrival.path.endswith(self.path) or start < self.start or not left:
                return NO_EFFECT
            left -= 1
            return Effect(name="past-the-end", status=400, message="startAt is past the end")

        return judge


@dataclass(frozen=True)
class Moving:
    """While a list of plans is read, its last row moves to the first page, which was read before.

    Attributes:
        total: What the pages announce from then on; None for what is true.
    """

    total: int | None = None

    def judge(self) -> Judge:
        """Begin anew."""
        has_moved = False

        def judge(arrival: IncomingRequest) -> Effect:
            nonlocal has_moved
            if arrival.path != "/testplans" or arrival.method != "GET" or has_moved:
                return NO_EFFECT
            if "startAt=50" not in arrival.query:
                return NO_EFFECT
            has_moved = True
            return Effect(name="moved", act=self._without_last)

        return judge

    async def _without_last(self, exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        page: dict[str, Any] = json.loads(answer.body)
        page["data"].pop()
        info = page["meta"]["pageInfo"]
        info["resultCount"] -= 1
        info["totalResults"] = self.total or info["totalResults"]
        await exchange.answer(answer.with_body(json.dumps(page).encode()))


def _target(world: JamaWorld, time: FakeTime, **given: Any) -> JamaTarget:
    return world.target(clocks=time.clocks, **given)


def _resolve(
    world: JamaWorld, time: FakeTime, refs: list[CaseRef], *, create: bool = True, **given: Any
) -> Resolution:
    return _target(world, time, **given).resolve(refs, create=create, observer=Observer())


@pytest.mark.parametrize("cycle", [CYCLE, REGENERATE], ids=["report", "regenerate"])
@pytest.mark.parametrize("few", [True, False], ids=["few cases", "all cases"])
def test_a_page_of_runs_that_does_not_come_is_not_a_case_without_run(
    few: bool, cycle: Any, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(120)
    world.start(refs)
    before = world.state()
    with world.sandbox.faults.during(Losing("/testruns", 0 if few else 50)):
        resolution = _resolve(world, fake_time, refs[60:61] if few else refs, cycle=cycle)
    assert {each.case_ref for each in resolution.unresolved} == set(
        refs[60:61] if few else refs[50:100]
    )
    assert len(resolution.runs) == (0 if few else 70)
    for each in resolution.unresolved:
        assert f"Jama did not give all runs of test cycle {CYCLE!r}" in each.reason
        assert (each.remedy, "regenerate" in str(each)) == ("send the results again", False)
    assert (resolution.changes, world.state()) == ((), before)


@pytest.mark.parametrize("cycle", [CYCLE, "Build 8"], ids=["there", "new"])
def test_a_page_of_runs_that_comes_late_costs_nothing(
    cycle: str, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(120)
    world.start(refs)
    with world.sandbox.faults.during(Losing("/testruns", 50, times=3)):
        resolution = _resolve(world, fake_time, refs, cycle=cycle)
    assert (len(resolution.runs), resolution.unresolved) == (120, ())
    assert not any(fake_time.slept)


@pytest.mark.parametrize("path, times", [("/testcases", 1_000), ("/testruns", 4)])
def test_a_page_that_is_asked_for_too_early_may_be_refused(
    path: str, times: int, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(120)
    world.start(refs if path == "/testruns" else refs[:10])
    with world.sandbox.faults.during(Refusing(path, 50, times)):
        resolution = _resolve(world, fake_time, refs, cycle="Build 8")
    assert (len(resolution.runs), resolution.unresolved) == (120, ())
    asked = Counter(request.path for request in world.sandbox.requests)
    assert asked["/testruns"] == (5 if path == "/testruns" else 3)


def test_runs_that_do_not_come_back_are_not_gone(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(60)
    world.start(refs)
    target = _target(world, fake_time)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    with world.sandbox.faults.during(Losing("/testruns", 50)):
        receipts = target.push(updates, observer=Observer())
    assert {receipt.state for receipt in receipts} == {SendState.UNVERIFIED}
    assert "accepted, but the list /testruns is not complete" in receipts[-1].error


@pytest.mark.parametrize("total", [None, 59], ids=["a row less", "another total"])
@pytest.mark.parametrize("create", [True, False])
def test_a_plan_that_moved_while_it_was_listed_is_not_created_twice(
    create: bool, total: int | None, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(1)
    for number in range(59):
        world.store.add_plan(world.key, f"Plan {number}")
    world.start(refs)
    with world.sandbox.faults.during(Moving(total)):
        resolution = _resolve(world, fake_time, refs, create=create)
    assert (resolution.changes, len(resolution.runs)) == ((), 1)
    assert len(world.store.plans(world.key)) == 60


@pytest.mark.parametrize(
    "path, kind", [("/testplans", "plan"), ("/testgroups", "group"), ("/testcycles", "cycle")]
)
def test_nothing_is_created_that_may_be_on_a_page_that_does_not_come(
    path: str, kind: str, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(2)
    world.start(refs)
    before = world.state()
    given: dict[str, Any] = {
        "plan": {"name": "New" if kind == "plan" else PLAN, "group": "Another"},
        "cycle": "Next" if kind == "cycle" else "New",
    }
    new = [*refs, *world.add_cases(1)]
    with (
        world.sandbox.faults.during(Losing(path, 0)),
        pytest.raises(ShortListError, match=r"Jama announces 1 entries and gives 0"),
    ):
        _resolve(world, fake_time, new, **given)
    assert world.state() == before


def test_a_case_on_a_page_that_does_not_come_is_not_called_unknown(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    in_plan, *others = refs = world.add_cases(3)
    world.start([in_plan])
    with world.sandbox.faults.during(Losing("/abstractitems", 0)):
        resolution = _resolve(world, fake_time, refs)
    assert list(resolution.runs) == [in_plan]  # its group has it
    assert {each.case_ref for each in resolution.unresolved} == set(others)
    assert "did not come, also when they were asked for again" in resolution.unresolved[0].reason


def test_what_is_there_is_found_in_a_list_that_is_not_complete(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(1)
    world.start(refs)
    for number in range(59):
        world.store.add_plan(world.key, f"Plan {number}")
    with world.sandbox.faults.during(Losing("/testplans", 50)):
        resolution = _resolve(world, fake_time, refs)
    assert (resolution.changes, len(resolution.runs)) == ((), 1)
