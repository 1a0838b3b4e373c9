"""Sessions against the stand-in of ALM Octane: what arrives there, and what is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from tests.octane_work import OctaneWork, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

SUITE = """
import pytest

class TestPump:
    @pytest.mark.parametrize("volts", [1.5, 2])
    def test_starts(self, volts, jama):
        jama.attach(b"1,2", name="curve.txt")

def test_fails():
    assert "17.5" == "15"

def test_breaks(request):
    request.addfinalizer(lambda: 1 / 0)
"""


@pytest.fixture
def work(tmp_path: Path, closing: ThreadPoolExecutor) -> Iterator[OctaneWork]:
    """A folder with tests, and a fresh stand-in."""
    sandbox = OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)).start()
    work = OctaneWork(tmp_path, sandbox)
    work.write("test_it.py", SUITE)
    yield work
    closing.submit(sandbox.stop)


@pytest.mark.parametrize("options", [(), ("-n", "2", "-p", "xdist")], ids=["serial", "xdist"])
def test_a_file_that_cannot_be_collected_is_there_as_a_failure(
    work: OctaneWork, options: tuple[str, ...]
) -> None:
    assert work.sandbox is not None
    work.write("test_it.py", "def test_passes(): pass")
    work.write("test_broken.py", "import nothing_of_that_name")
    finished = work.pytest("--continue-on-collection-errors", *options)

    assert "sent       1 of 1 document: 1 Failed, 1 Passed" in section(finished.output)
    runs = work.sandbox.store.all("runs")
    assert {run["name"]: run["native_status"]["id"].rpartition(".")[2] for run in runs} == {
        "test_broken": "failed",
        "test_passes": "passed",
    }


REPORT = (
    '<testsuite name="s" timestamp="2026-01-05T10:00:00"><testcase classname="a.B" name="c" '
    'time="1"/></testsuite>'
)
KNOWN_ALREADY = "the server had exactly these results already (task "


def test_the_same_report_sent_by_two_sessions_makes_one_run_which_is_said(
    work: OctaneWork,
) -> None:
    assert work.sandbox is not None
    work.write("report.xml", REPORT)
    first = work.run("junit_uploader", "report.xml")
    second = work.run("junit_uploader", "report.xml")

    assert (first.status, second.status) == (0, 0), second.output
    assert KNOWN_ALREADY not in first.output
    assert KNOWN_ALREADY in second.output
    assert work.sandbox.store.count("runs") == 1


def test_an_upload_that_was_killed_is_not_told_that_its_own_results_are_there(
    work: OctaneWork,
) -> None:
    work.write("report.xml", REPORT)
    work.run("junit_uploader", "report.xml")
    (journal,) = work.journals()
    lines = journal.read_bytes().splitlines(keepends=True)
    kept = next(at for at, line in enumerate(lines) if b'"line":"receipt"' in line)
    journal.write_bytes(b"".join(lines[:kept]))

    resumed = work.run("pytest_jama", "upload", str(journal))

    assert resumed.status == 0, resumed.output
    assert "sent       1 of 1 document: 1 Passed" in resumed.output
    assert KNOWN_ALREADY not in resumed.output


@pytest.mark.parametrize("options", [(), ("-n", "2", "-p", "xdist")], ids=["serial", "xdist"])
def test_the_runs_of_a_session_are_there_and_are_not_sent_again(
    work: OctaneWork, options: tuple[str, ...]
) -> None:
    assert work.sandbox is not None
    finished = work.pytest(*options)

    assert "sent       1 of 1 document: 2 Failed, 2 Passed" in section(finished.output)
    store = work.sandbox.store
    assert sorted((run["name"], run["native_status"]["id"]) for run in store.all("runs")) == [
        ("test_breaks", "list_node.run_native_status.failed"),
        ("test_fails", "list_node.run_native_status.failed"),
        ("test_starts[1.5]", "list_node.run_native_status.passed"),
        ("test_starts[2]", "list_node.run_native_status.passed"),
    ]
    tests = store.all("automated_tests")
    assert {(test["package"] or "", test["class_name"]) for test in tests} == {
        ("", "test_it"),
        ("test_it", "TestPump"),
    }
    assert store.count("attachments") == 2

    again = work.run("pytest_jama", "upload", *map(str, work.journals()))

    assert again.status == 0, again.output
    assert "earlier    1 document had arrived before" in again.output
    assert (len(store.tasks()), store.count("attachments")) == (1, 2)


def test_wrong_names_of_a_session_that_was_recorded_are_corrected_by_flags(
    work: OctaneWork,
) -> None:
    assert work.sandbox is not None
    places = work.sandbox.store
    places.add("releases", name="2.4")
    (login, checkout) = (places.add("product_areas", name=name) for name in ("Login", "Checkout"))
    work.write("test_it.py", "def test_passes(): pass\n")
    place = (work.folder / "octane.yaml").read_text(encoding="utf-8")
    work.write("octane.yaml", f"{place}release: '2.5'\nmodules: Logon\n")
    refused = work.pytest()

    modules = ("--module", "Login", "--module", "Checkout")
    sent = work.run("pytest_jama", "upload", "--release", "2.4", *modules, "--wait", "30")

    assert "NOT SENT   there is no application module named 'Logon'" in refused.output
    assert "the journal keeps these settings: `pytest-jama upload --module=" in refused.output
    assert sent.status == 0, sent.output
    (test,) = places.all("automated_tests", fields="product_areas")
    assert {each["id"] for each in test["product_areas"]["data"]} == {login, checkout}
    assert work.lines("upload")[-1]["command"][2:6] == [
        *("--release=2.4", "--wait=30", "--module=Login", "--module=Checkout")
    ]


def test_a_flag_that_jama_does_not_have_is_refused_with_its_journals(work: OctaneWork) -> None:
    work.write("jama.yaml", "url: https://jama.example\nproject: P\nplan: P\ncycle: C\n")
    (work.folder / "octane.yaml").unlink()
    work.run("pytest", "--jama", "--jama-no-upload")
    (journal,) = work.journals()

    finished = work.run("pytest_jama", "upload", "--module", "Login", str(journal))

    assert finished.status == 2, finished.output
    assert "--module: is a flag for ALM Octane, and the journals are for Jama" in finished.output
