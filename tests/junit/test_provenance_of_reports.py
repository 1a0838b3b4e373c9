"""When, where and of what the tests ran, as reports say it."""

from __future__ import annotations

import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from junit_uploader.junit.reported_test import ReportedTest, SuiteFacts
from junit_uploader.junit.timestamps import read_timestamp
from junit_uploader.merged_reports import ReportFile, read_reports
from junit_uploader.tested import COMMIT_VARIABLES, StatedCommits, find_stated_commits, name_reports
from pytest_jama.core.results import Outcome
from tests.every import every
from tests.junit.reports import PASSED, make_case, read, suite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.junit.conftest import Uploader

AT = 1764324131.0
"""2025-11-28 10:02:11 UTC."""


@every(
    "text, seconds, has_zone",
    [
        pytest.param("2025-11-28T10:02:11", AT, False, id="Surefire, jest-junit"),
        pytest.param("2025-11-28 10:02:11", AT, False, id="a blank"),
        pytest.param("2025-11-28T10:02:11.500", AT + 0.5, False, id="googletest"),
        pytest.param("2025-11-28T10:02:11.5Z", AT + 0.5, True, id="Vitest, Playwright"),
        pytest.param("2025-11-28T10:02:11.1234567Z", AT + 0.123456, True, id=".NET"),
        pytest.param("2025-11-28T11:02:11+01:00", AT, True, id="PHPUnit"),
        pytest.param("2025-11-28T05:02:11-0500", AT, True, id="no colon"),
        pytest.param("Fri, 28 Nov 2025 10:02:11 GMT", AT, True, id="mocha"),
        pytest.param("28 Nov 2025 10:02:11 GMT", AT, True, id="TestNG"),
        pytest.param("2025-11-28T10:02", AT - 11, False, id="no seconds"),
    ],
)
def test_timestamps_are_read(text: str, seconds: float, has_zone: bool) -> None:
    timestamp = read_timestamp(text)
    assert timestamp is not None
    assert timestamp.seconds == pytest.approx(seconds)
    assert timestamp.has_zone is has_zone


@every(
    "text",
    ["", "ts", "1970-01-01T00:00:00.000", "0001-01-01T00:00:00", "2025-13-40T10:00:00", "1e9", "5"],
)
def test_what_is_not_a_moment_is_unknown(text: str) -> None:
    assert read_timestamp(text) is None


def test_nearest_suite_that_says_it_gives_time_and_host() -> None:
    inner = suite(make_case(), attributes='name="inner" hostname="rig-2"')
    own = make_case(attributes='timestamp="2025-11-28T10:02:13Z"')
    outer = suite(
        own,
        inner,
        attributes='name="outer" timestamp="2025-11-28T10:02:11Z" hostname="rig-1"',
    )
    found = [test.as_result() for test in read(outer).testcases]
    assert [(each.started, each.host) for each in found] == [(AT + 2, "rig-1"), (AT, "rig-2")]


def test_report_without_time_and_host_has_none() -> None:
    (test,) = read(suite(make_case(), attributes='name="valve" hostname="tbd"')).testcases
    result = test.as_result()
    assert (result.started, result.host) == (None, "")


@every("name", ["commit", "git.commit", "GIT_COMMIT", "env.GITHUB_SHA", "build.vcs.number"])
@every("at_suite", [True, False], ids=["suite", "testcase"])
def test_commit_is_read_from_a_property(tmp_path: Path, name: str, at_suite: bool) -> None:
    block = f'<properties><property name="{name}" value="1f0c9d2"/></properties>'
    (tmp_path / "r.xml").write_text(
        suite(block, make_case()) if at_suite else suite(make_case(block))
    )
    (file,) = read_reports([str(tmp_path)]).files
    assert file.commits == ("1f0c9d2",)


def stated(environ: Mapping[str, str], *commits: str, option: str = "") -> StatedCommits:
    files = [ReportFile(f"{commit}.xml", commits=(commit,)) for commit in commits]
    tests = [
        ReportedTest(commit, "", SuiteFacts(commit=commit, report=number), Outcome.PASSED)
        for number, commit in enumerate(commits)
    ]
    return find_stated_commits(option, files, tests, environ)


def test_commit_is_that_of_the_flag_then_of_properties_then_of_the_ci_system() -> None:
    environ = {"CI_COMMIT_SHA": "ccc"}
    assert stated(environ, "aaa", "bbb", option="fff").of_all == "fff"
    assert stated(environ, "aaa", "aaa").of_all == "aaa"
    assert stated(environ, "aaa", "bbb").of_all == ""
    assert stated(environ).of_all == "ccc"
    assert stated({}).of_all == ""


def test_account_has_commit_time_and_host_of_its_own_tests_alone(
    uploader: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in COMMIT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    uploader.cases(1, 2)
    uploader.configure("tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2}\n")
    block = '<properties><property name="git.commit" value="abc1234"/></properties>'
    early = 'name="a" timestamp="2025-11-28T10:02:11Z" hostname="rig-1"'
    late = 'name="b" timestamp="2025-12-28T12:30:00Z" hostname="rig-2"'
    uploader.write("1.xml", suite(block, PASSED, attributes=early))
    uploader.write("2.xml", suite(make_case(), attributes=late))
    assert uploader("1.xml", "2.xml").status == 0
    first, second = account_of(uploader, 1), account_of(uploader, 2)
    assert "adds: passed (0.500 s, 2025-11-28 10:02:11 UTC on rig-1)<br />" in first
    assert "commit abc1234" in first.partition("rig-1)")[2]
    assert "pays: passed (2025-12-28 12:30:00 UTC on rig-2)" in second
    assert all(word not in first for word in ("rig-2", "2025-12-28"))
    assert all(word not in second for word in ("rig-1", "2025-11-28", "abc1234"))


def test_time_without_a_zone_is_said() -> None:
    files = [ReportFile("a.xml"), ReportFile("b.xml", lacks_zone=True)]
    assert name_reports(files[:1]) == "JUnit XML a.xml"
    assert "times without a zone" in name_reports(files)


def account_of(uploader: Uploader, number: int) -> str:
    return uploader.repository.runs()[f"{uploader.repository.key}-TC-{number}"].actual_results or ""


def write_two_suites(uploader: Uploader) -> None:
    """Write a report of two suites that ran elsewhere, a year ago, one of them without a zone."""
    uploader.cases(1, 2)
    uploader.configure("tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2}\n")
    early = 'name="a" timestamp="2025-11-28T10:02:11Z" hostname="rig-1"'
    late = 'name="b" timestamp="2025-11-28T12:30:00" hostname="rig-2"'
    suites = suite(PASSED, attributes=early), suite(make_case(), attributes=late)
    uploader.write("report.xml", f"<testsuites>{''.join(suites)}</testsuites>")


def test_account_has_time_and_host_of_the_suite_and_not_those_of_the_upload(
    uploader: Uploader,
) -> None:
    write_two_suites(uploader)
    assert uploader("report.xml").status == 0
    first, second = account_of(uploader, 1), account_of(uploader, 2)
    assert "12:30:00" not in first
    assert "rig-2" not in first
    assert "times without a zone" in first
    assert "shop.Cart.adds: passed (0.500 s, 2025-11-28 10:02:11 UTC on rig-1)" in first
    assert "shop.Cart.pays: passed (2025-11-28 12:30:00 UTC on rig-2)" in second
    assert f"{datetime.now(timezone.utc):%Y-%m-}" not in first


def test_commit_is_never_that_of_the_checkout(
    uploader: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in COMMIT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for words in ["init -q"], ["-c user.name=a -c user.email=a@b commit -q --allow-empty -m a"]:
        subprocess.run(["git", *words[0].split()], cwd=uploader.repository.folder, check=True)  # noqa: S603, S607
    write_two_suites(uploader)
    uploader("report.xml")
    assert "commit" not in account_of(uploader, 1)
    uploader("--commit", "1f0c9d2", "report.xml")
    assert "commit 1f0c9d2" in account_of(uploader, 1)
