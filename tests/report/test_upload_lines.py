"""The lines in which a report is told, and what they leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import NotUsableError, OutOfReachError
from pytest_jama.core.plan import (
    Change,
    ChangeKind,
    Mode,
    Place,
    Plan,
    Receipt,
    SendState,
    Unresolved,
    UploadReport,
)
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from pytest_jama.report.case_lines import unlinked_lines
from pytest_jama.report.json_report import json_report
from pytest_jama.report.summary import dry_run_lines, repeated_lines
from pytest_jama.report.upload_lines import (
    LINE_CHARACTERS,
    Line,
    report_lines,
)
from pytest_jama.targets.jama.remedies import CAUSES
from pytest_jama.targets.jama.runs import RunUpdate, TestRun, run_update_of
from tests.core.values import case_of, result_of, run_of, steps_of
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable


def receipt_of(
    number: int,
    state: SendState = SendState.SENT,
    error: str = "",
    status: Verdict = Verdict.PASSED,
) -> Receipt:
    case = CaseVerdict(CaseRef.parse(f"A-TC-{number}"), status)
    run = TestRun(9000 + number, number, "Login", "NOT_RUN", document_key=f"A-TSTRN-{number}")
    return Receipt(RunUpdate(run, case, status), state, error=error)


def lines_of(report: UploadReport, *, verbose: bool = False) -> list[str]:
    return [str(line) for line in report_lines(report, verbose=verbose)]


def plan_of(*changes: Change, updates: tuple[RunUpdate, ...] = ()) -> Plan:
    places = (
        Place("project", "A", 3, is_printed=False),
        Place("plan", "Release 1", 7, "http://jama/7"),
        Place("cycle", "Build 1"),
    )
    return Plan(places, updates, changes)


def test_places_are_named_with_id_and_link() -> None:
    plan, cycle = lines_of(UploadReport(plan_of()))
    assert plan == "plan       Release 1 (id 7) http://jama/7"
    assert cycle == "cycle      Build 1 (new)"


def test_counts_come_worst_first() -> None:
    states = (Verdict.PASSED, Verdict.FAILED, Verdict.PASSED)
    receipts = tuple(receipt_of(n, status=status) for n, status in enumerate(states))
    assert lines_of(UploadReport(receipts=receipts)) == [
        "sent       3 of 3 test runs: 1 FAILED, 2 PASSED"
    ]


ADDED = tuple(
    Change(ChangeKind.ADD, f"case A-TC-{number}", "group 'Automated'") for number in range(500)
)


def test_long_row_of_added_cases_is_counted() -> None:
    plan = Change(ChangeKind.CREATE, "test plan 'Release 1'")
    cycle = Change(ChangeKind.CREATE, "test cycle 'Build 1'")
    report = UploadReport(plan_of(plan, *ADDED, cycle))
    assert lines_of(report)[2:] == [
        "done       create test plan 'Release 1'",
        "done       add 500 cases to group 'Automated' (list with -v)",
        "done       create test cycle 'Build 1'",
    ]
    assert len(lines_of(report, verbose=True)) == 504


def test_short_row_of_added_cases_is_listed() -> None:
    report = UploadReport(plan_of(*ADDED[:10]))
    assert sum(line.startswith("done") for line in lines_of(report)) == 10


def test_dry_run_lists_every_change() -> None:
    report = UploadReport(plan_of(*ADDED))
    lines = list(dry_run_lines(report))
    assert sum(line.label == "would" for line in lines) == 500


@every("state", [state for state in SendState if state is not SendState.SENT])
def test_failure_names_case_run_and_reason(state: SendState) -> None:
    report = UploadReport(receipts=(receipt_of(3, state, "PATCH /testruns/9003: 400 oops"),))
    label = state.name.replace("_", " ")
    assert lines_of(report) == [
        "sent       0 of 1 test run",
        f"{label:<10} A-TC-3 (A-TSTRN-3): PATCH /testruns/9003: 400 oops",
    ]


def test_failures_for_the_same_reason_are_one_line() -> None:
    receipts = tuple(
        receipt_of(number, SendState.REFUSED, f"PATCH /testruns/{9000 + number}: 400 oops")
        for number in range(1, 61)
    )
    assert lines_of(UploadReport(receipts=receipts))[1] == (
        "REFUSED    60 test runs (A-TC-1 (A-TSTRN-1), A-TC-2 (A-TSTRN-2), A-TC-3 (A-TSTRN-3), "
        "...), each: PATCH /testruns/...: 400 oops"
    )


def test_many_reasons_are_cut_off_with_a_count_and_the_commonest_is_first() -> None:
    rare = tuple(receipt_of(n, SendState.LOCKED, f"locked by user {n}") for n in range(30))
    common = tuple(receipt_of(n, SendState.LOCKED, "locked") for n in range(30, 33))
    lines = lines_of(UploadReport(receipts=(*rare, *common)))
    assert lines[1].startswith("LOCKED     3 test runs (A-TC-30 (A-TSTRN-30), ")
    assert lines[-1] == "LOCKED     21 more (list with -v)"


def test_verbose_names_every_failure() -> None:
    receipts = tuple(receipt_of(n, SendState.REFUSED, "no permission") for n in range(30))
    assert len(lines_of(UploadReport(receipts=receipts), verbose=True)) == 31


def test_what_stopped_the_upload_is_said_once_and_first() -> None:
    why = OutOfReachError("nothing succeeded for 3 s")
    receipts = tuple(
        receipt_of(n, SendState.NOT_SENT, str(why))._replace(cause=why) for n in (1, 2)
    )
    assert lines_of(UploadReport(receipts=receipts, stopped=why)) == [
        "NOT SENT   nothing succeeded for 3 s",
        "sent       0 of 2 test runs",
        (
            "NOT SENT   2 test runs (A-TC-1 (A-TSTRN-1), A-TC-2 (A-TSTRN-2)), each: not "
            "confirmed when the upload stopped"
        ),
    ]


def test_unresolved_cases_of_one_reason_share_reason_and_remedy() -> None:
    unresolved = tuple(
        Unresolved(CaseRef.parse(key), f"no item has the key {key}", "correct it")
        for key in ("A-TC-1", "A-TC-2")
    )
    assert lines_of(UploadReport(Plan(unresolved=unresolved))) == [
        "unresolved 2 cases (A-TC-1, A-TC-2), each: no item has the key ...; correct it"
    ]


def test_many_warnings_are_cut_off_with_a_count() -> None:
    report = UploadReport(Plan(warnings=tuple(f"case {n} is stale" for n in range(25))))
    assert lines_of(report)[-1] == "warning    15 more (list with -v)"
    assert len(lines_of(report)) == 11


def test_repeated_requests_are_counted_by_reason() -> None:
    repeated = (("503 Service Unavailable", 3), ("connection reset", 1))
    (line,) = repeated_lines(UploadReport(repeated=repeated))
    assert line.text.startswith("4 requests: 3 x 503 Service Unavailable, 1 x connection reset (")
    assert list(repeated_lines(UploadReport())) == []


def test_long_line_is_cut() -> None:
    line = str(Line("warning", "x" * 2000))
    assert len(line) == len("warning    ") + LINE_CHARACTERS


def test_update_of_steps_says_what_happens_to_each() -> None:
    case = case_of(Verdict.FAILED)
    new_steps = steps_of("PASSED", "FAILED", "NOT_RUN")
    update = RunUpdate(run_of("NOT_RUN", "NOT_RUN", "NOT_RUN"), case, Verdict.FAILED, new_steps)
    assert update.describe().endswith(
        "NOT_RUN -> FAILED; steps 1 NOT_RUN -> PASSED, 2 NOT_RUN -> FAILED, 3 stays NOT_RUN"
    )


def test_dry_run_names_updates() -> None:
    report = UploadReport(plan_of(updates=(run_update_of(receipt_of(1)),)))
    lines = [str(line) for line in dry_run_lines(report)]
    assert lines[2:] == ["would      update A-TSTRN-1 (A-TC-1 Login): NOT_RUN -> PASSED"]


@pytest.mark.parametrize("tell", [lines_of, lambda each: list(map(str, dry_run_lines(each)))])
def test_each_mistake_that_stopped_an_upload_has_its_line(
    tell: Callable[[UploadReport], list[str]],
) -> None:
    stopped = NotUsableError("there is no release 'a'", "there is no milestone 'b'\nmore")
    told = [line[11:] for line in tell(UploadReport(stopped=stopped))]
    assert told == ["there is no release 'a'", "there is no milestone 'b'"]


@pytest.mark.parametrize("verbose", [False, True])
def test_unlinked_tests_are_counted_and_listed_on_demand(verbose: bool) -> None:
    unlinked = result_of(Outcome.PASSED, test="test_a.py::test_free", cases="")
    lines = list(unlinked_lines(Judgement((), (unlinked,)), verbose=verbose))
    text = "\n".join(map(str, lines))
    assert "1 test without a test case" in text
    assert ("test_a.py::test_free" in text) is verbose
    assert ("list with -v" in text) is not verbose


def test_what_is_not_stored_beside_the_verdicts_is_said_once_for_all_runs() -> None:
    remark = ("account not stored", "400 Bad Request: no such field")
    receipts = [receipt_of(number)._replace(remarks=(remark,)) for number in range(1, 6)]
    report = UploadReport(plan_of(), tuple(receipts))
    titles = ", ".join(each.update.title for each in receipts[:3])
    told = f"5 test runs ({titles}, ...): account not stored: 400 Bad Request: no such field"
    assert [line for line in lines_of(report) if "not stored" in line] == [f"warning    {told}"]
    document = json_report(report, Judgement(), mode=Mode.SEND, journal="", exit_status=0)
    assert document["warnings"] == [told]
    assert report.is_complete


def test_each_remedy_is_shown_whole_behind_long_words_of_a_server() -> None:
    request = "nothing succeeded at https://jama.acme.example/contour for 120 s, most recently "
    words = "PATCH /rest/v1/testruns/20530: 403 Forbidden: " + "x" * 300
    for cause in CAUSES:
        text = f"{request}{words}; {cause.remedy}"
        assert str(Line("NOT SENT", text)).endswith(cause.remedy)
