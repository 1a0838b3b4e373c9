"""Runs at servers that refuse a field, a method, or both: verdicts arrive, the rest is told."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import LockedError, RefusedError
from pytest_jama.core.plan import SendState
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.jama.parallel import Sending, Written
from pytest_jama.targets.jama.run_body import body_of
from pytest_jama.targets.jama.run_writer import RunWriter
from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun
from tests.every import every
from tests.targets.odd_runs import OddRuns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.targets.jama.client import JamaClient

FIELDS = {"build$37": 12, "color$37": "red"}
STATUS, STEPS, ACCOUNT = "testRunStatus", "testRunSteps", "actualResults"


def update_of(run_id: int, *, steps: bool = False, lines: int = 1, **run: Any) -> RunUpdate:
    verdict = CaseVerdict(CaseRef.parse(run_id), Verdict.PASSED)
    array = (RunStep("PASSED"),) if steps else ()
    stored = TestRun(run_id, run_id, "", "NOT_RUN", as_read=run)
    account = tuple("all is well" for _ in range(lines))
    return RunUpdate(stored, verdict, Verdict.PASSED, array, account, session="s")


def writer_of(server: OddRuns, *, method: Any = "auto", assignee: int | None = 8) -> RunWriter:
    return RunWriter(
        cast("JamaClient", server),
        method=method,
        body_of=lambda update: body_of(update, fields=FIELDS, assignee=assignee),
    )


def write(writer: RunWriter, update: RunUpdate) -> Written:
    return writer.write(update, lambda _: None)


def _bad(words: str, *names: str, status: int = 400) -> OddRuns:
    return OddRuns(lambda _m, _r, fields: (status, words) if set(names) & fields.keys() else None)


EXTRAS = {ACCOUNT: "account", "assignedTo": "assignee", "build$37": "field build$37"}


@every("bad", EXTRAS)
@every("status", [400, 403, 409, 413, 422, 500])
def test_one_bad_extra_costs_nothing_but_itself(bad: str, status: int) -> None:
    server = _bad("Bad Request: it is not valid", bad, status=status)
    written = write(writer_of(server), update_of(1))
    assert set(server.runs[1]) == {STATUS, ACCOUNT, "assignedTo", *FIELDS} - {bad}
    assert written.remarks == (
        (f"{EXTRAS[bad]} not stored", f"{status} {HTTPStatus(status).phrase}: it is not valid"),
    )
    assert bool(written.update.account) is (bad != ACCOUNT)
    assert len(server.requests) <= 6


def test_what_the_server_names_is_left_out_at_once() -> None:
    words = "Bad Request: unknown field 'color$37'; known are actualResults, assignedTo, build$37"
    server = _bad(words, "color$37")
    written = write(writer_of(server), update_of(1))
    assert written.remarks == (("field color$37 not stored", f"400 {words}"),)
    assert server.requests_of(1) == ["PATCH", "PATCH"]


def test_what_the_server_names_and_takes_is_kept() -> None:
    words = "Bad Request: only actualResults and assignedTo may be set"
    server = _bad(words, "build$37", "color$37")
    written = write(writer_of(server), update_of(1))
    assert {what for what, _ in written.remarks} == {
        "field build$37 not stored",
        "field color$37 not stored",
    }
    assert set(server.runs[1]) == {STATUS, ACCOUNT, "assignedTo"}


def test_several_bad_ones_are_all_found() -> None:
    server = _bad("Bad Request", ACCOUNT, "color$37")
    write(writer_of(server), update_of(1))
    assert set(server.runs[1]) == {STATUS, "assignedTo", "build$37"}


@every("bad", EXTRAS)
def test_following_runs_do_not_pay_for_it_again(bad: str) -> None:
    server = _bad("Bad Request: it is not valid", bad)
    writer = writer_of(server)
    remarks = {write(writer, update_of(number)).remarks for number in range(1, 11)}
    assert len(remarks) == 1
    assert {len(server.requests_of(number)) for number in range(3, 11)} == {1}
    assert all(STATUS in run for run in server.runs.values())


def test_runs_under_way_wait_for_the_one_that_finds_out() -> None:
    together = threading.Barrier(4)

    def says(_method: str, _run: int, fields: Mapping[str, Any]) -> tuple[int, str] | None:
        if "color$37" not in fields:
            return None
        if not writer_has_learned.is_set():
            together.wait(10)
            writer_has_learned.set()
        return 400, "Bad Request: unknown field 'color$37'"

    writer_has_learned = threading.Event()
    server = OddRuns(says)
    receipts = Sending(
        [update_of(number) for number in range(1, 13)],
        send=writer_of(server).write,
        stop=lambda: None,
        on_receipt=lambda _: None,
        concurrency=4,
    ).run()
    assert {each.state for each in receipts} == {SendState.SENT}
    assert len({each.remarks for each in receipts}) == 1
    assert [each.attempts for each in receipts] == [2] * 4 + [1] * 8
    assert len(server.requests) == 12 + 4


def test_one_account_that_is_refused_for_its_size_does_not_cost_the_shorter_ones() -> None:
    def says(_method: str, _run: int, fields: Mapping[str, Any]) -> tuple[int, str] | None:
        return (400, "Bad Request") if len(fields.get(ACCOUNT, "")) > 1_000 else None

    server = OddRuns(says)
    writer = writer_of(server)
    for number, lines in enumerate((1, 400, 500, 2, 400), start=1):
        write(writer, update_of(number, lines=lines))
    assert [ACCOUNT in server.runs[number] for number in range(1, 6)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert [len(server.requests_of(number)) for number in (3, 4, 5)] == [1, 1, 1]


@pytest.mark.parametrize("steps", [False, True])
def test_a_verdict_that_is_refused_alone_is_a_refused_run(steps: bool) -> None:
    server = OddRuns(
        lambda _m, _r, fields: (
            400,
            "Bad Request: the plan is archived" if len(fields) > 1 else "Bad",
        )
    )
    writer = writer_of(server)
    with pytest.raises(RefusedError, match=r"^PATCH .*the plan is archived$"):
        write(writer, update_of(1, steps=steps))
    assert not server.runs
    for number in range(2, 20):
        with pytest.raises(RefusedError, match="the plan is archived"):
            write(writer, update_of(number, steps=steps))
    assert server.requests_of(19) == ["PATCH"]


def test_the_first_refused_verdict_says_what_the_run_may_lack() -> None:
    server = OddRuns(lambda *_: (400, "Bad Request: missing value"))
    asked: list[int | None] = []

    def explain(run: TestRun) -> str:
        asked.append(run.run_id)
        return "it lacks a bench"

    writer = RunWriter(
        cast("JamaClient", server),
        method="auto",
        body_of=lambda update: body_of(update, fields=FIELDS),
        explain=explain,
    )
    with pytest.raises(RefusedError, match=r"missing value; it lacks a bench$"):
        write(writer, update_of(1))
    with pytest.raises(RefusedError, match=r"missing value$"):
        write(writer, update_of(2))
    assert asked == [1]


def test_a_locked_run_is_not_tried_otherwise() -> None:
    server = OddRuns(lambda *_: (403, "Forbidden: locked by bob"))
    with pytest.raises(LockedError):
        write(writer_of(server), update_of(1))
    assert server.requests_of(1) == ["PATCH"]


OF_METHOD = [
    (400, "Bad Request: the operation is not supported"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (415, "Unsupported Media Type"),
]


@every("refusal", OF_METHOD)
@every("steps", [False, True])
def test_where_patch_is_refused_the_same_goes_by_put_from_then_on(
    refusal: tuple[int, str], steps: bool
) -> None:
    server = OddRuns(lambda method, *_: refusal if method == "PATCH" else None)
    writer = writer_of(server)
    first, *others = [write(writer, update_of(number, steps=steps)) for number in range(1, 5)]
    core = STEPS if steps else STATUS
    assert all(set(run) == {core, ACCOUNT, "assignedTo", *FIELDS} for run in server.runs.values())
    (remark,) = first.remarks
    assert remark[1] == (
        f"this server does not take PATCH of test runs ({refusal[0]} {refusal[1]}); "
        "PUT was used; set `run: {write: put}`"
    )
    assert not any(each.remarks for each in others)
    assert len(server.requests_of(1)) <= 3
    assert [server.requests_of(number) for number in (2, 3, 4)] == [["PUT"]] * 3


@every("refusal", OF_METHOD)
@every("bad", EXTRAS)
def test_where_patch_and_an_extra_are_refused_the_rest_goes_by_put(
    refusal: tuple[int, str], bad: str
) -> None:
    def says(method: str, _run: int, fields: Mapping[str, Any]) -> tuple[int, str] | None:
        if method == "PATCH":
            return refusal
        return (400, "Bad Request: no") if bad in fields else None

    server = OddRuns(says)
    writer = writer_of(server)
    written = write(writer, update_of(1))
    assert set(server.runs[1]) == {STATUS, ACCOUNT, "assignedTo", *FIELDS} - {bad}
    assert [what for what, _ in written.remarks] == ["", f"{EXTRAS[bad]} not stored"]
    assert len(server.requests) <= 8
    for number in (2, 3):
        write(writer, update_of(number))
    assert server.requests_of(3) == ["PUT"]


def test_steps_may_go_by_put_where_only_a_status_may_be_patched() -> None:
    def says(method: str, _run: int, fields: Mapping[str, Any]) -> tuple[int, str] | None:
        return (400, "Bad Request: no array") if method == "PATCH" and STEPS in fields else None

    server = OddRuns(says)
    writer = writer_of(server)
    for number in range(1, 7):
        write(writer, update_of(number, steps=number % 2 == 0))
    assert [server.requests_of(number) for number in (3, 4, 5, 6)] == [
        ["PATCH"],
        ["PUT"],
        ["PATCH"],
        ["PUT"],
    ]


def test_a_run_that_is_gone_is_told_by_one_put_and_the_others_are_patched() -> None:
    server = OddRuns(lambda _method, run, _fields: (404, "Not Found") if run == 1 else None)
    writer = writer_of(server)
    with pytest.raises(RefusedError, match="404"):
        write(writer, update_of(1))
    write(writer, update_of(2))
    assert [server.requests_of(number) for number in (1, 2)] == [["PATCH", "PUT"], ["PATCH"]]
    server.requests.clear()
    with pytest.raises(RefusedError, match="404"):
        write(writer, update_of(1))
    assert server.requests_of(1) == ["PATCH"]


@pytest.mark.parametrize("method", ["patch", "put"])
def test_a_method_that_is_set_is_kept(method: str) -> None:
    server = OddRuns(lambda *_: (405, "Method Not Allowed"))
    with pytest.raises(RefusedError):
        write(writer_of(server, method=method), update_of(1))
    assert server.requests_of(1) == [method.upper()]


STORED: dict[str, Any] = {
    "name": "Login",
    "description": "<p>x</p>",
    ACCOUNT: "<p>of a person</p>",
    "assignedTo": 3,
    "color$37": "blue",
    "size$37": 4,
    STATUS: "NOT_RUN",
    "executionDate": "2026-01-01",
    "documentKey": "T-TSTRN-1",
    "testCycle": 7,
    "empty$37": None,
}


def test_a_put_clears_nothing() -> None:
    server = OddRuns(lambda *_: None, replaces=True)
    update = update_of(1, lines=0, **STORED)
    write(writer_of(server, method="put", assignee=None), update)
    assert server.runs[1] == {
        "name": "Login",
        "description": "<p>x</p>",
        ACCOUNT: "<p>of a person</p>",
        "assignedTo": 3,
        "size$37": 4,
        **FIELDS,
        STATUS: "PASSED",
    }


@pytest.mark.parametrize("words", ["Bad Request: 'name' is read-only", "Bad Request"])
def test_a_put_leaves_out_what_may_not_be_sent_back(words: str) -> None:
    server = OddRuns(lambda _m, _r, fields: (400, words) if "name" in fields else None)
    writer = writer_of(server, method="put")
    assert write(writer, update_of(1, **STORED)).remarks == ()
    assert {STATUS, ACCOUNT, "size$37", *FIELDS} <= server.runs[1].keys()
    write(writer, update_of(2, **STORED))
    assert server.requests_of(2) == ["PUT"]
