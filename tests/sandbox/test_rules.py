"""What a write makes of the fields of a run or item."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_jama.sandbox.jama.edits import Edit
from pytest_jama.sandbox.jama.item_types import ITEM_TYPES, as_set_up
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import ApiError
from pytest_jama.sandbox.jama.rules import edited_fields, edited_run, is_executed
from tests.every import every

RUN = ITEM_TYPES["TSTRN"]
CASE = ITEM_TYPES["TC"]
STEP = {"action": "<p>do</p>", "expectedResult": "", "notes": "", "status": "NOT_RUN"}


def run_fields(*statuses: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": "Login", "testRunStatus": "NOT_RUN", "forcePassed": False}
    if statuses:
        fields["testRunSteps"] = [{**STEP, "status": status} for status in statuses]
    return fields


def edited(stored: dict[str, Any], knobs: Knobs | None = None, /, **sent: Any) -> dict[str, Any]:
    return edited_run(stored, Edit(set=sent), item_type=RUN, knobs=knobs or Knobs())


def refusal(stored: dict[str, Any], knobs: Knobs | None = None, /, **sent: Any) -> str:
    with pytest.raises(ApiError) as refused:
        edited(stored, knobs, **sent)
    assert refused.value.status == 400
    return refused.value.message


def test_a_step_keeps_what_the_sent_one_leaves_out() -> None:
    fields = edited(run_fields("NOT_RUN"), testRunSteps=[{"status": "PASSED", "result": "saw it"}])
    assert fields["testRunSteps"] == [{**STEP, "status": "PASSED", "result": "saw it"}]


def test_the_status_follows_from_the_steps() -> None:
    sent = [{"status": "PASSED"}, {"status": "FAILED"}]
    assert edited(run_fields("NOT_RUN", "NOT_RUN"), testRunSteps=sent)["testRunStatus"] == "FAILED"


def test_a_step_result_can_be_cleared() -> None:
    stored = run_fields("PASSED")
    stored["testRunSteps"][0]["result"] = "old"
    fields = edited(stored, testRunSteps=[{"result": None}])
    assert "result" not in fields["testRunSteps"][0]


@every(
    "steps, message",
    [
        ([], "testRunSteps has 0 steps, the run has 2"),
        ([{"status": "PASSED"}] * 3, "testRunSteps has 3 steps, the run has 2"),
        ("PASSED", "The value you provided could not be set at the path."),
        (["PASSED", "PASSED"], "/fields/testRunSteps/0: a step is an object"),
        ([{"status": "PASS"}, {}], "'PASS' is not one of NOT_RUN"),
        ([{"status": None}, {}], "None is not one of NOT_RUN"),
        ([{}, {"state": "PASSED"}], "/fields/testRunSteps/1 has the unknown field 'state'"),
        ([{}, {"result": 3}], "/fields/testRunSteps/1/result: text is expected, not 3"),
    ],
)
def test_wrong_steps_are_refused(steps: Any, message: str) -> None:
    assert message in refusal(run_fields("NOT_RUN", "NOT_RUN"), testRunSteps=steps)


def test_steps_of_a_run_without_steps_are_refused() -> None:
    assert "the run has 0" in refusal(run_fields(), testRunSteps=[{"status": "PASSED"}])


def test_skipped_steps_pass_where_the_knob_says_so() -> None:
    knobs = Knobs(skipped_steps="pass")
    sent = [{"status": "FAILED"}, {}]
    fields = edited(run_fields("NOT_RUN", "NOT_RUN"), knobs, testRunSteps=sent)
    assert [step["status"] for step in fields["testRunSteps"]] == ["FAILED", "PASSED"]
    untouched = edited(run_fields("NOT_RUN", "NOT_RUN"), knobs, testRunSteps=[{}, {}])
    assert untouched["testRunStatus"] == "NOT_RUN"


@pytest.mark.parametrize(
    "sent", [{"actualResults": "123456"}, {"testRunSteps": [{"result": "123456"}]}]
)
def test_a_text_above_the_limit_is_refused(sent: Any) -> None:
    stored = run_fields("NOT_RUN")
    assert "has 6 characters, and may have 5" in refusal(stored, Knobs(text_limit=5), **sent)
    assert edited(stored, Knobs(text_limit=6), **sent)


def test_a_name_above_the_limit_is_refused_with_400_or_500() -> None:
    edit = Edit(set={"name": "123456"})
    assert edited_fields({}, edit, item_type=CASE, knobs=Knobs(name_limit=6))
    for over, status in (("400", 400), ("500", 500)):
        knobs = Knobs.parse(["name_limit=5", f"over_limit={over}"])
        with pytest.raises(ApiError) as refused:
            edited_fields({}, edit, item_type=CASE, knobs=knobs)
        assert refused.value.status == status


def test_a_sixth_status_is_stored_where_the_knob_says_so() -> None:
    knobs = Knobs(extra_status="NOT_APPLICABLE")
    assert "is not one of" in refusal(run_fields(), testRunStatus="NOT_APPLICABLE")
    whole = edited(run_fields(), knobs, testRunStatus="NOT_APPLICABLE")
    assert whole["testRunStatus"] == "NOT_APPLICABLE"
    sent = [{"status": "NOT_APPLICABLE"}, {"status": "PASSED"}]
    steps = edited(run_fields("NOT_RUN", "NOT_RUN"), knobs, testRunSteps=sent)
    assert steps["testRunStatus"] == "PASSED"


def test_unknown_fields_are_dropped_where_the_knob_says_so() -> None:
    knobs = Knobs(unknown_field="ignore")
    fields = edited(run_fields("NOT_RUN"), knobs, status="PASS", testRunSteps=[{"state": "x"}])
    assert fields == run_fields("NOT_RUN")


def test_a_status_beside_steps_passes_if_it_is_the_derived_one() -> None:
    fields = edited(
        run_fields("NOT_RUN"), testRunSteps=[{"status": "PASSED"}], testRunStatus="PASSED"
    )
    assert fields["testRunStatus"] == "PASSED"


def test_another_status_beside_steps_is_refused() -> None:
    sent = {"testRunSteps": [{"status": "PASSED"}], "testRunStatus": "FAILED"}
    assert "leave testRunStatus out" in refusal(run_fields("NOT_RUN"), **sent)


@every(
    "field, value, message",
    [
        ("testRunStatus", "IN_PROGRESS", "'IN_PROGRESS' is not one of"),
        ("testRunStatus", ["PASSED"], "['PASSED'] is not one of"),
        ("assignedTo", "me", "an ID (integer) is expected, not 'me'"),
        ("assignedTo", True, "an ID (integer) is expected, not True"),
        ("actualResults", 12, "text is expected, not 12"),
        ("build_number$37", "12", "an integer is expected, not '12'"),
        ("duration", 12, "Test Run has no field 'duration'"),
        ("name", "Other", "the field 'name' is read-only"),
        ("executionDate", "2024-05-31", "the field 'executionDate' is read-only"),
        ("forcePassed", True, "the field 'forcePassed' is read-only"),
    ],
)
def test_a_wrong_field_of_a_run_is_refused(field: str, value: Any, message: str) -> None:
    assert message in refusal(run_fields(), **{field: value})


def test_an_equal_read_only_value_passes() -> None:
    assert edited(run_fields(), name="Login", forcePassed=False) == run_fields()


def test_an_equal_date_is_taken_for_different_where_the_knob_says_so() -> None:
    date = "2024-05-31T10:00:00.000+0000"
    stored = {**run_fields(), "executionDate": date}
    assert edited(stored, executionDate=date) == stored
    assert "read-only" in refusal(stored, Knobs(equal_dates="refuse"), executionDate=date)


def test_custom_fields_of_a_run_are_refused_where_the_knob_says_so() -> None:
    knobs = Knobs(custom_run_fields="400")
    message = refusal(run_fields(), knobs, **{"build_number$37": 3})
    assert message == "the custom field 'build_number$37' of a test run cannot be set"


def test_rich_text_is_normalised_unless_the_knob_keeps_it() -> None:
    assert edited(run_fields(), actualResults="fine")["actualResults"] == "<p>fine</p>\n"
    knobs = Knobs(rich_text="keep")
    assert edited(run_fields(), knobs, actualResults="fine")["actualResults"] == "fine"


def test_a_strict_server_cleans_results_and_the_steps_that_come_back() -> None:
    knobs = Knobs(rich_text="strict")
    html = '<p class="x" onclick=y>a <b>b</b><blink>c</blink><script>d()</script><br></p>'
    fields = edited(run_fields(), knobs, actualResults=html)
    assert fields["actualResults"] == "<p>a <b>b</b>c<br /></p>\n"
    stored = run_fields("NOT_RUN")
    stored["testRunSteps"][0]["action"] = html
    bare = edited(stored, knobs, testRunSteps=[{"status": "PASSED"}])
    assert bare["testRunSteps"][0]["action"] == html
    whole = edited(stored, knobs, testRunSteps=[{"action": html, "status": "PASSED"}])
    assert whole["testRunSteps"][0]["action"] == "<p>a <b>b</b>c<br /></p>"


def test_actual_results_are_plain_where_the_knob_says_so() -> None:
    knobs = Knobs(actual_results="plain")
    sent, plain_run = Edit(set={"actualResults": "a < b\n"}), as_set_up(RUN, knobs)
    fields = edited_run(run_fields(), sent, item_type=plain_run, knobs=knobs)
    assert fields["actualResults"] == "a < b\n"


def test_an_assignee_is_refused_where_the_knob_says_so() -> None:
    message = refusal(run_fields(), Knobs(assignee="400"), assignedTo=18)
    assert message == "test runs cannot be assigned to the user 18"


def test_a_knob_drops_actual_results_without_a_word() -> None:
    dropped = edited(run_fields(), Knobs(actual_results="drop"), actualResults="fine")
    assert "actualResults" not in dropped


def test_the_status_of_a_run_cannot_be_removed() -> None:
    edit = Edit(set={}, cleared=["testRunStatus"])
    with pytest.raises(ApiError, match="cannot be removed"):
        edited_run(run_fields(), edit, item_type=RUN, knobs=Knobs())


@every(
    "sent, status, executed",
    [
        ({"testRunStatus": "PASSED"}, "PASSED", True),
        ({"testRunSteps": []}, "INPROGRESS", True),
        ({"testRunStatus": "NOT_RUN"}, "NOT_RUN", False),
        ({"actualResults": "x"}, "PASSED", False),
    ],
)
def test_a_reported_result_executes_a_run(sent: Any, status: str, executed: bool) -> None:
    assert is_executed(Edit(set=sent), {"testRunStatus": status}) is executed


def test_a_case_accepts_steps_in_the_documented_form_only() -> None:
    step = {"action": "do", "expectedResult": "done", "notes": ""}
    edit = Edit(set={"name": "Login", "testCaseSteps": [step]})
    assert edited_fields({}, edit, item_type=CASE, knobs=Knobs())["testCaseSteps"] == [step]
    wrong = Edit(set={"name": "Login", "testCaseSteps": [{"expectedResults": "done"}]})
    with pytest.raises(ApiError, match=re.escape("unknown field 'expectedResults'")):
        edited_fields({}, wrong, item_type=CASE, knobs=Knobs())


def test_a_required_field_cannot_be_cleared() -> None:
    edit = Edit(set={}, cleared=["name"])
    with pytest.raises(ApiError, match=re.escape("Test Case needs fields.name")):
        edited_fields({"name": "Login"}, edit, item_type=CASE, knobs=Knobs())
