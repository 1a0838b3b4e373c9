from __future__ import annotations

from junit_uploader.merged_reports import LinkedTests, link_tests
from pytest_jama.core.cases import CaseLink
from tests.junit.reports import PASSED, make_case, read, suite

BY_MAP = (CaseLink.parse("M-1"),)
IN_FILE = (CaseLink.parse("F-1"), CaseLink.parse("F-2"))
UNCOLLECTED = (
    '<testcase classname="" name="a.b"><error message="collection failure">x</error></testcase>'
)
SKIPPED_FILE = (
    '<testcase classname="" name="a.c"><skipped message="collection skipped"/></testcase>'
)


def link(*cases: str, keeps_names: bool = False) -> LinkedTests:
    return link_tests(
        [(testcase,) for testcase in read(suite(*cases)).testcases],
        find_links=lambda test, _: BY_MAP if test.name == "adds" else (),
        find_within=lambda address: IN_FILE if address == "a.b" else (),
        keeps_names=keeps_names,
    )


def test_test_that_names_no_case_is_looked_up() -> None:
    assert [result.links for result in link(PASSED, make_case()).results] == [BY_MAP, ()]


def test_references_of_a_test_are_kept() -> None:
    own = '<properties><property name="jama" value="P-1"/></properties>'
    case = f'<testcase classname="c" name="adds">{own}</testcase>'
    assert [str(each) for each in link(case).results[0].links] == ["P-1"]


def test_file_that_could_not_be_collected_stands_for_its_tests() -> None:
    linked = link(UNCOLLECTED, PASSED)
    assert linked.uncollected == ("a.b",)
    assert [(each.outcome.value, each.links) for each in linked.results] == [
        ("passed", BY_MAP),
        ("not collected", IN_FILE),
    ]


def test_file_that_was_skipped_as_a_whole_is_not_a_test() -> None:
    assert link(SKIPPED_FILE).results == []


def test_errors_and_skips_that_only_look_like_it_are_tests() -> None:
    error = make_case('<failure message="collection failure"/>')
    skip = make_case('<skipped message="collection of stamps skipped"/>')
    assert len(link(error, skip).results) == 2
    assert link(error).uncollected == ()


def test_where_names_are_kept_what_stands_for_a_file_is_a_test() -> None:
    linked = link(UNCOLLECTED, SKIPPED_FILE, PASSED, keeps_names=True)

    assert linked.uncollected == ("a.b",)
    assert linked.skipped == ()
    assert [(each.outcome.value, each.reported) for each in linked.results] == [
        ("error", ("", "a.b")),
        ("skipped", ("", "a.c")),
        ("passed", ("shop.Cart", "adds")),
        ("not collected", None),
    ]


def test_files_of_what_stands_for_a_file_are_kept_once() -> None:
    linked = link(UNCOLLECTED, keeps_names=True)

    with_files = linked.with_files(lambda result, _: result._replace(host="asked"), of_all=True)

    assert [each.host for each in with_files.results] == ["asked", ""]
