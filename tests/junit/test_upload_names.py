"""Case references in the names of tests, where ``names:`` asks for them; names of rootdirs."""

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


def _below(rootdir: str, *testcases: str) -> str:
    """Return what pytest writes in a rootdir below jama.yaml, where pytest-jama is installed."""
    prop = f'<property name="jama_rootdir" value="{rootdir}"/>'
    return suite(f"<properties>{prop}</properties>", *testcases)


def test_reports_of_rootdirs_below_jama_yaml(uploader: Uploader) -> None:
    """Their tests have names of their own; keys may be relative to either folder."""
    uploader.cases(1, 2, 3, 4)
    keys = (
        "a/t/test_x.py::test_1: KEY-TC-1",
        "b/t/test_x.py::test_1: KEY-TC-2",
        "test_x.py::test_2: KEY-TC-3",
        "a/t/test_broken.py: KEY-TC-4",
        "a/t/test_x.py::test_gone: KEY-TC-1",
    )
    uploader.configure(f"tests: {{{', '.join(keys)}}}\n")
    passed, failed, other, broken = (
        '<testcase classname="test_x" name="test_1"/>',
        '<testcase classname="test_x" name="test_1"><failure message="no"/></testcase>',
        '<testcase classname="test_x" name="test_2"/>',
        '<testcase name="test_broken"><error message="collection failure">E</error></testcase>',
    )
    uploader.write("a.xml", _below("a/t", passed, broken))
    uploader.write("b.xml", _below("b/t", failed, other))

    uploaded = uploader("a.xml", "b.xml")

    expected = {1: "INPROGRESS", 2: "FAILED", 3: "PASSED", 4: "NOT_RUN"}
    assert uploader.repository.statuses() == expected, uploaded
    assert uploaded.out.count("unmatched") == 1
    assert "unmatched  'a/t/test_x.py::test_gone'" in uploaded.out
    assert "b.t.test_x.test_1: no" in uploaded.out


def test_a_test_without_the_folder_of_a_key_is_not_linked_but_told(uploader: Uploader) -> None:
    """Its rootdir may be another folder with a file of this name."""
    uploader.cases(1)
    uploader.configure("tests: {tests/test_a.py::test_1: KEY-TC-1}\n")
    uploader.write("r.xml", suite('<testcase classname="test_a" name="test_1"/>'))

    uploaded = uploader("r.xml")

    assert uploader.repository.statuses() == {1: "NOT_RUN"}
    assert "leave 'tests/' out of the key, or install pytest-jama where pytest runs" in uploaded.out
    assert "nearest to test_a.test_1 is the key 'tests/test_a.py::test_1'" in uploaded.out
    assert uploaded.out.count("nearest") == 1
