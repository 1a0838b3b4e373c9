"""What is said of a refusal: the words of whoever refused, why, and who has to do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import (
    CredentialsError,
    LockedError,
    OutOfReachError,
    RefusedError,
    TargetError,
)
from pytest_jama.targets.http.login import ClientLogin, TokenLogin, fetch_token
from tests.targets.scripted import Reply, gives, said, token

if TYPE_CHECKING:
    from pytest_jama.targets.http.api import HttpApi
    from tests.targets.conftest import OpenApi, Serve
    from tests.targets.scripted import FakeTime

ACCESS_LIST = "Admin > Organization > REST API > Add access"
LICENSE = "ask an administrator of Jama to give it a Named Creator license"
LOCKED_ACCOUNT = "this account is locked"
INACTIVE = "ask an administrator of Jama to activate the account"
EXPIRED = "make new API credentials"
USUAL = "check JAMA_PASSWORD"
GATEWAY = "which header it wants (`headers` in jama.yaml)"
SIGN_ON = "a page of single sign-on"
ANY = "ask an administrator of Jama whether it is on the list"
WRITE = "`Project Create/Edit` in this project"
READ = "`Project Read` in this project"
UNLOCK = "have it unlocked in Jama"

NOT_PERMITTED = "This user is not permitted to use the API"


def page(status: int, title: str, text: str = "") -> Reply:
    html = f"<!DOCTYPE html><html><head><title>{title}</title><style>p {{}}</style></head>"
    body = f"<body><script>var locked;</script><p>{text}</p></body></html>"
    return Reply(status, (html + body).encode(), {"Content-Type": "text/html"})


AT_THE_FIRST_REQUEST = [
    (said(403, message=NOT_PERMITTED), CredentialsError, ACCESS_LIST),
    (said(401, message=NOT_PERMITTED), CredentialsError, ACCESS_LIST),
    (said(403, message="REST API access is disabled for user ann"), CredentialsError, ACCESS_LIST),
    (said(403, message="A Named Creator license is required"), CredentialsError, LICENSE),
    (said(401, message="License type TEST_RUNNER may not log in"), CredentialsError, LICENSE),
    (said(403, message="Not permitted by your license to use the API"), CredentialsError, LICENSE),
    (said(401, message="Account is locked, no API access"), CredentialsError, LOCKED_ACCOUNT),
    (said(401, message="Login off after 5 failed attempts"), CredentialsError, LOCKED_ACCOUNT),
    (said(403, message="User is locked"), CredentialsError, LOCKED_ACCOUNT),
    (said(401, message="Too many failed login attempts"), CredentialsError, LOCKED_ACCOUNT),
    (said(423), CredentialsError, LOCKED_ACCOUNT),
    (said(401, message="User account is disabled"), CredentialsError, INACTIVE),
    (said(403, message="Inactive user"), CredentialsError, INACTIVE),
    (said(401, message="Your password has expired"), CredentialsError, EXPIRED),
    (
        said(401, message="Basic auth is not allowed with SSO"),
        CredentialsError,
        "instead of JAMA_USERNAME",
    ),
    (said(401, message="Bad credentials"), CredentialsError, USUAL),
    (said(401), CredentialsError, USUAL),
    (said(403, message="Access is denied"), RefusedError, ANY),
    (said(403), RefusedError, ANY),
    (page(403, "Sign in to ACME", "Your identity provider"), RefusedError, SIGN_ON),
    (page(401, "Sign in to ACME"), CredentialsError, SIGN_ON),
    (page(403, "403 Forbidden", "nginx"), RefusedError, GATEWAY),
    (page(401, "Unauthorized"), CredentialsError, GATEWAY),
    (gives(401, {"message": "No API key found in request"}), CredentialsError, GATEWAY),
    (Reply(403, b"RBAC: access denied"), RefusedError, GATEWAY),
    (said(407), RefusedError, "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"),
]


@pytest.mark.parametrize("reply, error, remedy", AT_THE_FIRST_REQUEST)
def test_refused_at_the_first_request_it_is_said_who_has_to_do_what(
    reply: Reply, error: type[TargetError], remedy: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(reply)
    with pytest.raises(error) as caught:
        open_api(server.url).get("/projects")
    assert type(caught.value) is error
    assert remedy in str(caught.value)
    assert str(caught.value).startswith(f"GET /rest/v1/projects: {reply.status} ")
    assert len(server.seen) == 1


LATER = [
    ("PUT /testruns/1", said(403, message="The item is locked by Bob"), LockedError, UNLOCK),
    ("PUT /testruns/1", said(403, message="No account may edit it: locked"), LockedError, UNLOCK),
    ("PUT /testcycles/1", said(400, message="Locked by user 5"), LockedError, UNLOCK),
    ("PUT /testplans/1", said(409, message="lock held"), LockedError, UNLOCK),
    ("PUT /items/1", said(423), LockedError, UNLOCK),
    ("GET /testruns/1", said(403, message="It is locked by Bob"), RefusedError, READ),
    ("PUT /testruns/1", said(403, message="Run 'locks' refused"), LockedError, UNLOCK),
    ("PUT /testruns/1", said(403, message="blocked by a rule"), RefusedError, WRITE),
    ("PUT /testruns/1", said(403), RefusedError, f"{WRITE}, which writing test runs takes"),
    ("PUT /testcycles/1", said(403, message="no"), RefusedError, "`pytest-jama prepare`"),
    ("GET /projects/1", said(403, message="no"), RefusedError, READ),
    ("PUT /attachments/1/file", said(413), RefusedError, "`evidence.max_file`"),
    ("PUT /attachments/1/file", said(403), RefusedError, "which adding files takes"),
]


@pytest.mark.parametrize("asks, reply, error, remedy", LATER)
def test_refused_later_it_is_said_which_right_is_missing_on_what(
    asks: str,
    reply: Reply,
    error: type[TargetError],
    remedy: str,
    request: pytest.FixtureRequest,
) -> None:
    script: Serve = request.getfixturevalue("script")
    open_api: OpenApi = request.getfixturevalue("open_api")
    method, path = asks.split()
    server = script(said(200), reply)
    api = open_api(server.url)
    api.get("/projects")
    with pytest.raises(error) as caught:
        api.put(path, {}) if method == "PUT" else api.get(path)
    assert type(caught.value) is error
    assert remedy in str(caught.value)
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "words, remedy",
    [
        (NOT_PERMITTED, ACCESS_LIST),
        ("Your license does not allow that", LICENSE),
        ("Your account is locked", LOCKED_ACCOUNT),
    ],
)
def test_an_account_that_is_shut_out_in_the_middle_ends_it(
    words: str, remedy: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(said(200), said(403, message=words))
    api = open_api(server.url)
    api.get("/projects")
    with pytest.raises(CredentialsError) as caught:
        api.put("/testruns/1", {})
    assert str(caught.value).startswith(f"PUT /rest/v1/testruns/1: 403 Forbidden at {server.url}: ")
    assert remedy in str(caught.value)
    assert server.lines[1:] == ["PUT /rest/v1/testruns/1", "GET /rest/v1/users/current"]


@pytest.mark.parametrize(
    "words, error, remedy",
    [
        ("This field may not be written by the API", RefusedError, WRITE),
        ("Your license does not allow that", RefusedError, LICENSE),
        ("The account of Bob has locked it", LockedError, UNLOCK),
    ],
)
def test_a_request_that_is_refused_while_others_are_granted_costs_only_itself(
    words: str, error: type[TargetError], remedy: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(said(200), said(403, message=words), said(200))
    api = open_api(server.url)
    api.get("/projects")
    with pytest.raises(error) as caught:
        api.put("/testruns/1", {})
    assert type(caught.value) is error
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    "reply, words",
    [
        (
            gives(401, {"error": "invalid_client", "error_description": "Bad secret"}),
            "401 Unauthorized at {url}: invalid_client: Bad secret; check",
        ),
        (gives(403, {"meta": {"status": "Forbidden", "message": "Ask Bob"}}), ": Ask Bob; "),
        (gives(403, {"meta": {"status": "Forbidden", "timestamp": "x"}}), "403 Forbidden; "),
        (gives(403, {"fault": {"faultstring": "Quota is over"}}), ": Quota is over; "),
        (gives(403, {"errors": [{"code": "E7", "detail": "Denied here"}]}), ": Denied here; "),
        (gives(403, {"odd": 5}), ': {{"odd": 5}}; '),
        (gives(403, ["odd"]), ': ["odd"]; '),
        (Reply(401, b"who are you?\nreally"), ": who are you?; "),
        (
            page(403, "Access denied", "Ask the &quot;help desk&quot;"),
            ': web page: Access denied: Ask the "help desk"; ',
        ),
        (Reply(403, b"<html><h1>Stop</h1> it</html>"), ": web page: Stop it; "),
        (
            Reply(401, b"", {"WWW-Authenticate": 'Basic realm="Gate of ACME"'}),
            ': Basic realm="Gate of ACME"; ',
        ),
        (Reply(403, b"\x1b[31mno s3cret way" + b"!" * 9000), ": no *** way!!!"),
    ],
)
def test_the_words_of_who_refuses_are_shown(
    reply: Reply, words: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(reply)
    with pytest.raises(TargetError) as caught:
        open_api(server.url).get("/projects")
    assert words.format(url=server.url) in str(caught.value)
    assert len(str(caught.value)) < 900
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "reply, remedy",
    [
        (
            said(429),
            "either all tools of this Jama together ask for too much (they share its limit)",
        ),
        (said(429), "or it is under maintenance"),
        (said(429, message="System under maintenance"), "ask its administrator until when"),
        (said(503, message="Under maintenance"), "ask its administrator until when"),
        (said(429, message="No requests allowed"), "`api.throttler.concurrentLimit`"),
    ],
)
def test_where_nothing_succeeds_it_is_said_what_that_may_be(
    reply: Reply, remedy: str, script: Serve, open_api: OpenApi
) -> None:
    with pytest.raises(OutOfReachError) as caught:
        open_api(script(reply).url, give_up_after_s=5).get("/projects")
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    "location, remedy",
    [
        ("https://127.0.0.1{path}", "; set `url` to https://127.0.0.1"),
        ("/contour{path}", "; set `url` to {url}/contour"),
        ("https://sso.example{path}", "JAMA_CLIENT_ID and JAMA_CLIENT_SECRET (API credentials"),
        ("/login", "let requests to /rest through"),
    ],
)
def test_a_redirect_says_which_url_to_take_or_that_it_is_a_login_for_people(
    location: str, remedy: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(Reply(302, b"", {"Location": location.format(path="/rest/v1/projects")}))
    with pytest.raises(OutOfReachError) as caught:
        open_api(server.url).get("/projects")
    assert remedy.format(url=server.url) in str(caught.value)


def _log_in(url: str, open_api: OpenApi, fake_time: FakeTime) -> HttpApi:
    client = ClientLogin("me & you", lambda: "s3cret+/=", remedy="check JAMA_CLIENT_ID")
    login = TokenLogin(
        lambda: fetch_token(api.connection, client),
        remedy="check JAMA_CLIENT_ID",
        clock=fake_time.clock,
        credentials=client,
    )
    api = open_api(url, login=login)
    return api


@pytest.mark.parametrize("status", [400, 401])
def test_a_client_that_is_refused_as_user_and_password_is_sent_as_a_form_from_then_on(
    status: int, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(status), token(expires_in=100), said(200), token("new"), said(200))
    api = _log_in(server.url, open_api, fake_time)
    api.get("/projects")
    fake_time.now += 50
    api.get("/projects")
    asked = [seen for seen in server.seen if seen.method == "POST"]
    assert [seen.body for seen in asked] == [
        b"grant_type=client_credentials",
        *[b"grant_type=client_credentials&client_id=me+%26+you&client_secret=s3cret%2B%2F%3D"] * 2,
    ]
    assert ["Authorization" in seen.headers for seen in asked] == [True, False, False]
    assert api.connection.repeated == {
        "the client is refused as user and password, so its ID and secret are sent as a form": 1
    }


def test_a_client_that_is_refused_both_ways_is_told_the_first_answer_and_asked_no_more(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(
        gives(401, {"error": "invalid_client"}),
        gives(400, {"error": "s3cret+/= or s3cret%2B%2F%3D"}),
    )
    api = _log_in(server.url, open_api, fake_time)
    for _ in range(2):
        with pytest.raises(CredentialsError) as caught:
            api.get("/projects")
        assert "s3cret" not in str(caught.value)
    assert [b"client_secret" in seen.body for seen in server.seen] == [False, True, False]


def test_a_client_that_was_accepted_before_is_not_sent_another_way(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token(expires_in=100), said(200), gives(400, {"error": "invalid_client"}))
    api = _log_in(server.url, open_api, fake_time)
    api.get("/projects")
    fake_time.now += 50
    with pytest.raises(CredentialsError, match=r"invalid_client; check JAMA_CLIENT_ID"):
        api.get("/projects")
    assert [b"client_secret" in seen.body for seen in server.seen if seen.body] == [False, False]


@pytest.mark.parametrize(
    "reply, remedy",
    [
        (said(401, message="The account is locked"), LOCKED_ACCOUNT),
        (gives(400, {"error": "x", "error_description": NOT_PERMITTED}), ACCESS_LIST),
        (said(403, message=NOT_PERMITTED), ACCESS_LIST),
        (said(403), ANY),
        (said(404), "no token can be fetched from this address"),
    ],
)
def test_a_refused_token_names_its_cause_and_the_form_is_not_tried_for_it(
    reply: Reply, remedy: str, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(reply)
    with pytest.raises(CredentialsError) as caught:
        _log_in(server.url, open_api, fake_time).get("/projects")
    assert remedy in str(caught.value)
    assert str(caught.value).startswith(f"POST /rest/oauth/token: {reply.status} ")
    assert len(server.seen) == 1
