"""Pull requests of forks have no secrets: tests run, the journal keeps what they found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Finished, Repository

NOBODY = {"JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": "", "JAMA_URL": ""}
KEPT = "nothing is sent: no credentials for Jama (upload: {no_credentials: journal})"
SUITE = """
    import pytest

    @pytest.mark.jama("KEY-TC-1")
    def test_one(): pass
"""


@pytest.fixture
def fork(repository: Repository) -> Repository:
    """A repository with one case, whose settings name a server that only CI knows."""
    repository.case(1)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    settings = 'url: "${ONLY_IN_CI}"\nproject: KEY\nplan: Release 1\ncycle: Build 1\n'
    repository.write("jama.yaml", f"{settings}upload: {{no_credentials: journal}}\n")
    return repository


def test_a_session_says_it_once_and_leaves_a_journal_that_can_be_sent(fork: Repository) -> None:
    kept = fork.pytest_here(environment=NOBODY)

    assert (kept.status, kept.requests) == (0, ())
    assert kept.output.count("no credentials") == 1
    assert KEPT in kept.summary
    assert "journaled  1 PASSED\n" in kept.summary
    assert fork.run_here(lambda: toolbox(["upload"])).status == 0
    assert fork.statuses() == {1: "PASSED"}


def test_a_failed_session_keeps_its_own_status(fork: Repository) -> None:
    fork.write("test_it.py", SUITE.replace("pass", "assert 0"))
    assert fork.pytest_here(environment=NOBODY).status == 1


def test_an_upload_of_journals_leaves_them_as_they_are(fork: Repository) -> None:
    fork.pytest_here("--jama-no-upload", environment=NOBODY)
    (journal,) = (fork.folder / ".jama").glob("*.jsonl")
    before = journal.read_bytes()

    finished = fork.run_here(lambda: toolbox(["upload", "--json"]), environment=NOBODY)

    assert (finished.status, KEPT in finished.output) == (0, True)
    assert journal.read_bytes() == before
    document = document_of(finished)
    assert (document["no_upload"], document["complete"]) == (True, False)


def test_nothing_is_prepared_either(fork: Repository) -> None:
    finished = fork.run_here(lambda: toolbox(["prepare"]), environment=NOBODY)
    assert (finished.status, finished.requests) == (0, ())
    assert "nothing is prepared: no credentials for Jama" in finished.output


def test_the_document_of_a_report_says_that_nothing_was_uploaded(fork: Repository) -> None:
    fork.write("report.xml", '<testsuite name="s"><testcase classname="c" name="t"/></testsuite>')
    finished = fork.run_here(lambda: junit_uploader(["report.xml", "--json"]), environment=NOBODY)
    assert (finished.status, document_of(finished)["no_upload"]) == (0, True)


def test_a_session_for_octane_keeps_its_journal_too(fork: Repository) -> None:
    fork.write("octane.yaml", "upload: {no_credentials: journal}\n")
    fork.write("report.xml", '<testsuite name="s"><testcase classname="c" name="t"/></testsuite>')

    finished = fork.run_here(
        lambda: junit_uploader(["--target=octane", "report.xml"]), environment=NOBODY
    )

    assert finished.status == 0, finished.output
    assert "nothing is sent: no credentials for ALM Octane" in finished.output
    assert "journaled  1 passed\n" in finished.output


def test_half_of_the_credentials_is_a_mistake_not_a_fork(tmp_path: Path) -> None:
    text = f"{COMPLETE}upload: {{no_credentials: journal}}\n"
    half = {"JAMA_USERNAME": "ann", "JAMA_PASSWORD": ""}
    assert problems_of(tmp_path, text, environ=half) == [
        (
            "environment JAMA_USERNAME: JAMA_USERNAME is set, but JAMA_PASSWORD is not; "
            "set JAMA_PASSWORD too"
        )
    ]


@every("said, is_kept", [("journal", True), ("fail", False), ("", False)])
def test_a_variable_of_the_job_may_decide_it(tmp_path: Path, said: str, is_kept: bool) -> None:
    text = f'{COMPLETE}upload: {{no_credentials: "${{WITHOUT:-fail}}"}}\n'
    nobody = {"JAMA_USERNAME": "", "JAMA_PASSWORD": "", "WITHOUT": said}
    if is_kept:
        assert load(tmp_path, text, environ=nobody, may_keep=True).is_kept
    else:
        assert "no credentials for Jama" in str(problems_of(tmp_path, text, environ=nobody))


def test_with_credentials_the_setting_changes_nothing(tmp_path: Path) -> None:
    text = f"{COMPLETE}upload: {{no_credentials: journal}}\n"
    assert not load(tmp_path, text, may_keep=True).is_kept


def document_of(finished: Finished) -> dict[str, object]:
    """Return the document among what was printed."""
    found: dict[str, object] = json.loads(
        finished.output[finished.output.index("{\n") : finished.output.rindex("}") + 1]
    )
    return found
