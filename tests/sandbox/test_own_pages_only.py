"""What a web page of somebody else makes a browser send to the sandbox is refused."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.sandbox.jama.server import Sandbox
    from tests.sandbox.client import World

LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.url.rpartition(":")[2])


def raw(sandbox: Sandbox, *lines: str) -> tuple[int, str]:
    """Send these lines, and return the status and the whole answer."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=10) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    return int(answer.split(" ", 2)[1]), answer


def ask(world: World, path: str = "/", *, method: str = "GET", **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, world.sandbox.url + path, headers=names, timeout=10)


@pytest.mark.parametrize("path", ["/", "/rest/v1/", "/rest/oauth/token", "/style.css", "/nowhere"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example",
        "evil.example#127.0.0.1",
        "user@127.0.0.1",
        "127.0.0.1:{port}:{port}",
        "127.0.0.1 evil.example",
        "[::1].evil.example",
        "::1",
        "0.0.0.0:{port}",
        "",
    ],
)
def test_a_request_by_any_other_name_is_misdirected(world: World, host: str, path: str) -> None:
    host = host.format(port=port_of(world.sandbox))
    status, answer = raw(
        world.sandbox, f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close"
    )
    assert status == 421
    assert f"use http://127.0.0.1:{port_of(world.sandbox)}, or let what forwards" in answer


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:{port}", "[::1]", "[::1]:{port}", "localhost:80"]
)
def test_the_names_of_this_machine_are_answered_with_any_port(world: World, host: str) -> None:
    # Another port is what forwards, as `ssh -L`, shows.
    host = host.format(port=port_of(world.sandbox))
    status, answer = raw(world.sandbox, "GET / HTTP/1.1", f"Host: {host}", "Connection: close")
    assert (status, world.key in answer) == (200, True)


@pytest.mark.parametrize(
    "lines",
    [
        ["GET / HTTP/1.1", "Connection: close"],
        ["GET / HTTP/1.1", "Host: 127.0.0.1", "Host: evil.example"],
        ["GET / HTTP/1.1", "Host: 127.0.0.1", "Host: 127.0.0.1"],
        ["GET http://evil.example/ HTTP/1.1", "Host: 127.0.0.1", "Connection: close"],
        ["GET http://127.0.0.1/ HTTP/1.1", "Host: evil.example", "Connection: close"],
        ["OPTIONS * HTTP/1.1", "Host: 127.0.0.1", "Connection: close"],
        ["CONNECT evil.example:443 HTTP/1.1", "Host: 127.0.0.1", "Connection: close"],
        ["GET / HTTP/1.0"],
    ],
)
def test_a_request_that_leaves_the_name_open_is_refused(world: World, lines: list[str]) -> None:
    status, answer = raw(world.sandbox, *lines)
    assert status in {400, 421}
    assert world.key not in answer


def test_what_a_proxy_adds_changes_nothing(world: World) -> None:
    forwarded = {"X_Forwarded_Host": "127.0.0.1", "Forwarded": "host=127.0.0.1;proto=https"}
    assert ask(world, Host="evil.example", **forwarded).status_code == 421
    forwarded["X_Forwarded_Host"] = "evil.example"
    answer = requests.get(
        f"{world.api.url}/testplans",
        params={"project": world.project},
        auth=(world.sandbox.credentials.username, world.sandbox.credentials.password),
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
        timeout=10,
    )
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert "gopher" not in answer.text


def test_a_refused_name_is_repeated_as_ascii_and_cut(world: World) -> None:
    _, answer = raw(world.sandbox, "GET / HTTP/1.1", f"Host: {'é' * 500}", "Connection: close")
    assert "'\\\\xe9\\\\xe9" in answer
    assert len(answer) < 1000


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "of another time"},
        LINK,
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_page_of_another_origin_changes_nothing(
    make_world: Callable[..., World], headers: Mapping[str, str], method: str
) -> None:
    world = make_world()
    run = world.run()
    its = {name: text.format(port=port_of(world.sandbox)) for name, text in headers.items()}
    answer = requests.request(
        method,
        f"{world.api.url}/testruns/{run.id}",
        data='[{"op": "add", "path": "/fields/testRunStatus", "value": "PASSED"}]',
        headers={**FORM, **its},
        auth=(world.sandbox.credentials.username, world.sandbox.credentials.password),
        timeout=10,
    )
    assert (answer.status_code, world.now(run).status) == (403, "NOT_RUN")
    assert "only programs and the sandbox's own pages may" in answer.json()["meta"]["message"]
    assert world.sandbox.requests == ()


def test_a_page_of_another_origin_gets_no_token(world: World) -> None:
    credentials = (world.sandbox.credentials.client_id, world.sandbox.credentials.client_secret)
    for headers, status in (({}, 200), ({"Origin": "http://evil.example"}, 403)):
        answer = requests.post(
            f"{world.sandbox.url}/rest/oauth/token",
            data={"grant_type": "client_credentials"},
            headers=headers,
            auth=credentials,
            timeout=10,
        )
        assert (answer.status_code, "access_token" in answer.text) == (status, status == 200)


@pytest.mark.parametrize(
    "mode,dest",
    [("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe"), ("cors", "empty")],
)
def test_a_page_of_another_origin_embeds_nothing(world: World, mode: str, dest: str) -> None:
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": dest}
    assert ask(world, **headers).status_code == 403


def test_a_link_from_anywhere_shows_the_page(world: World) -> None:
    headers = {name.replace("-", "_"): value for name, value in LINK.items()}
    assert ask(world, **headers).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_pages_and_the_address_bar_are_served(world: World, site: str) -> None:
    assert ask(world, Sec_Fetch_Site=site, Origin=world.sandbox.url).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/style.css", "/cycles/0", "/cycles/x", "/rest/v1/", "/rest/v1/users", "/none"]
)
def test_every_answer_tells_browsers_to_run_load_and_frame_nothing(world: World, path: str) -> None:
    headers = ask(world, path).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert not [each for each in policy if "unsafe" in each or "*" in each or "http" in each]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_refusal_with_an_unread_body_leaves_the_connection_usable(world: World) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(world.sandbox), timeout=10)
    for origin, status in (("http://evil.example", 403), (world.sandbox.url, 405)):
        connection.request("POST", "/", body=b"x" * 1_000_000, headers={"Origin": origin})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
