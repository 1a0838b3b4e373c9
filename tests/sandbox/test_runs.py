"""Test runs over HTTP: lists, PATCH, PUT and what the server does by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.sandbox.client import add, remove, replace, statuses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World
    from tests.sandbox.conftest import Clock


def test_a_list_needs_a_filter(world: World) -> None:
    answer = world.api.get("/testruns")
    assert answer.message == "at least one of testCycle, testCase and testPlan is required"


def test_filters_are_alternatives_inside_and_restrict_each_other(world: World) -> None:
    cases = world.cases(0, 0)
    plan = world.plan(*cases)
    one, two = world.store.add_cycle(plan, "One"), world.store.add_cycle(plan, "Two")

    def count(**query: Any) -> int:
        return world.api.get("/testruns", params=query).total

    assert count(testPlan=plan) == count(testCycle=[one, two]) == 4
    assert count(testPlan=plan, testCycle=one) == count(testCase=cases[0]) == 2
    assert count(testCycle=one, testCase=cases[0]) == 1


def test_filters_are_alternatives_where_the_knob_says_so(make_world: Callable[..., World]) -> None:
    world = make_world(runs_filter="or")
    cases = world.cases(0, 0)
    plan = world.plan(*cases)
    one, _ = world.store.add_cycle(plan, "One"), world.store.add_cycle(plan, "Two")
    query = {"testCycle": one, "testCase": cases[:1]}
    assert world.api.get("/testruns", params=query).total == 3


def test_days_are_those_of_the_zone_of_the_server(make_world: Callable[..., World]) -> None:
    world = make_world(server_zone="+14:00")
    run = world.run()
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    shown = world.api.get(f"/testruns/{run.id}").data
    assert shown["fields"]["executionDate"] == "2024-06-02"
    assert shown["modifiedDate"] == "2024-06-01T10:00:00.000+0000"


def test_runs_are_sorted_by_number_of_their_key_unless_asked(world: World) -> None:
    cycle = world.cycle(*[0] * 11)
    runs = world.api.get("/testruns", params={"testCycle": cycle}).data
    assert [run["documentKey"].rsplit("-")[-1] for run in runs] == [str(n) for n in range(1, 12)]
    down = world.api.get("/testruns", params={"testCycle": cycle, "sortBy": "name.desc"}).data
    names = [run["fields"]["name"] for run in down]
    assert names == sorted(names, reverse=True)


def test_one_patch_sets_status_results_and_custom_fields(world: World) -> None:
    run = world.run()
    answer = world.api.patch(
        f"/testruns/{run.id}",
        add("testRunStatus", "FAILED"),
        add("actualResults", "saw it"),
        add("assignedTo", 17),
        add("build_number$37", 118),
    )
    now = world.now(run)
    assert (answer.status, set(answer.body)) == (200, {"meta"})
    assert (now.status, now.actual_results, now.assigned_to) == ("FAILED", "<p>saw it</p>\n", 17)
    assert now.custom_fields == {"build_number$37": 118}


def test_one_patch_sets_the_steps_and_the_status_follows(world: World) -> None:
    run = world.run(steps=3)
    sent = statuses("PASSED", "FAILED", "NOT_RUN")
    sent[1]["result"] = "no"
    assert world.api.patch(f"/testruns/{run.id}", add("testRunSteps", sent)).status == 200
    now = world.now(run)
    assert now.status == "FAILED"
    assert [(step.status, step.result) for step in now.steps] == [
        ("PASSED", None),
        ("FAILED", "no"),
        ("NOT_RUN", None),
    ]
    assert [step.action for step in now.steps] == [step.action for step in run.steps]


def test_the_knob_waits_for_all_steps(make_world: Callable[..., World]) -> None:
    world = make_world(status_rule="inprogress_until_complete")
    run = world.run(steps=2)
    world.api.patch(f"/testruns/{run.id}", add("testRunSteps", statuses("FAILED", "NOT_RUN")))
    assert world.now(run).status == "INPROGRESS"


def test_a_patch_is_all_or_nothing(world: World) -> None:
    run = world.run()
    answer = world.api.patch(
        f"/testruns/{run.id}", add("testRunStatus", "PASSED"), replace("actualResults", "x")
    )
    assert answer.status == 400
    assert "no such path in target JSON document: /fields/actualResults" in answer.message
    assert world.now(run) == run


def test_a_set_field_can_be_replaced_and_removed(world: World) -> None:
    run = world.run()
    path = f"/testruns/{run.id}"
    world.api.patch(path, add("actualResults", "one"))
    assert world.api.patch(path, replace("actualResults", "two")).status == 200
    assert world.now(run).actual_results == "<p>two</p>\n"
    assert world.api.patch(path, remove("actualResults")).status == 200
    assert world.now(run).actual_results is None
    assert "actualResults" not in world.api.get(path).data["fields"]


@pytest.mark.parametrize(
    "operation, message",
    [
        (add("testRunStatus", "PASS"), "The value you provided could not be set at the path."),
        (add("assignedTo", 99999999), "there is no user with the ID 99999999"),
        (add("result", "x"), "Test Run has no field 'result'"),
        (add("testRunSteps/0/status", "PASSED"), "no such path in target JSON document"),
        (remove("testRunStatus"), "testRunStatus and testRunSteps of a run cannot be removed"),
        (remove("name"), "the field 'name' is read-only"),
        ({"op": "remove", "path": "/fields"}, "the only path that can be changed here"),
        ({"op": "add", "path": "/name", "value": "x"}, "the only path that can be changed here"),
    ],
    ids=str,
)
def test_a_wrong_operation_is_refused(world: World, operation: Any, message: str) -> None:
    run = world.run(steps=0)
    answer = world.api.patch(f"/testruns/{run.id}", operation)
    assert (answer.status, message in answer.message) == (400, True), answer.body


def test_put_keeps_what_it_leaves_out(world: World) -> None:
    run = world.run()
    path = f"/testruns/{run.id}"
    world.api.patch(path, add("actualResults", "kept"), add("assignedTo", 17))
    assert world.api.put(path, {"fields": {"testRunStatus": "PASSED"}}).status == 200
    now = world.now(run)
    assert (now.status, now.actual_results, now.assigned_to) == ("PASSED", "<p>kept</p>\n", 17)


def test_put_clears_what_it_leaves_out_where_the_knob_says_so(
    make_world: Callable[..., World],
) -> None:
    world = make_world(put_run="replace")
    run = world.run()
    world.api.patch(f"/testruns/{run.id}", add("actualResults", "gone"), add("assignedTo", 17))
    world.api.put(f"/testruns/{run.id}", {"fields": {"testRunStatus": "PASSED"}})
    now = world.now(run)
    assert (now.status, now.actual_results, now.assigned_to) == ("PASSED", None, None)


def test_null_in_a_put_clears_a_field(world: World) -> None:
    run = world.run()
    world.api.patch(f"/testruns/{run.id}", add("assignedTo", 17))
    assert world.api.put(f"/testruns/{run.id}", {"fields": {"assignedTo": None}}).status == 200
    assert world.now(run).assigned_to is None


def test_a_whole_run_can_be_put_back_without_its_dates(make_world: Callable[..., World]) -> None:
    world = make_world(equal_dates="refuse")
    run = world.run(steps=1)
    path = f"/testruns/{run.id}"
    world.api.patch(path, add("testRunSteps", statuses("PASSED")))
    shown = world.api.get(path).data
    fields = shown["fields"]
    refused = world.api.put(path, {"fields": fields})
    assert "Date' is read-only; leave it out" in refused.message
    for name in ("executionDate", "modifiedDate"):
        del fields[name]
    refused = world.api.put(path, {"fields": fields, "createdDate": shown["createdDate"]})
    assert refused.message == "'createdDate' is read-only; leave it out"
    fields["testRunSteps"][0]["status"] = "FAILED"
    del fields["testRunStatus"]
    assert world.api.put(path, {"fields": fields}).status == 200
    assert world.now(run).status == "FAILED"


@pytest.mark.parametrize("with_time", ["true", "false"])
@pytest.mark.parametrize("kind", ["testruns", "testcycles", "testplans", "items"])
def test_what_a_get_gave_can_be_put_back(world: World, kind: str, with_time: str) -> None:
    run = world.run(steps=1)
    world.api.patch(f"/testruns/{run.id}", add("testRunSteps", statuses("PASSED")))
    ids = {"testruns": run.id, "testcycles": run.cycle_id, "testplans": run.plan_id}
    path = f"/{kind}/{ids.get(kind, run.case_id)}"
    headers = {"x-jama-date-fields-with-time": with_time}
    whole = world.api.get(path, headers=headers).data
    answer = world.api.call("PUT", path, json=whole, headers=headers)
    assert answer.status == 200, answer.body
    after = world.api.get(path, headers=headers).data
    moved = {"modifiedDate", "lastActivityDate", "executionDate"}
    kept = {name for name in whole["fields"] if name not in moved}
    assert {name: after["fields"][name] for name in kept} == {
        name: whole["fields"][name] for name in kept
    }
    for part, value in (("documentKey", "X-1"), ("globalId", "GID-0"), ("createdBy", 18)):
        changed = {**whole, part: value}
        assert world.api.call("PUT", path, json=changed, headers=headers).status == 400
    fields = {**whole["fields"], "documentKey": "X-1"}
    answer = world.api.put(path, {"fields": fields})
    assert "'documentKey' is read-only" in answer.message


def test_execution_dates_the_run_and_moves_only_its_own_activity(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world()
    run = world.run()
    clock.now_s += 60
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    now = world.now(run)
    assert now.execution_date == now.last_activity_date == "2024-06-01T10:01:00.000+0000"
    assert now.version == 2
    for path in (f"/testcycles/{run.cycle_id}", f"/items/{run.case_id}"):
        activity = world.api.get(path).data["lastActivityDate"]
        assert activity == "2024-06-01T10:00:00.000+0000"


def test_results_without_status_do_not_execute_a_run(world: World) -> None:
    run = world.run()
    world.api.patch(f"/testruns/{run.id}", add("actualResults", "x"))
    assert world.now(run).execution_date is None


def test_dates_inside_fields_have_a_time_where_the_header_asks(world: World) -> None:
    run = world.run()
    path = f"/testruns/{run.id}"
    world.api.patch(path, add("testRunStatus", "PASSED"))
    date = world.now(run).execution_date or ""
    assert world.api.get(path).data["fields"]["executionDate"] == date[:10]
    headers = {"x-jama-date-fields-with-time": "true"}
    assert world.api.get(path, headers=headers).data["fields"]["executionDate"] == date


def test_start_and_end_of_a_cycle_have_a_time_where_the_header_asks(
    make_world: Callable[..., World],
) -> None:
    world = make_world(server_zone="+02:00")
    cycle = world.store.add_cycle(world.plan(), "C", start_date="2024-05-31", end_date="2024-06-30")
    path = f"/testcycles/{cycle}"

    def days(value: str) -> list[str]:
        headers = {"x-jama-date-fields-with-time": value}
        fields = world.api.get(path, headers=headers).data["fields"]
        return [fields["startDate"], fields["endDate"]]

    assert days("false") == ["2024-05-31", "2024-06-30"]
    assert days("true") == ["2024-05-30T22:00:00.000+0000", "2024-06-29T22:00:00.000+0000"]


def test_a_deleted_case_leaves_the_run_without_a_current_version(world: World) -> None:
    run = world.run()
    world.store.delete_case(run.case_id)
    assert "testCaseCurrentVersionNumber" not in world.api.get(f"/testruns/{run.id}").data


def test_updating_to_the_current_case_makes_a_new_run_without_results(world: World) -> None:
    run = world.run(steps=1)
    world.api.patch(f"/testruns/{run.id}", add("testRunSteps", statuses("PASSED")))
    world.store.bump_case_version(run.case_id)
    answer = world.api.post(f"/testruns/{run.id}/updatedtestcase")
    (new,) = world.store.runs(run.cycle_id)
    assert (answer.status, answer.id) == (201, new.id)
    assert (new.id != run.id, new.status, new.case_version) == (True, "NOT_RUN", 2)
    assert world.api.get(f"/testruns/{run.id}").status == 404


def test_a_run_can_be_deleted(world: World) -> None:
    assert world.api.delete(f"/testruns/{world.run().id}").status == 200


def test_runs_cannot_be_made_directly(world: World) -> None:
    assert world.api.post("/testruns", {}).status == 405


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=5,
)
OPERATION = some.fixed_dictionaries(
    {
        "op": some.sampled_from(["add", "replace", "remove", "ADD", "test"]),
        "path": some.sampled_from(
            ["/fields", "/fields/testRunSteps", "/fields/testRunStatus", "/fields/assignedTo", "/"]
        ),
    },
    optional={"value": JSON},
)


@given(operations=some.lists(OPERATION, min_size=1, max_size=3))
def test_no_operation_ever_breaks_the_server(server: Any, operations: Any) -> None:
    from tests.sandbox.client import World  # noqa: PLC0415 - a world for each example

    world = World(server)
    run = world.run(steps=1)
    answer = world.api.patch(f"/testruns/{run.id}", *operations)
    assert answer.status in {200, 400}
    world.api.close()


@pytest.mark.parametrize("how", ["400", "404", "405", "415"])
def test_a_server_without_patch_of_runs_refuses_it_and_takes_put(
    make_world: Callable[..., World], how: str
) -> None:
    world = make_world(run_patch=how)
    run = world.run()
    path = f"/testruns/{run.id}"
    answer = world.api.patch(path, add("testRunStatus", "PASSED"))
    assert (answer.status, "PATCH" in answer.message) == (int(how), True)
    assert world.now(run).status == "NOT_RUN"
    allowed = world.api.get(path).data["resources"]["self"]["allowed"]
    assert ("PATCH" in allowed) is (how in {"400", "415"})
    assert world.api.put(path, {"fields": {"testRunStatus": "PASSED"}}).status == 200
    assert world.api.patch(f"/testcycles/{run.cycle_id}", add("name", "Other")).status == 200


def test_lists_of_runs_lag_where_the_knob_says_so(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world(list_lag_s=30)
    run = world.run()
    clock.now_s += 100
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    clock.now_s += 10
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "FAILED"))

    def listed(path: str, **query: Any) -> str:
        (shown,) = world.api.get(path, params=query).data
        return str(shown["fields"]["testRunStatus"])

    assert listed("/testruns", testCycle=run.cycle_id) == "NOT_RUN"
    assert world.api.get(f"/testruns/{run.id}").data["fields"]["testRunStatus"] == "FAILED"
    clock.now_s += 20
    assert listed(f"/testcycles/{run.cycle_id}/testruns") == "PASSED"
    clock.now_s += 10
    assert listed("/testruns", testCycle=run.cycle_id) == "FAILED"


def test_a_status_set_by_hand_is_shown_whatever_it_is(world: World) -> None:
    run = world.run(steps=2)
    world.store.set_status(run.id, steps=["PASSED", "NOT_APPLICABLE"])
    fields = world.api.get(f"/testruns/{run.id}").data["fields"]
    assert fields["testRunStatus"] == "PASSED"
    assert [step["status"] for step in fields["testRunSteps"]] == ["PASSED", "NOT_APPLICABLE"]
    world.store.set_status(run.id, "NOT_APPLICABLE")
    assert world.now(run).status == "NOT_APPLICABLE"


def test_a_server_that_only_replaces_refuses_to_add(make_world: Callable[..., World]) -> None:
    world = make_world(run_patch="replace_only")
    path = f"/testruns/{world.run().id}"
    refused = world.api.patch(path, {**add("testRunStatus", "PASSED"), "op": "ADD"})
    assert (refused.status, "operation 'add' is not supported" in refused.message) == (400, True)
    assert world.api.patch(path, replace("testRunStatus", "PASSED")).status == 200
    assert "no such path" in world.api.patch(path, replace("actualResults", "x")).message
