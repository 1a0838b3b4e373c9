from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import (
    InterruptedUploadError,
    NotUsableError,
    OutOfReachError,
    RefusedError,
)
from pytest_jama.core.plan import Receipt, SendState, ServerTask
from tests.targets.octane.octane_scripts import error, signed_in
from tests.targets.octane.pushed_documents import (
    PUSH,
    OneDocument,
    ask,
    older,
    sender_for,
    taken,
    task,
)
from tests.targets.scripted import DROP, WEB_PAGE, Reply, gives
from tests.targets.told import Told

if TYPE_CHECKING:
    from tests.targets.conftest import Serve
    from tests.targets.octane.conftest import Connect
    from tests.targets.scripted import FakeTime, ScriptedServer

DOCUMENT = OneDocument()
UNTIL = "2026-01-06T10:00:00Z"
LARGE = OneDocument(b"<test_result>" + b" " * 100_000 + b"<test_runs/></test_result>")


def _requests(server: ScriptedServer) -> list[str]:
    """Return what was asked for after signing in."""
    return [line.partition("?")[0] for line in server.lines[1:]]


SHORT_PUSH = PUSH.partition("?")[0]


def test_a_document_is_pushed_and_asked_for_until_it_is_worked_off(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(signed_in(), taken(), task("queued"), task("running"), task("success"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt == Receipt(DOCUMENT, SendState.SENT, task=ServerTask(1103, UNTIL))
    assert server.lines[1:] == [PUSH, *[ask()] * 3]
    assert [pause for pause in fake_time.slept if pause >= 0.1] == [0.1, 0.2, 0.4]


def test_the_pauses_grow_to_five_seconds_and_the_last_one_ends_in_time(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(signed_in(), taken(), task("running"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    pauses = [pause for pause in fake_time.slept if pause >= 0.2]
    assert max(pauses) == 5.0
    assert sum(fake_time.slept) == pytest.approx(60, abs=2)
    assert receipt.state is SendState.UNVERIFIED
    assert receipt.task == ServerTask(1103, UNTIL)
    assert "task 1103 is still running after 60 s" in receipt.error
    assert "`pytest-jama octane status 1103`" in receipt.error


def test_the_task_is_told_before_it_is_asked_for(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(), task("success"))
    told = Told()
    sender_for(connect(server.url), told).send([DOCUMENT])
    first, last = told.receipts
    assert (first.state, first.error) == (SendState.UNVERIFIED, "queued as task 1103")
    assert first.task == ServerTask(1103, "2026-01-06T10:00:00+0000")
    assert last.state is SendState.SENT


@pytest.mark.parametrize(
    "status, state",
    [
        (" SUCCESS ", SendState.SENT),
        ("Warning", SendState.PARTLY),
        (" FAILED", SendState.REFUSED),
        ("archived", SendState.UNVERIFIED),
    ],
)
def test_the_end_of_the_task_is_the_state_however_it_is_written(
    script: Serve, connect: Connect, status: str, state: SendState
) -> None:
    server = script(signed_in(), taken(), task(status, errorDetails="release 7 is not there"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt.state is state


def test_padded_capitals_are_not_taken_for_the_end(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(status=" QUEUED "), task(" RUNNING "), task("success"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, len(server.lines)) == (SendState.SENT, 4)


def test_a_failure_has_the_words_of_the_server_and_what_to_do(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), taken(), task("failed", errorDetails="Release 7 is not there."))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt.error == (
        "task 1103 failed: Release 7 is not there; correct what the results refer to (release, "
        "milestone, modules, suite, build, backlog items), then `pytest-jama upload` sends them "
        "again, or set `skip_errors: true`, which takes them without it"
    )


def test_skip_errors_is_not_recommended_to_who_has_set_it(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(), task("failed"))
    (receipt,) = sender_for(connect(server.url), Told(), skip_errors=True).send([DOCUMENT])
    assert "skip_errors" not in receipt.error
    assert server.lines[1].endswith("test-results?skip-errors=true")


def test_a_warning_says_what_was_left_out(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(), task("warning", errorDetails="without release 7"))
    (receipt,) = sender_for(
        connect(server.url), Told(), missing=lambda: "1 of 2 runs is not there"
    ).send([DOCUMENT])
    assert receipt.error == (
        "task 1103 ended with a warning: without release 7; 1 of 2 runs is not there"
    )


def test_a_success_that_lacks_runs_is_partly_sent(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(), task("success"))
    sender = sender_for(connect(server.url), Told(), missing=lambda: "1 of 2 runs is not there")
    (receipt,) = sender.send([DOCUMENT])
    assert (receipt.state, receipt.error) == (SendState.PARTLY, "1 of 2 runs is not there")


def test_a_document_that_is_not_valid_is_refused_with_the_words_of_the_server(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), error(400, "name is too long", code="testbox.invalid"), taken(9))
    told = Told()
    (receipt,) = sender_for(connect(server.url), told).send([DOCUMENT])
    assert (receipt.state, receipt.task, receipt.cause) == (SendState.REFUSED, None, None)
    assert "400 Bad Request: testbox.invalid: name is too long" in receipt.error
    assert server.lines[1:] == [PUSH]


@pytest.mark.parametrize("reply", [DROP, WEB_PAGE, error(503, "full")], ids=["lost", "page", "503"])
def test_after_a_lost_answer_the_same_bytes_go_again_and_the_older_task_counts(
    script: Serve, connect: Connect, reply: Reply
) -> None:
    server = script(signed_in(), reply, older(1103))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.SENT, 2)
    assert receipt.task == ServerTask(1103, "x")
    assert [seen.body for seen in server.seen[1:]] == [DOCUMENT.content] * 2


def test_who_is_never_let_in_has_sent_nothing(script: Serve, connect: Connect) -> None:
    server = script(error(401, "wrong key"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.NOT_SENT, 0)
    assert "wrong key" in receipt.error


@pytest.mark.parametrize(
    "replies, is_resumed, count",
    [
        pytest.param([older(1103)], False, 1, id="first push"),
        pytest.param([older(1103)], True, 0, id="resumed"),
        pytest.param([DROP, older(1103)], False, 0, id="after a lost answer"),
        pytest.param([taken(), task("success")], False, 0, id="new"),
    ],
)
def test_that_the_server_had_a_document_before_it_was_ever_sent_is_a_warning(
    script: Serve, connect: Connect, replies: list[Reply], *, is_resumed: bool, count: int
) -> None:
    server, told = script(signed_in(), *replies), Told()
    sender = sender_for(connect(server.url), told, is_resumed=is_resumed)
    (receipt,) = sender.send([DOCUMENT])
    assert receipt.state is SendState.SENT
    assert len(told.warnings) == count
    assert all("exactly these results already (task 1103)" in text for text in told.warnings)


def test_an_older_push_that_is_under_way_is_waited_for(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), older(1103, "running"), task("success"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt.state is SendState.SENT
    assert server.lines[1:] == [PUSH, ask()]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(gives(200, {"id": 1103, "status": "queued"}), id="200 with a task"),
        pytest.param(gives(202, {"status": "queued"}), id="202 without a task"),
        pytest.param(Reply(204), id="204"),
    ],
)
def test_other_good_answers_are_failures_after_some_attempts(
    script: Serve, connect: Connect, reply: Reply
) -> None:
    server = script(signed_in(), reply)
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt.state is not SendState.SENT
    assert "without a task" in receipt.error
    assert server.lines[1:] == [PUSH] * 3


def test_an_answer_that_names_no_task_once_is_made_up_for_by_the_next_push(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), gives(202, {}), older(1103))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.SENT, 2)


def test_a_large_document_is_compressed_the_same_each_time(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), DROP, taken(), task("success"))
    sender_for(connect(server.url), Told()).send([LARGE])
    first, second = server.seen[1:3]
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.body == second.body
    assert gzip.decompress(first.body) == LARGE.content
    assert first.body[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize("status", [400, 415])
def test_where_compression_is_refused_it_goes_as_it_is_from_then_on(
    script: Serve, connect: Connect, status: int
) -> None:
    server = script(
        signed_in(), error(status, "no"), taken(1), taken(2), task("success", 1), task("success", 2)
    )
    other = OneDocument(LARGE.content + b"\n")
    receipts = sender_for(connect(server.url), Told()).send([LARGE, other])
    pushes = [seen for seen in server.seen if seen.method == "POST"][1:]
    assert [receipt.state for receipt in receipts] == [SendState.SENT] * 2
    assert [seen.headers.get("Content-Encoding") for seen in pushes] == ["gzip", None, None]
    assert [seen.body for seen in pushes[1:]] == [LARGE.content, other.content]


def test_a_large_document_that_is_not_valid_is_refused_for_what_it_says(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), error(400, "not valid"))
    (receipt,) = sender_for(connect(server.url), Told()).send([LARGE])
    assert receipt.state is SendState.REFUSED
    assert len(server.lines) == 3


@pytest.mark.parametrize("until", ["2001-01-01T00:00:00+0000", "2001-01-01T00:00:00Z", "soon", ""])
def test_a_known_task_is_asked_for_first_whenever_it_should_be_forgotten(
    script: Serve, connect: Connect, until: str
) -> None:
    server = script(signed_in(), task("success"))
    told = Told()
    known = {DOCUMENT.key: ServerTask(1103, until)}
    (receipt,) = sender_for(connect(server.url), told, tasks=known).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.SENT, 0)
    assert server.lines[1:] == [ask()]
    assert len(told.receipts) == 1


def test_a_known_task_that_is_under_way_is_waited_for(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), task("running"), task("success"))
    known = {DOCUMENT.key: ServerTask(1103)}
    (receipt,) = sender_for(connect(server.url), Told(), tasks=known).send([DOCUMENT])
    assert receipt.state is SendState.SENT
    assert server.lines[1:] == [ask(), ask()]


def test_a_task_that_the_server_has_forgotten_is_pushed_again(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), error(404, "QueueItem id=1103 does not exist"), older(1104))
    known = {DOCUMENT.key: ServerTask(1103)}
    (receipt,) = sender_for(connect(server.url), Told(), tasks=known).send([DOCUMENT])
    assert receipt.state is SendState.SENT
    assert server.lines[1:] == [ask(), PUSH]


def test_a_document_that_failed_before_goes_with_a_line_break_more_and_is_processed_anew(
    script: Serve, connect: Connect
) -> None:
    server = script(
        signed_in(),
        task("failed"),
        older(1103, "failed"),
        older(1104, "failed"),
        taken(1105),
        task("success", 1105),
    )
    known = {DOCUMENT.key: ServerTask(1103)}
    (receipt,) = sender_for(connect(server.url), Told(), tasks=known).send([DOCUMENT])
    assert receipt.state is SendState.SENT
    bodies = [seen.body for seen in server.seen if seen.method == "POST"][1:]
    assert bodies == [DOCUMENT.content + b"\n" * count for count in range(3)]


def test_a_document_that_fails_again_is_refused_and_says_so(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), older(1103, "failed"), taken(1104), task("failed", 1104))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt.state is SendState.REFUSED
    assert receipt.error.startswith("task 1104 failed, as task 1103 with the same results had: ")


def test_a_server_that_sees_through_line_breaks_is_not_asked_for_ever(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), older(1103, "failed"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert receipt.state is SendState.REFUSED
    assert "does not process the same results again" in receipt.error
    assert len(server.lines) < 25


def test_a_document_that_failed_before_its_build_was_there_goes_once_more(
    script: Serve, connect: Connect
) -> None:
    waited: list[None] = []

    def awaits_build() -> bool:
        waited.append(None)
        return True

    server = script(signed_in(), taken(1), task("failed", 1), taken(2), task("failed", 2), taken(3))
    sender = sender_for(connect(server.url), Told(), awaits_build=awaits_build)
    (receipt,) = sender.send([DOCUMENT])
    assert (receipt.state, receipt.attempts, len(waited)) == (SendState.REFUSED, 2, 1)


def test_a_build_that_does_not_come_is_not_pushed_for_again(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), taken(1), task("failed", 1))
    sender = sender_for(connect(server.url), Told(), awaits_build=lambda: False)
    (receipt,) = sender.send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.REFUSED, 1)


def test_a_task_that_the_server_denies_at_first_is_asked_for_again(
    script: Serve, connect: Connect
) -> None:
    missing = error(404, "no such task")
    server = script(signed_in(), taken(), missing, missing, task("success"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.SENT, 1)


def test_a_task_that_the_server_keeps_denying_is_pushed_once_more_and_then_not_verified(
    script: Serve, connect: Connect
) -> None:
    missing = error(404, "no such task")
    server = script(signed_in(), taken(1), *[missing] * 3, taken(2), *[missing] * 3, taken(3))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.UNVERIFIED, 2)
    assert "does not know task 2" in receipt.error


def test_a_refusal_does_not_stop_the_others(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), error(400, "no"), taken(2), task("success", 2))
    documents = [OneDocument(b"<a/>"), OneDocument(b"<b/>")]
    receipts = sender_for(connect(server.url), Told()).send(documents)
    assert [receipt.state for receipt in receipts] == [SendState.REFUSED, SendState.SENT]


def test_a_server_that_stops_answering_leaves_the_rest_unsent_with_the_cause(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), taken(1), DROP)
    documents = [OneDocument(b"<a/>"), OneDocument(b"<b/>"), OneDocument(b"<c/>")]
    told = Told()
    receipts = sender_for(connect(server.url), told).send(documents)
    states = [receipt.state for receipt in receipts]
    assert states == [SendState.UNVERIFIED, SendState.NOT_SENT, SendState.NOT_SENT]
    assert receipts[0].task is not None
    assert isinstance(receipts[1].cause, OutOfReachError)
    assert receipts[0].cause is receipts[2].cause is receipts[1].cause
    assert sorted(told.receipts[-3:], key=receipts.index) == list(receipts)


def test_a_server_that_stops_answering_after_it_took_a_document_leaves_its_task(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), taken(), DROP)
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.task and receipt.task.task_id) == (SendState.UNVERIFIED, 1103)
    assert receipt.error.startswith("queued as task 1103; nothing succeeded at ")
    assert isinstance(receipt.cause, OutOfReachError)


def test_a_task_that_may_not_be_read_leaves_the_document_unverified(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), task("running"), error(403, "no"))
    known = {DOCUMENT.key: ServerTask(1103)}
    (receipt,) = sender_for(connect(server.url), Told(), tasks=known).send([DOCUMENT])
    assert (receipt.state, receipt.cause) == (SendState.UNVERIFIED, None)
    assert receipt.task == ServerTask(1103)


def _press_ctrl_c() -> str:
    raise KeyboardInterrupt


def test_ctrl_c_after_the_server_took_them_keeps_the_tasks(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(1), taken(2), task("success", 1), task("success", 2))
    sender = sender_for(connect(server.url), Told(), missing=_press_ctrl_c)
    receipts = sender.send([DOCUMENT, OneDocument(b"<b/>")])
    assert [receipt.state for receipt in receipts] == [SendState.UNVERIFIED] * 2
    assert [receipt.task for receipt in receipts] == [ServerTask(1, UNTIL), ServerTask(2, UNTIL)]
    assert all(isinstance(receipt.cause, InterruptedUploadError) for receipt in receipts)


@pytest.mark.parametrize(
    "raised, state",
    [
        (RefusedError("403 Forbidden", http_status=403), SendState.SENT),
        (NotUsableError("gone"), SendState.UNVERIFIED),
        (OutOfReachError("no answer"), SendState.UNVERIFIED),
    ],
    ids=["refused", "not usable", "out of reach"],
)
def test_what_cannot_be_compared_was_taken_all_the_same(
    script: Serve, connect: Connect, raised: Exception, state: SendState
) -> None:
    def missing() -> str:
        raise raised

    server = script(signed_in(), taken(), task("success"))
    told = Told()
    (receipt,) = sender_for(connect(server.url), told, missing=missing).send([DOCUMENT])
    assert receipt.state is state
    assert (receipt.cause is raised) is (state is SendState.UNVERIFIED)


def test_a_question_that_is_refused_once_is_asked_again(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), taken(), error(400, "odd"), task("success"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.SENT, 1)


@pytest.mark.parametrize("status", [400, 403])
def test_a_document_whose_task_may_not_be_read_was_taken_all_the_same(
    script: Serve, connect: Connect, status: int
) -> None:
    server = script(signed_in(), taken(), error(status, "no"))
    (receipt,) = sender_for(connect(server.url), Told()).send([DOCUMENT])
    assert (receipt.state, receipt.cause) == (SendState.UNVERIFIED, None)
    assert receipt.task is not None
    assert receipt.error.startswith("queued as task 1103; GET ")


def test_a_document_of_a_forgotten_task_that_is_refused_now_is_refused(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), error(404, "forgotten"), error(400, "not valid"))
    known = {DOCUMENT.key: ServerTask(1103)}
    (receipt,) = sender_for(connect(server.url), Told(), tasks=known).send([DOCUMENT])
    assert receipt.state is SendState.REFUSED


def test_a_document_that_failed_for_something_else_does_not_wait_for_its_build(
    script: Serve, connect: Connect
) -> None:
    def awaits_build() -> bool:
        raise AssertionError

    server = script(signed_in(), taken(1), task("failed", 1, errorDetails="no release 7"))
    sender = sender_for(connect(server.url), Told(), awaits_build=awaits_build)
    (receipt,) = sender.send([DOCUMENT])
    assert (receipt.state, receipt.attempts) == (SendState.REFUSED, 1)


def test_a_known_task_that_succeeded_with_other_runs_is_not_believed(
    script: Serve, connect: Connect
) -> None:
    missing = iter(["the server lacks 2 of 2 runs"])
    server = script(signed_in(), task("success", 7), taken(8), task("success", 8))
    sender = sender_for(
        connect(server.url),
        Told(),
        tasks={DOCUMENT.key: ServerTask(7)},
        missing=lambda: next(missing, ""),
    )
    (receipt,) = sender.send([DOCUMENT])
    assert (receipt.state, receipt.task and receipt.task.task_id) == (SendState.SENT, 8)
    assert server.lines[1:] == [ask(7), PUSH, ask(8)]
