"""Documents of results: all are handed in, then asked for, then read back.

A server works them off one after the other while the next ones arrive, and one pause serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from pytest_jama.core.errors import InterruptedUploadError, RefusedError, TargetError
from pytest_jama.core.plan import SendState
from pytest_jama.targets.octane import document_receipts, push_words
from pytest_jama.targets.octane.document_receipts import TAKEN, Handed
from pytest_jama.targets.octane.results_push import PushedDocument
from pytest_jama.targets.octane.task_status import find_pauses_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.plan import Receipt, ServerTask, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.octane.results_push import Pushed, ResultsPush

INTERRUPTED = InterruptedUploadError("interrupted")
"""Why documents were not sent after Ctrl-C."""


class Document(Protocol):
    """What of a document matters here."""

    @property
    def content(self) -> bytes:
        """The bytes."""


class FollowUp(Protocol):
    """Does what is left to do with a document that the server has taken."""

    def __call__(self, update: Update, attempts: int, *others: tuple[Update, int]) -> str:
        """Return what of a document the server does not have, empty when it has all.

        Args:
            update: The document.
            attempts: How many requests handed it in.
            others: The same of those that come after it.
        """


@dataclass(slots=True)
class _DocumentWay:
    """A document on its way: what was pushed of it, what the server took, and what it came to."""

    update: Update
    known: ServerTask | None
    pushed: PushedDocument
    tasks: list[ServerTask]
    taken: Receipt | None = None
    receipt: Receipt | None = None

    @property
    def is_under_way(self) -> bool:
        return self.taken is None and self.receipt is None


class DocumentSender:
    """One upload.

    Args:
        push: Hands a document in.
        tasks: In which task the server took what earlier uploads sent, by `Update.key`.
        observer: Told each receipt.
        follow_up: Does what is left to do with a document that the server has taken.
        skip_errors: Whether the server takes what refers to something that does not exist.
        wait_s: For how long it is waited until the server has worked off one of them, and then the
            next one: it may take them one after the other.
        is_resumed: Whether an earlier upload may have sent some of them.
    """

    def __init__(
        self,
        push: ResultsPush,
        *,
        tasks: Mapping[str, ServerTask],
        observer: Observer,
        follow_up: FollowUp,
        skip_errors: bool,
        wait_s: float,
        is_resumed: bool = False,
    ) -> None:
        self._push = push
        self._tasks = tasks
        self._observer = observer
        self._follow_up = follow_up
        self._skip_errors = skip_errors
        self._wait_s = wait_s
        self._is_resumed = is_resumed
        self._cause: PytestJamaError | None = None

    def send(self, updates: Sequence[Update]) -> tuple[Receipt, ...]:
        """Send documents; when the server cannot be used any more, the rest is not sent."""
        ways = [self._begun(update, self._tasks.get(update.key)) for update in updates]
        for way in ways:
            self._try(way, self._push.begin)
        while any(way.receipt is None for way in ways):
            self._wait(ways)
            self._read_back([way for way in ways if way.receipt is None])
        return tuple(way.receipt for way in ways if way.receipt is not None)

    def _begun(self, update: Update, known: ServerTask | None) -> _DocumentWay:
        def queued(task: ServerTask) -> None:
            if task not in way.tasks:
                way.tasks.append(task)
                attempts = self._push.attempts_of(way.pushed)
                self._observer.received(document_receipts.queued(update, task, attempts))

        content = cast("Document", update).content
        pushed = PushedDocument(content=content, queued=queued, known=known)
        way = _DocumentWay(update, known, pushed, tasks=[])
        return way

    def _try(self, way: _DocumentWay, step: Callable[[PushedDocument], None]) -> None:
        """Do the next thing for a document, unless the server cannot be used any more."""
        if self._cause is not None:
            self._end(way, document_receipts.stopped(self._handed(way), self._cause))
            return
        if way.known is not None and not way.tasks:
            way.tasks.append(way.known)
        try:
            step(way.pushed)
            pushed = self._push.settle(way.pushed)
        except RefusedError as refusal:
            refused = document_receipts.refused(self._handed(way), refusal, known=way.known)
            self._end(way, refused)
        except TargetError as error:
            self._end(way, document_receipts.stopped(self._handed(way), error))
        except KeyboardInterrupt:
            self._end(way, document_receipts.stopped(self._handed(way), INTERRUPTED))
        else:
            if pushed is not None:
                self._judge(way, pushed)

    def _handed(self, way: _DocumentWay) -> Handed:
        task = way.tasks[-1] if way.tasks else None
        return Handed(way.update, task, self._push.attempts_of(way.pushed))

    def _judge(self, way: _DocumentWay, pushed: Pushed) -> None:
        receipt = document_receipts.judged(
            self._handed(way), pushed, skip_errors=self._skip_errors, wait_s=self._wait_s
        )
        if receipt.state not in TAKEN:
            self._end(way, receipt)
            return
        if pushed.was_there and not self._is_resumed:
            older = push_words.describe_older(way.tasks[-1], way.update.title)
            self._observer.warned(older)
        way.taken = receipt

    def _end(self, way: _DocumentWay, receipt: Receipt) -> None:
        way.receipt = receipt
        self._cause = self._cause or receipt.cause
        self._observer.received(receipt)

    def _wait(self, ways: Iterable[_DocumentWay]) -> None:
        """Ask for all documents until the server has worked them off, or the time is over."""
        clock = self._push.connection.clock
        ends_at, before, asked_for_s = 0.0, (0, 0), 0.0
        pauses_s = find_pauses_s()
        while under_way := [way for way in ways if way.is_under_way]:
            state = len(under_way), sum(way.pushed.attempts for way in under_way)
            if state != before:
                ends_at, before = clock() + self._wait_s, state
            left_s = ends_at - clock()
            if left_s <= 0 and self._cause is None:
                for way in under_way:
                    self._judge(way, self._push.end(way.pushed))
                return
            # asking for many takes a while at so many requests in a second: that is a pause, too
            pause_s = next(pauses_s)
            self._pause(min(max(pause_s - asked_for_s, pause_s / 2), left_s))
            began_at = clock()
            for way in under_way:
                self._try(way, self._push.ask)
            asked_for_s = clock() - began_at

    def _pause(self, pause_s: float) -> None:
        """Wait, unless there is nothing to wait for any more."""
        if self._cause is not None:
            return
        try:
            self._push.connection.sleep(pause_s)
        except TargetError as error:
            self._cause = error
        except KeyboardInterrupt:
            self._cause = INTERRUPTED

    def _read_back(self, ways: Sequence[_DocumentWay]) -> None:
        """Do what is left to do with what was taken.

        One whose task succeeded before is handed in though runs of it are not there. A server that
        was set back counts its tasks anew, and the one that is known is then that of another
        document. One that has these bytes does not process them again.
        """
        for at, way in enumerate(ways):
            if way.taken is None:
                continue
            others = [(each.update, each.taken.attempts) for each in ways[at + 1 :] if each.taken]
            receipt = self._followed_up(way.taken, others)
            is_missed = receipt.state is SendState.PARTLY and way.taken.state is SendState.SENT
            if way.known is not None and is_missed and not receipt.attempts:
                self._begin_anew(way)
            else:
                self._end(way, receipt)

    def _begin_anew(self, way: _DocumentWay) -> None:
        way.known, way.taken = None, None
        way.tasks.clear()
        way.pushed = PushedDocument(content=way.pushed.content, queued=way.pushed.queued)
        self._try(way, self._push.hand_in)

    def _followed_up(self, taken: Receipt, others: Sequence[tuple[Update, int]]) -> Receipt:
        """Return what becomes of a receipt when the server is asked what it has now."""
        if self._cause is not None:
            return document_receipts.unread(taken, self._cause)
        try:
            missing = self._follow_up(taken.update, taken.attempts, *others)
        except RefusedError as refusal:
            self._observer.warned(f"the results were taken, but not compared: {refusal}")
            return taken
        except TargetError as error:
            return document_receipts.unread(taken, error)
        except KeyboardInterrupt:
            return document_receipts.unread(taken, INTERRUPTED)
        return document_receipts.lacking(taken, missing)
