"""The command `pytest-jama manifest`: which journals and subjects, and where it goes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from tests.cli.test_report_command import folder, journal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["folder"]


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def test_the_same_journal_makes_the_same_bytes(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = journal(folder, "s1")
    assert main(["manifest", "-o", "a.json"]) == 0
    capsysbinary.readouterr()
    assert main(["manifest", str(path)]) == 0
    first = (folder.parent / "a.json").read_bytes()
    assert capsysbinary.readouterr().out == first
    moved = folder.parent / "elsewhere" / path.name
    moved.parent.mkdir(0o700)
    path.rename(moved)
    assert main(["manifest", str(moved), "-o", "b.json"]) == 0
    assert (folder.parent / "b.json").read_bytes() == first


def test_journal_and_subjects_are_named_with_their_hashes(folder: Path) -> None:
    path = journal(folder, "s1")
    (folder.parent / "dist").mkdir()
    wheel = folder.parent / "dist" / "pump.whl"
    wheel.write_bytes(b"a wheel")
    assert main(["manifest", "-o", "m.json", "--subject", str(wheel)]) == 0
    assert read(folder.parent / "m.json")["subject"] == [
        {"name": "s1.jsonl", "digest": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}},
        {"name": "dist/pump.whl", "digest": {"sha256": hashlib.sha256(b"a wheel").hexdigest()}},
    ]


def test_json_says_what_was_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal(folder, "s1")
    assert main(["manifest", "-o", "m.json", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    content = (folder.parent / "m.json").read_bytes()
    assert said["sha256"] == hashlib.sha256(content).hexdigest()
    assert (said["manifest"], said["result"]) == ("m.json", "WARNED")


def test_json_says_why_nothing_was_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal(folder, "s1")
    assert main(["manifest", "gone.jsonl", "-o", "m.json", "--json"]) == 2
    output = capsys.readouterr()
    said = json.loads(output.out)
    assert said["error"].startswith("gone.jsonl: there is no such file")
    assert said["exit_status"] == 2
    assert output.err.startswith("pytest-jama manifest: error: gone.jsonl: ")


def test_predicate_alone_is_that_of_the_statement(folder: Path) -> None:
    journal(folder, "s1")
    assert main(["manifest", "-o", "m.json"]) == 0
    assert main(["manifest", "-o", "p.json", "--predicate-only"]) == 0
    assert read(folder.parent / "p.json") == read(folder.parent / "m.json")["predicate"]


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--subject", "gone.whl"], "gone.whl: cannot be read: No such file"),
        (["--subject", ".jama", "-o", "m.json"], ".jama' is a directory"),
        (["-o", "jama.yaml/m.json"], "jama.yaml/m.json: cannot be written: "),
        (["gone.jsonl"], "gone.jsonl: there is no such file; check the path"),
        (["jama.yaml"], "jama.yaml:1: "),
    ],
    ids=["subject", "folder", "output", "gone", "no-journal"],
)
def test_what_cannot_be_used_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    journal(folder, "s1")
    assert main(["manifest", *arguments]) == 2
    output = capsys.readouterr()
    assert complaint in output.err
    assert not output.out
    assert not (folder.parent / "m.json").exists()


def test_two_subjects_of_one_name_are_refused(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    journal(folder, "s1")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    subjects = []
    for name in ("one", "other"):
        (elsewhere / name).mkdir()
        (elsewhere / name / "pump.whl").write_text(name, "utf-8")
        subjects += ["--subject", str(elsewhere / name / "pump.whl")]
    assert main(["manifest", *subjects]) == 2
    assert "another subject is named 'pump.whl', too" in capsys.readouterr().err
