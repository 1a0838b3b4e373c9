"""Several reads at the same time, while a person who presses Ctrl-C need not wait for them."""

from __future__ import annotations

import contextlib
import queue
import threading
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
        BaseException: What the first of them raised; jobs that have not begun are not done then.
    """
    if min(len(jobs), at_once) < 2:  # noqa: PLR2004 - a thread for one job would be a waste
        return [job() for job in jobs]
    waiting = iter(list(enumerate(jobs)))
    next_job = threading.Lock()
    results: queue.SimpleQueue[tuple[int, T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            with next_job:
                number, job = next(waiting, (-1, None))
            if job is None:
                return
            try:
                results.put((number, job(), None))
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                results.put((number, None, error))

    for _ in range(min(len(jobs), at_once)):
        threading.Thread(target=work, name="pytest-jama-read", daemon=True).start()
    done: dict[int, T] = {}
    try:
        while len(done) < len(jobs):
            # With a timeout, since Windows lets no Ctrl-C through to a wait without one.
            with contextlib.suppress(queue.Empty):
                number, result, error = results.get(timeout=_LOOK_AROUND_S)
                if error is not None:
                    raise error
                done[number] = result  # type: ignore[assignment]
    finally:
        with next_job:
            for _ in waiting:
                pass
    return [done[number] for number in range(len(jobs))]
