from __future__ import annotations

import threading

import pytest

from pytest_jama.targets.jama.parallel import gather
from tests.every import every

LONG_S = 5


def _raise(error: BaseException) -> None:
    raise error


@every("at_once", [1, 2, 8])
def test_results_come_in_the_order_of_the_jobs(at_once: int) -> None:
    jobs = [lambda number=number: number for number in range(20)]
    assert gather(jobs, at_once=at_once) == list(range(20))


@pytest.mark.parametrize("at_once", [1, 2])
def test_of_several_errors_the_one_of_the_first_job_is_raised(at_once: int) -> None:
    second_has_failed = threading.Event()

    def first() -> None:
        if at_once > 1:
            assert second_has_failed.wait(LONG_S)
        raise KeyError("first")

    def second() -> None:
        second_has_failed.set()
        raise IndexError("second")

    with pytest.raises(KeyError, match="first"):
        gather([first, second], at_once=at_once)


def test_after_an_error_nothing_is_under_way() -> None:
    failing, ended = threading.Event(), threading.Event()

    def slow() -> None:
        assert failing.wait(LONG_S)
        ended.set()

    def fails() -> None:
        failing.set()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gather([slow, fails], at_once=2)
    assert ended.is_set()


def test_after_an_error_nothing_else_is_begun() -> None:
    done: list[int] = []
    both_begun = threading.Barrier(2)

    def fails() -> None:
        both_begun.wait(LONG_S)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gather([fails, fails, lambda: done.append(1)], at_once=2)
    assert done == []


def test_a_mistake_in_a_job_is_raised_in_the_calling_thread() -> None:
    with pytest.raises(IndexError):
        gather([lambda: _raise(IndexError()), lambda: None], at_once=2)
