from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.targets.http.pace import Pace
from pytest_jama.targets.http.rate_limit import SLOWEST_RATE_PER_S, Rate
from pytest_jama.targets.jama.connect import JAMA
from tests.every import every
from tests.targets.limiters import (
    Limiter,
    Rehearsal,
    draining_queue,
    fixed_window,
    sliding_window,
    spacing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.targets.scripted import FakeTime


def _pace(limit: float | None, time: FakeTime) -> Pace:
    return Pace(limit, facts=JAMA, clock=time.clock, sleep=time.sleep)


def _starts(pace: Pace, count: int) -> list[float]:
    return [pace.wait_for_turn() for _ in range(count)]


@every(
    "url, rate, expected",
    [
        ("https://acme.jamacloud.com", "auto", 8),
        ("https://ACME.JamaCloud.com/", "auto", 8),
        ("https://acme.jamasoftware.net", "auto", 8),
        ("https://jama.acme.example/contour", "auto", None),
        ("https://jamacloud.com.acme.example", "auto", None),
        ("http://127.0.0.1:8080", "auto", None),
        ("https://acme.jamacloud.com", 3, 3.0),
        ("https://jama.acme.example", 2.5, 2.5),
    ],
)
def test_hosted_servers_get_most_of_the_documented_rate(
    url: str, rate: float | str, expected: float | None
) -> None:
    assert JAMA.find_rate_per_s(url, rate=rate) == expected


def test_the_hosted_rate_never_exceeds_eight_in_any_second(fake_time: FakeTime) -> None:
    starts = _starts(_pace(JAMA.own_rate_per_s, fake_time), 60)
    assert max(sum(start <= other <= start + 1 for other in starts) for start in starts) <= 8


def test_without_a_limit_nobody_waits(fake_time: FakeTime) -> None:
    _starts(_pace(None, fake_time), 100)
    assert fake_time.slept == []


def test_an_idle_time_is_made_up_for_in_no_second_alone(fake_time: FakeTime) -> None:
    pace = _pace(8, fake_time)
    pace.wait_for_turn()
    fake_time.now += 60
    starts = _starts(pace, 40)
    assert max(sum(start <= other <= start + 1 for other in starts) for start in starts) <= 8
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert gaps[0] == min(gaps) == pytest.approx(1.01 / 8 / 2)
    assert starts[-1] - starts[0] < 39 * 1.01 / 8 - 0.4


def test_the_first_refusal_ends_it_and_is_no_matter_of_the_rate(fake_time: FakeTime) -> None:
    pace = _pace(8, fake_time)
    pace.wait_for_turn()
    fake_time.now += 60
    starts = _starts(pace, 4)
    fake_time.now += 0.1
    for start in starts:
        pace.refused(start)
    assert pace.rate_per_s == 8
    fake_time.now += 60
    starts = _starts(pace, 20)
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 1 / 8


def test_a_late_start_does_not_bring_the_next_one_too_close() -> None:
    time = [0.0]

    def oversleep(seconds: float) -> None:
        time[0] += seconds + 0.04

    pace = Pace(10, facts=JAMA, clock=lambda: time[0], sleep=oversleep)
    starts = _starts(pace, 20)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps) >= 0.1


def test_what_the_server_asks_for_holds_everybody(fake_time: FakeTime) -> None:
    pace = _pace(None, fake_time)
    pace.refused(pace.wait_for_turn(), asked_s=7)
    pace.wait_for_turn()
    assert fake_time.slept == [7]


def test_nobody_is_held_for_hours(fake_time: FakeTime) -> None:
    pace = _pace(None, fake_time)
    pace.refused(pace.wait_for_turn(), asked_s=86_400)
    pace.wait_for_turn()
    assert fake_time.slept == [60]


def test_a_wait_that_is_cut_short_is_over() -> None:
    pace = Pace(0.001, facts=JAMA, clock=lambda: 1.0, sleep=lambda _: True)
    assert _starts(pace, 3) == [1.0] * 3


def test_a_lone_refusal_does_not_limit_an_unlimited_rate() -> None:
    rate = Rate(None, JAMA)
    rate.refused(1.0, now=1.1)
    rate.refused(9.0, now=9.1)
    assert rate.per_s is None


def test_two_refusals_do(fake_time: FakeTime) -> None:
    pace = _pace(None, fake_time)
    for start in _starts(pace, 2):
        pace.refused(start)
    assert pace.rate_per_s == JAMA.hosted_rate_per_s


@every("again_s", [0.06, 0.57, 0.76, 0.94])
def test_what_a_server_took_in_a_burst_is_its_rate_however_late_it_refuses_again(
    again_s: float,
) -> None:
    rate = Rate(None, JAMA)
    for number in range(10):
        rate.sent(number / 500)
        rate.admitted(number / 500, now=number / 500)
    rate.refused(0.022, now=0.023)
    assert rate.per_s is None
    rate.refused(again_s, now=again_s + 0.01)
    assert rate.per_s == 10


def test_a_late_refusal_of_a_burst_counts_against_the_burst_alone() -> None:
    rate = Rate(None, JAMA)
    burst = [number / 500 for number in range(12)]
    for sent_at in burst:
        rate.sent(sent_at)
    for sent_at in burst[10:]:
        rate.refused(sent_at, now=0.05)
    assert rate.per_s == 10
    for number in range(30):
        rate.sent(1.1 + number / 10)
    rate.refused(burst[9], now=5)
    assert rate.per_s == 9


@every("refusals", [1, 2])
def test_what_a_server_took_in_a_second_is_its_rate_when_a_found_one_is_refused(
    refusals: int,
) -> None:
    rate = Rate(15, JAMA)
    sent_at = [number / 14 for number in range(10 + refusals)]
    for each in sent_at:
        rate.sent(each)
    for each in sent_at[:10]:
        rate.admitted(each, now=each)
    for each in sent_at[10:]:
        rate.refused(each, now=1.0)
    assert rate.per_s == 10


def test_what_a_server_took_is_not_its_rate_where_we_sent_hardly_more() -> None:
    rate = Rate(50, JAMA)
    sent_at = [number / 45 for number in range(46)]
    for each in sent_at:
        rate.sent(each)
    for each in sent_at[:-1]:
        rate.admitted(each, now=each)
    rate.refused(sent_at[-1], now=1.1)
    assert rate.per_s == 49.5


def test_slow_requests_tell_little_of_what_a_server_takes() -> None:
    rate = Rate(None, JAMA)
    for number in range(3):
        rate.sent(number / 4)
        rate.admitted(number / 4, now=number / 4)
    rate.refused(0.75, now=0.8)
    rate.refused(1.0, now=1.1)
    assert rate.per_s == pytest.approx(2)


def test_refusals_of_requests_from_before_the_change_change_nothing() -> None:
    rate = Rate(8, JAMA)
    rate.refused(1.0, now=2.0)
    rate.refused(1.1, now=2.1)
    before = rate.per_s
    for sent_at in (1.2, 1.3, 1.4):
        rate.refused(sent_at, now=2.2)
    assert rate.per_s == before == pytest.approx(3.96)


def test_many_refusals_never_stop_everything() -> None:
    rate = Rate(8, JAMA)
    for second in range(100):
        rate.refused(second, now=second + 0.5)
    assert rate.per_s == SLOWEST_RATE_PER_S


def test_successes_bring_the_rate_back_to_the_limit_and_no_further() -> None:
    rate = Rate(8, JAMA)
    rate.refused(0.0, now=0.1)
    rate.refused(0.05, now=0.1)
    rates = []
    for second in range(1, 30):
        rate.admitted(second, now=second)
        rates.append(rate.per_s)
    assert rates[0] == pytest.approx(3.96)
    assert rates[-1] == 8


def test_what_comes_slowly_does_not_raise_a_rate_that_the_server_has_limited() -> None:
    paces: list[Pace] = []

    def keep(**options: Any) -> Pace:
        paces.append(paces[0] if paces else Pace(None, **options))
        return paces[0]

    rehearsal = Rehearsal(keep, sliding_window(10))
    rehearsal.send(200)
    refused = rehearsal.refused
    for _ in range(10):
        for _ in range(180):
            rehearsal.now += 0.3
            rehearsal.send(1)
        rehearsal.send(20)
    assert rehearsal.refused - refused <= 20


SERVERS: dict[str, Callable[[int], Limiter]] = {
    "queue of 100": partial(draining_queue, queue=100),
    "bucket of 10": partial(draining_queue, queue=10),
    "sliding window": sliding_window,
    "fixed window": fixed_window,
    "spacing": spacing,
}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Limiter:
    return SERVERS[request.param](10)


def test_a_known_limit_is_used_up_without_a_refusal(server: Limiter) -> None:
    rehearsal = Rehearsal(partial(Pace, 10), server)
    assert rehearsal.send(200) <= 1.05 * 200 / 10
    assert rehearsal.refused == 0


@every("kind", SERVERS)
def test_what_waiting_for_answers_costs_is_made_up_for(kind: str) -> None:
    paces: list[Pace] = []

    def keep(**options: Any) -> Pace:
        paces.append(paces[0] if paces else Pace(10, **options))
        return paces[0]

    rehearsal = Rehearsal(keep, SERVERS[kind](10), threads=1, latency_s=0.2)
    took_s = rehearsal.send(10)
    rehearsal.threads = 8
    took_s += rehearsal.send(100)
    evenly_s = 10 * 0.2 + 100 * 1.01 / 10 + 0.2
    assert took_s <= evenly_s - 0.19
    assert paces[0].rate_per_s == 10
    assert rehearsal.refused <= (3 if kind == "spacing" else 0)  # those that are under way by then


def test_an_unknown_limit_is_found_with_few_refusals(server: Limiter) -> None:
    rehearsal = Rehearsal(partial(Pace, None), server)
    assert rehearsal.send(200) <= 1.05 * 200 / 10
    assert rehearsal.refused <= 20


@every("kind", ["sliding window", "fixed window"])
@every("chain", [0, 4], ids=["at once", "after others"])
def test_an_unknown_limit_is_found_while_answers_take_long_and_refusals_do_not(
    kind: str, chain: int
) -> None:
    paces: list[Pace] = []

    def keep(**options: Any) -> Pace:
        paces.append(paces[0] if paces else Pace(None, **options))
        return paces[0]

    rehearsal = Rehearsal(keep, SERVERS[kind](10), threads=1, latency_s=0.2, refusal_s=0.004)
    took_s = rehearsal.send(chain)
    rehearsal.threads = 8
    took_s += rehearsal.send(200)
    assert took_s <= 1.05 * 200 / 10 + chain * 0.2
    assert rehearsal.refused <= 10


@every("limit", [10, None])
@every("slow", [4, 1])
@every("kind", ["sliding window", "fixed window", "spacing"])
def test_a_slower_server_is_backed_off_from(kind: str, slow: int, limit: float | None) -> None:
    rehearsal = Rehearsal(partial(Pace, limit), SERVERS[kind](slow))
    assert rehearsal.send(100) <= 1.2 * 100 / slow
    assert rehearsal.refused <= 35


def test_a_limit_above_the_usual_one_is_found_too() -> None:
    rehearsal = Rehearsal(partial(Pace, None), sliding_window(40))
    assert rehearsal.send(400) <= 1.05 * 400 / 40


def test_a_server_that_gets_slower_on_the_way_is_followed() -> None:
    fast, slow = sliding_window(10), sliding_window(3)
    rehearsal = Rehearsal(
        partial(Pace, 10), lambda now: (fast if now < 1_010 else slow)(now), latency_s=0.05
    )
    assert rehearsal.send(160) <= 1.1 * (10 + 60 / 3)


def test_many_threads_and_a_long_way_do_not_matter(server: Limiter) -> None:
    rehearsal = Rehearsal(partial(Pace, 10), server, threads=32, latency_s=0.8)
    assert rehearsal.send(200) <= 1.05 * (200 / 10 + 0.8)
    assert rehearsal.refused == 0
