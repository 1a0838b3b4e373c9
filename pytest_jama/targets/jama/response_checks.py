"""Whether an answer that is good JSON belongs to the request. Pure.

Proxies, caches and servers in trouble give such answers. Taking one for an empty list would
create a second plan of the same name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.jama.wire import find_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.core.errors import RefusedError

    Json = Mapping[str, Any]
    Check = Callable[[Json], str]

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
