"""Files that could not be collected, or were skipped as a whole: tests of their names in Octane."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from tests.fork_server import run_command
from tests.forking import heeded_at_start
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "tests/test_good.py": "def test_it(): pass\n",
    "tests/unit/test_broken.py": "import nothing_of_that_name  # password=hunter22\n",
    "test_root.py": "def test_it(: pass\n",
    "tests/test_class.py": "class TestX:\n    pytestmark = 1\n    def test_it(self): pass\n",
    "tests/test_elsewhere.py": "import pytest\npytest.skip('no bench', allow_module_level=True)\n",
}
BROKEN = {
    ("", "", "tests.unit.test_broken", "Failed"),
    ("", "", "test_root", "Failed"),
    ("tests", "test_class", "TestX", "Failed"),
    ("", "", "tests.test_elsewhere", "Skipped"),
}


class Finished(NamedTuple):
    """The end of a command."""

    status: int
    output: str


def run(folder: Path, server: OctaneSandbox, *command: str) -> Finished:
    known = server.credentials
    keys = {"OCTANE_CLIENT_ID": known.client_id, "OCTANE_CLIENT_SECRET": known.client_secret}
    environment = {
        **heeded_at_start(os.environ),
        **keys,
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTEST_ADDOPTS": ADDOPTS,
    }
    words = [sys.executable, "-m", *command]
    return Finished(*run_command(words, folder=folder, environment=environment))


def sent(folder: Path) -> list[set[tuple[str, str, str, str]]]:
    """Return the runs of each session that was sent, and forget the sessions."""
    found = []
    for journal in sorted((folder / ".jama").glob("*.jsonl")):
        lines: list[dict[str, Any]] = [*map(json.loads, journal.read_text().splitlines())]
        tests = [test for line in lines if line["line"] == "update" for test in line["tests"]]
        names = ("package", "class_name", "name", "status")
        found.append({tuple(test[name] for name in names) for test in tests})
        journal.unlink()
    return found


def in_report(path: Path) -> set[tuple[str, str, str, str]]:
    """Return what the vendor's collection tool makes of a report."""
    words = {"failure": "Failed", "error": "Failed", "skipped": "Skipped"}
    return {
        (package, class_name, case.attrib["name"], status)
        for case in ET.parse(path).iter("testcase")  # noqa: S314 (pytest has just written it)
        for package, _, class_name in [case.attrib["classname"].rpartition(".")]
        for status in [next((words[each.tag] for each in case if each.tag in words), "Passed")]
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {**FILES, "pytest.ini": "[pytest]\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def settings(folder: Path, server: OctaneSandbox) -> None:
    (folder / "octane.yaml").write_text(f"url: {server.browser_url}\n", encoding="utf-8")


@pytest.mark.parametrize("workers", [(), ("-n2", "-p", "xdist")], ids=["serial", "xdist"])
@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "stops"])
def test_pytest_its_report_and_the_collection_tool_name_the_same(
    folder: Path, workers: tuple[str, ...], *, goes_on: bool
) -> None:
    with OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)) as server:
        settings(folder, server)
        options = ("--octane", "--junitxml=report.xml", *workers)
        goes = ("--continue-on-collection-errors",) if goes_on else ()

        directly = run(folder, server, "pytest", *options, *goes)
        (told,) = sent(folder)
        by_report = run(folder, server, "junit_uploader", "report.xml")

    assert directly.status != 0
    assert told == in_report(folder / "report.xml"), directly.output
    assert sent(folder) == [told], by_report.output
    assert told >= BROKEN
    has_run = goes_on or bool(workers)  # xdist runs the others all the same
    assert (("tests", "test_good", "test_it", "Passed") in told) is has_run


def test_server_shows_why_a_file_could_not_be_collected_without_secrets(folder: Path) -> None:
    with OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)) as server:
        settings(folder, server)
        run(folder, server, "pytest", "--octane")
        runs = {each["name"]: each for each in server.store.all("automated_runs")}

    broken = runs["tests.unit.test_broken"]
    assert broken["error_message"] == "collection failure"
    assert "No module named 'nothing_of_that_name'" in broken["error_details"]
    assert "hunter22" not in broken["error_details"]


def test_report_that_holds_nothing_else_does_not_end_well(folder: Path) -> None:
    with OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)) as server:
        settings(folder, server)
        run(folder, server, "pytest", "--junitxml=report.xml", "test_root.py")

        said = run(folder, server, "junit_uploader", "report.xml")
        written = run(folder, server, "junit_uploader", "report.xml", "--output", "out.xml")

    assert said.status == written.status == 1
    assert "test_root: its tests did not run" in said.output
    assert sent(folder) == [{("", "", "test_root", "Failed")}]


def test_journal_of_such_a_session_is_sent_later(folder: Path) -> None:
    with OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)) as server:
        settings(folder, server)
        run(folder, server, "pytest", "--octane", "--octane-no-upload")

        later = run(folder, server, "pytest_jama", "upload")

    assert later.status == 0, later.output
    assert sent(folder) == [BROKEN]
