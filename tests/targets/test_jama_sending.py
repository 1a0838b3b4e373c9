from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import CredentialsError, LockedError, OutOfReachError, RefusedError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.http.retry import NO_STATUS
from pytest_jama.targets.jama.parallel import Sending, Written
from pytest_jama.targets.jama.runs import RunUpdate, TestRun, run_update_of
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable


def _updates(count: int) -> list[RunUpdate]:
    verdict = CaseVerdict(CaseRef.parse(1), Verdict.PASSED)
    return [
        RunUpdate(TestRun(number, number, "", "NOT_RUN"), verdict, Verdict.PASSED)
        for number in range(1, count + 1)
    ]


def _sending(count: int, send: Callable[[int], None], **others: Any) -> Sending:
    """Send numbered updates by a function of the run's number."""

    def send_one(update: RunUpdate, on_attempt: Callable[[int], None]) -> Written:
        on_attempt(1)
        send(update.run.run_id or 0)
        return Written(update)

    arguments = {"stop": lambda: None, "on_receipt": lambda _: None, "concurrency": 4, **others}
    return Sending(_updates(count), send=send_one, **arguments)


def _states(receipts: tuple[Receipt, ...]) -> list[SendState]:
    return [receipt.state for receipt in receipts]


@every("concurrency", [1, 4, 50])
def test_each_update_has_a_receipt_in_its_place(concurrency: int) -> None:
    sent: list[int] = []
    receipts = _sending(20, sent.append, concurrency=concurrency).run()
    assert [run_update_of(receipt).run.run_id for receipt in receipts] == list(range(1, 21))
    assert sorted(sent) == list(range(1, 21))


@every(
    "error, state",
    [
        (RefusedError("no", http_status=400), SendState.REFUSED),
        (LockedError("no", http_status=403), SendState.LOCKED),
        (RefusedError("no", http_status=NO_STATUS), SendState.NOT_SENT),
    ],
)
def test_one_refused_run_does_not_stop_the_others(error: RefusedError, state: SendState) -> None:
    def send(number: int) -> None:
        if number == 2:
            raise error

    receipts = _sending(4, send).run()
    assert _states(receipts) == [SendState.SENT, state, SendState.SENT, SendState.SENT]
    assert receipts[1].error == "no"


@pytest.mark.parametrize("error", [OutOfReachError("down"), CredentialsError("down")])
def test_a_server_that_is_gone_ends_everything(error: Exception) -> None:
    stopped = threading.Event()

    def send(number: int) -> None:
        if number == 3:
            raise error

    receipts = _sending(50, send, stop=stopped.set, concurrency=1).run()
    assert _states(receipts) == [SendState.SENT] * 2 + [SendState.NOT_SENT] * 48
    assert {receipt.error for receipt in receipts[2:]} == {"down"}
    assert stopped.is_set()


def test_receipts_are_told_in_the_calling_thread() -> None:
    threads = []
    _sending(8, lambda _: None, on_receipt=lambda _: threads.append(threading.get_ident())).run()
    assert threads == [threading.get_ident()] * 8


def test_an_interruption_waits_for_what_is_under_way_and_sends_no_more() -> None:
    told: list[Receipt] = []

    def tell(receipt: Receipt) -> None:
        told.append(receipt)
        if len(told) == 2:
            raise KeyboardInterrupt

    receipts = _sending(30, lambda _: None, on_receipt=tell, concurrency=3).run()
    states = _states(receipts)
    assert 2 <= states.count(SendState.SENT) <= 5
    assert {receipt.error for receipt in receipts if receipt.state is not SendState.SENT} == {
        "interrupted"
    }


def test_a_second_interruption_goes_through() -> None:
    def tell(_receipt: Receipt) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _sending(30, lambda _: None, on_receipt=tell).run()


def test_a_mistake_of_ours_is_not_hidden() -> None:
    def send(_number: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _sending(3, send).run()


def test_what_has_arrived_when_something_breaks_is_told() -> None:
    told: list[Receipt] = []
    is_broken = threading.Event()

    def send(number: int) -> None:
        if number == 2:
            is_broken.set()
            raise ZeroDivisionError("of ours")
        is_broken.wait(5)

    with pytest.raises(ZeroDivisionError):
        _sending(9, send, on_receipt=told.append).run()
    by_run = {run_update_of(receipt).run.case_id: receipt for receipt in told}
    assert sorted(by_run) == list(range(1, 10))
    assert [by_run[run].state for run in (1, 3, 4)] == [SendState.SENT] * 3
    assert by_run[9].error == "ZeroDivisionError: of ours"
