"""A seed file: what a rehearsal is to find in the sandbox, in the words of people.

``python -m pytest_jama.sandbox.jama.seed_file`` writes `seed.schema.json` beside this module, with
which editors complete and check such files; a test fails when it is stale.
"""

import difflib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

SCHEMA = Path(__file__).with_name("seed.schema.json")
KEYS = frozenset({"cases", "requirements", "sets", "item_types", "relationships", "plans"})
"""Keys of which a settings file has none, and a seed file at least one."""


def _names_of(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(name for part in value.split("/") if (name := part.strip()))


SetPath = Annotated[
    tuple[str, ...],
    BeforeValidator(_names_of),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class _Part(BaseModel):
    """A mapping of a seed file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedStep(_Part):
    """One step of a case; a text alone is its action."""

    action: str = Field(description="What is to be done.")
    expected: str = Field("", description="What is to be seen then.")
    notes: str = Field("", description="Notes for who executes it.")


def _step_of(value: object) -> object:
    return {"action": value} if isinstance(value, str) else value


class SeedField(_Part):
    """A custom field of an item type."""

    label: str = Field(min_length=1, description="Its label, as people see it.")
    type: Literal[
        "text",
        "text_area",
        "rich_text",
        "integer",
        "boolean",
        "date",
        "pick_list",
        "multi_pick_list",
        "user",
    ] = Field("text", description="What it holds.")
    options: tuple[str, ...] = Field((), description="What can be picked; of pick lists only.")
    required: bool = Field(False, description="Whether an item without it is refused.")
    name: str = Field(
        "", description="Its name in the API, without `$TYPE`; follows from the label."
    )


class SeedType(_Part):
    """Fields for an item type, or an item type that the sandbox does not have by itself."""

    key: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$", description="Its key: `TC`, `REQ`, `TSTPL` or a new one."
    )
    name: str = Field("", description="What items of a new type are called.")
    category: Literal["TEST_CASE", "CORE", "DEFECT"] = Field(
        "TEST_CASE", description="What items of a new type are."
    )
    fields: tuple[SeedField, ...] = Field((), description="Its custom fields.")


class SeedSet(_Part):
    """A set, or a folder in one: items have a place in it."""

    path: SetPath = Field(
        min_length=1, description="Its name, behind those of the sets around it: `Dosing/Alarms`."
    )
    of: str = Field("TC", description="The key of the item type that it is for.")


_Values = dict[str, str | int | bool | tuple[str, ...]]


class _SeedItem(_Part):
    key: str = Field(
        "", pattern=r"^\S*$", description="Its document key; the next free one if left out."
    )
    id: int | None = Field(
        None, ge=1, le=2**53, description="Its API ID; the next free one if left out."
    )
    global_id: str = Field("", description="Its global ID; the next free one if left out.")
    name: str = Field(min_length=1, description="Its name.")
    set: SetPath = Field(
        (), description="Where it stands: names of a set and of folders in it, `Dosing/Alarms`."
    )
    description: str = Field(
        "", description="A text; HTML if it begins with a paragraph or the like."
    )
    assigned_to: str = Field(
        "", description="The user that it is assigned to: `sandbox`, `tess` or `gone`."
    )
    fields: _Values = Field(
        {}, description="Values of custom fields, by label or name; of pick lists, the option."
    )


class SeedRequirement(_SeedItem):
    """A requirement, or any other item that is not a test case."""

    type: str = Field("REQ", description="The key of its item type.")


class SeedCase(_SeedItem):
    """A test case."""

    type: str = Field("TC", description="The key of its item type.")
    steps: tuple[Annotated[SeedStep, BeforeValidator(_step_of)], ...] = Field(
        (), description="Its steps; a text alone is an action."
    )
    requirements: tuple[str, ...] = Field((), description="Keys of what it verifies.")


class SeedRelationship(_Part):
    """A relationship of two items."""

    upstream: str = Field(description="Key of the item upstream.")
    downstream: str = Field(description="Key of the item downstream.")
    type: Literal["Related to", "Derived from", "Verified by"] = Field(
        "Related to", description="The name of its type."
    )
    suspect: bool = Field(False, description="Whether a change upstream has made it suspect.")


class SeedGroup(_Part):
    """A test group of a plan."""

    name: str = Field(min_length=1, description="Its name.")
    cases: tuple[str, ...] = Field((), description="Keys of its cases, in order.")


class SeedPlan(_Part):
    """A test plan."""

    name: str = Field(min_length=1, description="Its name.")
    cases: tuple[str, ...] = Field((), description="Keys of the cases in its default group.")
    groups: tuple[SeedGroup, ...] = Field((), description="Its further groups.")
    cycles: tuple[str, ...] = Field(
        (), description="Names of its cycles; each has a run of each case."
    )
    archived: bool = Field(False, description="Whether it is archived.")


class SeedProject(_Part):
    """The project."""

    key: str = Field(pattern=r"^\w{1,16}$", description="Its key.")
    name: str = Field("", description="Its name; the key if left out.")


def _project_of(value: object) -> object:
    return {"key": value} if isinstance(value, str) else value


class SeedFile(_Part):
    """A seed file of the Jama sandbox."""

    project: Annotated[SeedProject, BeforeValidator(_project_of)] | None = Field(
        None, description="The project: its key, or `{key: ..., name: ...}`."
    )
    item_types: tuple[SeedType, ...] = Field(
        (), description="Fields of item types; new item types."
    )
    sets: tuple[SeedSet, ...] = Field(
        (), description="Sets and folders, in this order; others are made where an item names them."
    )
    requirements: tuple[SeedRequirement, ...] = Field(
        (), description="Items that are not test cases."
    )
    cases: tuple[SeedCase, ...] = Field((), description="Test cases.")
    relationships: tuple[SeedRelationship, ...] = Field((), description="Further relationships.")
    plans: tuple[SeedPlan, ...] = Field((), description="Test plans with groups, and cycles.")


class SeedMistake(NamedTuple):
    """What is wrong in a seed file.

    Attributes:
        path: Keys and positions that lead there: ``("cases", 3, "fields", "Risk")``.
        message: What is wrong.
        remedy: What to do about it.
    """

    path: tuple[str | int, ...]
    message: str
    remedy: str


class SeedError(Exception):
    """A seed file cannot be used; holds every mistake that was found.

    Args:
        mistakes: At least one.
    """

    def __init__(self, mistakes: Sequence[SeedMistake]) -> None:
        super().__init__("\n".join(f"{each.message}; {each.remedy}" for each in mistakes))
        self.mistakes = tuple(mistakes)


def read_seed(values: Any) -> SeedFile:
    """Return what a seed file says.

    Args:
        values: Its content, as plain lists and mappings.

    Raises:
        SeedError: With every mistake in its form.
    """
    try:
        return SeedFile.model_validate(values)
    except ValidationError as exc:
        raise SeedError([_mistake_of(error) for error in exc.errors(include_url=False)]) from exc


def _mistake_of(error: Any) -> SeedMistake:
    path = tuple(error["loc"])
    name = path_words(path)
    if error["type"] == "extra_forbidden":
        remedy = nearest(str(path[-1]), _keys_at(path[:-1]))
        return SeedMistake(path, f"{name} is not a key of a seed file", remedy)
    if error["type"] == "missing":
        return SeedMistake(path[:-1], f"{name} is not given", "add it")
    value = repr(error["input"])[:_MOST_CHARACTERS]
    return SeedMistake(path, f"{name} is {value}", _remedy_of(error))


def _remedy_of(error: Any) -> str:
    if error["type"] in {"too_short", "string_too_short"}:
        return "it must not be empty"
    if error["type"] == "string_pattern_mismatch":
        return f"it must match the pattern {error['ctx']['pattern']}"
    if error["type"] == "model_type":
        return "it should be a mapping"
    words = error["msg"].removeprefix("Input ")
    for theirs, ours in _KINDS.items():
        words = words.replace(theirs, ours)
    return f"it {words[:1].lower()}{words[1:]}"


_MOST_CHARACTERS = 60
_KINDS = {
    "a valid string": "a text",
    "a valid tuple": "a list",
    "a valid dictionary": "a mapping",
}
"""Our words by those of pydantic."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which of the known words was meant, as far as can be told."""
    names = list(known)
    found = difflib.get_close_matches(word, names, n=1)
    if found:
        return f"did you mean {found[0]}?"
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    return f"known are {shown}" if names else "there is none"


_MOST_NAMES = 12


def path_words(path: Sequence[str | int]) -> str:
    """Return a path as people write it: `cases[3].name`; counted from 1."""
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return words.removeprefix(".")


def _keys_at(path: Sequence[str | int]) -> list[str]:
    """Return the keys of the mapping at a path."""
    schema = make_schema()
    part: dict[str, Any] = schema
    for step in path:
        part = part["items"] if isinstance(step, int) else part["properties"][step]
        choices = [each for each in part.get("anyOf", ()) if "$ref" in each]
        part = choices[0] if choices else part
        part = schema["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    return list(part.get("properties", ()))


def make_schema() -> dict[str, Any]:
    """Return the JSON Schema of a seed file."""
    schema = SeedFile.model_json_schema()
    step: dict[str, Any] = schema["$defs"]["SeedCase"]["properties"]["steps"]
    step["items"] = {"anyOf": [{"type": "string"}, step["items"]]}
    project: dict[str, Any] = schema["properties"]["project"]
    project["anyOf"].insert(0, {"type": "string"})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Return the content of `seed.schema.json`."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
