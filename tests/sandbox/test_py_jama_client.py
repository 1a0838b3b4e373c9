"""A third-party client of 2024-26, which was not written beside the sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

# By module: pytest would take the classes TestCyclesAPI, ... for tests.
from py_jama_client.apis import test_cycles_api, test_plans_api, test_runs_api
from py_jama_client.apis.abstract_items_api import AbstractItemsAPI
from py_jama_client.apis.attachments_api import AttachmentsAPI
from py_jama_client.apis.item_types_api import ItemTypesAPI
from py_jama_client.apis.projects_api import ProjectsAPI
from py_jama_client.apis.relationships_api import RelationshipsAPI
from py_jama_client.apis.users_api import UsersAPI
from py_jama_client.client import JamaClient
from py_jama_client.exceptions import APIClientException, ResourceNotFoundException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_jama.sandbox.jama.server import Sandbox
    from tests.sandbox.client import World

# The library hands its text bodies to httpx in a way that httpx wants to abandon.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture(params=["basic", "oauth"])
def client(server: Sandbox, request: pytest.FixtureRequest) -> Iterator[Any]:
    accepted = server.credentials
    is_oauth = request.param == "oauth"
    pair = (
        (accepted.client_id, accepted.client_secret)
        if is_oauth
        else (accepted.username, accepted.password)
    )
    client = JamaClient(server.url, credentials=pair, oauth=is_oauth)
    yield client
    client.close()


def post(client: Any, path: str, body: Any) -> int:
    response = client.post(path, json=body)
    assert response.status_code == 201
    return int(response.json()["meta"]["id"])


def put_run(client: Any, run_id: int, fields: Any) -> None:
    body = json.dumps({"fields": fields})
    # The annotation of `data` says dict, which the library would send as a form.
    test_runs_api.TestRunsAPI(client).put_test_run(run_id, data=body)  # type: ignore[arg-type]


def test_it_walks_from_plan_to_updated_runs(client: Any, world: World) -> None:
    cases = world.cases(*[0] * 52, 1)
    plan = post(client, "testplans", {"project": world.project, "fields": {"name": "Release"}})
    group = client.get(f"testplans/{plan}/testgroups").json()["data"][0]["id"]
    for case in cases:
        post(client, f"testplans/{plan}/testgroups/{group}/testcases", {"testCase": case})
    created = test_plans_api.TestPlansAPI(client).post_testplans_testcycles(
        plan, "Build 1", "2024-05-31", "2024-06-30"
    )
    cycle = created.meta["id"]
    runs = (
        test_cycles_api.TestCyclesAPI(client)
        .get_test_cycle_runs(cycle, allowed_results_per_page=50)
        .data
    )
    assert sorted(run["fields"]["testCase"] for run in runs) == cases

    for run in runs:
        steps = run["fields"].get("testRunSteps")
        result = {"testRunSteps": [{"status": "FAILED"}]} if steps else {"testRunStatus": "PASSED"}
        put_run(client, run["id"], result)
    assert [run.status for run in world.store.runs(cycle)] == ["PASSED"] * 52 + ["FAILED"]


def test_it_knows_user_projects_types_and_search(client: Any, world: World) -> None:
    (case,) = world.cases(0)
    assert UsersAPI(client).get_current_user().data["username"] == "sandbox"
    projects = ProjectsAPI(client).get_projects().data
    assert world.project in [project["id"] for project in projects]
    assert ItemTypesAPI(client).get_item_types().data
    found = AbstractItemsAPI(client).get_abstract_items(document_key=[f"{world.key}-TC-1"]).data
    assert [item["id"] for item in found] == [case]


def test_it_uploads_a_file(client: Any, world: World, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("all fine")
    body = {"fields": {"name": "log"}}
    attachment = post(client, f"projects/{world.project}/attachments", body)
    assert AttachmentsAPI(client).put_attachments_file(attachment, str(file)) == 200
    run = world.run()
    post(client, f"testruns/{run.id}/attachments", {"attachment": attachment})
    shown = AttachmentsAPI(client).get_attachment(attachment).data
    assert shown["fileName"] == "log.txt"
    listed = client.get(f"testruns/{run.id}/attachments").json()["data"]
    assert [each["id"] for each in listed] == [attachment]
    assert client.get(f"attachments/{attachment}/file").content == b"all fine"


def test_it_relates_items_and_lists_the_relationships(client: Any, world: World) -> None:
    requirement, *cases = world.store.add_items(world.key, "REQ", *map(str, range(53)))
    relationships = RelationshipsAPI(client)
    for case in cases:
        relationships.post_relationship(requirement, case)
    found = relationships.get_relationships(world.project, allowed_results_per_page=50).data
    assert [each["toItem"] for each in found] == cases
    first = found[0]["id"]
    assert relationships.get_relationship(first).data["fromItem"] == requirement
    relationships.put_relationship(first, requirement, cases[0], 6)
    assert relationships.get_relationship(first).data["relationshipType"] == 6
    client.delete(f"relationships/{first}")
    with pytest.raises(ResourceNotFoundException):
        relationships.get_relationship(first)


def test_it_understands_refusals(client: Any, world: World) -> None:
    with pytest.raises(ResourceNotFoundException):
        test_cycles_api.TestCyclesAPI(client).get_test_cycle(999_999)
    with pytest.raises(APIClientException, match="'PASS' is not one of"):
        put_run(client, world.run().id, {"testRunStatus": "PASS"})
