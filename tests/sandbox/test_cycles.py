"""Cycles and the runs that are generated for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import CYCLE_FIELDS, add

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World
    from tests.sandbox.conftest import Clock


def post_cycle(world: World, plan: int, **config: Any) -> Answer:
    body: dict[str, Any] = {"fields": CYCLE_FIELDS}
    if config:
        body["testRunGenerationConfig"] = config
    return world.api.post(f"/testplans/{plan}/testcycles", body)


def case_ids(world: World, cycle: int) -> list[int]:
    return [run.case_id for run in world.store.runs(cycle)]


def test_a_cycle_has_one_run_for_each_case_at_once(world: World) -> None:
    cases = world.cases(0, 2)
    plan = world.plan(*cases)
    answer = post_cycle(world, plan)
    assert (answer.status, case_ids(world, answer.id)) == (201, cases)
    shown = world.api.get(f"/testcycles/{answer.id}").data
    assert shown["fields"] == {
        **CYCLE_FIELDS,
        "testPlan": plan,
        "project": world.project,
        "documentKey": f"{world.key}-TSTCY-1",
        "globalId": shown["globalId"],
    }
    assert shown["globalId"].isdigit()
    assert world.api.get(f"/testplans/{plan}/testcycles").ids == [answer.id]


def test_a_run_is_a_snapshot_of_its_case(world: World) -> None:
    step = {"action": "<p>do</p>", "expectedResult": "<p>done</p>", "notes": "<p>note</p>"}
    case = world.store.add_case(world.key, name="Login", steps=[step], description="<p>d</p>\n")
    plan = world.plan(case)
    cycle = post_cycle(world, plan).id
    world.api.put(f"/items/{case}", {"fields": {"name": "Changed"}})
    (run,) = world.api.get("/testruns", params={"testCycle": cycle}).data
    group = world.store.groups(plan)[0].id
    assert run["testGroup"] == [cycle, group]
    assert (run["testCaseVersionNumber"], run["testCaseCurrentVersionNumber"]) == (1, 2)
    assert run["sortOrderFromTestGroup"] == 1
    assert run["fields"] == {
        "name": "Login",
        "description": "<p>d</p>\n",
        "testPlan": plan,
        "testCycle": cycle,
        "testCase": case,
        "testRunSetName": "Cycle",
        "testRunStatus": "NOT_RUN",
        "testRunSteps": [{**step, "status": "NOT_RUN"}],
        "forcePassed": False,
        "modifiedDate": run["modifiedDate"][:10],
        "project": world.project,
        "documentKey": f"{world.key}-TSTRN-1",
        "globalId": run["globalId"],
    }


def test_a_run_of_a_case_without_steps_has_no_steps(world: World) -> None:
    run = world.run()
    assert "testRunSteps" not in world.api.get(f"/testruns/{run.id}").data["fields"]


def test_only_chosen_groups_are_included(world: World) -> None:
    first, second = world.cases(0, 0)
    plan = world.plan(first)
    group = world.store.add_to_plan(plan, second, group="Auto")
    assert case_ids(world, post_cycle(world, plan, testGroupsToInclude=[group]).id) == [second]
    wrong = post_cycle(world, plan, testGroupsToInclude=[99999999])
    assert wrong.message == f"testGroupsToInclude: 99999999 is not a group of the plan {plan}"


def test_statuses_choose_by_the_previous_cycle(world: World) -> None:
    failed, passed = world.cases(0, 0)
    plan = world.plan(failed, passed)
    runs = world.store.runs(post_cycle(world, plan, testRunStatusesToInclude=["FAILED"]).id)
    for run, status in zip(runs, ("FAILED", "PASSED"), strict=True):
        world.api.patch(f"/testruns/{run.id}", add("testRunStatus", status))
    again = post_cycle(world, plan, testRunStatusesToInclude=["FAILED", "BLOCKED"])
    assert case_ids(world, again.id) == [failed]


@pytest.mark.parametrize("statuses, included", [(["NOT_RUN"], True), (["FAILED"], False)], ids=str)
def test_a_case_that_the_previous_cycle_lacks_counts_as_not_run(
    world: World, statuses: list[str], included: bool
) -> None:
    plan = world.plan()
    post_cycle(world, plan)
    (case,) = world.cases(0)
    world.store.add_to_plan(plan, case)
    cycle = post_cycle(world, plan, testRunStatusesToInclude=statuses).id
    assert (case_ids(world, cycle) == [case]) is included


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"name": None}, "Test Cycle needs fields.name"),
        ({"startDate": None}, "Test Cycle needs fields.startDate"),
        ({"startDate": "31.05.2024"}, "a date (yyyy-mm-dd) is expected, not '31.05.2024'"),
        ({"startDate": "2024-02-30"}, "a date (yyyy-mm-dd) is expected, not '2024-02-30'"),
        ({"endDate": "2024-05-30"}, "endDate 2024-05-30 is before startDate 2024-05-31"),
        ({"testPlan": 1}, "the field 'testPlan' is read-only"),
        ({"color": "red"}, "Test Cycle has no field 'color'"),
    ],
)
def test_a_wrong_cycle_is_refused(world: World, fields: Any, message: str) -> None:
    sent = {name: value for name, value in {**CYCLE_FIELDS, **fields}.items() if value}
    answer = world.api.post(f"/testplans/{world.plan()}/testcycles", {"fields": sent})
    assert (answer.status, message in answer.message) == (400, True), answer.body


def test_the_project_is_accepted_among_the_fields(world: World) -> None:
    fields = {**CYCLE_FIELDS, "project": world.project}
    assert world.api.post(f"/testplans/{world.plan()}/testcycles", {"fields": fields}).status == 201


def test_an_unknown_status_to_include_is_refused(world: World) -> None:
    answer = post_cycle(world, world.plan(), testRunStatusesToInclude=["IN_PROGRESS"])
    assert "testRunStatusesToInclude: 'IN_PROGRESS' is not one of" in answer.message


def test_runs_appear_later_where_the_knob_says_so(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world(cycle_generation_delay_s=3.0)
    cycle = post_cycle(world, world.plan(*world.cases(0))).id
    assert world.api.get("/testruns", params={"testCycle": cycle}).total == 0
    clock.now_s += 3
    assert world.api.get("/testruns", params={"testCycle": cycle}).total == 1


def cycle_with_a_late_case(world: World) -> tuple[int, int]:
    """Make a cycle with one passed run, and add a case to its plan."""
    early, late = world.cases(0, 0)
    plan = world.plan(early)
    cycle = post_cycle(world, plan).id
    run = world.store.runs(cycle)[0]
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    world.store.add_to_plan(plan, late)
    return cycle, late


def statuses_of(world: World, cycle: int) -> list[str]:
    return [run.status for run in world.store.runs(cycle)]


def test_a_cycle_does_not_follow_its_plan_by_itself(world: World) -> None:
    cycle, _ = cycle_with_a_late_case(world)
    assert world.api.put(f"/testcycles/{cycle}", {"fields": CYCLE_FIELDS}).status == 200
    assert statuses_of(world, cycle) == ["PASSED"]


def test_put_with_a_config_adds_runs_and_keeps_results(world: World) -> None:
    cycle, late = cycle_with_a_late_case(world)
    body = {"fields": CYCLE_FIELDS, "testRunGenerationConfig": {}}
    assert world.api.put(f"/testcycles/{cycle}", body).status == 200
    assert statuses_of(world, cycle) == ["PASSED", "NOT_RUN"]
    assert case_ids(world, cycle)[1] == late


def test_patch_with_a_config_does_the_same(world: World) -> None:
    cycle, _ = cycle_with_a_late_case(world)
    operation = {"op": "add", "path": "/testRunGenerationConfig", "value": {}}
    assert world.api.patch(f"/testcycles/{cycle}", operation, add("name", "New")).status == 200
    assert statuses_of(world, cycle) == ["PASSED", "NOT_RUN"]
    shown = world.api.get("/testruns", params={"testCycle": cycle}).data
    assert {run["fields"]["testRunSetName"] for run in shown} == {"New"}


@pytest.mark.parametrize(
    "knobs, status, statuses",
    [
        ({"regenerate": "recreate_all"}, 200, ["NOT_RUN", "NOT_RUN"]),
        ({"regenerate": "refuse"}, 400, ["PASSED"]),
    ],
)
def test_regeneration_follows_its_knob(
    make_world: Callable[..., World], knobs: Any, status: int, statuses: list[str]
) -> None:
    world = make_world(**knobs)
    cycle, _ = cycle_with_a_late_case(world)
    body = {"fields": CYCLE_FIELDS, "testRunGenerationConfig": {}}
    answer = world.api.put(f"/testcycles/{cycle}", body)
    assert (answer.status, statuses_of(world, cycle)) == (status, statuses)


def test_deleting_a_cycle_deletes_its_runs(world: World) -> None:
    run = world.run()
    assert world.api.delete(f"/testcycles/{run.cycle_id}").status == 200
    assert world.api.get(f"/testruns/{run.id}").status == 404


def test_cycles_cannot_be_listed_or_made_without_a_plan(world: World) -> None:
    assert [world.api.get("/testcycles").status, world.api.post("/testcycles", {}).status] == [
        404,
        404,
    ]
