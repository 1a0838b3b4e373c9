"""Several reads at the same time, while a person who presses Ctrl-C need not wait for them."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_LOOK_AROUND_S = 0.5


def gather(jobs: Sequence[Callable[[], T]], *, at_once: int) -> list[T]:
    """Do several jobs in threads and return their results in the order of the jobs.

    The threads are daemons: those of an executor would keep the interpreter from ending.

    Args:
        jobs: What to do; nothing depends on anything else.
        at_once: How many are done at the same time.

    Raises:
        BaseException: What one of them raised; of several the first in the order of the jobs, as
            when they are done one after the other. Jobs that have not begun are not done then, and
            those under way have ended.
        KeyboardInterrupt: At once, whatever is under way; nothing else is begun.
    """
    workers = min(len(jobs), at_once)
    if workers < 2:  # noqa: PLR2004 - a thread for one job would be a waste
        return [job() for job in jobs]
    waiting = deque(enumerate(jobs))
    results: dict[int, T] = {}
    errors: dict[int, BaseException] = {}

    def work() -> None:
        while (begun := _take(waiting)) is not None:
            number, job = begun
            try:
                results[number] = job()
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                errors[number] = error
                waiting.clear()

    threads = [
        threading.Thread(target=work, name="pytest-jama-read", daemon=True) for _ in range(workers)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            _wait_for(thread)
    finally:
        waiting.clear()
    if errors:
        raise errors[min(errors)]
    return [results[number] for number in range(len(jobs))]


def _take(waiting: deque[T]) -> T | None:
    """Take what waits longest; None when nothing does any more."""
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _wait_for(thread: threading.Thread) -> None:
    while thread.is_alive():
        # With a timeout, since Windows lets no Ctrl-C through to a wait without one.
        thread.join(_LOOK_AROUND_S)
