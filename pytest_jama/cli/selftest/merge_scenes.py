"""Parts of a session, shards, and results that are older."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import SETTINGS, says

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.cli.selftest.workshop import Workshop


_PARTS = """
import os

BENCH = os.environ.get("BENCH", "new")

def test_first(): pass
def test_second(): pass
def test_third(): assert BENCH != "old", "too old"
def test_fourth(): pass
"""


_PARTS_SETTINGS = (
    SETTINGS
    + """
tests:
  a/test_a.py::test_first: PUMP-TC-1
  b/test_b.py::test_second: PUMP-TC-1
  a/test_a.py::test_third: PUMP-TC-2
  a/test_a.py::test_fourth: PUMP-TC-3
  b/test_b.py::test_gone: PUMP-TC-3
  a/test_a.py::test_second: PUMP-TC-4
"""
)


def _play_shards(workshop: Workshop) -> None:
    workshop.write("a/test_a.py", _PARTS)
    workshop.write("b/test_b.py", _PARTS)
    workshop.write("jama.yaml", _PARTS_SETTINGS)
    workshop.add_cases(1, 2, 3, 4)
    workshop.add_cycle()
    workshop.add_cycle("All")
    workshop.pytest("--jama-no-upload", "a")
    one = _move_journal(workshop, "shards")
    workshop.pytest("--jama-no-upload", "a", "b", BENCH="old")
    workshop.pytest("--jama-no-upload", "b")
    workshop.see(exit_status_of_one_shard=workshop.upload(str(one)).status)
    workshop.see_runs("one shard:")
    others = [_move_journal(workshop, "shards") for _ in range(2)]
    ran = workshop.upload(*map(str, (*others, one, one)), "--cycle", "All")
    workshop.see(exit_status_of_all_shards=ran.status)
    workshop.see_runs("all shards:", cycle="All")
    workshop.see(
        the_worst_shard_is_told="too old" in workshop.account(2, "All"),
        key_without_test_is_named=says(ran.output, "unmatched", "test_gone"),
    )


def _move_journal(workshop: Workshop, folder: str) -> Path:
    """Move the oldest journal into another folder, as an artifact of a CI job."""
    target = workshop.folder / folder
    target.mkdir(mode=0o700, exist_ok=True)
    oldest = workshop.journals()[0]
    return oldest.rename(target / oldest.name)


_STOPPED = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_first(): pass

@pytest.mark.jama("PUMP-TC-2")
def test_fails(): assert 0

@pytest.mark.jama("PUMP-TC-1")
def test_not_reached(): pass

@pytest.mark.jama("PUMP-TC-3")
def test_never(): pass
"""


_SELECTED = """
import pytest

@pytest.mark.jama("PUMP-TC-4")
def test_selected(): pass

@pytest.mark.jama("PUMP-TC-4")
def test_left_out(): pass

@pytest.mark.jama("PUMP-TC-5")
def test_left_out_alone(): pass

def test_beside(): pass

def test_renamed(): pass
"""


_INCOMPLETE_SETTINGS = (
    SETTINGS
    + """
tests:
  test_b_selected.py::test_beside: [PUMP-TC-6, PUMP-TC-7]
  test_c_broken.py::test_in_a_broken_file: PUMP-TC-6
  test_b_selected.py::test_old_name: PUMP-TC-7
"""
)


def _play_incomplete(workshop: Workshop) -> None:
    workshop.add_cases(*range(1, 8))
    workshop.add_cycle()
    workshop.write("jama.yaml", _INCOMPLETE_SETTINGS)
    workshop.write("test_a_stopped.py", _STOPPED)
    workshop.write("test_b_selected.py", _SELECTED)
    workshop.pytest("-x", "test_a_stopped.py")
    for number in (1, 2, 3):
        run = workshop.runs()[f"PUMP-TC-{number}"]
        workshop.facts[f"with -x: {run.case_key}"] = run.status
    workshop.write("test_c_broken.py", "import no_such_module_of_the_selftest\n")
    workshop.pytest(
        *("-k", "not left_out", "--continue-on-collection-errors"),
        *("test_b_selected.py", "test_c_broken.py"),
    )
    workshop.see_runs()


_TWICE = """
import os, pytest

BENCH = os.environ.get("BENCH", "new")

@pytest.mark.jama("PUMP-TC-1")
def test_it(): assert BENCH != "old", "too old"

@pytest.mark.jama("PUMP-TC-2")
def test_other(): pass
"""


def _play_older(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.write("test_it.py", _TWICE)
    workshop.pytest("--jama-no-upload", BENCH="old")
    (older,) = workshop.journals()
    workshop.pytest("--jama-no-upload")
    newer = next(path for path in workshop.journals() if path != older)
    workshop.see(exit_status_of_the_newer=workshop.upload(str(newer)).status)
    workshop.see_runs("newer:")
    workshop.sandbox.clear_requests()
    workshop.upload(str(older))
    workshop.see_runs("older:")
    workshop.see(runs_written_to_by_the_older=len(workshop.count_patches()))


SCENES = (
    Scene(
        "shards",
        "Three pytest sessions that only write journals, one of them with a failure; one journal "
        "alone is uploaded, then all of them as one session, one of them named twice.",
        _play_shards,
        (
            Check(
                "G-01",
                "A shard alone is not PASSED for a case that has tests in another one.",
                {"exit status of one shard": 0, "one shard: PUMP-TC-1": "INPROGRESS"},
                ("M-01",),
            ),
            Check(
                "G-02",
                "All shards together are complete.",
                {"exit status of all shards": 0, "all shards: PUMP-TC-1": "PASSED"},
                ("M-03", "M-12"),
            ),
            Check(
                "G-03",
                "A test that failed in one shard and passed in another failed, and the run says "
                "so.",
                {"all shards: PUMP-TC-2": "FAILED", "the worst shard is told": True},
                ("M-01", "M-02"),
            ),
            Check(
                "G-04",
                "A key of the map that no shard has a test for leaves its case incomplete, and is "
                "named.",
                {"all shards: PUMP-TC-3": "INPROGRESS", "key without test is named": True},
                ("M-01",),
            ),
            Check(
                "G-05",
                "A case whose tests are all in one shard has their verdict.",
                {"one shard: PUMP-TC-4": "PASSED", "one shard: PUMP-TC-2": "PASSED"},
                ("M-03",),
            ),
        ),
    ),
    Scene(
        "incomplete",
        "pytest sessions that are stopped by `-x`, that select tests, that cannot collect a file.",
        _play_incomplete,
        (
            Check(
                "G-10",
                "A case of which a test was not reached is INPROGRESS.",
                {"with -x: PUMP-TC-1": "INPROGRESS", "with -x: PUMP-TC-2": "FAILED"},
                ("M-01",),
            ),
            Check(
                "G-11",
                "A case of which no test was reached is not PASSED.",
                {"with -x: PUMP-TC-3": "INPROGRESS"},
                ("M-01",),
            ),
            Check(
                "G-12",
                "A case of which a test was deselected is INPROGRESS.",
                {"PUMP-TC-4": "INPROGRESS"},
                ("M-01",),
            ),
            Check(
                "G-13",
                "A case of which no test was selected is left untouched.",
                {"PUMP-TC-4": "INPROGRESS", "PUMP-TC-5": "NOT_RUN"},
                ("M-04", "M-14"),
            ),
            Check(
                "G-14",
                "A case with a test in a file that cannot be collected is INPROGRESS.",
                {"PUMP-TC-6": "INPROGRESS"},
                ("M-01", "M-12"),
            ),
            Check(
                "G-15",
                "A case with a test that no longer exists is INPROGRESS.",
                {"PUMP-TC-7": "INPROGRESS"},
                ("M-01", "M-05"),
            ),
        ),
    ),
    Scene(
        "older",
        "Two sessions, the older one with a failure; the newer one is uploaded first.",
        _play_older,
        (
            Check(
                "G-20",
                "An older session that is uploaded later replaces no result of a newer one.",
                {
                    "exit status of the newer": 0,
                    "newer: PUMP-TC-1": "PASSED",
                    "older: PUMP-TC-1": "PASSED",
                    "runs written to by the older": 0,
                },
                ("M-10",),
            ),
        ),
    ),
)
