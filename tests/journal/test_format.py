from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import NO_CASE
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict
from pytest_jama.journal import lines, sending_lines
from tests.every import every
from tests.journal.samples import (
    ADJUSTED_VERDICT,
    BARE,
    BARE_RESULT,
    CASE,
    FULL,
    FULL_RESULT,
    FULL_VERDICT,
    NASTY,
    NASTY_RESULT,
    SHA256,
)

TIMED_RESULT = BARE_RESULT._replace(duration_s=0.0124999, links=FULL_RESULT.links)
MAKERS = [
    name
    for module in (lines, sending_lines)
    for name, _ in inspect.getmembers(module, inspect.isfunction)
    if name.endswith("_line")
]


def test_there_is_a_sample_of_every_kind_of_line() -> None:
    assert sorted(FULL) == sorted(BARE) == sorted(MAKERS)


@every("maker", MAKERS)
@every("samples", [FULL, BARE], ids=["full", "bare"])
def test_a_line_names_its_kind_and_survives_json(samples: dict[str, Any], maker: str) -> None:
    line = samples[maker]

    assert f"{line['line']}_line" == maker
    assert json.loads(json.dumps(line)) == line


def test_the_header_says_which_version_the_format_has() -> None:
    assert FULL["session_line"]["format"] == lines.FORMAT_VERSION == 2


def test_a_result_holds_all_that_the_account_of_a_run_needs() -> None:
    assert lines.result_line(FULL_RESULT) == {
        "line": "result",
        "test": "tests/test_a.py::test_a",
        "outcome": "failed",
        "cases": ["JEET1-TC-12", "20497#2"],
        "started": 1795836903.25,
        "host": "bench-3",
        "duration_s": 1.234568,
        "message": "AssertionError: no dial tone",
        "notes": ["bench 3"],
        "taken_out": True,
        "own": True,
        "redacted": 1,
        "steps": [[1, "passed", ""], [2, "failed", "no dial tone"]],
        "files": [
            {
                "name": "line.png",
                "sha256": SHA256,
                "size": 4,
                "type": "image/png",
                "step": 2,
                "redacted": 1,
            }
        ],
        "trace": "Traceback: no dial tone",
        "error_type": "AssertionError",
        "reported": ["tests.test_login", "test_ok"],
    }


def test_what_a_result_does_not_have_is_left_out() -> None:
    assert lines.result_line(BARE_RESULT) == {
        "line": "result",
        "test": "tests/test_a.py::test_b",
        "outcome": "passed",
        "cases": [],
    }


def test_a_test_that_took_no_time_is_not_one_of_unknown_duration() -> None:
    assert lines.result_line(BARE_RESULT._replace(duration_s=0.0))["duration_s"] == 0.0


def test_test_ids_and_messages_are_not_changed() -> None:
    line = json.loads(json.dumps(lines.result_line(NASTY_RESULT)))

    assert [line["test"], line["message"], *line["notes"], line["steps"][0][2]] == [NASTY] * 4


def test_the_collected_tests_say_what_they_count_as() -> None:
    assert FULL["collected_line"]["tests"] == [
        [
            *("tests/test_a.py::test_a", Outcome.FAILED, ["JEET1-TC-12", "20497#2"]),
            *("AssertionError: no dial tone", True),
        ],
        ["tests/test_a.py::test_b", Outcome.PASSED.value, []],
    ]


@pytest.mark.parametrize(
    "line, verdict",
    [
        pytest.param(FULL["verdict_line"], "FAILED", id="a verdict"),
        pytest.param(BARE["verdict_line"], "leave", id="leave"),
    ],
)
def test_a_verdict_is_told_in_the_words_of_the_settings(
    line: lines.JournalLine, verdict: str
) -> None:
    assert (line["case"], line["verdict"]) == ("JEET1-TC-12", verdict)


def test_an_update_tells_the_old_and_the_new_status() -> None:
    assert FULL["update_line"] == {
        "line": "update",
        "key": "20530",
        "run": 20530,
        "name": "Login",
        "case": "JEET1-TC-12",
        "also": ["20497"],
        "was": "NOT_RUN",
        "status": "FAILED",
        "steps": ["PASSED", "FAILED"],
        "run_key": "JEET1-TSTRN-5",
        "version": 3,
        "current_version": 4,
        "reasons": ["step 2 was skipped"],
        "procedure": [["Press [enter]", "It opens"], ["", ""]],
    }


def test_the_place_tells_what_was_created_and_what_has_no_run() -> None:
    line = FULL["place_line"]

    assert (line["project"], line["plan"], line["cycle"]) == (33, 20494, 20511)
    assert line["changes"] == ["create test cycle 'Build 1'"]
    assert line["unresolved"] == [["JEET1-TC-12", "no run", "add it"]]
    assert line["changed"] == ["20530"]
    assert [(each["case"], each["was"], each["why"]) for each in line["left"]] == [
        ("JEET1-TC-12", "PASSED", "a part")
    ]
    assert [each["key"] for each in line["replaced"]] == ["20530"]


def test_a_receipt_tells_state_attempts_and_error() -> None:
    line = FULL["receipt_line"]

    assert (line["run"], line["state"], line["attempts"]) == (20530, "locked", 2)
    assert line["error"] == "locked by Jane"
    assert "error" not in BARE["receipt_line"]


@every("result", [FULL_RESULT, BARE_RESULT, NASTY_RESULT, TIMED_RESULT])
def test_the_text_of_a_result_is_its_line(result: TestResult) -> None:
    assert json.loads(lines.result_text(result)) == lines.result_line(result)


@every("own", [False, True])
def test_the_text_of_the_collected_tests_is_their_line(own: bool) -> None:
    all_results = (FULL_RESULT, BARE_RESULT, NASTY_RESULT, TIMED_RESULT)
    tests = [each._replace(names_cases=own) for each in all_results]
    for several in ([], tests):
        assert lines.collected_text(several) == lines.encode(lines.collected_line(several))


def test_the_text_of_a_map_is_written_as_any_other_line() -> None:
    entries = [MapEntry(NASTY, FULL_RESULT.links, 7), MapEntry("tests/*", (NO_CASE,), 12)]
    plain, _ = CaseMap.build(entries)
    for each in (CaseMap.build([])[0], plain.seen_from(NASTY), plain.also_seen_from(["a", NASTY])):
        text = lines.map_line(each)
        assert text == lines.encode(json.loads(text))
    assert json.loads(text)["keys"] == [
        [NASTY, lines.links_json(FULL_RESULT.links), 7],
        ["tests/*", ["none"], 12],
    ]


@every("verdict", [FULL_VERDICT, ADJUSTED_VERDICT, CaseVerdict(CASE, None)])
def test_the_text_of_a_verdict_is_its_line(verdict: CaseVerdict) -> None:
    assert json.loads(lines.verdict_text(verdict)) == lines.verdict_line(verdict)


def test_what_a_hook_changed_is_kept_with_what_was_judged() -> None:
    assert FULL["verdict_line"]["adjusted"] == {
        "case": "JEET1-TC-12",
        "was": "PASSED",
        "steps": [[2, "FAILED", "0 V"]],
        "results": [FULL["result_line"]],
    }
