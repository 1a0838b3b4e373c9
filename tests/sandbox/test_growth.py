"""What is stored already does not make a request dearer: SQLite's work for each is counted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_jama.sandbox.jama.server import Sandbox
from tests.sandbox.client import World, add
from tests.sandbox.growth import AT_MOST, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


FEW, MANY = 250, 1_000
PAGE = 50


class Filled(NamedTuple):
    """A plan of many cases, all in one group, with a cycle; and cases that are in no plan."""

    world: World
    plan: int
    group: int
    cycle: int
    cases: list[int]
    others: Iterator[int]
    runs: list[int]


def fill(world: World, size: int) -> Filled:
    store = world.store
    with store.database.transaction():
        cases = world.cases(*[1] * size)
        others = iter(world.cases(*[0] * 20))
        plan = world.plan(*cases)
        cycle = store.add_cycle(plan, "Cycle")
        store.relate(*pairwise(cases))
    (group,) = store.groups(plan)
    runs = [run.id for run in store.runs(cycle)]
    return Filled(world, plan, group.id, cycle, cases, others, runs)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Filled, Filled]]:
    """Make two servers that differ in nothing but the number of what they hold."""
    with Sandbox() as small, Sandbox() as large:
        worlds = World(small), World(large)
        yield fill(worlds[0], FEW), fill(worlds[1], MANY)
        for world in worlds:
            world.api.close()


Request = tuple[str, str, Any]


def last(filled: Filled) -> str:
    return f"maxResults={PAGE}&startAt={len(filled.cases) - PAGE}"


def _cases(filled: Filled) -> str:
    return f"/testplans/{filled.plan}/testgroups/{filled.group}/testcases"


def _of_cases(filled: Filled) -> str:
    wanted = "&".join(f"testCase={case}" for case in filled.cases[-PAGE:])
    return f"/testruns?testCycle={filled.cycle}&maxResults={PAGE}&{wanted}"


REQUESTS: dict[str, Callable[[Filled], Request]] = {
    "add a case": lambda f: ("POST", _cases(f), {"testCase": next(f.others)}),
    "first cases of the group": lambda f: ("GET", f"{_cases(f)}?maxResults={PAGE}", None),
    "last cases of the group": lambda f: ("GET", f"{_cases(f)}?{last(f)}", None),
    "a case of the group": lambda f: ("GET", f"{_cases(f)}/{f.cases[-1]}", None),
    "groups": lambda f: ("GET", f"/testplans/{f.plan}/testgroups", None),
    "plans": lambda f: ("GET", f"/testplans?project={f.world.project}", None),
    "cycles": lambda f: ("GET", f"/testplans/{f.plan}/testcycles", None),
    "first runs": lambda f: ("GET", f"/testruns?testCycle={f.cycle}&maxResults={PAGE}", None),
    "last runs": lambda f: ("GET", f"/testruns?testCycle={f.cycle}&{last(f)}", None),
    "last runs of the cycle": lambda f: ("GET", f"/testcycles/{f.cycle}/testruns?{last(f)}", None),
    "runs of a case": lambda f: (
        "GET",
        f"/testruns?testCycle={f.cycle}&testCase={f.cases[-1]}",
        None,
    ),
    "runs of many cases": lambda f: ("GET", _of_cases(f), None),
    "a run": lambda f: ("GET", f"/testruns/{f.runs[-1]}", None),
    "a case by its key": lambda f: ("GET", f"/abstractitems?documentKey={f.world.key}-TC-9", None),
    "last cases that are found": lambda f: (
        "GET",
        f"/abstractitems?project={f.world.project}&itemType=26&{last(f)}",
        None,
    ),
    "last items": lambda f: ("GET", f"/items?project={f.world.project}&{last(f)}", None),
    "items at the root": lambda f: (
        "GET",
        f"/items?project={f.world.project}&rootOnly=true",
        None,
    ),
    "relationships": lambda f: (
        "GET",
        f"/relationships?project={f.world.project}&lastId=0&maxResults={PAGE}",
        None,
    ),
    "an attachment": lambda f: (
        "POST",
        f"/projects/{f.world.project}/attachments",
        {"fields": {"name": "log"}},
    ),
    "a comment": lambda f: (
        "POST",
        "/comments",
        {"body": {"text": "seen"}, "location": {"item": f.runs[-1]}},
    ),
    "versions": lambda f: ("GET", f"/testruns/{f.runs[-1]}/versions", None),
    "a result": lambda f: ("PATCH", f"/testruns/{f.runs[-1]}", [add("actualResults", "seen")]),
    "a lock": lambda f: ("PUT", f"/testruns/{f.runs[-1]}/lock", {"locked": True}),
}


def work_of(filled: Filled, name: str) -> int:
    method, path, body = REQUESTS[name](filled)
    with counted(filled.world.store.database) as steps:
        answer = filled.world.api.call(method, path, json=body)
    assert answer.status < 300, answer.body
    return steps[0]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_costs_the_same_among_four_times_as_many(
    both: tuple[Filled, Filled], name: str
) -> None:
    for filled in both:
        work_of(filled, name)  # reads the order of a long list, which is kept then
    few, many = (work_of(filled, name) for filled in both)
    assert 0 < many <= AT_MOST * few


def test_a_list_stays_as_cheap_while_results_come_in(both: tuple[Filled, Filled]) -> None:
    work = []
    for filled in both:
        work_of(filled, "last runs")
        work_of(filled, "a result")
        work.append(work_of(filled, "last runs"))
    few, many = work
    assert many <= AT_MOST * few


def test_adding_a_case_costs_the_same_from_the_first_to_the_last() -> None:
    with Sandbox() as sandbox:
        world = World(sandbox)
        cases = world.cases(*[0] * 160)
        plan = world.plan()
        path = f"/testplans/{plan}/testgroups/{world.store.groups(plan)[0].id}/testcases"
        work = []
        for case in cases:
            with counted(sandbox.store.database) as steps:
                world.api.post(path, {"testCase": case})
            work.append(steps[0])
        assert world.store.groups(plan)[0].case_ids == tuple(cases)
        assert sum(work[-40:]) <= AT_MOST * sum(work[:40])
        world.api.close()


def test_a_long_list_follows_what_happens(both: tuple[Filled, Filled]) -> None:
    """What is kept of a list is forgotten as soon as a run comes, goes, or changes its place."""
    filled, _ = both
    api, store = filled.world.api, filled.world.store
    path = f"/testruns?testCycle={filled.cycle}&maxResults=50"
    before = api.get(path)
    first, second, third, *_ = before.ids
    api.delete(f"/testruns/{second}")
    gone = api.get(path)
    assert (gone.total, gone.ids[:2]) == (before.total - 1, [first, third])
    made = api.post(f"/testruns/{first}/updatedtestcase").id
    assert api.get(path).ids[0] == third
    assert api.get(f"{path}&startAt={gone.total - 1}").ids == [made]
    cases = f"/testplans/{filled.plan}/testgroups/{filled.group}/testcases"
    listed = api.get(cases)
    store.delete_case(listed.ids[0])
    assert api.get(cases).ids[:19] == listed.ids[1:]
    api.delete(f"{cases}/{listed.ids[1]}")
    assert api.get(cases).ids[0] == listed.ids[2]
    assert api.get(cases).total == listed.total - 2
