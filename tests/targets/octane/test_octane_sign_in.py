from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import CredentialsError, OutOfReachError
from tests.targets.octane.octane_scripts import (
    TOKEN,
    USER,
    WORKSPACE,
    error,
    renewing,
    signed_in,
)
from tests.targets.scripted import WEB_PAGE, Reply, gives

if TYPE_CHECKING:
    from tests.targets.conftest import Serve
    from tests.targets.octane.conftest import Connect

EMPTY = gives(200, {"total_count": 0, "data": [], "exceeds_total_count": False})
UNAUTHORIZED = error(401, "expired", code="VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT")
SIGN_IN = "POST /authentication/sign_in"
READ = f"GET {WORKSPACE}/releases"


def test_signing_in_sends_the_key_as_json_and_no_cookie(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), EMPTY)
    connect(server.url).request("GET", "/releases")
    seen = server.seen[0]
    assert server.lines == [SIGN_IN, READ]
    assert json.loads(seen.body) == {"client_id": "key_1", "client_secret": "s3cret-of-the-key"}
    assert seen.headers["Content-Type"] == "application/json"
    assert "Cookie" not in seen.headers
    assert "ALM-OCTANE-TECH-PREVIEW" not in seen.headers


def test_a_user_signs_in_with_name_and_password(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), EMPTY)
    connect(server.url, credentials=USER).request("GET", "/releases")
    assert json.loads(server.seen[0].body) == {"user": "ann", "password": "p4ssword-of-ann"}


def test_a_key_goes_into_the_fields_of_a_user_where_its_own_are_refused(
    script: Serve, connect: Connect
) -> None:
    server = script(error(400, "unknown field client_id"), signed_in(), EMPTY)
    connect(server.url).request("GET", "/releases")
    assert json.loads(server.seen[1].body) == {"user": "key_1", "password": "s3cret-of-the-key"}


def test_the_token_goes_with_each_request_whatever_its_path_and_domain_are(
    script: Serve, connect: Connect
) -> None:
    cookie = f"{TOKEN}=abc; Path=/authentication; Domain=other.example; Secure; HttpOnly"
    server = script(Reply(200, b"", {"Set-Cookie": cookie}), EMPTY)
    client = connect(server.url)
    client.request("GET", "/releases")
    client.request("GET", "/releases")
    assert [seen.headers["Cookie"] for seen in server.seen[1:]] == [f"{TOKEN}=abc"] * 2


def test_the_newest_token_counts(script: Serve, connect: Connect) -> None:
    server = script(signed_in("one"), renewing("two"), renewing("three"), EMPTY)
    client = connect(server.url)
    for _ in range(3):
        client.request("GET", "/releases")
    sent = [seen.headers["Cookie"] for seen in server.seen[1:]]
    assert sent == [f"{TOKEN}=one", f"{TOKEN}=two", f"{TOKEN}=three"]


def test_an_empty_cookie_is_not_a_token(script: Serve, connect: Connect) -> None:
    server = script(signed_in("one"), renewing(""), EMPTY)
    client = connect(server.url)
    client.request("GET", "/releases")
    client.request("GET", "/releases")
    assert server.seen[-1].headers["Cookie"] == f"{TOKEN}=one"


def test_what_old_servers_set_beside_the_token_goes_back_as_cookie_and_header(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in("one", "HPSSO_COOKIE_CSRF=xyz", "OCTANE_USER=u1"), EMPTY)
    connect(server.url).request("GET", "/releases")
    headers = server.seen[1].headers
    assert headers["Cookie"] == f"{TOKEN}=one; OCTANE_USER=u1; HPSSO_COOKIE_CSRF=xyz"
    assert headers["HPSSO-HEADER-CSRF"] == "xyz"


def test_the_header_of_old_servers_is_left_out_for_new_ones(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), EMPTY)
    connect(server.url).request("GET", "/releases")
    assert "HPSSO-HEADER-CSRF" not in server.seen[1].headers


def test_after_401_it_signs_in_again_and_repeats_the_request_once(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in("one"), UNAUTHORIZED, signed_in("two"), EMPTY)
    connect(server.url).request("GET", "/releases")
    assert server.lines == [SIGN_IN, READ, SIGN_IN, READ]
    assert "Cookie" not in server.seen[2].headers
    assert server.seen[3].headers["Cookie"] == f"{TOKEN}=two"


def test_401_with_a_fresh_token_means_that_the_credentials_are_wrong(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in("one"), EMPTY, UNAUTHORIZED, signed_in("two"), UNAUTHORIZED)
    client = connect(server.url)
    client.request("GET", "/releases")
    with pytest.raises(CredentialsError, match="check OCTANE_CLIENT_ID"):
        client.request("GET", "/releases")
    assert server.lines == [SIGN_IN, READ, READ, SIGN_IN, READ]


def test_credentials_that_are_refused_at_the_door_are_tried_once(
    script: Serve, connect: Connect
) -> None:
    server = script(error(401, "wrong key"))
    with pytest.raises(CredentialsError, match=r"401 Unauthorized .*wrong key"):
        connect(server.url).request("GET", "/releases")
    assert server.lines == [SIGN_IN]


def test_a_web_page_at_the_door_is_a_wrong_address_which_is_named(
    script: Serve, connect: Connect
) -> None:
    server = script(WEB_PAGE)
    with pytest.raises(OutOfReachError, match="fully qualified host name") as raised:
        connect(server.url).request("GET", "/releases")
    assert f"check that {server.url} is the address" in str(raised.value)
    assert server.lines == [SIGN_IN] * 3


def test_a_web_page_once_is_a_mishap(script: Serve, connect: Connect) -> None:
    server = script(WEB_PAGE, signed_in(), WEB_PAGE, EMPTY)
    connect(server.url).request("GET", "/releases")
    assert server.lines == [SIGN_IN, SIGN_IN, READ, READ]


def test_a_door_that_gives_no_token_is_not_asked_for_ever(script: Serve, connect: Connect) -> None:
    server = script(Reply(200, b""))
    with pytest.raises(CredentialsError, match=f"does not set the cookie {TOKEN}"):
        connect(server.url).request("GET", "/releases")
    assert server.lines == [SIGN_IN] * 3


def test_closing_signs_out_with_the_token_and_a_failure_of_that_is_ignored(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in("one"), EMPTY, error(500, "no"))
    client = connect(server.url)
    client.request("GET", "/releases")
    client.close()
    assert server.lines[-1] == "POST /authentication/sign_out"
    assert server.seen[-1].headers["Cookie"] == f"{TOKEN}=one"


def test_who_never_signed_in_does_not_sign_out(script: Serve, connect: Connect) -> None:
    server = script(EMPTY)
    connect(server.url).close()
    assert server.lines == []


@pytest.mark.parametrize("secret", ["s3cret-of-the-key", "t0ken-one"])
def test_neither_errors_nor_logs_show_the_secret_or_a_token(
    script: Serve, connect: Connect, caplog: pytest.LogCaptureFixture, secret: str
) -> None:
    server = script(signed_in("t0ken-one"), error(400, f"you sent {secret}"))
    with caplog.at_level(logging.DEBUG), pytest.raises(Exception, match="you sent") as raised:
        connect(server.url).request("GET", "/releases")
    assert secret not in str(raised.value)
    assert secret not in caplog.text


@pytest.mark.parametrize("status", [404, 405])
def test_a_door_that_is_not_there_is_a_wrong_address(
    script: Serve, connect: Connect, status: int
) -> None:
    server = script(error(status, "not here"))
    with pytest.raises(CredentialsError, match="before `/ui`") as raised:
        connect(server.url).request("GET", "/releases")
    assert "OCTANE_CLIENT_ID" not in str(raised.value)
