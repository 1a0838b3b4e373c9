"""What the command brings to Jama, and what it prints of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from tests.junit.conftest import Uploader

FAILED = make_case('<failure message="no &lt;dial&gt; tone"/>', attributes='time="1.25"')
MAP = "tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2}\n"


@pytest.fixture
def shop(uploader: Uploader) -> Uploader:
    """Two mapped tests, one of which failed."""
    uploader.cases(1, 2)
    uploader.configure(MAP)
    uploader.write("report.xml", suite(PASSED, FAILED))
    return uploader


def link(value: str, *, name: str = "jama") -> str:
    return f'<properties><property name="{name}" value="{value}"/></properties>'


def test_map_brings_results_to_their_runs(shop: Uploader) -> None:
    assert shop("report.xml").status == 0
    assert shop.repository.statuses() == {1: "PASSED", 2: "FAILED"}


def test_account_of_a_run_says_which_test_of_which_report_says_so(shop: Uploader) -> None:
    shop("report.xml")
    account = shop.repository.runs()[f"{shop.repository.key}-TC-2"].actual_results or ""
    assert "JUnit XML report.xml" in account
    assert "shop.Cart.pays: failed (1.250 s)" in account
    assert "no &lt;dial&gt; tone" in account


@pytest.mark.parametrize("name", ["jama", "jama_case", "test_key"])
def test_property_brings_a_result_to_its_run(uploader: Uploader, name: str) -> None:
    uploader.cases(1, 2)
    uploader.write("report.xml", suite(make_case(link("KEY-TC-1, KEY-TC-2", name=name))))
    assert uploader("report.xml").status == 0
    assert uploader.repository.statuses() == {1: "PASSED", 2: "PASSED"}


def test_property_beats_the_map_and_verbose_says_so(uploader: Uploader) -> None:
    uploader.cases(1, 2)
    uploader.configure(MAP)
    uploader.write("report.xml", suite(PASSED, make_case(link("KEY-TC-1"))))
    uploaded = uploader("-v", "report.xml")
    assert uploader.repository.statuses() == {1: "PASSED", 2: "NOT_RUN"}
    key = uploader.repository.key
    expected = f"beats the map: shop.Cart.pays: property {key}-TC-1, map {key}-TC-2"
    assert expected in uploaded.out


def test_steps_of_a_report_become_steps_of_the_run(uploader: Uploader) -> None:
    uploader.cases(1, steps=3)
    said = [("jama", "KEY-TC-1"), ("jama_step", "1"), ("jama_step", "2")]
    said += [("jama_step_status", "failed"), ("jama_step_note", "12 ml")]
    inside = "".join(f'<property name="{name}" value="{value}"/>' for name, value in said)
    uploader.write("report.xml", suite(make_case(f"<properties>{inside}</properties>")))
    assert uploader("report.xml").status == 0
    (run,) = uploader.repository.runs().values()
    assert [step.status for step in run.steps] == ["PASSED", "FAILED", "NOT_RUN"]
    assert "12 ml" in (run.steps[1].result or "")


def test_what_is_missing_is_created(uploader: Uploader) -> None:
    uploader.repository.case(1)
    uploader.configure(MAP)
    uploader.write("report.xml", suite(PASSED))
    uploaded = uploader("report.xml", "--plan", "Nightly", "--cycle=Build 7")
    assert uploaded.status == 0
    assert "create test cycle 'Build 7'" in uploaded.out
    assert uploader.repository.statuses() == {1: "PASSED"}


def test_output_says_where_it_goes_what_was_read_and_what_was_sent(shop: Uploader) -> None:
    shop.write("report.xml", suite(PASSED, FAILED, '<testcase classname="c" name="other"/>'))
    header, counts, *rest = shop("report.xml").out.splitlines()
    repository = shop.repository
    url = repository.sandbox.url
    assert header == f"jama: {repository.key} / Release 1 / Build 1 at {url} (jama.yaml)"
    assert counts == "jama: 1 report, 3 testcases, 3 tests: 2 passed, 1 failed"
    assert "sent       2 of 2 test runs: 1 FAILED, 1 PASSED" in rest
    assert "unlinked   1 test without a test case (list with -v)" in rest


def test_verbose_names_what_is_not_linked(shop: Uploader) -> None:
    shop.write("report.xml", suite(PASSED, '<testcase classname="c" name="other"/>'))
    assert "unlinked   1 test without a test case; c.other\n" in shop("--verbose", "report.xml").out


def test_names_do_nothing_to_the_terminal(shop: Uploader) -> None:
    shop.write("report.xml", suite(PASSED, '<testcase classname="c" name="a&#x9b;31mb&#x202e;"/>'))
    assert "without a test case; c.a\\x9b31mb\\u202e\n" in shop("-v", "report.xml").out


def test_quiet_says_nothing_when_all_is_well(shop: Uploader) -> None:
    shop.write("report.xml", suite(PASSED, make_case()))
    uploaded = shop("-q", "report.xml")
    assert (uploaded.status, uploaded.out, uploaded.err) == (0, "", "")


def test_quiet_names_each_case_that_failed_or_is_incomplete(shop: Uploader) -> None:
    skipped = '<testcase classname="shop.Cart" name="adds"><skipped/></testcase>'
    shop.write("report.xml", suite(PASSED, skipped, FAILED))
    failed, incomplete = shop("-q", "report.xml").out.splitlines()
    key = shop.repository.key
    assert failed.startswith(f"case       {key}-TC-2")
    assert "NOT_RUN -> FAILED: 1 failed" in failed
    assert incomplete.startswith(f"case       {key}-TC-1")
    assert "NOT_RUN -> INPROGRESS: 1 passed, 1 skipped" in incomplete


def test_settings_are_found_in_a_folder_above(
    shop: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = shop.write("build/out/report.xml", suite(PASSED))
    monkeypatch.chdir(report.parent)
    assert shop("report.xml").status == 0
    assert (shop.repository.folder / ".jama").is_dir()


def test_config_names_another_file(shop: Uploader) -> None:
    (shop.repository.folder / "jama.yaml").rename(shop.repository.folder / "other.yaml")
    uploaded = shop("--config", "other.yaml", "report.xml")
    assert uploaded.status == 0
    assert "(other.yaml)" in uploaded.out


def test_flags_and_variables_do_without_a_file(uploader: Uploader) -> None:
    uploader.cases(1)
    (uploader.repository.folder / "jama.yaml").unlink()
    uploader.set("JAMA_CYCLE", "Build 1")
    uploader.write("report.xml", suite(make_case(link("KEY-TC-1"))))
    place = ["--project", uploader.repository.key, "--plan", "Release 1"]
    assert uploader(*place, "report.xml", "--url", uploader.repository.sandbox.url).status == 0
    assert uploader.repository.statuses() == {1: "PASSED"}


def test_skip_beats_the_failure_beside_it_on_request(uploader: Uploader) -> None:
    uploader.cases(1)
    uploader.configure("junit: {skipped_wins: true}\n")
    uploader.write("report.xml", suite(make_case(f"<failure/><skipped/>{link('KEY-TC-1')}")))
    assert uploader("report.xml").status == 0
    assert uploader.repository.statuses() == {1: "NOT_RUN"}


def test_second_upload_of_a_report_changes_nothing(shop: Uploader) -> None:
    shop("report.xml")
    again = shop("report.xml")
    assert again.status == 0
    assert not [write for write in again.writes if write.startswith("POST")]
    assert shop.repository.statuses() == {1: "PASSED", 2: "FAILED"}


def test_requests_stay_within_the_budget(uploader: Uploader) -> None:
    count = 51  # one more than fits on a page
    uploader.cases(*range(1, count + 1))
    uploader.configure("tests:\n" + "".join(f"  c.t{n}: KEY-TC-{n}\n" for n in range(1, count + 1)))
    cases = (f'<testcase classname="c" name="t{n}"/>' for n in range(1, count + 1))
    uploader.write("report.xml", suite(*cases))
    uploaded = uploader("report.xml")
    patches = [write for write in uploaded.writes if write.startswith("PATCH")]
    assert (uploaded.status, len(patches)) == (0, count)
    assert len(uploaded.requests) - count <= 3 * math.ceil(count / 50) + 6


def test_dry_run_shows_the_changes_and_makes_none(shop: Uploader) -> None:
    uploaded = shop("--dry-run", "report.xml")
    assert (uploaded.status, uploaded.writes) == (0, [])
    assert shop.repository.statuses() == {1: "NOT_RUN", 2: "NOT_RUN"}
    assert uploaded.out.startswith("jama: dry run; ")
    key = shop.repository.key
    assert f"({key}-TC-2 Case {key}-TC-2): NOT_RUN -> FAILED" in uploaded.out


def test_no_upload_only_writes_the_journal(shop: Uploader) -> None:
    shop.set("JAMA_CLIENT_SECRET", "")
    uploaded = shop("--no-upload", "report.xml")
    assert (uploaded.status, uploaded.requests) == (0, ())
    assert "journaled  1 FAILED, 1 PASSED; nothing is sent with --no-upload" in uploaded.out
    last = shop.repository.journal()[-1]
    end = {"line": "end", "finished": False, "reason": "nothing was to be sent", "status": 0}
    assert {**last, **end} == last
    assert last.keys() - end == {"at", "chain"}
