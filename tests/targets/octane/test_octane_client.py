from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import CredentialsError, OutOfReachError, RefusedError
from pytest_jama.targets.octane.octane_client import LostAnswerError, PushAnswer
from tests.targets.octane.octane_scripts import WORKSPACE, error, signed_in
from tests.targets.scripted import DROP, WEB_PAGE, Reply, gives

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.targets.octane.octane_client import OctaneClient
    from tests.targets.conftest import Serve
    from tests.targets.octane.conftest import Connect
    from tests.targets.scripted import FakeTime

MADE = gives(201, {"data": [{"type": "milestone", "id": "5"}]})
EMPTY = gives(200, {"total_count": 0, "data": []})


def test_parameters_are_percent_encoded_and_a_blank_is_not_a_plus(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), EMPTY)
    query = '"name EQ ^a+b & c^"'
    connect(server.url).request("GET", "/releases", params=[("query", query), ("limit", 2)])
    path = f"{WORKSPACE}/releases?query=%22name%20EQ%20%5Ea%2Bb%20%26%20c%5E%22&limit=2"
    assert server.lines[1] == f"GET {path}"


def test_a_context_path_stays_in_all_addresses(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), EMPTY)
    connect(f"{server.url}/octane").request("GET", "/releases")
    assert server.lines == [
        "POST /octane/authentication/sign_in",
        f"GET /octane{WORKSPACE}/releases",
    ]


def test_two_slashes_lead_out_of_the_workspace(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), gives(200, {"display_version": "25.1"}))
    answer = connect(server.url).request("GET", "//admin/server/version")
    assert (answer, server.lines[1]) == ({"display_version": "25.1"}, "GET /admin/server/version")


def test_a_workspace_is_looked_up_by_its_name_once(script: Serve, connect: Connect) -> None:
    spaces = gives(200, {"data": [{"type": "shared_space", "id": "1001", "name": "Labs"}]})
    pumps = gives(200, {"data": [{"type": "workspace", "id": "1002", "name": "Pumps"}]})
    server = script(signed_in(), spaces, pumps, EMPTY)
    client = connect(server.url, space="Labs", workspace="Pumps")
    client.request("GET", "/releases")
    client.request("GET", "/releases")
    assert server.lines[1:] == [
        "GET /api/shared_spaces?fields=name",
        "GET /api/shared_spaces/1001/workspaces?fields=name",
        *[f"GET {WORKSPACE}/releases"] * 2,
    ]


def test_the_preview_header_goes_with_entities_and_not_with_results(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), EMPTY, gives(202, {"id": 1, "status": "queued"}))
    client = connect(server.url)
    client.request("GET", "/releases")
    client.push(b"<test_result/>", skip_errors=False, is_compressed=False)
    has_header = ["ALM-OCTANE-TECH-PREVIEW" in seen.headers for seen in server.seen]
    assert has_header == [False, True, False]
    assert server.seen[1].headers["ALM-OCTANE-TECH-PREVIEW"] == "true"


def test_a_document_goes_as_xml_with_the_choice_of_skip_errors(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), gives(202, {"id": 1103, "status": "queued"}))
    answer = connect(server.url).push(b"<a/>", skip_errors=True, is_compressed=False)
    seen = server.seen[1]
    assert answer == PushAnswer(202, {"id": 1103, "status": "queued"})
    assert (seen.path, seen.body) == (f"{WORKSPACE}/test-results?skip-errors=true", b"<a/>")
    assert seen.headers["Content-Type"] == "application/xml"
    assert "Content-Encoding" not in seen.headers


def test_a_compressed_document_says_so(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), gives(202, {"id": 1103, "status": "queued"}))
    content = gzip.compress(b"<a/>", mtime=0)
    connect(server.url).push(content, skip_errors=False, is_compressed=True)
    assert server.seen[1].headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(server.seen[1].body) == b"<a/>"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(error(status, "wait", code="testbox.queue_full"), id=str(status))
        for status in (408, 429, 500, 502, 503, 504)
    ]
    + [pytest.param(DROP, id="lost"), pytest.param(WEB_PAGE, id="page")],
)
def test_the_same_bytes_are_pushed_again_after_what_passes(
    script: Serve, connect: Connect, reply: Reply
) -> None:
    server = script(signed_in(), reply, gives(202, {"id": 7, "status": "queued"}))
    answer = connect(server.url).push(b"<a/>", skip_errors=False, is_compressed=False)
    assert answer.status == 202
    assert [seen.body for seen in server.seen[1:]] == [b"<a/>"] * 2


PLAIN = Reply(200, b"It works!", {"Content-Type": "text/plain"})
BROKEN_OFF = Reply(200, b'{"data": [{"id": "1"', {"Content-Type": "application/json"})


@pytest.mark.parametrize("reply", [WEB_PAGE, PLAIN], ids=["page", "text"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.push(b"<a/>", skip_errors=False, is_compressed=False),
        lambda client: client.request("GET", "/releases"),
    ],
    ids=["push", "read"],
)
def test_what_is_nothing_like_json_three_times_is_a_wrong_address_which_is_named(
    script: Serve,
    connect: Connect,
    fake_time: FakeTime,
    ask: Callable[[OctaneClient], object],
    reply: Reply,
) -> None:
    server = script(signed_in(), reply)
    client = connect(server.url)
    with pytest.raises(OutOfReachError, match=f"check that {server.url} is the address"):
        ask(client)
    assert len(server.lines) == 4
    assert sum(fake_time.slept) < 10


def test_pages_between_other_failures_are_no_wrong_address(script: Serve, connect: Connect) -> None:
    wait = error(503, "wait")
    server = script(signed_in(), WEB_PAGE, WEB_PAGE, wait, WEB_PAGE, WEB_PAGE, gives(200, {}))
    assert connect(server.url).request("GET", "/releases") == {}


def test_json_that_breaks_off_is_no_wrong_address(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), *[BROKEN_OFF] * 4, gives(200, {}))
    assert connect(server.url).request("GET", "/releases") == {}


def test_a_full_queue_is_waited_for_until_it_is_time_to_give_up(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(signed_in(), error(503, "the queue is full", code="testbox.queue_full"))
    client = connect(server.url)
    with pytest.raises(OutOfReachError, match=r"testbox\.queue_full: the queue is full"):
        client.push(b"<a/>", skip_errors=False, is_compressed=False)
    assert sum(fake_time.slept) >= 120


@pytest.mark.parametrize(
    "reply",
    [error(503, "wait"), error(500, "oops"), DROP],
    ids=["503", "500", "lost"],
)
def test_reading_is_repeated_after_what_passes(
    script: Serve, connect: Connect, reply: Reply
) -> None:
    server = script(signed_in(), reply, EMPTY)
    assert connect(server.url).request("GET", "/releases") == {"total_count": 0, "data": []}


def test_a_failure_of_the_server_is_final_for_a_change(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), error(500, "oops"))
    with pytest.raises(RefusedError, match=r"500 Internal Server Error: platform.general: oops"):
        connect(server.url).request("PUT", "/milestones/5", body={"name": "x"})
    assert len(server.seen) == 2


def test_what_must_not_be_done_twice_is_not_repeated_blindly(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), DROP, MADE)
    with pytest.raises(LostAnswerError, match=f"POST {WORKSPACE}/milestones"):
        connect(server.url).request("POST", "/milestones", body={"data": [{"name": "x"}]})
    assert len(server.seen) == 2


def test_what_was_certainly_not_done_is_repeated(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), error(429, "slower"), MADE)
    assert connect(server.url).request("POST", "/milestones", body={"data": []})["data"]


@pytest.mark.parametrize(
    "found, posts", [({"data": [{"id": "4"}]}, 1), (None, 2)], ids=["there", "missing"]
)
def test_what_must_not_be_done_twice_is_looked_for_after_a_lost_answer(
    script: Serve, connect: Connect, found: Any, posts: int
) -> None:
    server = script(signed_in(), DROP, MADE)
    client = connect(server.url)
    body: dict[str, Any] = {"data": [{"name": "x"}]}
    answer = client.request("POST", "/milestones", body=body, look=lambda: found)
    assert answer["data"][0]["id"] == ("4" if found else "5")
    assert len(server.seen) == 1 + posts


def test_a_conflict_is_an_answer_where_a_part_may_be_done(script: Serve, connect: Connect) -> None:
    body = {"data": [{"id": "1"}], "errors": [{"index": 1}], "exceeds_total_count": False}
    server = script(signed_in(), gives(409, body))
    answer = connect(server.url).request("PUT", "/defects", body={}, accepts={409})
    assert answer == body


@pytest.mark.parametrize(
    "body, words",
    [
        (
            {"error_code": "platform.duplicate_entity_error", "description": "exists already"},
            "platform.duplicate_entity_error: exists already",
        ),
        ({"description": "only that"}, "only that"),
        ({"message": "from the container"}, "from the container"),
        (
            {"data": [], "errors": [{"error_code": "a.b", "description": "c", "index": 0}]},
            "a.b: c",
        ),
    ],
)
def test_a_refusal_says_what_the_server_says(
    script: Serve, connect: Connect, body: Any, words: str
) -> None:
    server = script(signed_in(), gives(409, body))
    with pytest.raises(RefusedError) as raised:
        connect(server.url).request("POST", "/milestones", body={})
    assert str(raised.value) == f"POST {WORKSPACE}/milestones: 409 Conflict: {words}"
    assert (raised.value.http_status, raised.value.words) == (409, words)


def test_json_that_is_escaped_as_html_is_read(script: Serve, connect: Connect) -> None:
    body = b"{&quot;message&quot;: &quot;no such thing&quot;}"
    server = script(signed_in(), Reply(404, body, {"Content-Type": "text/html"}))
    with pytest.raises(RefusedError, match="404 Not Found: no such thing"):
        connect(server.url).request("GET", "/defects/1")


@pytest.mark.parametrize(
    "method, path, remedy",
    [
        ("GET", "/releases", "may not read that"),
        ("POST", "/milestones", "may not change that"),
        ("PUT", "/defects/1", "may not change that"),
    ],
)
def test_a_missing_right_names_the_resource(
    script: Serve, connect: Connect, method: str, path: str, remedy: str
) -> None:
    server = script(signed_in(), error(403, "no"))
    with pytest.raises(RefusedError, match=f"{path}: 403 Forbidden.*{remedy}"):
        connect(server.url).request(method, path, body={} if method != "GET" else None)


def test_results_that_may_not_be_sent_need_a_role(script: Serve, connect: Connect) -> None:
    server = script(signed_in(), error(403, "no"))
    with pytest.raises(RefusedError, match="CI/CD Integration"):
        connect(server.url).push(b"<a/>", skip_errors=False, is_compressed=False)


def test_a_workspace_that_is_not_there_is_told_from_an_entity_that_is_not(
    script: Serve, connect: Connect
) -> None:
    server = script(signed_in(), error(404, "not there"))
    client = connect(server.url)
    with pytest.raises(RefusedError, match="check `space` and `workspace`"):
        client.push(b"<a/>", skip_errors=False, is_compressed=False)
    with pytest.raises(RefusedError, match="not there; check its number"):
        client.request("GET", "/test-results/1103")


def test_without_credentials_nothing_can_be_asked(connect: Connect) -> None:
    with pytest.raises(CredentialsError, match="set OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET"):
        connect("https://o.example", credentials=None)


def test_no_more_than_twenty_requests_a_second_are_sent(
    script: Serve, connect: Connect, fake_time: FakeTime
) -> None:
    server = script(signed_in(), EMPTY)
    client = connect(server.url)
    began = fake_time.now
    for _ in range(40):
        client.request("GET", "/releases")
    assert fake_time.now - began >= 40 / 20
