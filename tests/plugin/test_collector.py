"""What the reports of one test amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from pytest_jama.core.cases import CaseLink, parse_links
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.plugin.collector import ResultCollector
from tests.every import every
from tests.plugin.reports import crash_report, other_report, report_of

if TYPE_CHECKING:
    from collections.abc import Iterable

TEST = "test_a.py::test_a"

ROWS = {
    "passed": ([report_of("setup"), report_of("call"), report_of("teardown")], Outcome.PASSED),
    "failed": (
        [report_of("setup"), report_of("call", "failed"), report_of("teardown")],
        Outcome.FAILED,
    ),
    "setup error": ([report_of("setup", "failed"), report_of("teardown")], Outcome.ERROR),
    "teardown error": (
        [report_of("setup"), report_of("call"), report_of("teardown", "failed")],
        Outcome.ERROR,
    ),
    "skipped": ([report_of("setup", "skipped"), report_of("teardown")], Outcome.SKIPPED),
    "xfailed": (
        [report_of("setup"), report_of("call", "skipped", wasxfail="bug"), report_of("teardown")],
        Outcome.XFAILED,
    ),
    "xpassed": (
        [report_of("setup"), report_of("call", wasxfail="bug"), report_of("teardown")],
        Outcome.XPASSED,
    ),
    "failed subtest": (
        [
            report_of("setup"),
            report_of("call", "failed", context="part"),
            report_of("call"),
            report_of("teardown"),
        ],
        Outcome.FAILED,
    ),
    "skipped subtest": (
        [
            report_of("setup"),
            report_of("call", "skipped", context="part"),
            report_of("call"),
            report_of("teardown"),
        ],
        Outcome.SKIPPED,
    ),
    "xfailed subtest": (
        [
            report_of("call", "skipped", context="part", wasxfail="bug"),
            report_of("call"),
            report_of("teardown"),
        ],
        Outcome.XFAILED,
    ),
    "skip in the teardown": (
        [report_of("setup"), report_of("call"), report_of("teardown", "skipped")],
        Outcome.SKIPPED,
    ),
    "unexpected pass, then a skip in the teardown": (
        [report_of("call", wasxfail="bug"), report_of("teardown", "skipped")],
        Outcome.SKIPPED,
    ),
    "failure, then a skip in the teardown": (
        [report_of("call", "failed"), report_of("teardown", "skipped")],
        Outcome.FAILED,
    ),
    "crash": ([report_of("setup"), crash_report("worker 'gw0' crashed")], Outcome.ERROR),
    "rerun": (
        [
            report_of("setup"),
            other_report("rerun"),
            report_of("teardown"),
            report_of("setup"),
            report_of("call"),
            report_of("teardown"),
        ],
        Outcome.PASSED,
    ),
}


@pytest.fixture
def collector() -> ResultCollector:
    """A collector for a session whose map names no case."""
    return ResultCollector(lambda _: ())


def collect(
    reports: Iterable[pytest.TestReport], collector: ResultCollector | None = None
) -> TestResult:
    collector = collector or ResultCollector(lambda _: ())
    for report in reports:
        collector.add_report(report)
    return collector.results[TEST]


@every("reports, outcome", ROWS.values(), ids=ROWS)
def test_outcome_is_the_worst_of_the_phases(
    reports: list[pytest.TestReport], outcome: Outcome
) -> None:
    assert collect(reports).outcome is outcome


def test_duration_is_that_of_all_phases() -> None:
    assert collect(ROWS["passed"][0]).duration_s == pytest.approx(1.5)


@every(
    "reports, message",
    [
        ([report_of("setup", "failed", why="no power"), report_of("teardown")], "setup failed"),
        ([report_of("teardown", "failed", why="stuck")], "teardown failed: stuck"),
        ([crash_report("gw0 is gone")], "worker crashed: gw0 is gone"),
        ([report_of("call", "skipped", why=("f", 1, "Skipped: later")), report_of("teardown")], ""),
    ],
    ids=["setup", "teardown", "crash", "skip"],
)
def test_message_says_which_phase_and_why(reports: list[pytest.TestReport], message: str) -> None:
    said = collect(reports).message
    assert said.startswith(message or "later")


@pytest.mark.parametrize("told,message", [("reason: bug 7", "bug 7"), (42, "42")])
def test_reason_of_an_expected_failure_is_what_xfail_was_told(told: object, message: str) -> None:
    reports = [report_of("call", "skipped", wasxfail=told), report_of("teardown")]
    assert collect(reports).message == message


def test_message_is_cleaned_and_shortened() -> None:
    why = "\x1b[31mred\x00" + "x" * 2000
    said = collect([report_of("call", "failed", why=why), report_of("teardown")]).message
    assert said.startswith("red\N{REPLACEMENT CHARACTER}x")
    assert len(said) == 1000


def test_each_earlier_attempt_becomes_a_note() -> None:
    again = [report_of("setup"), other_report("rerun", why="too late"), report_of("teardown")]
    reports = [*again, *again, *ROWS["passed"][0]]
    assert collect(reports).notes == ("attempt 1 failed: too late", "attempt 2 failed: too late")


def test_test_that_is_run_again_ends_once() -> None:
    collector = ResultCollector(lambda _: ())
    ended = [collector.add_report(report) for report in ROWS["rerun"][0]]
    assert [result is not None for result in ended] == [False] * 5 + [True]


def test_attempt_of_which_only_the_teardown_is_reported_is_not_the_last() -> None:
    silent = [report_of("setup"), report_of("teardown")]
    collector = ResultCollector(lambda _: ())
    ended = [collector.add_report(report) for report in [*silent, *ROWS["passed"][0]]]
    assert [result is not None for result in ended] == [False] * 4 + [True]


def test_report_that_is_changed_and_made_again_counts_once() -> None:
    setup, call, teardown = report_of("setup"), other_report("retried"), report_of("teardown")
    collector = ResultCollector(lambda _: ())
    for report in setup, call:
        collector.add_report(report)
    call.outcome = "passed"
    for report in call, teardown:
        collector.add_report(report)
    assert (collector.results[TEST].outcome, collector.results[TEST].notes) == (Outcome.PASSED, ())


def test_note_on_an_attempt_stands_once() -> None:
    said = (("jama_note", "attempt 1 failed: too late"),)
    again = [report_of("setup"), other_report("rerun", why="too late"), report_of("setup")]
    result = collect([*again, report_of("call"), report_of("teardown", properties=said)])
    assert result.notes == ("attempt 1 failed: too late",)


def test_properties_of_the_test_are_its_links() -> None:
    properties = (("jama", "A-TC-1, A-TC-2#3"), ("colour", "red"), ("test_key", 20497))
    result = collect([report_of("call"), report_of("teardown", properties=properties)])
    assert result.links == parse_links("A-TC-1,A-TC-2#3,20497")


def test_property_that_names_no_case_is_remembered() -> None:
    refused: dict[str, str] = {}
    collector = ResultCollector(lambda _: (), refuse_link=refused.__setitem__)
    nonsense = report_of("teardown", properties=(("jama", "nonsense"),))
    collect([report_of("call"), nonsense], collector)
    assert "'nonsense' is not a case reference" in refused[TEST]


def test_map_is_only_asked_about_tests_that_say_nothing() -> None:
    collector = ResultCollector(lambda _: (CaseLink.parse("A-TC-9"),))
    for test, properties in ("says", (("jama", "A-TC-1"),)), ("says nothing", ()):
        collector.add_report(report_of("call", test=test))
        collector.add_report(report_of("teardown", test=test, properties=properties))
    links = {result.test_id: result.links for result in collector.results.values()}
    assert links == {"says": parse_links("A-TC-1"), "says nothing": parse_links("A-TC-9")}


def collected(selected: dict[str, str], **deselected: str) -> dict[str, object]:
    return {
        "NOT_REACHED": list(selected.items()),
        "DESELECTED": list(deselected.items()),
        "renamed": {},
    }


def test_results_come_in_the_order_of_collection(collector: ResultCollector) -> None:
    collector.add_collected(collected({"b": "", "a": "", "c": ""}, d=""))
    for test in ("c", "b"):
        collector.add_report(report_of("call", test=test))
        collector.add_report(report_of("teardown", test=test))
    outcomes = {result.test_id: result.outcome for result in collector.all_results()}
    assert list(outcomes) == ["b", "a", "c", "d"]
    assert (outcomes["a"], outcomes["d"]) == (Outcome.NOT_REACHED, Outcome.DESELECTED)


def test_only_the_first_list_of_tests_counts(collector: ResultCollector) -> None:
    assert collector.add_collected(collected({"a": ""}))
    assert not collector.add_collected(collected({"b": ""}))


def test_test_that_had_failed_when_the_session_broke_off_has_failed(
    collector: ResultCollector,
) -> None:
    collector.add_report(report_of("call", "failed", test="a"))
    collector.add_report(report_of("call", test="b"))
    assert [result.test_id for result in collector.break_off()] == ["a"]


def test_worse_one_of_two_results_of_the_same_id_counts(collector: ResultCollector) -> None:
    collect([report_of("call", "failed"), report_of("teardown")], collector)
    result = collect([report_of("call"), report_of("teardown")], collector)
    assert result.outcome is Outcome.FAILED


def test_file_that_cannot_be_collected_stands_for_its_tests(collector: ResultCollector) -> None:
    collector.add_uncollected("test_b.py", parse_links("A-TC-1"))
    (result,) = collector.all_results()
    assert (result.test_id, result.outcome) == ("test_b.py", Outcome.NOT_COLLECTED)


@pytest.mark.parametrize(
    "outcome, why, expected",
    [
        ("failed", "password=hunter22", (Outcome.ERROR, "collection failure", "password=***")),
        ("skipped", ("t.py", 1, "Skipped: no bench"), (Outcome.SKIPPED, "no bench", "")),
    ],
)
def test_file_is_a_test_where_a_target_wants_that(
    outcome: Literal["failed", "skipped"], why: object, expected: tuple[Outcome, str, str]
) -> None:
    collector = ResultCollector(lambda _: (), redactor=Redactor(), keeps_traces=True)
    report = pytest.CollectReport("test_b.py", outcome, why, [])  # type: ignore[arg-type]  # as pytest makes it

    result = collector.add_file(report)
    collector.add_skipped("test_b.py", parse_links("7"), "no bench")

    assert collector.add_file(report) is None
    assert list(collector.all_results()) == [result]
    assert collector.has_begun
    assert result is not None
    assert (result.outcome, result.message, result.trace) == expected


def test_a_test_began_with_its_setup_and_a_report_without_time_says_nothing() -> None:
    reports = [report_of("setup", start=7.5, stop=8.0), report_of("call", start=8.0, stop=9.0)]
    collector = ResultCollector(lambda _: ())
    for report in (*reports, report_of("teardown", start=9.0, stop=9.5)):
        ended = collector.add_report(report)
    crashed = collector.add_report(crash_report("worker 'gw0' crashed"))
    assert ended
    assert crashed
    assert (ended.started, crashed.started) == (7.5, None)


def test_what_pytest_shows_of_a_failure_is_kept_where_it_is_wanted() -> None:
    collector = ResultCollector(lambda _: (), keeps_traces=True)
    for report in (
        report_of("setup"),
        other_report("rerun", why="first attempt"),
        report_of("setup"),
        report_of("call", "failed", why="E   assert 1 == 2\ntest_a.py:3"),
        report_of("teardown", "failed", why="OSError: stuck"),
    ):
        collector.add_report(report)

    trace = collector.results[TEST].trace

    assert trace == "E   assert 1 == 2\ntest_a.py:3\n\nOSError: stuck"


def test_no_trace_is_kept_of_a_test_that_did_not_fail() -> None:
    collector = ResultCollector(lambda _: (), keeps_traces=True)
    for report in (report_of("setup", "skipped", why="no bench"), report_of("teardown")):
        collector.add_report(report)

    assert collector.results[TEST].trace == ""
