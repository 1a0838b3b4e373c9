"""The settings of reports: which files, and what no program can find out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import SettingsError
from pytest_jama.core.origin import Equipment
from tests.config.values import COMPLETE, LOGIN, load, load_header, write
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path


@every(
    "text, files, summary",
    [
        ("", [], "auto"),
        ("report: r.html", ["r.html"], "auto"),
        ("report: [r.html, out/r.MD, r.html]", ["r.html", "out/r.MD"], "auto"),
        ("report: {summary: never}", [], "never"),
        ("report: {files: 'r-${N}.xml', summary: never}", ["r-7.xml"], "never"),
    ],
    ids=["none", "path", "list", "summary", "mapping"],
)
def test_files_are_relative_to_jama_yaml(
    tmp_path: Path, text: str, files: list[str], summary: str
) -> None:
    report = load(tmp_path, f"{COMPLETE}{text}\n", environ={"N": "7"}).settings.report

    assert report.files == tuple(tmp_path / name for name in files)
    assert report.summary == summary


@every(
    "text, complaint",
    [
        ("report: r.pdf", "jama.yaml:5: report.files has 'r.pdf', which names no format"),
        ("report: [r.html, r]", "jama.yaml:5: report.files has 'r', which names no format"),
        ("report: {summary: often}", "jama.yaml:5: report.summary is 'often'; use auto or never"),
        ("report: {file: r.md}", "jama.yaml:5: unknown key 'file' in report; did you mean "),
        ("device: [a]", "jama.yaml:5: device is a list; use a text"),
        ("equipment: FM-2", "jama.yaml:5: equipment is 'FM-2'; use a list of {name"),
        ("equipment: [{id: 7}]", "jama.yaml:5: equipment has no name in item 1; write {name: "),
        (
            "equipment: [A, {name: B, due: x}]",
            "jama.yaml:5: equipment has the unknown key 'due' in item 2; known are name, id, cal",
        ),
        (
            "equipment: [{name: B, calibrated_until: March}]",
            "jama.yaml:5: equipment has 'March' as calibrated_until in item 1; write the last day",
        ),
    ],
)
def test_mistakes_are_said_with_line_and_remedy(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, f"{COMPLETE}{text}\n")
    assert complaint in str(caught.value)


def test_flags_replace_the_files_and_keep_the_summary(tmp_path: Path) -> None:
    text = f"{COMPLETE}report: {{files: '${{UNSET}}.md', summary: never}}\n"
    report = load(tmp_path, text, flags={"report": ["/x/a.md", "/x/b.md"]}).settings.report

    assert [path.name for path in report.files] == ["a.md", "b.md"]
    assert report.summary == "never"


def test_a_flag_is_named_as_the_origin_of_its_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--jama-report: report\.files has 'a\.txt'"):
        load(tmp_path, COMPLETE, flags={"report": ["/x/a.txt"]})


def test_facts_come_from_variables_before_the_file_and_may_be_empty(tmp_path: Path) -> None:
    text = f"{COMPLETE}software: Pump ${{FW:-}}\ndevice: '${{D:-}}'\ntester:\n"
    settings = load(tmp_path, text, environ={"JAMA_SOFTWARE": "Pump 5"}).settings

    assert (settings.software, settings.device, settings.tester) == ("Pump 5", "", "")


def test_facts_are_in_the_header_of_a_journal_and_come_back(tmp_path: Path) -> None:
    text = (
        f"{COMPLETE}device: Pump\nreport: r.md\n"
        "equipment: [A, {name: B, id: 7, calibrated_until: 2027-03-01}]\n"
    )
    header = load(tmp_path, text).settings.for_journal()

    assert (header["device"], "report" in header) == ("Pump", False)
    assert header["equipment"] == [
        {"name": "A"},
        {"name": "B", "id": "7", "calibrated_until": "2027-03-01"},
    ]
    again = load_header(tmp_path, header, environ=LOGIN).settings
    assert again.equipment == (Equipment("A"), Equipment("B", "7", date(2027, 3, 1)))
    assert list(map(Equipment.read, header["equipment"])) == list(again.equipment)


def test_a_journal_has_no_say_in_which_files_are_written(tmp_path: Path) -> None:
    header = {**load(tmp_path, COMPLETE).settings.for_journal(), "report": "/evil/r.md"}
    assert load_header(tmp_path, header, environ=LOGIN).settings.report.files == ()

    write(tmp_path, f"{COMPLETE}report: mine.md\n")
    files = load_header(tmp_path, header, environ=LOGIN).settings.report.files
    assert files == (tmp_path / "mine.md",)
