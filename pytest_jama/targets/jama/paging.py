"""Lists of Jama, page by page; what does not add up is read again before anyone acts on it.

Pages may overlap when another user changes the list meanwhile, an item may move to a page that was
read before, and a page may fail to arrive. So a list is complete when all of its pages announce the
same total and that many different rows have come. Otherwise it is read again, and what came at any
time counts. The total may also be wrong or missing: a list that has more than that is complete.
Source: Jama REST API cookbook, paging chapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.text import visible
from pytest_jama.targets.jama.wire import find_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.runs import TestRun

    Again = Callable[[str, int, float], object]
    """Waits before something is asked for again: reason, number of the attempt, seconds."""

    Row = Mapping[str, Any]

PAGE_SIZE = 50
"""The most that Jama gives at once; without asking it gives 20."""


_ASK_AGAIN_AFTER_S = (0.0, 0.0)
"""Pauses before a page is asked for again that is empty although the total promises more."""

_ASK_ALL_AGAIN_AFTER_S = (1.0, 2.0, 4.0)
"""The same when nothing has come at all: taken for true, everything would be created anew."""

_READ_AGAIN_AFTER_S = (0.0, 1.0, 2.0)
"""Pauses before a whole list is read again whose pages do not add up."""

_DO_NOT_ADD_UP = "the pages of the list do not add up"


class ShortListError(NotUsableError):
    """A list has fewer rows than Jama says, also when it is read again.

    What it does not show may be there all the same.

    Args:
        path: The list.
        total: How many rows it should have.
        missing: How many did not come.
    """

    def __init__(self, path: str, *, total: int, missing: int) -> None:
        super().__init__(
            f"the list {path} is not complete: Jama announces {total} entries and gives "
            f"{total - missing}, also when it is asked again; send the results again later"
        )
        self.total = total
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, or all of them.

    Attributes:
        rows: Its objects that did not stand on an earlier page.
        total: How many the whole list has, as the server says; None when it does not say.
        missing: Of the last page, how many rows of the whole list never came.
    """

    rows: tuple[Row, ...]
    total: int | None
    missing: int = 0


def read_pages(
    get: Callable[[str, Query], Row],
    path: str,
    query: Query = (),
    *,
    again: Again,
) -> Iterator[Page]:
    """Read a list lazily; the last page ends it without a further request if all add up.

    Args:
        get: Makes one request.
        path: The list.
        query: What to ask of it, besides the page.
        again: Waits before something is asked for again, and notes why.

    Yields:
        At least one page, which may be empty.
    """
    known: set[int] = set()
    total: int | None = None
    for attempt, pause_s in enumerate((None, *_READ_AGAIN_AFTER_S), start=1):
        if pause_s is not None:
            again(_DO_NOT_ADD_UP, attempt, pause_s)
        found: set[int] = set()
        totals: set[int | None] = set()
        for page in _read_once(get, path, query, again=again if attempt == 1 else None):
            fresh = tuple(row for row in page.rows if row["id"] not in known)
            found.update(row["id"] for row in page.rows)
            known.update(found)
            totals.add(page.total)
            yield Page(fresh, page.total)
        total = max((each for each in totals if each is not None), default=None)
        if total is None or totals == {len(found)}:
            return
        if attempt > 1 and len(known) >= total:
            return
    if total is not None and len(known) < total:
        yield Page((), total, total - len(known))


def _read_once(
    get: Callable[[str, Query], Row], path: str, query: Query, *, again: Again | None
) -> Iterator[Page]:
    """Read all pages from the first one on; a page that is empty is asked for again, if wanted."""
    known: set[int] = set()
    start = 0
    while True:
        part: Query = (("startAt", start), ("maxResults", PAGE_SIZE))
        page, received = _read_page(get(path, (*query, *part)), known)
        pauses_s = _ASK_AGAIN_AFTER_S if start else _ASK_ALL_AGAIN_AFTER_S
        for attempt, pause_s in enumerate(pauses_s if again else (), start=2):
            if again is None or received or start >= (page.total or 0):
                break
            again("the list announces more than it has", attempt, pause_s)
            page, received = _read_page(get(path, (*query, *part)), known)
        known.update(row["id"] for row in page.rows)
        yield page
        start += received
        if not page.rows or start == page.total:
            return


def read_all(
    get: Callable[[str, Query], Row],
    path: str,
    query: Query = (),
    *,
    first: Page | None = None,
    total: int | None,
    together: Callable[[Sequence[Callable[[], Row]]], list[Row]],
    again: Again,
) -> Page:
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
        return Page(tuple(rows.values()), total)
    again(_DO_NOT_ADD_UP, 2, 0.0)
    pages = list(read_pages(get, path, query, again=again))
    last = pages[-1]
    read_again = {row["id"]: row for page in pages for row in page.rows}
    rows = {**read_again, **{row_id: rows[row_id] for row_id in rows if row_id not in read_again}}
    missing = max(0, (last.total or 0) - len(rows)) if last.missing else 0
    return Page(tuple(rows.values()), last.total, missing)


def _read_page(answer: Row, known: set[int]) -> tuple[Page, int]:
    data = answer.get("data")
    rows = data if isinstance(data, list) else []
    fresh: dict[int, Row] = {}
    for row in rows:
        row_id = find_integer(row.get("id")) if isinstance(row, dict) else None
        if row_id is not None and row_id not in known:
            fresh[row_id] = {**row, "id": row_id}
    return Page(tuple(fresh.values()), _find_total(answer)), len(rows)


def _find_total(answer: Row) -> int | None:
    meta = answer.get("meta")
    info = meta.get("pageInfo") if isinstance(meta, dict) else None
    return find_integer(info.get("totalResults")) if isinstance(info, dict) else None


class ListedRuns(NamedTuple):
    """Test runs as Jama lists them.

    Attributes:
        runs: Those that came.
        missing: How many others the list should have, and did not give when it was asked again.
    """

    runs: list[TestRun]
    missing: int = 0


class Named(Protocol):
    """Something at Jama that has an ID and a name."""

    @property
    def id(self) -> int:
        """The API ID."""

    @property
    def name(self) -> str:
        """The name, which need not be unique."""


N = TypeVar("N", bound=Named)


def named(name: str | None, listed: Iterable[N]) -> list[N]:
    """Return those of a list that have a name; without any, those that we have created for it.

    What nobody sees in a name is written out in what we create.

    Raises:
        ShortListError: When there is none, and the list is not complete: it may be there.
    """
    found: list[N] = []
    names = {name, name and visible(name)}
    try:
        found.extend(each for each in listed if each.name in names)
    except ShortListError:
        if not found:
            raise
    return [each for each in found if each.name == name] or found
