"""Jama's JSON as values. Pure.

It is tolerant: real servers leave out what is not set.
Source: Jama REST API cookbook; its samples lack fields that the OpenAPI document calls required.

It believes no type: whatever stands in place of a text, a number or a list is read as nothing, and
an ID is a number that may stand in a path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pytest_jama.targets.jama.runs import RunStep, TestRun

NOT_RUN = "NOT_RUN"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """A project; folders are listed among them and have no key."""

    id: int
    key: str
    name: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class TestPlan:
    """A test plan; the results of an archived one do not count for the status of test cases."""

    __test__ = False

    id: int
    name: str
    is_archived: bool = False
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A test group of a plan."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """A test cycle of a plan."""

    id: int
    name: str
    plan_id: int | None = None
    start: date | None = None
    end: date | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a project: a test case, or what users took for one.

    Attributes:
        id: The API ID.
        key: The document key.
        global_id: The global ID; synced copies share it.
        name: Its name.
        type_id: The API ID of its item type.
        project_id: The project it belongs to.
        steps: Its test steps as Jama gives them; empty for an item without.
        description: Its description, rich text.
        child_type_id: The API ID of the item type that it holds; only containers tell one.
        parent_id: The API ID of the item that it stands below; None at the root of a project.
    """

    id: int
    key: str = ""
    global_id: str = ""
    name: str = ""
    type_id: int | None = None
    project_id: int | None = None
    steps: tuple[Json, ...] = ()
    description: str = ""
    child_type_id: int | None = None
    parent_id: int | None = None


def read_project(json: Json) -> Project:
    """Read a project; its key stands outside or among its fields."""
    fields = _fields(json)
    key = text_of(json.get("projectKey")) or text_of(fields.get("projectKey"))
    return Project(id_of(json), key, text_of(fields.get("name")), json.get("isFolder") is True)


def read_plan(json: Json) -> TestPlan:
    """Read a test plan."""
    name = text_of(_fields(json).get("name"))
    project_id = _parent(json.get("project"))
    return TestPlan(id_of(json), name, json.get("archived") is True, project_id)


def read_group(json: Json) -> Group:
    """Read a test group, which is the only object that has its name outside of `fields`."""
    return Group(id_of(json), text_of(json.get("name")) or text_of(_fields(json).get("name")))


def read_cycle(json: Json) -> Cycle:
    """Read a test cycle."""
    fields = _fields(json)
    return Cycle(
        id=id_of(json),
        name=text_of(fields.get("name")),
        plan_id=_parent(fields.get("testPlan")),
        start=_find_date(fields.get("startDate")),
        end=_find_date(fields.get("endDate")),
        description=text_of(fields.get("description")),
    )


def read_item(json: Json) -> Item:
    """Read an item of any type."""
    fields = _fields(json)
    return Item(
        id=id_of(json),
        key=text_of(json.get("documentKey")) or text_of(fields.get("documentKey")),
        global_id=text_of(json.get("globalId")) or text_of(fields.get("globalId")),
        name=text_of(fields.get("name")),
        type_id=find_id(json.get("itemType")),
        project_id=find_id(json.get("project")),
        steps=objects_of(fields.get("testCaseSteps")),
        description=text_of(fields.get("description")),
        child_type_id=find_id(json.get("childItemType")),
        parent_id=_find_above(json.get("location")),
    )


def _find_above(location: object) -> int | None:
    parent = location.get("parent") if isinstance(location, dict) else None
    return find_id(parent.get("item")) if isinstance(parent, dict) else None


def read_run(json: Json) -> TestRun:
    """Read a test run; one without steps has no step array at all.

    The current version of its test case is missing when that was deleted.
    """
    fields = _fields(json)
    return TestRun(
        run_id=id_of(json),
        case_id=find_id(fields.get("testCase")) or 0,
        name=text_of(fields.get("name")),
        status=_status(fields.get("testRunStatus")),
        steps=tuple(read_step(step) for step in objects_of(fields.get("testRunSteps"))),
        document_key=text_of(json.get("documentKey")) or text_of(fields.get("documentKey")),
        case_version=find_count(json.get("testCaseVersionNumber")),
        current_case_version=find_count(json.get("testCaseCurrentVersionNumber")),
        actual_results=text_of(fields.get("actualResults")),
        description=text_of(fields.get("description")),
        as_read=fields,
        modified_by=find_id(json.get("modifiedBy", fields.get("modifiedBy"))),
        modified=text_of(json.get("modifiedDate", fields.get("modifiedDate"))),
    )


def may_be_in_cycle(json: Json, cycle: Cycle) -> bool:
    """Return whether a listed test run belongs to a cycle: nothing else is ever written to.

    What a run does not say is believed; what it says must not be something else.
    """
    fields = _fields(json)
    plan_id = _parent(fields.get("testPlan"))
    return _parent(fields.get("testCycle")) in (None, cycle.id) and (
        cycle.plan_id is None or plan_id in (None, cycle.plan_id)
    )


def is_of_a_case(json: Json, case_ids: Collection[int]) -> bool:
    """Return whether a listed test run is one of some test cases, whatever its cycle."""
    return find_id(_fields(json).get("testCase")) in case_ids


_STEP_DEPTH = 8
"""How deep a step may be nested; it is handed back to Jama as it was read."""


def is_readable_run(json: Json) -> bool:
    """Return whether the steps of a run are such that they can be handed back to Jama.

    A step that is not an object would be replaced by an empty one.
    """
    steps = _fields(json).get("testRunSteps")
    if steps is None:
        return True
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        return False
    return not _is_deeper_than(_STEP_DEPTH, steps)


def _is_deeper_than(depth: int, values: Iterable[object]) -> bool:
    """Look level by level: recursion would have the limit that it is to keep to."""
    level = [value for value in values if isinstance(value, (dict, list))]
    for _ in range(depth):
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [value for each in inside for value in each if isinstance(value, (dict, list))]
        if not level:
            return False
    return True


_NAMES_IT = ("name", "documentKey", "project", "testPlan", "testCycle", "testCase")


def identity_of(json: Json) -> tuple[object, ...]:
    """Return what tells an object from another one, besides its ID."""
    fields = _fields(json)
    found = (json.get(name, fields.get(name)) for name in _NAMES_IT)
    return tuple(value if isinstance(value, (str, int)) else None for value in found)


def read_step(json: Json) -> RunStep:
    """Read a step of a test run; a result that a user wrote there is kept as it was read."""
    return RunStep(status=_status(json.get("status")), as_read=dict(json))


def predict_run(item: Item) -> TestRun:
    """Return the run that a new cycle would have for a test case.

    Source: Jama REST API cookbook: name and steps are copied, the status is NOT_RUN.
    """
    steps = tuple(RunStep(NOT_RUN, as_read={**step, "status": NOT_RUN}) for step in item.steps)
    return TestRun(
        run_id=None,
        case_id=item.id,
        name=item.name,
        status=NOT_RUN,
        steps=steps,
        description=item.description,
    )


_LARGEST = 2**63 - 1
_DIGITS = 19


def find_integer(value: object) -> int | None:
    """Return an integer that is given as such or as digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value := value.strip()) <= _DIGITS:
        return int(value) if value.isascii() and value.isdigit() else None
    return None


def find_id(value: object) -> int | None:
    """Return an integer that can be the ID of something, and so may stand in a path."""
    number = find_integer(value)
    return number if number is not None and 0 < number <= _LARGEST else None


def find_count(value: object) -> int | None:
    """Return an integer that can be a number of things, also one with a decimal point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    number = find_integer(value)
    return number if number is not None and 0 <= number <= _LARGEST else None


def find_created_id(answer: Json) -> int | None:
    """Return the ID of what a POST created, from `meta.id` or the end of `meta.location`.

    Nothing is requested from the location. When both are given and differ, neither is believed.
    Source: Jama REST API cookbook; servers before September 2018 give the location only.
    """
    meta = answer.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    location = text_of(meta.get("location")).rstrip("/").rpartition("/")[2]
    found = {find_id(meta.get("id")), find_id(location)} - {None}
    return found.pop() if len(found) == 1 else None


_UNREADABLE = -1


def _parent(value: object) -> int | None:
    """Return the ID of what something belongs to; None when it is not said, else never None."""
    return None if value is None else find_id(value) or _UNREADABLE


def _status(value: object) -> str:
    """Return a status; what is not a text is not taken for one that was never set."""
    if value is None or value == "":
        return NOT_RUN
    return value if isinstance(value, str) else "(unreadable)"


def id_of(json: Json) -> int:
    """Return the ID of an object that was listed; `client` leaves out those that have none."""
    return find_id(json.get("id")) or 0


def _fields(json: Json) -> Json:
    fields = json.get("fields")
    return fields if isinstance(fields, dict) else {}


def text_of(value: object) -> str:
    """Return a text; of what holds others nothing is told, since it may be nested for ever."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) else ""


def _find_date(value: object) -> date | None:
    """Read ``yyyy-mm-dd``, also with a time behind it."""
    try:
        return date.fromisoformat(text_of(value)[:10])
    except ValueError:
        return None


def objects_of(value: object) -> tuple[Json, ...]:
    """Return the rows of a list; what is not an object is read as an empty one."""
    if not isinstance(value, list):
        return ()
    return tuple(element if isinstance(element, dict) else {} for element in value)
