"""Reports that frameworks wrote on the spot, and, where they are at hand, collected ones."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from junit_uploader.merged_reports import read_reports
from pytest_jama.core.test_ids import normal_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from junit_uploader.junit.reported_test import ReportedTest

COLLECTED = Path(__file__).parents[3] / "shared" / "junit" / "fresh"
ORACLE = COLLECTED / "ORACLE.json"
EXPECTED: Mapping[str, Any] = json.loads(ORACLE.read_text()) if ORACLE.is_file() else {}


if EXPECTED:  # a parametrization over nothing would show up as a skipped test

    @pytest.mark.parametrize("name", sorted(EXPECTED))
    def test_counts_agree_with_those_of_another_reader(name: str) -> None:
        session = read_reports([str(COLLECTED / name)])
        counts = {outcome.value: number for outcome, number in session.testcase_counts.items()}
        counts["skipped"] += counts.pop("xfailed")
        found = {outcome: number for outcome, number in counts.items() if number}
        if EXPECTED[name]["wellformed"]:
            assert found == EXPECTED[name]["counts"]
        else:
            assert sum(found.values()) == EXPECTED[name]["textual_testcases"]


WITHOUT_OTHERS = ("-pno:randomly", "-pno:flaky", "-pno:pytest-retry")
"""The last of them keeps for later sessions of a process what it was told in one."""


def run_pytest(pytester: pytest.Pytester, code: str, *options: str) -> Mapping[str, ReportedTest]:
    """Run pytest over a module, and return the tests of its report in normal form."""
    pytester.makepyfile(test_module=code)
    pytester.runpytest_inprocess(*WITHOUT_OTHERS, "--junitxml=report.xml", *options)
    tests = read_reports([str(pytester.path / "report.xml")]).tests
    return {normal_form(test_id): test for test_id, test in tests.items()}


def test_report_of_pytest_tells_phases_and_expected_failures(pytester: pytest.Pytester) -> None:
    tests = run_pytest(
        pytester,
        """
        import pytest
        @pytest.fixture
        def bad(): raise ValueError("no")
        @pytest.fixture
        def late():
            yield
            raise ValueError("late")
        def test_setup(bad): pass
        def test_both(late): assert 0
        @pytest.mark.xfail(reason="known")
        def test_known(): assert 0
        def test_skip(): pytest.skip("not now")
        """,
    )
    found = {name: (test.outcome.value, test.as_result().message) for name, test in tests.items()}
    assert found == {
        "test_module/test_setup": ("error", "setup failed: ValueError: no"),
        "test_module/test_both": ("error", "assert 0\nteardown failed: ValueError: late"),
        "test_module/test_known": ("xfailed", "known"),
        "test_module/test_skip": ("skipped", "not now"),
    }


def test_rerun_of_pytest_ends_with_its_last_attempt(pytester: pytest.Pytester) -> None:
    code = """
        tries = []
        def test_never(): assert 0
        def test_third():
            tries.append(1)
            assert len(tries) == 3
        """
    tests = run_pytest(pytester, code, "--reruns=2")
    assert {name: (test.outcome.value, test.attempts) for name, test in tests.items()} == {
        "test_module/test_never": ("failed", 3),
        "test_module/test_third": ("passed", 3),
    }


def test_module_that_pytest_cannot_collect_is_named_by_its_path(pytester: pytest.Pytester) -> None:
    tests = run_pytest(pytester, "import nothing_of_this_name")
    assert {name: test.outcome.value for name, test in tests.items()} == {"test_module": "error"}


def test_properties_that_pytest_records_name_cases(pytester: pytest.Pytester) -> None:
    tests = run_pytest(
        pytester,
        """
        def test_a(record_property):
            record_property("jama", "A-TC-1")
            record_property("jama_step", 2)
            record_property("jama_step_status", "failed")
        """,
        "-ojunit_family=xunit1",
    )
    result = tests["test_module/test_a"].as_result()
    assert list(map(str, result.links)) == ["A-TC-1"]
    assert [(step.number, step.outcome.value) for step in result.steps] == [(2, "failed")]


NASTY = """
    import unittest
    import pytest

    NAMES = [
        "a.b", "a/b", "a::b", "x.py", "x.py::y", "[br]", "a]b", "ü é", "日本", " lead", "trail ",
        "", "a\\nb", "a\\\\b", "\\x1b[0m", "e\\u0301", "tests/test_a.py::test_b[1]", "..",
    ]

    def test_plain(): pass
    class TestA:
        def test_method(self): pass
        class TestInner:
            def test_deep(self): pass
        @pytest.mark.parametrize("x", NAMES)
        def test_names(self, x): pass
    class TestU(unittest.TestCase):
        def test_unit(self): pass
    @pytest.fixture(params=["f.1", "f/2"])
    def fix(request): return request.param
    def test_fixture(fix): pass
    def test_ünï(): pass
    def documented():
        '''
        >>> 1 + 1
        2
        '''
    class Documented:
        def method(self):
            '''
            >>> 1
            1
            '''
    """


class CollectedIds:
    """Remembers the node IDs of a session."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.forms = sorted(normal_form(item.nodeid) for item in session.items)


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_report_of_pytest_has_the_test_ids_of_its_session(
    pytester: pytest.Pytester,
    family: str,
) -> None:
    code = textwrap.dedent(NASTY)
    names = ["test_root", "sub.dir/deep/test_x", "with space/test_s"]
    if pytest.version_tuple >= (8, 3, 5):  # older ones cannot import from a folder of such a name
        names.append("test_dir.py/test_in")
    for name in names:
        file = pytester.path / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    collected = CollectedIds()
    options = ("--doctest-modules", "--import-mode=importlib", "--junitxml=report.xml")
    pytester.runpytest_inprocess(
        *WITHOUT_OTHERS, f"-ojunit_family={family}", *options, plugins=[collected]
    )
    tests = read_reports([str(pytester.path / "report.xml")]).tests
    assert sorted(map(normal_form, tests)) == collected.forms
