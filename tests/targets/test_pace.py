from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.targets.pace import HOSTED_RATE_PER_S, Pace, find_rate_per_s

if TYPE_CHECKING:
    from tests.targets.scripted import FakeTime


def _pace(limit: float | None, time: FakeTime) -> Pace:
    return Pace(limit, clock=time.clock, sleep=time.sleep)


@pytest.mark.parametrize(
    "url, rate, expected",
    [
        ("https://acme.jamacloud.com", "auto", HOSTED_RATE_PER_S),
        ("https://ACME.JamaCloud.com/", "auto", HOSTED_RATE_PER_S),
        ("https://acme.jamasoftware.net", "auto", HOSTED_RATE_PER_S),
        ("https://jama.acme.example/contour", "auto", None),
        ("https://jamacloud.com.acme.example", "auto", None),
        ("http://127.0.0.1:8080", "auto", None),
        ("https://acme.jamacloud.com", 3, 3.0),
        ("https://jama.acme.example", 2.5, 2.5),
    ],
)
def test_hosted_servers_get_the_documented_rate(
    url: str, rate: float | str, expected: float | None
) -> None:
    assert find_rate_per_s(url, rate=rate) == expected


def test_the_hosted_rate_never_exceeds_ten_in_any_second(fake_time: FakeTime) -> None:
    pace = _pace(HOSTED_RATE_PER_S, fake_time)
    starts = []
    for _ in range(60):
        pace.wait_for_turn()
        starts.append(fake_time.now)
    assert max(sum(start <= other <= start + 1 for other in starts) for start in starts) <= 10


def test_without_a_limit_nobody_waits(fake_time: FakeTime) -> None:
    pace = _pace(None, fake_time)
    for _ in range(100):
        pace.wait_for_turn()
    assert fake_time.slept == []


def test_an_idle_time_is_not_saved_up_for_a_burst(fake_time: FakeTime) -> None:
    pace = _pace(2, fake_time)
    pace.wait_for_turn()
    fake_time.now += 60
    for _ in range(3):
        pace.wait_for_turn()
    assert fake_time.slept == [0.5, 0.5]


def test_a_complaint_halves_the_rate(fake_time: FakeTime) -> None:
    pace = _pace(8, fake_time)
    pace.slow_down()
    assert pace.rate_per_s == 4


def test_complaints_about_one_burst_halve_the_rate_once(fake_time: FakeTime) -> None:
    pace = _pace(8, fake_time)
    for _ in range(5):
        pace.slow_down()
    assert pace.rate_per_s == 4


def test_an_unlimited_rate_is_halved_from_what_was_sent(fake_time: FakeTime) -> None:
    pace = _pace(None, fake_time)
    for _ in range(40):
        fake_time.now += 0.05
        pace.wait_for_turn()
    pace.slow_down()
    assert pace.rate_per_s == pytest.approx(10, abs=0.5)


def test_a_complaint_at_the_start_of_a_small_upload_costs_it_little(fake_time: FakeTime) -> None:
    pace = _pace(None, fake_time)
    pace.wait_for_turn()
    pace.slow_down()
    assert pace.rate_per_s == 4


def test_successes_bring_the_rate_back_to_the_limit_and_no_further(fake_time: FakeTime) -> None:
    pace = _pace(8, fake_time)
    pace.slow_down()
    for _ in range(10):
        pace.speed_up()
    assert 4 < (pace.rate_per_s or 0) < 8
    for _ in range(100):
        pace.speed_up()
    assert pace.rate_per_s == 8


def test_many_complaints_never_stop_everything(fake_time: FakeTime) -> None:
    pace = _pace(8, fake_time)
    for _ in range(50):
        fake_time.now += 10
        pace.slow_down()
    assert pace.rate_per_s == 2
