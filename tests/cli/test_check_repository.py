"""``pytest-jama check``: what it says of the repository, without a server."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from pytest_jama.cli import main as toolbox
from pytest_jama.cli.check.check_repository import find_needs
from pytest_jama.cli.check.check_tests import TestsProbe
from pytest_jama.cli.collecting import CollectedSession, SourceStep, TestSource
from pytest_jama.config import load_settings
from pytest_jama.core.cases import CaseLink, CaseRef
from pytest_jama.core.known_tests import Coverage
from pytest_jama.core.left_out import look_at_map
from pytest_jama.core.lock import CaseText, Lock, LockedCase
from pytest_jama.core.results import Outcome, TestResult
from tests.harness import ADDOPTS
from tests.here import run_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.core.observation import Observation

pytestmark = pytest.mark.usefixtures("quick_children")

ROOT = Path(__file__).parents[2]

SUITE = """
import datetime
import pytest

@pytest.mark.parametrize("n", range(20))
def test_many(n): raise SystemExit("it ran")

@pytest.mark.parametrize("when", [datetime.datetime.now()], ids=str)
def test_time(when): raise SystemExit("it ran")

@pytest.mark.stress
def test_stress(): raise SystemExit("it ran")

@pytest.mark.jama("PUMP-TC-4")
def test_marked(jama):
    with jama.step(7, "Open the valve"):
        raise SystemExit("it ran")
"""

SETTINGS = """
project: PUMP
plan: Release 1
cycle: Build ${ONLY_IN_CI}
upload: {rate: 5}
tests:
  tests/test_a.py: PUMP-TC-2
  tests/test_a.py::test_many: PUMP-TC-1
  tests/test_a.py::test_time[2026-01-01 10:00:00.123]: PUMP-TC-3
"""


class Checked(NamedTuple):
    """A check that has ended."""

    status: int
    output: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document in the output, which may have other lines before it."""
        found: dict[str, Any] = json.loads(self.output[self.output.index("{\n") :])
        return found

    def lines(self, name: str) -> list[str]:
        """Return the lines about something: mark and text."""
        return [
            f"{each['mark']} {each['text']}"
            for each in self.document["observations"]
            if each["name"] == name
        ]


def check(folder: Path, *arguments: str, **environment: str) -> Checked:
    """Check a folder, in which no variable of Jama is set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAMA_")}
    kept.pop("PYTEST_XDIST_WORKER", None)
    return Checked(
        *run_here(
            lambda: toolbox(["check", *arguments]),
            folder=folder,
            environment={**kept, "PYTEST_ADDOPTS": ADDOPTS, **environment},
        )
    )


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """A repository with one finding of each kind, checked without a server or credentials."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_a.py").write_text(SUITE, encoding="utf-8")
    (folder / "jama.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = -m 'not stress'\nmarkers = stress: takes long\n", encoding="utf-8"
    )
    return check(folder, "--offline", "--json")


def test_findings_end_with_1_and_the_document_says_that_no_server_was_asked(
    offline: Checked,
) -> None:
    assert (offline.status, offline.document["exit_status"]) == (1, 1)
    assert offline.document["offline"] is True
    assert not offline.lines("address")


def test_what_is_needed_for_an_upload_alone_is_a_note(offline: Checked) -> None:
    assert offline.lines("destination") == [
        "note not set here, and needed by an upload: url, cycle"
    ]
    (credentials,) = offline.lines("credentials")
    assert credentials.startswith("note an upload from here would fail: no credentials for Jama")


def test_the_map_is_compared_with_what_pytest_collects(offline: Checked) -> None:
    assert offline.lines("tests") == ["ok 23 tests, 23 of them linked to 3 test cases"]
    text = "1 of 3 keys of `tests:` matches no test; a session makes their cases incomplete"
    assert offline.lines("map") == [f"problem {text}"]
    (dead,) = offline.lines("dead key")
    assert "write the key as 'tests/test_a.py::test_time[**]'; nearest is tests/test_a.py" in dead


def test_tests_that_a_narrower_key_takes_away_are_counted(offline: Checked) -> None:
    (said,) = offline.lines("narrower keys")
    assert said.startswith(
        "note PUMP-TC-2 is without 20 tests that a narrower key gives to PUMP-TC-1; "
        "the nearest key wins: 'tests/test_a.py::test_many' in line"
    )


def test_the_option_that_deselects_is_named_with_the_cases_it_costs(offline: Checked) -> None:
    (said,) = offline.lines("deselected")
    assert said.startswith(
        "note 1 test by -m 'not stress' (addopts in pytest.ini): in such a session PUMP-TC-2 "
        "cannot be PASSED"
    )


def test_it_says_what_a_session_would_do(offline: Checked) -> None:
    text = "one would run 22 tests and give 3 test cases a verdict, in project 'PUMP', plan"
    assert offline.lines("session")[0].startswith(f"ok {text} 'Release 1'")


def test_the_document_names_everything(offline: Checked) -> None:
    found = offline.document["repository"]
    assert (found["asked"], found["tests"]) == (True, 23)
    assert found["deselected"] == ["tests/test_a.py::test_stress"]
    assert found["deselected_by"] == ["-m 'not stress' (addopts in pytest.ini)"]
    assert [each["key"] for each in found["unmatched"]] == [
        "tests/test_a.py::test_time[2026-01-01 10:00:00.123]"
    ]
    (taken,) = found["taken_away"]
    assert (taken["case"], taken["given_to"], len(taken["tests"])) == (
        "PUMP-TC-2",
        ["PUMP-TC-1"],
        20,
    )


def test_each_value_has_its_origin(offline: Checked) -> None:
    values = {each["name"]: (each["value"], each["origin"]) for each in offline.document["values"]}
    assert values["upload.rate"] == (5.0, "jama.yaml:5")
    assert values["plan.name"] == ("Release 1", "jama.yaml:3")
    assert values["strict"] == (False, "default")
    assert values["tests"] == ("3 keys", "jama.yaml:6")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings that are whole, and no test."""
    (tmp_path / "jama.yaml").write_text("project: P\ntests: {t.py: P-TC-1}\n", encoding="utf-8")
    return tmp_path


def test_settings_are_printed_with_file_variable_and_flag(folder: Path) -> None:
    (folder / "jama.yaml").write_text("project: P\nheaders: {X-Key: '${KEY}'}\n", encoding="utf-8")
    found = check(
        *(folder, "--offline", "--no-collect", "--settings", "--cycle", "Build 1"),
        JAMA_PLAN="Release 2",
        KEY="very-secret-key",
    )
    assert found.status == 0, found.output
    assert "project: P (jama.yaml:1)" in found.output
    assert "plan.name: Release 2 (environment JAMA_PLAN)" in found.output
    assert "cycle.name: Build 1 (--cycle)" in found.output
    assert "verdicts.skipped: leave (default)" in found.output
    assert 'headers: {"X-Key": "(hidden)"} (jama.yaml:2)' in found.output
    assert "very-secret-key" not in found.output


def test_a_repository_without_findings_ends_with_0(folder: Path) -> None:
    assert check(folder, "--offline", "--no-collect").status == 0


def test_wrong_settings_end_with_2(folder: Path) -> None:
    (folder / "jama.yaml").write_text("project: P\nplam: x\n", encoding="utf-8")
    found = check(folder, "--offline", "--no-collect")
    assert found.status == 2
    assert "jama.yaml:2: unknown key 'plam'; did you mean plan?" in found.output


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--offline", "--runs", "5"], "--runs: it is about the server"),
        (["--offline", "--report", "x.txt"], "--report: it is about the server"),
        (["--offline", "--junit"], "--junit reads reports, and none is named"),
        (["--offline", "--no-collect", "x.py"], "x.py is about tests, and --no-collect asks"),
    ],
)
def test_options_that_do_not_fit_together_end_with_2(
    folder: Path, arguments: list[str], said: str
) -> None:
    found = check(folder, *arguments)
    assert found.status == 2
    assert said in found.output


def test_certificate_files_that_cannot_be_used_are_a_problem(folder: Path) -> None:
    (folder / "ca.pem").write_text("no certificate\n", encoding="utf-8")
    (folder / "jama.yaml").write_text("project: P\ntls: {verify: ca.pem}\n", encoding="utf-8")
    found = check(folder, "--offline", "--no-collect", "--json")
    assert found.status == 1
    assert found.lines("TLS")[0].startswith("problem ")
    assert "ca.pem cannot be used: " in found.lines("TLS")[0]


def test_reports_take_the_place_of_a_collection(folder: Path) -> None:
    (folder / "jama.yaml").write_text(
        "tests: {com.acme.FlowTest: P-TC-1, com.acme.Gone: P-TC-2}\n", encoding="utf-8"
    )
    (folder / "report.xml").write_text(
        '<testsuite><testcase classname="com.acme.FlowTest" name="flows"/></testsuite>',
        encoding="utf-8",
    )
    found = check(folder, "--offline", "--json", "--junit", "report.xml")
    assert found.status == 1
    assert found.lines("tests") == ["ok 1 test, 1 of them linked to 1 test case"]
    assert found.lines("dead key") == [
        "problem 'com.acme.Gone' in line 1 has no test in any report given here"
    ]


def _observe(
    tmp_path: Path,
    settings: str,
    tests: Mapping[str, str],
    *,
    lock: Lock | None = None,
    **session: Any,
) -> dict[str, Observation]:
    """Return what is said of tests that were collected, by name."""
    (tmp_path / "jama.yaml").write_text(settings, encoding="utf-8")
    loaded = load_settings(
        start=tmp_path, file=None, flags={}, environ={}, needs_target=False, flag_prefix="--"
    )
    results = tuple(
        TestResult(
            test,
            Outcome.NOT_REACHED,
            links=(CaseLink.parse(case),) if case else loaded.settings.tests.find(test),
        )
        for test, case in tests.items()
    )
    found = look_at_map(loaded.settings.tests, results, Coverage(list(tests)))
    collected = CollectedSession(results, map=found, **session)
    object.__setattr__(loaded, "lock", lock)
    return {each.name: each for each in TestsProbe(collected, loaded).observe()}


def test_where_nothing_is_linked_a_test_is_shown_beside_the_nearest_key(tmp_path: Path) -> None:
    said = _observe(
        tmp_path, "tests: {pkg/tests/test_a.py::test_x: P-TC-1}\n", {"tests/test_a.py::test_x": ""}
    )
    assert said["tests"].mark.value == "problem"
    assert said["tests"].text.endswith(
        "nothing would be sent; nearest to tests/test_a.py::test_x is the key "
        "'pkg/tests/test_a.py::test_x' in line 1"
    )


def test_without_any_key_or_marker_nothing_is_wrong_yet_unless_strict(tmp_path: Path) -> None:
    said = _observe(tmp_path, "project: P\n", {"a.py::x": ""})
    assert said["tests"].mark.value == "note"
    assert "one test is a.py::x; name tests under `tests:` in jama.yaml" in said["tests"].text
    said = _observe(tmp_path, "strict: true\n", {"a.py::x": ""})
    assert said["tests"].mark.value == "problem"


def test_a_dead_key_is_a_note_where_the_map_only_warns(tmp_path: Path) -> None:
    settings = "map: {unmatched: warn}\ntests: {a.py: P-TC-1, b.py: P-TC-2}\n"
    said = _observe(tmp_path, settings, {"a.py::x": ""})
    assert (said["map"].mark.value, said["dead key"].mark.value) == ("note", "note")


def test_many_findings_are_counted(tmp_path: Path) -> None:
    uncollected = tuple((f"t{number}.py", "ImportError") for number in range(9))
    said = _observe(tmp_path, "project: P\n", {"a.py::x": "P-TC-1"}, uncollected=uncollected)
    assert said["tests"].text == "1 test, 1 of them linked to 1 test case"
    keys = "\n".join(f"  t{number}.py: P-TC-{number}" for number in range(1, 8))
    said = _observe(tmp_path, f"tests:\n  a.py: P-TC-9\n{keys}\n", {"a.py::x": ""})
    assert said["map"].text.startswith("7 of 8 keys of `tests:` match no test")
    assert said["dead key"].text == "4 more (list with -v)"


def test_keys_that_are_equally_specific_are_a_problem(tmp_path: Path) -> None:
    settings = "tests: {'**test_ab': P-TC-1, 'a.py::test_*': P-TC-2}\n"
    said = _observe(tmp_path, settings, {"a.py::test_ab": ""})
    assert said["map"].mark.value == "problem"
    assert "are equally specific for a.py::test_ab: add that test ID" in said["map"].text


def test_the_lock_is_compared_with_the_tests(tmp_path: Path) -> None:
    text = CaseText("Flow", "")
    lock = Lock({"P-TC-1": LockedCase.of(text, tests=["a.py::x", "a.py::gone"])})
    said = _observe(tmp_path, "project: P\n", {"a.py::x": "P-TC-1"}, lock=lock)
    assert said["lock"].mark.value == "problem"
    assert "1 test of it gone, whose cases are incomplete: a.py::gone" in (said["lock"].text)
    same = Lock({"P-TC-1": LockedCase.of(text, tests=["a.py::x"])})
    said = _observe(tmp_path, "project: P\n", {"a.py::x": "P-TC-1"}, lock=same)
    assert said["lock"].text == "jama.lock names the same tests, 1 case"


def test_steps_of_markers_map_and_source_are_wanted_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "jama.yaml").write_text("tests: {a.py: {case: P-TC-1, step: 2}}\n")
    settings = load_settings(
        start=tmp_path, file=None, flags={}, environ={}, needs_target=False
    ).settings
    tests = (
        TestResult("b.py::x", Outcome.NOT_REACHED, links=(CaseLink.parse("P-TC-2#3"),)),
        TestResult("b.py::y", Outcome.NOT_REACHED, links=(CaseLink.parse("P-TC-2"),)),
        TestResult("b.py::z", Outcome.DESELECTED, links=(CaseLink.parse("P-TC-3"),)),
    )
    source = TestSource("b.py", 1, "", steps=(SourceStep(5), SourceStep(6)))
    wanted = find_needs(settings, CollectedSession(tests, sources={"b.py::y": source}))
    assert {ref.text: set(steps) for ref, steps in wanted.steps.items()} == {
        "P-TC-1": {2},
        "P-TC-2": {3, 5, 6},
        "P-TC-3": set(),
    }
    assert (wanted.tests, wanted.linked) == (2, (CaseRef.parse("P-TC-2"),))


def test_the_hooks_of_pre_commit_are_commands_that_there_are(folder: Path) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [each["id"] for each in hooks] == ["pytest-jama-check", "pytest-jama-check-tests"]
    for hook in hooks:
        program, command, *options = hook["entry"].split()
        assert (program, command, "--offline" in options) == ("pytest-jama", "check", True)
        assert check(folder, *options, "--no-collect").status == 0
        for changed in ("e2e/jama.yaml", "jama.lock", "qa/map.csv"):
            assert re.search(hook["files"], changed), (hook["id"], changed)
