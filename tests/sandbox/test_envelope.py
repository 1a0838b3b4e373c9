"""Every answer has Jama's envelope: success, errors, pages, links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


def test_one_object_comes_with_status_timestamp_and_links(world: World) -> None:
    answer = world.api.get(f"/projects/{world.project}")
    assert answer.body["meta"]["status"] == "OK"
    assert TIMESTAMP.fullmatch(answer.body["meta"]["timestamp"])
    assert "pageInfo" not in answer.body["meta"]
    assert answer.body["links"]["data.createdBy"] == {
        "type": "users",
        "href": f"{world.api.url}/users/{{data.createdBy}}",
    }


def test_a_list_comes_in_pages_of_20(world: World) -> None:
    cycle = world.cycle(*[0] * 25)
    answer = world.api.get(f"/testcycles/{cycle}/testruns")
    info = {"startIndex": 0, "resultCount": 20, "totalResults": 25}
    assert answer.body["meta"]["pageInfo"] == info
    rest = world.api.get(f"/testcycles/{cycle}/testruns", params={"startAt": 20})
    assert [len(answer.data), len(rest.data)] == [20, 5]
    assert len({*answer.ids, *rest.ids}) == 25


def test_a_page_behind_the_end_is_empty(world: World) -> None:
    cycle = world.cycle(0)
    answer = world.api.get(f"/testcycles/{cycle}/testruns", params={"startAt": 7})
    info = {"startIndex": 7, "resultCount": 0, "totalResults": 1}
    assert (answer.status, answer.data, answer.body["meta"]["pageInfo"]) == (200, [], info)


def test_more_than_50_rows_are_cut_to_50(world: World) -> None:
    cycle = world.cycle(*[0] * 55)
    answer = world.api.get("/testruns", params={"testCycle": cycle, "maxResults": 100})
    assert (len(answer.data), answer.total) == (50, 55)


@pytest.mark.parametrize(
    "method, path, status, message",
    [
        ("GET", "/nothing", 404, "there is nothing at GET /rest/v1/nothing"),
        ("GET", "/testruns/999999", 404, "there is no test run with the ID 999999"),
        ("GET", "/testruns/99999999999999999999", 404, "holds a number that is not an ID"),
        ("GET", "/testruns/abc", 400, "path parameter id='abc'"),
        ("DELETE", "/projects", 405, "DELETE /rest/v1/projects is not possible"),
        ("GET", "/projects?projectKey=A", 400, "unknown query parameter 'projectKey'"),
        ("GET", "/users/current?startAt=0", 400, "unknown query parameter 'startAt'"),
        ("GET", "/projects?start_at=0", 400, "unknown query parameter 'start_at'"),
        ("GET", "/testplans", 400, "the query parameter 'project' is required"),
        ("GET", "/projects?maxResults=many", 400, "query parameter maxResults='many'"),
        ("GET", "/projects?maxResults=0", 400, "maxResults=0 must be 1 or more"),
        ("GET", "/projects?startAt=-1", 400, "startAt=-1 must be 0 or more"),
        ("GET", "/projects?include=data.mother", 400, "include='data.mother' is not a link"),
    ],
)
def test_a_refusal_has_the_envelope_and_says_why(
    world: World, method: str, path: str, status: int, message: str
) -> None:
    answer = world.api.call(method, path)
    reasons = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}
    assert (answer.status, answer.body["meta"]["status"]) == (status, reasons[status])
    assert message in answer.message
    assert TIMESTAMP.fullmatch(answer.body["meta"]["timestamp"])


@pytest.mark.parametrize(
    "body, message",
    [
        (b"{", "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b'{"project": 1, "fields": {"name": "\\ud800"}}', "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"[]", "wrong body: 'the body'"),
        (b"{}", "wrong body: 'fields' is missing"),
        (b'{"fields": 1}', "wrong body: 'fields': input should be a valid dictionary, not 1"),
        (b'{"project": "1", "fields": {}}', "wrong body: 'project': input should be a valid"),
        (b'{"fields": {}, "name": "x"}', "wrong body: unknown field 'name'"),
        (b'{"fields": {"name": "x"}}', "'project' is missing"),
    ],
)
def test_a_wrong_body_is_refused(world: World, body: bytes, message: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = world.api.call("POST", "/testplans", data=body, headers=headers)
    assert answer.status == 400
    assert message in answer.message


def test_unknown_body_fields_are_dropped_where_the_knob_says_so(
    make_world: Callable[..., World],
) -> None:
    world = make_world(unknown_field="ignore")
    body = {"project": world.project, "color": "red", "fields": {"name": "P", "shape": "round"}}
    created = world.api.post("/testplans", body)
    shown = world.api.get(f"/testplans/{created.id}").data["fields"]
    assert (created.status, shown["name"], "shape" in shown) == (201, "P", False)


def test_a_body_needs_a_json_content_type(world: World) -> None:
    refused = world.api.call("POST", "/testplans", data=b"{}")
    assert (refused.status, refused.body["meta"]["status"]) == (415, "Unsupported Media Type")


def test_a_slash_behind_a_collection_is_tolerated(world: World) -> None:
    assert world.api.get("/itemtypes/").status == 200
    body = {"project": world.project, "itemType": 31, "fields": {"name": "S"}}
    assert world.api.post("/items/", body).status == 201


def test_the_root_lists_what_is_served(world: World) -> None:
    assert {"method": "PATCH", "path": "/testruns/{id}"} in world.api.get("/").data


def test_latest_is_another_name_of_v1(world: World) -> None:
    url = f"{world.sandbox.url}/rest/latest/users/current"
    assert requests.get(url, timeout=5).status_code == 401


def test_every_creation_says_where_its_object_is(world: World) -> None:
    (case,), run = world.cases(0), world.run()
    plan = world.store.add_plan(world.key, "Plan")
    group = world.store.add_to_plan(plan)
    attachments = f"/projects/{world.project}/attachments"
    attachment = world.api.post(attachments, {"fields": {"name": "log"}}).id
    comment = {"body": {"text": "x"}, "location": {"item": run.id}}
    bodies: dict[str, dict[str, Any]] = {
        f"/testplans/{plan}/testgroups": {"name": "Group"},
        f"/testplans/{plan}/testgroups/{group}/testcases": {"testCase": case},
        f"/testruns/{run.id}/attachments": {"attachment": attachment},
        "/items": {"project": world.project, "itemType": 26, "fields": {"name": "Case"}},
        "/comments": comment,
    }
    metas = {path: world.api.post(path, body).body["meta"] for path, body in bodies.items()}
    assert {path: meta["location"] for path, meta in metas.items()} == {
        path: f"{world.api.url}{path}/{meta['id']}" for path, meta in metas.items()
    }


def test_creation_answers_with_location_and_id(world: World) -> None:
    answer = world.api.post("/testplans", {"project": world.project, "fields": {"name": "P"}})
    meta: dict[str, Any] = answer.body["meta"]
    assert (answer.status, meta["status"]) == (201, "Created")
    assert meta["location"] == f"{world.api.url}/testplans/{meta['id']}"
    assert set(answer.body) == {"meta"}


def test_old_servers_leave_the_id_out(make_world: Callable[..., World]) -> None:
    world = make_world(created_id="no")
    answer = world.api.post("/testplans", {"project": world.project, "fields": {"name": "P"}})
    assert set(answer.body["meta"]) == {"status", "timestamp", "location"}


def test_include_adds_the_linked_objects(world: World) -> None:
    plan = world.plan()
    answer = world.api.get(
        f"/testplans/{plan}", params={"include": ["data.createdBy", "data.project"]}
    )
    linked = answer.body["linked"]
    assert linked["users"]["17"]["username"] == "sandbox"
    assert linked["projects"][str(world.project)]["projectKey"] == world.key


def test_a_context_path_stands_before_everything(make_world: Callable[..., World]) -> None:
    world = make_world(context_path="contour/")
    assert world.sandbox.url.endswith("/contour")
    assert world.api.get("/users/current").status == 200
    created = world.api.post("/testplans", {"project": world.project, "fields": {"name": "P"}})
    assert created.body["meta"]["location"].startswith(f"{world.sandbox.url}/rest/v1/testplans/")
    outside = requests.get(
        world.sandbox.url.removesuffix("/contour") + "/rest/v1/projects", timeout=5
    )
    assert (outside.status_code, "context path /contour" in outside.text) == (404, True)


def test_the_bare_root_leads_into_the_context_path(make_world: Callable[..., World]) -> None:
    world = make_world(context_path="/contour")
    root = world.sandbox.url.removesuffix("contour")
    answer = requests.get(root, timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/contour/")


def test_a_fault_of_the_sandbox_itself_has_the_envelope(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    world.store.database.execute("DROP TABLE comments")
    answer = world.api.get("/comments")
    assert answer.status == 500
    assert "GET /rest/v1/comments failed in the sandbox: OperationalError" in answer.message
