"""What a document is to its session, given what the server says of it. Pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.targets.octane import push_words
from pytest_jama.targets.octane.push_task import FAILED, SUCCESS, WARNING

if TYPE_CHECKING:
    from pytest_jama.core.errors import PytestJamaError, RefusedError
    from pytest_jama.core.plan import ServerTask, Update
    from pytest_jama.targets.octane.results_push import Pushed

_STATES = {
    SUCCESS: SendState.SENT,
    WARNING: SendState.PARTLY,
    FAILED: SendState.REFUSED,
}
TAKEN = frozenset({SendState.SENT, SendState.PARTLY})
"""What the server has, at least in part."""

_TEMPORARY = HTTPStatus.INTERNAL_SERVER_ERROR


class Handed(NamedTuple):
    """How far a document got.

    Attributes:
        update: The document.
        task: The latest task that the server named for it; None without one.
        attempts: How many requests handed it in.
    """

    update: Update
    task: ServerTask | None
    attempts: int

    def receipt(self, state: SendState, error: str) -> Receipt:
        """Return a receipt with the task.

        Args:
            state: What became of the document.
            error: Why it is not simply sent.
        """
        return Receipt(self.update, state, attempts=self.attempts, error=error, task=self.task)


def queued(update: Update, task: ServerTask, attempts: int) -> Receipt:
    """Return the receipt of a document that the server has just taken.

    Args:
        update: The document.
        task: Its task.
        attempts: How many requests handed it in.
    """
    words = push_words.describe_queued(task)
    return Handed(update, task, attempts).receipt(SendState.UNVERIFIED, words)


def judged(handed: Handed, pushed: Pushed, *, skip_errors: bool, wait_s: float) -> Receipt:
    """Return what the end of its task makes of a document.

    Args:
        handed: The document.
        pushed: What the server says.
        skip_errors: Whether the server was to take what refers to something that does not exist.
        wait_s: For how long it was waited for.
    """
    last = pushed.task
    if last is None:
        denied = "" if handed.task is None else push_words.describe_denied(handed.task)
        return handed.receipt(SendState.UNVERIFIED, denied)
    words = push_words.describe_end(
        last, before=pushed.failed_before, skip_errors=skip_errors, wait_s=wait_s
    )
    state = _STATES.get(last.status, SendState.UNVERIFIED)
    return handed._replace(task=last.task).receipt(state, words)


def refused(handed: Handed, refusal: RefusedError, *, known: ServerTask | None) -> Receipt:
    """Judge a refusal: of the document, or of a question after what was taken before.

    Args:
        handed: The document.
        refusal: What the server said.
        known: The task of an earlier upload.
    """
    is_known_only = known is not None and handed.task == known
    if handed.task is not None and not (is_known_only and handed.attempts):
        words = f"{push_words.describe_queued(handed.task)}; {refusal}"
        return handed.receipt(SendState.UNVERIFIED, words)
    is_for_good = HTTPStatus.BAD_REQUEST <= refusal.http_status < _TEMPORARY
    is_for_good = is_for_good and refusal.http_status != HTTPStatus.TOO_MANY_REQUESTS
    state = SendState.REFUSED if is_for_good else SendState.NOT_SENT
    return handed._replace(task=None).receipt(state, str(refusal))


def stopped(handed: Handed, cause: PytestJamaError) -> Receipt:
    """Return what a document is when the server cannot be used any more.

    Args:
        handed: The document.
        cause: Why.
    """
    if handed.task is None:
        return handed.receipt(SendState.NOT_SENT, str(cause))._replace(cause=cause)
    words = f"{push_words.describe_queued(handed.task)}; {cause}"
    return handed.receipt(SendState.UNVERIFIED, words)._replace(cause=cause)


def unread(receipt: Receipt, cause: PytestJamaError) -> Receipt:
    """Return what a document is that the server has taken, and that could not be read back.

    Args:
        receipt: What it is without that.
        cause: Why.
    """
    error = f"the results were taken, but not read back: {cause}"
    is_whole = receipt.state is SendState.SENT
    state = SendState.UNVERIFIED if is_whole else receipt.state
    return receipt._replace(state=state, error=receipt.error or error, cause=cause)


def lacking(receipt: Receipt, missing: str) -> Receipt:
    """Return what a document is that the server has taken, given what of it is not there.

    Args:
        receipt: What it is without that.
        missing: What is not there, in words; empty for nothing.
    """
    if not missing:
        return receipt
    words = f"{receipt.error}; {missing}" if receipt.error else missing
    return receipt._replace(state=SendState.PARTLY, error=words)
