"""Handing in a document of results, and waiting until the server has worked it off.

The server knows a document by its bytes: the same bytes pushed again are not processed, and the
answer is that of the first time. So a document whose answer was lost, or whose upload was killed,
is pushed again as it is.

One case needs other bytes: a document that *failed*, since the server answers it with the old
failure though what was missing may have come to be meanwhile. Nothing of it was made, so nothing
can be there twice; a line break behind its end makes it new to the server, and two make it new once
more. The first variant that did not fail before is processed. An upload that comes later finds the
same variants in the same order, so that each is still pushed only once.
"""

from __future__ import annotations

import gzip
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.octane.push_task import FAILED, PushTask, read_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.plan import ServerTask
    from pytest_jama.targets.octane.octane_client import OctaneClient

    Queued = Callable[[ServerTask], None]
    """Told the task of a document as soon as it is known."""

COMPRESSED_FROM = 100_000
"""Bytes from which on a document is compressed."""

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
_GROWTH = 1.5

_NOT_COMPRESSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})
"""Where the fault may be the compression. Source: vendor's help and CI SDK name it differently."""

_MOST_ODD = 3
"""So often a document is handed in whose answer is good and says nothing usable."""

_MOST_DENIALS = 3
"""So often in a row the server may deny a task that it has named: a copy of it may lag."""

_MOST_VARIANTS = 20


class Document(Protocol):
    """What of a document matters here."""

    @property
    def content(self) -> bytes:
        """The bytes."""


class Pushed(NamedTuple):
    """What became of a document.

    Attributes:
        task: The task, with its last known status; None when the server denies it.
        attempts: How many requests handed it in; 0 when it was known already.
        failed_before: The task in which the same document had failed before; None when it had not.
        was_there: Whether the server says at the first request that it had the document already.
    """

    task: PushTask | None
    attempts: int = 0
    failed_before: PushTask | None = None
    was_there: bool = False


class ResultsPush:
    """Hands in documents of one workspace, one after the other.

    Args:
        client: Makes the requests.
        skip_errors: Whether the server takes what refers to something that does not exist.
        wait_s: For how long to wait for each document.
        awaits_build: Waits until the build of the documents is there, and returns whether it is;
            None when they have none, or when it is there for certain.
    """

    def __init__(
        self,
        client: OctaneClient,
        *,
        skip_errors: bool,
        wait_s: float,
        awaits_build: Callable[[], bool] | None = None,
    ) -> None:
        self._client = client
        self._skip_errors = skip_errors
        self._wait_s = wait_s
        self._awaits_build = awaits_build
        self._compresses = True
        self._attempts = 0

    @property
    def attempts(self) -> int:
        """How many requests have handed in the latest document so far."""
        return self._attempts if self._client.has_signed_in else 0

    def bring(self, document: Document, known: ServerTask | None, queued: Queued) -> Pushed:
        """Hand in a document unless its task is known, and wait until it is worked off.

        Args:
            document: The document.
            known: The task of an earlier upload; the server is asked for it first. Till when it
                should be remembered plays no part: clocks differ, and asking costs nothing.
            queued: Told each task when it is named.

        Raises:
            RefusedError: When the server refuses it.
            TargetError: When the server cannot be used.
        """
        self._attempts = 0
        if known is not None:
            found = self._ask(known.task_id)
            if found is not None and found.status != FAILED:
                return Pushed(self._follow(found))
        return self._hand_in(document.content, queued)

    def _hand_in(self, content: bytes, queued: Queued) -> Pushed:
        before: PushTask | None = None
        for variant in range(_MOST_VARIANTS):
            pushed = self._push_followed(content + b"\n" * variant, queued)
            if pushed.is_older_failure:
                before = pushed.last
                continue
            if pushed.may_lack_build and self._is_build_new():
                continue  # the server shows a build late
            was_there = pushed.first.is_older and self._attempts == 1
            return Pushed(pushed.last, self._attempts, before, was_there)
        return Pushed(before, self._attempts, before)

    def _is_build_new(self) -> bool:
        """Return whether the build has come to be meanwhile; that is waited for only once."""
        awaits, self._awaits_build = self._awaits_build, None
        return awaits is not None and awaits()

    def _push_followed(self, content: bytes, queued: Queued) -> _Followed:
        """Hand in and wait; once more when the server then denies the task that it has named."""
        first, last = self._push(content), None
        for is_again in (False, True):
            first = self._push(content) if is_again else first
            queued(first.task)
            last = self._follow(first)
            if last is not None:
                break
        return _Followed(first, last)

    def _push(self, content: bytes) -> PushTask:
        """Hand in; a good answer that is none is asked for again, since nothing is done twice."""
        for number in range(1, _MOST_ODD + 1):
            status, task = self._send(content)
            is_taken = task is not None and (status == HTTPStatus.ACCEPTED or task.is_older)
            if task is not None and is_taken:
                return task
            if number < _MOST_ODD:
                self._client.connection.sleep(_FIRST_PAUSE_S * number)
        path = self._client.path_of("/test-results")
        raise RefusedError(
            f"POST {path}: answered with {status} and without a task, which does not say that the "
            f"results were taken; {self._client.connection.facts.wrong_url_remedy}",
            http_status=status,
        )

    def _send(self, content: bytes) -> tuple[int, PushTask | None]:
        is_compressed = self._compresses and len(content) >= COMPRESSED_FROM
        if is_compressed:
            # the same bytes in, the same bytes out: a time stamp would make it another document
            packed = gzip.compress(content, mtime=0)
            try:
                return self._post(packed, is_compressed=True)
            except RefusedError as refusal:
                if refusal.http_status not in _NOT_COMPRESSED:
                    raise
        answer = self._post(content, is_compressed=False)
        self._compresses = not is_compressed and self._compresses
        return answer

    def _post(self, content: bytes, *, is_compressed: bool) -> tuple[int, PushTask | None]:
        answer = self._client.push(
            content,
            skip_errors=self._skip_errors,
            is_compressed=is_compressed,
            on_attempt=self._count,
        )
        return answer.status, read_task(answer.body)

    def _count(self, _: int) -> None:
        self._attempts += 1

    def _follow(self, task: PushTask) -> PushTask | None:
        """Ask until the task is finished or the time is over; None when the server denies it."""
        connection = self._client.connection
        ends_at = connection.clock() + self._wait_s
        pause_s, denials = _FIRST_PAUSE_S, 0
        while task.is_under_way and (left_s := ends_at - connection.clock()) > 0:
            connection.sleep(min(pause_s, left_s))
            pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
            try:
                asked = self._ask(task.task.task_id)
            except RefusedError:
                if denials + 1 == _MOST_DENIALS:
                    raise
                asked = None
            denials = 0 if asked is not None else denials + 1
            if denials == _MOST_DENIALS:
                return None
            if asked is not None:
                until = asked.task.until or task.task.until
                task = asked._replace(task=task.task._replace(until=until))
        return task

    def _ask(self, task_id: int) -> PushTask | None:
        """Ask for a task; None when the server knows it no more."""
        try:
            body = self._client.request("GET", f"/test-results/{task_id}", is_entity=False)
        except RefusedError as refusal:
            if refusal.http_status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return read_task(body, task_id=task_id)


class _Followed(NamedTuple):
    """What a push was answered, and what its task became; None when the server denies it."""

    first: PushTask
    last: PushTask | None

    @property
    def may_lack_build(self) -> bool:
        """Whether it may have failed for its build; nothing public says in which words it does."""
        if self.last is None or self.last.status != FAILED:
            return False
        return not self.last.words or "build" in self.last.words.casefold()

    @property
    def is_older_failure(self) -> bool:
        """Whether the server only tells of a failure before; it may do so without the status."""
        is_over = self.first.is_older and self.first.status in ("", FAILED)
        return is_over and self.last is not None and self.last.status == FAILED
