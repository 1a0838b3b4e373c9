"""Where new test cases come to be: the set, their type, and the fields that it needs.

Administrators decide on all of it, so that it is read from Jama and nothing is taken for granted.
Source: the warning of Jama's REST API cookbook, items chapter; the published OpenAPI document,
`ItemType`, `ItemTypeField`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import NotUsableError, Problem, RefusedError, SettingsError
from pytest_jama.core.port import Observer
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.jama.case_places import (
    CONTAINERS,
    case_types,
    describe_container,
    find_container,
    list_containers,
)
from pytest_jama.targets.jama.field_values import FieldLookup, FieldValues
from pytest_jama.targets.jama.traceability import category_of, items_of_types, read_rows
from pytest_jama.targets.jama.type_fields import read_item_type
from pytest_jama.targets.jama.wire import find_integer

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.type_fields import ItemType, TypeField
    from pytest_jama.targets.jama.wire import Item, Project

_GIVEN = frozenset({"name", "project", "documentKey", "globalId", "itemType"})
"""Fields that have a value whatever the test says."""

_OPTIONS_NAMED = 20


class NewCase(NamedTuple):
    """A test case as it is to be.

    Attributes:
        test: The key of the map that is to name it: a test, or a test with all its parameters.
        name: Its name.
        description: Plain text, paragraphs with blank lines between them; may be empty.
        steps: Action and expected result of each, as plain text.
        tests: The IDs of the tests that it is for.
    """

    test: str
    name: str
    description: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseHome:
    """Where new test cases come to be, and as what.

    Attributes:
        project: The project.
        container: The set or folder.
        item_type: Their type.
        values: The values of further fields, by API name.
    """

    project: Project
    container: Item
    item_type: ItemType
    values: Mapping[str, Any]

    def __str__(self) -> str:
        of_type = f"as {quoted(self.item_type.name)} ({self.item_type.key})"
        return f"in {describe_container(self.container)}, {of_type}"

    @property
    def steps_field(self) -> TypeField | None:
        """The field for the steps, if the type has one."""
        return next((each for each in self.item_type.fields if each.kind == "STEPS"), None)


def find_home(
    client: JamaClient,
    project: Project,
    container_name: str | None,
    *,
    type_name: str | None,
    given: Mapping[str, Any],
    cases: Sequence[NewCase],
) -> CaseHome:
    """Find out where cases can be created, and whether everything they need is given.

    Args:
        client: Reads from Jama.
        project: The project.
        container_name: The set or folder; None when the user names none.
        type_name: The key, name or API ID of their type; None takes that of the set.
        given: The values of further fields, by label or API name.
        cases: What is to be created.

    Raises:
        SettingsError: With everything that is wrong or missing.
    """
    if container_name is None:
        raise SettingsError(_no_container(client, project))
    container = find_container(client, project, container_name)
    item_type = _find_type(client, project, container, type_name)
    found, lookup = FieldValues(), FieldLookup(client, "case", item_type)
    for name, value in given.items():
        lookup.add(name, value, found)
    problems = [_wrong_field(name, why) for name, why in found.problems.items()]
    values = {name: _typed(item_type.find(name), value) for name, value in found.values.items()}
    problems += _lacking(client, item_type, {*values, *found.problems}, cases)
    if problems:
        raise SettingsError(*problems)
    return CaseHome(project, container, item_type, values)


def _wrong_field(name: str, why: str) -> Problem:
    what, semicolon, remedy = why.rpartition("; ")
    told = f"{quoted(name)}: {what if semicolon else why}"
    return Problem(told, remedy if semicolon else "correct it", "--field")


def _no_container(client: JamaClient, project: Project) -> Problem:
    types = [each.id for each in client.item_types() if category_of(each) in CONTAINERS]
    listed = items_of_types(client, project.id, sorted(types), Observer())
    of_cases = {each.id for each in case_types(client.item_types())}
    fitting = [each for each in listed if each.child_type_id in of_cases] or listed
    there = list_containers(fitting)
    what = "it is not said in which set the test cases are to be created"
    remedy = f"name it with --set=KEY; {there}" if there else "make a set for test cases in Jama"
    return Problem(what, remedy, "--set")


def _find_type(client: JamaClient, project: Project, container: Item, name: str | None) -> ItemType:
    """Return the type that the cases get: that of the set, or the one that users name.

    Raises:
        SettingsError: When the set is for something else, or the type is not clear.
    """
    types = {each.id: each for each in client.item_types()}
    possible = case_types(types.values())
    held = _find_held_type(client, container)
    if held is not None and held in types and types[held] not in possible:
        what = f"{describe_container(container)} is for items of type {quoted(types[held].name)}"
        raise SettingsError(Problem(what, "name a set for test cases", "--set"))
    chosen = [each for each in possible if name is None or _is_named(each, name)]
    if held is not None and any(each.id == held for each in possible):
        fitting = [each for each in chosen if each.id == held]
        if not fitting:
            what = f"{describe_container(container)} is for test cases of type"
            remedy = "leave --type out, or name another set"
            raise SettingsError(Problem(f"{what} {quoted(types[held].name)}", remedy, "--type"))
        return fitting[0]
    if len(chosen) > 1:
        here = _types_of_project(client, project)
        chosen = [each for each in chosen if each.id in here] or chosen
    if len(chosen) == 1:
        return chosen[0]
    listed = ", ".join(f"{each.name} ({each.key or each.id})" for each in chosen or possible)
    what = f"Jama has no type of test cases {quoted(name)}" if name and not chosen else _SEVERAL
    remedy = f"name one of them with --type: {listed}" if listed else "ask Jama's administrators"
    raise SettingsError(Problem(what, remedy, "--type"))


_SEVERAL = "the set does not say which type its test cases have, and Jama has several"


def _is_named(each: ItemType, name: str) -> bool:
    folded = name.strip().casefold()
    return folded in (each.key.casefold(), str(each.id), each.name.casefold())


def _find_held_type(client: JamaClient, container: Item) -> int | None:
    """Return the type that a set is for; a folder has that of the set around it."""
    around: Item | None = container
    seen: set[int] = set()
    while around is not None and around.id not in seen:
        if around.child_type_id is not None:
            return around.child_type_id
        seen.add(around.id)
        around = client.find_item(around.parent_id) if around.parent_id else None
    return None


def _types_of_project(client: JamaClient, project: Project) -> set[int]:
    try:
        rows = read_rows(client, f"/projects/{project.id}/itemtypes", (), Observer())
    except (RefusedError, NotUsableError):
        return set()
    return {read_item_type(row).id for row in rows}


def _typed(field: TypeField | None, value: Any) -> Any:
    """Return the value of a field as its type has it; flags give texts."""
    if field is None or not isinstance(value, str):
        return value
    if field.kind == "BOOLEAN":
        return {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
    if field.kind in _NUMBERS:
        number = find_integer(value)
        return value if number is None else number
    return value


_NUMBERS = frozenset({"INTEGER", "USER", "RELEASE", "LOOKUP", "PROJECT"})
_VALUES = {
    "BOOLEAN": "true or false",
    "INTEGER": "a number",
    "DATE": "a date such as 2026-11-29",
    "USER": "the API ID of a user",
    "RELEASE": "the API ID of a release",
}


def _lacking(
    client: JamaClient,
    item_type: ItemType,
    given: Container[str],
    cases: Sequence[NewCase],
) -> list[Problem]:
    """Return what required fields lack, each with its label and what it takes."""
    problems = []
    for each in item_type.fields:
        names = (each.name, each.label, each.name.partition("$")[0])
        if not each.is_required or each.is_read_only or each.name in _GIVEN:
            continue
        if any(name in given for name in names):
            continue
        if each.kind == "STEPS":
            bare = [case for case in cases if not case.steps]
            if bare:
                what = f"{_of(item_type)} need {each}, and {counted(len(bare), 'test')} have none"
                remedy = f"write `Steps:` into the docstring of {bare[0].test}"
                problems.append(Problem(what, remedy, _ITEM_TYPE))
        elif each.name != "description":
            takes = _describe_values(client, each)
            remedy = f"give it with --field {quoted(f'{each.label or each.name}=...')}"
            what = f"{_of(item_type)} need a value of {each}{takes and f': {takes}'}"
            problems.append(Problem(what, remedy, _ITEM_TYPE))
    return problems


_ITEM_TYPE = "item type"


def _of(item_type: ItemType) -> str:
    return f"test cases of type {quoted(item_type.name)}"


def _describe_values(client: JamaClient, field: TypeField) -> str:
    if field.pick_list is None:
        return _VALUES.get(field.kind, "")
    try:
        names = [each.name for each in client.options(field.pick_list) if each.name]
    except (RefusedError, NotUsableError):
        return "an option of its pick list"
    more = ", ..." if len(names) > _OPTIONS_NAMED else ""
    one = "some" if field.kind == "MULTI_LOOKUP" else "one"
    return f"{one} of {', '.join(map(quoted, names[:_OPTIONS_NAMED]))}{more}"
