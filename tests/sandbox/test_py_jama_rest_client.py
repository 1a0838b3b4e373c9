"""The client of Jama's own Professional Services, which was not written beside the sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from py_jama_rest_client.client import (
    AlreadyExistsException,
    APIClientException,
    JamaClient,
    ResourceNotFoundException,
    TooManyRequestsException,
    UnauthorizedException,
)

from tests.sandbox.client import add

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.sandbox.jama.server import Sandbox
    from tests.sandbox.client import World


@pytest.fixture(params=["basic", "oauth"])
def client(server: Sandbox, request: pytest.FixtureRequest) -> Any:
    accepted = server.credentials
    if request.param == "oauth":
        pair = (accepted.client_id, accepted.client_secret)
        return JamaClient(server.url, credentials=pair, oauth=True)
    return JamaClient(server.url, credentials=(accepted.username, accepted.password))


def core(client: Any) -> Any:
    """Reach below the client for the calls it lacks."""
    return client._JamaClient__core  # noqa: SLF001 - it has no public way


def post(client: Any, path: str, body: Any) -> int:
    response = core(client).post(path, json=body)
    assert response.status_code == 201
    return int(response.json()["meta"]["id"])


def test_it_walks_from_plan_to_updated_runs(client: Any, world: World) -> None:
    cases = world.cases(*[0] * 22, 2)
    keys = [f"{world.key}-TC-{number}" for number in range(1, 24)]
    found = client.get_abstract_items_from_doc_key(keys)
    assert [item["id"] for item in found] == cases

    plan = post(client, "testplans", {"project": world.project, "fields": {"name": "Release"}})
    group = core(client).get(f"testplans/{plan}/testgroups").json()["data"][0]["id"]
    for case in cases:
        post(client, f"testplans/{plan}/testgroups/{group}/testcases", {"testCase": case})
    cycle = client.post_testplans_testcycles(plan, "Build 1", "2024-05-31", "2024-06-30")
    assert client.get_test_cycle(cycle)["fields"]["testPlan"] == plan

    runs = client.get_testruns(cycle)
    assert sorted(run["fields"]["testCase"] for run in runs) == cases
    for run in runs:
        client.put_test_run(run["id"], data=json.dumps({"fields": result_of(run)}))
    assert [run.status for run in world.store.runs(cycle)] == ["PASSED"] * 22 + ["FAILED"]


def result_of(run: Any) -> dict[str, Any]:
    """Report steps where there are some, as Jama's own example does, else the status."""
    steps = run["fields"].get("testRunSteps")
    if not steps:
        return {"testRunStatus": "PASSED", "actualResults": "fine"}
    return {"testRunSteps": [{**step, "status": "FAILED"} for step in steps]}


def test_it_patches_a_run_below_its_own_surface(client: Any, world: World) -> None:
    run = world.run()
    operations = [add("testRunStatus", "BLOCKED")]
    assert core(client).patch(f"testruns/{run.id}", json=operations).status_code == 200
    assert world.now(run).status == "BLOCKED"


def test_it_knows_user_projects_types_and_endpoints(client: Any, world: World) -> None:
    assert client.get_current_user()["username"] == "sandbox"
    assert world.project in [project["id"] for project in client.get_projects()]
    assert {"TC", "TSTRN"} <= {kind["typeKey"] for kind in client.get_item_types()}
    assert client.get_item_type(26)["category"] == "TEST_CASE"
    assert [user["id"] for user in client.get_users()] == [17, 18]
    assert client.get_available_endpoints()


def test_it_makes_changes_and_deletes_items(client: Any, world: World) -> None:
    location = {"project": world.project}
    folder = client.post_item(world.project, 31, 26, location, {"name": "Folder"})
    case = client.post_item(world.project, 26, None, {"item": folder}, {"name": "Case"}, "GID-PS")
    assert client.get_item(case)["globalId"] == "GID-PS"
    client.put_item(world.project, case, 26, None, {"item": folder}, {"name": "New"})
    client.patch_item(case, [{"op": "replace", "path": "/fields/name", "value": "Newer"}])
    assert [item["fields"]["name"] for item in client.get_item_children(folder)] == ["Newer"]
    assert [item["id"] for item in client.get_items(world.project)] == [folder, case]
    assert len(client.get_item_versions(case)) == 3
    client.delete_item(case)
    with pytest.raises(ResourceNotFoundException):
        client.get_item(case)


def test_it_searches(client: Any, world: World) -> None:
    (case,) = world.cases(0)
    found = client.get_abstract_items(
        project=[world.project],
        item_type=[26],
        contains=[f"{world.key}-TC-1"],
        sort_by=["documentKey.asc"],
    )
    assert [item["id"] for item in found] == [case]
    assert client.get_abstract_item(case)["type"] == "items"


def test_it_locks_and_unlocks(client: Any, world: World) -> None:
    (case,) = world.cases(0)
    client.put_item_lock(case, locked=True)
    assert client.get_item_lock(case)["lockedBy"] == 17
    client.put_item_lock(case, locked=False)
    assert client.get_item_lock(case)["locked"] is False


def test_it_uploads_and_attaches_a_file(client: Any, world: World, tmp_path: Path) -> None:
    (case,) = world.cases(0)
    file = tmp_path / "log.txt"
    file.write_text("all fine")
    attachment = client.post_project_attachment(world.project, "log", "what happened")
    assert client.put_attachments_file(attachment, str(file)) == 200
    assert client.post_item_attachment(case, attachment) == 201
    assert client.get_attachment(attachment)["fileName"] == "log.txt"
    with pytest.raises(AlreadyExistsException):
        client.post_item_attachment(case, attachment)


def test_it_relates_items(client: Any, world: World) -> None:
    (case,) = world.cases(0)
    (requirement,) = world.store.add_items(world.key, "REQ", "It shall")
    made = client.post_relationship(requirement, case, 6)
    assert client.get_relationship(made)["relationshipType"] == 6
    assert [each["id"] for each in client.get_items_upstream_related(case)] == [requirement]
    assert [each["id"] for each in client.get_items_downstream_related(requirement)] == [case]
    down = client.get_items_downstream_relationships(requirement)
    up = client.get_items_upstream_relationships(case)
    assert [each["id"] for each in down] == [each["id"] for each in up] == [made]
    client.put_relationship(made, requirement, case)
    with pytest.raises(AlreadyExistsException):
        client.post_relationship(requirement, case)
    with pytest.raises(APIClientException, match="lastId parameter is now required"):
        client.get_relationships(world.project)
    types = [each["name"] for each in client.get_relationship_types()]
    assert client.get_relationship_type(4)["name"] == types[0]
    assert client.get_relationship_rule_sets() == []
    client.delete_relationships(made)
    with pytest.raises(ResourceNotFoundException):
        client.get_relationship(made)


def test_it_tags_items_and_reads_their_versions(client: Any, world: World) -> None:
    (case,) = world.cases(0)
    tag = client.post_tag("smoke", world.project)
    assert client.post_item_tag(case, tag) == 201
    assert [each["name"] for each in client.get_item_tags(case)] == ["smoke"]
    assert [each["id"] for each in client.get_tags(world.project)] == [tag]
    assert [each["id"] for each in client.get_tagged_items(tag)] == [case]
    with pytest.raises(AlreadyExistsException):
        client.post_item_tag(case, tag)
    assert client.get_item_version(case, 1)["versionNumber"] == 1
    assert client.get_versioned_item(case, 1)["id"] == case
    assert len(client.get_abstract_item_versions(case)) == 1
    assert client.get_abstract_versioned_item(case, 1)["id"] == case


def test_it_understands_refusals(client: Any, world: World) -> None:
    with pytest.raises(ResourceNotFoundException):
        client.get_test_cycle(999_999)
    run = world.run(steps=1)
    with pytest.raises(APIClientException, match="leave testRunStatus out"):
        client.put_test_run(run.id, data=json.dumps({"fields": {"testRunStatus": "PASSED"}}))
    world.sandbox.fail_next(1, 429, path="/users")
    with pytest.raises(TooManyRequestsException):
        client.get_users()


def test_it_understands_wrong_credentials(server: Sandbox) -> None:
    stranger = JamaClient(server.url, credentials=("nobody", "wrong"))
    with pytest.raises(UnauthorizedException, match="the user name or the password is wrong"):
        stranger.get_users()
