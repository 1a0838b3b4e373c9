from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import parse_links
from pytest_jama.core.results import Outcome, ReportedName, StepResult, TestResult
from pytest_jama.core.test_ids import normal_form
from pytest_jama.journal.line_parser import Parser
from pytest_jama.journal.lines import encode, result_line, result_text
from pytest_jama.targets.octane import document
from pytest_jama.targets.octane.document import build_documents, write_documents
from pytest_jama.targets.octane.document_head import BuildIds, DocumentHead, SuiteRef
from pytest_jama.targets.octane.test_names import name_of
from tests.core.values import result_of, step_result
from tests.every import every
from tests.targets.octane.read_documents import (
    NO_HEAD,
    names_of,
    read_document,
    run_of,
    runs_of,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_jama.targets.octane.document import ResultDocument

RAN = (
    *(Outcome.PASSED, Outcome.FAILED, Outcome.ERROR),
    *(Outcome.SKIPPED, Outcome.XFAILED, Outcome.XPASSED),
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12).map(
    # two halves that meet are one character, as for whoever reads JSON
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)
HOSTILE = ANY_TEXT | st.sampled_from(
    [
        *("", " ", "\t", "\n", "\r\n", "]]>", "&amp;", "<!DOCTYPE x>", "\x1b[31mred\x1b[0m"),
        *("#x1B", "\x1b", "\ud800", "\ufffe", "x" * 255, "x" * 256, "\N{FIRE}" * 128, "é" * 300),
        *("a.b", "a::b", "[1.5]", "tests/a.py::test", "T.test", "\x7f", "\x85", "\u2028"),
    ]
)
SECONDS = st.floats(allow_nan=False) | st.sampled_from([0.0, 0.0005, 1e-7, 1e9, 1e300, -1.0])
STEPS = st.builds(StepResult, st.integers(1, 10**18), st.sampled_from(Outcome), HOSTILE)
RESULTS = st.builds(
    TestResult,
    test_id=HOSTILE,
    outcome=st.sampled_from(Outcome),
    duration_s=st.none() | SECONDS,
    message=HOSTILE,
    notes=st.lists(HOSTILE, max_size=2).map(tuple),
    steps=st.lists(STEPS, max_size=2).map(tuple),
    links=st.sampled_from([parse_links(text) for text in ("12, 7", "GID-1", "9" * 19, "5#2")]),
    started=st.none() | SECONDS,
    trace=HOSTILE,
    error_type=HOSTILE,
    reported=st.none() | st.builds(ReportedName, HOSTILE, HOSTILE),
)
NUMBERS = st.integers(1, 2**63 - 1)
HEADS = st.builds(
    DocumentHead,
    build=st.none() | st.builds(BuildIds, HOSTILE, HOSTILE, HOSTILE),
    suite=st.none() | st.builds(SuiteRef, NUMBERS, HOSTILE),
    release=st.none() | NUMBERS,
    release_name=HOSTILE,
    milestone=st.none() | NUMBERS,
    modules=st.lists(NUMBERS, max_size=2).map(tuple),
    fields=st.lists(st.tuples(st.just("Framework"), HOSTILE), max_size=2).map(tuple),
    environment=st.lists(st.tuples(HOSTILE, HOSTILE), max_size=2).map(tuple),
    report_url=HOSTILE | HOSTILE.map("https://ci/{}".format),
)


@given(st.lists(RESULTS, max_size=8), HEADS)
def test_document_is_valid_whatever_tests_and_settings_say(
    results: list[TestResult], head: DocumentHead
) -> None:
    runs = runs_of(results, head)

    told = {(normal_form(each.test_id), name_of(each)) for each in results if did_run(each)}
    assert len(runs) == len(told)
    assert len(set(names_of(runs))) == len(runs)


def did_run(result: TestResult) -> bool:
    return result.outcome in RAN


@given(st.lists(RESULTS, max_size=8), st.randoms(use_true_random=False), SECONDS)
def test_order_in_which_tests_end_does_not_matter(
    results: list[TestResult], chance: random.Random, started: float
) -> None:
    shuffled = chance.sample(results, len(results))

    assert build_documents(shuffled, NO_HEAD, started=started) == build_documents(
        results, NO_HEAD, started=started
    )


def as_read_back(result: TestResult) -> TestResult:
    text = result_text(result)
    assert json.loads(text) == json.loads(encode(result_line(result)))
    return Parser().parse_result(json.loads(text))


FINITE = st.none() | st.floats(-1e9, 1e18) | st.sampled_from([0.0005, 0.0015, 1e-7, 0.4999999])


@given(st.lists(st.tuples(RESULTS, FINITE, FINITE), max_size=8), HEADS, st.floats(0, 2e9))
def test_journal_makes_the_same_documents_as_the_session(
    found: list[tuple[TestResult, float | None, float | None]], head: DocumentHead, started: float
) -> None:
    results = [each._replace(duration_s=time_s, started=at) for each, time_s, at in found]
    read = [as_read_back(each) for each in results]
    in_header = float(int(started))  # in whole seconds

    expected = build_documents(results, head, started=started)

    assert build_documents(read, head, started=in_header) == expected


@every(
    "outcome, status",
    [
        pytest.param(Outcome.PASSED, "Passed", id="passed"),
        pytest.param(Outcome.XPASSED, "Passed", id="xpassed"),
        pytest.param(Outcome.FAILED, "Failed", id="failed"),
        pytest.param(Outcome.ERROR, "Failed", id="error"),
        pytest.param(Outcome.SKIPPED, "Skipped", id="skipped"),
        pytest.param(Outcome.XFAILED, "Skipped", id="xfailed"),
    ],
)
def test_outcome_becomes_a_word_of_the_server(outcome: Outcome, status: str) -> None:
    assert run_of(result_of(outcome)).get("status") == status


@every("outcome", [each for each in Outcome if each not in RAN])
def test_test_that_did_not_run_is_not_sent(outcome: Outcome) -> None:
    assert build_documents([result_of(outcome)], NO_HEAD) == ()


@every(
    "duration_s, duration",
    [
        pytest.param(None, 0, id="unknown"),
        pytest.param(0.0005, 1, id="half a millisecond"),
        pytest.param(0.000499, 0, id="less than half"),
        pytest.param(1e-7, 0, id="hardly any"),
        pytest.param(1.0015, 1002, id="what floats write as 1.0014999"),
        pytest.param(0.1 + 0.2, 300, id="what floats write as 0.30000000000000004"),
        pytest.param(1e9, 10**12, id="30 years"),
        pytest.param(123456789.001, 123456789001, id="large and exact"),
        pytest.param(1e300, 2**63 - 1, id="too large"),
        pytest.param(float("inf"), 0, id="endless"),
        pytest.param(float("nan"), 0, id="no number"),
        pytest.param(-1.5, 0, id="negative"),
    ],
)
def test_duration_is_whole_milliseconds(duration_s: float | None, duration: int) -> None:
    result = result_of(Outcome.PASSED, duration_s=duration_s)

    assert run_of(result).get("duration") == str(duration)


@every(
    "own, others, started, expected",
    [
        pytest.param(1700000000.1235, 5.0, 7.0, 1700000000124, id="its own"),
        pytest.param(None, 1700000000.5, 7.0, 1700000000500, id="the first of the others"),
        pytest.param(None, None, 1700000000.9999, 1700000000000, id="that of the session"),
        pytest.param(None, None, None, 0, id="nothing is known"),
        pytest.param(-5.0, None, None, 0, id="before 1970"),
    ],
)
def test_every_run_says_when_it_began(
    own: float | None, others: float | None, started: float | None, expected: int
) -> None:
    results = [
        result_of(Outcome.PASSED, test="a.py::test_a")._replace(started=own),
        result_of(Outcome.PASSED, test="a.py::test_b")._replace(started=others),
    ]

    first, _ = runs_of(results, started=started)

    assert first.get("started") == str(expected)


def test_failure_says_its_kind_a_line_and_the_whole_text() -> None:
    result = result_of(Outcome.FAILED, message="ValueError: no\nmore of it")._replace(
        trace="def test():\n>   int('<no>')\nE   ValueError: no & more"
    )

    (error,) = run_of(result)

    assert dict(error.attrib) == {"type": "ValueError", "message": "ValueError: no"}
    assert error.text == result.trace


@every(
    "message, kind",
    [
        pytest.param("AssertionError: 1 != 2", "AssertionError", id="Python"),
        pytest.param("sqlite3.OperationalError: locked", "sqlite3.OperationalError", id="dotted"),
        pytest.param("java.lang.IllegalState: no", "java.lang.IllegalState", id="Java"),
        pytest.param("setup failed: KeyError: 'a'", "KeyError", id="setup"),
        pytest.param("assert 1 == 2", "AssertionError", id="assert, which pytest shortens"),
        pytest.param("Failed: by hand", "Failed", id="pytest.fail"),
        pytest.param("ValueError", "ValueError", id="without a message"),
        pytest.param("Expected: 5", None, id="a word with a colon"),
        pytest.param("see a.b.C for more", None, id="in a sentence"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_kind_of_a_failure_is_read_from_its_message(message: str, kind: str | None) -> None:
    (error,) = run_of(result_of(Outcome.FAILED, message=message))

    assert error.get("type") == kind


def test_kind_that_a_report_tells_apart_comes_first() -> None:
    result = result_of(Outcome.FAILED, message="ValueError: no")._replace(error_type="a.Failure")

    (error,) = run_of(result)

    assert error.get("type") == "a.Failure"


def test_long_message_without_a_trace_is_kept_as_text() -> None:
    message = "first line " + "x" * 900 + "\nsecond"

    (error,) = run_of(result_of(Outcome.FAILED, message=message))

    assert len(error.get("message", "")) == 500
    assert error.text == message


def test_reason_of_a_skip_describes_the_run() -> None:
    result = result_of(Outcome.SKIPPED, message="no <bench>", notes=("on the\nroof",))

    (described,) = run_of(result)

    assert (described.tag, described.text) == ("description", "no <bench>\non the\nroof")


def test_steps_and_what_is_noted_there_are_shown() -> None:
    steps = (
        step_result(1, Outcome.PASSED, "5 ml/h"),
        step_result(2, Outcome.FAILED, "6 > 5"),
        step_result(3, Outcome.SKIPPED),
    )

    _, steps_element = run_of(result_of(Outcome.FAILED, *steps))

    told = [(step.get("name"), step.get("status"), *step.itertext()) for step in steps_element]
    assert told == [
        ("Step 1: 5 ml/h", "Passed"),
        ("Step 2", "Failed", "6 > 5"),
        ("Step 3", "Skipped"),
    ]


def test_failure_in_a_step_is_expected_where_that_of_the_test_is() -> None:
    result = result_of(Outcome.XFAILED, step_result(1, Outcome.FAILED, "known"))

    *_, steps = run_of(result)

    assert [step.get("status") for step in steps] == ["Skipped"]


def test_run_names_the_backlog_items_that_its_test_covers() -> None:
    result = result_of(Outcome.PASSED, cases="1005, JEET1-TC-1, 12#3, 12")

    (items,) = run_of(result)

    assert [item.get("id") for item in items] == ["12", "1005"]


def test_head_is_the_same_in_every_document_and_in_the_order_of_the_schema() -> None:
    head = DocumentHead(
        build=BuildIds("lab", "nightly", "7"),
        suite=SuiteRef(5, "night"),
        release_name="_default_",
        milestone=6,
        modules=(1, 2),
        fields=(("Framework", "pytest"),),
        environment=(("OS", "Linux"), ("DB", "none\t")),
        report_url="HTTPS://ci/1?a=b&c",
    )

    (built,) = build_documents([result_of(Outcome.PASSED)], head)

    assert [element.tag for element in read_document(built.content)] == [
        *("build", "suite_ref", "release", "milestone_ref"),
        *("product_areas", "test_fields", "environment", "test_runs"),
    ]
    assert b'<taxonomy type="DB" value="none&#9;"/>' in built.content
    assert b'external_report_url="https://ci/1?a=b&amp;c"' in built.content


@every(
    "url, is_shown",
    [
        pytest.param("http://ci/1", True, id="http"),
        pytest.param("td://project.domain/1", True, id="td"),
        pytest.param("testdirector:host/1", True, id="testdirector"),
        pytest.param("ftp://ci/1", False, id="other scheme"),
        pytest.param("ci/1", False, id="no scheme"),
        pytest.param("http://ci/a b", False, id="blank"),
        pytest.param("http://ci/a\nb", False, id="line break"),
        pytest.param("http://" + "x" * 505, True, id="longest"),
        pytest.param("http://" + "x" * 506, False, id="too long, which a cut would break"),
        pytest.param("", False, id="none"),
    ],
)
def test_link_that_the_schema_refuses_is_left_out(url: str, *, is_shown: bool) -> None:
    run = run_of(result_of(Outcome.PASSED), DocumentHead(report_url=url))

    assert run.get("external_report_url") == (url if is_shown else None)


@pytest.mark.parametrize("outcomes", [RAN, RAN[::-1]], ids=["worst last", "worst first"])
def test_worst_of_several_results_of_a_test_stands(outcomes: tuple[Outcome, ...]) -> None:
    results = [result_of(each, cases=str(number)) for number, each in enumerate(outcomes, start=1)]

    error, items = run_of_several(results)

    assert error == "Failed"
    assert items == ["1", "2", "3", "4", "5", "6"]


def test_two_spellings_of_a_test_are_one() -> None:
    directly = result_of(Outcome.PASSED, test="a/test_b.py::T::t[1.5]")
    in_file = result_of(Outcome.FAILED, test="a.test_b.T.t[1.5]")
    in_file = in_file._replace(reported=ReportedName("a.test_b.T", "t[1.5]"))

    (run,) = runs_of([directly, in_file])

    assert run.get("status") == "Failed"


def run_of_several(results: list[TestResult]) -> tuple[str | None, list[str | None]]:
    (run,) = runs_of(results)
    return run.get("status"), [item.get("id") for item in run.iter("backlog_item_ref")]


@every(
    "one, other",
    [
        pytest.param("a.py::t[\x1b]", "a.py::t[#x1B]", id="character that is written out"),
        pytest.param("a.py::t[\x1b#x1B]", "a.py::t[#x1B\x1b]", id="both are changed"),
        pytest.param("a.py::" + "x" * 300, "a.py::" + "x" * 301, id="cut"),
        pytest.param("a.py::" + "\N{FIRE}" * 150, "a.py::" + "\N{FIRE}" * 151, id="cut pairs"),
        pytest.param("a.py::t[a]", "a.py::t[A]", id="case"),
        pytest.param("a.py::", "a.py::(unnamed)", id="empty"),
    ],
)
def test_two_tests_stay_two(one: str, other: str) -> None:
    results = [result_of(Outcome.PASSED, test=each) for each in (one, other)]

    assert len(set(names_of(runs_of(results)))) == 2


def test_test_that_is_called_so_indeed_keeps_its_name() -> None:
    tests = ("a.py::t[\x1b]", "a.py::t[#x1B]")

    names = names_of(runs_of([result_of(Outcome.PASSED, test=each) for each in tests]))

    assert names[0] == ("", "a", "t[#x1B]")
    assert names[1][2].startswith("t[#x1B] [")


def test_long_session_is_cut_at_fixed_places_with_one_head() -> None:
    results = [
        result_of(Outcome.PASSED, test=f"a.py::test[{number:05}]") for number in range(10_001)
    ]
    head = DocumentHead(release=4)

    built = build_documents(results, head)

    assert [len(each.tests) for each in built] == [5000, 5000, 1]
    assert [(each.number, each.of) for each in built] == [(1, 3), (2, 3), (3, 3)]
    assert all(b'<release_ref id="4"/>' in each.content for each in built)
    assert built[1].tests[0].name == "test[05000]"


def _suite_run_of(built: Sequence[ResultDocument]) -> set[str]:
    """Return what the documents call the suite run that gathers their runs."""
    found = [re.search(r'<suite_ref id="5"([^>]*)/>', each.content.decode()) for each in built]
    return {each[1] for each in found if each is not None}


def test_documents_of_one_session_share_a_suite_run_that_no_other_session_has() -> None:
    def build(count: int, *, began: float) -> set[str]:
        results = [
            result_of(Outcome.PASSED, test=f"a.py::test[{number}]")._replace(started=began)
            for number in range(count)
        ]
        return _suite_run_of(build_documents(results, DocumentHead(suite=SuiteRef(5))))

    (run,) = build(5_001, began=1_767_607_200.0)
    assert re.fullmatch(' external_run_id="pytest-jama [0-9a-f]{16}"', run)
    assert build(5_001, began=1_767_607_200.0) == {run}
    assert run not in build(5_001, began=1_767_693_600.0)
    assert build(5_000, began=1_767_607_200.0) == {""}


def test_the_suite_run_of_the_settings_stands_in_every_document() -> None:
    results = [result_of(Outcome.PASSED, test=f"a.py::test[{each}]") for each in range(5_001)]
    built = build_documents(results, DocumentHead(suite=SuiteRef(5, "night")))
    assert _suite_run_of(built) == {' external_run_id="night"'}


def test_large_session_is_cut_where_a_document_would_be_too_large() -> None:
    results = [
        result_of(Outcome.FAILED, test=f"a.py::test[{number:03}]")._replace(trace="&" * 65_536)
        for number in range(100)
    ]

    built = build_documents(results, NO_HEAD)

    assert sum(len(each.tests) for each in built) == 100
    assert all(len(each.content) <= document.BYTES_AT_MOST for each in built)
    assert len(built) == 4


def test_document_is_an_update_with_facts_for_a_journal() -> None:
    results = [
        result_of(Outcome.PASSED, test="tests/test_a.py::TestX::test_a")._replace(started=7.0),
        result_of(Outcome.FAILED, test="tests/test_a.py::test_b"),
    ]

    (built,) = build_documents(results, NO_HEAD)

    assert built.describe() == "document (2 runs): 1 Failed, 1 Passed"
    assert (built.was, built.case_changes(), built.is_shown()) == ("", (), None)
    assert built.counts() == {"Failed": 1, "Passed": 1}
    assert built.facts(brief=True)["document"] == built.key
    assert json.loads(json.dumps(built.facts()))["tests"][1] == {
        "test_id": "tests/test_a.py::TestX::test_a",
        "module": "",
        "package": "tests.test_a",
        "class_name": "TestX",
        "name": "test_a",
        "status": "Passed",
        "started_ms": 7000,
    }
    assert built.fingerprint("https://a") != built.fingerprint("https://b")


def test_documents_are_written_beside_each_other(tmp_path: Path) -> None:
    results = [result_of(Outcome.PASSED, test=f"a.py::test[{at}]") for at in range(5001)]
    built = build_documents(results, NO_HEAD)

    paths = write_documents(built, tmp_path / "results.xml")

    assert [path.name for path in paths] == ["results.xml", "results.2.xml"]
    assert [path.read_bytes() for path in paths] == [each.content for each in built]
