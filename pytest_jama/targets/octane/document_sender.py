"""Documents of results, one after the other, and what became of each."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from pytest_jama.core.errors import InterruptedUploadError, RefusedError, TargetError
from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.octane import push_words
from pytest_jama.targets.octane.push_task import FAILED, SUCCESS, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.plan import ServerTask, Update
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.octane.results_push import Document, Pushed, ResultsPush

INTERRUPTED = InterruptedUploadError("interrupted")
"""Why documents were not sent after Ctrl-C."""


class DocumentSender:
    """One upload.

    Args:
        push: Hands a document in.
        tasks: In which task the server took what earlier uploads sent, by `Update.key`.
        observer: Told each receipt.
        follow_up: Does what is left to do with a document that the server has taken, after so many
            requests that handed it in; returns what of it the server does not have, empty when it
            has all.
        skip_errors: Whether the server takes what refers to something that does not exist.
        wait_s: For how long each document is waited for.
        is_resumed: Whether an earlier upload may have sent some of them.
    """

    def __init__(
        self,
        push: ResultsPush,
        *,
        tasks: Mapping[str, ServerTask],
        observer: Observer,
        follow_up: Callable[[Update, int], str],
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
        self._is_success = False

    def send(self, updates: Sequence[Update]) -> tuple[Receipt, ...]:
        """Send documents; when the server cannot be used any more, the rest is not sent."""
        receipts: list[Receipt] = []
        cause: PytestJamaError | None = None
        for update in updates:
            receipt = _not_sent(update, cause) if cause else self._send(update)
            cause = cause or receipt.cause
            receipts.append(receipt)
            self._observer.received(receipt)
        return tuple(receipts)

    def _send(self, update: Update) -> Receipt:
        """Send a document, also one whose task succeeded before though runs of it are not there.

        A server that was set back counts its tasks anew, and the one that is known is then that of
        another document. One that has these bytes does not process them again.
        """
        known = self._tasks.get(update.key)
        receipt = self._bring(update, known)
        is_missed = receipt.state is SendState.PARTLY and self._is_success
        if known is not None and is_missed and not receipt.attempts:
            return self._bring(update, None)
        return receipt

    def _bring(self, update: Update, known: ServerTask | None) -> Receipt:
        tasks = [known] if known is not None else []

        def queued(task: ServerTask) -> None:
            if task not in tasks:
                tasks.append(task)
                self._observer.received(self._queued(update, task))

        try:
            pushed = self._push.bring(cast("Document", update), known, queued)
        except RefusedError as refusal:
            return self._refused(update, refusal, tasks)
        except TargetError as error:
            return self._stopped(update, error, tasks)
        except KeyboardInterrupt:
            return self._stopped(update, INTERRUPTED, tasks)
        receipt = self._judged(update, pushed, tasks)
        if pushed.was_there and not self._is_resumed and receipt.state in _TAKEN:
            self._observer.warned(push_words.describe_older(tasks[-1], update.title))
        self._is_success = receipt.state is SendState.SENT
        return self._followed_up(receipt) if receipt.state in _TAKEN else receipt

    def _queued(self, update: Update, task: ServerTask) -> Receipt:
        words = push_words.describe_queued(task)
        return self._receipt(update, SendState.UNVERIFIED, words, task=task)

    def _judged(self, update: Update, pushed: Pushed, tasks: Sequence[ServerTask]) -> Receipt:
        """Return what the end of its task makes of a document."""
        last = pushed.task
        if last is None:
            denied = push_words.describe_denied(tasks[-1])
            return self._receipt(update, SendState.UNVERIFIED, denied, task=tasks[-1])
        words = push_words.describe_end(
            last, before=pushed.failed_before, skip_errors=self._skip_errors, wait_s=self._wait_s
        )
        state = _STATES.get(last.status, SendState.UNVERIFIED)
        return self._receipt(update, state, words, task=last.task)

    def _followed_up(self, receipt: Receipt) -> Receipt:
        """Return what becomes of a receipt when the server is asked what it has now."""
        try:
            missing = self._follow_up(receipt.update, receipt.attempts)
        except RefusedError as refusal:
            self._observer.warned(f"the results were taken, but not compared: {refusal}")
            return receipt
        except TargetError as error:
            return self._unread(receipt, error)
        except KeyboardInterrupt:
            return self._unread(receipt, INTERRUPTED)
        if not missing:
            return receipt
        words = f"{receipt.error}; {missing}" if receipt.error else missing
        return receipt._replace(state=SendState.PARTLY, error=words)

    def _unread(self, receipt: Receipt, cause: PytestJamaError) -> Receipt:
        error = f"the results were taken, but not read back: {cause}"
        is_whole = receipt.state is SendState.SENT
        state = SendState.UNVERIFIED if is_whole else receipt.state
        return receipt._replace(state=state, error=receipt.error or error, cause=cause)

    def _refused(
        self, update: Update, refusal: RefusedError, tasks: Sequence[ServerTask]
    ) -> Receipt:
        """Judge a refusal: of the document, or of a question after what was taken before."""
        is_known_only = update.key in self._tasks and tasks[-1] == self._tasks[update.key]
        if tasks and not (is_known_only and self._push.attempts):
            words = f"{push_words.describe_queued(tasks[-1])}; {refusal}"
            return self._receipt(update, SendState.UNVERIFIED, words, task=tasks[-1])
        is_for_good = HTTPStatus.BAD_REQUEST <= refusal.http_status < _TEMPORARY
        is_for_good = is_for_good and refusal.http_status != HTTPStatus.TOO_MANY_REQUESTS
        state = SendState.REFUSED if is_for_good else SendState.NOT_SENT
        return self._receipt(update, state, str(refusal))

    def _stopped(
        self, update: Update, cause: PytestJamaError, tasks: Sequence[ServerTask]
    ) -> Receipt:
        if not tasks:
            return _not_sent(update, cause)._replace(attempts=self._push.attempts)
        words = f"{push_words.describe_queued(tasks[-1])}; {cause}"
        receipt = self._receipt(update, SendState.UNVERIFIED, words, task=tasks[-1])
        return receipt._replace(cause=cause)

    def _receipt(
        self, update: Update, state: SendState, error: str, *, task: ServerTask | None = None
    ) -> Receipt:
        return Receipt(update, state, attempts=self._push.attempts, error=error, task=task)


_STATES = {
    SUCCESS: SendState.SENT,
    WARNING: SendState.PARTLY,
    FAILED: SendState.REFUSED,
}
_TAKEN = frozenset({SendState.SENT, SendState.PARTLY})
_TEMPORARY = HTTPStatus.INTERNAL_SERVER_ERROR


def _not_sent(update: Update, cause: PytestJamaError) -> Receipt:
    return Receipt(update, SendState.NOT_SENT, attempts=0, error=str(cause), cause=cause)
