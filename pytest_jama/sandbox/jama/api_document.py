"""The API document of this server, as Jama's own is: swagger 2.0, made from what is served.

Source: the API document of a cloud tenant (2020). It has the shape; operations, parameters and
bodies are those of the sandbox, and follow its knobs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from fastapi.routing import APIRoute

from pytest_jama.sandbox.jama.incoming import FILE_PART
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import Json

_ID_NAMES = {
    "attachments": "attachmentId",
    "itemtypes": "itemTypeId",
    "picklistoptions": "picklistOptionId",
    "picklists": "picklistId",
    "projects": "projectId",
    "links": "linkId",
    "relationships": "relationshipId",
    "tags": "tagId",
    "testcases": "testCaseId",
    "testcycles": "testCycleId",
    "testgroups": "testGroupId",
    "users": "userId",
    "versions": "versionNum",
}
"""What Jama calls the ID behind a part of a path; `id` behind all others."""

_BODIES = {
    "POST /comments": "RequestComment",
    "POST /items": "RequestItem",
    "PUT /items/{id}": "RequestItem",
    "POST /projects/{projectId}/attachments": "RequestAttachment",
    "POST /relationships": "RequestRelationship",
    "PUT /relationships/{relationshipId}": "RequestRelationship",
    "POST /tags": "RequestTag",
    "PUT /tags/{tagId}": "RequestTag",
    "POST /testplans": "RequestTestPlan",
    "PUT /testplans/{id}": "RequestTestPlan",
    "PUT /testplans/{id}/archived": "RequestArchivedStatus",
    "POST /testplans/{id}/testgroups": "RequestTestGroup",
    "PUT /testplans/{id}/testgroups/{testGroupId}": "RequestTestGroup",
    "POST /testplans/{id}/testgroups/{testGroupId}/testcases": "RequestTestGroupTestCase",
    "POST /testplans/{id}/testcycles": "RequestTestCycle",
    "PUT /testcycles/{testCycleId}": "RequestTestCycle",
    "PUT /testruns/{id}": "RequestTestRun",
}

_BODIES_BELOW = {
    "/attachments": "RequestItemAttachment",
    "/links": "RequestLink",
    "/tags": "RequestItemTag",
}
"""What is sent below items, plans and runs."""

_INTEGER: Json = {"type": "integer", "format": "int32"}
_TEXT: Json = {"type": "string"}
_YES_NO: Json = {"type": "boolean"}
_OBJECT: Json = {"type": "object"}
_IDS: Json = {"type": "array", "items": _INTEGER}


def _definition(*required: str, **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


_DEFINITIONS = {
    "RequestArchivedStatus": _definition("archived", archived=_YES_NO),
    "RequestAttachment": _definition("fields", fields=_OBJECT),
    "RequestComment": _definition(
        "body", "location", body=_OBJECT, location=_OBJECT, inReplyTo=_INTEGER, commentType=_TEXT
    ),
    "RequestItem": _definition(
        "project",
        "itemType",
        "fields",
        project=_INTEGER,
        itemType=_INTEGER,
        childItemType=_INTEGER,
        location=_OBJECT,
        fields=_OBJECT,
        globalId=_TEXT,
    ),
    "RequestItemTag": _definition("tag", tag=_INTEGER),
    "RequestLink": _definition("url", url=_TEXT, description=_TEXT),
    "RequestTag": _definition("name", "project", name=_TEXT, project=_INTEGER),
    "RequestLock": _definition("locked", locked=_YES_NO),
    "RequestPatchOperation": _definition(
        "op",
        "path",
        op={"type": "string", "enum": ["add", "replace", "remove"]},
        path=_TEXT,
        value=_OBJECT,
    ),
    "RequestRelationship": _definition(
        "fromItem", "toItem", fromItem=_INTEGER, toItem=_INTEGER, relationshipType=_INTEGER
    ),
    "RequestTestCycle": _definition(
        "fields",
        "testRunGenerationConfig",
        fields=_OBJECT,
        testRunGenerationConfig={"$ref": "#/definitions/TestRunGenerationConfig"},
    ),
    "RequestTestGroup": _definition("name", name=_TEXT, assignedTo=_INTEGER),
    "RequestTestGroupTestCase": _definition("testCase", testCase=_INTEGER),
    "RequestTestPlan": _definition("project", "fields", project=_INTEGER, fields=_OBJECT),
    "RequestTestRun": _definition("fields", fields=_OBJECT),
    "TestRunGenerationConfig": _definition(
        testGroupsToInclude=_IDS,
        testRunStatusesToInclude={"type": "array", "items": _TEXT},
    ),
}


def api_document(routes: Iterable[APIRoute], knobs: Knobs, *, host: str, base_path: str) -> Json:
    """Describe the operations of this server.

    Args:
        routes: What is served.
        knobs: What changes operations, parameters and bodies.
        host: Name and port.
        base_path: What stands before each path, such as `/contour/rest/v1`.
    """
    paths: dict[str, Json] = {}
    for method, path, route in _operations(routes, knobs):
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route, knobs)
    return {
        "swagger": "2.0",
        "info": {"version": "v1", "title": "Jama REST API"},
        "host": host,
        "basePath": base_path,
        "paths": dict(sorted(paths.items())),
        "definitions": {**_DEFINITIONS, "RequestItemAttachment": _attachment_body(knobs)},
    }


def _operations(routes: Iterable[APIRoute], knobs: Knobs) -> Iterator[tuple[str, str, APIRoute]]:
    lacks_patch = knobs.run_patch in {"404", "405"}
    for route in routes:
        path = _named(route.path)
        for method in sorted(route.methods or ()):
            is_lacking = lacks_patch and (method, path) == ("PATCH", "/testruns/{id}")
            if path not in {"/", "/api-docs"} and not is_lacking:
                yield method, path, route


def _named(path: str) -> str:
    """Name the IDs in a path as Jama does."""
    return re.sub(
        r"(?P<before>\w+)/\{\w+\}",
        lambda part: f"{part['before']}/{{{_ID_NAMES.get(part['before'], 'id')}}}",
        path,
    )


def _operation(method: str, path: str, route: APIRoute, knobs: Knobs) -> Json:
    in_path = [
        {"name": name, "in": "path", "required": True, **_INTEGER}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    status = "201" if method == "POST" else "200"
    return {
        "tags": [path.split("/")[1]],
        "summary": (route.description or "").partition("\n")[0],
        "parameters": [*in_path, *_query(path, route, knobs), *_body(method, path)],
        "responses": {status: {"description": "successful operation"}},
    }


def _query(path: str, route: APIRoute, knobs: Knobs) -> Iterator[Json]:
    schema = _query_schema(route.endpoint)
    for name, value in schema.get("properties", {}).items():
        if (path, name, knobs.relationships) != ("/relationships", "lastId", "ignored"):
            needed = name in schema.get("required", ())
            yield {"name": name, "in": "query", "required": needed, **_swagger_type(value)}


@cache  # pydantic takes 5 ms for each, and a document has a hundred
def _query_schema(endpoint: Callable[..., Any]) -> Json:
    """Return the JSON Schema of what an operation takes as its query."""
    hint = get_type_hints(endpoint, include_extras=True).get("query")
    return {} if hint is None else get_args(hint)[0].model_json_schema()


def _swagger_type(value: Any) -> Json:
    """Reduce JSON Schema to what swagger 2.0 says of a parameter."""
    kind = next((each for each in value.get("anyOf", ()) if each["type"] != "null"), value)
    if kind["type"] == "array":
        return {"type": "array", "items": {"type": kind["items"]["type"]}, **_REPEATED}
    return {"type": kind["type"]}


_REPEATED = {"collectionFormat": "multi"}


def _body(method: str, path: str) -> list[Json]:
    if path.endswith("/file") and method == "PUT":
        return [{"name": FILE_PART, "in": "formData", "required": True, "type": "file"}]
    name = _BODIES.get(f"{method} {path}")
    if path.endswith("/lock") and method == "PUT":
        name = "RequestLock"
    if method in {"POST", "PUT"}:
        name = name or next((body for part, body in _BODIES_BELOW.items() if part in path), None)
    schema: Json = {"$ref": f"#/definitions/{name}"}
    if method == "PATCH":
        schema = {"type": "array", "items": {"$ref": "#/definitions/RequestPatchOperation"}}
    elif name is None:
        return []
    return [{"in": "body", "name": "body", "required": True, "schema": schema}]


def _attachment_body(knobs: Knobs) -> Json:
    """Return what attaching asks for. Source: the tenant's document has only `attachment`."""
    name = "attachment" if knobs.attachment_body == "both" else knobs.attachment_body
    return _definition(name, **{name: _INTEGER})
