"""The journal that the command leaves: enough to finish its upload."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from junit_uploader.command import write_results
from pytest_jama import __version__
from pytest_jama.cli import main as run_toolbox
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.journal import open_journal
from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from pathlib import Path

    from tests.junit.conftest import Uploader

MAP = "tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2, shop.Bill.prints: KEY-TC-3}\n"
UNCOLLECTED = (
    '<testcase classname="" name="shop.Bill"><error message="collection failure"/></testcase>'
)


@pytest.fixture
def shop(uploader: Uploader) -> Uploader:
    """Three mapped tests: one passed, one failed, and the file of one could not be collected."""
    uploader.cases(1, 2, 3)
    uploader.configure(MAP)
    uploader.write("report.xml", suite(PASSED, make_case("<failure/>"), UNCOLLECTED))
    return uploader


def test_header_names_the_tool_the_command_and_the_settings(shop: Uploader) -> None:
    shop("--dry-run", "report.xml")
    header = shop.repository.journal()[0]
    assert header["versions"]["junit-uploader"] == __version__
    assert header["command"] == ["junit-uploader", "--dry-run", "report.xml"]
    assert header["settings"]["project"] == shop.repository.key


def test_lines_stand_in_the_documented_order(shop: Uploader) -> None:
    shop("report.xml")
    kinds = [line["line"] for line in shop.repository.journal()]
    assert kinds == [
        *("session", "map", "coverage", "uncollected", "collected", "result", "result"),
        *("left_out", "verdict", "verdict", "verdict", "place"),
        *("update", "update", "receipt", "receipt", "end"),
    ]


def test_torn_journal_does_not_look_complete(shop: Uploader) -> None:
    shop("--no-upload", "report.xml")
    (line,) = (line for line in shop.repository.journal() if line["line"] == "collected")
    key = shop.repository.key
    assert line["tests"] == [
        ["shop.Cart.adds", "not reached", [f"{key}-TC-1"]],
        ["shop.Cart.pays", "not reached", [f"{key}-TC-2"]],
    ]


def test_many_tests_are_named_in_several_lines(tmp_path: Path) -> None:
    link = CaseLink.parse("A-TC-1")
    results = [TestResult(f"c.t{number}", Outcome.PASSED, links=(link,)) for number in range(5)]
    journal = open_journal(tmp_path, started=datetime.now(timezone.utc))
    write_results(journal, results, tests_a_line=2)
    journal.close()
    lines = [json.loads(line) for line in journal.path.read_text(encoding="utf-8").splitlines()]
    named = [[test for test, *_ in line["tests"]] for line in lines if line["line"] == "collected"]
    assert named == [["c.t0", "c.t1"], ["c.t2", "c.t3"], ["c.t4"]]


def test_journal_alone_finishes_the_upload(shop: Uploader) -> None:
    shop("--no-upload", "report.xml")
    (shop.repository.folder / "report.xml").unlink()
    assert run_toolbox(["upload"]) == 0
    assert shop.repository.statuses() == {1: "PASSED", 2: "FAILED", 3: "NOT_RUN"}
