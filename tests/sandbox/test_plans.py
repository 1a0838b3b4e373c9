"""Plans, groups and the cases in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import CYCLE_FIELDS, add, remove, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World


def group_path(world: World, plan: int) -> str:
    return f"/testplans/{plan}/testgroups/{world.store.groups(plan)[0].id}"


def add_case(world: World, plan: int, case: int) -> Answer:
    return world.api.post(f"{group_path(world, plan)}/testcases", {"testCase": case})


def test_a_new_plan_has_the_default_group(world: World) -> None:
    plan = world.api.post("/testplans", {"project": world.project, "fields": {"name": "P"}}).id
    groups = world.api.get(f"/testplans/{plan}/testgroups").data
    assert [(group["name"], "assignedTo" in group) for group in groups] == [
        ("Default Test Group", False)
    ]
    shown = world.api.get(f"/testplans/{plan}").data
    assert (shown["documentKey"], shown["archived"]) == (f"{world.key}-TSTPL-1", False)


def test_plans_are_listed_by_project(world: World) -> None:
    plans = [world.plan(), world.plan()]
    assert world.api.get("/testplans", params={"project": world.project}).ids == plans
    assert world.api.get("/testplans", params={"project": 99999999}).status == 404


@pytest.mark.parametrize(
    "fields, message",
    [
        ({}, "Test Plan needs fields.name"),
        ({"name": ""}, "Test Plan needs fields.name"),
        ({"name": "P", "owner": 1}, "Test Plan has no field 'owner'"),
        ({"name": "P", "documentKey": "X-1"}, "the field 'documentKey' is read-only"),
    ],
)
def test_a_wrong_plan_is_refused(world: World, fields: Any, message: str) -> None:
    answer = world.api.post("/testplans", {"project": world.project, "fields": fields})
    assert (answer.status, message in answer.message) == (400, True)


def test_a_plan_is_put_patched_and_deleted(world: World) -> None:
    plan = world.plan()
    assert world.api.patch(f"/testplans/{plan}", add("description", "x")).status == 200
    assert world.api.put(f"/testplans/{plan}", {"fields": {"name": "New"}}).status == 200
    fields = world.api.get(f"/testplans/{plan}").data["fields"]
    assert (fields["name"], "description" in fields) == ("New", False)
    assert world.api.delete(f"/testplans/{plan}").status == 200
    assert world.store.plans(world.key) == ()


def test_replace_and_remove_of_an_unset_field_are_refused(world: World) -> None:
    plan = world.plan()
    for operation in (replace("description", "x"), remove("description")):
        answer = world.api.patch(f"/testplans/{plan}", operation)
        assert "no such path in target JSON document" in answer.message


def test_deleting_a_plan_deletes_its_cycles_and_runs(world: World) -> None:
    run = world.run()
    world.api.delete(f"/testplans/{run.plan_id}")
    assert world.api.get(f"/testcycles/{run.cycle_id}").status == 404
    assert world.api.get(f"/testruns/{run.id}").status == 404


def test_a_group_is_made_changed_and_deleted(world: World) -> None:
    plan = world.plan()
    group = world.api.post(f"/testplans/{plan}/testgroups", {"name": "Auto", "assignedTo": 18}).id
    path = f"/testplans/{plan}/testgroups/{group}"
    assert world.api.get(path).data["assignedTo"] == 18
    assert world.api.put(path, {"name": "Robots"}).status == 200
    assert world.api.get(path).data == {"id": group, "name": "Robots", "type": "testgroups"}
    assert world.api.delete(path).status == 200
    last = world.api.delete(group_path(world, plan))
    assert (last.status, "last group" in last.message) == (400, True)


def test_cases_stand_in_a_group_in_order(world: World) -> None:
    first, second = world.cases(0, 2)
    plan = world.plan()
    answers = [add_case(world, plan, case) for case in (second, first)]
    assert [(answer.status, answer.id) for answer in answers] == [(201, second), (201, first)]
    path = f"{group_path(world, plan)}/testcases"
    assert world.api.get(path).ids == [second, first]
    assert world.api.get(f"{path}/{first}").data["id"] == first
    assert world.api.delete(f"{path}/{first}").status == 200
    assert world.api.get(f"{path}/{first}").status == 404
    assert world.api.delete(f"{path}/{first}").status == 404


def test_a_case_of_another_project_is_found_by_its_key_and_has_a_run(world: World) -> None:
    store, key = world.sandbox.store, f"LIB{world.project}"
    library = store.add_project(key)
    case = store.add_case(key, f"{key}-TC-7")
    plan = world.plan()
    group = world.api.get(f"/testplans/{plan}/testgroups").ids[0]
    world.api.post(f"/testplans/{plan}/testgroups/{group}/testcases", {"testCase": case})
    fields = {"name": "C", "startDate": "2024-05-31", "endDate": "2024-06-30"}
    cycle = world.api.post(f"/testplans/{plan}/testcycles", {"fields": fields}).id
    (run,) = world.api.get("/testruns", params={"testCycle": cycle}).data
    assert (run["fields"]["testCase"], run["project"]) == (case, world.project)
    asked = {"documentKey": f"{key}-TC-7"}
    found = world.api.get("/abstractitems", params=asked)
    within = world.api.get("/abstractitems", params={**asked, "project": world.project})
    assert ([item["project"] for item in found.data], within.ids) == ([library], [])


def test_only_test_cases_can_be_added(world: World) -> None:
    plan = world.plan()
    world.cases(0)
    folder = world.api.get("/items", params={"project": world.project, "rootOnly": "true"}).ids[0]
    for wrong in (folder, plan, 999999):
        assert add_case(world, plan, wrong).message == f"there is no test case with the ID {wrong}"


def test_a_case_added_twice_already_exists(world: World) -> None:
    (case,) = world.cases(0)
    answer = add_case(world, world.plan(case), case)
    assert (answer.status, "already exists" in answer.message) == (400, True)


def test_a_case_added_twice_is_passed_over_where_the_knob_says_so(
    make_world: Callable[..., World],
) -> None:
    world = make_world(duplicate_case="201-noop")
    (case,) = world.cases(0)
    plan = world.plan(case)
    assert add_case(world, plan, case).status == 201
    assert world.store.groups(plan)[0].case_ids == (case,)


def test_a_case_in_two_groups_gets_two_runs_where_the_knob_allows(
    make_world: Callable[..., World],
) -> None:
    world = make_world(duplicate_case="allow-second-group")
    (case,) = world.cases(0)
    plan = world.plan(case)
    other = world.api.post(f"/testplans/{plan}/testgroups", {"name": "Other"}).id
    path = f"/testplans/{plan}/testgroups/{other}/testcases"
    assert [world.api.post(path, {"testCase": case}).status for _ in range(2)] == [201, 400]
    cycle = world.api.post(f"/testplans/{plan}/testcycles", {"fields": CYCLE_FIELDS}).id
    runs = world.store.runs(cycle)
    assert len({run.test_group_id for run in runs}) == len(runs) == 2


def test_an_archived_plan_shows_it_and_still_takes_writes(world: World) -> None:
    run = world.run()
    assert world.api.put(f"/testplans/{run.plan_id}/archived", {"archived": True}).status == 200
    assert world.store.plans(world.key)[0].archived
    assert world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED")).status == 200


def test_an_archived_plan_refuses_writes_where_the_knob_says_so(
    make_world: Callable[..., World],
) -> None:
    world = make_world(archived_plan_writes="400")
    run = world.run()
    world.store.set_archived(run.plan_id)
    answers = [
        world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED")),
        world.api.post(f"/testplans/{run.plan_id}/testcycles", {"fields": CYCLE_FIELDS}),
        add_case(world, run.plan_id, run.case_id),
    ]
    assert {answer.message for answer in answers} == {
        f"the test plan {world.key}-TSTPL-1 is archived"
    }
    assert world.api.put(f"/testplans/{run.plan_id}/archived", {"archived": False}).status == 200


@pytest.mark.parametrize("holder", ["plan", "cycle"])
def test_a_required_field_is_named_by_its_label(
    make_world: Callable[..., World], holder: str
) -> None:
    world = make_world(required_plan_field=holder)
    paths = {"plan": "/testplans", "cycle": f"/testplans/{world.plan()}/testcycles"}
    bodies: dict[str, Any] = {
        "plan": {"project": world.project, "fields": {"name": "Release"}},
        "cycle": {"fields": {**CYCLE_FIELDS}},
    }
    types = {
        kind["category"]: kind for kind in world.api.get("/itemtypes").data if "category" in kind
    }
    shown = types[f"TEST_{holder.upper()}"]["fields"]
    (region,) = [field for field in shown if field["label"] == "Region"]
    assert region["required"] is True
    refused = world.api.post(paths[holder], bodies[holder])
    assert (refused.status, "Region is a required field" in refused.message) == (400, True)
    bodies[holder]["fields"][region["name"]] = "EU"
    assert [world.api.post(paths[kind], bodies[kind]).status for kind in paths] == [201, 201]


def test_a_group_keeps_to_the_limit_of_names(make_world: Callable[..., World]) -> None:
    world = make_world(name_limit=5)
    groups = f"/testplans/{world.plan()}/testgroups"
    assert [world.api.post(groups, {"name": "x" * n}).status for n in (5, 6)] == [201, 400]


def test_a_plan_takes_cases_of_another_project(world: World) -> None:
    world.store.add_project("LIB")
    case = world.store.add_case("LIB")
    plan = world.plan()
    assert add_case(world, plan, case).status == 201
    (shown,) = world.api.get(f"{group_path(world, plan)}/testcases").data
    cycle = world.api.post(f"/testplans/{plan}/testcycles", {"fields": CYCLE_FIELDS}).id
    (run,) = world.store.runs(cycle)
    assert (shown["id"], run.case_id, run.project) == (case, case, world.project)
    assert shown["project"] != world.project
