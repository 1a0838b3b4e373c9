"""The faults of the shared table, met by a client of the stand-in."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

import pytest
import requests

from pytest_jama.sandbox.faults import Latency, RandomFault, Throttle
from tests.sandbox.octane.workspace import document, run_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.octane.conftest import MovedClock
    from tests.sandbox.octane.workspace import Workspace


@pytest.mark.parametrize(
    "kind, status, code",
    [
        ("400", 400, "platform.illegal_argument"),
        ("401", 401, "VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT"),
        ("403", 403, "platform.not_authorized"),
        ("404", 404, "platform.entity_not_found"),
        ("429", 429, "platform.too_many_requests"),
        ("429-bare", 429, "platform.too_many_requests"),
        ("500", 500, "platform.general_error"),
        ("503", 503, "testbox.queue_full"),
    ],
)
def test_a_refusal_has_the_form_of_the_server(
    make_workspace: Callable[..., Workspace], kind: str, status: int, code: str
) -> None:
    workspace = make_workspace(RandomFault(kind, times=1, path="/tests"))
    reply = workspace.get("tests")
    assert (reply.status, reply.code) == (status, code)
    assert ("Retry-After" in reply.headers) == (kind in {"429", "503"})


@pytest.mark.parametrize("kind, status", [("502", 502), ("504", 504), ("garbage", 200)])
def test_what_stands_before_the_server_answers_in_html(
    make_workspace: Callable[..., Workspace], kind: str, status: int
) -> None:
    workspace = make_workspace(RandomFault(kind, times=1, path="/tests"))
    reply = workspace.get("tests")
    assert (reply.status, b"<html" in reply.body) == (status, True)


@pytest.mark.parametrize("kind", ["reset-before", "drop-before", "reset-after", "drop-after"])
def test_a_connection_ends(make_workspace: Callable[..., Workspace], kind: str) -> None:
    workspace = make_workspace(RandomFault(kind, times=1, method="POST", path="/user_tags"))
    with pytest.raises(requests.ConnectionError):
        workspace.post("user_tags", {"name": "x"})
    assert workspace.store.count("user_tags") == kind.endswith("after")


def test_half_of_an_answer_comes(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("truncate", times=1, path="/list_nodes"))
    with pytest.raises(requests.RequestException):
        workspace.get("list_nodes")


def test_an_answer_may_be_empty(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("empty", times=1, path="/tests"))
    url = f"{workspace.server.workspace_url}/tests"
    answer = workspace.session.get(url, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_thing_may_be_locked(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("locked", times=1))
    tag = workspace.store.add("user_tags", name="x")
    assert workspace.put(f"user_tags/{tag}", {"name": "y"}).status == 409
    assert workspace.put(f"user_tags/{tag}", {"name": "y"}).status == 200


def test_a_creation_may_be_a_lie(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("lie", times=1, path="/user_tags"))
    told = workspace.post("user_tags", {"name": "x"})
    assert told.status == 201
    assert workspace.get("user_tags").ids == []
    assert workspace.post("user_tags", {"name": "x"}).ids != told.ids


def test_a_list_may_lack_what_is_new(
    make_workspace: Callable[..., Workspace], moved_clock: MovedClock
) -> None:
    workspace = make_workspace(RandomFault("stale", wait_s=5))
    made = workspace.post("user_tags", {"name": "x"}).ids
    reply = workspace.get("user_tags")
    assert (reply.ids, reply.body["total_count"]) == ([], 0)
    moved_clock.now_s += 6
    assert workspace.get("user_tags").ids == made


def test_a_list_may_show_what_was_before(
    make_workspace: Callable[..., Workspace], moved_clock: MovedClock
) -> None:
    workspace = make_workspace(RandomFault("lag", wait_s=5))
    tag = workspace.store.add("user_tags", name="x")
    workspace.put(f"user_tags/{tag}", {"name": "y"})
    assert workspace.get("user_tags").names == ["x"]
    moved_clock.now_s += 6
    assert workspace.get("user_tags").names == ["y"]


def test_a_page_may_be_lost(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("lost-page", times=1))
    workspace.store.add("user_tags", name="x")
    reply = workspace.get("user_tags")
    assert (reply.data, reply.body["total_count"]) == ([], 1)


def test_more_requests_than_the_throttle_lets_through_are_refused(
    make_workspace: Callable[..., Workspace],
) -> None:
    workspace = make_workspace(Throttle(rate_per_s=3, queue=0))
    statuses = [workspace.get("tests").status for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_every_answer_may_take_a_while(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(Latency(delay_s=0.001))
    assert workspace.push(document(run_of())).status == 202


def test_signing_in_may_fail_too(make_workspace: Callable[..., Workspace]) -> None:
    fault = RandomFault("503", times=1, path="/authentication/sign_in")
    assert make_workspace(fault).signed_in.status_code == 503


def test_an_error_may_come_in_the_words_of_the_container(
    make_workspace: Callable[..., Workspace],
) -> None:
    body = make_workspace(error_look="servlet").get("no_such").body
    assert list(body) == ["message"]
    assert "&quot;" in body["message"]
    inside = json.loads(html.unescape(body["message"]))
    assert inside["error_code"] == "platform.entity_not_found"


def test_a_single_post_may_answer_with_errors(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(single_error="envelope")
    reply = workspace.post("user_tags", {})
    assert (reply.status, reply.data, reply.body["total_count"]) == (400, [], 0)
    assert reply.body["errors"][0]["index"] == 0
    assert workspace.post("user_tags", {"name": "x"}).status == 201
