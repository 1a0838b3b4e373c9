from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest

from junit_uploader.junit.notes import UnreadableError
from junit_uploader.merged_reports import read_reports
from junit_uploader.sources import Source, open_source
from tests.junit.reports import PASSED, suite
from tests.systems import links, pipes


def files(*arguments: str | Path) -> list[tuple[str, str | None]]:
    """Return path and error of each report that the arguments name."""
    return [(file.path, file.error) for file in read_reports(map(str, arguments)).files]


@pytest.fixture(autouse=True)
def _in_a_folder_of_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.xml", "a.xml", "sub/deep/c.XML", "sub/notes.txt"):
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(suite(PASSED), encoding="utf-8")


@pytest.mark.parametrize(
    "arguments, expected",
    [
        pytest.param(["a.xml"], ["a.xml"], id="file"),
        pytest.param(["."], ["a.xml", "b.xml", "sub/deep/c.XML"], id="folder"),
        pytest.param(["*.xml"], ["a.xml", "b.xml"], id="pattern"),
        pytest.param(["**/*.XML"], ["sub/deep/c.XML"], id="two stars"),
        pytest.param(["s*"], ["sub/deep/c.XML"], id="pattern of a folder"),
        pytest.param(["sub/**"], ["sub/deep/c.XML", "sub/notes.txt"], id="everything below"),
        pytest.param(
            ["b.xml", "./b.xml", ".", "b*"], ["b.xml", "a.xml", "sub/deep/c.XML"], id="each once"
        ),
        pytest.param(["sub/notes.txt"], ["sub/notes.txt"], id="another suffix, by name"),
    ],
)
def test_arguments_name_reports(arguments: list[str], expected: list[str]) -> None:
    assert files(*arguments) == [(path, None) for path in expected]


@pytest.mark.parametrize(
    "argument, expected",
    [
        ("none.xml", "no such file or folder"),
        ("*.json", "no report matches"),
        ("empty", "no *.xml file below this folder"),
        ("", "no such file or folder"),
        ("a" * 5000, "no such file or folder"),
        ("a" * 5000 + "*", "no report matches"),
    ],
)
def test_argument_that_names_nothing_is_an_error(argument: str, expected: str) -> None:
    Path("empty").mkdir()
    assert files(argument, "a.xml") == [(argument, expected), ("a.xml", None)]


def test_name_with_brackets_is_first_of_all_a_name() -> None:
    Path("r[1].xml").write_text(suite(PASSED), encoding="utf-8")
    assert files("r[1].xml") == [("r[1].xml", None)]


def test_packed_report_is_known_by_its_content() -> None:
    Path("a.xml").write_bytes(gzip.compress(suite(PASSED).encode()))
    assert files("a.xml") == [("a.xml", None)]


def test_packed_report_is_repaired_as_well() -> None:
    Path("a.xml").write_bytes(gzip.compress(f"log\n{suite(PASSED)}".encode()))
    assert files("a.xml") == [("a.xml", None)]


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(b"<testsuite/>" * 99)[:-9], id="cut off"),
        pytest.param(b"\x1f\x8b\x08\0rubbish", id="rubbish"),
    ],
)
def test_damaged_pack_is_refused(packed: bytes) -> None:
    Path("a.gz").write_bytes(packed)
    ((_, error),) = files("a.gz")
    assert error is not None
    assert "damaged .gz" in error


def test_hostile_pack_is_refused() -> None:
    Path("a.gz").write_bytes(gzip.compress(b"<testsuite>" + b" " * 70_000_000))
    ((_, error),) = files("a.gz")
    assert error is not None
    assert "a bomb" in error


@pipes
def test_pipe_can_be_read_though_only_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, f"log\n{suite(PASSED)}".encode())
    os.close(writing)
    assert files(f"/dev/fd/{reading}") == [(f"/dev/fd/{reading}", None)]
    os.close(reading)


def test_address_is_not_a_file() -> None:
    assert files("http://127.0.0.1:9/a.xml")[0][1] == "no such file or folder"


@links
def test_links_in_circles_are_not_followed_by_patterns() -> None:
    Path("sub/up").symlink_to("..")
    Path("sub/deep/up").symlink_to("../..")
    assert files("**/*.[xX]*") == [(path, None) for path in ("a.xml", "b.xml", "sub/deep/c.XML")]


def test_folder_of_a_pattern_is_read_as_a_folder() -> None:
    assert files("**/de*") == [("sub/deep/c.XML", None)]


def test_hidden_folders_are_entered_when_the_pattern_says_so() -> None:
    Path(".out").mkdir()
    Path(".out/d.xml").write_text(suite(PASSED), encoding="utf-8")
    assert files("**/d.xml")[0][1] == "no report matches"
    assert files(".*/**/d.xml") == [(".out/d.xml", None)]


@pipes
def test_pipe_in_a_folder_is_not_waited_for() -> None:
    os.mkfifo("sub/d.xml")
    assert files("sub")[0] == ("sub/d.xml", "is not a regular file")
    assert files("**/d.xml")[0] == ("sub/d.xml", "is not a regular file")


def test_report_that_became_a_pipe_since_it_was_found_is_not_waited_for() -> None:
    os.mkfifo("sub/d.xml")
    with pytest.raises(UnreadableError, match="is a pipe"), open_source(Source("sub/d.xml")):
        pass


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert files("-") == [("-", "standard input is closed")]
