"""Answers that lie: good JSON that belongs to another question, and changes never made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.answer_checks import is_list, is_object
from pytest_jama.targets.jama.client import JamaClient
from tests.targets.jama_world import updates_for
from tests.targets.scripted import Reply, said
from tests.targets.told import Told

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama import JamaTarget
    from pytest_jama.targets.jama.runs import RunUpdate
    from tests.targets.conftest import OpenApi, Serve
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

PLANS = [{"id": 5, "project": 1, "fields": {"name": "Release 1"}, "type": "testplans"}]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": {}},
        {"data": "rows"},
        {"data": [1, 2]},
        {"data": [{"name": "no ID"}]},
        {"data": [{"id": 9, "type": "testcycles"}]},
        {"data": [*PLANS, {"id": 6, "project": 2}]},
        {"data": [{"id": 6, "type": "items", "project": 1, "fields": {"name": "Case 1"}}]},
    ],
    ids=[
        "nothing",
        "null",
        "object",
        "text",
        "numbers",
        "no IDs",
        "cycles",
        "other project",
        "cases",
    ],
)
def test_what_is_no_list_of_plans_is_asked_for_again(
    answer: dict[str, Any], script: Serve, open_api: OpenApi
) -> None:
    server = script(Reply(200, json.dumps(answer).encode()), said(200, PLANS))
    plans = list(JamaClient(open_api(server.url)).plans(1))
    assert plans[0].id == 5
    assert {line.partition("?")[0] for line in server.lines[:2]} == {"GET /rest/v1/testplans"}
    assert len(server.lines) >= 2


@pytest.mark.parametrize("data", [None, [], [{"id": 5}], {}, {"id": "x"}, {"id": 6}])
def test_what_is_not_the_object_is_asked_for_again(
    data: object, script: Serve, open_api: OpenApi
) -> None:
    server = script(said(200, data), said(200, PLANS[0]))
    plan = JamaClient(open_api(server.url)).find_plan(5)
    assert plan
    assert plan.name == "Release 1"


def test_an_empty_list_is_an_answer() -> None:
    assert is_list("testplans", some_fit=lambda _: False)({"data": []}) == ""


def test_rows_that_say_little_are_believed() -> None:
    assert is_list("testplans", all_fit=lambda _: True)({"data": [{"id": 1}]}) == ""
    assert is_object()({"data": {"id": 7}}) == ""


def test_one_row_that_fits_is_enough_where_servers_search_loosely() -> None:
    rows = {"data": [{"id": 1, "key": "A"}, {"id": 2, "key": "B"}]}
    assert is_list(some_fit=lambda row: row["key"] == "B")(rows) == ""
    assert is_list(some_fit=lambda row: row["key"] == "C")(rows) != ""


class Swallow:
    """Makes a target believe that its first changes of runs were made."""

    def __init__(self, target: JamaTarget, count: int) -> None:
        self._patch = target._client.patch_run  # noqa: SLF001 - a proxy on the way to the server
        self._left = count
        self.seen: list[int] = []
        target._client.patch_run = self  # type: ignore[method-assign]  # noqa: SLF001

    def __call__(self, run_id: int, operations: Any, **options: Any) -> None:
        self.seen.append(run_id)
        if self._left:
            self._left -= 1
            options["on_attempt"](1)
        else:
            self._patch(run_id, operations, **options)


def _push(
    target: JamaTarget, refs: list[CaseRef], told: Told
) -> tuple[tuple[RunUpdate, ...], tuple[Receipt, ...]]:
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    return updates, target.push(updates, observer=told)


@pytest.mark.parametrize("swallowed", [1, 3])
def test_changes_that_got_lost_behind_a_good_answer_are_made_again(
    swallowed: int, world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(5)
    target = world.target(clocks=fake_time.clocks, upload={"concurrency": 1})
    proxy = Swallow(target, swallowed)
    told = Told()
    _, receipts = _push(target, refs, told)
    assert {run.status for run in world.runs()} == {"PASSED"}
    assert {receipt.state for receipt in receipts} == {SendState.SENT}
    assert [receipt.attempts for receipt in receipts] == [2] * swallowed + [1] * (5 - swallowed)
    assert len(proxy.seen) == 5 + swallowed
    assert len(told.receipts) == 5


def test_a_server_that_stores_nothing_is_not_asked_for_ever(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(6)
    target = world.target(clocks=fake_time.clocks)
    proxy = Swallow(target, 1_000)
    told = Told()
    _, receipts = _push(target, refs, told)
    assert {receipt.state for receipt in receipts} == {SendState.MISMATCH}
    assert receipts[0].error == "intended PASSED, Jama stores NOT_RUN"
    assert len(proxy.seen) == 12
    assert sum(fake_time.slept) == 61
    assert [receipt.state.value for receipt in told.receipts].count("mismatch") == 6


def test_runs_that_show_late_are_read_again_and_not_written_again(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(2)
    target = world.target(clocks=fake_time.clocks)
    client = target._client  # noqa: SLF001 - to serve old runs once
    proxy = Swallow(target, 0)
    read, old = client.runs, list[Any]()

    def stale(cycle: Any, **options: Any) -> Any:
        runs = read(cycle, **options)
        old.append(runs)
        return old[0] if len(old) == 2 else runs

    client.runs = stale  # type: ignore[method-assign]
    _, receipts = _push(target, refs, Told())
    assert {receipt.state for receipt in receipts} == {SendState.SENT}
    assert len(proxy.seen) == 2


class Unheard:
    """Makes a target believe that some cases were added to a group."""

    def __init__(self, target: JamaTarget, count: int) -> None:
        self._add = target._client.add_case  # noqa: SLF001 - a proxy on the way to the server
        self._left = count
        self.asked = 0
        target._client.add_case = self  # type: ignore[method-assign,assignment]  # noqa: SLF001

    def __call__(self, *asked: Any) -> None:
        self.asked += 1
        self._left -= 1
        if self._left < 0:
            self._add(*asked)


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_cases_that_got_lost_behind_a_good_answer_are_added_before_the_cycle_is_made(
    lost: int, world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(3)
    target = world.target(clocks=fake_time.clocks)
    proxy = Unheard(target, lost)
    resolution = target.resolve(refs, create=True, observer=Observer())
    assert list(resolution.runs) == refs
    assert proxy.asked == 3 + lost
    assert len(resolution.changes) == 5
    assert sum(fake_time.slept) < 62


def test_a_case_that_never_comes_does_not_keep_the_others(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(3)
    target = world.target(clocks=fake_time.clocks)
    proxy = Unheard(target, 0)
    add = proxy._add  # noqa: SLF001 - to lose one case again and again
    lost = world.case_ids[refs[1]]
    proxy._add = lambda *ids: None if lost in ids else add(*ids)  # noqa: SLF001
    resolution = target.resolve(refs, create=True, observer=Observer())
    assert list(resolution.runs) == [refs[0], refs[2]]
    assert [each.case_ref for each in resolution.unresolved] == [refs[1]]
    assert proxy.asked == 3 + 2
