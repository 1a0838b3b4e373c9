"""Filling a plan: cases are added several at a time, and stand in the order of the tests."""

from __future__ import annotations

import json
import math
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.errors import OutOfReachError
from pytest_jama.core.plan import Change, ChangeKind
from pytest_jama.core.port import Observer
from pytest_jama.sandbox.faults import FailNext, RandomFault
from pytest_jama.targets.http.api import HttpApi
from pytest_jama.targets.http.connection import Connection, Limits
from pytest_jama.targets.http.give_up import Clocks
from pytest_jama.targets.http.login import BasicLogin
from pytest_jama.targets.http.transport import open_session
from pytest_jama.targets.jama.case_lookup import Case
from pytest_jama.targets.jama.change_log import ChangeLog
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import JAMA
from pytest_jama.targets.jama.filling import Filling
from pytest_jama.targets.jama.wire import Group, TestPlan
from tests.targets.jama_world import PLAN
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.targets.jama.runs import Resolution
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

AT_ONCE = 8
MANY = 50
POSTS = "*/testcases"
HURRIED = Clocks(
    monotonic=lambda: 20 * time.monotonic(), sleep=lambda seconds: time.sleep(seconds / 20)
)
"""Time that passes for all threads, but twenty times as fast."""


class FarServer(ThreadingHTTPServer):
    """Has one group, and answers late: half of that time is the way to it, which varies.

    Attributes:
        latency_s: How long an answer takes.
        jitter_s: By how much the way to it varies.
        group: The cases in the order in which they were added.
        most_at_once: How many requests were under way at most.
    """

    daemon_threads = True

    def __init__(self, *, latency_s: float, jitter_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.latency_s, self.jitter_s = latency_s, jitter_s
        self.group: list[int] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    server: FarServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        case_id = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["testCase"]
        server = self.server
        with server.lock:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        time.sleep(server.latency_s / 2 + server.jitter_s * (case_id * 3 % 10) / 10)
        with server.lock:
            server.group.append(case_id)
        time.sleep(server.latency_s / 2)
        with server.lock:
            server.at_once -= 1
        answer = b'{"meta": {"status": "Created", "id": 5}}'
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the library
        """Keep the output clean."""


@contextmanager
def _far_server(*, latency_s: float, jitter_s: float) -> Iterator[FarServer]:
    server = FarServer(latency_s=latency_s, jitter_s=jitter_s)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _fill(server: FarServer, count: int, *, at_once: int = AT_ONCE) -> float:
    """Add so many cases; return how many seconds it took."""
    url = f"http://127.0.0.1:{server.server_address[1]}"
    connection = Connection(
        url,
        facts=JAMA,
        session=open_session(url, environ={}),
        login=BasicLogin("ann", lambda: "s3cret", remedy="check JAMA_PASSWORD"),
        limits=Limits(at_once=at_once),
    )
    changes = ChangeLog(is_allowed=True, observer=Observer())
    client = JamaClient(HttpApi(connection), at_once=at_once)
    filling = Filling(client, TestPlan(1, "Release 1"), Group(2, "Group"), changes, count=0)
    cases = [Case(CaseRef(RefKind.API_ID, str(each)), each) for each in range(count)]
    begun_at = time.monotonic()
    added, refused = filling.add(cases, [""] * count)
    took_s = time.monotonic() - begun_at
    connection.close()
    assert (added, refused) == (cases, [])
    return took_s


@pytest.mark.parametrize("jitter_s", [0, 0.01], ids=["steady", "jittery"])
def test_cases_far_away_come_in_their_order_and_many_are_under_way(jitter_s: float) -> None:
    # A busy machine may hold back a thread for longer than the 37 ms between two requests: it has
    # four times to try, and may do so once. Neighbours that race change places all the time.
    swaps = []
    for _ in range(4):
        with _far_server(latency_s=0.3, jitter_s=jitter_s) as server:
            _fill(server, MANY)
        assert sorted(server.group) == list(range(MANY))
        assert AT_ONCE / 2 <= server.most_at_once <= AT_ONCE
        swaps.append(sum(former > latter for former, latter in pairwise(server.group)))
        if not swaps[-1]:
            break
    assert min(swaps) <= 1


def test_filling_is_several_times_as_fast_as_one_after_the_other() -> None:
    with _far_server(latency_s=0.05, jitter_s=0) as server:
        best_s = min(_fill(server, 60) for _ in range(3))
        assert _fill(server, 60, at_once=1) > 3 * best_s


def _order(world: JamaWorld) -> list[int]:
    """Return the cases of the plan's group, in its order."""
    (plan,) = world.store.plans(world.key)
    return [case for group in world.store.groups(plan.id) for case in group.case_ids]


def _resolve(world: JamaWorld, refs: list[CaseRef], **given: Any) -> Resolution:
    clocks, observer = given.pop("clocks", None), given.pop("observer", Observer())
    target = world.target(clocks=clocks, **given)
    return target.resolve(refs, create=True, observer=observer)


def _ids(world: JamaWorld, refs: list[CaseRef]) -> list[int]:
    return [world.case_ids[ref] for ref in refs]


def _shuffled(world: JamaWorld, count: int) -> list[CaseRef]:
    refs = world.add_cases(count)
    return sorted(refs, key=lambda ref: world.case_ids[ref] * 7 % count)


def test_the_order_is_that_of_the_tests_and_not_that_of_the_keys(world: JamaWorld) -> None:
    refs = _shuffled(world, 40)
    for plan in ("A", "B", "C"):
        resolution = _resolve(world, refs, plan=plan)
        changes = [each for each in resolution.changes if each.kind is ChangeKind.ADD]
        assert [each.what for each in changes] == [f"case {ref}" for ref in refs]
    orders = [
        list(group.case_ids)
        for plan in world.store.plans(world.key)
        for group in world.store.groups(plan.id)
    ]
    assert _ids(world, refs) in orders


@pytest.mark.parametrize("count", [60, 120])
def test_each_case_takes_one_request(count: int, make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(count)
    _resolve(world, refs)
    requests = [f"{each.method} {each.path}" for each in world.sandbox.requests]
    adds = [each for each in requests if each.startswith("POST") and each.endswith("/testcases")]
    assert len(adds) == count
    assert len(requests) - count <= 2 * math.ceil(count / 50) + 12


def _group_requests(world: JamaWorld) -> list[str]:
    """Return the methods of the requests for the cases of groups."""
    requests = world.sandbox.requests
    return [each.method for each in requests if each.path.endswith("/testcases")]


def test_cases_are_not_looked_for_in_a_plan_that_was_just_created(world: JamaWorld) -> None:
    _resolve(world, world.add_cases(3))
    assert _group_requests(world) == ["POST", "POST", "POST", "GET"]  # whether others add some


def test_a_group_that_was_just_created_is_looked_at_before_it_is_filled(world: JamaWorld) -> None:
    _resolve(world, world.add_cases(3), plan={"name": PLAN, "group": "Automated"})
    assert _group_requests(world) == ["GET", "POST", "POST", "POST", "GET"]


@dataclass
class _MeanwhileCreated(Observer):
    """Another session that creates the plan, with its cases, just before this one does."""

    world: JamaWorld

    def begins(self, change: Change) -> None:
        if change.what.startswith("test plan"):
            ids = list(self.world.case_ids.values())
            self.world.store.add_plan(self.world.key, PLAN, cases=ids)


def test_cases_are_looked_for_in_a_plan_that_was_found_when_it_was_to_be_created(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(3)
    fault = FailNext(count=1, status=429, method="POST", path="*/testplans")
    with world.sandbox.faults.during(fault):
        observer = _MeanwhileCreated(world)
        resolution = _resolve(world, refs, observer=observer, clocks=fake_time.clocks)
    assert list(resolution.runs) == refs
    assert _group_requests(world) == ["GET"]


def test_another_session_that_fills_a_new_plan_first_is_waited_for(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(4)

    def add_some(change: Change) -> None:
        if change.what.startswith("test plan"):
            (plan,) = world.store.plans(world.key)
            for each in _ids(world, refs)[:2]:
                world.store.add_to_plan(plan.id, each)

    resolution = _resolve(world, refs, observer=Told(add_some), clocks=fake_time.clocks)
    assert list(resolution.runs) == refs
    assert sorted(_order(world)) == _ids(world, refs)
    assert sum(fake_time.slept) >= 2


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "503", "429"])
def test_no_fault_loses_a_case_or_adds_one_twice(kind: str, make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(60)
    fault = RandomFault(kind, probability=0.2, method="POST", path=POSTS)
    told = Told()
    with world.sandbox.faults.during(fault):
        resolution = _resolve(world, refs, clocks=HURRIED, observer=told)
    assert list(resolution.runs) == refs
    assert sorted(_order(world)) == sorted(_ids(world, refs))
    assert told.retries
    places = {case: place for place, case in enumerate(_order(world))}
    late = [places[case] - place for place, case in enumerate(_ids(world, refs))]
    assert max(late) < 4 * AT_ONCE


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_in_the_middle_is_one_of_its_case_alone(status: int, world: JamaWorld) -> None:
    refs = world.add_cases(20)
    fault = RandomFault(str(status), method="POST", path=POSTS, after=10, times=1)
    with world.sandbox.faults.during(fault):
        resolution = _resolve(world, refs)
    (unresolved,) = resolution.unresolved
    assert [ref for ref in refs if ref in resolution.runs] == list(resolution.runs)
    assert {*resolution.runs, unresolved.case_ref} == set(refs)


def test_sessions_that_add_the_same_cases_add_each_once(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(90)
    world.store.add_plan(world.key, "Release 1")
    shards = [refs[:60], refs[30:]]
    found: dict[int, Resolution] = {}
    start = threading.Barrier(2)

    def run(number: int) -> None:
        target = world.target(clocks=HURRIED)
        start.wait(5)
        found[number] = target.resolve(shards[number], create=True, observer=Observer())

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(_order(world)) == _ids(world, refs)
    assert len({each.cycle.place_id for each in found.values()}) == 1


@dataclass
class _Interrupt:
    """Ctrl-C after some changes."""

    left: int

    def __call__(self, change: Change) -> None:
        self.left -= change.kind is ChangeKind.ADD
        if not self.left:
            raise KeyboardInterrupt


def test_ctrl_c_ends_it_at_once_and_another_upload_adds_the_rest(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(60)
    with pytest.raises(KeyboardInterrupt):
        _resolve(world, refs, observer=Told(_Interrupt(20)))
    assert 20 <= len(_order(world)) <= 20 + 2 * AT_ONCE
    resolution = _resolve(world, refs)
    assert list(resolution.runs) == refs
    assert sorted(_order(world)) == sorted(_ids(world, refs))


def test_changes_are_told_in_the_calling_thread(world: JamaWorld) -> None:
    threads: set[int] = set()
    _resolve(
        world, world.add_cases(20), observer=Told(lambda _: threads.add(threading.get_ident()))
    )
    assert threads == {threading.get_ident()}


def test_a_server_out_of_reach_gets_few_more_requests(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(100)
    fault = RandomFault("503", after=60)
    with (
        world.sandbox.faults.during(fault),
        pytest.raises(OutOfReachError, match="nothing succeeded"),
    ):
        _resolve(world, refs, clocks=fake_time.clocks, upload={"give_up_after": "60s"})
    before = world.sandbox.requests
    time.sleep(0.2)
    assert len(world.sandbox.requests) == len(before)
    posted = {each.path for each in before if each.method == "POST"}
    assert posted
    assert len(before) < 60 + 20 * AT_ONCE


def test_a_conflict_of_several_at_once_is_tried_again(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(20)
    fault = FailNext(count=6, status=409, method="POST", path=POSTS)
    with world.sandbox.faults.during(fault):
        resolution = _resolve(world, refs, clocks=fake_time.clocks)
    assert list(resolution.runs) == refs


def test_many_cases_that_another_session_has_added_are_looked_up_together(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    refs = world.add_cases(60)

    def add_the_rest(change: Change) -> None:
        (plan,) = world.store.plans(world.key)
        if change.kind is ChangeKind.ADD and len(_order(world)) < len(refs):
            for each in _ids(world, refs)[2 * AT_ONCE :]:
                world.store.add_to_plan(plan.id, each)

    resolution = _resolve(world, refs, clocks=HURRIED, observer=Told(add_the_rest))
    assert list(resolution.runs) == refs
    assert sorted(_order(world)) == _ids(world, refs)
    looks = [each for each in world.sandbox.requests if "/testcases/" in each.path]
    assert looks == []
