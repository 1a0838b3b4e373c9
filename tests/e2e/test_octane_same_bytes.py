"""A server is sent the same bytes by a session and, if that was cut off, from its journal."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.verdicts import VerdictRules
from pytest_jama.journal.merge import merge_results
from pytest_jama.journal.read import read_journal
from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from pytest_jama.targets.octane.document import build_documents
from pytest_jama.targets.octane.document_head import DocumentHead
from tests.every import every
from tests.fork_server import run_command
from tests.forking import heeded_at_start
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest, time

@pytest.fixture
def sticky():
    yield
    raise OSError("stuck")

@pytest.mark.parametrize("x", [1.5, "a.b", "a::b", "two  blanks", "größe"])
def test_x(x): time.sleep(0.0005)

def test_fails(): assert "password=hunter22" == "\\x1b[31mred"
def test_teardown(sticky): pass
@pytest.mark.skip(reason="no bench")
def test_skipped(): pass
"""
FILES = {
    "test_it.py": SUITE,
    "test_broken.py": "import nothing_of_that_name\n",
    "test_elsewhere.py": "import pytest\npytest.skip('no bench', allow_module_level=True)\n",
}
PYTEST = ("pytest", "--octane", "--continue-on-collection-errors")
CASE = '<testcase classname="a.B" name="loads v1.2  files" time="{}">{}</testcase>'
FAILED = '<failure type="a.Error" message="no &#10; tone">at Line\n  at Phone</failure>'
REPORTS = {
    "one.xml": CASE.format("0.0005", FAILED) + '<testcase name="bare" time="1,234.5"/>',
    "two.xml": CASE.format("1e-7", "") + CASE.format("3", "<skipped/>"),
}


def send(folder: Path, *command: str) -> None:
    """Send results from a folder to a server of their own."""
    with OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)) as server:
        story = server.store.add("stories", name="Pumps")
        settings = f"url: {server.browser_url}\ntests: {{test_elsewhere.py::test_x: {story}}}\n"
        (folder / "octane.yaml").write_text(settings, encoding="utf-8")
        known = server.credentials
        keys = {"OCTANE_CLIENT_ID": known.client_id, "OCTANE_CLIENT_SECRET": known.client_secret}
        environment = {
            **heeded_at_start(os.environ),
            **keys,
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTEST_ADDOPTS": ADDOPTS,
        }
        run_command([sys.executable, "-m", *command], folder=folder, environment=environment)


@every(
    "command, count",
    [
        pytest.param(PYTEST, 10, id="pytest"),
        pytest.param((*PYTEST, "-n2"), 10, id="xdist"),
        pytest.param(("junit_uploader", *REPORTS), 2, id="reports without times"),
    ],
)
def test_journal_makes_the_document_that_its_session_has_sent(
    tmp_path: Path, command: tuple[str, ...], count: int
) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    for name, content in REPORTS.items():
        (tmp_path / name).write_text(f'<testsuite name="s">{content}</testsuite>')

    send(tmp_path, *command)

    (journal,) = (tmp_path / ".jama").glob("*.jsonl")
    lines = map(json.loads, journal.read_text().splitlines())
    sent = {line["document"] for line in lines if line["line"] == "receipt"}
    with journal.open("rb") as file:
        recording = read_journal(file, journal)
    results = merge_results([recording], rules=VerdictRules())
    began = recording.header.started.timestamp()
    (document,) = build_documents(results, DocumentHead(), started=began)
    assert len(document.tests) == count
    assert sent == {document.key}
