from __future__ import annotations

import logging
import socket
import traceback
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_jama import __version__
from pytest_jama.core.errors import (
    CredentialsError,
    OutOfReachError,
    RefusedError,
    TargetError,
)
from pytest_jama.targets.http import content
from pytest_jama.targets.http.give_up import GiveUp
from pytest_jama.targets.http.login import BasicLogin
from pytest_jama.targets.http.retry import NO_STATUS
from pytest_jama.targets.jama.parallel import gather
from tests.targets.scripted import (
    DRIP,
    DRIPPING_HEADERS,
    DRIPPING_WITHOUT_LENGTH,
    DROP,
    HANG,
    TRUNCATED,
    WEB_PAGE,
    Reply,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.targets.conftest import OpenApi, Serve
    from tests.targets.scripted import FakeTime

SHORT_S = 2.0
"""How long a test waits for an answer that never comes: a busy machine gives the others sooner."""


def _never() -> NoReturn:
    raise AssertionError("looked up without need")


@pytest.mark.parametrize(
    "reply",
    [
        *(said(status) for status in (408, 425, 429, 500, 502, 503, 504, 507, 520, 529, 599)),
        Reply(503, b"<html><title>Maintenance</title></html>"),
        DROP,
        HANG,
        TRUNCATED,
        WEB_PAGE,
        Reply(200, b'{"meta":'),
        Reply(200, b'"a string"'),
        Reply(200, b""),
    ],
    ids=[
        *("408", "425", "429", "500", "502", "503", "504", "507", "520", "529", "599"),
        *("503 html", "dropped", "no answer", "truncated"),
        *("html", "broken json", "no object", "empty"),
    ],
)
def test_a_request_is_repeated_until_it_is_answered(
    reply: Reply, script: Serve, open_api: OpenApi
) -> None:
    server = script(reply, reply, said(200, {"id": 7}))
    api = open_api(server.url, read_timeout_s=SHORT_S)
    assert api.get("/projects/7")["data"] == {"id": 7}
    assert server.lines == ["GET /rest/v1/projects/7"] * 3


def test_pauses_grow(script: Serve, open_api: OpenApi, fake_time: FakeTime) -> None:
    server = script(*[said(503)] * 4, said(200))
    open_api(server.url).get("/projects")
    assert [int(pause * 2) for pause in fake_time.slept] == [1, 2, 4, 8]


def test_pauses_differ(script: Serve, open_api: OpenApi, fake_time: FakeTime) -> None:
    server = script(*[said(503), said(200)] * 4)
    api = open_api(server.url)
    for _ in range(4):
        api.get("/projects")
    assert len(set(fake_time.slept)) == 4


def test_a_pause_that_the_server_asks_for_is_kept(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(429, Retry_After="7"), said(200))
    open_api(server.url).get("/projects")
    assert 7.0 in fake_time.slept


def test_a_pause_until_a_date_is_kept(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    moment = datetime.fromtimestamp(1_700_000_009, tz=timezone.utc)
    server = script(said(503, Retry_After=format_datetime(moment, usegmt=True)), said(200))
    open_api(server.url).get("/projects")
    assert fake_time.slept == [9.0]


def test_a_pause_ends_when_it_is_time_to_give_up(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(503, Retry_After="3600"))
    with pytest.raises(OutOfReachError):
        open_api(server.url, give_up_after_s=20).get("/projects")
    assert fake_time.slept == [20.0]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["3600", "Wed, 15 Nov 2023 22:13:20 GMT"])
def test_a_pause_never_outlasts_the_patience(
    status: int, value: str, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(status, Retry_After=value), said(200, {"id": 1}))
    assert open_api(server.url, give_up_after_s=5).get("/projects/1")["data"] == {"id": 1}
    assert sum(fake_time.slept) <= 5.5


@pytest.mark.parametrize("value", ["soon", "-3", "٣", "Mon, 99 Foo 2024 00:00:00 GMT"])
def test_an_unintelligible_pause_is_replaced_by_ours(
    value: str, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(503, Retry_After=value.encode().decode("latin-1")), said(200))
    open_api(server.url).get("/projects")
    assert 0.5 <= fake_time.slept[0] <= 1.0


def test_giving_up_says_where_how_long_and_why(script: Serve, open_api: OpenApi) -> None:
    server = script(said(503, message="down for\na while"))
    with pytest.raises(OutOfReachError) as caught:
        open_api(server.url, give_up_after_s=30).get("/projects")
    assert str(caught.value) == (
        f"nothing succeeded at {server.url} for 30 s, most recently GET /rest/v1/projects: "
        "503 Service Unavailable: down for a while"
    )


def test_giving_up_without_an_answer_repeats_the_last_one(script: Serve, open_api: OpenApi) -> None:
    server = script(said(200), said(503, message="down until noon"), DROP)
    api = open_api(server.url, give_up_after_s=30)
    api.get("/projects")
    with pytest.raises(OutOfReachError, match=r"its last answer was 503 .*: down until noon$"):
        api.get("/projects")


def test_an_answer_from_before_a_success_is_not_repeated(script: Serve, open_api: OpenApi) -> None:
    server = script(said(503, message="down until noon"), said(200), DROP)
    api = open_api(server.url, give_up_after_s=30)
    api.get("/projects")
    with pytest.raises(OutOfReachError) as caught:
        api.get("/projects")
    assert "noon" not in str(caught.value)


def test_nobody_listening_is_out_of_reach(open_api: OpenApi) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(OutOfReachError, match=r"connection failed"):
            open_api(url, give_up_after_s=3).get("/projects")


def test_a_success_in_between_renews_the_patience(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(503), said(503), said(200), said(503), said(503), said(200))
    api = open_api(server.url, give_up_after_s=4)
    for _ in range(2):
        fake_time.now += 100
        assert api.get("/projects")


def test_one_request_that_always_fails_is_refused_while_others_are_answered(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(*[said(500, message="NullPointerException")] * 10, said(200))
    with pytest.raises(RefusedError, match=r"10 attempts, while other requests are answered") as no:
        open_api(server.url).get("/testruns/1")
    assert no.value.http_status == 500
    assert server.lines[-1] == "GET /rest/v1/users/current"


def test_one_request_that_never_gets_an_answer_is_given_up_alone(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(said(200), HANG, said(200, {"id": 1}))
    api = open_api(server.url, read_timeout_s=SHORT_S, give_up_after_s=0)
    api.get("/projects")
    with pytest.raises(RefusedError, match="no answer in time") as no:
        api.get("/testruns/1")
    assert no.value.http_status == NO_STATUS
    assert api.get("/testruns/2")["data"] == {"id": 1}


def test_a_server_that_answers_reads_but_no_writes_is_given_up_after_a_few(
    script: Serve, open_api: OpenApi
) -> None:
    given_up = [*[said(503)] * 10, said(200)] * 8
    server = script(*given_up, *[said(503)] * 9, *[said(503), said(200)] * 200)
    api = open_api(server.url, give_up_after_s=1_000)
    for number in range(8):
        with pytest.raises(RefusedError):
            api.get(f"/testruns/{number}")
    with pytest.raises(OutOfReachError):
        api.get("/testruns/9")


def test_an_old_failure_does_not_outlive_the_successes_after_its_start(
    fake_time: FakeTime,
) -> None:
    patience = GiveUp(30, fake_time.clock)
    started_at = fake_time.now
    fake_time.now += 60
    patience.succeeded()
    fake_time.now += 1
    patience.failed(started_at=started_at)
    assert patience.failing_for_s == 1


def test_less_than_a_millisecond_is_not_waited_for(fake_time: FakeTime) -> None:
    patience = GiveUp(30, fake_time.clock)
    patience.failed(started_at=fake_time.now)
    fake_time.now += 30 - 1e-9
    assert patience.left_s == 0


def test_throttling_is_never_taken_for_a_refusal(script: Serve, open_api: OpenApi) -> None:
    server = script(*[said(429)] * 12, said(200, {"id": 1}))
    assert open_api(server.url, give_up_after_s=1e6).get("/testruns/1")["data"] == {"id": 1}


@pytest.mark.parametrize(
    "reply, error, text",
    [
        (said(400, message="bad\x1b[31m value"), RefusedError, "400 Bad Request: bad value"),
        (Reply(400, b'{"nothing": 1}'), RefusedError, "400 Bad Request"),
        (Reply(404, b""), RefusedError, "base URL of Jama, with its context path"),
        (Reply(404, b"<h1>no</h1>"), RefusedError, "404 Not Found: web page: no; check"),
        (said(403, message="no access"), RefusedError, "Named Creator license"),
        (said(400, message="run is blocked"), RefusedError, "run is blocked"),
        (said(418, message="teapot"), RefusedError, "teapot"),
        (said(401, message="Unauthorized"), CredentialsError, "check JAMA_PASSWORD"),
    ],
)
def test_a_refusal_keeps_the_words_of_the_server(
    reply: Reply, error: type[TargetError], text: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(reply)
    with pytest.raises(error) as caught:
        open_api(server.url).get("/testplans/3")
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert str(caught.value).startswith(f"GET /rest/v1/testplans/3: {reply.status}")
    assert len(server.seen) == 1


def test_long_words_of_the_server_are_shortened_to_one_line(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(said(400, message="line\n" * 1000))
    with pytest.raises(RefusedError) as caught:
        open_api(server.url).get("/projects")
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_redirect_is_not_followed_but_named(script: Serve, open_api: OpenApi) -> None:
    target = "https://sso.acme.example/login?ticket=hidden"
    server = script(Reply(302, b"", {"Location": target}))
    with pytest.raises(OutOfReachError, match=r"redirects to https://sso\.acme\.example; ") as no:
        open_api(server.url).get("/projects")
    assert "hidden" not in str(no.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        *("http://sso:port/", "http://h:99999999/", "http://[bad/", "http://h\u00e9/", ""),
        *("javascript:alert(1)", "http://a\x01b/", "http://" + "a" * 5000),
    ],
)
def test_a_redirect_to_an_odd_address_is_one_all_the_same(
    location: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(Reply(302, b"", {"Location": location}))
    with pytest.raises(OutOfReachError, match=r" 302 redirects to .*; `url` is probably") as no:
        open_api(server.url).get("/projects")
    assert len(str(no.value)) < 500


@pytest.mark.parametrize("charset", ["idna", "undefined", "no such thing", "\0"])
def test_an_odd_encoding_of_a_refusal_costs_no_more_than_the_refusal(
    charset: str, script: Serve, open_api: OpenApi
) -> None:
    kind = {"Content-Type": f"text/plain; charset={charset}"}
    server = script(Reply(400, b"no such field", kind))
    with pytest.raises(RefusedError, match="no such field"):
        open_api(server.url).get("/projects")


def test_what_cannot_be_understood_is_asked_for_again(script: Serve, open_api: OpenApi) -> None:
    def check(answer: Mapping[str, Any]) -> str:
        return "" if {answer["data"]["id"]} else "no ID"

    server = script(said(200, {"id": []}), said(200, {}), said(200, 5), said(200, {"id": 7}))
    assert open_api(server.url).get("/projects/7", check=check)["data"] == {"id": 7}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(499, b"", reason="the proxy does not like the login ann:a-very-long-s3cret, no"),
        Reply(302, b"", {"Location": "http://a-very-long-s3cret.sso.example/"}),
        Reply(302, b"", {"Location": "http://sso.example:x/a-very-long-s3cret"}),
    ],
    ids=["reason", "host", "malformed"],
)
def test_secrets_in_odd_places_are_hidden(reply: Reply, script: Serve, open_api: OpenApi) -> None:
    login = BasicLogin("ann", lambda: "a-very-long-s3cret", remedy="")
    with pytest.raises(TargetError) as no:
        open_api(script(reply).url, login=login).get("/projects")
    assert "a-very" not in str(no.value)


def test_a_put_without_an_answer_body_is_fine(script: Serve, open_api: OpenApi) -> None:
    server = script(Reply(200, b""))
    assert open_api(server.url).put("/testcycles/1", {"fields": {}}) == {}


def test_only_json_is_sent_by_a_named_client(script: Serve, open_api: OpenApi) -> None:
    server = script(said(200))
    open_api(server.url).put("/testcycles/1", {"name": "größer"})
    seen = server.seen[0]
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["User-Agent"] == f"pytest-jama/{__version__}"
    assert seen.body == rb'{"name": "gr\u00f6\u00dfer"}'


def test_parameters_are_repeated_not_joined(script: Serve, open_api: OpenApi) -> None:
    server = script(said(200))
    open_api(server.url).get("/testruns", (("testCase", 1), ("testCase", 2)))
    assert server.lines == ["GET /rest/v1/testruns?testCase=1&testCase=2"]


def test_cookies_of_the_server_are_not_kept(script: Serve, open_api: OpenApi) -> None:
    server = script(said(200, Set_Cookie="JSESSIONID=1; Path=/"))
    api = open_api(server.url)
    api.get("/projects")
    api.get("/projects")
    assert "Cookie" not in server.seen[1].headers


def test_the_password_may_have_any_letters(script: Serve, open_api: OpenApi) -> None:
    from pytest_jama.targets.http.login import BasicLogin  # noqa: PLC0415 - only here

    server = script(said(200))
    open_api(server.url, login=BasicLogin("ann", lambda: "zażółć", remedy="")).get("/projects")
    assert server.seen[0].headers["Authorization"] == "Basic YW5uOnphxbzDs8WCxIc="


@pytest.mark.parametrize("how", [DRIP, DRIPPING_HEADERS, DRIPPING_WITHOUT_LENGTH])
def test_an_answer_that_drips_for_ever_ends_in_time(
    how: Reply, script: Serve, open_api: OpenApi
) -> None:
    server = script(how, said(200, {"id": 7}))
    api = open_api(server.url, read_timeout_s=SHORT_S)
    assert api.get("/projects/7")["data"] == {"id": 7}


def test_an_answer_without_end_does_not_fill_the_memory(
    script: Serve, open_api: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "LARGEST_ANSWER", 100_000)
    server = script(Reply(200, b" " * 100_001), said(200, {"id": 7}), Reply(200, b" " * 100_001))
    api = open_api(server.url, give_up_after_s=20)
    assert api.get("/projects/7")["data"] == {"id": 7}
    with pytest.raises(OutOfReachError, match="the answer is garbled"):
        api.get("/projects/7")


def test_an_answer_that_is_none_to_the_question_is_asked_for_again(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(said(200, [1]), said(200, [2]))
    api = open_api(server.url)
    answer = api.get("/x", check=lambda answer: "" if answer["data"] == [2] else "something else")
    assert answer["data"] == [2]


def test_no_more_requests_are_under_way_than_allowed(script: Serve, open_api: OpenApi) -> None:
    server = script(said(200))
    api = open_api(server.url, at_once=2)
    gather([lambda: api.get("/projects")] * 12, at_once=6)
    assert server.most_at_once <= 2


@pytest.mark.parametrize(
    "meta",
    [
        b'{"meta":{"id":9}}',
        b'{"meta":{"id":"9"}}',
        b'{"meta":{"location":"http://x/rest/v1/testplans/9"}}',
        b'{"meta":{"location":"http://x/rest/v1/testplans/9/","id":null}}',
    ],
)
def test_the_new_id_comes_from_id_or_location(
    meta: bytes, script: Serve, open_api: OpenApi
) -> None:
    server = script(Reply(201, meta))
    assert open_api(server.url).create("/testplans", {}, look=_never) == 9


def test_after_stop_nothing_is_sent(script: Serve, open_api: OpenApi) -> None:
    server = script(said(200))
    api = open_api(server.url)
    api.connection.stop()
    with pytest.raises(OutOfReachError, match="stopped"):
        api.get("/projects")
    assert server.seen == []


def test_the_log_has_one_line_an_attempt_and_a_retry_and_no_query(
    script: Serve, open_api: OpenApi, fake_time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="pytest_jama")
    server = script(said(503), said(200))
    open_api(server.url).get("/testplans", (("project", 4),))
    pause = f"{fake_time.slept[0]:.3f} s"
    assert [record.getMessage() for record in caplog.records] == [
        "GET /rest/v1/testplans: 503 in 0.000 s (attempt 1)",
        f"GET /rest/v1/testplans: attempt 2 in {pause}: 503 Service Unavailable (120 s left)",
        "GET /rest/v1/testplans: 200 in 0.000 s (attempt 2)",
    ]


@pytest.mark.parametrize("reply", [DROP, HANG, said(401), said(403), TRUNCATED])
def test_no_secret_in_message_or_variables_of_the_traceback(
    reply: Reply, script: Serve, open_api: OpenApi
) -> None:
    server = script(reply)
    with pytest.raises(TargetError) as caught:
        open_api(server.url, give_up_after_s=1, read_timeout_s=SHORT_S).get("/projects")
    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert "s3cret" not in shown
    assert "YW5uOnMzY3JldA" not in shown
