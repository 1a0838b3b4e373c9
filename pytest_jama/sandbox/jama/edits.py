"""From the body of a PUT or PATCH to the fields that it sets and clears.

JSON Patch as Jama does it: add, replace, remove; in either letter case; all or nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_jama.sandbox.jama.model import ApiError, Json, bad_request

NO_SUCH_PATH = "no such path in target JSON document"
"""Source: Jama REST cookbook, PATCH chapter. A field that is unset counts as not existing."""
VALUE_REFUSED = "The value you provided could not be set at the path."
"""Source: Jama REST cookbook, PATCH chapter."""

_OPERATIONS = ("add", "replace", "remove")
_KEYS = {"op", "path", "value"}


@dataclass(frozen=True, kw_only=True)
class Edit:
    """The fields that a write sets and those it clears."""

    set: Mapping[str, Any]
    cleared: Collection[str] = ()


def edit_of_put(stored: Json, sent: Json, *, clear: Iterable[str] = ()) -> Edit:
    """Read the `fields` of a PUT: null unsets, as does leaving out one of those to `clear`."""
    nulls = {name for name, value in sent.items() if value is None and name in stored}
    left_out = {name for name in clear if name in stored and name not in sent}
    values = {name: value for name, value in sent.items() if value is not None}
    return Edit(set=values, cleared=tuple(sorted(nulls | left_out)))


def edit_between(before: Json, after: Json, operations: Sequence[Json]) -> Edit:
    """Say what the (already checked) operations of a PATCH did to `fields`."""
    touched = touched_members(operations, before, after)
    return Edit(
        set={name: after[name] for name in touched if name in after},
        cleared=tuple(sorted((touched & set(before)) - set(after))),
    )


def patched(document: Json, operations: object) -> Json:
    """Apply the operations to a copy of the request object of a PUT.

    Args:
        document: What the caller would have sent with PUT to change nothing.
        operations: The decoded body of the PATCH.

    Raises:
        ApiError: 400 for the first operation that cannot be applied.
    """
    if not isinstance(operations, list):
        raise bad_request("the body of a PATCH is an array of operations: [{op, path, value}]")
    result = _copied(document)
    for index, operation in enumerate(operations):
        _apply(result, operation, where=f"operation {index}")
    return result


def _copied(document: Json) -> Json:
    """Copy what operations change in place: objects. They put lists in place of others."""
    return {
        name: _copied(part) if isinstance(part, dict) else part for name, part in document.items()
    }


def _apply(document: Json, operation: object, *, where: str) -> None:
    op, path, operation = _checked(operation, where=where)
    parent, name = _parent_of(document, path)
    if op != "add" and name not in parent:
        raise _no_such_path(path)
    if op == "remove":
        del parent[name]
    else:
        parent[name] = _value_of(operation, path)


def _checked(operation: object, *, where: str) -> tuple[str, str, Json]:
    if not isinstance(operation, dict):
        raise bad_request(f"{where} is not an object {{op, path, value}}")
    unknown = sorted(set(operation) - _KEYS)
    if unknown:
        raise bad_request(f"{where} has the unknown member {unknown[0]!r}")
    op, path = operation.get("op"), operation.get("path")
    if (
        not isinstance(op, str)
        or op.lower() not in _OPERATIONS
        or not (op.islower() or op.isupper())
    ):
        raise bad_request(f"{where}: op {op!r} is not one of {', '.join(_OPERATIONS)}")
    if not isinstance(path, str) or not path.startswith("/"):
        raise bad_request(f"{where}: path {path!r} is not a JSON pointer such as /fields/name")
    return op.lower(), path, operation


def _parent_of(document: Json, path: str) -> tuple[Json, str]:
    names = [_unescaped(name) for name in path[1:].split("/")]
    parent: object = document
    for name in names[:-1]:
        parent = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(parent, dict) or not names[-1]:
        raise _no_such_path(path)
    return parent, names[-1]


def _unescaped(name: str) -> str:
    return name.replace("~1", "/").replace("~0", "~")


def _value_of(operation: Json, path: str) -> object:
    if operation.get("value") is None:
        raise value_refused(path, "no value given; use remove to clear a field")
    return operation["value"]


def _no_such_path(path: str) -> ApiError:
    return bad_request(f"{NO_SUCH_PATH}: {path} (an unset field can be set with add only)")


def value_refused(path: str, why: str) -> ApiError:
    """Return the refusal of a value, with Jama's text first."""
    return bad_request(f"{VALUE_REFUSED} {path}: {why}")


def touched_members(operations: Sequence[Json], before: Json, after: Json) -> set[str]:
    """Name the members of `fields` that the (already checked) operations name."""
    pointers = [operation["path"].split("/") for operation in operations]
    names = {_unescaped(pointer[2]) for pointer in pointers if len(pointer) > 2}  # noqa: PLR2004 - "", "fields", name
    return names if all(len(pointer) > 2 for pointer in pointers) else {*before, *after}  # noqa: PLR2004 - as above
