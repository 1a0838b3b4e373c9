"""Sessions against the stand-in of ALM Octane: what arrives there, and what is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.octane import OctaneSandbox
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
    sandbox = OctaneSandbox().start()
    work = OctaneWork(tmp_path, sandbox)
    work.write("test_it.py", SUITE)
    yield work
    closing.submit(sandbox.stop)


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
