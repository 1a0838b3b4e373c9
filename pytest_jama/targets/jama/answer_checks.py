"""Whether an answer belongs to the request. Pure.

Proxies, caches and servers in trouble answer with good JSON that is about something else. Taking it
for an empty list would create a second plan of the same name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_jama.targets.jama.wire import find_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.errors import RefusedError
    from pytest_jama.targets.jama.wire import Json

    Check = Callable[[Json], str]

_WRONG = "the answer is about something else"
_KINDS = frozenset({"items", "projects", "testplans", "testcycles", "testruns", "users"})
"""Values of `type` that cannot be mistaken. Source: Jama REST API cookbook, samples."""


_ALREADY = re.compile(r"\balready\b", re.IGNORECASE)
_CONFLICT = 409
_CONFLICTS = frozenset({400, _CONFLICT})


def says_already_there(refusal: RefusedError) -> bool:
    """Return whether a refusal means that what was to be created is there.

    Source: Jama's Python client reads 400 with the words "already exists" like that.
    """
    return refusal.http_status in _CONFLICTS and bool(_ALREADY.search(refusal.words))


def may_be_there(refusal: RefusedError) -> bool:
    """Return whether what was to be created may be there, for all that a refusal says.

    Whether a duplicate is refused by 400 or 409, and in which words, is not documented.
    """
    return refusal.http_status == _CONFLICT or says_already_there(refusal)


def is_object(wanted_id: int | None = None) -> Check:
    """Return a check for one object.

    Args:
        wanted_id: The ID that it must have; None for any.
    """

    def check(answer: Json) -> str:
        data = answer.get("data")
        found_id = find_id(data.get("id")) if isinstance(data, dict) else None
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
        rows = [row for row in data if isinstance(row, dict) and find_id(row.get("id"))]
        if data and not rows:
            return "the answer holds no list of objects"
        is_wrong = (
            (kind and any(_type_of(row) in _KINDS - {kind} for row in rows))
            or (all_fit and not all(map(all_fit, rows)))
            or (some_fit and rows and not any(map(some_fit, rows)))
        )
        return _WRONG if is_wrong else ""

    return check


def _type_of(row: Json) -> str:
    value = row.get("type")
    return value if isinstance(value, str) else ""
