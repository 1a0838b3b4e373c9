"""Lists that repeat, leave out, never end, or name what nobody asked for."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_jama.core.errors import NotUsableError
from pytest_jama.targets.jama.listed_runs import read_listed
from pytest_jama.targets.jama.named_creation import named
from pytest_jama.targets.jama.paging import Page, most_pages, read_all, read_pages
from pytest_jama.targets.jama.waits import Patience, within
from pytest_jama.targets.jama.wire import Cycle, find_count, find_created_id, find_id, read_run
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.targets.http.request import Query

PATIENT = Patience(math.inf, time.monotonic)
CYCLE = Cycle(4, "Build 7", plan_id=2)


class Pages:
    """Answers as a function of the start and of the number of the request; counts them."""

    def __init__(self, answer: Callable[[int, int], tuple[Sequence[Any], Any]]) -> None:
        self._answer = answer
        self.asked = 0

    def get(self, _path: str, query: Query) -> Mapping[str, Any]:
        rows, total = self._answer(int(dict(query)["startAt"]), self.asked)
        self.asked += 1
        info = {"startIndex": 7, "resultCount": -3, "totalResults": total}
        return {"meta": {"pageInfo": info}, "data": list(rows)}


def _rows(*ids: Any) -> list[dict[str, Any]]:
    return [{"id": each} for each in ids]


def _read(pages: Pages) -> tuple[set[int], Page]:
    read = list(read_pages(pages.get, "/x", patience=PATIENT, again=lambda *_: None))
    return {row["id"] for page in read for row in page.rows}, read[-1]


def _always_more(start: int, _: int) -> tuple[Sequence[Any], Any]:
    return _rows(*range(start + 1, start + 51)), start + 100


@pytest.mark.parametrize("total", [10**18, 2**63 - 1, 60, 0, None, -5, "many", 1.5, [], True])
def test_a_list_that_never_ends_is_ended_and_not_complete(total: Any) -> None:
    pages = Pages(lambda start, _: (_rows(*range(start + 1, start + 51)), total))
    found, last = _read(pages)
    assert last.is_endless
    assert last.missing > 0
    assert pages.asked == most_pages(find_count(total)) <= 1_000
    assert len(found) == 50 * pages.asked


def test_a_list_that_grows_with_each_page_takes_a_budget_of_what_it_announced_first() -> None:
    pages = Pages(_always_more)
    _, last = _read(pages)
    assert (last.is_endless, pages.asked) == (True, most_pages(100))
    together = Pages(_always_more)
    listed = read_all(
        together.get,
        "/x",
        total=100,
        together=lambda jobs: [job() for job in jobs],
        patience=PATIENT,
        again=lambda *_: None,
    )
    assert (listed.is_endless, listed.missing > 0) == (True, True)
    assert together.asked == 2 + most_pages(100)


class _Slow:
    """Pages that take time.

    Args:
        answer: As for `Pages`.
        page_s: The time that each takes, in seconds.
    """

    def __init__(self, answer: Any, *, page_s: float) -> None:
        self.pages = Pages(answer)
        self.now = 0.0
        self._page_s = page_s

    def get(self, path: str, query: Query) -> Mapping[str, Any]:
        self.now += self._page_s
        return self.pages.get(path, query)

    def read(self, within_s: float) -> Page:
        def again(_why: str, _attempt: int, pause_s: float) -> None:
            self.now += pause_s

        patience = Patience(within_s, lambda: self.now)
        return list(read_pages(self.get, "/x", patience=patience, again=again))[-1]


def test_a_slow_list_that_never_ends_has_time_for_what_it_announced_and_a_little_more() -> None:
    slow = _Slow(_always_more, page_s=3.0)
    last = slow.read(within_s=10.0)
    assert (last.is_endless, last.missing > 0) == (True, True)
    assert slow.now == 2 * 3.0 + 12.0


def test_a_slow_list_that_comes_is_read_to_its_end_however_long_that_takes() -> None:
    slow = _Slow(lambda start, _: (_rows(*range(start + 1, start + 51)), 5_000), page_s=3.0)
    last = slow.read(within_s=10.0)
    assert (last.missing, slow.pages.asked, slow.now) == (0, 100, 300.0)


def test_a_slow_list_whose_pages_do_not_add_up_is_not_read_anew_for_ever() -> None:
    def without_the_first(start: int, _: int) -> tuple[Sequence[Any], Any]:
        return _rows(*range(start + 2, min(start + 51, 5_001))), 5_000

    slow = _Slow(without_the_first, page_s=3.0)
    last = slow.read(within_s=10.0)
    assert (last.missing > 0, last.is_endless) == (True, False)
    assert slow.now <= 110 * 3.0


class _Named(NamedTuple):
    id: int
    name: str


def test_where_a_name_cannot_be_read_nothing_counts_as_not_there() -> None:
    listed = [_Named(1, ""), _Named(2, "B")]
    assert named("B", listed) == [_Named(2, "B")]
    with pytest.raises(NotUsableError, match="names of 1 entries of the list in which 'C'"):
        named("C", listed)
    assert named(None, listed) == []


def test_a_total_beyond_belief_makes_no_requests_for_all_its_pages() -> None:
    pages = Pages(lambda *_: (_rows(1, 2), 2**62))
    listed = read_all(
        pages.get,
        "/x",
        total=2**62,
        together=lambda jobs: [job() for job in jobs],
        patience=PATIENT,
        again=lambda *_: None,
    )
    assert ([row["id"] for row in listed.rows], listed.missing) == ([1, 2], 2**62 - 2)
    assert pages.asked < 10


@every(
    "answer",
    [
        lambda *_: (_rows(*range(1, 51)), 120),
        lambda start, _: (_rows(*range(start + 1, min(start + 51, 121)))[1:], 120),
        lambda _, number: (_rows(1, 2), 3 + number),
        lambda _, number: (_rows(1, 2), max(0, 90 - number)),
        lambda *_: (_rows(1, None, "x", -1, 0, 2**63, "1/../../users", 2.0, True, {}), 10),
        lambda *_: ([{"id": 1}, None, [], "row", 7, {}], 6),
    ],
    ids=["same page", "left out", "grows", "shrinks", "odd ids", "odd rows"],
)
def test_what_a_list_repeats_or_leaves_out_is_missing(answer: Any) -> None:
    pages = Pages(answer)
    _, last = _read(pages)
    assert last.missing > 0
    assert not last.is_endless
    assert pages.asked <= 4 * most_pages(120)


def test_a_total_that_becomes_small_does_not_make_little_complete() -> None:
    def answer(_: int, number: int) -> tuple[Sequence[Any], Any]:
        return (_rows(*range(1, 51)), 120) if number == 0 else ([], 0)

    _, last = _read(Pages(answer))
    assert last.missing == 70


@every("total", [3, "3", 3.0])
def test_a_number_in_another_form_is_a_total(total: Any) -> None:
    pages = Pages(lambda *_: (_rows(1, 2, "3"), total))
    assert _read(pages) == ({1, 2, 3}, Page(tuple(_rows(1, 2, 3)), 3))


def test_a_page_with_more_rows_than_asked_for_counts_with_all() -> None:
    pages = Pages(lambda start, _: (_rows(*range(start + 1, 201)), 200))
    assert len(_read(pages)[0]) == 200
    assert pages.asked == 1


def test_a_thing_that_has_two_names_is_given_under_both() -> None:
    both = [{"id": 1, "fields": {"name": name}} for name in ("A", "B")]
    one = Pages(lambda *_: (both, 1))
    read = list(read_pages(one.get, "/x", patience=PATIENT, again=lambda *_: None))
    assert {row["fields"]["name"] for page in read for row in page.rows} == {"A", "B"}
    assert read[-1].missing == 0


def _run(run_id: int, case_id: int = 9, **fields: Any) -> dict[str, Any]:
    return {"id": run_id, "fields": {"testCycle": 4, "testCase": case_id, **fields}}


@every(
    "rows, runs, missing",
    [
        ([_run(1), _run(2)], [1, 2], 0),
        ([_run(1), _run(2, testCycle=5)], [1], 1),
        ([_run(1), _run(2, testPlan=3)], [1], 1),
        ([_run(1), _run(2), _run(2, 8)], [1], 1),
        ([_run(1), _run(2), _run(2, testCycle=5)], [1], 2),
        ([_run(1), _run(2, testRunSteps=[None])], [1], 1),
        ([_run(1), _run(2, testRunSteps={"0": {}})], [1], 1),
        ([_run(1), _run(2, testRunSteps=[{}], name=[["x"]])], [1, 2], 0),
    ],
    ids=[
        "ours",
        "other cycle",
        "other plan",
        "two cases",
        "two cycles",
        "step that is null",
        "steps that are no list",
        "name that is no text",
    ],
)
def test_only_what_is_certainly_a_run_of_the_cycle_is_written_to(
    rows: list[dict[str, Any]], runs: list[int], missing: int
) -> None:
    listed = read_listed(rows, CYCLE, missing=0)
    assert ([run.run_id for run in listed.runs], listed.missing) == (runs, missing)


def test_runs_of_the_cases_in_another_cycle_were_asked_for_by_some_servers() -> None:
    rows = [_run(1), _run(2, testCycle=5), _run(3, 8, testCycle=5)]
    assert read_listed(rows, CYCLE, missing=0, case_ids=[9]).missing == 1


def test_steps_that_are_nested_for_ever_are_not_handed_back() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    rows = [_run(1, testRunSteps=[{"action": deep}], name=deep, testRunStatus=deep)]
    assert read_listed(rows, CYCLE, missing=0).missing == 1
    assert read_run(rows[0]).status == "(unreadable)"
    while deep:  # taken apart by hand: the interpreter may not come back from so deep
        deep = deep[0]


@every(
    "value", [0, -1, 2**63, 10**400, 1.0, True, None, "", "1/../../users", "9" * 5_000, "-1", "٣"]
)
def test_what_cannot_be_an_id_never_stands_in_a_path(value: Any) -> None:
    assert find_id(value) is None
    assert find_created_id({"meta": {"id": value}}) is None


@every(
    "meta, created",
    [
        ({"id": 5}, 5),
        ({"location": "https://x/rest/v1/testplans/5/"}, 5),
        ({"id": 5, "location": "https://x/rest/v1/testplans/5"}, 5),
        ({"id": 5, "location": "https://x/rest/v1/testplans/6"}, None),
        ({"id": "testplans/5"}, None),
        ({"id": {"id": 5}, "location": ["5"]}, None),
        ([], None),
    ],
)
def test_what_was_created_is_named_by_one_number(meta: Any, created: int | None) -> None:
    assert find_created_id({"meta": meta}) == created


@every(
    "at_most_s, pauses_s",
    [(0, ()), (1, (0.5, 0.5)), (5, (0.5, 1, 2, 1.5)), (60, (0.5, 1, 2, 4, 8, 15))],
)
def test_pauses_fit_into_the_time_there_is(at_most_s: float, pauses_s: tuple[float, ...]) -> None:
    assert within(at_most_s) == pauses_s
