"""Case references in the names of tests, where ``names:`` asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.junit.reports import suite

if TYPE_CHECKING:
    from tests.junit.conftest import Uploader

NAMES = r"""
names: "\\[(?P<case>[A-Z0-9]+-TC-\\d+)\\]"
tests: {c: KEY-TC-3}
"""


@pytest.fixture
def named(uploader: Uploader) -> Uploader:
    """Three cases; tests may name them."""
    uploader.cases(1, 2, 3)
    uploader.configure(NAMES)
    return uploader


def test_name_may_hold_several_references(named: Uploader) -> None:
    named.write("report.xml", suite('<testcase classname="c" name="pays [KEY-TC-1][KEY-TC-2]"/>'))
    assert named("report.xml").status == 0
    assert named.repository.statuses() == {1: "PASSED", 2: "PASSED", 3: "NOT_RUN"}


def test_name_beats_the_map_and_a_property_beats_the_name(named: Uploader) -> None:
    inside = '<properties><property name="jama" value="KEY-TC-2"/></properties>'
    named.write(
        "report.xml",
        suite(
            '<testcase classname="c" name="[KEY-TC-1] a"/>',
            f'<testcase classname="c" name="[KEY-TC-1] b">{inside}<failure/></testcase>',
            '<testcase classname="c" name="KEY-TC-1 c"><failure/></testcase>',
        ),
    )
    assert named("report.xml").status == 0
    assert named.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "FAILED"}


def test_only_the_name_is_searched(named: Uploader) -> None:
    named.write("report.xml", suite('<testcase classname="[KEY-TC-1]" name="pays"/>'))
    named("report.xml")
    assert named.repository.statuses() == {1: "NOT_RUN", 2: "NOT_RUN", 3: "NOT_RUN"}


def test_match_that_is_not_a_reference_is_status_1(named: Uploader) -> None:
    named.write("jama.yaml", "project: KEY\nplan: Release 1\ncycle: Build 1\nnames: '(?P<case>TC)'")
    named.write("report.xml", suite('<testcase classname="c" name="TC"/>'))
    uploaded = named("report.xml")
    assert uploaded.status == 1
    assert "NOT LINKED c.TC: name: 'TC' is not a case reference" in uploaded.out
