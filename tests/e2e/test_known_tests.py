"""A case is not passed when the map knows tests of it that the session did not come across."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as pytest_jama

if TYPE_CHECKING:
    from tests.harness import Repository

PLACES = "project: KEY\nplan: Release 1\ncycle: Build 1\n"
TWO_FILES = "tests: {tests/test_a.py::test_1: KEY-TC-1, tests/test_b.py::test_2: KEY-TC-1}\n"
SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["serial", "xdist"])


def write_tests(repository: Repository, cases: int, settings: str) -> None:
    """Write tests in two files and a folder, and settings; start a cycle."""
    for number in range(1, cases + 1):
        repository.case(number)
    repository.start_cycle()
    repository.write("pytest.ini", "[pytest]\n")
    classes = "class TestA:\n    def test_3(self): pass\nclass TestB:\n    def test_4(self): pass\n"
    repository.write("tests/test_a.py", f"def test_1(): pass\n{classes}")
    repository.write("tests/test_b.py", "def test_2(): pass\n")
    repository.write("tests/sub/test_c.py", "def test_5(): pass\n")
    repository.write("src/app.py", "")
    repository.write("jama.yaml", f"{PLACES}{settings}")


@SERIAL_AND_XDIST
def test_a_test_in_a_file_that_was_left_out_is_missing_also_to_the_journal(
    repository: Repository, workers: list[str]
) -> None:
    write_tests(repository, 1, TWO_FILES)
    left = repository.pytest_here(*workers, "tests/test_a.py", "--jama-no-upload")
    assert left.status == 0, left.output
    repository.run_here(lambda: pytest_jama(["upload"]))
    assert repository.statuses() == {1: "INPROGRESS"}
    account = repository.runs()[f"{repository.key}-TC-1"].actual_results
    assert "tests/test_b.py::test_2: not collected" in (account or "")
    assert "line 4 of the map, not collected in this session" in (account or "")
    repository.pytest_here(*workers)
    assert repository.statuses() == {1: "PASSED"}
    again = repository.pytest_here(*workers, "tests/test_a.py")
    assert repository.statuses() == {1: "PASSED"}
    assert "left " in again.summary


PARTS = """tests:
  tests/: KEY-TC-1
  tests/test_a.py: KEY-TC-2
  tests/test_a.py::TestA: KEY-TC-3
  "tests/sub*": KEY-TC-4
"""


@pytest.mark.parametrize(
    "arguments, expected",
    [
        pytest.param(["tests/test_b.py"], {1: "INPROGRESS"}, id="a file of a folder"),
        pytest.param(
            ["tests/test_b.py", "tests/test_a.py::TestA"],
            {1: "INPROGRESS", 2: "NOT_RUN", 3: "PASSED"},
            id="a class of a file",
        ),
        pytest.param(
            ["tests/test_a.py::test_1", "tests/test_a.py::TestA"],
            {1: "NOT_RUN", 2: "INPROGRESS", 3: "PASSED"},
            id="a function and a class",
        ),
        pytest.param(
            ["--ignore=tests/sub"],
            {1: "PASSED", 2: "PASSED", 3: "PASSED", 4: "INPROGRESS"},
            id="a folder that is ignored",
        ),
        pytest.param(
            ["--ignore-glob=*/test_b.py"],
            {1: "INPROGRESS", 2: "PASSED", 3: "PASSED", 4: "PASSED"},
            id="a file that is ignored",
        ),
        pytest.param(
            ["tests/sub2", "tests/sub/test_c.py"],
            {4: "PASSED", 1: "NOT_RUN"},
            id="all of a pattern",
        ),
        pytest.param(
            ["-n", "2", "-o", "python_files=test_a.py test_d.py"],
            {1: "NOT_RUN", 2: "PASSED", 3: "PASSED", 4: "INPROGRESS"},
            id="other names of files",
        ),
        pytest.param(
            ["-o", "python_functions=test_1 test_3 test_7"],
            {1: "INPROGRESS", 2: "INPROGRESS", 3: "INPROGRESS", 4: "NOT_RUN"},
            id="other names of functions",
        ),
        pytest.param(
            ["-o", "python_classes=TestB", "tests/test_a.py"],
            {1: "NOT_RUN", 2: "INPROGRESS", 3: "NOT_RUN"},
            id="other names of classes",
        ),
        pytest.param(
            ["--override-ini=norecursedirs=sub"],
            {1: "PASSED", 2: "PASSED", 3: "PASSED", 4: "INPROGRESS"},
            id="a folder that is not searched",
        ),
        pytest.param(
            ["-o", "testpaths=tests/sub"], {1: "NOT_RUN", 4: "INPROGRESS"}, id="other testpaths"
        ),
        pytest.param(
            ["-o", "python_functions=test check", "-o", "python_files=test_*.py *_test.py a.py"],
            {1: "PASSED", 2: "PASSED", 3: "PASSED", 4: "PASSED"},
            id="more names",
        ),
    ],
)
def test_of_what_a_part_was_collected_is_incomplete(
    repository: Repository, arguments: list[str], expected: dict[int, str]
) -> None:
    write_tests(repository, 4, PARTS)
    repository.write("tests/sub2/test_d.py", "def test_6(): pass\n")
    repository.write("tests/test_e.py", "def test_7(): pass\n")
    finished = repository.pytest_here(*arguments)
    found = {case: repository.statuses()[case] for case in expected}
    assert found == expected, finished.summary


@pytest.mark.parametrize(
    "arguments, ini, folder",
    [
        pytest.param([], "", ".", id="no arguments"),
        pytest.param(["tests"], "", ".", id="the only folder with tests"),
        pytest.param([], "testpaths = tests\n", ".", id="testpaths"),
        pytest.param(["tests"], "testpaths = tests\n", ".", id="the testpaths as an argument"),
        pytest.param([], "", "tests", id="a subfolder"),
    ],
)
def test_a_session_of_all_tests_is_complete(
    repository: Repository, arguments: list[str], ini: str, folder: str
) -> None:
    write_tests(repository, 2, 'tests: {"**::test_*": KEY-TC-1, tests/: KEY-TC-2}\n')
    repository.write("pytest.ini", f"[pytest]\n{ini}")
    repository.write("src/.venv/pyvenv.cfg", "")
    repository.write("src/.venv/lib/test_lib.py", "")
    repository.write("node_modules/test_js.py", "")
    if ini:
        repository.write("examples/test_example.py", "def test_it(): assert 0\n")
    repository.write("tests/test_more.py", "class TestC:\n    def test_6(self): pass\n")
    finished = repository.pytest_here(*arguments, folder=folder)
    assert repository.statuses() == {1: "PASSED", 2: "NOT_RUN"}, finished.output


DEAD = """tests:
  tests/test_a.py::test_1: KEY-TC-1
  tests/test_a.py::test_old: KEY-TC-1
  tests/test_b.py: KEY-TC-2
  tests/test_b.py::test_2: KEY-TC-3
  tests/test_a.py::TestA::test_30: none
"""
NAMED = """\
unmatched  'tests/test_a.py::test_old' (line 7 of tests:, {key}-TC-1) matches no test
unmatched  'tests/test_a.py::TestA::test_30' (line 10 of tests:, none) matches no test; \
nearest is tests/test_a.py::TestA::test_3
"""


@pytest.mark.parametrize(
    "workers, setting, status, verdict",
    [
        ([], "incomplete", 0, "INPROGRESS"),
        ([], "warn", 0, "PASSED"),
        (["-n", "2"], "fail", 8, "INPROGRESS"),
    ],
)
def test_a_key_that_matches_no_test_is_named(
    repository: Repository, workers: list[str], setting: str, status: int, verdict: str
) -> None:
    write_tests(repository, 3, f"map: {{unmatched: {setting}}}\n{DEAD}")
    dry = repository.pytest_here(*workers, "--jama-dry-run", "tests")
    sent = repository.pytest_here(*workers)
    assert repository.statuses() == {1: verdict, 2: "NOT_RUN", 3: "PASSED"}
    for finished in (dry, sent):
        assert finished.status == status, finished.output
        assert NAMED.format(key=repository.key) in finished.summary


def test_an_upload_names_the_same_keys_and_ends_alike(repository: Repository) -> None:
    write_tests(repository, 3, f"map: {{unmatched: fail}}\n{DEAD}")
    assert repository.pytest_here("--jama-no-upload").status == 8
    uploaded = repository.run_here(lambda: pytest_jama(["upload"]))
    assert (uploaded.status, uploaded.output.count("\nunmatched ")) == (1, 2), uploaded.output
    assert repository.statuses() == {1: "INPROGRESS", 2: "NOT_RUN", 3: "PASSED"}


def test_a_key_in_a_file_that_failed_is_not_called_dead(repository: Repository) -> None:
    write_tests(repository, 2, f"{TWO_FILES[:-2]}, tests/: KEY-TC-2}}\n")
    repository.write("tests/test_b.py", "import nothing_of_this_name\n")
    repository.write(
        "tests/test_c.py", "import pytest\npytest.skip('x', allow_module_level=True)\n"
    )
    finished = repository.pytest_here("--continue-on-collection-errors")
    assert repository.statuses() == {1: "INPROGRESS", 2: "INPROGRESS"}, finished.output
    assert "unmatched" not in finished.summary


@SERIAL_AND_XDIST
def test_a_file_that_was_skipped_as_a_whole_was_not_passed(
    repository: Repository, workers: list[str]
) -> None:
    write_tests(repository, 2, f"{TWO_FILES[:-2]}, tests/: KEY-TC-2}}\n")
    repository.write(
        "tests/test_b.py", "import pytest\npytest.skip('x', allow_module_level=True)\n"
    )
    finished = repository.pytest_here(*workers)
    assert repository.statuses() == {1: "INPROGRESS", 2: "INPROGRESS"}, finished.output
    assert "unmatched" not in finished.summary
    ignoring = "verdicts: {skipped: ignore}\n"
    repository.write("jama.yaml", f"{PLACES}{ignoring}{TWO_FILES}")
    repository.pytest_here()
    assert repository.statuses() == {1: "PASSED", 2: "INPROGRESS"}


@SERIAL_AND_XDIST
def test_strict_fails_for_dead_keys_and_names_unlinked_failures(
    repository: Repository, workers: list[str]
) -> None:
    write_tests(repository, 1, f"map: {{unmatched: warn}}\n{TWO_FILES}")
    assert repository.pytest_here(*workers, "--jama-strict").status == 0
    repository.write("tests/test_b.py", "def test_new(): assert 0\n")
    finished = repository.pytest_here(*workers, "--jama-no-upload", "--jama-strict")
    assert (
        "unlinked   1 failed test without a test case: tests/test_b.py::test_new"
        in finished.summary
    )
    assert finished.status == 1
    uploaded = repository.run_here(lambda: pytest_jama(["upload"]))
    assert uploaded.status == 1
    assert "1 failed test without a test case: tests/test_b.py::test_new" in uploaded.output
    repository.write("tests/test_b.py", "def test_new(): pass\n")
    assert repository.pytest_here(*workers, "--jama-strict").status == 8


REPORT = """<testsuite>
  <testcase classname="tests.test_a" name="test_1"/>
  <testcase classname="tests\\test_b" name="test_new"><failure/></testcase>
</testsuite>
"""


@pytest.mark.parametrize(
    "setting, flags, status, verdict",
    [
        ("incomplete", [], 0, "INPROGRESS"),
        ("warn", [], 0, "PASSED"),
        ("fail", [], 1, "INPROGRESS"),
        ("warn", ["--strict"], 1, "PASSED"),
    ],
)
def test_keys_that_no_report_matches(
    repository: Repository, setting: str, flags: list[str], status: int, verdict: str
) -> None:
    write_tests(repository, 1, f"map: {{unmatched: {setting}}}\n{TWO_FILES}")
    repository.write("r.xml", REPORT)
    read = repository.run_here(lambda: junit_uploader(["r.xml", "--dry-run", "--json", *flags]))
    (unmatched,) = json.loads(read.output[read.output.index("\n{") :])["unmatched"]
    assert (unmatched["line"], unmatched["cases"]) == (5, [f"{repository.key}-TC-1"])
    assert read.status == status
    uploaded = repository.run_here(lambda: junit_uploader(["r.xml", *flags]))
    assert uploaded.status == status, uploaded.output
    assert repository.statuses() == {1: verdict}
    assert "'tests/test_b.py::test_2' (line 5 of tests:" in uploaded.output
    assert ") has no test in any report given here; nearest " in uploaded.output
    assert "nearest is tests\\test_b.test_new" in uploaded.output
    assert "1 failed test without a test case: tests\\test_b.test_new" in uploaded.output


def test_a_key_outside_of_the_test_paths_is_told_from_a_dead_one(repository: Repository) -> None:
    write_tests(repository, 1, "tests: {src/test_x.py: KEY-TC-1, src/test_y.py: KEY-TC-1}\n")
    repository.write("pytest.ini", "[pytest]\ntestpaths = tests\n")
    repository.write("src/test_x.py", "def test_x(): pass\n")
    said = repository.pytest_here().summary
    assert "'src/test_x.py' (line 4 of tests:" in said
    assert said.count("lies outside of testpaths, though its file exists") == 1
    assert said.count("'src/test_y.py' (line 4 of tests:") == 1
