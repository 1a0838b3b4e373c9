"""Tests find their cases, whatever names, folders, hooks and plugins do to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as pytest_jama

if TYPE_CHECKING:
    from tests.harness import Finished, Repository

SERIAL_AND_XDIST = pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])

PLACES = "project: KEY\nplan: Release 1\ncycle: Build 1\n"

MARK_ALL = """
import pytest

{hook}
"""

HOOKS = {
    "modifyitems": """
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.jama("KEY-TC-1"))
""",
    "modifyitems, after all others": """
@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    yield
    for item in items:
        item.add_marker(pytest.mark.jama("KEY-TC-1"))
""",
    "itemcollected": """
def pytest_itemcollected(item):
    item.add_marker(pytest.mark.jama("KEY-TC-1"))
""",
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_markers_of_conftest_hooks_count(repository: Repository, hook: str) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write("conftest.py", MARK_ALL.format(hook=hook))
    repository.write("test_it.py", "def test_it(): pass\n")
    finished = repository.pytest_here()
    assert repository.statuses() == {1: "PASSED"}, finished.output


ODD = [
    "a b",
    "x::y",
    "a/b.py::c",
    "[z]",
    "é",
    "'",
    '"',
    "?",
    "a,b",
    "a#2",
    "",
    " ",
    "-k",
    "%s",
    "${X}",
]
ODD_SUITE = f"""
import pytest

@pytest.mark.parametrize("text", {ODD!r})
def test_it(text): pass
"""


@SERIAL_AND_XDIST
def test_every_parameter_can_be_named_in_the_map(
    repository: Repository, workers: list[str]
) -> None:
    for number in range(1, len(ODD) + 1):
        repository.case(number)
    repository.start_cycle()
    ids = [text.encode("unicode_escape").decode("ascii") for text in ODD]
    lines = [
        f"  {json.dumps(f'test_it.py::test_it[{text}]')}: KEY-TC-{number}\n"
        for number, text in enumerate(ids, start=1)
    ]
    repository.write("test_it.py", ODD_SUITE)
    repository.write("jama.yaml", PLACES + "tests:\n" + "".join(lines))
    finished = repository.pytest_here(*workers)
    assert set(repository.statuses().values()) == {"PASSED"}, finished.output


@SERIAL_AND_XDIST
@pytest.mark.parametrize("folder", ["", "a/b"], ids=["rootdir", "below"])
def test_ids_are_relative_to_the_rootdir(
    repository: Repository, workers: list[str], folder: str
) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write("pytest.ini", "[pytest]\n")
    repository.write("a/b/test_same.py", "def test_it(): pass\n")
    repository.write("a/c/test_same.py", "def test_it(): assert 0\n")
    repository.write("jama.yaml", PLACES + "tests: {a/b: KEY-TC-1, a/c/test_same.py: KEY-TC-2}\n")
    here = repository.folder / folder
    repository.pytest_here(
        "--import-mode=importlib", "--rootdir", str(repository.folder), str(here), *workers
    )
    assert repository.statuses() == {1: "PASSED", 2: "NOT_RUN" if folder else "FAILED"}


BELOW = """
def test_x(): pass
def test_y(): assert 0
"""


@pytest.fixture
def below(repository: Repository) -> Repository:
    """A jama.yaml below the rootdir, with keys that are relative to it, and one that is not."""
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    (repository.folder / "jama.yaml").unlink()
    keys = "test_it.py::test_x: KEY-TC-1, sub/test_it.py::test_y: KEY-TC-2, test_it.py: KEY-TC-3"
    repository.write("pytest.ini", "[pytest]\njunit_family = xunit1\n")
    repository.write("sub/jama.yaml", PLACES + f"tests: {{{keys}}}\n")
    repository.write("sub/test_it.py", BELOW + "def test_z(): pass\n")
    return repository


@SERIAL_AND_XDIST
def test_keys_may_be_relative_to_a_jama_yaml_below_the_rootdir(
    below: Repository, workers: list[str]
) -> None:
    finished = below.pytest_here("--jama-config=sub/jama.yaml", "sub", *workers)
    assert below.statuses() == {1: "PASSED", 2: "FAILED", 3: "PASSED"}, finished.output
    assert "unmatched" not in finished.output


def test_what_such_a_key_names_and_is_not_collected_is_missing(below: Repository) -> None:
    below.write("sub/test_it.py", BELOW + "def test_z(): pass\ndef test_beside(): pass\n")
    below.pytest_here("--jama-config=sub/jama.yaml", "sub/test_it.py::test_z")
    assert below.statuses() == {1: "NOT_RUN", 2: "NOT_RUN", 3: "INPROGRESS"}


def test_a_file_that_is_left_out_of_such_a_folder_makes_its_case_incomplete(
    below: Repository,
) -> None:
    below.write("sub/jama.yaml", PLACES + "tests: {a: KEY-TC-1, sub/a/test_c.py: KEY-TC-2}\n")
    for name in "bcd":
        below.write(f"sub/a/test_{name}.py", "def test_it(): pass\n")
    below.pytest_here("--jama-config=sub/jama.yaml", "--ignore=sub/a/test_d.py", "sub/a")
    assert below.statuses() == {1: "INPROGRESS", 2: "PASSED", 3: "NOT_RUN"}


@pytest.mark.usefixtures("quick_children")
def test_reports_and_journals_and_check_read_such_keys_alike(below: Repository) -> None:
    report = ["--config=sub/jama.yaml", "report.xml"]
    recorded = below.pytest_here(
        "--jama-config=sub/jama.yaml", "--jama-no-upload", "--junitxml=report.xml", "sub"
    )
    assert "1 FAILED, 2 PASSED" in recorded.output
    journal = str(next(below.folder.rglob("*.jsonl")))
    uploaded = below.run_here(lambda: pytest_jama(["upload", "--map=sub/jama.yaml", journal]))
    assert below.statuses() == {1: "PASSED", 2: "FAILED", 3: "PASSED"}, uploaded.output
    checked = below.run_here(lambda: pytest_jama(["check", "--offline", "--junit", *report]))
    assert "3 tests, 3 of them linked to 3 test cases" in checked.output
    dry = below.run_here(lambda: junit_uploader(["--dry-run", *report]))
    assert "stays FAILED" in dry.output
    assert "unmatched" not in uploaded.output + checked.output + dry.output


@SERIAL_AND_XDIST
def test_test_that_runs_twice_counts_by_its_worse_result(
    repository: Repository, workers: list[str]
) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write(
        "test_it.py",
        """
        import pathlib, pytest
        @pytest.mark.jama("KEY-TC-1")
        def test_it():
            pathlib.Path(__file__).with_name("been here").touch(exist_ok=False)
        """,
    )
    finished = repository.pytest_here("--keep-duplicates", "test_it.py", "test_it.py", *workers)
    assert repository.statuses() == {1: "FAILED"}, finished.output


@SERIAL_AND_XDIST
def test_doctests_in_text_files_are_tests(repository: Repository, workers: list[str]) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write("docs/good.txt", ">>> 1 + 1\n2\n")
    repository.write("docs/bad.txt", ">>> 1 + 1\n3\n")
    repository.write(
        "jama.yaml",
        PLACES
        + """tests:
  docs/good.txt: KEY-TC-1
  docs/bad.txt::bad.txt: KEY-TC-2
""",
    )
    repository.pytest_here("--doctest-glob=*.txt", *workers)
    assert repository.statuses() == {1: "PASSED", 2: "FAILED"}


def test_marker_beats_the_map_and_verbose_says_so(repository: Repository) -> None:
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    repository.write(
        "test_it.py",
        'import pytest\n@pytest.mark.jama("KEY-TC-1")\ndef test_it(): pass\n',
    )
    repository.write("jama.yaml", PLACES + "tests: {test_it.py: KEY-TC-2}\n")
    finished = repository.pytest_here("-v")
    assert repository.statuses() == {1: "PASSED", 2: "NOT_RUN"}
    assert "beats the map: test_it.py::test_it: marker" in finished.summary


TAKEN_OUT = """
import pytest
from pytest_jama.plugin.scenario_steps import ScenarioTags

pytestmark = pytest.mark.jama("KEY-TC-1")

def test_linked(): pass

@pytest.mark.jama(None)
def test_marked(): assert 0

@pytest.mark.jama("NONE")
def test_text(): assert 0

def test_tagged(jama):  # the steps of a scenario are notes
    jama.note("Given a pump: passed")
    assert 0

for tag in ("jama:KEY-TC-1", "jama:None"):
    ScenarioTags().pytest_bdd_apply_tag(tag, test_tagged)

def test_property(record_property):
    record_property("test_key", "None")
    assert 0

@pytest.mark.jama("KEY-TC-1")
def test_own(record_property):
    record_property("jama", "none")
    assert 0

@pytest.mark.jama(None)
def test_in_again(record_property):
    record_property("jama", "KEY-TC-4")
"""


@SERIAL_AND_XDIST
def test_none_takes_tests_out_of_what_is_linked(repository: Repository, workers: list[str]) -> None:
    for number in (1, 2, 3, 4):
        repository.case(number)
    repository.start_cycle()
    entries = "test_map.py: KEY-TC-2, test_map.py::test_none: none, test_map.py::test_null: ~"
    more = "test_it.py::test_marked: KEY-TC-3"
    repository.write("jama.yaml", f"{PLACES}tests: {{{entries}, {more}}}\n")
    repository.write("test_it.py", TAKEN_OUT)
    repository.write(
        "test_map.py",
        """
        def test_a(): pass
        def test_none(): assert 0
        def test_null(): assert 0
        def test_said(record_property):
            record_property("jama", "none")
            assert 0
        """,
    )
    repository.write("pytest.ini", "[pytest]\njunit_family = xunit1\n")
    report = ["--junitxml=r.xml", "--jama-strict"]
    finished = repository.pytest_here(*workers, *report)
    expected = {1: "PASSED", 2: "PASSED", 3: "NOT_RUN", 4: "PASSED"}
    assert repository.statuses() == expected, finished.output
    assert not _complaints(finished)
    repository.pytest_here(*workers, "--jama-no-upload")
    uploaded = repository.run_here(lambda: pytest_jama(["upload"]))
    assert not _complaints(uploaded)
    assert repository.statuses() == expected, uploaded.output
    reported = repository.run_here(lambda: junit_uploader(["--strict", "r.xml"]))
    assert (reported.status, repository.statuses()) == (0, expected), reported.output
    assert not _complaints(reported)


def _complaints(finished: Finished) -> list[str]:
    """Return what is said of a test, and is nothing to say of one that is taken out."""
    return [each for each in ("without a test case", "NOT LINKED") if each in finished.output]


@SERIAL_AND_XDIST
def test_equal_node_ids_of_two_files_are_two_tests(
    repository: Repository, workers: list[str]
) -> None:
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    repository.write("jama.yaml", f"{PLACES}tests: {{test_x.py::test_map: KEY-TC-3}}\n")
    for number, (folder, outcome) in enumerate({"a": "pass", "b": "assert 0"}.items(), start=1):
        repository.write(f"{folder}/pytest.ini", "[pytest]\n")
        repository.write(
            f"{folder}/test_x.py",
            f"""
            import pytest

            @pytest.mark.jama("KEY-TC-{number}")
            def test_marked(): {outcome}
            def test_map(): {outcome}
            """,
        )
    finished = repository.pytest_here(*workers, "--import-mode=importlib", "a", "b")
    expected = {1: "PASSED", 2: "FAILED", 3: "FAILED"}
    assert repository.statuses() == expected, finished.output
    account = repository.runs()[f"{repository.key}-TC-3"].actual_results or ""
    assert "../b/test_x.py::test_map: failed" in account
    assert "<br />test_x.py::test_map: passed" in account


@pytest.mark.parametrize("arguments, folder", [(["sub"], "."), ([], "sub")])
def test_keys_of_a_map_above_the_rootdir(
    repository: Repository, arguments: list[str], folder: str
) -> None:
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    repository.write("sub/pytest.ini", "[pytest]\n")
    repository.write("sub/tests/test_a.py", "def test_1(): pass\ndef test_2(): pass\n")
    entries = "sub/tests/test_a.py::test_1: KEY-TC-1, tests/test_a.py::test_2: KEY-TC-2"
    dead = "sub/tests/test_a.py::test_9: KEY-TC-1, other/test_z.py::test_z: KEY-TC-2"
    more = "sub/tests/: KEY-TC-3"
    repository.write("jama.yaml", f"{PLACES}tests: {{{entries}, {dead}, {more}}}\n")
    finished = repository.pytest_here(*arguments, folder=folder)
    expected = {1: "INPROGRESS", 2: "INPROGRESS", 3: "NOT_RUN"}
    assert repository.statuses() == expected, finished.output
    assert "'sub/tests/test_a.py::test_9' (line 4 of tests:" in finished.summary
    assert "unmatched  'other" not in finished.summary
