"""What is kept of the failures in a report for a target that shows them in full."""

from __future__ import annotations

import pytest

from junit_uploader.junit.reported_test import ReadOptions
from pytest_jama.core.results import ReportedName
from tests.every import every
from tests.junit.reports import make_case, read, read_one, suite

KEEPING = ReadOptions(keeps_traces=True)
JAVA = '<failure message="no tone" type="a.ToneError">a.ToneError: no tone\n  at Line</failure>'


@every(
    "inside, trace, kind",
    [
        pytest.param(JAVA, "a.ToneError: no tone\n  at Line", "a.ToneError", id="Java"),
        pytest.param("<failure>E no\n</failure>", "E no", "", id="text alone"),
        pytest.param('<failure message="no"/>', "", "", id="message alone"),
        pytest.param('<failure message="no">no</failure>', "", "", id="the same twice"),
        pytest.param(
            '<failure message="1 &lt; 2&#10;in all">E   1 &lt; 2\nE   in all\na.py:3</failure>',
            "E   1 < 2\nE   in all\na.py:3",
            "",
            id="message within the text, line by line",
        ),
        pytest.param(
            '<failure message="no">at Line</failure>', "no\n\nat Line", "", id="text beside it"
        ),
        pytest.param(
            f'<failure message="{"x" * 1001}"/>', "x" * 1001, "", id="message that is shortened"
        ),
        pytest.param(
            '<error message="failed on setup with &quot;no&quot;">E no</error>',
            "E no",
            "",
            id="setup of pytest",
        ),
        pytest.param(
            '<failure type="A">one</failure><failure type="B">two</failure>',
            "one\n\ntwo",
            "A",
            id="several",
        ),
        pytest.param("<failure>#x1B[31mred#x1B[0m</failure>", "red", "", id="colours"),
        pytest.param('<skipped type="S">why</skipped>', "", "", id="skip"),
        pytest.param("<rerunFailure>old</rerunFailure>", "", "", id="other attempt"),
        pytest.param("<system-out>long</system-out>", "", "", id="output"),
    ],
)
def test_text_and_kind_of_a_failure_are_kept(inside: str, trace: str, kind: str) -> None:
    result = read_one(inside, options=KEEPING).as_result()

    assert (result.trace, result.error_type) == (trace, kind)


def test_they_are_not_kept_for_a_target_that_does_not_show_them() -> None:
    result = read_one(JAVA).as_result()

    assert (result.trace, result.error_type) == ("", "")


def test_secrets_in_them_are_hidden_and_counted() -> None:
    result = read_one("<failure>x\npassword=hunter22\n</failure>", options=KEEPING).as_result()

    assert "hunter22" not in result.trace
    assert result.redacted == 2  # in the message as well


@every(
    "attributes, expected",
    [
        pytest.param('classname="a.B" name="c v1.2"', ("a.B", "c v1.2"), id="dot in the name"),
        pytest.param('classname="a.B" name="two  blanks"', ("a.B", "two  blanks"), id="blanks"),
        pytest.param('classname="a  B" name="c"', ("a  B", "c"), id="blanks in the class"),
        pytest.param('class="a.B" name="c"', ("", "c"), id="PHPUnit"),
        pytest.param('name="c"', ("", "c"), id="no class"),
        pytest.param('classname="a.B"', ("a.B", ""), id="no name"),
        pytest.param('name="c" classname="test"', ("test", "c"), id="other order"),
        pytest.param('name="c" time="1" classname="test"', ("test", "c"), id="node"),
    ],
)
def test_report_names_a_test_by_class_and_name(attributes: str, expected: tuple[str, str]) -> None:
    (test,) = read(suite(suite(f"<testcase {attributes}/>")), KEEPING).testcases

    assert test.reported == ReportedName(*expected)


@pytest.mark.parametrize(
    "folder, shown", [("firmware/a", "firmware.a"), ("firmware/&#10; a", "firmware. a")]
)
def test_folder_that_pytest_ran_in_is_not_a_part_of_the_name(folder: str, shown: str) -> None:
    told = f'<properties><property name="jama_rootdir" value="{folder}"/></properties>'

    (test,) = read(suite(told, make_case())).testcases

    assert test.test_id == f"{shown}.shop.Cart.pays"
    assert test.reported == ReportedName("shop.Cart", "pays")
