"""Write the generated files: ``python -m pytest_jama.config.reference``, in a checkout.

These are `jama.schema.json` and `octane.schema.json` beside this module, with which editors
complete and check the files, and the tables of `docs/settings.md` and `docs/octane-settings.md`;
the prose of these pages is written by hand, around the tables. A test fails when one is stale.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from pytest_jama.config.kinds import JAMA, KINDS, OCTANE
from pytest_jama.config.layers import overridable
from pytest_jama.config.map_entries import FILE
from pytest_jama.config.mistakes import keys_of, section_of
from pytest_jama.config.types import Allowed, find_metadata
from pytest_jama.config.variables import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from pytest_jama.config.kinds import TargetKind


SCHEMA = Path(__file__).with_name("jama.schema.json")
OCTANE_SCHEMA = Path(__file__).with_name("octane.schema.json")
SCHEMAS: Mapping[TargetKind[Any], Path] = {JAMA: SCHEMA, OCTANE: OCTANE_SCHEMA}

_DOCS = Path(__file__).parents[2] / "docs"
PAGES: Mapping[TargetKind[Any], Path] = {
    JAMA: _DOCS / "settings.md",
    OCTANE: _DOCS / "octane-settings.md",
}

_GENERATED = re.compile(
    r"(<!-- generated: (?P<table>\w+) -->\n).*?(<!-- end of generated -->)",
    re.DOTALL,
)


def schema_text(kind: TargetKind[Any] = JAMA) -> str:
    """Return the content of the schema of a settings file.

    Args:
        kind: The kind of server that the file is for.
    """
    return json.dumps(make_schema(kind), indent=2, ensure_ascii=False) + "\n"


def page_text(page: str, kind: TargetKind[Any] = JAMA) -> str:
    """Return a reference page with fresh tables.

    Args:
        page: The page as it is; its prose is kept.
        kind: The kind of server that it is about.
    """
    tables: dict[str, Callable[[], str]] = {
        "settings": partial(settings_table, kind),
        "credentials": partial(credentials_table, kind),
        "variables": variables_table,
    }
    return fill_in(page, tables)


def fill_in(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with fresh tables between its marks.

    Args:
        page: The page as it is.
        tables: Makes the table of each mark.
    """
    return _GENERATED.sub(lambda match: f"{match[1]}\n{tables[match['table']]()}\n{match[3]}", page)


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table of Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def settings_table(kind: TargetKind[Any]) -> str:
    """Return one table for the top level of a settings file and one for each section."""
    tables = [table(_TOP_COLUMNS, _top_rows(kind))]
    for key, field in keys_of(kind.load_model()).items():
        section = section_of(field)
        if section:
            heading = f"### `{key}`\n\n{field.description}"
            tables.append(f"{heading}\n\n{table(_COLUMNS, _section_rows(key, section))}")
    return "\n".join(tables)


def credentials_table(kind: TargetKind[Any]) -> str:
    """Return the table of the credentials."""
    rows = (
        (f"`{variable}`", model.model_fields[part].description or "")
        for pair, model in zip(kind.pairs, kind.load_model().sign_ins, strict=True)
        for variable, part in zip((pair.name, pair.secret), model.parts(), strict=True)
    )
    return table(("variable", "meaning"), rows)


def variables_table() -> str:
    """Return the table of what is filled in without a variable of the environment."""
    rows = ((f"`${{{name}}}`", built_in.meaning) for name, built_in in BUILT_IN.items())
    return table(("name", "value"), rows)


_COLUMNS = ("setting", "value", "default", "meaning")
_TOP_COLUMNS = ("setting", "value", "default", "variable", "flag", "meaning")


def _top_rows(kind: TargetKind[Any]) -> Iterator[tuple[str, ...]]:
    model = kind.load_model()
    defaults = model.model_construct().model_dump(mode="json", by_alias=True)
    for key, field in keys_of(model).items():
        allowed = find_metadata(field, Allowed)
        value = allowed.words if allowed else f"see [below](#{key})"
        default = "" if section_of(field) else _show_default(defaults.get(key))
        yield f"`{key}`", value, default, *_show_given(key, kind), field.description or ""


def _section_rows(section_key: str, section: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    defaults = section.model_construct().model_dump(mode="json", by_alias=True)
    for key, field in keys_of(section).items():
        allowed = find_metadata(field, Allowed)
        yield (
            f"`{section_key}.{key}`",
            allowed.words if allowed else "",
            _show_default(defaults.get(key)),
            field.description or "",
        )


def _show_given(key: str, kind: TargetKind[Any]) -> tuple[str, str]:
    given = overridable(kind).get(key)
    if given is None:
        return "", ""
    prefix = kind.flags if kind.has_all_flags else "--"
    flag = f"`{prefix}{given.option}`" if given.option else ""
    return f"`{given.variable}`" if given.variable else "", flag


def _show_default(value: Any) -> str:
    if value in (None, "", {}):
        return ""
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


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

_ITEM = r" *[1-9][0-9]* *"
_ITEM_LINK = {
    "description": "The ID of a backlog item (2001).",
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": rf"^{_ITEM}(,{_ITEM})*$"},
        _FILLED_IN,
    ],
}
_LINKS: Mapping[TargetKind[Any], tuple[str, Mapping[str, Any]]] = {
    JAMA: ("CaseLink", _CASE_LINK),
    OCTANE: ("ItemLink", _ITEM_LINK),
}
"""What a test can be linked to: the name of the definition, and the definition."""


def _tests_schema(link: str) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{link}"}
    path = {"type": "string", "minLength": 1}
    links = [
        reference,
        {"type": "array", "items": reference, "minItems": 1},
        {"enum": ["none", None]},
    ]
    return {
        "properties": {
            FILE: {
                "description": "CSV files with more of the map (docs/map.md).",
                "anyOf": [path, {"type": "array", "items": path, "minItems": 1}, *links],
            },
        },
        "additionalProperties": {"anyOf": links},
    }


def make_schema(kind: TargetKind[Any] = JAMA) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a settings file.

    Args:
        kind: The kind of server that the file is for.
    """
    model = kind.load_model()
    schema = model.model_json_schema()
    definitions = {
        section.__name__: _section_schema(schema["$defs"][section.__name__], section)
        for section in filter(None, map(section_of, keys_of(model).values()))
    }
    link, link_schema = _LINKS[kind]
    settings = _section_schema(schema, model)
    settings["properties"]["tests"] = {
        **settings["properties"]["tests"],
        **_tests_schema(link),
    }
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **settings,
        "type": "object",
        "title": kind.file,
        "description": "Settings of pytest-jama.",
        "$defs": {**definitions, link: dict(link_schema)},
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
        **{word: schema[word] for word in ("oneOf", "required") if word in schema},
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


def main() -> int:
    """Write all files; return an exit status."""
    missing = next((page for page in PAGES.values() if not page.exists()), None)
    if missing:
        sys.stderr.write(f"there is no {missing}: run this in a checkout of the project\n")
        return 2
    for kind in KINDS:
        page = PAGES[kind]
        SCHEMAS[kind].write_text(schema_text(kind), encoding="utf-8")
        page.write_text(page_text(page.read_text(encoding="utf-8"), kind), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
