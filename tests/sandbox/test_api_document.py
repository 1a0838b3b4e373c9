"""The API document tells what this server can do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests

from tests.sandbox.test_documented_operations import documented

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World


def document(world: World) -> Any:
    return world.api.get("/api-docs").body


def test_the_document_has_the_operations_and_names_of_jamas_own(world: World) -> None:
    found = document(world)
    operations = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in found["paths"].items()
        for method in methods
    }
    assert found["swagger"] == "2.0"
    assert operations <= set(documented())
    assert {"get", "put", "patch", "delete"} == set(found["paths"]["/testcycles/{testCycleId}"])
    add_case = found["paths"]["/testplans/{id}/testgroups/{testGroupId}/testcases"]["post"]
    assert [each["name"] for each in add_case["parameters"]] == ["id", "testGroupId", "body"]
    runs = {each["name"]: each for each in found["paths"]["/testruns"]["get"]["parameters"]}
    assert (runs["testCycle"]["type"], runs["testCycle"]["collectionFormat"]) == ("array", "multi")


def test_every_body_that_is_named_is_defined(world: World) -> None:
    found = document(world)
    named = set(re.findall(r"#/definitions/(\w+)", str(found)))
    assert named == set(found["definitions"])
    writes = [
        (method, path)
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
        if method in {"post", "put", "patch"}
        and not {"body", "file"} & {each["name"] for each in operation["parameters"]}
    ]
    assert writes == [("post", "/testruns/{id}/updatedtestcase")]


def test_the_document_follows_the_knobs(make_world: Callable[..., World]) -> None:
    world = make_world(
        context_path="/contour",
        run_patch="405",
        attachment_body="attachmentItemId",
        relationships="ignored",
    )
    found = document(world)
    assert found["basePath"] == "/contour/rest/v1"
    assert "patch" not in found["paths"]["/testruns/{id}"]
    assert list(found["definitions"]["RequestItemAttachment"]["properties"]) == ["attachmentItemId"]
    names = [each["name"] for each in found["paths"]["/relationships"]["get"]["parameters"]]
    assert ("startAt" in names, "lastId" in names) == (True, False)


def test_the_document_needs_a_login_and_has_an_older_address(world: World) -> None:
    older = f"{world.sandbox.url}/rest/latest/api-docs"
    assert requests.get(older, timeout=5).status_code == 401
    answer = requests.get(older, auth=("sandbox", "sandbox-password"), timeout=5)
    assert "patch" in answer.json()["paths"]["/testruns/{id}"]
