"""What each kind of fault does to real requests over real connections."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pytest_jama.sandbox.faults import ALL_KINDS, KINDS, FailNext, FaultKind, Latency, RandomFault
from pytest_jama.sandbox.jama.server import Sandbox
from tests.sandbox.client import World, add
from tests.sandbox.wire import Line, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.jama.model import Node
    from pytest_jama.sandbox.recorder import RecordedRequest

PASSED = [add("testRunStatus", "PASSED")]
WRITING = [kind for kind in ALL_KINDS if kind.can_meet("PATCH")]


def quick(name: str, **more: Any) -> RandomFault:
    """Make a fault that no one has to wait for."""
    return RandomFault(name, wait_s=0.0001 if KINDS[name].wait_s else None, **more)


def last_request(world: World) -> RecordedRequest:
    return world.sandbox.requests[-1]


def met(world: World, run: Node, kind: FaultKind) -> RecordedRequest:
    """Let a PATCH meet a fault, and wait until all is over on the server's side."""
    world.sandbox.clear_requests()
    with (
        world.sandbox.faults.during(quick(kind.name)),
        Line(world.sandbox, "PATCH", f"/testruns/{run.id}", PASSED),
    ):
        assert eventually(lambda: len(world.sandbox.requests) == 1)
    return last_request(world)


@pytest.mark.parametrize("kind", WRITING, ids=lambda kind: kind.name)
def test_a_request_is_processed_or_not_as_the_table_says(world: World, kind: FaultKind) -> None:
    run = world.run()
    met(world, run, kind)
    expected = "PASSED" if kind.processed == "yes" else "NOT_RUN"
    assert world.now(run).status == expected


@pytest.mark.parametrize("kind", WRITING, ids=lambda kind: kind.name)
def test_the_record_names_the_fault_and_what_became_of_the_request(
    world: World, kind: FaultKind
) -> None:
    run = world.run()
    request = met(world, run, kind)
    assert request.faults == (kind.name,)
    assert request.served == (None if kind.processed == "no" else 200)
    assert request.body == PASSED


STATUSES = {"locked": 403, "garbage": 200, "empty": 200, "slow": 200, "drip": 200, "lie": 200}


@pytest.mark.parametrize(
    "name",
    [kind.name for kind in ALL_KINDS if kind.name[:3].isdecimal()] + list(STATUSES),
)
def test_a_fault_with_an_answer_answers(world: World, name: str) -> None:
    run = world.run()
    with world.sandbox.faults.during(quick(name)):
        answer = world.api.patch(f"/testruns/{run.id}", *PASSED)
    expected = STATUSES[name] if name in STATUSES else int(name[:3])
    assert (answer.status, last_request(world).status) == (expected, expected)


@pytest.mark.parametrize("name", ["400", "403", "404", "429", "429-date", "500", "503", "locked"])
def test_a_refusal_of_jama_says_so_in_its_envelope(world: World, name: str) -> None:
    with world.sandbox.faults.during(quick(name)):
        assert f"fault {name}" in world.api.post("/testplans", {}).message


@pytest.mark.parametrize("name", ["502", "504", "garbage"])
def test_a_proxy_answers_with_a_page(world: World, name: str) -> None:
    with world.sandbox.faults.during(quick(name)):
        answer = world.api.get("/users/current")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"</html>" in answer.body


@pytest.mark.parametrize("name", ["reset-before", "reset-after"])
def test_a_reset_connection_is_really_reset(world: World, name: str) -> None:
    with (
        world.sandbox.faults.during(quick(name)),
        Line(world.sandbox, "GET", "/users/current") as line,
        pytest.raises(ConnectionResetError),
    ):
        line.read()
    assert last_request(world).status is None


@pytest.mark.parametrize("name", ["drop-before", "drop-after"])
def test_a_dropped_connection_is_closed_in_order_without_a_byte(world: World, name: str) -> None:
    with (
        world.sandbox.faults.during(quick(name)),
        Line(world.sandbox, "POST", "/testplans", {"much": "x" * 300_000}) as line,
    ):
        assert line.read() == b""
    assert last_request(world).status is None


@pytest.mark.parametrize("name", ["hang-before", "hang-after"])
def test_a_hanging_request_is_silent_and_the_connection_stays_open(world: World, name: str) -> None:
    world.sandbox.clear_requests()
    with (
        world.sandbox.faults.during(quick(name)),
        Line(world.sandbox, "GET", "/users/current") as line,
    ):
        assert eventually(lambda: len(world.sandbox.requests) == 1)
        assert line.is_silent()
    assert last_request(world).status is None


def test_half_of_a_truncated_body_arrives(world: World) -> None:
    with (
        world.sandbox.faults.during(quick("truncate")),
        Line(world.sandbox, "GET", "/users/current") as line,
    ):
        head, _, body = line.read().partition(b"\r\n\r\n")
    announced = int(head.partition(b"content-length: ")[2].split()[0])
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == announced // 2


def test_an_empty_answer_has_the_right_status_and_no_body(world: World) -> None:
    with world.sandbox.faults.during(quick("empty")):
        answer = world.api.post(
            "/testplans", {"project": world.project, "fields": {"name": "Empty"}}
        )
    assert (answer.status, answer.body) == (201, b"")
    assert [plan.name for plan in world.store.plans(world.key)] == ["Empty"]


def test_a_dripping_answer_arrives_byte_by_byte_and_whole(world: World) -> None:
    with (
        world.sandbox.faults.during(RandomFault("drip", wait_s=0.002)),
        Line(world.sandbox, "GET", "/users/current") as line,
    ):
        head, _, body = line.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(body)["data"]["id"] == 17


def test_an_expired_token_stays_expired_and_another_one_works(world: World) -> None:
    with requests.Session() as session:
        expired, fresh = token(world, session), token(world, session)
        with world.sandbox.faults.during(RandomFault("401", times=1)):
            found = [status(world, session, each) for each in (expired, expired, fresh)]
    assert found == [401, 401, 200]


def token(world: World, session: requests.Session) -> str:
    credentials = world.sandbox.credentials
    answer = session.post(
        f"{world.sandbox.url}/rest/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(credentials.client_id, credentials.client_secret),
        timeout=5,
    )
    return str(answer.json()["access_token"])


def status(world: World, session: requests.Session, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    url = f"{world.api.url}/users/current"
    return session.get(url, headers=headers, timeout=5).status_code


def test_a_lock_is_refused_as_the_knob_says(make_world: Callable[..., World]) -> None:
    world = make_world(locked_write="423")
    run = world.run()
    with world.sandbox.faults.during(RandomFault("locked")):
        assert world.api.patch(f"/testruns/{run.id}", *PASSED).status == 423
        assert world.api.get(f"/testruns/{run.id}").status == 200


def test_a_lie_about_something_new_names_an_id_that_is_never_given_again(world: World) -> None:
    body = {"project": world.project, "fields": {"name": "Plan"}}
    with world.sandbox.faults.during(RandomFault("lie", times=1)):
        told = world.api.post("/testplans", body)
        true = world.api.post("/testplans", body)
    assert (told.status, true.status) == (201, 201)
    assert told.id != true.id
    assert [plan.id for plan in world.store.plans(world.key)] == [true.id]


def test_a_lie_about_a_wrong_request_is_a_refusal(world: World) -> None:
    with world.sandbox.faults.during(RandomFault("lie")):
        assert world.api.post("/testplans", {"nonsense": 1}).status == 400


def test_lies_take_nothing_true_with_them(world: World) -> None:
    runs = world.store.runs(world.cycle(*[0] * 40))
    with (
        world.sandbox.faults.during(RandomFault("lie", probability=0.5, seed=5)),
        ThreadPoolExecutor(max_workers=8) as executor,
    ):
        paths = [f"/testruns/{run.id}" for run in runs]
        list(executor.map(lambda path: patch_once(world, path), paths))
    lied_about = {each.path for each in world.sandbox.requests if each.faults == ("lie",)}
    found = {path: world.now(run).status for path, run in zip(paths, runs, strict=True)}
    assert found == {path: "NOT_RUN" if path in lied_about else "PASSED" for path in paths}
    assert 5 < len(lied_about & set(paths)) < 35


def patch_once(world: World, path: str) -> None:
    credentials = (world.sandbox.credentials.username, world.sandbox.credentials.password)
    requests.patch(world.api.url + path, json=PASSED, auth=credentials, timeout=10)


def test_a_stale_list_lacks_what_is_new_for_a_while(make_world: Callable[..., World]) -> None:
    world = make_world()
    old = world.plan()
    query = {"params": {"project": world.project}}
    with world.sandbox.faults.during(RandomFault("stale", wait_s=2)):
        new = world.api.post("/testplans", {"project": world.project, "fields": {"name": "New"}}).id
        early = world.api.get("/testplans", **query)
        world.sandbox.store.database.clock.now_s += 2  # type: ignore[attr-defined]
        late = world.api.get("/testplans", **query)
        assert world.api.get(f"/testplans/{new}").status == 200
    assert (early.ids, early.total) == ([old], 1)
    assert (late.ids, late.total) == ([old, new], 2)
    assert world.sandbox.faults.played == {"stale": 1}


def test_a_list_that_lags_shows_what_was_there_before_a_change(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    run = world.run()
    query = {"params": {"testCycle": run.cycle_id}}

    def listed() -> list[str]:
        rows = world.api.get("/testruns", **query).data
        return [row["fields"]["testRunStatus"] for row in rows]

    with world.sandbox.faults.during(RandomFault("lag", wait_s=2)):
        world.api.patch(f"/testruns/{run.id}", *PASSED)
        world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "FAILED"))
        early, there = listed(), world.api.get(f"/testruns/{run.id}").data
        world.sandbox.store.database.clock.now_s += 2  # type: ignore[attr-defined]
        late = listed()
    assert (early, late) == (["NOT_RUN"], ["FAILED"])
    assert there["fields"]["testRunStatus"] == "FAILED"
    assert world.sandbox.faults.played == {"lag": 1}


def test_a_lost_page_has_no_rows_and_the_total_of_the_list(world: World) -> None:
    plans = [world.plan(), world.plan()]
    query = {"params": {"project": world.project}}
    with world.sandbox.faults.during(RandomFault("lost-page", times=1)):
        lost = world.api.get("/testplans", **query)
        again = world.api.get("/testplans", **query)
    with world.sandbox.faults.during(RandomFault("lost-page")):
        assert world.api.get(f"/testplans/{plans[0]}").data["id"] == plans[0]
    assert (lost.ids, lost.total) == ([], 2)
    assert (again.ids, again.total) == (plans, 2)


def test_a_stale_refusal_is_a_refusal(world: World) -> None:
    with world.sandbox.faults.during(RandomFault("stale")):
        world.api.post("/testplans", {"project": world.project, "fields": {"name": "P"}})
        assert world.api.get("/testplans", params={"project": "nonsense"}).status == 400


def test_what_a_lost_answer_created_can_be_late_as_well(world: World) -> None:
    plan = world.plan(*world.cases(0))
    path = f"/testplans/{plan}/testcycles"
    body = {"fields": {"name": "C", "startDate": "2024-05-31", "endDate": "2024-06-30"}}
    with world.sandbox.faults.during(
        RandomFault("stale"), RandomFault("drop-after", method="POST")
    ):
        with pytest.raises(requests.ConnectionError):
            world.api.post(path, body)
        assert world.api.get(path).ids == []
    assert len(world.api.get(path).ids) == 1


def test_a_case_is_late_in_its_group_and_not_elsewhere(world: World) -> None:
    plan = world.plan()
    (case,) = world.cases(0)
    group = world.api.get(f"/testplans/{plan}/testgroups").ids[0]
    cases = f"/testplans/{plan}/testgroups/{group}/testcases"
    with world.sandbox.faults.during(RandomFault("stale")):
        world.api.post(cases, {"testCase": case})
        assert world.api.get(cases).ids == []
        found = world.api.get("/abstractitems", params={"project": world.project})
    assert case in found.ids


def test_a_slow_request_may_meet_something_else(world: World) -> None:
    faults = (quick("slow"), Latency(delay_s=0.0001), FailNext(count=1, status=503))
    with world.sandbox.faults.during(*faults):
        assert world.api.get("/users/current").status == 503
    assert last_request(world).faults == ("slow", "fail-next")


def test_a_slow_server_processes_what_the_client_has_given_up(world: World) -> None:
    run = world.run()
    world.sandbox.clear_requests()
    with world.sandbox.faults.during(RandomFault("slow", wait_s=0.05)):
        with Line(world.sandbox, "PATCH", f"/testruns/{run.id}", PASSED):
            pass
        assert eventually(lambda: len(world.sandbox.requests) == 1)
    assert world.now(run).status == "PASSED"


@pytest.mark.parametrize("name", ["hang-before", "hang-after", "slow", "drip"])
def test_a_fault_that_takes_its_time_does_not_delay_the_end(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    fault = RandomFault(name, wait_s=300 if KINDS[name].wait_s else None)
    with Sandbox(faults=[fault]) as sandbox, Line(sandbox, "GET", "/users/current") as line:
        assert eventually(lambda: sandbox.faults.played == {name: 1})
        sandbox.stop()
        assert b"}" not in line.read()
    assert caplog.records == []
