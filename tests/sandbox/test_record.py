"""The record of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from pytest_jama.sandbox.recorder import Record, RecordedRequest
from tests.sandbox.client import add

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World


def test_requests_are_written_down_as_values(make_world: Callable[..., World]) -> None:
    world = make_world(context_path="/contour")
    run = world.run()
    world.api.get("/testruns", params={"testCycle": [run.cycle_id, 2]})
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    assert world.sandbox.requests == (
        RecordedRequest(
            method="GET",
            path="/testruns",
            query=(("testCycle", str(run.cycle_id)), ("testCycle", "2")),
            status=200,
            body=None,
            authorization="Basic",
            served=200,
        ),
        RecordedRequest(
            method="PATCH",
            path=f"/testruns/{run.id}",
            query=(),
            status=200,
            body=[add("testRunStatus", "PASSED")],
            authorization="Basic",
            served=200,
        ),
    )


def test_refused_requests_are_written_down_with_their_body(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    world.sandbox.fail_next(1, 503)
    world.api.post("/testplans", {"some": "body"})
    requests.post(f"{world.api.url}/testplans", json={"no": "credentials"}, timeout=5)
    written = [(r.status, r.body, r.authorization) for r in world.sandbox.requests]
    assert written == [
        (503, {"some": "body"}, "Basic"),
        (401, {"no": "credentials"}, None),
    ]


def test_the_record_can_be_cleared_and_leaves_the_page_out(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    requests.get(world.sandbox.url, timeout=5)
    world.api.get("/users/current")
    assert [request.path for request in world.sandbox.requests] == ["/users/current"]
    world.sandbox.clear_requests()
    assert world.sandbox.requests == ()


def test_the_record_keeps_the_newest() -> None:
    record = Record(capacity=2)
    for number in range(3):
        record.add(
            RecordedRequest(
                method="GET", path=f"/{number}", query=(), status=200, body=None, authorization=None
            )
        )
    assert [request.path for request in record.all()] == ["/1", "/2"]
