from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.targets.http.creation import Seen, Wary
from pytest_jama.targets.http.reuse import Reuse
from tests.targets.scripted import DROP, created, said

if TYPE_CHECKING:
    from tests.targets.conftest import OpenApi, Serve
    from tests.targets.scripted import FakeTime

WARY = Wary("test plan 'Release 1'", None, on_wait=pytest.fail, on_doubt=pytest.fail)
CLOSED = {"the server had closed the connection": 1}


def test_a_request_that_finds_its_connection_closed_is_made_again_at_once(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(200), DROP, said(200, {"id": 7}))
    api = open_api(server.url)
    api.get("/projects")
    assert api.get("/projects/7")["data"] == {"id": 7}
    assert api.connection.repeated == CLOSED
    assert sum(fake_time.slept) == 0


def test_a_creation_that_finds_its_connection_closed_is_looked_up_before_it_is_repeated(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(200), DROP, created(7))
    api = open_api(server.url)
    api.get("/projects")
    looked_up: list[int] = []

    def look() -> Seen:
        looked_up.append(len(server.seen))
        return Seen(None)

    assert api.create("/testplans", {}, look=look) == 7
    assert looked_up == [2]
    assert sum(fake_time.slept) == 0


def test_what_is_made_once_never_meets_a_connection_that_was_closed(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(200), created(7), said(200))
    api = open_api(server.url)
    api.get("/projects")
    assert api.create("/testplans", {}, look=lambda: pytest.fail("in doubt"), wary=WARY) == 7
    api.get("/projects")
    first, creation, last = [seen.connection for seen in server.seen]
    assert first != creation == last
    assert sum(fake_time.slept) == 0


def test_a_new_connection_that_is_closed_gets_the_usual_pause(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(DROP, said(200))
    open_api(server.url).get("/projects")
    assert sum(fake_time.slept) > 0


def test_a_server_that_often_closes_gets_a_new_connection_for_each_request() -> None:
    reuse = Reuse()
    for _ in range(3):
        assert reuse.allows(reuse.generation)
        reuse.found_closed(reuse.generation)
    assert not reuse.allows(reuse.generation)


def test_connections_that_were_closed_together_count_once() -> None:
    reuse = Reuse()
    for _ in range(8):
        reuse.found_closed(0)
    assert not reuse.allows(0)
    assert reuse.allows(reuse.generation)


def test_a_server_that_seldom_closes_keeps_its_connections() -> None:
    reuse = Reuse()
    for _ in range(5):
        for _ in range(20):
            reuse.worked()
        reuse.found_closed(reuse.generation)
    assert reuse.allows(reuse.generation)


def test_no_connection_is_used_again_after_an_answer_that_went_on() -> None:
    reuse = Reuse()
    reuse.distrust()
    assert not reuse.allows(reuse.generation)
