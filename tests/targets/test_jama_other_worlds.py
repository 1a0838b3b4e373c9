"""Servers that treat runs otherwise than documented: what is stored, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import StepVerdict, Verdict
from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.sandbox.client import Api
from tests.targets.jama_world import updates_for, verdicts_of

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

FIRST = StepVerdict(1, Verdict.PASSED)


def push(
    world: JamaWorld, refs: list[CaseRef], *steps: StepVerdict, clocks: Any = None, **given: Any
) -> tuple[Receipt, ...]:
    target = world.target(clocks=clocks, upload={"concurrency": 1}, **given)
    resolution = target.resolve(refs, create=True, observer=Observer())
    world.count_requests()
    return target.push(updates_for(resolution, Verdict.PASSED, *steps), observer=Observer())


@pytest.mark.parametrize("run_patch", ["400", "404", "405", "415", "replace_only"])
@pytest.mark.parametrize("steps", [0, 2])
def test_results_arrive_where_patch_is_not_taken(
    run_patch: str, steps: int, make_world: MakeWorld
) -> None:
    world = make_world(run_patch=run_patch, put_run="replace")
    refs = world.add_cases(3, steps=steps)
    receipts = push(world, refs)
    assert {each.state for each in receipts} == {SendState.SENT}
    assert {run.status for run in world.runs()} == {"PASSED"}
    assert all(run.actual_results for run in world.runs())
    told = [why for each in receipts for _, why in each.remarks]
    assert [text.count("set `run: {write: put}`") for text in told] == [1]
    assert world.count_requests()[0] <= 2


def test_a_step_that_jama_passes_by_itself_fails_the_upload(make_world: MakeWorld) -> None:
    world = make_world(skipped_steps="pass")
    (receipt,) = push(world, world.add_cases(1, steps=3), FIRST, StepVerdict(3, Verdict.PASSED))
    assert receipt.state is SendState.MISMATCH
    assert "assigns Passed to all skipped steps" in receipt.error


def test_a_run_is_read_by_itself_before_it_is_written_again(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world(list_lag_s=1e9)
    refs = world.add_cases(3)
    world.start(refs)
    receipts = push(world, refs, clocks=fake_time.clocks)
    assert {each.state for each in receipts} == {SendState.SENT}
    patches = world.count_requests()[0]
    assert patches == 3


@pytest.mark.parametrize("steps", [0, 2])
def test_a_status_that_a_person_set_is_left_and_told(steps: int, make_world: MakeWorld) -> None:

    world = make_world(extra_status="NOT_APPLICABLE")
    refs = world.add_cases(1, steps=steps)
    world.start(refs)
    (run,) = world.runs()
    path, value = "/fields/testRunStatus", "NOT_APPLICABLE"
    operation: dict[str, Any] = {"op": "add", "path": path, "value": value}
    if steps:
        statuses = [{"status": value}] * steps
        operation = {"op": "add", "path": "/fields/testRunSteps", "value": statuses}
    assert Api(world.sandbox).patch(f"/testruns/{run.id}", operation).status == 200
    resolution = world.resolve(refs)
    planned = plan_updates(verdicts_of(refs, Verdict.FAILED), resolution.runs, writer=Writer("x"))
    assert not planned.updates
    ((_, _, was, will_be, why, _),) = planned.left
    assert will_be == "FAILED"
    assert "a person has set it in Jama, and it stays" in why
    assert was or steps


def test_a_step_that_a_person_set_stays_and_a_failure_goes_to_another(
    make_world: MakeWorld,
) -> None:
    world = make_world(extra_status="NOT_APPLICABLE")
    (ref,) = world.add_cases(1, steps=3)
    world.start([ref])
    (run,) = world.runs()
    value = [{"status": "NOT_RUN"}, {"status": "NOT_APPLICABLE"}, {"status": "NOT_RUN"}]
    operation = {"op": "add", "path": "/fields/testRunSteps", "value": value}
    assert Api(world.sandbox).patch(f"/testruns/{run.id}", operation).status == 200
    target = world.target()
    resolution = target.resolve([ref], create=True, observer=Observer())
    updates = updates_for(resolution, Verdict.FAILED, FIRST, StepVerdict(2, Verdict.FAILED))
    (receipt,) = target.push(updates, observer=Observer())
    assert receipt.state is SendState.SENT
    assert world.statuses(ref) == [["FAILED", "PASSED", "NOT_APPLICABLE", "FAILED"]]


@pytest.mark.parametrize("actual_results", ["absent", "rich"])
@pytest.mark.parametrize("assignee", ["400", "absent", "allow"])
def test_fields_that_a_server_lacks_cost_no_verdict(
    actual_results: str, assignee: str, make_world: MakeWorld
) -> None:
    world = make_world(actual_results=actual_results, assignee=assignee)
    receipts = push(world, world.add_cases(4), run={"assigned_to": "me"})
    assert {each.state for each in receipts} == {SendState.SENT}
    assert {run.status for run in world.runs()} == {"PASSED"}
    missing = (["account"] if actual_results == "absent" else []) + (
        ["assignee"] if assignee != "allow" else []
    )
    assert {what for each in receipts for what, _ in each.remarks} == {
        f"{name} not stored" for name in missing
    }
    assert len({each.remarks for each in receipts}) == 1
    patches = world.count_requests()[0]
    assert patches <= 4 + 4


def test_a_failure_of_the_server_for_an_extra_costs_neither_verdicts_nor_minutes(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world(text_limit=20, over_limit="500")
    refs = world.add_cases(2)
    target = world.target(clocks=fake_time.clocks)
    resolution = target.resolve(refs, create=True, observer=Observer())
    began_at = fake_time.clock()
    receipts = target.push(updates_for(resolution, Verdict.PASSED), observer=Observer())
    assert {each.state for each in receipts} == {SendState.SENT}
    assert {run.status for run in world.runs()} == {"PASSED"}
    assert {what for each in receipts for what, _ in each.remarks} == {"account not stored"}
    assert fake_time.clock() - began_at < 60


def test_failures_that_pass_cost_nothing_that_goes_along(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(2)
    target = world.target(clocks=fake_time.clocks, run={"assigned_to": "me"})
    resolution = target.resolve(refs, create=True, observer=Observer())
    with world.sandbox.faults.during(RandomFault("500", method="PATCH", times=12)):
        receipts = target.push(updates_for(resolution, Verdict.PASSED), observer=Observer())
    assert [(each.state, each.remarks) for each in receipts] == [(SendState.SENT, ())] * 2
    assert all(run.actual_results and run.status == "PASSED" for run in world.runs())
