"""jama.schema.json, for editors: completion, descriptions and mistakes while one writes."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from pytest_jama.config.models import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import CoreSchema
    from pydantic.json_schema import JsonSchemaValue

SCHEMA_FILE = "jama.schema.json"

_FILLED_IN = {"type": "string", "pattern": r"\$\{"}
"""Any text with ``${...}``: what it will be is not known while one writes."""

_REFERENCE = r"([1-9][0-9]*|GID-[A-Za-z0-9][A-Za-z0-9_-]*|[A-Za-z0-9_][A-Za-z0-9_-]*-[0-9]+)"
_LINK = rf" *{_REFERENCE}(#[1-9][0-9]*)? *"
_CASE = {
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": rf"^{_LINK}(,{_LINK})*$"},
        _FILLED_IN,
    ],
}
_CASE_LINK = {
    "description": "An API ID (20497), a document key (JEET1-TC-12) or a global ID (GID-51234); "
    "with a step: JEET1-TC-12#2 or {case: JEET1-TC-12, step: 2}.",
    "anyOf": [
        *_CASE["anyOf"],
        {
            "type": "object",
            "properties": {
                "case": _CASE,
                "step": {"anyOf": [{"type": "integer", "minimum": 1}, _FILLED_IN]},
            },
            "required": ["case"],
            "additionalProperties": False,
        },
    ],
}


def make_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of jama.yaml."""
    schema = Settings.model_json_schema(schema_generator=_Generator)
    definitions = {**schema.pop("$defs"), "CaseLink": _CASE_LINK}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **_allow_filling_in(schema),
        "title": "jama.yaml",
        "description": "Settings of pytest-jama.",
        "$defs": {name: _allow_filling_in(part) for name, part in sorted(definitions.items())},
    }


def read_shipped_schema() -> str: ...


class _Generator(GenerateJsonSchema):
    """Leaves out titles that only repeat the key."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:  # type: ignore[override]
        del schema
        return False


def _allow_filling_in(section: Mapping[str, Any]) -> dict[str, Any]: ...
