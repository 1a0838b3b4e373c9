"""What a write makes of a run or an item: pure functions over `fields` maps.

Every refusal is an `ApiError` with status 400. What Jama's documentation leaves open is
decided by `Knobs`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from pytest_jama.sandbox.jama.edits import Edit, value_refused
from pytest_jama.sandbox.jama.item_types import FieldDefinition, PickList, TypeDefinition
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import ApiError, Json, bad_request
from pytest_jama.sandbox.jama.rich_text import cleaned, normalised
from pytest_jama.sandbox.jama.statuses import (
    NOT_APPLICABLE,
    NOT_RUN,
    STATUSES,
    status_from_steps,
    with_skipped_steps_passed,
)

RUN_STEP_KEYS = ("action", "expectedResult", "notes", "status", "result")
CASE_STEP_KEYS = ("action", "expectedResult", "notes")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def edited_fields(stored: Json, edit: Edit, *, item_type: TypeDefinition, knobs: Knobs) -> Json:
    """Apply a write to the fields of an item, plan, cycle or attachment."""
    result, wanted = _checked(stored, edit, item_type, knobs)
    for name, value in wanted.items():
        result[name] = _accepted(item_type.get_field(name), value, knobs)
    for field in item_type.fields:
        if field.required and result.get(field.name) in _NOTHING:
            raise bad_request(_needed(field, item_type))
    return result


_NOTHING: tuple[object, ...] = (None, "", [])


def _needed(field: FieldDefinition, item_type: TypeDefinition) -> str:
    if field.label:
        return f"{field.label} is a required field of {item_type.display}"
    return f"{item_type.display} needs fields.{field.name}"


def edited_run(stored: Json, edit: Edit, *, item_type: TypeDefinition, knobs: Knobs) -> Json:
    """Apply a write to the fields of a run: steps by position, status from the steps."""
    result, wanted = _checked(stored, edit, item_type, knobs)
    if {"testRunStatus", "testRunSteps"} & set(edit.cleared):
        raise bad_request("testRunStatus and testRunSteps of a run cannot be removed")
    dropped = {"actualResults"} if knobs.actual_results == "drop" else set()
    for name in wanted.keys() - {"testRunSteps", "testRunStatus"} - dropped:
        result[name] = _accepted(item_type.get_field(name), wanted[name], knobs)
    return _with_status(result, wanted, knobs)


def _checked(
    stored: Json, edit: Edit, item_type: TypeDefinition, knobs: Knobs
) -> tuple[Json, Json]:
    """Return what the write leaves of the fields, and what it sets of those that are writable."""
    known = _known_only(edit, item_type, knobs)
    for name in known.cleared:
        if item_type.get_field(name).read_only:
            raise bad_request(f"the field {name!r} is read-only; it cannot be removed")
    wanted: Json = {}
    for name, value in known.set.items():
        field = item_type.get_field(name)
        if not field.read_only:
            wanted[name] = value
        elif not _passes_as_equal(field, stored, value, knobs):
            raise bad_request(f"the field {name!r} is read-only; leave it out")
        is_of_run = field.is_custom and item_type.category == "TEST_RUN"
        if is_of_run and knobs.custom_run_fields == "400":
            raise bad_request(f"the custom field {name!r} of a test run cannot be set")
        if name == "assignedTo" and item_type.category == "TEST_RUN" and knobs.assignee == "400":
            raise bad_request(f"test runs cannot be assigned to the user {value}")
    left = {name: value for name, value in stored.items() if name not in known.cleared}
    return left, wanted


def _with_status(result: Json, wanted: Json, knobs: Knobs) -> Json:
    if "testRunSteps" in wanted:
        steps = merged_steps(result.get("testRunSteps", []), wanted["testRunSteps"], knobs=knobs)
        passes = knobs.skipped_steps == "pass"
        result["testRunSteps"] = with_skipped_steps_passed(steps) if passes else steps
    status = wanted.get("testRunStatus")
    if status is not None:
        _check_status("/fields/testRunStatus", status, knobs)
    if result.get("testRunSteps"):
        result["testRunStatus"] = _derived(result["testRunSteps"], status, knobs)
    elif status is not None:
        result["testRunStatus"] = status
    return result


def _derived(steps: Sequence[Json], sent: str | None, knobs: Knobs) -> str:
    derived = status_from_steps([step["status"] for step in steps], knobs.status_rule)
    if sent not in (None, derived):
        raise bad_request(
            f"testRunStatus {sent} was sent for a run with steps, whose status follows from "
            f"them: {derived}; leave testRunStatus out"
        )
    return derived


def merged_steps(stored: Sequence[Json], sent: object, *, knobs: Knobs) -> list[Json]:
    """Put the sent steps over the stored ones, by position; what is left out is kept.

    Source: Jama REST cookbook, test run chapter (the whole array, in the original order).
    """
    if not isinstance(sent, list):
        raise value_refused("/fields/testRunSteps", "an array of steps is expected")
    if len(sent) != len(stored):
        raise bad_request(
            f"testRunSteps has {len(sent)} steps, the run has {len(stored)}; "
            "send the whole array in the original order"
        )
    return [_merged_step(stored[index], new, index, knobs) for index, new in enumerate(sent)]


def _merged_step(old: Json, new: object, index: int, knobs: Knobs) -> Json:
    path = f"/fields/testRunSteps/{index}"
    if not isinstance(new, dict):
        raise value_refused(path, "a step is an object such as {status: PASSED}")
    checked = _known_step(new, RUN_STEP_KEYS, path, knobs)
    if "status" in checked:
        _check_status(f"{path}/status", checked["status"], knobs)
    merged = {**old, **checked}
    return {key: value for key, value in merged.items() if value is not None}


def _known_step(step: Json, keys: Sequence[str], path: str, knobs: Knobs) -> Json:
    unknown = sorted(set(step) - set(keys))
    if unknown and knobs.unknown_field == "400":
        raise bad_request(f"{path} has the unknown field {unknown[0]!r}; known: {', '.join(keys)}")
    for key in keys:
        if not isinstance(step.get(key), str | None):
            raise value_refused(f"{path}/{key}", f"text is expected, not {step[key]!r}")
        check_length(f"{path}/{key}", step.get(key) or "", knobs.text_limit, knobs)
    known = {key: value for key, value in step.items() if key in keys}
    return _cleaned_step(known) if knobs.rich_text == "strict" else known


def _cleaned_step(step: Json) -> Json:
    """Clean the texts of a step. Source: Jama help: the cleaning is done in steps, too."""
    return {
        key: cleaned(value) if isinstance(value, str) and key != "status" else value
        for key, value in step.items()
    }


def _check_status(path: str, status: object, knobs: Knobs) -> None:
    known = statuses_of(knobs)
    if status not in known:
        raise value_refused(path, f"{status!r} is not one of {', '.join(known)}")


def statuses_of(knobs: Knobs) -> tuple[str, ...]:
    """Return the statuses that runs and steps can have here."""
    return STATUSES if knobs.extra_status == "none" else (*STATUSES, NOT_APPLICABLE)


def _known_only(edit: Edit, item_type: TypeDefinition, knobs: Knobs) -> Edit:
    names = {field.name for field in item_type.fields}
    unknown = sorted((set(edit.set) | set(edit.cleared)) - names)
    if unknown and knobs.unknown_field == "400":
        raise bad_request(
            f"{item_type.display} has no field {unknown[0]!r}; known: {', '.join(sorted(names))}"
        )
    return Edit(
        set={name: value for name, value in edit.set.items() if name in names},
        cleared=tuple(name for name in edit.cleared if name in names),
    )


def _passes_as_equal(field: FieldDefinition, stored: Json, value: object, knobs: Knobs) -> bool:
    """Compare a read-only field with what is stored.

    Source: a comment by Jama in its community (2016): equal values pass, but dates are usually
    taken for different, most often with test runs.
    """
    is_mistaken = field.is_date and knobs.equal_dates == "refuse"
    return not is_mistaken and bool(stored.get(field.name) == value)


def _accepted(field: FieldDefinition, value: Any, knobs: Knobs) -> Any:
    path = f"/fields/{field.name}"
    expected, fits = _CHECKS.get(field.field_type, ("anything", lambda _: True))
    if not fits(value):
        raise value_refused(path, f"{expected} is expected, not {value!r}")
    if isinstance(value, str):
        is_text = field.field_type == "TEXT"
        limit = knobs.text_limit if is_text else knobs.name_limit
        check_length(path, value, limit, knobs)
    if field.pick_list is not None:
        _check_option(field.pick_list, value, path)
    if field.field_type == "STEPS":
        return [_known_step(step, CASE_STEP_KEYS, path, knobs) for step in value]
    if not field.rich or knobs.rich_text == "keep":
        return value
    return normalised(cleaned(value) if knobs.rich_text == "strict" else value)


def check_length(path: str, text: str, limit: int, knobs: Knobs) -> None:
    """Refuse a text above a limit; 0 is none."""
    if limit and len(text) > limit:
        if knobs.over_limit == "500":
            raise ApiError(500, "Internal Server Error")
        raise bad_request(f"{path} has {len(text)} characters, and may have {limit}")


def _check_option(known: PickList, value: Any, path: str) -> None:
    for option in value if isinstance(value, list) else [value]:
        if option not in known.options:
            raise value_refused(path, f"{option!r} is not an option of the pick list {known.name}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_TEXT = ("text", _is_text)
_ID = ("an ID (integer)", _is_integer)
_CHECKS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "STRING": _TEXT,
    "TEXT": _TEXT,
    "URL_STRING": _TEXT,
    "CALENDAR": _TEXT,
    "INTEGER": ("an integer", _is_integer),
    "BOOLEAN": ("true or false", lambda value: isinstance(value, bool)),
    "DATE": ("a date (yyyy-mm-dd)", _is_date),
    "USER": _ID,
    "RELEASE": _ID,
    "LOOKUP": _ID,
    "MULTI_LOOKUP": (
        "an array of IDs",
        lambda value: isinstance(value, list) and all(map(_is_integer, value)),
    ),
    "STEPS": (
        "an array of steps",
        lambda value: isinstance(value, list) and all(isinstance(step, dict) for step in value),
    ),
}


def is_executed(edit: Edit, after: Json) -> bool:
    """Return whether a write executed the run, so that the server dates the execution."""
    reports_result = bool({"testRunStatus", "testRunSteps"} & set(edit.set))
    return reports_result and after["testRunStatus"] != NOT_RUN
