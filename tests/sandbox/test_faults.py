"""Faults: pure judges, and what they do to requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import (
    Arrival,
    Effect,
    FailNext,
    Fault,
    FaultBox,
    Judge,
    Latency,
    Throttle,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World
    from tests.sandbox.conftest import Clock


def arrive(judge: Judge, at_s: float = 0.0, *, method: str = "GET", path: str = "/x") -> Effect:
    return judge(Arrival(method=method, path=path, at_s=at_s))


def test_a_throttle_lets_as_many_through_as_its_queue_holds() -> None:
    judge = Throttle(rate_per_s=10, queue=3).judge()
    assert [arrive(judge).status for _ in range(5)] == [None, None, None, 429, 429]


def test_a_throttle_recovers_as_its_queue_drains() -> None:
    judge = Throttle(rate_per_s=10, queue=2).judge()
    times = [0.0, 0.0, 0.05, 0.1, 0.15, 5.0, 5.0, 5.0]
    passed = [arrive(judge, at_s).status is None for at_s in times]
    assert passed == [True, True, False, True, False, True, True, False]


@pytest.mark.parametrize("rate", [1.0, 9.0])
def test_a_client_below_the_rate_is_never_throttled(rate: float) -> None:
    judge = Throttle(rate_per_s=10, queue=1).judge()
    assert all(arrive(judge, n / rate).status is None for n in range(100))


@pytest.mark.parametrize(
    "form, headers",
    [
        ("none", ()),
        ("seconds", (("Retry-After", "2"),)),
        ("date", (("Retry-After", "Thu, 01 Jan 1970 00:01:42 GMT"),)),
    ],
)
def test_a_throttle_says_when_to_come_back(form: str, headers: object) -> None:
    judge = Throttle(rate_per_s=0.5, queue=1, retry_after=form).judge()  # type: ignore[arg-type]
    arrive(judge, 100)
    assert arrive(judge, 100).headers == headers


def test_a_queue_of_nothing_refuses_everything() -> None:
    assert arrive(Throttle(queue=0).judge()).message == "No requests allowed"


def test_the_next_fitting_requests_fail() -> None:
    judge = FailNext(count=2, status=503, method="patch", path="/testruns/*").judge()
    arrivals = [("PATCH", "/testruns/1"), ("GET", "/testruns/1"), ("PATCH", "/items/1")]
    arrivals += [("PATCH", "/testruns/2"), ("PATCH", "/testruns/3")]
    found = [arrive(judge, method=method, path=path).status for method, path in arrivals]
    assert found == [503, None, None, 503, None]


def test_the_first_refusal_is_the_last_effect() -> None:
    box = FaultBox()
    faults: list[Fault] = [Latency(delay_s=1), FailNext(count=1, status=500), Latency(delay_s=2)]
    for fault in faults:
        box.add(fault)
    arrival = Arrival(method="GET", path="/", at_s=0)
    assert [effect.delay_s for effect in box.effects(arrival)] == [1, 0]
    assert [effect.delay_s for effect in box.effects(arrival)] == [1, 0, 2]


def test_faults_can_be_taken_away() -> None:
    box = FaultBox()
    arrival = Arrival(method="GET", path="/", at_s=0)
    with box.during(Latency(delay_s=1)):
        number = box.add(Latency(delay_s=2))
        assert len(box.effects(arrival)) == 2
    box.remove(number)
    assert box.effects(arrival) == []


def test_a_throttled_request_gets_an_envelope_and_is_not_executed(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world()
    body = {"project": world.project, "fields": {"name": "P"}}
    with world.sandbox.faults.during(Throttle(rate_per_s=1, queue=1, retry_after="seconds")):
        answers = [world.api.post("/testplans", body) for _ in range(2)]
        clock.now_s += 1
        answers.append(world.api.post("/testplans", body))
    assert [answer.status for answer in answers] == [201, 429, 201]
    assert answers[1].body["meta"]["status"] == "Too Many Requests"
    assert answers[1].headers["Retry-After"] == "1"
    assert len(world.store.plans(world.key)) == 2


def test_requests_fail_on_demand(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.sandbox.fail_next(1, 503, method="GET", path="/users/*")
    found = [world.api.get(path).status for path in ("/projects", "/users/current", "/users/17")]
    assert found == [200, 503, 200]


def test_latency_delays_and_serves(make_world: Callable[..., World]) -> None:
    world = make_world()
    with world.sandbox.faults.during(Latency(delay_s=0.001)):
        assert world.api.get("/users/current").status == 200
