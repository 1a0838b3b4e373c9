from __future__ import annotations

import pytest

from junit_uploader.junit.reported_test import ReadOptions
from tests.every import every
from tests.junit.reports import make_case, notes, read, read_one, suite

FAILURE = '<failure message="no"/>'
ERROR = "<error/>"
SKIPPED = "<skipped/>"
XFAIL = '<skipped type="pytest.xfail" message="known"/>'


@every(
    "inside, expected",
    [
        pytest.param("", "passed", id="nothing inside"),
        pytest.param("<system-out>text</system-out>", "passed", id="output"),
        pytest.param(FAILURE, "failed", id="failure"),
        pytest.param("<failure/>", "failed", id="empty failure"),
        pytest.param("<failure> \n </failure>", "failed", id="blank failure"),
        pytest.param(ERROR, "error", id="error"),
        pytest.param(SKIPPED, "skipped", id="skipped"),
        pytest.param(XFAIL, "xfailed", id="expected failure of pytest"),
        pytest.param('<skipped type="XFAIL"/>', "xfailed", id="expected failure of unittest"),
        pytest.param(SKIPPED + FAILURE, "failed", id="skipped and failure"),
        pytest.param(FAILURE + ERROR, "error", id="failure and error"),
        pytest.param(FAILURE + FAILURE, "failed", id="several failures"),
        pytest.param(f"<flakyFailure>{FAILURE}</flakyFailure>", "passed", id="flaky, nested"),
        pytest.param(f"<flakyError/>{FAILURE}", "failed", id="flaky and failure"),
        pytest.param(f"{FAILURE}<rerunFailure/>", "failed", id="failure and rerun"),
        pytest.param("<rerunError/>", "passed", id="rerun alone"),
        pytest.param("<passed/><warning/><time>1</time>", "passed", id="odd children"),
        pytest.param('<f:failure xmlns:f="urn:x"/>', "failed", id="failure in a namespace"),
    ],
)
def test_direct_children_decide(inside: str, expected: str) -> None:
    assert read_one(inside).outcome.value == expected


@every(
    "attributes, expected",
    [
        pytest.param('status="run" result="completed"', "passed", id="googletest ran"),
        pytest.param('status="notrun" result="suppressed"', "skipped", id="googletest DISABLED_"),
        pytest.param('status="run" result="skipped"', "skipped", id="googletest 1.10 skip"),
        pytest.param('status="disabled"', "skipped", id="CTest disabled"),
        pytest.param('status="skipped"', "skipped", id="openQA skip"),
        pytest.param('status="NotRun"', "skipped", id="other case"),
        pytest.param('status="failed"', "passed", id="bad status without failure"),
        pytest.param(
            'failure="x"', "passed", id="attribute failure, as node writes beside a child"
        ),
    ],
)
def test_attributes_tell_of_tests_that_did_not_run(attributes: str, expected: str) -> None:
    assert read_one("", attributes=attributes).outcome.value == expected


def test_good_status_does_not_hide_a_failure() -> None:
    assert read_one(FAILURE, attributes='status="passed"').outcome.value == "failed"


def test_skipped_beats_failure_on_request() -> None:
    options = ReadOptions(skipped_wins=True)
    assert read_one(SKIPPED + FAILURE, options=options).outcome.value == "skipped"


@every(
    "case, expected",
    [
        pytest.param(make_case(attributes='status="failed"'), 'status="failed"', id="bad status"),
        pytest.param(make_case("<rerunFailure/>"), "repeated failure", id="rerun without failure"),
        pytest.param("<testcase/>", "without a name", id="nameless"),
    ],
)
def test_what_contradicts_itself_is_a_note(case: str, expected: str) -> None:
    (note,) = notes(read(suite(case)))
    assert expected in note
