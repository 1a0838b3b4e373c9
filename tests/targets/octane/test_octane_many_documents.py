from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import InterruptedUploadError, OutOfReachError
from pytest_jama.core.plan import SendState, ServerTask
from tests.targets.octane.octane_scripts import error, signed_in
from tests.targets.octane.pushed_documents import (
    PUSH,
    OneDocument,
    ask,
    sender_for,
    taken,
    task,
)
from tests.targets.scripted import DROP
from tests.targets.told import Told

if TYPE_CHECKING:
    from tests.targets.conftest import Serve
    from tests.targets.octane.conftest import Connect
    from tests.targets.scripted import FakeTime, Reply


def _documents(count: int) -> list[OneDocument]:
    return [OneDocument(f"<a{number}/>".encode()) for number in range(count)]


def test_all_documents_are_handed_in_before_any_is_asked_for_and_one_pause_serves_all(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(
        signed_in(),
        *[taken(number) for number in (1, 2, 3)],
        *[task("running", 1), task("success", 2), task("queued", 3)],
        *[task("success", 1), task("running", 3)],
        task("success", 3),
    )
    receipts = sender_for(connect(server.url), Told()).send(_documents(3))
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 3
    assert server.lines[1:4] == [PUSH] * 3
    assert server.lines[4:] == [ask(number) for number in (1, 2, 3, 1, 3, 3)]
    pauses = [pause for pause in fake_time.slept if pause >= 0.09]
    assert pauses[0] == 0.1
    assert pauses[1:] == pytest.approx([0.2 - 0.05, 0.4 - 0.025], abs=0.01)


def test_each_task_is_told_before_the_next_document_goes(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(1), taken(2), task("success", 1), task("success", 2))
    pushed_when_told: list[int] = []

    def told(_: object) -> None:
        pushed_when_told.append(server.lines.count(PUSH))

    sender_for(connect(server.url), Told(told)).send(_documents(2))
    assert pushed_when_told[:2] == [1, 2]


def test_documents_are_read_back_when_all_are_worked_off(script: Serve, connect: Connect) -> None:
    server = script(
        signed_in(), taken(1), taken(2), task("success", 1), task("running", 2), task("success", 2)
    )
    asked_when_read: list[int] = []

    def missing() -> str:
        asked_when_read.append(len(server.lines))
        return ""

    sender_for(connect(server.url), Told(), missing=missing).send(_documents(2))
    assert asked_when_read == [6, 6]


def test_known_tasks_are_asked_for_before_others_are_waited_for(
    script: Serve, connect: Connect
) -> None:
    first, second = _documents(2)
    server = script(
        signed_in(), task("running", 7), taken(8), task("success", 7), task("failed", 8)
    )
    known = {first.key: ServerTask(7)}
    receipts = sender_for(connect(server.url), Told(), tasks=known).send([first, second])
    assert [receipt.state for receipt in receipts] == [SendState.SENT, SendState.REFUSED]
    assert server.lines[1:] == [ask(7), PUSH, ask(7), ask(8)]


def test_each_document_that_ends_gives_the_others_their_full_time(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    running = [task("running", 1), task("running", 2)] * 9
    later = [task("running", 2)] * 9
    server = script(
        *[signed_in(), taken(1), taken(2), *running, task("success", 1), *later],
        task("success", 2),
    )
    receipts = sender_for(connect(server.url), Told()).send(_documents(2))
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 2
    assert sum(fake_time.slept) > 60


class _Impatient(list[float]):
    """The pauses of one who presses Ctrl-C in the second one that is long."""

    def append(self, pause: float) -> None:
        super().append(pause)
        if sum(each >= 0.09 for each in self) == 2:
            raise KeyboardInterrupt


def test_ctrl_c_while_documents_are_worked_off_keeps_their_tasks(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(
        *[signed_in(), taken(1), taken(2), taken(3)],
        *[task("success", 1), task("running", 2), task("failed", 3)],
    )
    fake_time.slept = _Impatient()
    receipts = sender_for(connect(server.url), Told()).send(_documents(3))
    states = [receipt.state for receipt in receipts]
    assert states == [SendState.UNVERIFIED, SendState.UNVERIFIED, SendState.REFUSED]
    assert [receipt.task and receipt.task.task_id for receipt in receipts] == [1, 2, 3]
    assert all(isinstance(receipt.cause, InterruptedUploadError) for receipt in receipts[:2])
    assert len(server.lines) == 7


def test_documents_that_fail_for_want_of_a_build_wait_for_it_once_and_all_go_again(
    script: Serve, connect: Connect
) -> None:
    looks = []

    def awaits_build() -> bool:
        looks.append(1)
        return True

    def no_build(number: int) -> Reply:
        return task("failed", number, errorDetails="build 77 does not exist")

    server = script(
        *[signed_in(), taken(1), taken(2), no_build(1), taken(3), no_build(2), taken(4)],
        *[task("success", 3), task("success", 4)],
    )
    sender = sender_for(connect(server.url), Told(), awaits_build=awaits_build)
    receipts = sender.send(_documents(2))
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 2
    assert len(looks) == 1


def test_a_server_that_stops_answering_while_it_works_leaves_all_tasks(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), taken(1), taken(2), taken(3), task("success", 1), DROP)
    receipts = sender_for(connect(server.url), Told()).send(_documents(3))
    assert [receipt.state for receipt in receipts] == [SendState.UNVERIFIED] * 3
    assert [receipt.task and receipt.task.task_id for receipt in receipts] == [1, 2, 3]
    assert all(isinstance(receipt.cause, OutOfReachError) for receipt in receipts)
    assert "the results were taken, but not read back" in receipts[0].error
    assert receipts[2].error.startswith("queued as task 3; ")


def test_a_full_queue_is_waited_for_between_documents(script: Serve, connect: Connect) -> None:
    full = error(503, "queue is full", code="testbox.queue_full")
    server = script(
        signed_in(), taken(1), full, full, taken(2), task("success", 1), task("success", 2)
    )
    receipts = sender_for(connect(server.url), Told()).send(_documents(2))
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 2
    assert server.lines[1:5] == [PUSH] * 4


def test_after_an_outage_nothing_is_waited_for(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(signed_in(), taken(1), DROP)
    sender_for(connect(server.url), Told()).send(_documents(2))
    asked = [line for line in server.lines if line.startswith("GET ") and "test-results/" in line]
    assert asked == []
    assert fake_time.slept.count(0.1) == 0
