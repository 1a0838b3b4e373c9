from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from pytest_jama.targets.http.request import Query
from pytest_jama.targets.jama.named_creation import named
from pytest_jama.targets.jama.paging import (
    ShortListError,
    batches,
    complete,
    read_all,
    read_list,
    read_pages,
)
from pytest_jama.targets.jama.waits import Patience
from tests.every import every

PATIENT = Patience(math.inf, time.monotonic)

Get = Callable[[str, Query], Mapping[str, Any]]


@every(
    "values, sizes",
    [
        ([], []),
        (range(10**7, 10**7 + 120), [50, 50, 20]),
        ([f"PROJECT-KEY-TC-{number:05}" for number in range(60)], [50, 10]),
        (["K" * 200] * 20, [7, 7, 6]),
        (["\u00e9" * 900, "K"], [1, 1]),
    ],
)
def test_what_is_asked_for_at_once_fits_a_page_and_an_address(
    values: Sequence[object], sizes: list[int]
) -> None:
    parts = list(batches(values))
    assert [len(part) for part in parts] == sizes
    assert [value for part in parts for value in part] == list(values)


def _ids(count: int) -> list[int]:
    return list(range(1, count + 1))


class Listing:
    """A list of numbered rows, and the requests that were made for it."""

    def __init__(self, ids: Sequence[int], *, total: int | None = None, at_most: int = 50) -> None:
        self.ids = list(ids)
        self.total = total
        self.at_most = at_most
        self.starts: list[int] = []

    def get(self, _path: str, query: Query) -> Mapping[str, Any]:
        asked = dict(query)
        start, size = int(asked["startAt"]), min(int(asked["maxResults"]), self.at_most)
        assert size <= 50
        self.starts.append(start)
        rows = [{"id": number} for number in self.ids[start : start + size]]
        info = {} if self.total is None else {"pageInfo": {"totalResults": self.total}}
        return {"meta": info, "data": rows}


def _read(get: Get, pauses: list[float] | None = None) -> list[int]:
    waited: list[float] = [] if pauses is None else pauses
    pages = read_pages(
        get, "/x", patience=PATIENT, again=lambda _why, _attempt, pause_s: waited.append(pause_s)
    )
    return [row["id"] for page in pages for row in page.rows]


@every(
    "count, total, starts",
    [
        (0, 0, [0]),
        (50, 50, [0]),
        (51, 51, [0, 50]),
        (120, 120, [0, 50, 100]),
        (60, 500, [0, 50, 60, 60, 60, *3 * (0, 50, 60)]),
        (120, 7, [*2 * (0, 50, 100, 120)]),
        (60, None, [0, 50, 60, 0, 50, 60]),
    ],
    ids=["empty", "full page", "51", "120", "total too high", "total too low", "no total"],
)
def test_everything_is_read_whatever_the_total_says(
    count: int, total: int | None, starts: list[int]
) -> None:
    listing = Listing(_ids(count), total=total)
    assert _read(listing.get) == _ids(count)
    assert listing.starts == starts


def test_a_server_that_gives_less_than_asked_for_is_followed() -> None:
    listing = Listing(_ids(45), total=45, at_most=20)
    assert _read(listing.get) == _ids(45)
    assert listing.starts == [0, 20, 40]


def test_a_row_that_slips_to_the_next_page_counts_once_and_one_that_came_instead_is_found() -> None:
    listing = Listing(_ids(60), total=61)

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        listing.ids.insert(0, 999) if 999 not in listing.ids else None
        return answer

    assert _read(get) == [*_ids(60), 999]
    assert listing.starts == [0, 50, 0, 50]


def test_a_row_that_moves_to_a_page_that_was_read_is_found() -> None:
    listing = Listing(_ids(60), total=60)

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        listing.ids.sort(key=lambda each: each != 55)
        return answer

    assert sorted(_read(get)) == _ids(60)


def test_totals_that_differ_between_pages_are_read_again() -> None:
    listing = Listing(_ids(60), total=60)
    totals = iter([60, 59])

    def get(path: str, query: Query) -> Mapping[str, Any]:
        listing.total = next(totals, 60)
        return listing.get(path, query)

    assert _read(get) == _ids(60)
    assert listing.starts == [0, 50, 60, 0, 50]


@every("lost", [0, 50, 100])
@every("times", [4, 99])
def test_a_page_that_does_not_come_is_asked_for_again_and_missing_in_the_end(
    lost: int, times: int
) -> None:
    listing = Listing(_ids(120), total=120)

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        is_lost = dict(query)["startAt"] == lost and listing.starts.count(lost) <= times
        return {**answer, "data": []} if is_lost else answer

    pages = list(read_pages(get, "/x", patience=PATIENT, again=lambda *_: None))
    missing = pages[-1].missing
    assert missing == 120 - sum(len(page.rows) for page in pages)
    assert (missing > 0) is (times > 4)


def test_what_came_counts_though_a_page_is_missing() -> None:
    listing = Listing(_ids(170), total=170)

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        return {**answer, "data": []} if dict(query)["startAt"] == 50 else answer

    listed = read_all(
        get,
        "/x",
        total=170,
        together=lambda jobs: [job() for job in jobs],
        patience=PATIENT,
        again=lambda *_: None,
    )
    assert sorted(row["id"] for row in listed.rows) == [*_ids(50), *range(101, 171)]
    assert listed.missing == 50


class Rounds:
    """Makes requests as if at the same time, and counts how many were made so."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def together(self, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        self.sizes.append(len(jobs))
        return [job() for job in jobs]

    def read(self, get: Get, at_least: int | None = None) -> Iterator[int]:
        pages = read_list(
            get,
            "/x",
            at_least=at_least,
            together=self.together,
            patience=PATIENT,
            again=lambda *_: None,
        )
        for page in complete("/x", pages):
            yield from (row["id"] for row in page.rows)


@pytest.mark.parametrize(
    "total, at_most, at_least, rounds",
    [
        (50, 50, None, []),
        (400, 50, None, [7]),
        (400, 50, 151, [7]),
        (400, 50, 150, []),
        (120, 20, None, []),
        (None, 50, None, []),
    ],
    ids=["one page", "all", "half of the pages", "fewer", "smaller pages", "no total"],
)
def test_pages_behind_the_first_are_asked_for_at_the_same_time_where_most_are_needed(
    total: int | None, at_most: int, at_least: int | None, rounds: list[int]
) -> None:
    listing = Listing(_ids(total or 120), total=total, at_most=at_most)
    asked = Rounds()
    assert list(asked.read(listing.get, at_least)) == _ids(total or 120)
    assert asked.sizes == rounds
    assert len(listing.starts) == len(set(listing.starts)) or total is None


def test_a_list_of_which_little_is_needed_is_read_no_further_than_the_caller_reads() -> None:
    listing = Listing(_ids(400), total=400)
    assert 60 in Rounds().read(listing.get, 1)
    assert listing.starts == [0, 50]


def test_pages_that_do_not_add_up_at_the_same_time_are_read_again_and_no_row_comes_twice() -> None:
    listing = Listing(_ids(160), total=161)

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        if dict(query)["startAt"] == 0 and 999 not in listing.ids:
            listing.ids.insert(0, 999)
        return answer

    asked = Rounds()
    assert sorted(asked.read(get)) == [*_ids(160), 999]
    assert asked.sizes == [3]
    assert listing.starts == [0, 50, 100, 150, 0, 50, 100, 150]


def test_a_list_whose_pages_do_not_come_at_the_same_time_either_is_not_complete() -> None:
    listing = Listing(_ids(170), total=200)
    with pytest.raises(ShortListError, match="announces 200 entries and gives 170"):
        list(Rounds().read(listing.get))


class _Thing(NamedTuple):
    id: int
    name: str


def _short_list(*names: str) -> Iterator[_Thing]:
    yield from (_Thing(number, name) for number, name in enumerate(names))
    raise ShortListError("/x", total=9, missing=5)


def test_what_a_short_list_shows_is_there_and_what_it_does_not_show_may_be_there() -> None:
    assert [thing.id for thing in named("b", _short_list("a", "b", "b"))] == [1, 2]
    with pytest.raises(ShortListError, match="announces 9 entries and gives 4"):
        named("c", _short_list("a", "b"))


def test_a_server_that_ignores_the_start_is_no_endless_list() -> None:
    rows = {"data": [{"id": 1}, {"id": 2}]}
    assert _read(lambda _path, _query: rows) == [1, 2]


@every("answer", [{}, {"data": None}, {"data": {}}, {"meta": None, "data": []}])
def test_odd_answers_are_empty_lists(answer: dict[str, Any]) -> None:
    assert _read(lambda _path, _query: answer) == []


def test_an_empty_page_that_contradicts_the_total_is_asked_for_again() -> None:
    listing = Listing(_ids(60), total=60)
    hiccups = iter([True, False, True])

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        return {**answer, "data": []} if next(hiccups, False) else answer

    assert _read(get) == _ids(60)


@every("empty, pauses, found", [(0, [], 1), (1, [1], 1), (3, [1, 2, 4], 1), (9, [1, 2, 4], 0)])
def test_a_list_that_seems_to_be_empty_is_given_time(
    empty: int, pauses: list[float], found: int
) -> None:
    listing = Listing(_ids(1), total=1)
    waited: list[float] = []

    def get(path: str, query: Query) -> Mapping[str, Any]:
        answer = listing.get(path, query)
        return {**answer, "data": []} if len(listing.starts) <= empty else answer

    assert _read(get, waited) == _ids(found)
    assert waited[: len(pauses)] == pauses


def _read_together(listing: Listing, *, total: int | None, first: bool) -> list[int]:
    page = (
        next(read_pages(listing.get, "/x", patience=PATIENT, again=lambda *_: None))
        if first
        else None
    )
    listed = read_all(
        listing.get,
        "/x",
        first=page,
        total=total,
        together=lambda jobs: [job() for job in jobs],
        patience=PATIENT,
        again=lambda *_: None,
    )
    return [row["id"] for row in listed.rows]


@every("first", [True, False])
@every("count, requests", [(0, 1), (50, 1), (51, 2), (170, 4)])
def test_all_pages_are_read_at_once_when_the_total_is_known(
    count: int, requests: int, first: bool
) -> None:
    listing = Listing(_ids(count), total=count)
    assert _read_together(listing, total=count, first=first) == _ids(count)
    assert len(listing.starts) <= requests


@every("total", [None, 3, 100, 240])
@every("at_most", [20, 50])
def test_pages_that_do_not_add_up_are_read_one_by_one(total: int | None, at_most: int) -> None:
    listing = Listing(_ids(130), total=130, at_most=at_most)
    assert _read_together(listing, total=total, first=False) == _ids(130)


def test_rows_without_an_id_are_left_out() -> None:
    pages: list[dict[str, Any]] = [{"data": [{"id": "1"}, {}, "?", {"id": None}]}, {"data": []}]
    assert _read(lambda _path, query: pages[bool(dict(query)["startAt"])]) == [1]
