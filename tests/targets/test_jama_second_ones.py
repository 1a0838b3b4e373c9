"""What was created while an answer was lost, and came to be twice: people are told what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.sandbox.faults import RandomFault
from tests.sandbox.client import Api
from tests.targets.jama_world import CYCLE, PLAN, updates_for
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

GROUP = "Mine"
PATHS = {
    "test plan": "/testplans",
    "test group": "/testplans/*/testgroups",
    "test cycle": "/testplans/*/testcycles",
}


@pytest.fixture
def api(world: JamaWorld) -> Iterator[Api]:
    api = Api(world.sandbox)
    yield api
    api.close()


def _make_second(kind: str, world: JamaWorld, api: Api, *, holds: bool) -> tuple[int, int]:
    """Let the creation of before be done once more; return the ID of the first and the second."""
    (plan,) = world.store.plans(world.key)
    if kind == "test plan":
        second = world.store.add_plan(world.key, PLAN)
        if holds:
            world.store.add_cycle(second, "another")
        return plan.id, second
    (cycle,) = world.store.cycles(plan.id)
    if kind == "test cycle":
        second = world.store.add_cycle(plan.id, CYCLE)
        if holds:
            run = world.store.runs(second)[0]
            text = {"op": "add", "path": "/fields/actualResults", "value": "seen"}
            assert api.patch(f"/testruns/{run.id}", text).status == 200
        return cycle.id, second
    first = next(group.id for group in world.store.groups(plan.id) if group.name == GROUP)
    second = api.post(f"/testplans/{plan.id}/testgroups", {"name": GROUP}).id
    if holds:
        case = {"testCase": world.case_ids[world.add_case(9)]}
        assert api.post(f"/testplans/{plan.id}/testgroups/{second}/testcases", case).status == 201
    return first, second


@pytest.mark.parametrize("holds", [False, True], ids=["empty", "in use"])
@pytest.mark.parametrize("kind", PATHS)
def test_a_second_one_that_came_late_is_told_at_the_end_with_what_it_holds(
    kind: str, holds: bool, world: JamaWorld, api: Api, fake_time: FakeTime
) -> None:
    refs = world.add_cases(2)
    target = world.target(clocks=fake_time.clocks, plan={"name": PLAN, "group": GROUP})
    lost = RandomFault("drop-after", method="POST", path=PATHS[kind], times=1)
    with world.sandbox.faults.during(lost):
        resolution = target.resolve(refs, create=True, observer=Observer())
    assert resolution.warnings == ()
    first, second = _make_second(kind, world, api, holds=holds)
    told = Told()
    target.push(updates_for(resolution, Verdict.PASSED), observer=told)
    name = {"test plan": PLAN, "test group": GROUP, "test cycle": CYCLE}[kind]
    noun = {"test plan": "test cycle", "test group": "test case", "test cycle": "result"}[kind]
    held = (
        f"1 {noun}: look at it before you delete it" if holds else f"no {noun}s and can be deleted"
    )
    ours = "test cases" if kind == "test group" else "results"
    (warning,) = told.warnings
    assert warning == (
        f"2 {kind}s are named {name!r}, since Jama created one late: the {ours} of this upload "
        f"are in ID {first}; ID {second} has {held}"
    )


def test_the_end_of_an_upload_without_doubt_costs_no_request(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(2)
    target = world.target(clocks=fake_time.clocks)
    resolution = target.resolve(refs, create=True, observer=Observer())
    world.store.add_cycle(world.store.plans(world.key)[0].id, CYCLE)
    world.count_requests()
    told = Told()
    target.push(updates_for(resolution, Verdict.PASSED), observer=told)
    assert world.count_requests() == (2, 1)
    assert told.warnings == []


def test_a_list_that_does_not_come_at_the_end_leaves_the_doubt_and_says_so(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(1)
    target = world.target(clocks=fake_time.clocks)
    lost = RandomFault("drop-after", method="POST", path=PATHS["test cycle"], times=1)
    with world.sandbox.faults.during(lost):
        resolution = target.resolve(refs, create=True, observer=Observer())
    told = Told()
    with world.sandbox.faults.during(RandomFault("403", path=PATHS["test cycle"])):
        receipts = target.push(updates_for(resolution, Verdict.PASSED), observer=told)
    assert [receipt.state.value for receipt in receipts] == ["sent"]
    (warning,) = told.warnings
    assert "whether there is a second one of that name now could not be looked up" in warning
    assert "403" in warning


@pytest.mark.parametrize(
    "fault, told_of_it",
    [
        (RandomFault("403", path="/users/current"), "2 test cycles are named 'Build 7'"),
        (RandomFault("503-bare"), "could not be looked up: stopped"),
    ],
    ids=["the server answers", "it is out of reach"],
)
@pytest.mark.parametrize("assigned_to", ["me", "none"])
def test_the_doubt_is_told_where_nothing_could_be_sent(
    assigned_to: str, fault: RandomFault, told_of_it: str, world: JamaWorld, fake_time: FakeTime
) -> None:
    refs, told = world.add_cases(2), Told()
    target = world.target(clocks=fake_time.clocks, run={"assigned_to": assigned_to})
    lost = RandomFault("drop-after", method="POST", path=PATHS["test cycle"], times=1)
    with world.sandbox.faults.during(lost):
        resolution = target.resolve(refs, create=True, observer=Observer())
    world.store.add_cycle(world.store.plans(world.key)[0].id, CYCLE)
    with world.sandbox.faults.during(fault):
        target.push(updates_for(resolution, Verdict.PASSED), observer=told)
    (warning,) = told.warnings
    assert told_of_it in warning


def test_a_creation_is_told_before_it_is_made_and_a_refused_one_as_refused(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs, told = world.add_cases(1), Told()
    target = world.target(clocks=fake_time.clocks)
    refusal = RandomFault("400", method="POST", path=PATHS["test cycle"], times=1)
    with world.sandbox.faults.during(refusal), pytest.raises(Exception, match="400"):
        target.resolve(refs, create=True, observer=told)
    assert [each.what for each in told.begun] == ["test plan 'Release 1'", "test cycle 'Build 7'"]
    assert [each.what for each in told.refusals] == ["test cycle 'Build 7'"]
