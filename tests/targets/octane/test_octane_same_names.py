"""pytest directly, pytest's JUnit file and the vendor's tool on that file name the same tests."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.merged_reports import link_tests, read_reports
from pytest_jama.journal.line_parser import Parser
from tests.fork_server import run_command
from tests.harness import ADDOPTS
from tests.targets.octane.read_documents import names_of, runs_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_jama.core.results import TestResult

CONFTEST = """
from pytest_jama.journal.lines import encode, result_line
from pytest_jama.plugin.collector import ResultCollector

collector = ResultCollector(lambda _: (), keeps_traces=True)

def pytest_runtest_logreport(report):
    collector.add_report(report)

def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        with open("results.jsonl", "w") as file:
            for result in collector.results.values():
                print(encode(result_line(result)), file=file)
"""

SUITE = {
    "test_root.py": """
        def test_at_the_root(): pass
    """,
    "tests/unit/test_shapes.py": """
        import pytest

        def test_function(): pass

        class TestOuter:
            def test_method(self): pass

            class TestInner:
                @pytest.mark.parametrize("x", [1.5, "a.b", "a::b", "a/b.py", "[0]", "", "日本"])
                def test_deep(self, x): pass

        @pytest.mark.parametrize("x", [1], ids=["two  blanks"])
        def test_blanks(x): pass

        def test_größe(): assert {"a": 1} == {"a": 2}
    """,
    "tests/b-c.d/test_endings.py": """
        import pytest, unittest

        @pytest.fixture
        def broken(): raise RuntimeError("no bench")

        @pytest.fixture
        def sticky():
            yield
            raise OSError("stuck")

        def test_setup(broken): pass
        def test_teardown(sticky): pass
        def test_both(sticky): assert 0
        def test_exits(): raise SystemExit(3)
        @pytest.mark.skip(reason="no bench")
        def test_skipped(): pass
        @pytest.mark.xfail(reason="known")
        def test_xfailed(): assert 0
        @pytest.mark.xfail(reason="known", strict=True)
        def test_xpassed_strictly(): pass
        @pytest.mark.xfail(reason="known")
        def test_xpassed(): pass

        class Unit(unittest.TestCase):
            def test_unit(self): self.assertEqual(1, 2)
    """,
    "docs/use.md": """
        >>> 1 + 1
        2
    """,
    "src/module.py": '''
        def double(x):
            """
            >>> double(2)
            5
            """
            return 2 * x
    ''',
}


class Told(NamedTuple):
    """What was told of one session: by pytest, by its file, and by the tool's rule on that file."""

    directly: list[TestResult]
    in_file: list[TestResult]
    by_tool: set[tuple[str, str, str]]


def run_pytest(folder: Path, files: Mapping[str, str], *options: str) -> Told:
    for name, text in {**files, "conftest.py": CONFTEST, "pytest.ini": "[pytest]"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.splitlines()
        indent = " " * 8 if text.startswith("\n        ") else ""
        path.write_text("\n".join(line.removeprefix(indent) for line in lines), encoding="utf-8")
    run_command(
        [
            *(sys.executable, "-m", "pytest", "-q", "--junitxml=report.xml"),
            *("--doctest-modules", "--doctest-glob=*.md", "--import-mode=importlib"),
            *("-p", "no:cacheprovider", *options),
        ],
        folder=folder,
        environment={**os.environ, "PYTEST_ADDOPTS": ADDOPTS},
    )
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    report = folder / "report.xml"
    reports = read_reports([str(report)], ReadOptions(keeps_traces=True))
    linked = link_tests(
        reports.groups(),
        find_links=lambda _, __: (),
        find_within=lambda _: (),
        keeps_names=True,
    )
    return Told(
        [Parser().parse_result(json.loads(line)) for line in lines],
        linked.results,
        {
            (*split_by_tool(case.attrib["classname"]), case.attrib["name"])
            for case in ET.parse(report).iter("testcase")  # noqa: S314 (pytest has just written it)
        },
    )


def split_by_tool(classname: str) -> tuple[str, str]:
    package, _, class_name = classname.rpartition(".")
    return package, class_name


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return run_pytest(tmp_path_factory.mktemp("suite"), SUITE)


def test_the_same_tests_are_named(told: Told) -> None:
    directly, in_file = names_of(runs_of(told.directly)), names_of(runs_of(told.in_file))

    assert len(directly) == 23
    assert directly == in_file
    assert set(directly) == told.by_tool


def test_the_same_status_is_told_of_each_test(told: Told) -> None:
    # pytest's file does not tell a strict pass of a test that was to fail from other failures
    directly = [run.get("status") for run in runs_of(told.directly)]

    assert directly == [run.get("status") for run in runs_of(told.in_file)]
    assert set(directly) == {"Passed", "Failed", "Skipped"}


def test_the_same_failures_are_told_in_full(told: Told) -> None:
    directly = errors_of(told.directly)

    assert directly == errors_of(told.in_file)
    assert "assert {'a': 1} == {'a': 2}" in directly["test_größe"][1]
    assert "no bench" in directly["test_setup"][1]


def errors_of(results: list[TestResult]) -> dict[str, tuple[str, str]]:
    return {
        run.get("name", ""): (error.get("message", ""), (error.text or "").strip())
        for run in runs_of(results)
        for error in run.iter("error")
    }


def test_workers_of_xdist_tell_the_same(told: Told, tmp_path: Path) -> None:
    spread = run_pytest(tmp_path, SUITE, "-n", "2")

    assert names_of(runs_of(spread.directly)) == names_of(runs_of(told.directly))
    assert errors_of(spread.directly).keys() == errors_of(told.directly).keys()
    assert all(text for _, text in errors_of(spread.directly).values())


PARAMETERS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
    | st.text("[]().:/\\ -x1\t\n\x1b", min_size=1, max_size=8),
    min_size=30,
    max_size=30,
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PARAMETERS)
def test_whatever_parameters_are_called_the_same_tests_are_named(
    tmp_path_factory: pytest.TempPathFactory, parameters: list[str]
) -> None:
    suite = (
        "import pytest\n"
        f"@pytest.mark.parametrize('x', range({len(parameters)}), ids={parameters!a})\n"
        "def test(x): pass\n"
    )

    told = run_pytest(tmp_path_factory.mktemp("suite"), {"test_it.py": suite})

    directly = names_of(runs_of(told.directly))
    assert len(directly) == len(parameters)
    assert set(directly) == set(names_of(runs_of(told.in_file))) == told.by_tool


def test_names_that_differ_in_blanks_alone_are_those_of_several_tests(tmp_path: Path) -> None:
    names = ["\r\n", " ", "\x85", "\u2028", "\t", "  ", "\n"]
    suite = (
        "import pytest\n"
        f"@pytest.mark.parametrize('x', range({len(names)}), ids={names!a})\n"
        "def test(x): pass\n"
    )
    written = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support=true"

    told = run_pytest(tmp_path, {"test_it.py": suite}, "-o", written)

    directly = names_of(runs_of(told.directly))
    assert {name for _, _, name in directly} == {f"test[{name}]" for name in names}
    assert set(directly) == set(names_of(runs_of(told.in_file))) == told.by_tool
