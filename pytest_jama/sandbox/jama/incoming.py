"""What callers send: queries as pydantic models, bodies checked with helpful refusals."""

import json
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import ApiError, Json, bad_request
from pytest_jama.sandbox.jama.selection import Window

SomeBody = TypeVar("SomeBody", bound="Body")

FILE_PART = "file"
"""Source: three clients of Jama's own: one part of this name, with a filename."""
PAGE_SIZE = 20
MAX_PAGE_SIZE = 50
"""Source: Jama REST cookbook: 20 rows unless asked, "cannot be larger than 50"."""


class QueryModel(BaseModel):
    """A documented set of query parameters; any other is refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class NoQuery(QueryModel):
    """An operation without query parameters."""


class Include(QueryModel):
    """An operation that shows one object."""

    include: tuple[str, ...] = ()


class ListQuery(Include):
    """An operation that lists objects."""

    start_at: int = 0
    max_results: int = PAGE_SIZE

    def window(self) -> Window:
        """Return the part of the list that is shown; 400 for one that cannot be.

        Source: a client of Jama's: of more than 50 rows only 50 come back.
        """
        size = min(_at_least("maxResults", self.max_results, 1), MAX_PAGE_SIZE)
        return Window(start=_at_least("startAt", self.start_at, 0), size=size)


def _at_least(name: str, value: int, low: int) -> int:
    if value < low:
        raise bad_request(f"{name}={value} must be {low} or more")
    return value


PageQuery = Annotated[ListQuery, Query()]
IncludeQuery = Annotated[Include, Query()]


class Body(BaseModel):
    """A documented request body; an unknown field is refused, or dropped, as the knob says."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, strict=True)


class FieldsBody(Body):
    """The fields of an object."""

    fields: Json


async def decoded_body(request: Request) -> Any:
    """Decode a JSON body; 415 without a JSON content type, 400 for what is not JSON."""
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("application/json"):
        raise ApiError(415, f"send Content-Type: application/json, not {content_type or 'none'!r}")
    raw = await request.body()
    try:
        data = json.loads(raw)
        json.dumps(data, ensure_ascii=False).encode()  # refuses half of a surrogate pair
    except (ValueError, RecursionError) as exc:
        raise bad_request(f"the body is not JSON: {exc}") from exc
    return data


def checked_body(data: Any, model: type[SomeBody], knobs: Knobs) -> SomeBody:
    """Check a decoded body; 400 names the first wrong or missing field."""
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
        if knobs.unknown_field == "ignore" and all(e["type"] == "extra_forbidden" for e in errors):
            return model.model_validate(_without(data, [e["loc"] for e in errors]))
        raise bad_request(f"wrong body: {described(errors[0])}") from exc


def _without(data: Any, locations: list[tuple[int | str, ...]]) -> Any:
    if not isinstance(data, dict):
        return data
    gone = {location[0] for location in locations if len(location) == 1}
    inner = {key: [loc[1:] for loc in locations if loc[0] == key and len(loc) > 1] for key in data}
    return {key: _without(value, inner[key]) for key, value in data.items() if key not in gone}


def described(error: Any) -> str:
    """Say in one line what pydantic found."""
    where = ".".join(str(part) for part in error["loc"]) or "the body"
    if error["type"] == "extra_forbidden":
        return f"unknown field {where!r}"
    if error["type"] == "missing":
        return f"{where!r} is missing"
    return f"{where!r}: {error['msg'][0].lower()}{error['msg'][1:]}, not {error['input']!r}"


def refusal_of(exc: RequestValidationError) -> str:
    """Say in one line what FastAPI found in path or query."""
    error = exc.errors()[0]
    place, *rest = error["loc"]
    name = ".".join(str(part) for part in rest)
    if error["type"] == "extra_forbidden":
        return f"unknown query parameter {name!r}"
    if error["type"] == "missing":
        return f"the {place} parameter {name!r} is required"
    return f"{place} parameter {name}={error['input']!r}: {error['msg'].lower()}"
