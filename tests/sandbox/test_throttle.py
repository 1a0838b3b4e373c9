"""The throttle: strict without a queue, late with one, and never above its rate."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.sandbox.faults import Effect, IncomingRequest, Throttle
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.sandbox.client import World
    from tests.sandbox.conftest import Clock


def effects(throttle: Throttle, times_s: Sequence[float]) -> list[Effect]:
    judge = throttle.judge()
    return [judge(IncomingRequest(method="GET", path="/x", at_s=at_s)) for at_s in times_s]


def begins(throttle: Throttle, times_s: Sequence[float]) -> list[float | None]:
    """Return when each request begins; None for one that is refused."""
    return [
        None if effect.status else round(at_s + effect.delay_s, 3)
        for at_s, effect in zip(times_s, effects(throttle, times_s), strict=True)
    ]


def test_a_strict_server_refuses_at_once_what_is_above_its_rate() -> None:
    found = effects(Throttle(rate_per_s=10, queue=0), [0.0] * 12)
    assert [effect.status for effect in found] == [None] * 10 + [429] * 2
    assert {effect.delay_s for effect in found} == {0.0}


def test_a_strict_server_serves_again_a_second_after_what_it_served() -> None:
    times = [0.0, 0.3, 0.9, 1.0, 1.2, 1.3, 1.31]
    expected = [0.0, 0.3, None, 1.0, None, 1.3, None]
    assert begins(Throttle(rate_per_s=2, queue=0), times) == expected


def test_a_queue_lets_requests_wait_until_it_is_full() -> None:
    found = begins(Throttle(rate_per_s=2, queue=3), [0.0] * 6)
    assert found == [0.0, 0.0, 1.0, 1.5, 2.0, None]


def test_a_queue_takes_more_as_it_drains() -> None:
    found = begins(Throttle(rate_per_s=2, queue=1), [0.0, 0.0, 0.1, 0.2, 1.1, 1.2])
    assert found == [0.0, 0.0, 1.0, None, 1.1, 2.0]


def test_200_requests_at_once_take_the_documented_throttle_as_long_as_its_rate_says() -> None:
    found = begins(Throttle(), [0.0] * 200)
    served = [begin for begin in found if begin is not None]
    assert (len(served), max(served)) == (110, 10.9)


@every("rate", [0.5, 1.0, 9.0, 9.99])
@every("start_s", [0.0, 1_700_000_000.3])
def test_a_client_below_the_rate_is_never_throttled(rate: float, start_s: float) -> None:
    limit = Throttle(rate_per_s=max(rate, 10 if rate > 1 else rate), queue=0)
    times = [start_s + number / rate for number in range(100)]
    assert {(effect.status, effect.delay_s) for effect in effects(limit, times)} == {(None, 0.0)}


@given(
    gaps_s=st.lists(st.floats(0, 0.6), max_size=60),
    rate=st.sampled_from([0.5, 1.0, 2.5, 10.0]),
    queue=st.integers(0, 5),
)
def test_no_window_sees_more_than_the_rate(gaps_s: list[float], rate: float, queue: int) -> None:
    times = [sum(gaps_s[:number]) for number in range(len(gaps_s))]
    throttle = Throttle(rate_per_s=rate, queue=queue)
    served = [
        at_s + effect.delay_s
        for at_s, effect in zip(times, effects(throttle, times), strict=True)
        if effect.status is None
    ]
    burst = max(1, math.floor(rate))
    spans = [last - first for first, last in zip(served, served[burst:], strict=False)]
    assert all(span >= burst / rate - 1e-4 for span in spans)


@every(
    "form, headers",
    [
        ("none", ()),
        ("seconds", (("Retry-After", "2"),)),
        ("date", (("Retry-After", "Thu, 01 Jan 1970 00:01:42 GMT"),)),
    ],
)
def test_a_throttle_says_when_to_come_back(form: str, headers: object) -> None:
    throttle = Throttle(rate_per_s=0.5, queue=0, retry_after=form)  # type: ignore[arg-type]
    assert effects(throttle, [100, 100])[1].headers == headers


def test_a_throttled_request_gets_an_envelope_and_is_not_executed(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world()
    body = {"project": world.project, "fields": {"name": "P"}}
    with world.sandbox.faults.during(Throttle(rate_per_s=1, queue=0, retry_after="seconds")):
        answers = [world.api.post("/testplans", body) for _ in range(2)]
        clock.now_s += 1
        answers.append(world.api.post("/testplans", body))
    assert [answer.status for answer in answers] == [201, 429, 201]
    assert answers[1].body["meta"]["status"] == "Too Many Requests"
    assert answers[1].message == "Too many requests were waiting"
    assert answers[1].headers["Retry-After"] == "1"
    assert len(world.store.plans(world.key)) == 2
    assert [each.faults for each in world.sandbox.requests] == [(), ("throttle",), ()]


def test_requests_in_the_queue_are_served_later(make_world: Callable[..., World]) -> None:
    world = make_world()
    with (
        world.sandbox.faults.during(Throttle(rate_per_s=50, queue=10)),
        ThreadPoolExecutor(max_workers=55) as executor,
    ):
        found = list(executor.map(lambda _: world.api.get("/users/current").status, range(55)))
    assert found == [200] * 55
