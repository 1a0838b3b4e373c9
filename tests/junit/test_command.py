from __future__ import annotations

import errno
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from junit_uploader.cli import main
from junit_uploader.options import make_parser
from pytest_jama import __version__
from tests.junit.reports import PASSED, make_case, suite

LINKED = make_case(
    '<failure message="no"/><properties><property name="jama" value="A-TC-1#2"/></properties>',
    attributes='time="1.25"',
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def list_as_json(capsys: pytest.CaptureFixture[str], *reports: str) -> Any:
    main(["--list", "--json", *reports])
    return json.loads(capsys.readouterr().out)


def test_list_shows_outcome_time_test_id_and_cases(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text(suite(PASSED, LINKED), encoding="utf-8")
    assert main(["--list", "a.xml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "passed      0.500s  shop.Cart.adds",
        "failed      1.250s  shop.Cart.pays  [A-TC-1#2]",
    ]


def test_list_shows_a_test_of_which_only_a_repeated_attempt_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mark = '<properties><property name="jama_attempt" value="1"/></properties>'
    attempt = make_case(mark, attributes='time="1.25"')
    Path("a.xml").write_text(suite(PASSED, attempt), encoding="utf-8")
    assert main(["--list", "a.xml"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "passed      0.500s  shop.Cart.adds",
        "not reached    1.250s  shop.Cart.pays",
    ]
    assert err.endswith("2 testcases, 2 tests: 1 passed, 1 not reached\n")
    found = list_as_json(capsys, "a.xml")
    assert [test["outcome"] for test in found["tests"]] == ["passed", "not reached"]
    assert found["counts"]["tests"]["not reached"] == 1


MAP = """\
tests:
  shop.Cart.adds: A-TC-7
  shop.Cart.pays: A-TC-8
  shop.Cart.gone: A-TC-9
"""


def test_list_shows_what_the_map_beside_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text(suite(PASSED, LINKED), encoding="utf-8")
    Path("jama.yaml").write_text(MAP, encoding="utf-8")
    assert main(["--list", "a.xml"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "passed      0.500s  shop.Cart.adds  [A-TC-7 by tests:]",
        "failed      1.250s  shop.Cart.pays  [A-TC-1#2]",
    ]
    assert "unmatched: 'shop.Cart.gone' (line 4 of tests:, A-TC-9) has no test in any" in err
    document = list_as_json(capsys, "a.xml")
    assert [each.get("mapped") for each in document["tests"]] == [["A-TC-7"], None]
    assert document["unmatched"] == [{"key": "shop.Cart.gone", "line": 4}]


def test_list_names_the_mistakes_of_a_map_and_lists_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.xml").write_text(suite(PASSED), encoding="utf-8")
    Path("jama.yaml").write_text("tests: {shop: A TC 7}\n", encoding="utf-8")
    assert main(["--list", "a.xml"]) == 0
    assert "note: jama.yaml:1: 'shop' has a mistake: 'A TC 7' is not" in capsys.readouterr().err


def test_summary_is_not_in_the_way_of_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text(suite(PASSED, LINKED), encoding="utf-8")
    main(["--list", "a.xml"])
    expected = "junit-uploader: 1 report, 2 testcases, 2 tests: 1 passed, 1 failed\n"
    assert capsys.readouterr().err == expected


def test_json_has_files_tests_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text(suite(LINKED, make_case()), encoding="utf-8")
    none = {"passed": 0, "failed": 0, "error": 0, "skipped": 0, "xfailed": 0}
    note = "testcases that repeat an earlier test ID: 1; each counts, the worst decides"
    assert list_as_json(capsys, "a.xml") == {
        "files": [{"path": "a.xml", "error": None, "testcases": 2, "notes": [note]}],
        "tests": [
            {
                "test_id": "shop.Cart.pays",
                "classname": "shop.Cart",
                "name": "pays",
                "suite": "unit",
                "outcome": "failed",
                "time_s": 1.25,
                "cases": ["A-TC-1#2"],
                "attempts": 2,
            }
        ],
        "counts": {"testcases": {**none, "failed": 1, "passed": 1}, "tests": {**none, "failed": 1}},
    }


def test_json_is_complete_without_any_test(capsys: pytest.CaptureFixture[str]) -> None:
    document = list_as_json(capsys, "none.xml")
    assert (document["files"][0]["error"], document["tests"]) == ("no such file or folder", [])


def test_unreadable_report_is_named_and_the_others_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.xml").write_text("<testsuite>\n<oops</testsuite>", encoding="utf-8")
    Path("b.xml").write_text(suite(PASSED), encoding="utf-8")
    assert main(["--list", "."]) == 1
    output = capsys.readouterr()
    assert "shop.Cart.adds" in output.out
    assert "junit-uploader: error: a.xml: line 2, column " in output.err


def test_no_testcase_at_all_is_an_error_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text("<testsuites/>", encoding="utf-8")
    assert main(["--list", "a.xml"]) == 1
    assert "no testcase in any report" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--list"], ["a.xml", "--lost"]])
def test_wrong_use_is_status_2(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(arguments) == 2
    assert "usage: junit-uploader" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["--help"]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"junit-uploader, version {__version__}\nusage: ")


def test_names_do_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text(
        suite('<testcase classname="c" name="a&#x9b;31mb&#x202e;"/>'), encoding="utf-8"
    )
    main(["--list", "a.xml"])
    assert capsys.readouterr().out.endswith("c.a\\x9b31mb\\u202e\n")


def test_report_may_come_from_stdin(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(suite(PASSED).encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    assert list_as_json(capsys, "-")["files"][0]["path"] == "-"


def test_packed_report_may_come_from_stdin(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = gzip.compress(suite(PASSED).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed), encoding="utf-8"))
    assert list_as_json(capsys, "-")["files"][0]["error"] is None


class FullDisk(io.TextIOWrapper):
    """Takes nothing."""

    def write(self, text: str) -> int:  # noqa: ARG002 (as it is called)
        raise OSError(errno.ENOSPC, "No space left on device")


def say_without_stdout(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--list", "a.xml"], ["--version"]], ids=repr)
def test_list_that_cannot_be_written_is_an_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.xml").write_text(suite(PASSED), encoding="utf-8")
    begin = "junit-uploader: error: standard output cannot be written: "
    with FullDisk(Path("out").open("wb")) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert say_without_stdout(*arguments, capsys=capsys) == f"{begin}No space left on device\n"
    monkeypatch.setattr(sys, "stdout", None)
    assert say_without_stdout(*arguments, capsys=capsys) == f"{begin}it is closed\n"


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_asking_for_help_imports_nothing_heavy(argument: str) -> None:
    folder = Path(__file__).parents[2]
    printed = run(
        f"import sys; sys.path.insert(0, {str(folder)!r}); from junit_uploader.cli import main;"
        f"main([{argument!r}]); print(sorted({{'click', 'lxml', 'junitparser', 'pydantic', 'yaml'}}"
        " & set(sys.modules)))"
    )
    assert printed.endswith("[]\n")


def test_asking_for_the_version_imports_nearly_nothing() -> None:
    printed = run(
        "import sys; before = set(sys.modules); from junit_uploader.cli import main;"
        "main(['--version']); print(sorted(set(sys.modules) - before))"
    )
    ours = ["junit_uploader", "junit_uploader.cli", "pytest_jama"]
    assert printed.endswith(f"{['__future__', *ours]}\n")


def test_asking_for_help_imports_nothing_of_the_plugin() -> None:
    printed = run(
        "import sys; from junit_uploader.cli import main; main(['--help']);"
        "print([name for name in sys.modules if name.partition('.')[0] == 'pytest_jama'])"
    )
    assert printed.endswith("[]\n")


def test_every_flag_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "junit.md").read_text(encoding="utf-8")
    actions = make_parser()._actions  # noqa: SLF001 (argparse shows them nowhere else)
    flags = {flag for action in actions for flag in action.option_strings}
    assert [flag for flag in sorted(flags - {"-h", "--help"}) if f"`{flag}" not in page] == []


@pytest.mark.parametrize("arguments", [["--version"], ["a.xml", "--version"]])
def test_version_is_printed_wherever_it_is_asked_for(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"junit-uploader, version {__version__}\n"


def test_reports_and_flags_may_stand_in_any_order(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.xml").write_text(suite(PASSED), encoding="utf-8")
    Path("b.xml").write_text(suite(LINKED), encoding="utf-8")
    assert main(["a.xml", "--list", "b.xml"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
