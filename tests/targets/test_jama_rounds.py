"""Which requests wait for the answers to others: that, and not their number, makes uploads slow."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import NotUsableError, OutOfReachError, RefusedError
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from tests.targets.jama_world import PLAN, updates_for
from tests.targets.rounds import Crowd, Meeting, Refusing
from tests.targets.told import Told

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.sandbox.faults import IncomingRequest
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld

MISSING_PLAN = {"name": "New", "create": False}


@pytest.fixture
def large(make_world: MakeWorld) -> tuple[JamaWorld, list[CaseRef]]:
    """A cycle of 120 runs, and the keys of its cases."""
    world = make_world()
    refs = world.add_cases(120)
    world.start(refs)
    return world, refs


def _at(path: str) -> Any:
    def is_there(arrival: IncomingRequest) -> bool:
        return arrival.path == path

    return is_there


def _reading_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "pytest-jama-read"]


def test_keys_are_looked_up_while_the_plan_is(large: tuple[JamaWorld, list[CaseRef]]) -> None:
    world, refs = large
    world.sandbox.faults.add(Meeting(4, ("/testplans", "/abstractitems")))
    assert len(world.resolve(refs).runs) == 120


def test_six_answers_are_waited_for_one_after_the_other(
    large: tuple[JamaWorld, list[CaseRef]],
) -> None:
    world, refs = large
    world.sandbox.faults.add(Meeting(4, ("/testplans", "/abstractitems")))
    world.sandbox.faults.add(Meeting(2, ("/testruns",), after=1))
    world.resolve(refs)
    plan = world.store.plans(world.key)[0]
    assert Counter(request.path for request in world.sandbox.requests) == {
        "/rest/oauth/token": 1,
        "/projects": 1,
        "/testplans": 1,
        "/abstractitems": 3,
        f"/testplans/{plan.id}/testcycles": 1,
        "/testruns": 3,
    }


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_no_more_requests_are_under_way_than_the_user_wants(
    concurrency: int, large: tuple[JamaWorld, list[CaseRef]]
) -> None:
    world, refs = large
    crowd = Crowd(expected=concurrency)
    world.sandbox.faults.add(crowd)
    target = world.target(upload={"concurrency": concurrency})
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    target.push(updates, observer=Observer())
    assert crowd.most_at_once == concurrency


def _prepare_plan(world: JamaWorld, count: int) -> tuple[list[CaseRef], str]:
    """Make a plan without a cycle; return its cases, and the path of their list."""
    refs = world.add_cases(count)
    plan = world.store.add_plan(world.key, PLAN, cases=[*world.case_ids.values()])
    (group,) = world.store.groups(plan)
    return refs, f"/testplans/{plan}/testgroups/{group.id}/testcases"


def test_pages_of_plans_and_of_the_cases_of_a_plan_are_asked_for_together(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    for number in range(110):
        world.store.add_plan(world.key, f"Old {number}")
    refs, cases = _prepare_plan(world, 160)
    world.sandbox.faults.add(Meeting(2, ("/testplans",), after=1))
    world.sandbox.faults.add(Meeting(4, (cases,)))
    assert len(world.resolve(refs).runs) == 160
    asked = Counter(request.path for request in world.sandbox.requests)
    assert asked[cases] == 4


def test_of_a_plan_no_more_cases_are_read_than_are_looked_for(world: JamaWorld) -> None:
    refs, cases = _prepare_plan(world, 160)
    assert len(world.resolve(refs[50:90]).runs) == 40
    asked = [request.path for request in world.sandbox.requests]
    assert asked.count(cases) == 2


def test_groups_behind_the_first_are_read_together_where_it_does_not_have_all(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    refs, first = _prepare_plan(world, 40)
    (plan,) = world.store.plans(world.key)
    for number in range(3):
        more = world.add_cases(10)
        ids = [world.case_ids[ref] for ref in more]
        world.store.add_to_plan(plan.id, *ids, group=f"Group {number}")
        refs += more
    groups = world.store.groups(plan.id)[1:]
    paths = [f"/testplans/{plan.id}/testgroups/{group.id}/testcases" for group in groups]
    world.sandbox.faults.add(Meeting(3, tuple(paths)))
    assert len(world.resolve(refs).runs) == 70
    asked = Counter(request.path for request in world.sandbox.requests)
    assert [asked[path] for path in (first, *paths)] == [1, 1, 1, 1]
    assert len(world.resolve(refs[:40], cycle="Build 8").runs) == 40
    asked = Counter(request.path for request in world.sandbox.requests)
    assert [asked[path] for path in (first, *paths)] == [2, 1, 1, 1]


def test_pages_of_the_runs_of_a_new_cycle_are_asked_for_together(world: JamaWorld) -> None:
    refs, _ = _prepare_plan(world, 120)
    with world.sandbox.faults.during(Meeting(3, ("/testruns",))):
        assert len(world.resolve(refs).runs) == 120
    asked = Counter(request.path for request in world.sandbox.requests)
    assert asked["/testruns"] == 3


@pytest.mark.parametrize("in_plan, asked_of_60", [(120, 3), (310, 4)])
def test_a_new_cycle_that_has_more_runs_than_are_known_of_is_read_as_any_other(
    in_plan: int, asked_of_60: int, world: JamaWorld
) -> None:
    refs, _ = _prepare_plan(world, in_plan)
    assert list(world.resolve(refs[-60:]).runs) == refs[-60:]
    asked = Counter(request.path for request in world.sandbox.requests)
    assert asked["/testruns"] == asked_of_60


def test_cases_without_a_run_do_not_hide_those_that_have_one(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(120)
    world.start(refs[:70])
    resolution = world.resolve(refs)
    assert list(resolution.runs) == refs[:70]
    assert [each.case_ref for each in resolution.unresolved] == refs[70:]


@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_error_with_the_plan_beats_one_with_the_keys(
    concurrency: int, large: tuple[JamaWorld, list[CaseRef]]
) -> None:
    world, refs = large
    world.sandbox.faults.add(Refusing(400, _at("/abstractitems")))
    with pytest.raises(NotUsableError, match="no test plan 'New'"):
        world.resolve(refs, plan=MISSING_PLAN, upload={"concurrency": concurrency})


@pytest.mark.parametrize(
    "path, message",
    [("/abstractitems", "GET /rest/v1/abstractitems"), ("/testplans", "GET /rest/v1/testplans")],
)
def test_a_refusal_while_others_look_up_ends_it_and_them(
    path: str, message: str, large: tuple[JamaWorld, list[CaseRef]]
) -> None:
    world, refs = large
    world.sandbox.faults.add(Refusing(400, _at(path)))
    with pytest.raises(RefusedError, match=message):
        world.resolve(refs)
    world.sandbox.clear_requests()
    assert _reading_threads() == []
    assert world.sandbox.requests == ()


def test_an_interruption_while_looking_up_ends_all_requests(world: JamaWorld) -> None:
    def interrupt(_change: object) -> None:
        raise KeyboardInterrupt

    refs = world.add_cases(1)
    target = world.target()
    with pytest.raises(KeyboardInterrupt):
        target.resolve(refs, create=True, observer=Told(interrupt))
    with pytest.raises(OutOfReachError, match="stopped"):
        target.resolve(refs, create=True, observer=Observer())
