"""Flags and variables say where journals are kept; see docs/journal.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as upload_reports
from pytest_jama.cli import main

if TYPE_CHECKING:
    from tests.harness import Repository

REPORT = '<testsuite><testcase classname="c" name="t"/></testsuite>'


@pytest.fixture(autouse=True)
def _without_upload(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("test_a.py", "def test_a(): pass\n")
    repository.write("report.xml", REPORT)
    monkeypatch.chdir(repository.folder)
    for name, value in repository.environment().items():
        if name.startswith("JAMA_"):
            monkeypatch.setenv(name, value)


def journals(folder: Path) -> int:
    return len(list(folder.glob("*.jsonl")))


def test_flag_of_pytest_names_the_folder(repository: Repository, tmp_path: Path) -> None:
    repository.pytest_here("--jama-no-upload", f"--jama-journal={tmp_path / 'kept'}")
    assert (journals(tmp_path / "kept"), journals(repository.folder / ".jama")) == (1, 0)


def test_flag_is_relative_to_where_it_is_given(repository: Repository) -> None:
    (repository.folder / "ci").mkdir()
    repository.pytest_here("--jama-no-upload", "--jama-journal=kept", "..", folder="ci")
    assert journals(repository.folder / "ci" / "kept") == 1


def test_variable_serves_sessions_reports_and_uploads(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setenv("JAMA_JOURNAL", str(kept))
    assert upload_reports(["--no-upload", "report.xml"]) == 0
    assert journals(kept) == 1
    (repository.folder / "jama.yaml").unlink()
    assert main(["upload", "--dry-run"]) == 0


def test_flag_of_junit_uploader_beats_the_variable_and_leaves_the_number_that_is_kept(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = (repository.folder / "jama.yaml").read_text(encoding="utf-8")
    repository.write("jama.yaml", settings + "journal: {folder: there, keep: all}\n")
    monkeypatch.setenv("JAMA_JOURNAL", str(tmp_path / "not"))
    assert upload_reports(["--no-upload", "--journal=here", "report.xml"]) == 0
    (journal,) = (repository.folder / "here").glob("*.jsonl")
    header = json.loads(journal.read_text(encoding="utf-8").splitlines()[0])
    assert Path(header["settings"]["journal"]["folder"]) == repository.folder / "here"
    assert header["settings"]["journal"]["keep"] == "all"
