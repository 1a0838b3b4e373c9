"""One session that is reported to Jama and to ALM Octane: each gets its results, by its links."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.octane_work import OctaneWork, section

if TYPE_CHECKING:
    from tests.harness import Finished, Repository

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_passes(jama):
    jama.note("bench 3")
    jama.attach(b"1,2", name="curve.csv")
    jama.attach(b"1,2,3", name="other.csv")

def test_of_no_case(): pass
"""
BOTH = [sys.executable, "-m", "pytest", "--jama", "--octane"]
WITH_WORKERS = ("-n", "2", "-p", "xdist")


class Both:
    """A repository with both settings files.

    Attributes:
        jama: It, and its project in Jama.
        octane: It, and what ALM Octane was sent.
    """

    def __init__(self, repository: Repository) -> None:
        self.jama = repository
        self.octane = OctaneWork(repository.folder)

    def pytest(self, *options: str) -> Finished:
        """Run a session for both."""
        environment = {**self.octane.environment(), "GITHUB_STEP_SUMMARY": ""}
        return self.jama.run([*BOTH, *options], environment=environment)

    def targets(self) -> list[str]:
        """Return the target of each journal."""
        return sorted(line["settings"]["target"] for line in self.octane.lines("session"))


@pytest.fixture
def both(repository: Repository) -> Both:
    """A case with a run, a test of it, and one of no case."""
    repository.case(1)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    return Both(repository)


@pytest.mark.parametrize("options", [(), WITH_WORKERS], ids=["serial", "xdist"])
def test_each_server_gets_its_results(both: Both, options: tuple[str, ...]) -> None:
    finished = both.pytest(*options)

    assert finished.status == 0, finished.output
    assert both.jama.statuses() == {1: "PASSED"}
    (document,) = both.octane.documents()
    assert {name.partition("::")[2]: said[0] for name, said in document.items()} == {
        "test_of_no_case": "Passed",
        "test_passes": "Passed",
    }
    assert document["test_it.py::test_passes"][3:5] == [["5001"], ["curve.csv", "other.csv"]]
    assert both.targets() == ["jama", "octane"]
    assert "sent       1 of 1 test run: 1 PASSED" in section(finished.output, "Jama Connect")
    assert "sent       1 of 1 document: 2 Passed" in section(finished.output, "ALM Octane")


def test_each_journal_has_the_links_of_its_server_and_the_files_beside_it(both: Both) -> None:
    both.pytest("--jama-no-upload", "--octane-no-upload")

    found = {}
    for journal in both.octane.journals():
        lines = list(map(json.loads, journal.read_text(encoding="utf-8").splitlines()))
        results = [line for line in lines if line.get("test") == "test_it.py::test_passes"]
        files = {each["sha256"] for line in results for each in line["files"]}
        kept = {each.name for each in journal.with_suffix(".files").iterdir()}
        assert kept == files
        found[lines[0]["settings"]["target"]] = results[0]["cases"]
    assert found == {"jama": [f"{both.jama.key}-TC-1"], "octane": ["5001"]}


def test_the_worse_of_both_ends_is_the_exit_status(both: Both) -> None:
    both.octane.will("refused")

    finished = both.pytest()

    assert finished.status == 8
    assert both.jama.statuses() == {1: "PASSED"}
    assert "next " not in section(finished.output, "Jama Connect")
    assert "next       pytest-jama upload .jama/" in section(finished.output, "ALM Octane")


def test_what_only_one_server_has_not_is_sent_there_alone(both: Both) -> None:
    both.octane.will("refused")
    both.pytest()
    environment = both.octane.environment()
    upload = [sys.executable, "-m", "pytest_jama", "upload"]

    finished = both.jama.run(upload, environment=environment)

    assert finished.status == 0, finished.output
    assert both.octane.verbs() == ["pushed", "asked"]
    assert finished.requests == ()


def test_journals_of_both_are_not_sent_as_one(both: Both) -> None:
    both.pytest("--jama-no-upload", "--octane-no-upload")
    journals = map(str, both.octane.journals())
    upload = [sys.executable, "-m", "pytest_jama", "upload", *journals]

    finished = both.jama.run(upload, environment=both.octane.environment())

    assert finished.status == 2
    assert "name the journals of one kind of server at a time" in finished.output
    assert (finished.requests, both.octane.log()) == ((), [])


def test_a_marker_that_cannot_be_understood_refuses_the_session_for_both(both: Both) -> None:
    both.jama.write("test_it.py", SUITE.replace('"KEY-TC-1"', '"no case"'))

    finished = both.pytest()

    assert finished.status == 4
    assert "correct the marker of test_it.py::test_passes" in finished.output
    titles = ("Jama Connect", "ALM Octane")
    assert [section(finished.output, title) for title in titles] == ["", ""]
    assert both.octane.log() == []
