"""Lists of Jama, page by page.

Pages may overlap when somebody changes the list meanwhile, and the announced total may be wrong or
missing: what counts is what arrives. Source: Jama REST API cookbook, paging chapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.jama.wire import find_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_jama.targets.connection import Query

PAGE_SIZE = 50
"""The most that Jama gives at once; without asking it gives 20."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        rows: Its objects that did not stand on an earlier page.
        total: How many the whole list has, as the server says; None when it does not say.
    """

    rows: tuple[Mapping[str, Any], ...]
    total: int | None


def read_pages(
    get: Callable[[str, Query], Mapping[str, Any]],
    path: str,
    query: Query = (),
) -> Iterator[Page]:
    """Read a list lazily; the last page ends it without a further request.

    Args:
        get: Makes one request.
        path: The list.
        query: What to ask of it, besides the page.

    Yields:
        At least one page, which may be empty.
    """
    known: set[int] = set()
    start = 0
    while True:
        answer = get(path, (*query, ("startAt", start), ("maxResults", PAGE_SIZE)))
        page, received = _read_page(answer, known)
        known.update(row["id"] for row in page.rows)
        yield page
        start += received
        if not page.rows or _is_end(start, page.total):
            return


def _read_page(answer: Mapping[str, Any], known: set[int]) -> tuple[Page, int]:
    data = answer.get("data")
    rows = data if isinstance(data, list) else []
    fresh: dict[int, Mapping[str, Any]] = {}
    for row in rows:
        row_id = find_integer(row.get("id")) if isinstance(row, dict) else None
        if row_id is not None and row_id not in known:
            fresh[row_id] = {**row, "id": row_id}
    return Page(tuple(fresh.values()), _find_total(answer)), len(rows)


def _find_total(answer: Mapping[str, Any]) -> int | None:
    meta = answer.get("meta")
    info = meta.get("pageInfo") if isinstance(meta, dict) else None
    return find_integer(info.get("totalResults")) if isinstance(info, dict) else None


def _is_end(received: int, total: int | None) -> bool:
    """Whether the list is complete; a total below what has arrived is no total."""
    return total is not None and received == total
