"""Requests that are sent in an order, in time that takes none."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import CredentialsError, OutOfReachError, RefusedError
from pytest_jama.targets.http.in_order import Turn, Turns
from pytest_jama.targets.jama.parallel import as_done

if TYPE_CHECKING:
    from tests.targets.scripted import FakeTime

AT_ONCE = 8
ANSWER_S = 0.8
LONG_S = 5


@pytest.fixture
def turns(fake_time: FakeTime) -> Turns:
    return Turns(AT_ONCE, clock=fake_time.clock, sleep=fake_time.sleep)


def _send(turn: Turn) -> Turn:
    turn.__enter__()
    turn.wait()
    turn.sent()
    return turn


def _answer(turn: Turn, error: BaseException | None = None) -> None:
    turn.__exit__(type(error) if error else None, error, None)


def _apart_s(before: Turn, after: Turn) -> float:
    """Return how many seconds lie between two requests."""
    assert before.sent_at is not None
    assert after.sent_at is not None
    return after.sent_at - before.sent_at


def _learned(turns: Turns, time: FakeTime) -> None:
    """Let the first request have its answer."""
    first = _send(turns.turn(0))
    time.now += ANSWER_S
    _answer(first)


def test_the_next_request_waits_for_its_part_of_the_time_that_an_answer_takes(
    turns: Turns, fake_time: FakeTime
) -> None:
    _learned(turns, fake_time)
    _send(turns.turn(1))
    _send(turns.turn(2))
    (slept_s,) = fake_time.slept
    assert 0.7 * ANSWER_S / AT_ONCE < slept_s <= ANSWER_S / AT_ONCE


def test_a_request_that_is_written_late_does_not_come_near_to_the_next_one(
    turns: Turns, fake_time: FakeTime
) -> None:
    _learned(turns, fake_time)
    late = turns.turn(1)
    late.__enter__()
    late.wait()
    fake_time.now += ANSWER_S
    late.sent()
    assert _apart_s(late, _send(turns.turn(2))) > 0.7 * ANSWER_S / AT_ONCE


def test_answers_in_another_order_make_the_time_between_two_requests_longer(
    turns: Turns, fake_time: FakeTime
) -> None:
    _learned(turns, fake_time)
    for number in range(1, 61, 2):
        before, after = _send(turns.turn(number)), _send(turns.turn(number + 1))
        fake_time.now = max(fake_time.now, (after.sent_at or 0) + ANSWER_S)
        _answer(after)
        _answer(before)
    assert _apart_s(before, after) > 1.5 * ANSWER_S / AT_ONCE
    for number in range(61, 121):
        turn = _send(turns.turn(number))
        fake_time.now += ANSWER_S
        _answer(turn)
    apart_s = _apart_s(_send(turns.turn(121)), _send(turns.turn(122)))
    assert 0 < apart_s <= ANSWER_S / AT_ONCE


def test_answers_whose_times_vary_make_it_longer_though_they_come_in_order(
    turns: Turns, fake_time: FakeTime
) -> None:
    _learned(turns, fake_time)
    for number in range(1, 30):
        turn = _send(turns.turn(number))
        fake_time.now += ANSWER_S + (0.2 if number % 2 else -0.2)
        _answer(turn)
    assert _apart_s(_send(turns.turn(30)), _send(turns.turn(31))) > 0.4


def test_a_long_time_between_two_requests_ends_when_all_are_answered(fake_time: FakeTime) -> None:
    under_way: list[Turn] = []

    def sleep(seconds: float) -> None:
        fake_time.sleep(seconds)
        if under_way:
            _answer(under_way.pop())

    turns = Turns(AT_ONCE, clock=fake_time.clock, sleep=sleep)
    _learned(turns, fake_time)
    for number in range(1, 31):
        turn = _send(turns.turn(number))
        fake_time.now += ANSWER_S * (5 if number % 10 == 0 else 1)
        _answer(turn)
    assert fake_time.slept == []  # as with one at a time
    before = _send(turns.turn(31))
    under_way.append(before)
    assert _apart_s(before, _send(turns.turn(32))) < ANSWER_S


def test_answers_that_a_queue_delays_more_and_more_do_not(
    turns: Turns, fake_time: FakeTime
) -> None:
    _learned(turns, fake_time)
    took_s = ANSWER_S
    for number in range(1, 30):
        turn = _send(turns.turn(number))
        took_s += 0.1
        fake_time.now += took_s
        _answer(turn)
    assert _apart_s(_send(turns.turn(30)), _send(turns.turn(31))) <= took_s / AT_ONCE


def test_requests_are_sent_in_their_order_whichever_thread_is_first(turns: Turns) -> None:
    sent: list[int] = []

    def send(number: int) -> None:
        turn = turns.turn(number)
        with turn:
            turn.wait()
            sent.append(number)
            turn.sent()

    threads = [threading.Thread(target=send, args=(number,)) for number in reversed(range(50))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert sent == list(range(50))


def test_what_has_to_be_sent_again_goes_before_all_that_was_not_sent_yet(
    turns: Turns, fake_time: FakeTime
) -> None:
    _learned(turns, fake_time)
    sent: list[int] = []
    both_sent, both_failed = threading.Barrier(2), threading.Barrier(2)

    def send(number: int, turn: Turn) -> None:
        with turn:
            turn.wait()
            sent.append(number)
            turn.sent()
            if number in (2, 3):
                both_sent.wait(LONG_S)
                turn.failed()
                both_failed.wait(LONG_S)
                turn.wait()
                sent.append(number)
                turn.sent()

    jobs = [partial(send, number, turns.turn(number)) for number in range(1, 10)]
    list(as_done(jobs, at_once=3))
    sent.remove(4)  # was under way, or not
    assert sent == [1, 2, 3, 2, 3, *range(5, 10)]


def test_a_request_that_is_never_sent_does_not_keep_the_others(turns: Turns) -> None:
    with turns.turn(0):
        pass
    with suppress(RefusedError), turns.turn(1):
        raise RefusedError("403", http_status=403)
    assert _send(turns.turn(2)).sent_at is not None


def test_an_error_ends_those_that_wait_with_the_same_error(turns: Turns) -> None:
    first, second = turns.turn(0), turns.turn(1)
    second.__enter__()
    _send(first)
    waiting = threading.Thread(target=lambda: _answer(first, CredentialsError("not let in")))
    waiting.start()
    with pytest.raises(CredentialsError, match="not let in"):
        second.wait()
    waiting.join(LONG_S)


def test_a_refusal_ends_no_other_one(turns: Turns) -> None:
    _answer(_send(turns.turn(0)), RefusedError("400", http_status=400))
    assert _send(turns.turn(1)).sent_at is not None


def test_nothing_is_sent_after_the_end(turns: Turns) -> None:
    turns.close()
    turn = turns.turn(0)
    with pytest.raises(OutOfReachError, match="stopped"), turn:
        turn.wait()


def test_a_server_that_is_near_gets_one_request_after_the_other(
    turns: Turns, fake_time: FakeTime
) -> None:
    under_way: list[int] = []

    def send(number: int, turn: Turn) -> None:
        with turn:
            turn.wait()
            assert not under_way
            under_way.append(number)
            turn.sent()
            fake_time.now += 0.001
            under_way.remove(number)

    jobs = [partial(send, number, turns.turn(number)) for number in range(40)]
    assert len(list(as_done(jobs, at_once=AT_ONCE))) == len(jobs)


def test_where_a_limit_keeps_requests_apart_the_first_answer_is_not_waited_for(
    fake_time: FakeTime,
) -> None:
    turns = Turns(AT_ONCE, clock=fake_time.clock, sleep=fake_time.sleep, apart_s=0.1)
    assert [_send(turns.turn(number)).number for number in range(3)] == [0, 1, 2]
