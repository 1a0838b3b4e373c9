"""jama.schema.json, for editors: completion, descriptions and mistakes while one writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from pytest_jama.config.models import Settings
from pytest_jama.config.wording import keys_of, section_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

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

_TESTS = {
    "additionalProperties": {
        "anyOf": [
            {"$ref": "#/$defs/CaseLink"},
            {"type": "array", "items": {"$ref": "#/$defs/CaseLink"}, "minItems": 1},
        ],
    },
}


def make_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of jama.yaml."""
    schema = Settings.model_json_schema()
    definitions = {
        section.__name__: _section_schema(schema["$defs"][section.__name__], section)
        for section in filter(None, map(section_of, Settings.model_fields.values()))
    }
    settings = _section_schema(schema, Settings)
    settings["properties"]["tests"] = {**settings["properties"]["tests"], **_TESTS}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **settings,
        "type": "object",
        "title": "jama.yaml",
        "description": "Settings of pytest-jama.",
        "$defs": {**definitions, "CaseLink": _CASE_LINK},
    }


def _section_schema(schema: Mapping[str, Any], section: type[BaseModel]) -> dict[str, Any]:
    """Complete what pydantic makes of a section; a plan or cycle is a name or a mapping."""
    if "anyOf" in schema:
        name, mapping = schema["anyOf"]
        return {"anyOf": [name, {**_section_schema(mapping, section), "type": "object"}]}
    defaults = section.model_construct().model_dump(mode="json", by_alias=True)
    properties = {
        key: {
            "description": field.description,
            **_property_schema(field, schema["properties"][key], default=defaults.get(key)),
        }
        for key, field in keys_of(section).items()
    }
    return {
        "type": ["object", "null"],
        "description": schema["description"],
        "properties": properties,
        "additionalProperties": False,
        **({"oneOf": schema["oneOf"]} if "oneOf" in schema else {}),
    }


def _property_schema(
    field: FieldInfo,
    schema: Mapping[str, Any],
    *,
    default: object,
) -> dict[str, Any]:
    """Complete what pydantic makes of one setting."""
    section = section_of(field)
    if section:
        return {"$ref": f"#/$defs/{section.__name__}"}
    shown = {} if default in (None, "", {}) else {"default": default}
    allowed = {key: schema[key] for key in sorted(schema.keys() - _OUR_OWN)}
    if _takes_any_text(allowed) or allowed.get("type") in _MAPPINGS:
        return {**shown, **allowed}
    return {**shown, "anyOf": [*allowed.get("anyOf", [allowed]), _FILLED_IN]}


_OUR_OWN = frozenset({"title", "description", "default"})
_MAPPINGS = ("object", ["object", "null"])


def _takes_any_text(schema: Mapping[str, Any]) -> bool:
    if "anyOf" in schema:
        return any(map(_takes_any_text, schema["anyOf"]))
    is_limited = schema.keys() & {"pattern", "enum", "const"} or schema.get("format") == "date"
    return schema.get("type") == "string" and not is_limited
