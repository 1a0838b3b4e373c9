"""`pytest-jama report`: which journals, which files, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.journal import lines
from tests.journal.record import a_test, as_bytes, header

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {"project": "J", "plan": {"name": "P"}, "cycle": {"name": "C"}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a folder of journals, in which commands run."""
    (tmp_path / "jama.yaml").write_text("project: J\nplan: P\ncycle: C\n", "utf-8")
    folder = tmp_path / ".jama"
    folder.mkdir(0o700)
    monkeypatch.chdir(tmp_path)
    return folder


def journal(folder: Path, name: str, *, order: int = 1, **given: Any) -> Path:
    """Write the journal of a session with one test, which is named like it."""
    path = folder / f"{name}.jsonl"
    result = lines.result_line(a_test(f"test_of_{name}"))
    head = header(name, order=order, **{"settings": SETTINGS, **given})
    path.write_bytes(as_bytes(head, result, lines.end_line(finished=True, reason="")))
    return path


def reported(path: Path) -> list[str]:
    """Return the tests that a report in JSON names."""
    document = json.loads(path.read_text("utf-8"))
    return [test["test"] for case in document["cases"] for test in case["tests"]]


def test_without_a_journal_it_takes_the_newest_though_it_is_finished(folder: Path) -> None:
    journal(folder, "s2", order=1)
    journal(folder, "s1", order=2)

    assert main(["report", "-o", "report.json"]) == 0
    assert reported(folder.parent / "report.json") == ["test_of_s1"]


def test_several_journals_are_one_report(folder: Path) -> None:
    paths = [journal(folder, name) for name in ("s1", "s2")]

    assert main(["report", *map(str, paths), "-o", "report.json"]) == 0
    assert reported(folder.parent / "report.json") == ["test_of_s1", "test_of_s2"]


def test_each_format_is_written_by_its_ending(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal(folder, "s1")
    begins = {
        "html": "<!doctype html>",
        "md": "## P / C",
        "json": "{",
        "csv": "case,",
        "xml": "<?xml",
    }
    outputs = [f"--output=r.{suffix}" for suffix in begins]

    assert main(["report", *outputs]) == 0
    for suffix, begin in begins.items():
        text = (folder.parent / f"r.{suffix}").read_text("utf-8").lstrip()
        assert text.casefold().startswith(begin.casefold())
    assert "not passed; 1 case;" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (
            ["-o", "report.pdf"],
            "report.pdf: .pdf is not a format of reports; let its name end with",
        ),
        (["-o", "jama.yaml/report.html"], "jama.yaml/report.html: cannot be written: "),
        (["gone.jsonl", "-o", "report.html"], "gone.jsonl: there is no such file; check the path"),
        (["jama.yaml", "-o", "report.html"], "jama.yaml:1: "),
        (["empty.jsonl", "-o", "report.html"], "empty.jsonl: ends before its header does"),
        ([".", "-o", "report.html"], "holds no journal"),
    ],
    ids=["ending", "folder", "gone", "no-journal", "empty", "no-journals"],
)
def test_what_cannot_be_used_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    journal(folder, "s1")
    if arguments[0] == "empty.jsonl":
        (folder.parent / "empty.jsonl").touch()
    if arguments[0] == ".":
        arguments = [str(folder.parent), *arguments[1:]]

    assert main(["report", *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert not (folder.parent / "report.html").exists()


def test_a_journal_of_another_project_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, other = (
        journal(folder, "s1"),
        journal(folder, "s2", settings={**SETTINGS, "project": "K"}),
    )

    assert main(["report", str(mine), str(other), "-o", "r.html"]) == 2
    assert "project is 'K', and .jama/s1.jsonl says 'J'" in capsys.readouterr().err


def test_a_journal_of_another_plan_is_refused_with_both_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = journal(folder, "s1")
    other = journal(folder, "s2", settings={**SETTINGS, "plan": {"id": 7, "create": True}})

    assert main(["report", str(mine), str(other), "-o", "r.html"]) == 2
    assert "plan is 'id:7', and .jama/s1.jsonl says 'P'" in capsys.readouterr().err


def test_plans_of_one_name_are_one_place_however_they_are_created(folder: Path) -> None:
    mine = journal(folder, "s1")
    plan = {"name": "P", "create": False, "add": "none"}
    other = journal(folder, "s2", settings={**SETTINGS, "plan": plan})

    assert main(["report", str(mine), str(other), "-o", "r.html"]) == 0


def test_a_folder_is_refused_before_anything_is_written(folder: Path) -> None:
    journal(folder, "s1")
    before = folder.parent / "r.html"
    before.mkdir()

    assert main(["report", "-o", "r.xml", "-o", "r.html"]) == 2
    assert [each.name for each in folder.parent.glob("r.*")] == ["r.html"]
