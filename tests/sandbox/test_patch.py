"""JSON Patch in Jama's dialect."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_jama.sandbox.jama.edits import patched, touched_members
from pytest_jama.sandbox.jama.model import ApiError
from tests.every import every

DOCUMENT = {"fields": {"name": "Login", "a/b": 1}}


@every(
    "operation, fields",
    [
        ({"op": "add", "path": "/fields/x", "value": 1}, {"name": "Login", "a/b": 1, "x": 1}),
        ({"op": "add", "path": "/fields/name", "value": "B"}, {"name": "B", "a/b": 1}),
        ({"op": "replace", "path": "/fields/name", "value": "B"}, {"name": "B", "a/b": 1}),
        ({"op": "REPLACE", "path": "/fields/name", "value": "B"}, {"name": "B", "a/b": 1}),
        ({"op": "remove", "path": "/fields/name"}, {"a/b": 1}),
        ({"op": "remove", "path": "/fields/a~1b"}, {"name": "Login"}),
        ({"op": "replace", "path": "/fields", "value": {"name": "B"}}, {"name": "B"}),
    ],
)
def test_an_operation_is_applied(operation: Any, fields: Any) -> None:
    assert patched(DOCUMENT, [operation]) == {"fields": fields}


def test_the_document_itself_stays_as_it_was() -> None:
    patched(DOCUMENT, [{"op": "remove", "path": "/fields/name"}])
    assert DOCUMENT["fields"]["name"] == "Login"


@every(
    "operations, message",
    [
        ({"op": "add"}, "the body of a PATCH is an array of operations"),
        (["add"], "operation 0 is not an object"),
        ([{"op": "move", "path": "/fields/name", "from": "/x"}], "the unknown member 'from'"),
        ([{"op": "test", "path": "/fields/name", "value": 1}], "op 'test' is not one of add"),
        ([{"op": "Add", "path": "/fields/name", "value": 1}], "op 'Add' is not one of add"),
        ([{"op": "add", "path": "fields.name", "value": 1}], "is not a JSON pointer"),
        (
            [{"op": "replace", "path": "/fields/x", "value": 1}],
            "no such path in target JSON document: /fields/x",
        ),
        ([{"op": "remove", "path": "/fields/x"}], "no such path in target JSON document"),
        ([{"op": "add", "path": "/x/y", "value": 1}], "no such path in target JSON document"),
        ([{"op": "add", "path": "/fields/name/0", "value": 1}], "no such path in target JSON"),
        (
            [{"op": "replace", "path": "/fields/name"}],
            "The value you provided could not be set at the path.",
        ),
    ],
)
def test_what_cannot_be_applied_is_refused(operations: Any, message: str) -> None:
    with pytest.raises(ApiError, match=re.escape(message)) as refusal:
        patched(DOCUMENT, operations)
    assert refusal.value.status == 400


@every("path, touched", [("/fields/x", {"x"}), ("/fields/x/0", {"x"}), ("/fields", {"x", "y"})])
def test_touched_members_are_those_the_pointers_name(path: str, touched: set[str]) -> None:
    operations = [{"op": "add", "path": path, "value": 1}]
    assert touched_members(operations, {"x": 1}, {"x": 1, "y": 2}) == touched
