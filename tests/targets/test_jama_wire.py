from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pytest_jama.targets.jama import wire
from pytest_jama.targets.jama.runs import RunStep
from tests.every import every

RUN = {
    "id": 20539,
    "documentKey": "JEET1-TSTRN-520",
    "testCaseVersionNumber": 2,
    "testCaseCurrentVersionNumber": 3,
    "fields": {
        "name": "Check the engine",
        "testCase": 20497,
        "testRunStatus": "PASSED",
        "testRunSteps": [{"action": "<p>a</p>", "status": "PASSED"}],
    },
}


def test_a_run_is_read_with_its_steps() -> None:
    run = wire.read_run(RUN)
    assert (run.run_id, run.case_id, run.status) == (20539, 20497, "PASSED")
    assert run.steps == (RunStep("PASSED"),)
    assert run.steps[0].as_read == {"action": "<p>a</p>", "status": "PASSED"}
    assert run.is_stale


@every("fields", [None, {}, {"testRunSteps": None}, {"testRunSteps": []}, {"testRunSteps": "?"}])
def test_a_run_without_steps_or_status_was_not_run(fields: Any) -> None:
    run = wire.read_run({"id": "7", "fields": fields})
    assert (run.run_id, run.status, run.steps) == (7, "NOT_RUN", ())
    assert run.current_case_version is None


def test_a_garbled_step_keeps_its_place() -> None:
    run = wire.read_run({"id": 1, "fields": {"testRunSteps": [None, {"status": "FAILED"}]}})
    assert [step.status for step in run.steps] == ["NOT_RUN", "FAILED"]


@every(
    "value, expected",
    [(5, 5), ("5", 5), (" 5 ", 5), (True, None), (None, None), ("x", None), (5.0, None)],
)
def test_ids_may_be_strings(value: object, expected: int | None) -> None:
    assert wire.find_integer(value) == expected


def test_a_folder_is_no_project() -> None:
    folder = wire.read_project({"id": 1, "isFolder": True, "fields": {"name": "All"}})
    assert (folder.key, folder.is_folder) == ("", True)


@pytest.mark.parametrize("place", ["outside", "fields"])
def test_the_project_key_stands_in_one_of_two_places(place: str) -> None:
    json = {"projectKey": "JEET1"} if place == "outside" else {"fields": {"projectKey": "JEET1"}}
    assert wire.read_project({"id": 1, **json}).key == "JEET1"


def test_a_cycle_is_read_with_its_days() -> None:
    fields = {"name": "B", "testPlan": 4, "startDate": "2026-01-02", "endDate": "2026-01-03T00:00"}
    cycle = wire.read_cycle({"id": 2, "fields": fields})
    assert (cycle.start, cycle.end) == (date(2026, 1, 2), date(2026, 1, 3))
    assert cycle.plan_id == 4


def test_the_run_of_a_coming_cycle_has_the_steps_of_the_case() -> None:
    step = {"action": "a", "expectedResult": "b", "notes": ""}
    item = wire.read_item({"id": 3, "fields": {"name": "n", "testCaseSteps": [step]}})
    run = wire.predict_run(item)
    assert (run.run_id, run.case_id, run.name, run.status) == (None, 3, "n", "NOT_RUN")
    assert run.steps[0].as_read == {**step, "status": "NOT_RUN"}


@every(
    "fields, is_ours",
    [
        ({"testCycle": 4}, True),
        ({"testCycle": "4", "testPlan": 2}, True),
        ({"testCycle": None}, True),
        ({}, True),
        ({"testCycle": 5}, False),
        ({"testCycle": "4/../5"}, False),
        ({"testCycle": {"id": 4}}, False),
        ({"testCycle": True}, False),
        ({"testCycle": 4, "testPlan": 3}, False),
        ({"testCycle": 4, "testPlan": [2]}, False),
    ],
)
def test_what_a_run_says_of_cycle_and_plan_must_be_true(fields: Any, is_ours: bool) -> None:
    assert wire.may_be_in_cycle({"fields": fields}, wire.Cycle(4, "B", plan_id=2)) is is_ours
