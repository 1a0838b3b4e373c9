"""What the command exits with, and what it says then; as JSON, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from tests.junit.conftest import Uploader

MAP = "tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2}\n"


@pytest.fixture
def shop(uploader: Uploader) -> Uploader:
    """Two mapped tests, one of which failed."""
    uploader.cases(1, 2)
    uploader.configure(MAP)
    uploader.write("report.xml", suite(PASSED, make_case("<failure/>")))
    return uploader


def test_failed_tests_that_were_sent_are_0(shop: Uploader) -> None:
    assert shop("report.xml").status == 0


def test_refused_run_is_1(shop: Uploader) -> None:
    run = shop.repository.runs()[f"{shop.repository.key}-TC-1"]
    for method in ("PATCH", "PUT"):  # what the first refuses, the second may take
        shop.repository.sandbox.fail_next(20, 400, method=method, path=f"/testruns/{run.id}")
    uploaded = shop("report.xml")
    assert uploaded.status == 1
    assert "sent       1 of 2 test runs: 1 FAILED" in uploaded.out
    assert "next       pytest-jama upload " in uploaded.out


def test_case_without_a_run_is_1(shop: Uploader) -> None:
    other = '<properties><property name="jama" value="KEY-TC-99"/></properties>'
    shop.write("report.xml", suite(PASSED, make_case(other)))
    uploaded = shop("report.xml")
    assert uploaded.status == 1
    assert f"unresolved {shop.repository.key}-TC-99" in uploaded.out


def test_nothing_to_send_is_0_and_said(shop: Uploader) -> None:
    shop.write("report.xml", suite('<testcase classname="c" name="other"/>'))
    uploaded = shop("report.xml")
    assert (uploaded.status, uploaded.requests) == (0, ())
    assert "nothing    to send: no test is linked to a test case" in uploaded.out


def test_wrong_settings_are_2_all_at_once_before_any_report_is_read(shop: Uploader) -> None:
    shop.configure("urll: x\nupload: {rate: fast}\nnames: '['\n")
    uploaded = shop("no-such-report.xml", "--plan=${NOBODY}", "--cycle=")
    assert (uploaded.status, uploaded.out, uploaded.requests) == (2, "", ())
    origins = [line.split()[2] for line in uploaded.err.splitlines()]
    assert origins == ["jama.yaml:5:", "jama.yaml:6:", "jama.yaml:7:", "--cycle:", "--plan:"]


def test_missing_settings_are_2_and_name_the_flags(uploader: Uploader) -> None:
    uploader.write("jama.yaml", "project: KEY\n")
    uploaded = uploader("report.xml")
    assert uploaded.status == 2
    assert (
        "plan is not set; set `plan:` in jama.yaml, JAMA_PLAN in the environment, or --plan="
        in (uploaded.err)
    )


def test_missing_file_of_settings_is_2(shop: Uploader) -> None:
    uploaded = shop("--config=gone.yaml", "report.xml")
    assert uploaded.status == 2
    assert "gone.yaml: cannot be read" in uploaded.err


def test_ambiguous_map_is_2_with_both_lines(uploader: Uploader) -> None:
    uploader.cases(1, 2)
    uploader.configure('tests:\n  "shop.*.adds": KEY-TC-1\n  "*.Cart.adds": KEY-TC-2\n')
    uploader.write("report.xml", suite(PASSED))
    uploaded = uploader("report.xml")
    assert (uploaded.status, uploaded.requests) == (2, ())
    assert uploaded.err.startswith("junit-uploader: error: jama.yaml:6: '*.Cart.adds' and ")
    assert "(line 5) are equally specific for shop.Cart.adds" in uploaded.err


def test_server_out_of_reach_is_3_and_the_journal_is_kept(shop: Uploader) -> None:
    shop.configure("upload: {give_up_after: 200ms}\n")
    uploaded = shop("--url=http://127.0.0.1:9", "report.xml")
    assert uploaded.status == 3
    assert "NOT SENT   nothing succeeded at http://127.0.0.1:9" in uploaded.out
    assert [line["line"] for line in shop.repository.journal()].count("result") == 2
    assert shop.repository.journal()[-1]["finished"] is False


def test_refused_credentials_are_3(shop: Uploader) -> None:
    shop.set("JAMA_CLIENT_SECRET", "wrong")
    uploaded = shop("report.xml")
    assert uploaded.status == 3
    assert "check JAMA_CLIENT_ID and JAMA_CLIENT_SECRET" in uploaded.out


def test_journal_that_cannot_be_written_fails_only_what_needs_it(shop: Uploader) -> None:
    shop.write(".jama", "a file, not a folder")
    assert shop("report.xml").status == 0
    assert shop("--no-upload", "report.xml").status == 1


def test_json_has_reports_runs_and_status(shop: Uploader) -> None:
    document = shop("--json", "report.xml").document
    assert document["exit_status"] == 0
    assert document["reports"] == [
        {"path": "report.xml", "error": None, "testcases": 2, "notes": []},
    ]
    assert [(run["status"], run["state"]) for run in document["runs"]] == [
        ("PASSED", "sent"),
        ("FAILED", "sent"),
    ]


def test_json_leaves_lines_for_people_to_stderr(shop: Uploader) -> None:
    uploaded = shop("--json", "report.xml")
    assert "sent       2 of 2 test runs" in uploaded.err
    assert uploaded.out.startswith("{")


@pytest.mark.parametrize(
    "arguments, status, stopped",
    [
        (["--plan=${NOBODY}", "report.xml"], 2, "NOBODY is not set"),
        (["*.junit"], 1, "no report could be read"),
        (["--lost", "report.xml"], 2, "unrecognized arguments: --lost"),
        ([], 2, "the following arguments are required: REPORT"),
        (["--url=http://127.0.0.1:9", "report.xml"], 3, "nothing succeeded at"),
    ],
    ids=["settings", "no report", "wrong use", "no argument", "out of reach"],
)
def test_json_is_one_document_also_of_errors(
    shop: Uploader, arguments: list[str], status: int, stopped: str
) -> None:
    shop.configure("upload: {give_up_after: 200ms}\n")
    uploaded = shop("--json", *arguments)
    assert (uploaded.status, uploaded.document["exit_status"]) == (status, status)
    assert stopped in uploaded.document["stopped"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dry-run", "--no-upload", "a.xml"],
        ["--list", "--dry-run", "a.xml"],
        ["-v", "-q", "a.xml"],
        ["--dry", "a.xml"],
        ["--plan"],
    ],
)
def test_wrong_use_is_2_with_the_usage(uploader: Uploader, arguments: list[str]) -> None:
    uploaded = uploader(*arguments)
    assert (uploaded.status, uploaded.out) == (2, "")
    assert uploaded.err.startswith("usage: junit-uploader [FLAGS] REPORT...")
