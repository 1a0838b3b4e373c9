"""Lists of Jama, page by page.

Pages may overlap when another user changes the list meanwhile, and the announced total may be wrong
or missing: what counts is what arrives. Only an empty page that contradicts the total is asked for
again. Source: Jama REST API cookbook, paging chapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.jama.wire import find_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.targets.http.request import Query

    Again = Callable[[str, int, float], object]
    """Waits before something is asked for again: reason, number of the attempt, seconds."""

PAGE_SIZE = 50
"""The most that Jama gives at once; without asking it gives 20."""


_ASK_AGAIN_AFTER_S = (0.0, 0.0)
"""Pauses before a page is asked for again that is empty although the total promises more."""

_ASK_ALL_AGAIN_AFTER_S = (1.0, 2.0, 4.0)
"""The same when nothing has come at all: taken for true, everything would be created anew."""


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
    *,
    again: Again,
) -> Iterator[Page]:
    """Read a list lazily; the last page ends it without a further request.

    Args:
        get: Makes one request.
        path: The list.
        query: What to ask of it, besides the page.
        again: Waits before a page is asked for again, and notes why.

    Yields:
        At least one page, which may be empty.
    """
    known: set[int] = set()
    start = 0
    while True:
        part: Query = (("startAt", start), ("maxResults", PAGE_SIZE))
        page, received = _read_page(get(path, (*query, *part)), known)
        pauses_s = _ASK_AGAIN_AFTER_S if start else _ASK_ALL_AGAIN_AFTER_S
        for attempt, pause_s in enumerate(pauses_s, start=2):
            if received or start >= (page.total or 0):
                break
            again("the list announces more than it has", attempt, pause_s)
            page, received = _read_page(get(path, (*query, *part)), known)
        known.update(row["id"] for row in page.rows)
        yield page
        start += received
        if not page.rows or _is_end(start, page.total):
            return


def read_all(
    get: Callable[[str, Query], Mapping[str, Any]],
    path: str,
    query: Query = (),
    *,
    first: Page | None = None,
    total: int | None,
    together: Callable[[Sequence[Callable[[], Mapping[str, Any]]]], list[Mapping[str, Any]]],
    again: Again,
) -> list[Mapping[str, Any]]:
    """Read all rows of a list, its pages at the same time; page by page when they do not add up.

    Args:
        get: Makes one request; see `read_pages`.
        path: The list.
        query: What to ask of it, besides the page.
        first: Its first page, if that is known.
        total: How many rows it should have.
        together: Makes several requests at the same time.
        again: Waits before a page is asked for again, and notes why.
    """
    known = 0 if first is None else PAGE_SIZE
    starts = range(known, total or 0, PAGE_SIZE)
    asked: list[Query] = [(*query, ("startAt", at), ("maxResults", PAGE_SIZE)) for at in starts]
    answers = together([partial(get, path, each) for each in asked])
    rows = {row["id"]: row for row in first.rows} if first else {}
    for answer in answers:
        page, _ = _read_page(answer, set(rows))
        rows.update((row["id"], row) for row in page.rows)
    totals = {_find_total(answer) for answer in answers} | ({first.total} if first else set())
    if totals == {total} and len(rows) == total:
        return list(rows.values())
    again("the pages of the list do not add up", 2, 0.0)
    return [row for page in read_pages(get, path, query, again=again) for row in page.rows]


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
    """Return whether the list is complete; a total below what has arrived is wrong."""
    return total is not None and received == total
