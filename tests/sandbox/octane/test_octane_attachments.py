"""Attachments: a form or bare bytes, names, extensions, owners."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.octane.workspace import document, run_of

if TYPE_CHECKING:
    from tests.sandbox.octane.workspace import Reply, Workspace

PNG = b"\x89PNG\r\n\x1a\nrest"


def a_run(workspace: Workspace) -> dict[str, str]:
    workspace.pushed(document(run_of()))
    return {"type": "run", "id": workspace.get("runs").ids[0]}


def form(workspace: Workspace, entity: Any, content: bytes = b"text", **files: Any) -> Reply:
    parts = {
        "entity": (None, json.dumps(entity), "application/json"),
        "content": ("x", content, "application/octet-stream"),
        **files,
    }
    return workspace.call("POST", "attachments", files=parts)


def stream(workspace: Workspace, content: bytes = b"text", **params: str) -> Reply:
    headers = {"Content-Type": "application/octet-stream"}
    return workspace.call("POST", "attachments", params=params, data=content, headers=headers)


@pytest.mark.parametrize("way", ["form", "stream"])
def test_a_file_is_attached_to_a_run_and_read_back(workspace: Workspace, way: str) -> None:
    run = a_run(workspace)
    if way == "form":
        reply = form(workspace, {"name": "shot.png", "owner_run": run}, PNG)
    else:
        reply = stream(workspace, PNG, name="shot.png", owner_run=json.dumps(run))
    assert (reply.status, reply.names) == (201, ["shot.png"])
    (made,) = reply.ids
    shown = workspace.get(f"attachments/{made}", fields="name,size,owner_run").body
    assert (shown["size"], shown["owner_run"]["id"]) == (len(PNG), run["id"])
    bytes_only = {"Accept": "application/octet-stream"}
    assert workspace.call("GET", f"attachments/{made}", headers=bytes_only).body == PNG
    assert workspace.store.content(made) == PNG
    assert workspace.get("attachments", f"owner_run EQ {{id EQ {run['id']}}}").ids == [made]
    assert workspace.call("DELETE", f"attachments/{made}").status == 200
    assert workspace.call("GET", f"attachments/{made}", headers=bytes_only).status == 404


@pytest.mark.parametrize(
    "name, content, status",
    [
        ("a.txt", b"", 201),
        ("trace.LOG", b"x", 201),
        ("a.zip", b"PK\x03\x04", 201),
        ("a.html", b"<p>", 400),
        ("a.json", b"{}", 400),
        ("a", b"x", 400),
        ("txt", b"x", 400),
        (".a.txt", b"x", 400),
        ("a/b.txt", b"x", 400),
        ("a:b.txt", b"x", 400),
        ("a?.txt", b"x", 400),
        ("", b"x", 400),
        ("a.png", b"text", 400),
        ("a.zip", b"text", 400),
    ],
)
def test_names_and_contents_follow_the_rules(
    workspace: Workspace, name: str, content: bytes, status: int
) -> None:
    test = {"type": "test", "id": workspace.store.add("manual_tests", name="m")}
    assert form(workspace, {"name": name, "owner_test": test}, content).status == status
    assert workspace.store.count("attachments") == (status == 201)


def test_an_attachment_has_one_owner(workspace: Workspace) -> None:
    run = a_run(workspace)
    test = {"type": "test", "id": workspace.get("tests").ids[0]}
    for owners in ({}, {"owner_run": run, "owner_test": test}, {"owner_run": {**run, "id": "1"}}):
        assert form(workspace, {"name": "a.txt", **owners}).status == 400


def test_other_bodies_are_refused(workspace: Workspace) -> None:
    run = a_run(workspace)
    entity = {"name": "a.txt", "owner_run": run}
    assert workspace.post("attachments", entity).status == 415
    assert workspace.call("POST", "attachments", files={"content": ("x", b"")}).status == 400
    assert form(workspace, entity, more=("x", b"")).status == 400
    assert form(workspace, "text").status == 400
    assert stream(workspace, name="a.txt", owner_run="1001").status == 400
    assert stream(workspace, name="a.txt", owner_run="{").status == 400
    assert form(workspace, {"name": "a.png", "owner_run": run}, b"").status == 400
