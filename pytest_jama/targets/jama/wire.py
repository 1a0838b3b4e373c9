"""Jama's JSON as values, and whether an answer belongs to the request. Pure.

It is tolerant: real servers leave out what is not set.
Source: Jama REST API cookbook; its samples lack fields that the OpenAPI document calls required.

It is not gullible: proxies, caches and servers in trouble answer with good JSON that is about
something else. Taking it for an empty list would create a second plan of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.jama.runs import RunStep, TestRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.errors import RefusedError

    Check = Callable[[Mapping[str, Any]], str]

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
    """

    id: int
    key: str = ""
    global_id: str = ""
    name: str = ""
    type_id: int | None = None
    project_id: int | None = None
    steps: tuple[Json, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of items; `category` is empty for ordinary types and on old servers."""

    id: int
    name: str
    category: str = ""


def read_project(json: Json) -> Project:
    """Read a project; its key stands outside or among its fields."""
    fields = _fields(json)
    key = _text(json.get("projectKey")) or _text(fields.get("projectKey"))
    return Project(_id(json), key, _text(fields.get("name")), json.get("isFolder") is True)


def read_plan(json: Json) -> TestPlan:
    """Read a test plan."""
    name = _text(_fields(json).get("name"))
    project_id = find_integer(json.get("project"))
    return TestPlan(_id(json), name, json.get("archived") is True, project_id)


def read_group(json: Json) -> Group:
    """Read a test group, which is the only object that has its name outside of `fields`."""
    return Group(_id(json), _text(json.get("name")) or _text(_fields(json).get("name")))


def read_cycle(json: Json) -> Cycle:
    """Read a test cycle."""
    fields = _fields(json)
    return Cycle(
        id=_id(json),
        name=_text(fields.get("name")),
        plan_id=find_integer(fields.get("testPlan")),
        start=_find_date(fields.get("startDate")),
        end=_find_date(fields.get("endDate")),
        description=_text(fields.get("description")),
    )


def read_item(json: Json) -> Item:
    """Read an item of any type."""
    fields = _fields(json)
    return Item(
        id=_id(json),
        key=_text(json.get("documentKey")) or _text(fields.get("documentKey")),
        global_id=_text(json.get("globalId")) or _text(fields.get("globalId")),
        name=_text(fields.get("name")),
        type_id=find_integer(json.get("itemType")),
        project_id=find_integer(json.get("project")),
        steps=_objects(fields.get("testCaseSteps")),
        description=_text(fields.get("description")),
    )


def read_item_type(json: Json) -> ItemType:
    """Read an item type."""
    name = _text(json.get("display")) or _text(json.get("typeKey"))
    return ItemType(_id(json), name, _text(json.get("category")).upper())


def read_run(json: Json) -> TestRun:
    """Read a test run; one without steps has no step array at all.

    The current version of its test case is missing when that was deleted.
    """
    fields = _fields(json)
    return TestRun(
        run_id=_id(json),
        case_id=find_integer(fields.get("testCase")) or 0,
        name=_text(fields.get("name")),
        status=_text(fields.get("testRunStatus")) or NOT_RUN,
        steps=tuple(read_step(step) for step in _objects(fields.get("testRunSteps"))),
        document_key=_text(json.get("documentKey")) or _text(fields.get("documentKey")),
        case_version=find_integer(json.get("testCaseVersionNumber")),
        current_case_version=find_integer(json.get("testCaseCurrentVersionNumber")),
        description=_text(fields.get("description")),
    )


def may_be_in_cycle(json: Json, cycle_id: int) -> bool:
    """Return whether a listed test run belongs to a cycle: nothing else is ever written to."""
    return find_integer(_fields(json).get("testCycle")) in (None, cycle_id)


def read_step(json: Json) -> RunStep:
    """Read a step of a test run; a result that a user wrote there is kept as it was read."""
    return RunStep(status=_text(json.get("status")) or NOT_RUN, as_read=dict(json))


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


def find_integer(value: object) -> int | None:
    """Return an integer that is given as such or as digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return None


def find_created_id(answer: Json) -> int | None:
    """Return the ID of what a POST created, from `meta.id` or the end of `meta.location`.

    Source: Jama REST API cookbook; servers before September 2018 give the location only.
    """
    meta = answer.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    for text in (str(meta.get("id", "")), str(meta.get("location", "")).rstrip("/")):
        last = text.rpartition("/")[2]
        if last.isascii() and last.isdigit():
            return int(last)
    return None


def _id(json: Json) -> int:
    """Return the ID of an object that was listed; `client` leaves out those that have none."""
    return find_integer(json.get("id")) or 0


def _fields(json: Json) -> Json:
    fields = json.get("fields")
    return fields if isinstance(fields, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _find_date(value: object) -> date | None:
    """Read ``yyyy-mm-dd``, also with a time behind it."""
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _objects(value: object) -> tuple[Json, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(element if isinstance(element, dict) else {} for element in value)


_WRONG = "the answer is about something else"
_KINDS = frozenset({"projects", "testplans", "testcycles", "testruns"})
"""Values of `type` that cannot be mistaken. Source: Jama REST API cookbook, samples."""


_ALREADY = re.compile(r"\balready\b", re.IGNORECASE)
_CONFLICTS = frozenset({400, 409})


def says_already_there(refusal: RefusedError) -> bool:
    """Return whether a refusal means that what was to be created is there.

    Source: Jama's Python client reads 400 with the words "already exists" like that.
    """
    return refusal.http_status in _CONFLICTS and bool(_ALREADY.search(str(refusal)))


def is_object(wanted_id: int | None = None) -> Check:
    """Return a check for one object.

    Args:
        wanted_id: The ID that it must have; None for any.
    """

    def check(answer: Json) -> str:
        data = answer.get("data")
        found_id = find_integer(data.get("id")) if isinstance(data, dict) else None
        if found_id is None:
            return "the answer holds no object"
        return "" if wanted_id in (None, found_id) else _WRONG

    return check


def is_page(answer: Json) -> str:
    """Check that an answer is a page of any list, whatever its rows are."""
    meta = answer.get("meta")
    page = meta.get("pageInfo") if isinstance(meta, dict) else None
    is_one = isinstance(page, dict) and isinstance(answer.get("data"), list)
    return "" if is_one else "the answer holds no list"


def is_list(
    kind: str = "",
    *,
    all_fit: Callable[[Json], bool] | None = None,
    some_fit: Callable[[Json], bool] | None = None,
) -> Check:
    """Return a check for a page of a list; an empty one fits always.

    Args:
        kind: What the rows are; they may leave that out. Empty for anything.
        all_fit: What each row must be.
        some_fit: What at least one row must be.
    """

    def check(answer: Json) -> str:
        data = answer.get("data")
        if not isinstance(data, list):
            return "the answer holds no list"
        rows = [row for row in data if isinstance(row, dict) and find_integer(row.get("id"))]
        if data and not rows:
            return "the answer holds no list of objects"
        is_wrong = (
            (kind and any(str(row.get("type")) in _KINDS - {kind} for row in rows))
            or (all_fit and not all(map(all_fit, rows)))
            or (some_fit and rows and not any(map(some_fit, rows)))
        )
        return _WRONG if is_wrong else ""

    return check
