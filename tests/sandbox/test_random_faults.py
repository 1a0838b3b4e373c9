"""How often, on which requests and from when on something goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import IncomingRequest, RandomFault
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNS = [f"/testruns/{number}" for number in range(1, 1001)]


def struck(
    fault: RandomFault, paths: Iterable[str], *, method: str = "PATCH", at_s: float = 0.0
) -> list[str]:
    judge = fault.judge()
    arrivals = [
        IncomingRequest(method=method, path=path, at_s=at_s, is_for_token=path == "/oauth/token")
        for path in paths
    ]
    return [each.path for each in arrivals if judge(each).name]


def test_without_a_probability_every_request_is_struck() -> None:
    assert struck(RandomFault("500"), RUNS[:3]) == RUNS[:3]


def test_a_probability_strikes_about_that_share() -> None:
    assert 160 < len(struck(RandomFault("500", probability=0.2), RUNS)) < 240


def test_a_seed_chooses_the_same_requests_in_whatever_order_they_come() -> None:
    fault = RandomFault("500", probability=0.2, seed=4711)
    assert set(struck(fault, RUNS)) == set(struck(fault, reversed(RUNS)))


def test_another_seed_and_another_kind_choose_other_requests() -> None:
    chosen = [
        tuple(struck(fault, RUNS))
        for fault in (
            RandomFault("500", probability=0.2, seed=1),
            RandomFault("500", probability=0.2, seed=2),
            RandomFault("drop-after", probability=0.2, seed=1),
        )
    ]
    assert len(set(chosen)) == 3


def test_each_attempt_at_a_request_has_a_chance_of_its_own() -> None:
    attempts = struck(RandomFault("500", probability=0.5), ["/testruns/1"] * 100)
    assert 30 < len(attempts) < 70


def test_the_first_requests_can_be_spared_and_the_number_limited() -> None:
    assert struck(RandomFault("500", after=2, times=3), RUNS[:10]) == RUNS[2:5]


def test_only_requests_that_fit_are_counted_and_struck() -> None:
    judge = RandomFault("500", method="patch", path="/testruns/*", after=1, times=1).judge()
    requests = ["GET /testruns/1", "PATCH /items/1"] + [f"PATCH /testruns/{n}" for n in (1, 2, 3)]
    arrivals = [request.split() for request in requests]
    found = [judge(IncomingRequest(method=m, path=p, at_s=0)).status for m, p in arrivals]
    assert found == [None, None, None, 500, None]


@every("kind", ["401", "locked", "lie"])
def test_a_kind_about_runs_leaves_the_token_alone_unless_it_is_named(kind: str) -> None:
    token = ["/oauth/token"]
    faults = [RandomFault(kind, path=path) for path in (None, "/*", "/oauth/token", "/oauth/*")]
    found = [bool(struck(fault, token, method="POST")) for fault in faults]
    assert found == [False, False, True, True]


@every("kind", ["locked", "lie", "stale"])
def test_a_kind_about_writing_or_lists_leaves_other_requests_alone(kind: str) -> None:
    method = "PATCH" if kind == "stale" else "GET"
    assert struck(RandomFault(kind), RUNS[:5], method=method) == []


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"'dropafter' is not a kind of fault; known are .*drop-after"
    ):
        RandomFault("dropafter")


@every(
    "kind, header",
    [
        ("429", "3"),
        ("503", "3"),
        ("429-date", "Thu, 01 Jan 1970 00:01:43 GMT"),
        ("429-bare", None),
        ("503-bare", None),
    ],
)
def test_a_refusal_says_when_to_come_back(kind: str, header: str | None) -> None:
    wait_s = None if header is None else 2.5
    judge = RandomFault(kind, wait_s=wait_s).judge()
    effect = judge(IncomingRequest(method="GET", path="/", at_s=100))
    assert dict(effect.headers).get("Retry-After") == header
