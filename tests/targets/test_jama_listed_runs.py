"""Runs are listed in the way that the server takes; what it refuses is not tried twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.verify import find_runs, read_back
from pytest_jama.targets.jama.wire import Cycle
from tests.targets.jama_world import updates_for
from tests.targets.scripted import Reply, gives, said

if TYPE_CHECKING:
    from tests.targets.conftest import MakeWorld, OpenApi, Serve

CYCLE = Cycle(4, "Build 1")
ALL = "GET /rest/v1/testruns?testCycle=4&startAt={}&maxResults=50"
BELOW = "GET /rest/v1/testcycles/4/testruns?startAt={}&maxResults=50"


def page(*numbers: int, total: int, cycle: int = 4) -> Reply:
    """Answer with runs; each has the number of its case."""
    rows = [{"id": each, "fields": {"testCycle": cycle, "testCase": each}} for each in numbers]
    return _page(rows, total)


def _page(rows: list[Any], total: int) -> Reply:
    info = {"startIndex": 0, "resultCount": len(rows), "totalResults": total}
    return gives(200, {"meta": {"status": "OK", "pageInfo": info}, "data": rows})


@pytest.mark.parametrize("status", [400, 404, 414])
def test_a_server_without_that_list_is_asked_for_the_runs_of_the_cycle_from_then_on(
    status: int, script: Serve, open_api: OpenApi
) -> None:
    first, second = page(*range(1, 51), total=60), page(*range(51, 61), total=60)
    server = script(said(status), first, second, first, second)
    client = JamaClient(open_api(server.url))
    found = find_runs(client, CYCLE, range(1, 61))
    assert [*found.by_case, found.missing] == [*range(1, 61), 0]
    assert read_back(client, CYCLE, [7], total=60)[7].run_id == 7
    below = [BELOW.format(0), BELOW.format(50)]
    assert server.lines == [ALL.format(0), *below, *below]


def test_a_cycle_that_is_not_there_is_refused_with_the_first_answer(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(said(404, message="no such cycle"), said(404, message="no such path"))
    with pytest.raises(RefusedError, match="no such cycle"):
        find_runs(JamaClient(open_api(server.url)), CYCLE, [1])
    assert server.lines == [ALL.format(0), BELOW.format(0)]


def test_a_refusal_of_another_kind_is_not_asked_around(script: Serve, open_api: OpenApi) -> None:
    server = script(said(403))
    with pytest.raises(RefusedError):
        find_runs(JamaClient(open_api(server.url)), CYCLE, [1])
    assert server.lines == [ALL.format(0)]


ELSEWHERE = {"id": 900, "fields": {"testCycle": 5, "testCase": 7}}
WHOLE = [
    page(*range(1, 51), total=120),
    page(*range(51, 101), total=120),
    page(*range(101, 121), total=120),
]


@pytest.mark.parametrize(
    "odd", [said(400), said(414), _page([ELSEWHERE], 1)], ids=["400", "414", "alternatives"]
)
def test_a_server_that_does_not_look_for_cases_is_asked_for_all_runs_from_then_on(
    odd: Reply, script: Serve, open_api: OpenApi
) -> None:
    server = script(odd, *WHOLE, *WHOLE)
    client = JamaClient(open_api(server.url))
    for _ in range(2):
        assert set(read_back(client, CYCLE, [7], total=120)) == set(range(1, 121))
    whole = [ALL.format(at) for at in (0, 50, 100)]
    assert server.lines == [ALL.format(0).replace("&", "&testCase=7&", 1), *whole, *whole]


def test_a_large_cycle_is_reported_to_where_filters_are_alternatives(make_world: MakeWorld) -> None:
    world = make_world(runs_filter="or")
    refs = world.add_cases(210)
    world.start(refs)
    world.store.add_cycle(world.store.plans(world.key)[0].id, "Another one")
    target = world.target()
    resolution = target.resolve(refs[-3:], create=False, observer=Observer())
    receipts = target.push(updates_for(resolution, Verdict.PASSED), observer=Observer())
    assert [receipt.error for receipt in receipts] == [""] * 3
    patches, others = world.count_requests()
    assert (patches, others <= 20) == (3, True)
