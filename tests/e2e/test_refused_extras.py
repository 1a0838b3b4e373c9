"""What goes along with a verdict and is refused is a warning, in every front-end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from tests.e2e.resuming import CASES, EXPECTED, SUITE, UPLOAD, KillAt, kill
from tests.harness import PYTEST, Repository

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_it(): pass
"""
REPORT = """
<testsuite><testcase classname="test_it" name="test_it">
<properties><property name="jama" value="KEY-TC-1"/></properties>
</testcase></testsuite>
"""
JUNIT = [sys.executable, "-m", "junit_uploader", "report.xml"]


@pytest.mark.parametrize("front_end", [PYTEST, JUNIT], ids=["pytest", "junit"])
def test_a_refused_account_is_a_warning_in_the_words_of_the_server(
    front_end: list[str], tmp_path: Path
) -> None:
    with Sandbox(knobs=Knobs(actual_results="absent")) as sandbox:
        repository = Repository(tmp_path, sandbox, "KEY")
        repository.case(1)
        repository.start_cycle()
        repository.write("test_it.py", TESTS)
        repository.write("report.xml", REPORT)
        finished = repository.run(front_end)
        assert repository.statuses() == {1: "PASSED"}
    assert finished.status == 0, finished.output
    (told,) = (line for line in finished.output.splitlines() if "account not stored" in line)
    assert told.startswith("warning")
    assert "400 Bad Request: " in told


def test_a_kill_after_a_learned_refusal_costs_no_verdict(tmp_path: Path) -> None:
    with Sandbox(knobs=Knobs(actual_results="absent")) as sandbox:
        repository = Repository(tmp_path, sandbox, "KEY")
        for number in range(1, CASES + 1):
            repository.case(number)
        repository.start_cycle()
        repository.write("test_it.py", SUITE)
        kill(repository, PYTEST, KillAt("PATCH", 10))
        assert repository.statuses() != EXPECTED
        finished = repository.run(UPLOAD)
        assert repository.statuses() == EXPECTED, finished.output
    assert finished.output.count("account not stored") == 1
