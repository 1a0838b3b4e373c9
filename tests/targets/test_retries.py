"""Every request that is made again says why: in the log, to the observer, and counted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import LOGGER
from pytest_jama.core.port import Observer, Retry
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.http.creation import LOOKED_UP_AGAIN, Seen
from pytest_jama.targets.http.login import ClientLogin, TokenLogin, fetch_token
from pytest_jama.targets.jama.answer_checks import is_object
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.settling import settle
from pytest_jama.targets.jama.wire import Cycle, TestPlan
from tests.targets.jama_world import updates_for
from tests.targets.scripted import (
    DROP,
    HANG,
    TRUNCATED,
    WEB_PAGE,
    Reply,
    created,
    said,
    token,
)
from tests.targets.test_creation import wary
from tests.targets.test_jama_lost import Swallow, Unheard
from tests.targets.told import Told

if TYPE_CHECKING:
    from tests.targets.conftest import MakeWorld, OpenApi, Serve
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

SHORT_S = 2.0


@pytest.mark.parametrize(
    "reply, reason",
    [
        (said(503, message="maintenance until five"), "503 Service Unavailable"),
        (said(429), "429 Too Many Requests"),
        (said(500), "500 Internal Server Error"),
        (HANG, "no answer in time"),
        (TRUNCATED, "the answer broke off"),
        (WEB_PAGE, "the answer is a web page"),
        (Reply(200, b'{"meta":'), "the answer is not JSON"),
        (Reply(200, b""), "the answer is empty"),
        (said(200, {"id": 8}), "the answer is about something else"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_without_a_usable_answer_says_why_it_is_repeated(
    reply: Reply, reason: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(reply, reply, said(200, {"id": 7}))
    api = open_api(server.url, read_timeout_s=SHORT_S)
    told = Told()
    api.connection.tell(told)
    api.get("/projects/7", check=is_object(7))
    assert api.connection.repeated == {reason: 2}
    assert {retry.request for retry in told.retries} == {"GET /rest/v1/projects/7"}
    assert [retry.attempt for retry in told.retries] == [2, 3]


def test_a_lost_connection_says_how_it_was_lost(script: Serve, open_api: OpenApi) -> None:
    server = script(DROP, said(200))
    api = open_api(server.url)
    api.get("/projects")
    ((reason, count),) = api.connection.repeated.items()
    assert reason.startswith("connection failed")
    assert count == 1


def test_the_log_has_reason_pause_and_what_is_left(
    script: Serve, open_api: OpenApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=LOGGER)
    server = script(said(503, message="maintenance", Retry_After="7"), said(200))
    open_api(server.url).get("/testplans", (("project", 4),))
    (record,) = [each for each in caplog.records if each.filename == "give_up.py"]
    assert record.getMessage() == (
        "GET /rest/v1/testplans: attempt 2 in 7.000 s: 503 Service Unavailable, "
        "the server asked for 7 s (120 s left)"
    )


def test_a_pause_is_told_before_it_begins(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(*[said(503)] * 3, said(200))
    api = open_api(server.url)
    told = Told()
    api.connection.tell(told)
    api.get("/projects")
    assert [retry.pause_s for retry in told.retries] == fake_time.slept
    passed_s = [sum(fake_time.slept[:number]) for number in range(3)]
    assert [retry.left_s for retry in told.retries] == pytest.approx(
        [120 - seconds for seconds in passed_s]
    )


def test_a_request_that_succeeds_at_once_is_not_counted(script: Serve, open_api: OpenApi) -> None:
    api = open_api(script(said(200)).url)
    api.get("/projects")
    assert api.connection.repeated == {}


def _open_with_token(url: str, open_api: OpenApi, fake_time: FakeTime) -> Any:
    basic = ClientLogin("client", lambda: "s3cret", remedy="check JAMA_CLIENT_ID")
    login = TokenLogin(
        lambda: fetch_token(api.connection, basic), remedy="check", clock=fake_time.clock
    )
    api = open_api(url, login=login)
    return api


def test_a_renewed_token_is_a_reason(script: Serve, open_api: OpenApi, fake_time: FakeTime) -> None:
    server = script(token("old"), said(401), token("new"), said(200))
    api = _open_with_token(server.url, open_api, fake_time)
    api.get("/projects")
    assert api.connection.repeated == {"401 Unauthorized, so the token is renewed": 1}


def test_an_answer_without_a_token_is_a_reason(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(200), token(), said(200))
    api = _open_with_token(server.url, open_api, fake_time)
    api.get("/projects")
    assert api.connection.repeated == {"the answer holds no token": 1}


def test_a_creation_in_doubt_says_why_it_is_looked_up_again(
    script: Serve, open_api: OpenApi
) -> None:
    api = open_api(script(said(504), created(43)).url)
    api.create("/testplans", {}, look=lambda: Seen(None), wary=wary())
    assert api.connection.repeated == {"504 Gateway Timeout": 1, LOOKED_UP_AGAIN: 7}


def test_a_list_that_is_read_again_is_counted(script: Serve, open_api: OpenApi) -> None:
    empty = Reply(200, b'{"meta": {"pageInfo": {"totalResults": 1}}, "data": []}')
    full = Reply(200, b'{"meta": {"pageInfo": {"totalResults": 1}}, "data": [{"id": 7}]}')
    client = JamaClient(open_api(script(empty, empty, full).url))
    assert [plan.id for plan in client.plans(4)] == [7]
    assert client.api.connection.repeated == {"the list announces more than it has": 2}


def test_an_update_that_is_sent_again_is_counted(world: JamaWorld, fake_time: FakeTime) -> None:
    refs = world.add_cases(3)
    world.start(refs)
    target = world.target(clocks=fake_time.clocks, upload={"concurrency": 1})
    Swallow(target, 1)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    told = Told()
    target.push(updates, observer=told)
    runs, again = "/rest/v1/testruns", f"PATCH /rest/v1/testruns/{updates[0].run.run_id}"
    late = "runs are as they were before"
    assert [(retry.request, retry.reason, retry.attempt) for retry in told.retries] == [
        *((f"GET {runs}", late, attempt) for attempt in range(2, 8)),
        (again, "accepted, but not stored", 2),
    ]


def test_runs_of_a_new_cycle_that_never_come_are_counted(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world(cycle_generation_delay_s=3600)
    told = Told()
    target = world.target(clocks=fake_time.clocks)
    target.resolve(world.add_cases(1), create=True, observer=told)
    assert {retry.reason for retry in told.retries} == {"the cycle does not have all runs yet"}
    assert [retry.pause_s for retry in told.retries] == fake_time.slept


def test_a_case_that_is_added_again_is_counted(world: JamaWorld, fake_time: FakeTime) -> None:
    refs = world.add_cases(2)
    target = world.target(clocks=fake_time.clocks)
    Unheard(target, 1)
    told = Told()
    target.resolve(refs, create=True, observer=told)
    (retry,) = told.retries
    assert retry.request.startswith("POST /rest/v1/testplans/")
    assert (retry.reason, retry.attempt) == ("accepted, but not there", 2)


def test_pages_that_do_not_add_up_are_read_one_by_one_and_counted(
    script: Serve, open_api: OpenApi
) -> None:
    page = Reply(200, b'{"meta": {"pageInfo": {"totalResults": 1}}, "data": [{"id": 7}]}')
    client = JamaClient(open_api(script(page).url))
    client.runs(Cycle(4, "Build 7"), total=60)
    assert client.api.connection.repeated == {"the pages of the list do not add up": 1}


def test_a_plan_that_is_not_listed_yet_is_looked_for_again() -> None:
    told: list[tuple[str, int, float]] = []
    settle(
        TestPlan(4, "Release 1"),
        list,
        "test plan",
        again=lambda *retry: told.append(retry),
        warn=pytest.fail,
    )
    assert told == [
        ("what was created is not listed yet", attempt, pause_s)
        for attempt, pause_s in enumerate((0.5, 1.0, 2.0, 4.0, 8.0, 15.0), start=2)
    ]


def test_a_retry_reads_as_one_line() -> None:
    retry = Retry("PATCH /rest/v1/testruns/7", "503 Service Unavailable", pause_s=0.5, left_s=90)
    assert str(retry) == (
        "PATCH /rest/v1/testruns/7: attempt 2 in 0.500 s: 503 Service Unavailable (90 s left)"
    )
