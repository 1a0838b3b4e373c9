from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import CredentialsError, OutOfReachError
from pytest_jama.targets.http.login import ClientLogin, Token, TokenLogin, fetch_token, read_token
from tests.every import every
from tests.targets.scripted import WEB_PAGE, Reply, said, token

if TYPE_CHECKING:
    from pytest_jama.targets.http.api import HttpApi
    from tests.targets.conftest import OpenApi, Serve
    from tests.targets.scripted import FakeTime

BASIC = ClientLogin("client", lambda: "s3cret", remedy="check JAMA_CLIENT_ID")


def _open(url: str, open_api: OpenApi, fake_time: FakeTime) -> HttpApi:
    """Connect with a token that comes from the same server."""

    client = ClientLogin("client", lambda: "s3cret", remedy="check JAMA_CLIENT_ID")

    def fetch() -> Token:
        return fetch_token(api.connection, client)

    login = TokenLogin(fetch, remedy="check JAMA_CLIENT_ID", clock=fake_time.clock)
    api = open_api(url, login=login)
    return api


def test_the_token_is_asked_for_once_and_sent_with_each_request(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token("abc"), said(200), said(200))
    api = _open(server.url, open_api, fake_time)
    api.get("/projects")
    api.get("/projects")
    assert server.lines == ["POST /rest/oauth/token", *["GET /rest/v1/projects"] * 2]
    assert [seen.headers["Authorization"] for seen in server.seen[1:]] == ["Bearer abc"] * 2


def test_the_token_request_is_a_form_with_the_client_as_user(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token(), said(200))
    _open(server.url, open_api, fake_time).get("/projects")
    seen = server.seen[0]
    assert seen.body == b"grant_type=client_credentials"
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert seen.headers["Authorization"] == "Basic Y2xpZW50OnMzY3JldA=="


def test_a_context_path_stays_in_the_address_of_the_token(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token(), said(200))
    _open(f"{server.url}/contour/", open_api, fake_time).get("/projects")
    assert server.lines == ["POST /contour/rest/oauth/token", "GET /contour/rest/v1/projects"]


@every(
    "lifetime_s, age_s, is_fresh",
    [
        (3600, 0, True),
        (3600, 3540, True),
        (3600, 3541, False),
        (100, 41, False),
        (20, 9, True),
        (20, 11, False),
        (0, 0, True),
    ],
)
def test_a_token_is_fresh_until_a_minute_before_it_expires(
    lifetime_s: int, age_s: int, is_fresh: bool
) -> None:
    assert Token("Bearer x", lifetime_s, 1000 + lifetime_s).is_fresh(1000 + age_s) is is_fresh


def test_an_old_token_is_renewed_before_the_next_request(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token("old"), said(200), token("new"), said(200))
    api = _open(server.url, open_api, fake_time)
    api.get("/projects")
    fake_time.now += 3541
    api.get("/projects")
    assert server.seen[-1].headers["Authorization"] == "Bearer new"


def test_a_refused_token_is_replaced_once(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token("old"), said(401), token("new"), said(200, {"id": 1}))
    assert _open(server.url, open_api, fake_time).get("/projects")["data"] == {"id": 1}
    assert server.seen[-1].headers["Authorization"] == "Bearer new"


def test_a_second_refusal_is_final(script: Serve, open_api: OpenApi, fake_time: FakeTime) -> None:
    server = script(token("old"), said(401), token("new"), said(401))
    with pytest.raises(CredentialsError, match="JAMA_CLIENT_ID"):
        _open(server.url, open_api, fake_time).get("/projects")
    assert len(server.seen) == 4


def test_no_token_endpoint_means_a_wrong_address(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(Reply(404, b"<html></html>"))
    with pytest.raises(CredentialsError, match="check `url`, with its context path"):
        _open(server.url, open_api, fake_time).get("/projects")


@pytest.mark.parametrize(
    "reply, attempts",
    [
        (Reply(401, b'{"error":"invalid_client","error_description":"Bad credentials"}'), 2),
        (Reply(400, b'{"error":"invalid_request"}'), 2),
        (WEB_PAGE, 3),
        (Reply(200, b"not json"), 3),
        (Reply(200, b"{}"), 3),
        (Reply(200, b'{"access_token": null}'), 3),
    ],
    ids=["401", "400", "web page", "no json", "no token", "null"],
)
def test_no_token_means_wrong_credentials(
    reply: Reply, attempts: int, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(reply)
    with pytest.raises(CredentialsError, match="JAMA_CLIENT_ID") as caught:
        _open(server.url, open_api, fake_time).get("/projects")
    assert "s3cret" not in str(caught.value)
    assert len(server.seen) == attempts


@pytest.mark.parametrize("reply", [WEB_PAGE, Reply(200, b"{}"), Reply(200, b"")])
def test_one_answer_without_a_token_is_not_the_last_word(
    reply: Reply, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(reply, token(), said(200, {"id": 1}))
    assert _open(server.url, open_api, fake_time).get("/projects")["data"] == {"id": 1}


def test_a_refusal_of_what_was_accepted_before_is_doubted_twice(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    refused = [said(401), token(), said(401)]
    server = script(token(), said(200), *refused, *refused, said(200, {"id": 2}))
    api = _open(server.url, open_api, fake_time)
    api.get("/projects")
    assert api.get("/projects")["data"] == {"id": 2}


def test_credentials_that_are_withdrawn_end_it(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    refused = [said(401), token(), said(401)]
    server = script(token(), said(200), *refused, *refused, *refused, said(200))
    api = _open(server.url, open_api, fake_time)
    api.get("/projects")
    with pytest.raises(CredentialsError, match="JAMA_CLIENT_ID"):
        api.get("/projects")


def test_a_server_that_cannot_give_tokens_now_is_out_of_reach(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(503))
    with pytest.raises(OutOfReachError, match="oauth/token"):
        _open(server.url, open_api, fake_time).get("/projects")


def test_threads_that_start_together_share_one_token(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token(), said(200))
    api = _open(server.url, open_api, fake_time)
    threads = [threading.Thread(target=api.get, args=("/projects",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.lines.count("POST /rest/oauth/token") == 1


@every(
    "answer, lifetime_s",
    [
        ({"access_token": "x", "token_type": "Bearer", "expires_in": 3599}, 3599),
        ({"access_token": "x", "expires_in": "60"}, 60),
        ({"access_token": "x"}, 300),
        ({"access_token": "x", "expires_in": None}, 300),
        ({"access_token": "x", "expires_in": -5}, 0),
    ],
)
def test_odd_lifetimes_are_borne(answer: dict[str, Any], lifetime_s: float) -> None:
    found = read_token(answer, now=10)
    assert found
    assert found.lifetime_s == lifetime_s


def test_a_token_does_not_show_itself() -> None:
    assert "abc" not in repr(Token("Bearer abc", 10, 20))
    assert "s3cret" not in repr(vars(BASIC))
