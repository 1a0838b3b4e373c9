"""Which reports are brought to Jama, and what is said of those that cannot be."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from tests.junit.conftest import Uploaded, Uploader

FAILED = make_case("<failure/>")
SKIPPED = make_case("<skipped/>")
MAP = "tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2}\n"
BROKEN = "<testsuite>\n<oops</testsuite>"
GOOGLETEST = (
    '<testsuites name="AllTests"><testsuite name="Math"><testcase name="Adds" status="run" '
    'result="completed" classname="Math"/></testsuite></testsuites>'
)


@pytest.fixture
def shop(uploader: Uploader) -> Uploader:
    """Two mapped tests."""
    uploader.cases(1, 2)
    uploader.configure(MAP)
    return uploader


@pytest.mark.parametrize("argument", ["out", "out/*.xml", "**/a.xml", "out/a.xml", "ou[t]"])
def test_reports_are_found_by_folder_pattern_and_name(shop: Uploader, argument: str) -> None:
    shop.write("out/a.xml", suite(PASSED))
    assert shop(argument).status == 0
    assert shop.repository.statuses()[1] == "PASSED"


def test_report_may_be_packed(shop: Uploader) -> None:
    path = shop.repository.folder / "a.xml.gz"
    path.write_bytes(gzip.compress(suite(PASSED).encode()))
    assert shop("a.xml.gz").status == 0
    assert shop.repository.statuses()[1] == "PASSED"


def test_report_may_come_from_stdin(shop: Uploader) -> None:
    shop.pipe(suite(PASSED))
    assert shop("-").status == 0
    account = shop.repository.runs()[f"{shop.repository.key}-TC-1"].actual_results
    assert "JUnit XML from stdin" in (account or "")


def test_shards_are_one_session_in_which_the_worst_counts(shop: Uploader) -> None:
    shop.write("1.xml", suite(PASSED, SKIPPED))
    shop.write("2.xml", suite(PASSED, FAILED))
    uploaded = shop("1.xml", "2.xml")
    assert shop.repository.statuses() == {1: "PASSED", 2: "FAILED"}
    note = "2.xml: testcases that repeat an earlier test ID: 2; each counts"
    assert note in uploaded.out


def test_reports_of_two_frameworks_are_one_session(shop: Uploader) -> None:
    two = MAP.replace("shop.Cart.pays", "Math.Adds")
    shop.write("jama.yaml", f"project: KEY\nplan: Release 1\ncycle: Build 1\n{two}")
    shop.write("java.xml", suite(PASSED))
    shop.write("cpp.xml", GOOGLETEST)
    assert shop("java.xml", "cpp.xml").status == 0
    assert shop.repository.statuses() == {1: "PASSED", 2: "PASSED"}


def test_unreadable_report_is_named_and_the_others_are_sent(shop: Uploader) -> None:
    shop.write("a.xml", BROKEN)
    shop.write("b.xml", suite(PASSED))
    uploaded = shop(".")
    assert uploaded.status == 1
    assert shop.repository.statuses()[1] == "PASSED"
    assert "UNREADABLE a.xml: line 2, column " in uploaded.out


def test_argument_that_matches_nothing_is_an_error_and_the_others_are_sent(shop: Uploader) -> None:
    shop.write("b.xml", suite(PASSED))
    uploaded = shop("b.xml", "shards/**/*.xml")
    assert uploaded.status == 1
    assert shop.repository.statuses()[1] == "PASSED"
    assert "UNREADABLE shards/**/*.xml: no report matches" in uploaded.out


def assert_nothing_was_done(shop: Uploader, uploaded: Uploaded) -> None:
    assert (uploaded.status, uploaded.requests) == (1, ())
    assert not (shop.repository.folder / ".jama").exists()


def test_no_report_at_all_is_an_error(shop: Uploader) -> None:
    uploaded = shop("*.xml")
    assert_nothing_was_done(shop, uploaded)
    assert uploaded.err == "junit-uploader: error: no report could be read\n"


def test_no_testcase_at_all_is_an_error_of_its_own(shop: Uploader) -> None:
    shop.write("a.xml", "<testsuites/>")
    uploaded = shop("a.xml")
    assert_nothing_was_done(shop, uploaded)
    assert "no testcase in any report: did the tests run at all?" in uploaded.err


BAD_REFERENCE = make_case('<properties><property name="jama" value="nonsense"/></properties>')
UNSEEN = suite(PASSED, attributes='name="unit" tests="1" failures="3"')


@pytest.mark.parametrize(
    "report, said",
    [
        pytest.param(BROKEN, "UNREADABLE a.xml", id="unreadable"),
        pytest.param(
            suite(BAD_REFERENCE), "NOT LINKED shop.Cart.pays: a.xml: property jama", id="reference"
        ),
        pytest.param(UNSEEN, "warning    a.xml: failures are declared", id="unseen failures"),
    ],
)
def test_strict_sends_nothing_when_anything_is_wrong(
    shop: Uploader, report: str, said: str
) -> None:
    shop.write("a.xml", report)
    shop.write("b.xml", suite(PASSED))
    uploaded = shop("--strict", ".")
    assert_nothing_was_done(shop, uploaded)
    assert said in uploaded.out
    assert "something is wrong with 1 of 2 reports, and with strict nothing" in uploaded.err


def test_strict_can_stand_in_the_settings(shop: Uploader) -> None:
    shop.configure("strict: true\n")
    shop.write("a.xml", BROKEN)
    shop.write("b.xml", suite(PASSED))
    assert_nothing_was_done(shop, shop("."))


def test_strict_sends_what_is_only_odd(shop: Uploader) -> None:
    shop.write("a.xml", suite(PASSED, make_case(), attributes='name="unit" tests="7"'))
    uploaded = shop("--strict", "a.xml")
    assert uploaded.status == 0
    assert "note       a.xml: declared totals contradict the testcases" in uploaded.out


def test_reference_that_cannot_be_used_is_status_1(shop: Uploader) -> None:
    shop.write("a.xml", suite(PASSED, BAD_REFERENCE))
    uploaded = shop("a.xml")
    assert uploaded.status == 1
    assert "NOT LINKED shop.Cart.pays: a.xml: property jama: 'nonsense'" in uploaded.out


def test_quiet_still_says_what_is_wrong(shop: Uploader) -> None:
    shop.write("a.xml", BROKEN)
    shop.write("b.xml", UNSEEN)
    labels = [line.split()[0] for line in shop("-q", ".").out.splitlines()]
    assert labels == ["warning", "UNREADABLE"]


def test_many_notes_are_counted_unless_verbose(shop: Uploader) -> None:
    for number in range(13):
        shop.write(f"{number}.xml", suite(PASSED, attributes=f'name="u" tests="{number + 7}"'))
    assert "note       15 more (list with -v)" in shop(".").out
    assert shop("-v", ".").out.count("note       ") == 25


def test_file_that_pytest_could_not_collect_is_not_a_test(shop: Uploader) -> None:
    error = (
        '<testcase classname="" name="shop.Cart"><error message="collection failure"/></testcase>'
    )
    skipped = '<testcase classname="" name="o"><skipped message="collection skipped"/></testcase>'
    shop.write("a.xml", suite(error, skipped, '<testcase classname="shop" name="free"/>'))
    uploaded = shop("-v", "a.xml")
    assert "uncollected shop.Cart: its tests did not run" in uploaded.out
    assert "unlinked   1 test without a test case" in uploaded.out
    assert shop.repository.statuses() == {1: "NOT_RUN", 2: "NOT_RUN"}


def test_failure_that_no_case_shows_is_named(shop: Uploader) -> None:
    died = '<testsuite name="Bill"><error message="exit code 3"/></testsuite>'
    shop.write("a.xml", f"<testsuites>{suite(PASSED, FAILED)}{died}</testsuites>")
    uploaded = shop("-q", "a.xml")
    assert uploaded.status == 0
    assert "unlinked   1 failed test without a test case: Bill\n" in uploaded.out
