"""What ALM Octane calls the tests of a report: as the vendor's collection tool does."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.merged_reports import link_tests, read_reports
from pytest_jama.targets.octane.document import build_documents
from pytest_jama.targets.octane.document_head import DocumentHead
from tests.every import every
from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
REPORTS = sorted(
    str(path.relative_to(ROOT))
    for folder in ("examples/junit", "tests/junit/dialects")
    for path in (ROOT / folder).rglob("*.xml")
    if b"<testcase" in path.read_bytes()
)


class Named(NamedTuple):
    """What the server knows a test by, and its status."""

    package: str
    class_name: str
    name: str
    status: str


def sent_by_tool(path: Path) -> Iterator[Named]:
    """Yield what the vendor's collection tool makes of a report."""
    for case in ET.parse(path).iter("testcase"):  # noqa: S314 (our own files)
        package, _, class_name = case.get("classname", "").rpartition(".")
        status = "Passed"
        for child in case:
            if child.tag in {"failure", "error", "skipped"}:
                status = "Skipped" if child.tag == "skipped" else "Failed"
        if case.get("name"):
            yield Named(package, class_name, case.attrib["name"], status)


def sent_by_us(*paths: Path) -> list[Named]:
    """Return the runs of the document of some reports."""
    reports = read_reports(map(os.fspath, paths), ReadOptions(keeps_traces=True))
    linked = link_tests(
        reports.groups(),
        find_links=lambda _, __: (),
        find_within=lambda _: (),
        keeps_names=True,
    )
    documents = build_documents(linked.results, DocumentHead(), started=1)
    return [
        Named(test.package, test.class_name, test.name, test.status)
        for document in documents
        for test in document.tests
    ]


def sent(tmp_path: Path, *content: str, attributes: str = 'name="unit"') -> list[Named]:
    """Return the runs of the document of a suite."""
    path = tmp_path / "report.xml"
    path.write_text(suite(*content, attributes=attributes), encoding="utf-8")
    return sent_by_us(path)


NOT_RUN_BY_ATTRIBUTE = frozenset(
    {
        ("firmware", "rollback", "firmware.rollback"),
        ("", "Dose", "DISABLED_RateIsRamped"),
        ("", "off", "off"),
        ("", "Math", "Skip"),
        ("", "Math", "DISABLED_Off"),
        ("", "boot", "1"),
        ("", "boot", "2"),
    }
)
"""Tests of which an attribute says that they did not run, which the tool takes for passed."""

HASH = re.compile(r" \[[0-9a-f]{8}\]$")
"""What is added to the name of a test of which there are others."""


@every("report", REPORTS)
def test_tests_are_called_as_the_collection_tool_calls_them(report: str) -> None:
    ours, tools = sent_by_us(ROOT / report), set(sent_by_tool(ROOT / report))

    expected = {
        each._replace(status="Skipped") if each[:3] in NOT_RUN_BY_ATTRIBUTE else each
        for each in tools
    }
    assert len({each[:3] for each in ours}) == len(ours)
    assert {each._replace(name=HASH.sub("", each.name)) for each in ours} == expected


def test_there_are_reports_of_many_frameworks() -> None:
    assert len(REPORTS) > 30


@every(
    "attributes, expected",
    [
        pytest.param('classname="a.b.C" name="d"', ("a.b", "C", "d"), id="class"),
        pytest.param('classname="C" name="d.e"', ("", "C", "d.e"), id="class without a dot"),
        pytest.param('name="d"', ("", "", "d"), id="no class"),
        pytest.param('classname="" name="d"', ("", "", "d"), id="empty class"),
        pytest.param('class="a.B" name="d"', ("", "", "d"), id="class of PHPUnit"),
        pytest.param('name="d" time="1" classname="test"', ("", "test", "d"), id="node"),
        pytest.param('classname=" " name=" "', ("", " ", " "), id="blanks"),
        pytest.param('classname="a.  B" name="c  d"', ("a", "  B", "c  d"), id="two blanks"),
    ],
)
def test_suites_do_not_stand_for_a_class(
    tmp_path: Path, attributes: str, expected: tuple[str, str, str]
) -> None:
    around = suite(f"<testcase {attributes}/>", attributes='name="x.Y"')

    assert sent(tmp_path, around, attributes='name="z"') == [(*expected, "Passed")]


def test_suite_of_python_unittest_that_holds_a_time_is_not_a_part_of_the_name(
    tmp_path: Path,
) -> None:
    name = 'name="unittest.suite._ErrorHolder-20261122073835"'
    case = '<testcase classname="" name="setUpClass (t.B)"><error message="no"/></testcase>'

    assert sent(tmp_path, case, attributes=name) == [("", "", "setUpClass (t.B)", "Failed")]


@pytest.mark.parametrize("name", ["pytest", "unit"])
def test_names_that_differ_in_blanks_alone_are_those_of_several_tests(
    tmp_path: Path, name: str
) -> None:
    blanks = ["&#13;&#10;", " ", "&#x85;", "&#x2028;", "&#9;", "  "]
    cases = (f'<testcase classname="t.a" name="t[{each}]"/>' for each in blanks)

    found = sent(tmp_path, *cases, attributes=f'name="{name}"')

    names = {each.name for each in found}
    assert names == {"t[\r\n]", "t[ ]", "t[\x85]", "t[\u2028]", "t[\t]", "t[  ]"}
    assert len(found) == len(names)


def test_attempts_of_a_test_with_blanks_stay_one_test(tmp_path: Path) -> None:
    case = '<testcase classname="t.a" name="t[&#10;]"/>'

    assert len(sent(tmp_path, case, case, attributes='name="pytest"')) == 1


def test_tests_of_one_name_in_several_suites_stay_several_and_the_first_keeps_it(
    tmp_path: Path,
) -> None:
    suites = [
        suite('<testcase name="opens"/>', attributes=f'name="{each}"')
        for each in ("valve", "door", "gate")
    ]

    there, back = sent(tmp_path, *suites), sent(tmp_path, *reversed(suites))

    assert there == back
    assert sum(each.name == "opens" for each in there) == 1
    assert len({each.name for each in there}) == 3


def test_hash_of_a_name_does_not_change_when_others_come(tmp_path: Path) -> None:
    suites = [
        suite('<testcase name="opens"/>', attributes=f'name="{each}"')
        for each in ("a", "door", "gate")
    ]

    fewer, more = sent(tmp_path, *suites[:2]), sent(tmp_path, *suites)

    assert set(fewer) < set(more)


def test_jama_knows_them_as_before(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    blanks = '<testcase classname="t.a" name="t[&#10;]"/><testcase classname="t.a" name="t[ ]"/>'
    path.write_text(suite(PASSED, make_case(), blanks, attributes='name="pytest"'))

    tests = read_reports([str(path)]).tests

    assert list(tests) == ["shop.Cart.adds", "shop.Cart.pays", "t.a.t[ ]"]
    assert tests["t.a.t[ ]"].attempts == 2
