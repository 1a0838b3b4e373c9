"""The way of an attachment: create, upload, attach, list, detach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World


def new_attachment(world: World) -> int:
    body = {"fields": {"name": "log", "description": "what happened"}}
    return world.api.post(f"/projects/{world.project}/attachments", body).id


def upload(world: World, attachment: int, part: str = "file") -> Answer:
    files = {part: ("log.txt", b"all fine")}
    return world.api.call("PUT", f"/attachments/{attachment}/file", files=files)


def test_a_file_is_uploaded_and_handed_out(world: World) -> None:
    attachment = new_attachment(world)
    assert world.api.get(f"/attachments/{attachment}/file").status == 404
    assert upload(world, attachment).status == 200
    shown = world.api.get(f"/attachments/{attachment}").data
    assert (shown["fileName"], shown["fileSize"], shown["mimeType"]) == ("log.txt", 8, "text/plain")
    assert shown["fields"]["attachment"] != attachment
    assert world.api.get(f"/attachments/{attachment}/file").body == b"all fine"


def test_the_part_must_be_named_file(world: World) -> None:
    answer = upload(world, new_attachment(world), part="entity")
    assert (answer.status, "one part named 'file'" in answer.message) == (400, True)


@pytest.mark.parametrize("key", ["attachment", "attachmentItemId"])
def test_an_attachment_is_attached_with_either_name(world: World, key: str) -> None:
    run, attachment = world.run(), new_attachment(world)
    path = f"/testruns/{run.id}/attachments"
    answer = world.api.post(path, {key: attachment})
    assert (answer.status, world.api.get(path).ids) == (201, [attachment])
    again = world.api.post(path, {key: attachment})
    assert (again.status, "already exists" in again.message) == (400, True)
    assert world.api.delete(f"{path}/{attachment}").status == 200
    assert world.api.delete(f"{path}/{attachment}").status == 404


@pytest.mark.parametrize(
    "body", [{}, {"attachment": 1, "attachmentItemId": 1}, {"attachment": 99999999}]
)
def test_a_wrong_association_is_refused(world: World, body: Any) -> None:
    assert world.api.post(f"/testruns/{world.run().id}/attachments", body).status == 400


@pytest.mark.parametrize(
    "accepted, refused", [("attachment", "attachmentItemId"), ("attachmentItemId", "attachment")]
)
def test_the_knob_accepts_one_name_only(
    make_world: Callable[..., World], accepted: str, refused: str
) -> None:
    world = make_world(attachment_body=accepted)
    path, attachment = f"/testruns/{world.run().id}/attachments", new_attachment(world)
    answer = world.api.post(path, {refused: attachment})
    assert answer.message == f"the body needs the ID of the attachment as {accepted}"
    assert world.api.post(path, {accepted: attachment}).status == 201


def test_a_run_is_not_reached_as_an_item(world: World) -> None:
    assert world.api.get(f"/items/{world.run().id}/attachments").status == 404


def test_nothing_is_attached_while_the_widget_is_off(make_world: Callable[..., World]) -> None:
    world = make_world(attachments_widget="off")
    body = {"attachment": new_attachment(world)}
    answer = world.api.post(f"/testruns/{world.run().id}/attachments", body)
    assert (answer.status, "widget" in answer.message) == (400, True)


def test_items_and_plans_take_attachments_too(world: World) -> None:
    run, attachment = world.run(), new_attachment(world)
    for path in (f"/items/{run.case_id}", f"/testplans/{run.plan_id}"):
        assert world.api.post(f"{path}/attachments", {"attachment": attachment}).status == 201
