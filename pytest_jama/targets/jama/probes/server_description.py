"""What a Jama says of itself: its own API document and its item types. Pure.

Both are made by the server, in more than one version: whatever is not there is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.targets.jama.wire import find_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.wire import Json

NEEDED: Mapping[str, str] = {
    "GET /users/current": "login",
    "GET /projects": "a project by its key",
    "GET /abstractitems": "test cases by their keys",
    "GET /abstractitems/{}": "test cases by their API IDs",
    "GET /itemtypes": "what is a test case",
    "GET /testplans": "the test plan by its name",
    "POST /testplans": "a new test plan",
    "GET /testplans/{}/testgroups": "the test groups of a plan",
    "GET /testplans/{}/testgroups/{}/testcases": "the test cases of a plan",
    "POST /testplans/{}/testgroups/{}/testcases": "a test case that a plan lacks",
    "GET /testplans/{}/testcycles": "the test cycle by its name",
    "POST /testplans/{}/testcycles": "a new test cycle",
    "GET /testruns": "the test runs of a cycle",
    "GET /testruns/{}": "a test run as it is now",
}
"""What an upload asks for, and what each is good for; and one of PATCH and PUT of a run."""

RUN = "/testruns/{}"


class ApiDocument(NamedTuple):
    """What the API document of a server says.

    Attributes:
        version: Of the product or of the API; empty when it does not say.
        operations: Method and path of each, names in braces left out: ``GET /testruns/{}``.
        attachment_names: The names in the body that attaches a file.
        wants_last_id: Whether relationships are listed by `lastId`.
    """

    version: str = ""
    operations: frozenset[str] = frozenset()
    attachment_names: tuple[str, ...] = ()
    wants_last_id: bool = False

    @property
    def missing(self) -> Sequence[str]:
        """What an upload asks for, and the document does not name."""
        lacking = [each for each in NEEDED if each not in self.operations]
        if not self.writes_runs_by:
            lacking.append(f"PATCH or PUT {RUN}")
        return lacking

    @property
    def writes_runs_by(self) -> Sequence[str]:
        """The methods that change a test run."""
        return [method for method in ("PATCH", "PUT") if f"{method} {RUN}" in self.operations]


_METHODS = frozenset({"get", "put", "post", "patch", "delete"})
_BEFORE = re.compile(r"^(?:https?://[^/]+)?(?:/[\w.-]+)*?/(?:v\d+|latest)(?=/)")
_IN_BRACES = re.compile(r"\{[^{}/]*\}")


def read_api_document(document: Json) -> ApiDocument | None:
    """Read a document of Swagger 2 or OpenAPI 3; None for anything else."""
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        return None
    operations = {}
    for path, methods in paths.items():
        short = _IN_BRACES.sub("{}", _BEFORE.sub("", str(path))).rstrip("/") or "/"
        for method, operation in _object(methods).items():
            if str(method).lower() in _METHODS:
                operations[f"{str(method).upper()} {short}"] = _object(operation)
    attaching = _schemas(document).get("RequestItemAttachment")
    listing = operations.get("GET /relationships", {}).get("parameters")
    return ApiDocument(
        version=str(_object(document.get("info")).get("version") or ""),
        operations=frozenset(operations),
        attachment_names=tuple(_object(_object(attaching).get("properties"))),
        wants_last_id="lastId" in (each.get("name") for each in _objects(listing)),
    )


def _schemas(document: Json) -> Mapping[str, Any]:
    return _object(document.get("definitions")) or _object(
        _object(document.get("components")).get("schemas")
    )


_VERSION = re.compile(r"(?:v\d+(?:\.\d+)*|latest|labs)")


def versions_in(answer: object, *, depth: int = 6) -> Iterator[str]:
    """Yield the versions of the REST API that an answer names, wherever it does.

    Nobody documents where that is. Source: Jama help, "REST API versions": v1, latest, labs.
    """
    if isinstance(answer, str):
        parts = answer.rstrip("/").rsplit("/", 1)
        if _VERSION.fullmatch(parts[-1]):
            yield parts[-1]
    elif depth and isinstance(answer, dict):
        for key, value in answer.items():
            yield from versions_in(str(key), depth=0)
            yield from versions_in(value, depth=depth - 1)
    elif depth and isinstance(answer, list):
        for value in answer:
            yield from versions_in(value, depth=depth - 1)


class FieldFacts(NamedTuple):
    """A field of an item type.

    Attributes:
        name: Its name in the API.
        label: What users see.
        kind: ``STRING``, ``LOOKUP`` ...
        is_required: Whether an item must have a value.
        is_read_only: Whether only the server sets it.
        pick_list: The ID of the list of its values.
        text_type: ``RICHTEXT``, ``TEXTAREA``; empty for what is not a text.
    """

    name: str
    label: str
    kind: str = ""
    is_required: bool = False
    is_read_only: bool = False
    pick_list: int | None = None
    text_type: str = ""

    def is_called(self, name: str) -> bool:
        """Return whether a setting means this field: by its name or its label."""
        return name in (self.name, self.label) or name == self.name.partition("$")[0]


class TypeFacts(NamedTuple):
    """An item type.

    Attributes:
        id: The API ID.
        fields: Its fields; None when the server does not tell them.
        widgets: The names of its widgets; None when the server does not tell them.
        is_found_by_category: False on an old server, which has keys of types only.
    """

    id: int
    fields: tuple[FieldFacts, ...] | None
    widgets: frozenset[str] | None
    is_found_by_category: bool

    def find(self, name: str) -> FieldFacts | None:
        """Return the field of a name or label."""
        return next((each for each in self.fields or () if each.is_called(name)), None)


_ROLES = {
    "plan": ("TEST_PLAN", "TSTPL"),
    "cycle": ("TEST_CYCLE", "TSTCY"),
    "run": ("TEST_RUN", "TSTRN"),
}


def find_types(rows: Iterable[Json]) -> dict[str, Json]:
    """Return the item types of plan, cycle and run by these words.

    By category; by the key of the type where the server has no categories.
    """
    listed = list(rows)
    found = {}
    for role, (category, key) in _ROLES.items():
        of_category = [row for row in listed if _upper(row.get("category")) == category]
        of_key = [row for row in listed if _upper(row.get("typeKey")) == key]
        for row in (*of_category, *of_key)[:1]:
            found[role] = row
    return found


def case_types(rows: Iterable[Json]) -> list[int]:
    """Return the IDs of the types whose items are test cases."""
    found = [row.get("id") for row in rows if _upper(row.get("category")) == "TEST_CASE"]
    return [each for each in map(find_id, found) if each]


def read_type(row: Json) -> TypeFacts:
    """Read an item type."""
    fields, widgets = row.get("fields"), row.get("widgets")
    return TypeFacts(
        id=find_id(row.get("id")) or 0,
        fields=tuple(map(_read_field, _objects(fields))) if isinstance(fields, list) else None,
        widgets=frozenset(_upper(each.get("name")) for each in _objects(widgets))
        if isinstance(widgets, list)
        else None,
        is_found_by_category=bool(row.get("category")),
    )


def _read_field(row: Json) -> FieldFacts:
    name = str(row.get("name") or "")
    return FieldFacts(
        name=name,
        label=str(row.get("label") or name),
        kind=_upper(row.get("fieldType")),
        is_required=row.get("required") is True,
        is_read_only=row.get("readOnly") is True
        and row.get("readOnlyAllowApiOverwrite") is not True,
        pick_list=find_id(row.get("pickList")),
        text_type=_upper(row.get("textType")),
    )


def _upper(value: object) -> str:
    return value.upper() if isinstance(value, str) else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
