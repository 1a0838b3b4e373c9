"""The sandbox serves nothing that Jama's own documents do not have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from pytest_jama.sandbox.jama.app import _MODULES

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

DOCUMENTS = Path(__file__).parent / "documented_operations.tsv"

NEWER_PARAMETERS = {
    ("GET", "/abstractitems"): {"includeWildcard"},
    ("GET", "/relationships"): {"lastId", "omitCount"},
}
"""Named in the help of Connect 9.12 and in the cookbook."""

NEWER_OPERATIONS = {
    ("GET", "/relationshiprulesets"): {"startAt", "maxResults", "include"},
    ("GET", "/relationshiprulesets/{}"): {"include"},
    ("GET", "/relationshiprulesets/{}/projects"): {"startAt", "maxResults", "include"},
}
"""Called by a client of Jama's own since 2021."""


def documented() -> dict[tuple[str, str], set[str]]:
    lines = [line for line in DOCUMENTS.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = [(line + "\t\t").split("\t")[:3] for line in lines]
    known = {(method, path): set(query.split()) for method, path, query in rows}
    return {**known, **NEWER_OPERATIONS}


def served() -> dict[tuple[str, str], APIRoute]:
    routes: list[Any] = [route for module in _MODULES for route in module.router.routes]
    return {
        (method, re.sub(r"\{\w+\}", "{}", route.path)): route
        for route in routes
        for method in route.methods
    }


def query_names(route: APIRoute) -> set[str]:
    hint = get_type_hints(route.endpoint, include_extras=True).get("query")
    fields = get_args(hint)[0].model_fields if hint else {}
    return {field.alias for field in fields.values()}


def test_every_operation_but_the_lists_of_them_is_documented() -> None:
    assert set(served()) - set(documented()) == {("GET", "/"), ("GET", "/api-docs")}


def test_every_query_parameter_is_documented() -> None:
    known = documented()
    surplus = {
        operation: query_names(route) - known.get(operation, set())
        for operation, route in served().items()
    }
    assert {operation: names for operation, names in surplus.items() if names} == NEWER_PARAMETERS


def test_no_documented_query_parameter_of_a_served_operation_is_missing() -> None:
    known = documented()
    missing = {
        operation: known.get(operation, set()) - query_names(route)
        for operation, route in served().items()
    }
    assert {operation: names for operation, names in missing.items() if names} == {}
