"""Lists of Jama, page by page; what does not add up is read again before anyone acts on it.

Pages may overlap when another user changes the list meanwhile, an item may move to a page that was
read before, and a page may fail to arrive. So a list is complete when all of its pages announce the
same total and that many different rows have come, and none is missing that came before. Otherwise
it is read again, and what came at any time counts. The total may also be wrong or missing: a list
that has more than that is complete, and so is one without a total that shows the same twice.

Where a page begins and how many rows it has is counted, and never believed. A list may announce
more with each page: it has an end all the same, see `most_pages`; and it has time without end only
for the rows that it announced at first, see `Patience`.
Source: Jama REST API cookbook, paging chapter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pytest_jama.core.errors import LockedError, NotUsableError, RefusedError
from pytest_jama.targets.jama.wire import find_count, find_id, identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.http.request import Query
    from pytest_jama.targets.jama.waits import Patience

    Again = Callable[[str, int, float], object]
    """Waits before something is asked for again: reason, number of the attempt, seconds."""

    Row = Mapping[str, Any]
    Get = Callable[[str, Query], Row]
    Together = Callable[[Sequence[Callable[[], Row]]], list[Row]]

T = TypeVar("T")

PAGE_SIZE = 50
"""The most that Jama gives at once; without asking it gives 20."""

_ASK_AGAIN_AFTER_S = (0.0, 0.0)
"""Pauses before a page is asked for again that is empty although the total promises more."""

_ASK_ALL_AGAIN_AFTER_S = (1.0, 2.0, 4.0)
"""The same when nothing has come at all: taken for true, everything would be created anew."""

_READ_AGAIN_AFTER_S = (0.0, 1.0, 2.0)
"""Pauses before a whole list is read again whose pages do not add up."""

_DO_NOT_ADD_UP = "the pages of the list do not add up"

_LONGEST_QUESTION = 1_700
"""Characters of what is asked for: some proxies refuse an address of more than 2,048."""
_NAME_LENGTH = len("&documentKey=")

_MOST_PAGES = 1_000
_SPARE_PAGES = 200


def most_pages(total: int | None) -> int:
    """Return how many pages of a list are read at most: twice what its first page announces.

    The spare pages are for lists that are longer than they say.
    """
    return min(2 * page_count(total or 0) + _SPARE_PAGES, _MOST_PAGES)


def page_count(count: int) -> int:
    """Return how many pages so many rows take; an empty list has one, too."""
    return max(1, -(-count // PAGE_SIZE))


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts that fit one request: its answer one page, itself an address."""
    start = size = 0
    for at, value in enumerate(values):
        length = len(quote(str(value))) + _NAME_LENGTH
        if at > start and (at - start == PAGE_SIZE or size + length > _LONGEST_QUESTION):
            yield values[start:at]
            start, size = at, 0
        size += length
    if values:
        yield values[start:]


class ShortListError(NotUsableError):
    """A list has fewer rows than Jama says, also when it is read again, or it does not end.

    What it does not show may be there all the same.

    Args:
        path: The list.
        total: How many rows it should have, or at least has.
        missing: How many did not come.
        is_endless: Whether there were always more.
    """

    def __init__(self, path: str, *, total: int, missing: int, is_endless: bool = False) -> None:
        what = (
            f"does not end: Jama gave {total - missing} entries, far more than it announced at "
            "first, and each page says that there are more"
            if is_endless
            else f"is not complete: Jama announces {total} entries and gives {total - missing}, "
            "also when it is asked again"
        )
        super().__init__(f"the list {path} {what}; send the results again later")
        self.total = total
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, or all of them.

    Attributes:
        rows: Its objects that did not stand on an earlier page, each with an ID; one that is named
            differently there counts as another one.
        total: How many the whole list has, as the server says; None when it does not say.
        missing: Of the last page, how many rows of the whole list never came.
        is_endless: Whether reading ended although there was more.
    """

    rows: tuple[Row, ...]
    total: int | None
    missing: int = 0
    is_endless: bool = False


def read_pages(
    get: Get, path: str, query: Query = (), *, patience: Patience, again: Again
) -> Iterator[Page]:
    """Read a list lazily; the last page ends it without a further request if all add up.

    Args:
        get: Makes one request.
        path: The list.
        query: What to ask of it, besides the page.
        patience: How long it takes at most, once it has shown as much as it announced.
        again: Waits before something is asked for again, and notes why.

    Yields:
        At least one page, which may be empty.
    """
    known: dict[int, Row] = {}
    before: set[int] | None = None
    most, is_endless = 0, False
    for attempt, pause_s in enumerate((None, *_READ_AGAIN_AFTER_S), start=1):
        if pause_s is not None:
            patience.starts()
            if patience.is_over:
                break
            again(_DO_NOT_ADD_UP, attempt, pause_s)
        found: set[int] = set()
        totals: set[int | None] = set()
        asks_again = again if attempt == 1 else None
        for page in _read_once(get, path, query, patience=patience, again=asks_again):
            found.update(row["id"] for row in page.rows)
            totals.add(page.total)
            is_endless = page.is_endless
            yield Page(_take_new(page.rows, known), page.total)
        most = max([most, *(each for each in totals if each is not None)])
        if is_endless:
            break
        if totals == {len(found)} and len(found) == len(known):
            return
        if found == before if totals == {None} else attempt > 1 and len(known) >= most:
            return
        before = found
    missing = max(1, most - len(known))
    yield Page((), len(known) + missing, missing, is_endless)


def _read_once(
    get: Get, path: str, query: Query, *, patience: Patience, again: Again | None
) -> Iterator[Page]:
    """Read all pages from the first one on; a page that is empty is asked for again, if wanted."""
    known: dict[int, Row] = {}
    start = count = 0
    at_most, announced = _MOST_PAGES, 0
    while True:
        part: Query = (("startAt", start), ("maxResults", PAGE_SIZE))
        ids_before = len(known)
        page, received = _read_page(get(path, (*query, *part)), known)
        pauses_s = _ASK_AGAIN_AFTER_S if start else _ASK_ALL_AGAIN_AFTER_S
        for attempt, pause_s in enumerate(pauses_s if again else (), start=2):
            if again is None or received or start >= (page.total or 0):
                break
            again("the list announces more than it has", attempt, pause_s)
            page, received = _read_page(get(path, (*query, *part)), known)
        count += 1
        if count == 1:
            at_most, announced = most_pages(page.total), page.total or 0
        start += received
        is_last = len(known) == ids_before or start == page.total
        has_all = start >= announced
        if has_all:
            patience.starts()
        is_too_much = count >= at_most or (has_all and patience.is_over)
        yield replace(page, is_endless=is_too_much and not is_last)
        if is_last or is_too_much or patience.is_over:
            return


def complete(path: str, pages: Iterable[Page]) -> Iterator[Page]:
    """Yield the pages of a list.

    Raises:
        ShortListError: After the last one, when there are rows that never came.
    """
    for page in pages:
        yield page
        if page.missing:
            total = page.total or 0
            raise ShortListError(
                path, total=total, missing=page.missing, is_endless=page.is_endless
            )


def read_list(
    get: Get,
    path: str,
    query: Query = (),
    *,
    at_least: int | None = None,
    together: Together,
    patience: Patience,
    again: Again,
) -> Iterator[Page]:
    """Read a list: its first page, then those behind it at the same time.

    Args:
        get: Makes one request; see `read_pages`.
        path: The list.
        query: What to ask of it, besides the page.
        at_least: How many of its rows the caller needs before it stops; a list with more than twice
            the pages of so many is read one page after the other. None for all of them.
        together: Makes several requests at the same time.
        patience: See `read_pages`.
        again: Waits before a page is asked for again, and notes why.

    Yields:
        At least one page, which may be empty.
    """
    pages = read_pages(get, path, query, patience=patience, again=again)
    first = next(pages)
    yield first
    count = page_count(first.total or 0)
    is_all_needed = at_least is None or count <= 2 * page_count(at_least)
    if count == 1 or len(first.rows) < PAGE_SIZE or not is_all_needed:
        yield from pages
        return
    read = partial(read_all, get, path, query, together=together, patience=patience, again=again)
    page = read(first=first, total=first.total)
    yield replace(page, rows=_take_new(page.rows, {row["id"]: row for row in first.rows}))


def read_all(
    get: Get,
    path: str,
    query: Query = (),
    *,
    first: Page | None = None,
    total: int | None,
    together: Together,
    patience: Patience,
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
        patience: See `read_pages`.
        again: Waits before a page is asked for again, and notes why.
    """
    start = 0 if first is None else PAGE_SIZE
    is_plausible = page_count(total or 0) <= _MOST_PAGES
    starts = range(start, total or 0, PAGE_SIZE) if is_plausible else ()
    answers = ask_pages(get, path, query, starts, together=together).values()
    rows = list(first.rows) if first else []
    known = {row["id"]: row for row in rows}
    for answer in answers:
        rows += _read_page(answer, known)[0].rows
    totals = {_find_total(answer) for answer in answers} | ({first.total} if first else set())
    if total is not None and totals == {total} and len(known) == total:
        return Page(tuple(rows), total)
    again(_DO_NOT_ADD_UP, 2, 0.0)
    patience.starts()
    pages = list(read_pages(get, path, query, patience=patience, again=again))
    last, known = pages[-1], {}
    newer = [row for page in pages for row in page.rows]
    everything = _take_new([*newer, *rows], known)
    missing = max(int(last.is_endless), (last.total or 0) - len(known)) if last.missing else 0
    return Page(everything, last.total, missing, last.is_endless)


def ask_ahead(
    get: Get, path: str, query: Query, count: int, *, together: Together
) -> dict[Query, Row]:
    """Ask for the pages of so many rows; one that is refused is left to who needs it."""

    def ask(path: str, query: Query) -> Row:
        try:
            return get(path, query)
        except LockedError:
            raise
        except RefusedError:
            return {}

    return ask_pages(ask, path, query, range(0, count, PAGE_SIZE), together=together)


def ask_pages(
    get: Get, path: str, query: Query, starts: Iterable[int], *, together: Together
) -> dict[Query, Row]:
    """Ask for the pages of a list that begin at some rows; return each answer by its question."""
    asked: list[Query] = [(*query, ("startAt", at), ("maxResults", PAGE_SIZE)) for at in starts]
    return dict(zip(asked, together([partial(get, path, each) for each in asked]), strict=True))


def _read_page(answer: Row, known: dict[int, Row]) -> tuple[Page, int]:
    """Return a page with the rows that are new, and how many came."""
    data = answer.get("data")
    rows = data if isinstance(data, list) else []
    objects = (row for row in rows if isinstance(row, dict))
    numbered = ({**row, "id": row_id} for row in objects if (row_id := find_id(row.get("id"))))
    return Page(_take_new(numbered, known), _find_total(answer)), len(rows)


def _take_new(rows: Iterable[Row], known: dict[int, Row]) -> tuple[Row, ...]:
    """Return the rows that are not known, or that say now to be something else; know them."""
    new = []
    for row in rows:
        before = known.get(row["id"])
        if before is None or identity_of(before) != identity_of(row):
            known[row["id"]] = row
            new.append(row)
    return tuple(new)


def _find_total(answer: Row) -> int | None:
    meta = answer.get("meta")
    info = meta.get("pageInfo") if isinstance(meta, dict) else None
    return find_count(info.get("totalResults")) if isinstance(info, dict) else None
