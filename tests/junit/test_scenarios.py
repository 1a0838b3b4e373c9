"""Tags that name cases, and the steps of scenarios, as tools really write them."""

from __future__ import annotations

import pytest

from tests.every import every
from tests.junit.reports import make_case, notes, read, suite

# behave 1.3.3
BEHAVE = """<testsuite name="pump.Pump" tests="2" failures="1">
<testcase classname="pump.Pump" name="Flow" status="passed" time="0.000139"><system-out>
<![CDATA[
@scenario.begin

  @jama:PUMP-TC-2 @smoke
  @jama:PUMP-TC-5,PUMP-TC-6
  Scenario: Flow
    Given a pump ... passed in 0.000s
    Then it flows ... passed in 0.000s

@scenario.end
--------------------------------------------------------------------------------

Captured stdout:
@jama:PUMP-TC-9 ... passed

]]>
</system-out></testcase><testcase classname="pump.Pump" name="Rate 2 -- @1.2 " status="failed">
<failure type="AssertionError" message="too fast">x</failure><system-out>
<![CDATA[
@scenario.begin

  @jama:PUMP-TC-3 @fast
  Scenario Outline: Rate 2 -- @1.2
    Given a pump ... passed in 0.000s
    When it runs at 2 ... failed in 0.000s
    Then it flows ... skipped in 0.000s

@scenario.end
]]>
</system-out></testcase></testsuite>"""

# @cucumber/junit-xml-formatter 0.13
CUCUMBER = """<?xml version="1.0"?>
<testsuite name="Cucumber" time="0.067" tests="1" failures="1" timestamp="2026-11-28T18:48:11.634Z">
  <testcase classname="Pump" name="Rate &lt;rate> - #1.2: Rate 2" time="0.006">
    <failure type="Error" message="too fast"><![CDATA[Error: too fast]]></failure>
    <system-out><![CDATA[Given a pump..............................................passed
When it runs at 2...........................................................failed
Then it flows...............................................................skipped]]></system-out>
  </testcase>
</testsuite>"""


@every(
    "name, inside, expected",
    [
        ("a @jama:none @jama:A-1", "", "none"),
        ("a @jama:A-1,bad @jama:none", "", "none"),
        ("a @jama:A-1,bad,A-2", "", "A-1,A-2"),
        ("a @jama:none", '<property name="jama" value="A-3"/>', "A-3"),
        ("a @jama:A-1", '<property name="test_key" value=" None "/>', "none"),
        ("a", '<property name="jama" value="A-1"/><property name="tag" value="jama:none"/>', "A-1"),
        ("a", '<property name="tags" value="jama:NONE, jama:A-1"/>', "none"),
    ],
)
def test_none_in_tags_and_properties(name: str, inside: str, expected: str) -> None:
    block = f"<properties>{inside}</properties>"
    (found,) = read(suite(f'<testcase classname="c" name="{name}">{block}</testcase>')).testcases
    assert ",".join(map(str, found.links)) == expected


def test_tags_and_steps_of_behave_are_read() -> None:
    found = [test.as_result() for test in read(BEHAVE).testcases]
    assert [[str(link) for link in result.links] for result in found] == [
        ["PUMP-TC-2", "PUMP-TC-5", "PUMP-TC-6"],
        ["PUMP-TC-3"],
    ]
    assert found[0].notes == ("Given a pump: passed", "Then it flows: passed")
    assert found[1].notes[1] == "When it runs at 2: failed"


def test_failed_step_of_cucumber_is_named() -> None:
    (test,) = read(CUCUMBER).testcases
    assert test.as_result().notes == (
        "Given a pump: passed",
        "When it runs at 2: failed",
        "Then it flows: skipped",
    )


def test_output_that_only_looks_like_steps_is_left_alone() -> None:
    output = "<system-out>[[PROPERTY|jama=A-TC-1]]\nmake....failed\nlink ... passed</system-out>"
    (test,) = read(suite(make_case(output))).testcases
    assert test.as_result().notes == ()


@every(
    "case, expected",
    [
        pytest.param('name="pays @jama:A-TC-1 @smoke"', "A-TC-1", id="name"),
        pytest.param('name="pays (@jama:A-TC-1#2)"', "A-TC-1#2", id="step, in brackets"),
        pytest.param('name="pays @JAMA:A-TC-1, fast"', "A-TC-1", id="any case, a comma"),
        pytest.param('name="pays @jama:A-TC-1 @jama:A-TC-2"', "A-TC-1 A-TC-2", id="two"),
        pytest.param('name="pays @jama:A-TC-1,A-TC-2"', "A-TC-1 A-TC-2", id="two in one"),
        pytest.param('name="pays" status="run" class="@jama:A-TC-1"', "", id="other attribute"),
        pytest.param('name="mails me@jama:1"', "", id="address"),
    ],
)
def test_tags_in_names_are_references(case: str, expected: str) -> None:
    (test,) = read(suite(f'<testcase classname="c" {case}/>')).testcases
    assert " ".join(map(str, test.links)) == expected


def test_tag_in_a_class_is_of_all_its_tests() -> None:
    (test,) = read(suite('<testcase classname="Pump @jama:A-TC-1" name="flows"/>')).testcases
    assert list(map(str, test.links)) == ["A-TC-1"]


@every(
    "name, value, expected",
    [
        pytest.param("tag", "@jama:A-TC-1", "A-TC-1", id="one"),
        pytest.param("tags", "smoke, jama:A-TC-1,fast-1", "A-TC-1", id="a list, without @"),
        pytest.param("Tags", "['slow', 'jama:A-TC-1']", "A-TC-1", id="a list of Python"),
        pytest.param("Category", "jama:A-TC-1", "A-TC-1", id="a category"),
        pytest.param("tags", "notjama:A-TC-1", "", id="another tag"),
        pytest.param("owner", "@jama:A-TC-1", "", id="another property"),
    ],
)
def test_tags_in_properties_are_references(name: str, value: str, expected: str) -> None:
    block = f'<properties><property name="{name}" value="{value}"/></properties>'
    (test,) = read(suite(make_case(block))).testcases
    assert " ".join(map(str, test.links)) == expected


def test_tag_that_cannot_be_understood_is_told() -> None:
    reading = read(suite('<testcase classname="c" name="pays @jama:soon"/>'))
    assert "'soon'" in str(reading.unusable[0])


def test_tag_of_a_suite_is_told_and_not_used() -> None:
    block = '<properties><property name="tags" value="@jama:A-TC-1"/></properties>'
    assert "case references of a suite" in notes(read(suite(block, make_case())))[0]
