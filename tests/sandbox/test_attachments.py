"""The way of an attachment: create, upload, attach, list, detach, find again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.jama.stored_files import find_file_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World
    from tests.sandbox.conftest import Clock


def new_attachment(world: World, name: str = "log") -> int:
    body = {"fields": {"name": name, "description": "what happened"}}
    return world.api.post(f"/projects/{world.project}/attachments", body).id


def upload(
    world: World,
    attachment: int,
    *,
    part: str = "file",
    name: str = "log.txt",
    content: bytes = b"all fine",
    media_type: str | None = None,
) -> Answer:
    file = (name, content, media_type) if media_type else (name, content)
    return world.api.call("PUT", f"/attachments/{attachment}/file", files={part: file})


def address(world: World, attachment: int) -> str:
    """Return where a browser finds the file of an attachment."""
    file = find_file_of(world.store.database, attachment)
    assert file is not None
    return world.sandbox.url + file.path


def test_a_file_is_uploaded_and_handed_out(world: World) -> None:
    attachment = new_attachment(world)
    assert world.api.get(f"/attachments/{attachment}/file").status == 404
    assert upload(world, attachment).status == 200
    shown = world.api.get(f"/attachments/{attachment}").data
    assert (shown["fileName"], shown["fileSize"], shown["mimeType"]) == ("log.txt", 8, "text/plain")
    assert shown["fields"]["fileName"] == "log.txt"
    assert shown["fields"]["attachment"] != attachment
    assert world.api.get(f"/attachments/{attachment}/file").body == b"all fine"


def test_a_second_upload_replaces_the_file_and_leaves_the_first_where_it_was(world: World) -> None:
    attachment = new_attachment(world)
    upload(world, attachment)
    first = address(world, attachment)
    upload(world, attachment, name="C:\\logs\\second.txt", content=b"\x00new\xff")
    shown = world.api.get(f"/attachments/{attachment}").data
    assert (shown["fileName"], shown["fileSize"]) == ("second.txt", 5)
    assert world.api.get(f"/attachments/{attachment}/file").body == b"\x00new\xff"
    assert requests.get(first, timeout=5).content == b"all fine"


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


def test_plans_and_runs_are_reached_as_items_where_the_knob_says_so(
    world: World, make_world: Callable[..., World]
) -> None:
    run = world.run()
    for holder in (run.id, run.plan_id):
        assert world.api.get(f"/items/{holder}/attachments").status == 404
        assert world.api.post(f"/items/{holder}/attachments", {}).status == 404
    other = make_world(items_attachments="plans_and_runs")
    run, attachment = other.run(), new_attachment(other)
    for holder in (run.id, run.plan_id):
        path = f"/items/{holder}/attachments"
        assert other.api.post(path, {"attachment": attachment}).status == 201
        assert other.api.get(path).ids == [attachment]
    assert other.api.get(f"/testruns/{run.id}/attachments").ids == [attachment]
    assert other.api.get(f"/items/{run.cycle_id}/attachments").status == 404


@pytest.mark.parametrize(
    "widget, refused",
    [
        ("off", {"items", "testplans", "testruns"}),
        ("off_for_runs", {"testruns"}),
        ("off_for_plans", {"testplans"}),
    ],
)
def test_nothing_is_attached_where_the_widget_is_off(
    make_world: Callable[..., World], widget: str, refused: set[str]
) -> None:
    world = make_world(attachments_widget=widget)
    run, attachment = world.run(), new_attachment(world)
    holders = {"items": run.case_id, "testplans": run.plan_id, "testruns": run.id}
    answers = {
        kind: world.api.post(f"/{kind}/{holder}/attachments", {"attachment": attachment})
        for kind, holder in holders.items()
    }
    assert {kind for kind, answer in answers.items() if answer.status == 400} == refused
    for kind in refused:
        assert "attachments widget is not switched on" in answers[kind].message


def test_items_and_plans_take_attachments_too(world: World) -> None:
    run, attachment = world.run(), new_attachment(world)
    for path in (f"/items/{run.case_id}", f"/testplans/{run.plan_id}"):
        assert world.api.post(f"{path}/attachments", {"attachment": attachment}).status == 201
        assert world.api.get(f"{path}/attachments").ids == [attachment]
    assert world.api.get(f"/testcycles/{run.cycle_id}/attachments").status == 404


def test_the_account_may_lack_the_right_to_create_attachments(
    make_world: Callable[..., World],
) -> None:
    world = make_world(attachment_creation="403")
    path = f"/projects/{world.project}/attachments"
    answer = world.api.post(path, {"fields": {"name": "log"}})
    assert (answer.status, "not permitted to add attachments" in answer.message) == (403, True)


def test_a_name_is_refused_the_second_time_where_the_knob_says_so(
    make_world: Callable[..., World],
) -> None:
    world = make_world(attachment_names="unique")
    new_attachment(world)
    path = f"/projects/{world.project}/attachments"
    assert "already exists" in world.api.post(path, {"fields": {"name": "log"}}).message
    assert world.api.post(path, {"fields": {"name": "another"}}).status == 201


@pytest.mark.parametrize("how, status", [("413", 413), ("400", 400), ("proxy", 413)])
def test_too_large_a_file_is_refused_and_not_kept(
    make_world: Callable[..., World], how: str, status: int
) -> None:
    world = make_world(file_limit_bytes=8, over_file_limit=how, file_stored="201")
    attachment = new_attachment(world)
    answer = upload(world, attachment, content=b"123456789")
    assert answer.status == status
    assert (b"<html>" in answer.body) if how == "proxy" else ("9 bytes" in answer.message)
    assert world.api.get(f"/attachments/{attachment}/file").status == 404
    assert upload(world, attachment, content=b"12345678").status == 201


def test_a_deleted_attachment_is_gone_everywhere(world: World) -> None:
    run, attachment = world.run(), new_attachment(world)
    upload(world, attachment)
    path, at = f"/testruns/{run.id}/attachments", address(world, attachment)
    world.api.post(path, {"attachment": attachment})
    world.store.delete_attachment(attachment)
    assert (world.api.get(path).ids, world.api.get(path).total) == ([], 0)
    gone = [f"/attachments/{attachment}", f"/attachments/{attachment}/file"]
    assert [world.api.get(each).status for each in gone] == [404, 404]
    assert world.api.get("/files", params={"url": at}).status == 404
    assert requests.get(at, timeout=5).status_code == 404
    assert "no attachment with the ID" in world.api.post(path, {"attachment": attachment}).message
    assert upload(world, attachment).status == 404


def test_a_file_of_a_rich_text_is_handed_out_by_its_address(world: World) -> None:
    attachment = new_attachment(world)
    upload(world, attachment, name="ein Bild ü.png", content=b"bytes")
    at = address(world, attachment)
    assert at.endswith("/ein%20Bild%20%C3%BC.png")
    other_name = at.replace("127.0.0.1", "localhost")
    for url in (at, at.replace("%20", " "), other_name, at.removeprefix(world.sandbox.url)):
        answer = world.api.get("/files", params={"url": url})
        assert (answer.status, answer.body) == (200, b"bytes")


@pytest.mark.parametrize(
    "url",
    [
        "{at}x",
        "http://example.com{path}",
        "http://127.0.0.1:1{path}",
        "file://{path}",
        "//example.com{path}",
        "http://[",
        "http://127.0.0.1:port{path}",
        "https:{path}",
        "attachment/1/log.txt",
        "{base}/attachment/{attachment}/log.txt",
        "{base}/attachment/9/../../etc/passwd",
    ],
)
def test_no_other_address_leads_to_a_file(world: World, url: str) -> None:
    attachment = new_attachment(world)
    upload(world, attachment)
    at, base = address(world, attachment), world.sandbox.url
    wanted = url.format(at=at, path=at.removeprefix(base), base=base, attachment=attachment)
    assert world.api.get("/files", params={"url": wanted}).status == 404


def test_a_file_needs_a_login_by_the_api_alone(world: World) -> None:
    attachment = new_attachment(world)
    upload(world, attachment)
    at = address(world, attachment)
    assert requests.get(at, timeout=5).content == b"all fine"
    api = f"{world.sandbox.url}/rest/v1"
    assert requests.get(f"{api}/files", params={"url": at}, timeout=5).status_code == 401
    assert requests.get(f"{api}/attachments/{attachment}/file", timeout=5).status_code == 401


@pytest.mark.parametrize(
    "media_type, shown, place",
    [
        ("image/png", "image/png", "inline"),
        ("image/svg+xml", "image/svg+xml", "attachment"),
        ("text/plain", "text/plain; charset=utf-8", "inline"),
        ("application/json", "text/plain; charset=utf-8", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("text/xml", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
        ("application/pdf", "application/octet-stream", "attachment"),
    ],
)
def test_a_browser_shows_images_and_texts_and_runs_nothing(
    world: World, media_type: str, shown: str, place: str
) -> None:
    attachment = new_attachment(world)
    upload(world, attachment, name="a'b ü.x", media_type=media_type)
    headers = requests.get(address(world, attachment), timeout=5).headers
    assert headers["Content-Type"] == shown
    assert headers["Content-Disposition"].startswith(f"{place}; filename*=UTF-8''a%27b%20")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_address_of_a_file_has_the_context_path(make_world: Callable[..., World]) -> None:
    world = make_world(context_path="/contour")
    attachment = new_attachment(world)
    upload(world, attachment)
    at = address(world, attachment)
    assert "/contour/attachment/" in at
    assert world.api.get("/files", params={"url": at}).body == b"all fine"
    assert requests.get(at, timeout=5).content == b"all fine"
    assert world.api.get("/files", params={"url": at.replace("/contour", "")}).status == 404


def test_attachments_are_found_by_their_type_and_words_of_their_name(world: World) -> None:
    attachment, other = new_attachment(world, "log.txt 0a1b2c3d4e5f"), new_attachment(world)

    def found(contains: str) -> list[int]:
        query = {"project": world.project, "itemType": 22, "contains": contains}
        return world.api.get("/abstractitems", params=query).ids

    assert found("0a1b2c3d4e5f") == found('name:"0a1b2c3d4e5f"') == found('"a1b2"') == [attachment]
    assert other not in found("log.txt")
    categories = {each["id"]: each.get("category") for each in world.api.get("/itemtypes").data}
    assert categories[22] == "ATTACHMENT"


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/projects/*/attachments"),
        ("PUT", "/attachments/*/file"),
        ("POST", "/testruns/*/attachments"),
    ],
)
def test_the_answer_to_each_step_can_be_lost_and_the_step_is_done(
    world: World, method: str, path: str
) -> None:
    run, attachment = world.run(), new_attachment(world)
    steps: dict[str, Callable[[], object]] = {
        "/projects/*/attachments": lambda: new_attachment(world, "lost"),
        "/attachments/*/file": lambda: upload(world, attachment),
        "/testruns/*/attachments": lambda: world.api.post(
            f"/testruns/{run.id}/attachments", {"attachment": attachment}
        ),
    }
    fault = RandomFault("drop-after", method=method, path=path)
    with world.sandbox.faults.during(fault), pytest.raises(requests.ConnectionError):
        steps[path]()
    query = {"project": world.project, "itemType": 22, "contains": "lost"}
    done = {
        "/projects/*/attachments": world.api.get("/abstractitems", params=query).total == 1,
        "/attachments/*/file": world.api.get(f"/attachments/{attachment}/file").status == 200,
        "/testruns/*/attachments": world.api.get(f"/testruns/{run.id}/attachments").total == 1,
    }
    assert {each for each, is_done in done.items() if is_done} == {path}


def test_a_file_that_a_lie_has_stored_is_not_there(world: World) -> None:
    attachment = new_attachment(world)
    with world.sandbox.faults.during(RandomFault("lie", path="/attachments/*")):
        assert upload(world, attachment).status == 200
    assert world.api.get(f"/attachments/{attachment}/file").status == 404


@pytest.mark.parametrize("kind", ["lag", "lost-page", "stale", "slow"])
def test_faults_of_lists_leave_files_as_they_are(world: World, kind: str) -> None:
    attachment = new_attachment(world)
    fault = RandomFault(kind, wait_s=0.01 if kind == "slow" else None)
    with world.sandbox.faults.during(fault):
        for content in (b"\xff\x00", b'{"data": [{"id": 1}]}'):
            assert upload(world, attachment, content=content).status == 200
            answer = world.api.get(f"/attachments/{attachment}/file")
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body)
            assert body in (content, content.decode("latin-1"))


def test_the_search_for_a_new_attachment_lags_as_the_knob_says(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world(search_lag_s=30.0)
    attachment = new_attachment(world, "log 0a1b2c3d4e5f")
    query = {"project": world.project, "itemType": 22, "contains": "0a1b2c3d4e5f"}
    assert world.api.get("/abstractitems", params=query).ids == []
    clock.now_s += 30
    assert world.api.get("/abstractitems", params=query).ids == [attachment]
