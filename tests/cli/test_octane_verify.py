"""The command `pytest-jama verify` with journals of sessions for ALM Octane."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.sandbox.faults.random_fault import RandomFault
from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from tests.cli.octane_world import settle_in
from tests.harness import INSIDE
from tests.here import run_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

SUITE = """
def test_passes(jama):
    jama.attach(b"1,2", name="curve.csv")

def test_fails():
    assert False
"""


class VerifiedOctane:
    """Sessions whose results go to a stand-in, and `verify` of their journals."""

    def __init__(
        self, sandbox: OctaneSandbox, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self.folder = folder
        self._capsys = capsys
        self.out = self.err = ""
        (folder / "test_it.py").write_text(SUITE, encoding="utf-8")

    def session(self, *arguments: str) -> Path:
        """Run the tests; return the newest journal."""
        _, self.out = run_here(
            lambda: int(pytest.main(["--octane", *INSIDE[1:], *arguments])),
            folder=self.folder,
            environment={**os.environ, "PYTEST_ADDOPTS": ""},
        )
        return max((self.folder / ".jama").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)

    def verify(self, *arguments: str) -> int:
        """Verify; return the exit status."""
        self.sandbox.clear_requests()
        self._capsys.readouterr()
        status = main(["verify", *arguments])
        self.out, self.err = self._capsys.readouterr()
        return status

    def verified(self, *arguments: str) -> dict[str, Any]:
        """Verify; return the document for scripts."""
        self.verify(*arguments, "--json")
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def asked(self) -> list[str]:
        lines = [f"{each.method} {each.path}" for each in self.sandbox.requests]
        return [line for line in lines if "/authentication" not in line]


@pytest.fixture
def verified(
    closing: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[VerifiedOctane]:
    sandbox = OctaneSandbox(knobs=OctaneKnobs(task_poll_count=0)).start()
    settle_in(sandbox, tmp_path, monkeypatch)
    yield VerifiedOctane(sandbox, tmp_path, capsys)
    closing.submit(sandbox.stop)


def test_what_was_sent_is_there_with_one_list_and_one_of_files(verified: VerifiedOctane) -> None:
    journal = verified.session()
    assert verified.verify(str(journal)) == 0, verified.out + verified.err
    assert "2 runs and 1 file as sent; the journal is whole" in verified.out
    assert verified.asked == ["GET /automated_runs", "GET /attachments"]


def test_a_dry_run_is_called_one_and_not_an_upload_that_broke_off(
    verified: VerifiedOctane,
) -> None:
    journal = verified.session("--octane-dry-run")
    assert verified.verify(str(journal)) == 1
    assert "not at the server: only a dry run of it is recorded" in verified.out


def test_a_run_that_is_gone_is_named(verified: VerifiedOctane) -> None:
    journal = verified.session()
    _remove(verified, "test_fails")
    assert verified.verify(str(journal)) == 1
    assert "test_it.py::test_fails: sent Failed, the server has nothing" in verified.out


def _remove(verified: VerifiedOctane, name: str) -> None:
    """Take a test away with its runs and their history."""
    for collection, field in (("previous_runs", "test_name"), ("automated_runs", "name")):
        for each in verified.store.all(collection, fields=f"id,{field}"):
            if each[field] == name:
                verified.store.remove(collection, each["id"])


def test_differences_are_told_for_scripts(verified: VerifiedOctane) -> None:
    journal = verified.session()
    _remove(verified, "test_fails")
    found = verified.verified(str(journal))
    assert found["differences"] == [
        {"test": "test_it.py::test_fails", "what": "run", "sent": "Failed", "now": None, "why": ""}
    ]
    assert (found["checked"], found["files"], found["exit_status"]) == (2, 1, 1)


def test_a_status_that_was_changed_is_named(verified: VerifiedOctane) -> None:
    journal = verified.session()
    passed = "list_node.run_native_status.passed"
    for collection, field in (
        ("previous_runs", "run_native_status"),
        ("automated_runs", "native_status"),
    ):
        for each in verified.store.all(collection):
            verified.store.change(collection, each["id"], **{field: passed})
    found = verified.verified(str(journal))
    assert [(each["sent"], each["now"]) for each in found["differences"]] == [("Failed", "passed")]


def test_what_a_later_session_replaced_is_found_in_the_history(verified: VerifiedOctane) -> None:
    first = verified.session()
    verified.session()
    assert verified.verify(str(first)) == 0, verified.out + verified.err


def test_a_file_that_is_gone_is_named(verified: VerifiedOctane) -> None:
    journal = verified.session()
    (attachment,) = verified.store.all("attachments")
    verified.store.remove("attachments", attachment["id"])
    (difference,) = verified.verified(str(journal))["differences"]
    assert (difference["what"], difference["now"]) == ("file", None)
    assert difference["sent"].startswith("curve.csv ")


def test_a_session_that_was_not_uploaded_is_told(verified: VerifiedOctane) -> None:
    journal = verified.session("--octane-no-upload")
    assert verified.verify(str(journal)) == 1
    assert "not at the server: no upload of it is recorded" in verified.out
    assert verified.asked == []


def test_documents_that_were_refused_are_told(verified: VerifiedOctane) -> None:
    verified.sandbox.fail_next(20, 403, path="/test-results", method="POST")
    journal = verified.session()
    assert verified.verify(str(journal)) == 1
    assert "document 1 of 1 (2 runs): not at the server: " in verified.out


def test_what_is_missing_keeps_a_journal_from_being_sent_until_it_may_be_left_out(
    verified: VerifiedOctane,
) -> None:
    settings = "upload: {rate: 1000}\nmodules: [Pump]\ntests: {test_it.py::test_fails: 77777}\n"
    (verified.folder / "octane.yaml").write_text(settings, encoding="utf-8")
    journal = verified.session()
    said = " ".join(verified.out.split())
    assert "NOT SENT there is no application module named 'Pump' check `modules`" in said
    assert "NOT SENT there is no backlog item 77777 check `tests`, line 3" in said
    assert verified.store.count("automated_runs") == 0
    assert main(["upload", str(journal), "--skip-errors"]) == 1  # it is said what was left out
    assert verified.store.count("automated_runs") == 2
    assert verified.verify(str(journal)) == 0, verified.out + verified.err


def test_all_journals_of_a_folder_are_compared(verified: VerifiedOctane) -> None:
    journal = verified.session()
    verified.session()
    assert verified.verify(str(journal.parent)) == 0, verified.out + verified.err
    assert "4 runs and 2 files as sent; the 2 journals are whole" in verified.out


def test_an_edited_journal_is_named(verified: VerifiedOctane) -> None:
    journal = verified.session()
    content = journal.read_bytes()
    journal.write_bytes(content.replace(b'"outcome":"failed"', b'"outcome":"passed"', 1))
    assert verified.verify(str(journal)) == 1
    assert "was changed after it was written" in verified.out


def test_offline_asks_no_server(verified: VerifiedOctane) -> None:
    journal = verified.session()
    assert verified.verify(str(journal), "--offline") == 0
    assert "the journal is whole; ALM Octane was not asked" in verified.out
    assert verified.sandbox.requests == ()


def test_the_bytes_of_files_are_not_compared_and_that_is_said(verified: VerifiedOctane) -> None:
    journal = verified.session()
    assert verified.verify(str(journal), "--files") == 0
    assert "the bytes of attached files were not compared" in verified.out


def test_a_server_that_does_not_answer_is_out_of_reach(verified: VerifiedOctane) -> None:
    journal = verified.session()
    verified.sandbox.faults.add(RandomFault("drop-before"))
    (verified.folder / "octane.yaml").write_text("upload: {give_up_after: 1}\n", encoding="utf-8")
    assert verified.verify(str(journal)) == 3


def test_journals_for_both_kinds_of_servers_in_one_folder_are_looked_at(
    verified: VerifiedOctane,
) -> None:
    (verified.folder / "jama.yaml").write_text(
        "url: https://jama.example\nproject: P\nplan: R\ncycle: C\n", encoding="utf-8"
    )
    folder = verified.session("--octane-no-upload", "--jama", "--jama-no-upload").parent
    assert len(list(folder.glob("*.jsonl"))) == 2
    assert verified.verify(str(folder), "--offline") == 0, verified.out + verified.err
    assert "the 2 journals are whole" in verified.out


def test_an_address_is_that_of_one_kind_of_server(verified: VerifiedOctane) -> None:
    (verified.folder / "jama.yaml").write_text(
        "url: https://jama.example\nproject: P\nplan: R\ncycle: C\n", encoding="utf-8"
    )
    folder = verified.session("--octane-no-upload", "--jama", "--jama-no-upload").parent
    assert verified.verify(str(folder), "--offline", "--url=https://x.example") == 2
    assert verified.sandbox.requests == ()


def test_a_journal_of_another_server_is_refused(
    verified: VerifiedOctane, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = verified.session()
    monkeypatch.setenv("OCTANE_URL", "https://other.example/ui/?p=1001/1002")
    assert verified.verify(str(journal)) == 2
    assert "a journal does not decide where credentials go" in verified.err


def test_runs_are_compared_by_the_build_that_they_belong_to(verified: VerifiedOctane) -> None:
    (verified.folder / "octane.yaml").write_text(
        "upload: {rate: 1000}\nbuild: {server: lab, job: night, id: 7, create: true}\n",
        encoding="utf-8",
    )
    journal = verified.session()
    assert verified.verify(str(journal)) == 0, verified.out + verified.err
    assert verified.asked == ["GET /ci_builds", "GET /previous_runs", "GET /attachments"]
