"""Which case a result goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import KEY, SETTINGS, says

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.workshop import Workshop


_NAMING = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_by_key(): assert 0

@pytest.mark.jama(9002)
def test_by_api_id(): assert 0

@pytest.mark.jama("GID-9003")
def test_by_global_id(): assert 0

def test_by_property(record_property):
    record_property("jama", "PUMP-TC-4")
    assert 0

def test_by_map(): assert 0

def test_by_name_PUMP_6(): assert 0

@pytest.mark.jama("PUMP-TC-7")
class TestOfAClass:
    def test_inherits(self): assert 0

    @pytest.mark.jama("PUMP-TC-8")
    def test_has_its_own(self): pass

@pytest.mark.parametrize("rate", [1, pytest.param(2, marks=pytest.mark.jama("PUMP-TC-9"))])
def test_parameters(rate): assert rate == 1

@pytest.mark.jama(None)
def test_taken_out(): assert 0

def test_taken_out_by_the_map(): assert 0

@pytest.mark.jama("PUMP-TC-13")
def test_marker_beats_the_map(): assert 0
"""


_NAMING_SETTINGS = (
    SETTINGS
    + """
names: "_PUMP_(?P<case>6)$"
tests:
  test_naming.py: PUMP-TC-10
  test_naming.py::test_by_map: PUMP-TC-5
  test_naming.py::test_taken_out_by_the_map: none
  test_naming.py::test_marker_beats_the_map: PUMP-TC-12
"""
)


def _play_naming(workshop: Workshop) -> None:
    store = workshop.sandbox.store
    workshop.add_cases(1)
    store.add_case(KEY, f"{KEY}-TC-2", id=9002)
    store.add_case(KEY, f"{KEY}-TC-6", id=6)
    store.add_case(KEY, global_id="GID-9003")
    workshop.add_cases(4, 5, 7, 8, 9, 10, 11, 12, 13)
    workshop.add_cycle()
    workshop.write("test_naming.py", _NAMING)
    workshop.write("jama.yaml", _NAMING_SETTINGS)
    ran = workshop.pytest()
    workshop.see(exit_status=ran.status)
    workshop.see_runs()
    for run in workshop.runs().values():
        if run.name.endswith(run.case_key) and run.case_id == _case_of_gid(workshop):
            workshop.facts["case of GID-9003"] = run.status


def _case_of_gid(workshop: Workshop) -> int:
    cases = workshop.sandbox.store.cases(KEY)
    return next(case.id for case in cases if case.global_id == "GID-9003")


_WRONG = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_well(): pass

def test_slip(record_property): record_property("jama", "PUMP-TC 2")

@pytest.mark.jama("PUMP-TC-77")
def test_no_such_case(): pass
"""


_UNUSABLE_MARKER = """
import pathlib, pytest

@pytest.mark.jama("PUMP-TC 2")
def test_slip(): pathlib.Path("it_ran").touch()
"""


_WRONG_REPORT = """<testsuites><testsuite name="s">
<testcase classname="t" name="well"><properties><property name="jama" value="PUMP-TC-1"/></properties></testcase>
<testcase classname="t" name="slip"><properties><property name="jama" value="PUMP-TC 2"/></properties></testcase>
<testcase classname="t" name="gone"><properties><property name="jama" value="PUMP-TC-77"/></properties></testcase>
</testsuite></testsuites>
"""  # noqa: E501 (one testcase a line)


def _play_wrong_references(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.write("test_wrong.py", _WRONG)
    ran = workshop.pytest()
    workshop.see(
        pytest_exit_status=ran.status,
        pytest_names_the_slip=says(ran.output, "NOT LINKED", "'PUMP-TC 2'"),
        pytest_names_the_missing_case=says(ran.output, "unresolved", "PUMP-TC-77"),
    )
    workshop.see_runs("pytest:")
    workshop.write("report.xml", _WRONG_REPORT)
    ran = workshop.junit("report.xml", "--cycle", "JUnit")
    workshop.see(
        junit_exit_status=ran.status,
        junit_names_the_slip="'PUMP-TC 2'" in ran.output,
        junit_names_the_missing_case=says(ran.output, "unresolved", "PUMP-TC-77"),
    )
    workshop.see_runs("JUnit:", cycle="JUnit")
    workshop.sandbox.clear_requests()
    workshop.write("test_wrong.py", _UNUSABLE_MARKER)
    ran = workshop.pytest()
    workshop.see(
        exit_status_with_an_unusable_marker=ran.status,
        its_test_ran=(workshop.folder / "it_ran").exists(),
        writing_requests=workshop.count_writes(),
    )


_NAMED = (
    (1, "PUMP-TC-1", "A marker with a document key leads to that case.", "FAILED"),
    (2, "PUMP-TC-2", "A marker with an API ID leads to that case.", "FAILED"),
    (3, "case of GID-9003", "A marker with a global ID leads to that case.", "FAILED"),
    (4, "PUMP-TC-4", "A property of the test leads to its case.", "FAILED"),
    (5, "PUMP-TC-5", "A key of the map leads to its case.", "FAILED"),
    (6, "PUMP-TC-6", "A reference in the name of a test leads to that case.", "FAILED"),
    (7, "PUMP-TC-7", "The marker of a class holds for its tests without one.", "FAILED"),
    (8, "PUMP-TC-8", "The marker of a test beats that of its class.", "PASSED"),
    (9, "PUMP-TC-9", "The marker of a parameter holds for that parameter alone.", "FAILED"),
    (10, "PUMP-TC-10", "The key of a file in the map holds for the rest of its tests.", "PASSED"),
    (11, "PUMP-TC-11", "A case that no test names is not written to.", "NOT_RUN"),
    (12, "PUMP-TC-12", "The map is not asked about a test that has a marker.", "NOT_RUN"),
    (13, "PUMP-TC-13", "The marker of such a test leads to its case.", "FAILED"),
)


SCENES = (
    Scene(
        "naming",
        "One pytest session whose failing tests are linked to cases in every way; the runs are "
        "read from the server. Where a test without a failure counts, the run is PASSED.",
        _play_naming,
        tuple(
            Check(f"N-{number:02}", text, {"exit status": 1, fact: status}, ("M-04",))
            for number, fact, text, status in _NAMED
        ),
    ),
    Scene(
        "wrong-references",
        "Green tests and a report with a mistyped reference and with a case that does not exist; "
        "then a marker that cannot be understood.",
        _play_wrong_references,
        (
            Check(
                "N-20",
                "A mistyped reference is named, and a green pytest session ends with 8.",
                {"pytest exit status": 8, "pytest names the slip": True},
                ("M-06", "M-12"),
            ),
            Check(
                "N-21",
                "A case that does not exist is named, and the results of the others are sent.",
                {"pytest names the missing case": True, "pytest: PUMP-TC-1": "PASSED"},
                ("M-06",),
            ),
            Check(
                "N-22",
                "`junit-uploader` names both, too, sends the others, and ends with 1.",
                {
                    "junit exit status": 1,
                    "junit names the slip": True,
                    "junit names the missing case": True,
                    "JUnit: PUMP-TC-1": "PASSED",
                },
                ("M-06", "M-12"),
            ),
            Check(
                "N-23",
                "A marker that cannot be understood ends pytest with 4 before a test runs.",
                {
                    "exit status with an unusable marker": 4,
                    "its test ran": False,
                    "writing requests": 0,
                },
                ("M-04", "M-12"),
            ),
        ),
    ),
)
