"""What the summary and the JSON document say of results that a server judges itself."""

from __future__ import annotations

import io

import pytest

from pytest_jama.core.attached_file import FileReceipt, FileState
from pytest_jama.core.errors import CredentialsError, InterruptedUploadError
from pytest_jama.core.plan import (
    Mode,
    Place,
    Plan,
    Receipt,
    SendState,
    ServerTask,
    UploadReport,
)
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Judgement
from pytest_jama.report.json_report import json_report
from pytest_jama.report.progress import make_progress
from pytest_jama.report.upload_lines import report_lines
from pytest_jama.session.judge import count_ended
from tests.core.values import result_of
from tests.document_target import SentDocument
from tests.every import every

DOCUMENT = SentDocument(
    tuple(
        result_of(outcome, test=f"t.py::test_{number}", cases="")
        for number, outcome in enumerate([Outcome.SKIPPED, Outcome.PASSED, Outcome.FAILED])
    )
)
TASK = ServerTask(1103, "2026-01-06T10:00:00+0000")
PLACES = (
    Place("workspace", "Pumps", "1002", "https://octane.example/ui/?p=1001/1002"),
    Place("release", "_default_", ""),
)
PLAN = Plan(PLACES, (DOCUMENT,), noun="document")
CALLS = "pytest-jama octane status 1103 says what becomes of task 1103"


def told(receipt: Receipt) -> list[str]:
    """Return the lines behind those of the places."""
    lines = report_lines(UploadReport(PLAN, (receipt,)), verbose=False)
    return [str(line) for line in lines][2:]


def test_counts_are_told_in_the_words_of_the_server_the_worst_first() -> None:
    assert told(Receipt(DOCUMENT, SendState.SENT, task=TASK)) == [
        "sent       1 of 1 document: 1 Failed, 1 Passed, 1 Skipped",
        "task       1103",
    ]


@pytest.mark.parametrize("verbose, shown", [(False, 10), (True, 12)])
def test_the_tasks_of_documents_are_told_so_that_one_can_ask_for_them(
    *, verbose: bool, shown: int
) -> None:
    receipts = tuple(
        Receipt(
            SentDocument(DOCUMENT.results, f"document {number}"),
            SendState.SENT,
            task=ServerTask(1100 + number),
        )
        for number in range(12)
    )
    lines = report_lines(UploadReport(PLAN, receipts), verbose=verbose)
    (line,) = [line.text for line in lines if line.label == "task"]
    more = ["..."] if shown < len(receipts) else []
    assert line == ", ".join([*(str(1100 + number) for number in range(shown)), *more])


@every(
    "name, line",
    [
        ("1001/1002", "workspace  1001/1002 https://octane.example"),
        ("1001/Firmware", "workspace  1001/Firmware (id 1002) https://octane.example"),
        ("1001/21002", "workspace  1001/21002 (id 1002) https://octane.example"),
    ],
)
def test_an_id_that_the_name_of_a_place_ends_with_is_not_repeated(name: str, line: str) -> None:
    plan = Plan((Place("workspace", name, "1002", "https://octane.example"),), noun="document")
    assert list(map(str, report_lines(UploadReport(plan), verbose=False))) == [line]


def test_what_no_request_was_made_for_was_not_sent() -> None:
    stopped = CredentialsError("wrong key")
    receipt = Receipt(DOCUMENT, SendState.NOT_SENT, attempts=0, error="x", cause=stopped)

    assert told(receipt)[1:] == [
        "NOT SENT   document 1: the upload stopped before anything of it was sent"
    ]


def test_a_place_that_the_server_is_told_by_name_is_not_called_new() -> None:
    lines = list(map(str, report_lines(UploadReport(PLAN), verbose=False)))

    assert lines == [
        "workspace  Pumps (id 1002) https://octane.example/ui/?p=1001/1002",
        "release    _default_",
    ]


def test_what_was_left_out_is_said() -> None:
    receipt = Receipt(DOCUMENT, SendState.PARTLY, error="milestone 7 does not exist", task=TASK)

    assert told(receipt) == [
        "sent       0 of 1 document",
        "PARTLY     document 1: milestone 7 does not exist",
    ]


@every(
    "receipt, why",
    [
        pytest.param(
            Receipt(DOCUMENT, SendState.UNVERIFIED, error="still queued after 120 s", task=TASK),
            f"still queued after 120 s; {CALLS}",
            id="time limit",
        ),
        pytest.param(
            Receipt(
                DOCUMENT,
                SendState.UNVERIFIED,
                error="still queued; `pytest-jama octane status 1103` tells what becomes of it",
                task=TASK,
            ),
            "still queued; `pytest-jama octane status 1103` tells what becomes of it",
            id="command told already",
        ),
        pytest.param(
            Receipt(
                DOCUMENT, SendState.UNVERIFIED, cause=InterruptedUploadError("Ctrl-C"), task=TASK
            ),
            f"not confirmed when the upload stopped; {CALLS}",
            id="stopped",
        ),
        pytest.param(
            Receipt(DOCUMENT, SendState.UNVERIFIED, error="no answer"), "no answer", id="no task"
        ),
    ],
)
def test_a_task_that_has_not_ended_is_named(receipt: Receipt, why: str) -> None:
    assert told(receipt)[1:] == [f"UNVERIFIED document 1: {why}"]


@pytest.mark.parametrize("count, lines", [(3, 3), (40, 1)])
def test_files_of_very_many_runs_are_counted(count: int, lines: int) -> None:
    attached = tuple(
        FileReceipt(f"{number:064}", "a.txt", FileState.ATTACHED, number, f"run {number}")
        for number in range(count)
    )
    report = UploadReport(PLAN, (Receipt(DOCUMENT, SendState.SENT),), attached=attached)

    said = [str(line) for line in report_lines(report, verbose=False) if line.label == "attached"]
    assert len(said) == lines
    assert ("attached   40 files to 40 places (list with -v)" in said) is (count > lines)
    assert len(list(report_lines(report, verbose=True))) == count + 3


def test_a_script_gets_documents_with_their_tasks_and_no_cases() -> None:
    receipt = Receipt(DOCUMENT, SendState.PARTLY, 2, "left out", task=TASK)
    report = json_report(
        UploadReport(PLAN, (receipt,)),
        Judgement(),
        mode=Mode.SEND,
        journal="",
        exit_status=1,
        target="octane",
    )

    assert report["documents"] == [
        {
            "counts": {"Skipped": 1, "Passed": 1, "Failed": 1},
            "tests": 3,
            "state": "partly sent",
            "attempts": 2,
            "error": "left out",
            "remarks": [],
            "task": 1103,
            "until": TASK.until,
        }
    ]
    assert report["release"] == {"name": "_default_", "id": None, "link": ""}
    assert {"project", "plan", "cycle", "runs", "cases", "unresolved"}.isdisjoint(report)


def test_a_document_counts_once_though_it_is_told_when_it_is_queued() -> None:
    file = io.StringIO()
    progress = make_progress(file, quiet=False, label="octane")
    updates = tuple(SentDocument(DOCUMENT.results, title=f"document {n}") for n in range(20))

    progress.planned(PLAN._replace(updates=updates))
    for update in updates:
        progress.received(Receipt(update, SendState.UNVERIFIED, error="queued", task=TASK))
        progress.received(Receipt(update, SendState.SENT, task=TASK))

    assert file.getvalue() == "octane: sending 20 documents\noctane: 10 of 20\n"


def test_tests_that_ended_are_counted_the_worst_first() -> None:
    outcomes = (Outcome.PASSED, Outcome.NOT_REACHED, Outcome.ERROR, Outcome.SKIPPED, Outcome.PASSED)

    counts = count_ended(result_of(outcome) for outcome in outcomes)

    assert list(counts.items()) == [("error", 1), ("passed", 2), ("skipped", 1)]
