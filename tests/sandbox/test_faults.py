"""Faults: pure judges, and the box they are kept in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import (
    ActiveFaults,
    Effect,
    FailNext,
    Fault,
    IncomingRequest,
    Judge,
    Latency,
)
from pytest_jama.sandbox.serving import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World


def arrive(judge: Judge, at_s: float = 0.0, *, method: str = "GET", path: str = "/x") -> Effect:
    return judge(IncomingRequest(method=method, path=path, at_s=at_s))


def test_the_next_fitting_requests_fail() -> None:
    judge = FailNext(count=2, status=503, method="patch", path="/testruns/*").judge()
    arrivals = [("PATCH", "/testruns/1"), ("GET", "/testruns/1"), ("PATCH", "/items/1")]
    arrivals += [("PATCH", "/testruns/2"), ("PATCH", "/testruns/3")]
    found = [arrive(judge, method=method, path=path).status for method, path in arrivals]
    assert found == [503, None, None, 503, None]


def test_the_first_refusal_is_the_last_effect() -> None:
    box = ActiveFaults()
    faults: list[Fault] = [Latency(delay_s=1), FailNext(count=1, status=500), Latency(delay_s=2)]
    for fault in faults:
        box.add(fault)
    arrival = IncomingRequest(method="GET", path="/", at_s=0)
    assert [effect.delay_s for effect in box.effects(arrival)] == [1, 0]
    assert [effect.delay_s for effect in box.effects(arrival)] == [1, 0, 2]


def test_faults_can_be_taken_away() -> None:
    box = ActiveFaults()
    arrival = IncomingRequest(method="GET", path="/", at_s=0)
    with box.during(Latency(delay_s=1)):
        number = box.add(Latency(delay_s=2))
        assert len(box.effects(arrival)) == 2
    box.remove(number)
    assert box.effects(arrival) == []


def test_the_box_counts_what_was_played_by_name() -> None:
    box = ActiveFaults(FailNext(count=2, status=500), Latency(delay_s=1))
    for _ in range(3):
        box.effects(IncomingRequest(method="GET", path="/", at_s=0))
    assert box.played == {"fail-next": 2}


def test_an_empty_box_is_known_as_such() -> None:
    box = ActiveFaults()
    with box.during(Latency(delay_s=1)):
        assert not box.is_empty
    assert box.is_empty


def test_all_faults_can_be_taken_away_at_once() -> None:
    box = ActiveFaults(Latency(delay_s=1), FailNext(count=1, status=500))
    box.clear()
    assert box.is_empty


def test_requests_fail_on_demand(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.sandbox.fail_next(1, 503, method="GET", path="/users/*")
    found = [world.api.get(path).status for path in ("/projects", "/users/current", "/users/17")]
    assert found == [200, 503, 200]


def test_latency_delays_and_serves(make_world: Callable[..., World]) -> None:
    world = make_world()
    with world.sandbox.faults.during(Latency(delay_s=0.001)):
        assert world.api.get("/users/current").status == 200
    assert [each.faults for each in world.sandbox.requests] == [()]


def test_an_application_that_another_server_serves_says_what_faults_need() -> None:
    with pytest.raises(RuntimeError, match=r"serve the app with Sandbox\(\)"):
        connection_of({"type": "http", "state": {}})
