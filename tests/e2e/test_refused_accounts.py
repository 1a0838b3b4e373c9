"""An account that Jama does not let in: the same words and remedy in every front-end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
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
UPLOAD = [sys.executable, "-m", "pytest_jama", "upload"]
ACCESS_LIST = "ask an administrator of Jama to add it, or a group of it, at Admin > Organization > "
WRITE = "this account lacks a right: ask an administrator for `Project Create/Edit`"


@pytest.mark.parametrize(
    "knobs, front_end, status, said",
    [
        ({"access": "403"}, PYTEST, 8, ACCESS_LIST),
        ({"access": "403"}, [*PYTEST, "-n", "2"], 8, ACCESS_LIST),
        ({"access": "403"}, JUNIT, 3, ACCESS_LIST),
        ({"access": "403"}, UPLOAD, 3, ACCESS_LIST),
        ({"access": "401"}, JUNIT, 3, ACCESS_LIST),
        ({"access": "locked"}, JUNIT, 3, "this account is locked"),
        ({"access": "maintenance"}, JUNIT, 3, "ask its administrator until when"),
        ({"access": "read_only"}, JUNIT, 1, WRITE),
    ],
    ids=["pytest", "xdist", "junit", "upload", "401", "locked", "maintenance", "read only"],
)
def test_who_has_to_do_what_is_said(
    knobs: dict[str, Any], front_end: list[str], status: int, said: str, tmp_path: Path
) -> None:
    with Sandbox(knobs=Knobs(**knobs)) as sandbox:
        repository = Repository(tmp_path, sandbox, "KEY")
        repository.case(1)
        repository.start_cycle()
        repository.write("test_it.py", TESTS)
        repository.write("report.xml", REPORT)
        settings = (tmp_path / "jama.yaml").read_text(encoding="utf-8")
        repository.write("jama.yaml", f"{settings}\nupload: {{give_up_after: 4s}}\n")
        if front_end is UPLOAD:
            repository.pytest_here("--jama-no-upload")
        finished = repository.run(front_end)
    assert finished.status == status, finished.output
    assert said in finished.output
