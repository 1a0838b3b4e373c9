"""Comments are written in one place and read in several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.client import World


def comment(world: World, **more: Any) -> int:
    answer = world.api.post("/comments", {"body": {"text": "hm"}, **more})
    assert answer.status == 201, answer.body
    return answer.id


def test_a_comment_on_a_run_is_read_there(world: World) -> None:
    run = world.run()
    written = comment(world, location={"item": run.id}, commentType="ISSUE")
    (shown,) = world.api.get(f"/testruns/{run.id}/comments").data
    assert (shown["id"], shown["body"], shown["commentType"]) == (written, {"text": "hm"}, "ISSUE")
    assert shown["location"] == {"item": run.id}
    assert world.api.get(f"/comments/{written}").data == shown


def test_a_reply_belongs_to_what_it_answers(world: World) -> None:
    run = world.run()
    root = comment(world, location={"item": run.id})
    reply = comment(world, inReplyTo=root)
    assert world.api.get(f"/comments/{root}/replies").ids == [reply]
    path = f"/testruns/{run.id}/comments"
    assert world.api.get(path).ids == [root, reply]
    assert world.api.get(path, params={"rootCommentsOnly": "true"}).ids == [root]


def test_a_project_can_be_commented(world: World) -> None:
    written = comment(world, location={"project": world.project})
    last = world.api.get("/comments").total - 1
    assert world.api.get("/comments", params={"startAt": last}).ids == [written]


@pytest.mark.parametrize(
    "more, message",
    [
        ({}, "location needs either an item or a project"),
        ({"location": {"item": 999999}}, "location.item: there is nothing with the ID 999999"),
        ({"location": {"project": 999999}}, "there is no project with the ID 999999"),
        ({"inReplyTo": 999999}, "inReplyTo: there is no comment with the ID 999999"),
        ({"commentType": "RANT"}, "wrong body: 'commentType'"),
    ],
)
def test_a_wrong_comment_is_refused(world: World, more: Any, message: str) -> None:
    answer = world.api.post("/comments", {"body": {"text": "hm"}, **more})
    assert (answer.status, message in answer.message) == (400, True)


def test_an_unknown_comment_is_not_found(world: World) -> None:
    assert world.api.get("/comments/999999").status == 404
