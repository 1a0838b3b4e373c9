"""Nothing in our output can stop an upload: real processes with streams that fail."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.e2e.resuming import UPLOAD
from tests.harness import PYTEST, Repository
from tests.systems import shell

SENT = {1: "PASSED", 2: "FAILED"}
SUITE = """
import os, pathlib, signal, pytest

@pytest.mark.jama("KEY-TC-1")
def test_first(): pass

@pytest.mark.jama("KEY-TC-2")
def test_second():
    reader = pathlib.Path("reader.pid")
    if reader.exists():
        os.kill(int(reader.read_text()), signal.SIGKILL)
    assert 0, "more than ≥ 5 ✓"
"""


@pytest.fixture
def beyond(repository: Repository) -> Repository:
    """A repository in which names hold what hardly any terminal can show."""
    for number in SENT:
        repository.case(number)
    repository.write(
        "jama.yaml", 'project: KEY\nplan: "Flow ≥ 5 ml/h [/b]"\ncycle: "Zyklus ✓ \\U0001F642"\n'
    )
    repository.write("test_it.py", SUITE)
    return repository


CP1252 = {"PYTHONIOENCODING": "cp1252"}
PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_character_that_cannot_be_shown_stops_no_session(beyond: Repository) -> None:
    finished = beyond.run(
        [*PYTEST, "-vv", "--log-level=DEBUG", "-p", "no:cacheprovider"], environment=CP1252
    )
    assert finished.status == 1
    assert "create test plan 'Flow \\u2265 5 ml/h [/b]'" in finished.output
    assert "broke off" not in finished.output
    assert beyond.statuses() == SENT


@pytest.mark.parametrize("environment", [CP1252, PLAIN_C], ids=["cp1252", "C"])
def test_character_that_cannot_be_shown_stops_no_upload(
    beyond: Repository, environment: dict[str, str]
) -> None:
    beyond.pytest_here("--jama-no-upload")
    finished = beyond.run([*UPLOAD, "-vv"], environment=environment)
    assert finished.status == 0, finished.output
    assert "create test plan 'Flow \\u2265 5 ml/h [/b]'" in finished.output
    assert beyond.statuses() == SENT


@pytest.mark.parametrize(
    "shell,flags,status,why",
    [
        ('exec "$@" >/dev/full 2>&1', ["-vv"], 0, ""),
        ('exec "$@" >&- 2>&-', ["--json", "-vv"], 1, ""),
        ('set -o pipefail; "$@" | true', [], 0, ""),
        ('exec "$@" >/dev/full', ["--json", "-q"], 1, "No space left on device"),
        ('set -o pipefail; "$@" | true', ["--json"], 1, "Broken pipe"),
    ],
    ids=["disk full", "closed", "no reader", "no room for JSON", "no reader of JSON"],
)
@shell
def test_output_that_cannot_be_written_stops_no_upload(
    beyond: Repository, shell: str, flags: list[str], status: int, why: str
) -> None:
    beyond.pytest_here("--jama-no-upload")
    finished = beyond.run(["bash", "-c", shell, "bash", *UPLOAD, *flags])
    assert "Traceback" not in finished.output
    assert finished.status == status, finished.output
    lost = f"ERROR      standard output cannot be written: {why}; the JSON document is lost"
    assert (lost in finished.output) is bool(why)
    assert beyond.statuses() == SENT


def test_reader_that_goes_away_during_the_tests_stops_no_session(beyond: Repository) -> None:
    reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S607
    beyond.write("reader.pid", str(reader.pid))
    with subprocess.Popen(  # noqa: S603 (our own command)
        [*PYTEST, "-p", "no:cacheprovider"],
        cwd=beyond.folder,
        env=beyond.environment(),
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
    ) as session:
        reader.communicate()
        session.communicate(timeout=60)
    assert session.returncode in (1, 3)  # pytest itself cannot print any more
    assert beyond.statuses() == SENT


def test_sandbox_starts_whatever_can_be_shown(beyond: Repository) -> None:
    command = [sys.executable, "-m", "pytest_jama", "sandbox", "--seed", "jama.yaml", "--", "true"]
    assert beyond.run(command, environment=CP1252).status == 0
