"""Documents that a server works off in a task: what a journal keeps of them, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_jama.core.plan import Receipt, SendState, ServerTask
from pytest_jama.core.prior_state import PriorState
from pytest_jama.core.results import Outcome
from pytest_jama.journal import lines, sending_lines
from pytest_jama.journal.prior_uploads import PriorUploads, server_of
from pytest_jama.journal.record import Recording, by_session
from tests.document_target import SentDocument
from tests.every import every
from tests.journal.record import a_test, record

SERVER = "https://octane.example"
DOCUMENT = SentDocument((a_test("t.py::test_a", cases=""),))
OTHER = SentDocument((a_test("t.py::test_b", cases=""),))
TASK = ServerTask(1103, "2026-01-06T10:00:00+0000")
QUEUED = SendState.UNVERIFIED
END = lines.end_line(finished=False, reason="not everything was accepted")


def receipt(
    state: SendState, task: ServerTask | None = TASK, document: SentDocument = DOCUMENT
) -> lines.JournalLine:
    """Make the line of a receipt."""
    return sending_lines.receipt_line(
        Receipt(document, state, task=task), fingerprint=document.fingerprint(SERVER)
    )


def kept(*several: lines.JournalLine, **given: Any) -> Recording:
    """Read the journal of a session that sends to the server."""
    return record(*several, settings={"url": SERVER, "target": "octane"}, **given)


@every(
    "several, state",
    [
        pytest.param([QUEUED], PriorState.NEW, id="queued"),
        pytest.param([QUEUED, SendState.SENT], PriorState.ARRIVED, id="taken"),
        pytest.param([QUEUED, SendState.PARTLY], PriorState.NEW, id="taken in part"),
        pytest.param([QUEUED, SendState.REFUSED], PriorState.NEW, id="refused"),
        pytest.param([QUEUED, SendState.NOT_SENT], PriorState.NEW, id="stopped"),
        pytest.param([QUEUED, SendState.MISMATCH], PriorState.NEW, id="something else is there"),
        pytest.param([SendState.SENT, QUEUED], PriorState.NEW, id="queued once more"),
        pytest.param([SendState.SENT, SendState.PARTLY], PriorState.NEW, id="in part after all"),
    ],
)
def test_a_document_has_arrived_when_its_task_ended_well(
    several: list[SendState], state: PriorState
) -> None:
    prior = PriorUploads([kept(*map(receipt, several), END)], server=SERVER)

    assert prior(DOCUMENT) is state
    assert prior(OTHER) is PriorState.NEW


def test_a_run_that_could_not_be_read_back_counts_as_there_without_a_task() -> None:
    prior = PriorUploads([kept(receipt(QUEUED, None))], server=SERVER)

    assert prior(DOCUMENT) is PriorState.ARRIVED


def test_the_task_of_each_document_is_read_back() -> None:
    read = kept(receipt(QUEUED), receipt(SendState.REFUSED, ServerTask(7), OTHER))

    here = server_of(SERVER)
    assert read.tasks == {(here, DOCUMENT.key): TASK, (here, OTHER.key): ServerTask(7)}


def test_the_newest_task_counts() -> None:
    read = kept(receipt(QUEUED), receipt(QUEUED, ServerTask(1104)))

    assert list(read.tasks.values()) == [ServerTask(1104)]


def test_a_later_receipt_without_a_task_takes_none_back() -> None:
    read = kept(receipt(QUEUED), receipt(SendState.NOT_SENT, None))

    assert list(read.tasks.values()) == [TASK]


@pytest.mark.parametrize("wrong", [-1, "1103"], ids=["negative", "text"])
def test_a_task_that_is_no_number_damages_its_line(wrong: object) -> None:
    read = kept({**receipt(QUEUED), "task": wrong})

    assert (read.tasks, read.damaged) == ({}, [2])


def test_two_copies_of_a_journal_know_the_tasks_of_both() -> None:
    (both,) = by_session([kept(receipt(QUEUED)), kept(receipt(QUEUED, document=OTHER))])

    assert len(both.tasks) == 2


def test_the_trace_of_a_result_is_kept_and_read_back() -> None:
    result = a_test("t.py::test_a", Outcome.FAILED, duration_s=0.5, trace="line 1\nline 2")

    assert '"trace":"line 1\\nline 2"' in lines.result_text(result)
    read = record(lines.result_line(result))
    assert [each.trace for each in read.results.values()] == ["line 1\nline 2"]
