"""The command as a process of its own: Ctrl-C, and readers that go away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_interrupts import SlowFrom
from tests.junit.reports import PASSED, suite
from tests.systems import signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Repository

pytestmark = signals

CASES = 30
COMMAND = [sys.executable, "-m", "junit_uploader"]


@pytest.fixture
def apart(make_apart: Callable[[str, int], Repository]) -> Repository:
    """A repository with a sandbox of its own, whose faults disturb no other test."""
    repository = make_apart("U", CASES)
    names = [f"t{number}" for number in range(1, CASES + 1)]
    cases = (f'<testcase classname="c" name="{name}"/>' for name in names)
    repository.write("report.xml", suite(*cases))
    entries = "".join(f"  c.{name}: U-TC-{name[1:]}\n" for name in names)
    place = "project: U\nplan: Release 1\ncycle: Build 1\n"
    repository.write("jama.yaml", f"{place}tests:\n{entries}")
    return repository


def start(repository: Repository, *arguments: str, **more: Any) -> subprocess.Popen[str]:
    return repository.start([*COMMAND, *arguments], stderr=subprocess.PIPE, **more)


def test_interrupt_while_reading_sends_and_leaves_nothing(apart: Repository) -> None:
    os.mkfifo(apart.folder / "never-written.xml")
    process = start(apart, "report.xml", "never-written.xml")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("jama: U / ")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    expected = "junit-uploader: error: interrupted before anything was sent\n"
    assert (process.returncode, errors) == (1, expected)
    assert not (apart.folder / ".jama").exists()


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["lines", "json"])
def test_interrupt_while_uploading_keeps_the_journal(apart: Repository, flags: list[str]) -> None:
    processes: list[subprocess.Popen[str]] = []
    sent: list[int] = []

    def interrupt() -> None:
        if not sent:
            sent.append(signal.SIGINT)
            processes[0].send_signal(signal.SIGINT)

    apart.sandbox.faults.add(SlowFrom("PATCH", notify=interrupt))
    processes.append(start(apart, *flags, "report.xml"))
    output, errors = processes[0].communicate(timeout=60)
    assert processes[0].returncode == 1, errors
    assert "Traceback" not in errors
    assert "interrupted" in output
    assert [line["line"] for line in apart.journal()].count("result") == CASES
    assert apart.journal()[-1]["finished"] is False
    if flags:
        assert json.loads(output)["exit_status"] == 1


@pytest.mark.parametrize("flags", [[], ["--json"], ["--list"]], ids=["lines", "json", "list"])
def test_reader_that_goes_away_stops_no_upload(apart: Repository, flags: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start(apart, *flags, "report.xml", stdout=writing)
    os.close(writing)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors
    if flags != ["--list"]:
        assert process.returncode == (1 if flags else 0)  # a document that is lost is told
        assert set(apart.statuses().values()) == {"PASSED"}


def test_output_that_cannot_be_written_stops_no_upload(apart: Repository) -> None:
    with (apart.folder / "report.xml").open("rb") as read_only:
        process = start(apart, "report.xml", stdout=read_only)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert set(apart.statuses().values()) == {"PASSED"}


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["lines", "json"])
def test_process_without_any_output_uploads(apart: Repository, flags: list[str]) -> None:
    shell = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *COMMAND, *flags, "report.xml"]
    assert apart.run(shell).status == (1 if flags else 0)  # a document that is lost is told
    assert set(apart.statuses().values()) == {"PASSED"}


AS_IN_JSON = r"shop.Cart.gr\u00f6\u00dfer \u2713 \ud83d\ude42"


@pytest.mark.parametrize(
    "flags, expected",
    [
        (["-v"], r"shop.Cart.gr\xf6\xdfer \u2713 \U0001f642"),
        (["--list"], AS_IN_JSON),
        (["--json"], AS_IN_JSON),
        (["--list", "--json"], AS_IN_JSON),
    ],
)
def test_names_beyond_the_encoding_of_a_terminal_are_escaped(
    apart: Repository, flags: list[str], expected: str
) -> None:
    apart.write("report.xml", suite(PASSED.replace("adds", "größer ✓ 🙂")))
    process = start(apart, *flags, "report.xml", environment={"PYTHONIOENCODING": "ascii"})
    output, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode == 0
    assert expected in output
