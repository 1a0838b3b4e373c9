"""CI servers, pipelines, builds: what has to be known before results are tied to a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.octane.workspace import Workspace, document, run_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.octane.conftest import MovedClock

NAMED = '<build server_id="lab-ci" job_id="nightly" build_id="7" build_name="seven"/>'
SERVER = {"name": "Lab", "instance_id": "lab-ci", "server_type": "any", "url": "https://ci"}
BUILD = {
    "serverCiId": "lab-ci",
    "jobCiId": "nightly",
    "buildCiId": "7",
    "buildName": "seven",
    "startTime": 1767600000000,
    "duration": 5,
    "status": "finished",
    "result": "success",
}
JOBS = [{"jobCiId": "nightly", "name": "Nightly"}, {"jobCiId": "smoke", "name": "Smoke"}]


def pipeline(server: str, **changes: Any) -> dict[str, Any]:
    body = {"name": "P", "root_job_ci_id": "nightly", "jobs": JOBS}
    return {**body, "ci_server": {"type": "ci_server", "id": server}, **changes}


def prepare(workspace: Workspace) -> str:
    """Make server and pipeline; return the id of the server."""
    server = workspace.post("ci_servers", SERVER).ids[0]
    assert workspace.post("pipelines", pipeline(server)).status == 201
    return server


def outcome(workspace: Workspace) -> str:
    return str(workspace.pushed(document(run_of(), head=NAMED)).body["status"])


def test_a_build_is_known_after_server_pipeline_and_build(workspace: Workspace) -> None:
    assert outcome(workspace) == "failed"
    server = prepare(workspace)
    assert outcome(workspace) == "failed"
    assert workspace.put("analytics/ci/builds", BUILD).status == 200
    assert outcome(workspace) == "success"
    query = f"ci_server EQ {{id EQ {server}}};ci_job EQ {{ci_id EQ ^nightly^}};name EQ ^seven^"
    (build,) = workspace.get("ci_builds", query, fields="status,result,build_ci_id").data
    assert (build["status"], build["result"], build["build_ci_id"]) == ("finished", "success", "7")
    (line,) = workspace.get("previous_runs", f"build_id EQ {build['id']}").data
    assert (line["build_name"], line["job_name"]) == ("seven", "Nightly")
    query = "ci_build EQ {build_ci_id EQ ^7^}"
    assert workspace.get("automated_runs", query).body["total_count"] == 1


def test_a_pipeline_is_found_by_its_root_job_and_server(workspace: Workspace) -> None:
    server = prepare(workspace)
    query = f"root_job EQ {{ci_id EQ ^nightly^}};ci_server EQ {{id EQ {server}}}"
    assert workspace.get("pipelines", query, fields="name").names == ["P"]
    assert workspace.get("pipelines", "root_job EQ {ci_id EQ ^smoke^}").data == []
    assert workspace.get("pipelines", "jobs EQ {ci_id EQ ^smoke^}", fields="name").names == ["P"]


def test_a_pipeline_may_name_the_server_by_its_own_id(workspace: Workspace) -> None:
    server = workspace.post("ci_servers", SERVER).ids[0]
    body = pipeline(server, server_ci_id="lab-ci")
    del body["ci_server"]
    made = workspace.post("pipelines", body).ids[0]
    assert workspace.store.get("pipelines", made)["ci_server"]["id"] == server


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"root_job_ci_id": None},
        {"root_job_ci_id": "other"},
        {"jobs": []},
        {"jobs": None},
        {"ci_server": None},
        {"ci_server": {"type": "ci_server", "id": "9"}},
        {"ci_server": None, "server_ci_id": "other"},
    ],
    ids=str,
)
def test_a_pipeline_needs_name_root_job_jobs_and_server(
    workspace: Workspace, changes: dict[str, Any]
) -> None:
    server = workspace.post("ci_servers", SERVER).ids[0]
    assert workspace.post("pipelines", pipeline(server, **changes)).status == 400
    assert workspace.store.count("pipelines") == 0


def test_names_of_servers_and_pipelines_are_unique(workspace: Workspace) -> None:
    server = prepare(workspace)
    for collection, body in (("ci_servers", SERVER), ("pipelines", pipeline(server))):
        reply = workspace.post(collection, body)
        assert (reply.status, reply.code) == (409, "platform.duplicate_entity_error")
    workspace.post("ci_servers", {**SERVER, "name": "Other"})
    assert workspace.put(f"ci_servers/{server}", {"name": "Other"}).status == 409
    assert workspace.put(f"ci_servers/{server}", {"name": "Lab"}).status == 200


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"serverCiId": "other"}, 404),
        ({"jobCiId": "other"}, 404),
        ({"status": "done"}, 400),
        ({"result": "great"}, 400),
        ({"startTime": "2026-01-05"}, 400),
        ({"startTime": None}, 400),
        ({"buildCiId": 7}, 400),
        ({"causes": "nightly"}, 400),
        ({"data": []}, 400),
    ],
    ids=str,
)
def test_a_wrong_build_is_refused(
    workspace: Workspace, changes: dict[str, Any], status: int
) -> None:
    prepare(workspace)
    assert workspace.put("analytics/ci/builds", {**BUILD, **changes}).status == status


def test_a_build_goes_from_running_to_finished(workspace: Workspace) -> None:
    prepare(workspace)
    causes = [{"jobCiId": "nightly", "buildCiId": "7"}]
    running = {**BUILD, "status": "running", "jobCiId": "smoke", "causes": causes}
    del running["result"]
    workspace.put("analytics/ci/builds", running)
    assert [each["status"] for each in workspace.get("ci_builds").data] == ["running"]
    workspace.put("analytics/ci/builds", {**running, "status": "finished", "result": "failure"})
    (build,) = workspace.get("ci_builds", fields="status,result,ci_job{ci_id}").data
    assert (build["status"], build["result"]) == ("finished", "failure")
    assert build["ci_job"]["ci_id"] == "smoke"


def test_a_build_shows_after_so_many_looks(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(build_look_count=2)
    prepare(workspace)
    workspace.put("analytics/ci/builds", BUILD)
    assert outcome(workspace) == "failed"
    assert [len(workspace.get("ci_builds").data) for _ in range(2)] == [0, 1]
    assert outcome(workspace) == "success"


def test_a_build_shows_after_some_seconds(
    make_workspace: Callable[..., Workspace], moved_clock: MovedClock
) -> None:
    workspace = make_workspace(build_delay_s=30.0)
    prepare(workspace)
    workspace.put("analytics/ci/builds", BUILD)
    assert workspace.get("ci_builds").data == []
    moved_clock.now_s += 30
    assert len(workspace.get("ci_builds").data) == 1
