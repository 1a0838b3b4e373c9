"""Requests in threads: several reads, or many updates with their receipts; and a prompt end.

A person who presses Ctrl-C need not wait for what is under way.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_jama.core.errors import (
    InterruptedUploadError,
    LockedError,
    PytestJamaError,
    RefusedError,
    TargetError,
)
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.http.retry import NO_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.core.plan import Update
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.runs import RunUpdate

    Send = Callable[[RunUpdate, Callable[[int], None]], "Written"]
    Observe = Callable[[Receipt], None]
    Job = tuple[int, RunUpdate]
    Result = tuple[int, Receipt, BaseException | None]

T = TypeVar("T")


class Written(NamedTuple):
    """A test run that was written to.

    Attributes:
        update: What was sent of it.
        remarks: See `Receipt.remarks`.
    """

    update: RunUpdate
    remarks: tuple[tuple[str, str], ...] = ()


INTERRUPTED = InterruptedUploadError("interrupted")
"""Why updates were not sent after Ctrl-C."""

_IN_FLIGHT_S = 10.0
_LOOK_AROUND_S = 0.5

STATE_BY_ERROR: Mapping[type[TargetError], SendState] = {
    LockedError: SendState.LOCKED,
    RefusedError: SendState.REFUSED,
    TargetError: SendState.NOT_SENT,
}
"""What an error of one request makes of its update; the nearest base class counts."""


def gather(jobs: Sequence[Callable[[], T]], *, at_once: int) -> list[T]:
    """Do several jobs in threads and return their results in the order of the jobs.

    Args:
        jobs: See `as_done`.
        at_once: See `as_done`.

    Raises:
        BaseException: See `as_done`.
        KeyboardInterrupt: See `as_done`.
    """
    results = dict(as_done(jobs, at_once=at_once))
    return [results[number] for number in range(len(jobs))]


def as_done(jobs: Sequence[Callable[[], T]], *, at_once: int) -> Iterator[tuple[int, T]]:
    """Do several jobs in threads, which begin them in their order.

    The threads are daemons: those of an executor would keep the interpreter from ending.

    Args:
        jobs: What to do; nothing depends on anything else.
        at_once: How many are done at the same time.

    Yields:
        The number of each job and its result, in the calling thread, as soon as it is done.

    Raises:
        BaseException: What one of them raised; of several the first in the order of the jobs, as
            when they are done one after the other. Jobs that have not begun are not done then, and
            those under way have ended.
        KeyboardInterrupt: At once, whatever is under way; nothing else is begun.
    """
    workers = min(len(jobs), at_once)
    if workers < 2:  # noqa: PLR2004 - a thread for one job would be a waste
        yield from ((number, job()) for number, job in enumerate(jobs))
        return
    waiting = deque(enumerate(jobs))
    done: queue.SimpleQueue[tuple[int, T] | None] = queue.SimpleQueue()
    errors: dict[int, BaseException] = {}

    def work() -> None:
        while (begun := _take(waiting)) is not None:
            number, job = begun
            try:
                done.put((number, job()))
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                errors[number] = error
                waiting.clear()
        done.put(None)

    threads = [
        threading.Thread(target=work, name="pytest-jama-jobs", daemon=True) for _ in range(workers)
    ]
    try:
        for thread in threads:
            thread.start()
        while workers:
            result = _wait_for(done)
            if result is None:
                workers -= 1
            else:
                yield result
    finally:
        waiting.clear()
    if errors:
        raise errors[min(errors)]


def _take(waiting: deque[T]) -> T | None:
    """Take what waits longest; None when nothing does any more."""
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _wait_for(results: queue.SimpleQueue[T]) -> T:
    while True:
        # With a timeout, since Windows lets no Ctrl-C through to a wait without one.
        with contextlib.suppress(queue.Empty):
            return results.get(timeout=_LOOK_AROUND_S)


class Sending:
    """One upload: threads that write updates, and the calling thread that gets the receipts.

    The threads are daemons. Those of an executor would keep the interpreter from ending while a
    request is under way, even after a second Ctrl-C.

    Args:
        updates: What to write.
        send: Writes one update, and tells how many requests it took so far, before each; raises
            `TargetError`.
        stop: Makes the requests under way end soon.
        on_receipt: Told each receipt, in the calling thread.
        concurrency: How many threads.
        goes_on: Asked before each update; after False no more is begun, and what is under way ends.
    """

    _clock = staticmethod(time.monotonic)  # not looked up later: tests may have replaced it

    def __init__(
        self,
        updates: Sequence[RunUpdate],
        *,
        send: Send,
        stop: Callable[[], None],
        on_receipt: Observe,
        concurrency: int,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._goes_on = goes_on
        self._updates = updates
        self._send = send
        self._stop = stop
        self._on_receipt = on_receipt
        self._workers = min(concurrency, len(updates))
        self._waiting = iter(enumerate(updates))
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._receipts: dict[int, Receipt] = {}
        self._in_flight = 0
        self._deadline = float("inf")
        self._broken_by: BaseException | None = None
        self.stopped_by: PytestJamaError | None = None

    def run(self) -> tuple[Receipt, ...]:
        """Send everything, and return a receipt for each update in their order.

        When the server cannot be used any more, or the user presses Ctrl-C, what is under way is
        waited for and the rest is not sent. A second Ctrl-C goes through at once.

        Raises:
            BaseException: An unexpected error; all receipts have been told before.
        """
        for _ in range(self._workers):
            threading.Thread(target=self._work, name="pytest-jama-push", daemon=True).start()
        try:
            self._exchange()
        except KeyboardInterrupt:
            self._halt(INTERRUPTED)
            self._exchange()
        finally:
            for _ in range(self._workers):
                self._jobs.put(None)
        for number, update in enumerate(self._updates):
            if number not in self._receipts:
                self._record(number, not_sent(update, self.stopped_by))
        if self._broken_by is not None:
            raise self._broken_by
        return tuple(self._receipts[number] for number in range(len(self._updates)))

    def _exchange(self) -> None:
        """Hand out jobs and take in results until nothing is under way."""
        self._hand_out()
        while self._in_flight:
            result = self._find_result()
            if result is None:
                return
            number, receipt, error = result
            self._in_flight -= 1
            if error is not None and not isinstance(error, TargetError):
                self._broken_by = error
                error = PytestJamaError(f"{type(error).__name__}: {error}")
            if error is not None and not self.stopped_by:
                self._halt(error)
            self._record(number, receipt)
            self._hand_out()

    def _hand_out(self) -> None:
        is_over = self.stopped_by or not self._goes_on()
        idle = 0 if is_over else self._workers - self._in_flight
        for job in itertools.islice(self._waiting, idle):
            self._in_flight += 1
            self._jobs.put(job)

    def _find_result(self) -> Result | None:
        """Wait for a result; None when those under way take too long after the end."""
        while self._clock() < self._deadline:
            # With a timeout, since Windows lets no Ctrl-C through to a wait without one.
            with contextlib.suppress(queue.Empty):
                return self._results.get(timeout=_LOOK_AROUND_S)
        return None

    def _halt(self, reason: PytestJamaError) -> None:
        self.stopped_by = reason
        self._deadline = self._clock() + _IN_FLIGHT_S
        self._stop()

    def _record(self, number: int, receipt: Receipt) -> None:
        self._receipts[number] = receipt
        self._on_receipt(receipt)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            number, update = job
            self._results.put((number, *self._try_to_send(update)))

    def _try_to_send(self, update: RunUpdate) -> tuple[Receipt, BaseException | None]:
        attempts = 0

        def count(number: int) -> None:
            nonlocal attempts
            attempts = number

        try:
            written = self._send(update, count)
        except RefusedError as refusal:
            return _refused(update, refusal, attempts), None
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            why = self.stopped_by or (error if isinstance(error, TargetError) else None)
            return not_sent(update, why, attempts=attempts), error
        receipt = Receipt(written.update, SendState.SENT, attempts=attempts)
        return receipt._replace(remarks=written.remarks), None


def not_sent(
    update: Update,
    cause: PytestJamaError | None,
    *,
    attempts: int = 0,
) -> Receipt:
    """Return the receipt of an update that the end of the upload left unsent."""
    error = str(cause or "")
    return Receipt(update, SendState.NOT_SENT, attempts=attempts, error=error, cause=cause)


def none_sent(
    updates: Sequence[Update], reason: PytestJamaError, observer: Observer
) -> tuple[Receipt, ...]:
    """Return the receipts of updates of which none was tried; the observer is told each."""
    receipts = tuple(not_sent(update, reason) for update in updates)
    for receipt in receipts:
        observer.received(receipt)
    return receipts


def _refused(update: RunUpdate, refusal: RefusedError, attempts: int) -> Receipt:
    """Return the receipt for a refusal; one without an answer may or may not have arrived."""
    kinds = (kind for kind in type(refusal).__mro__ if kind in STATE_BY_ERROR)
    state = STATE_BY_ERROR[next(kinds)]
    if refusal.http_status == NO_STATUS:
        state = SendState.NOT_SENT
    return Receipt(update, state, attempts=attempts, error=str(refusal))
