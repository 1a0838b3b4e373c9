"""Handing in documents of results, and asking until the server has worked them off.

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
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.octane.push_task import FAILED, PushTask, read_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.plan import ServerTask
    from pytest_jama.targets.http.connection import Connection
    from pytest_jama.targets.octane.octane_client import OctaneClient

    Queued = Callable[[ServerTask], None]
    """Told the task of a document as soon as it is known."""

COMPRESSED_FROM = 100_000
"""Bytes from which on a document is compressed."""

_PAUSE_S = 0.5

_NOT_COMPRESSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})
"""Where the fault may be the compression. Source: vendor's help and CI SDK name it differently."""

_MOST_ODD = 3
"""So often a document is handed in whose answer is good and says nothing usable."""

_MOST_DENIALS = 3
"""So often in a row the server may deny a task that it has named: a copy of it may lag."""

_MOST_VARIANTS = 20


class Pushed(NamedTuple):
    """What became of a document.

    Attributes:
        task: The task, with its last known status; None when the server denies it.
        failed_before: The task in which the same document had failed before; None when it had not.
        was_there: Whether the server says at the first request that it had the document already.
    """

    task: PushTask | None
    failed_before: PushTask | None = None
    was_there: bool = False


@dataclass(slots=True, kw_only=True)
class PushedDocument:
    """A document on its way.

    Attributes:
        content: The bytes.
        queued: Told each task as soon as the server names it.
        known: The task of an earlier upload; the server is asked for it first. Till when it should
            be remembered plays no part: clocks differ, and asking costs nothing.
        attempts: How many requests were to hand it in; 0 as long as the known task is asked for.
        first: What the server answered when it was handed in most recently.
        last: What it says of that task now; None when it denies it.
        failed_before: See `Pushed`.
        variant: How many line breaks are behind its end.
        denials: How often in a row the server has denied the task.
        was_denied: Whether it was handed in again for that.
        has_awaited_build: Whether it has waited for its build.
    """

    content: bytes
    queued: Queued
    known: ServerTask | None = None
    attempts: int = 0
    first: PushTask | None = None
    last: PushTask | None = None
    failed_before: PushTask | None = None
    variant: int = 0
    denials: int = 0
    was_denied: bool = False
    has_awaited_build: bool = False

    def answered(self, task: PushTask, *, is_handed_in: bool) -> None:
        """Take what the server says of its task."""
        self.first, self.last, self.denials = task if is_handed_in else self.first, task, 0
        if is_handed_in:
            self.queued(task.task)

    def vary(self) -> bool:
        """Make other bytes of it, which say the same; return whether there are any left."""
        self.variant += 1
        self.was_denied = False
        return self.variant < _MOST_VARIANTS

    @property
    def is_under_way(self) -> bool:
        """Whether the server has not finished with it."""
        return self.last is not None and self.last.is_under_way

    @property
    def is_older_failure(self) -> bool:
        """Whether the server only tells of a failure before; it may do so without the status."""
        is_over = self.first is not None and self.first.is_older and self.first.status in _NO_NEWS
        return is_over and self.last is not None and self.last.status == FAILED

    @property
    def may_lack_build(self) -> bool:
        """Whether it may have failed for its build; nothing public says in which words it does."""
        if self.first is None or self.last is None or self.last.status != FAILED:
            return False
        return not self.last.words or "build" in self.last.words.casefold()


_NO_NEWS = ("", FAILED)


class ResultsPush:
    """Hands in documents of one workspace, and asks what became of them.

    Args:
        client: Makes the requests.
        skip_errors: Whether the server takes what refers to something that does not exist.
        awaits_build: Waits until the build of the documents is there, and returns whether it is;
            None when they have none, or when it is there for certain.
    """

    def __init__(
        self,
        client: OctaneClient,
        *,
        skip_errors: bool,
        awaits_build: Callable[[], bool] | None = None,
    ) -> None:
        self._client = client
        self._skip_errors = skip_errors
        self._awaits_build = awaits_build
        self._has_build: bool | None = None if awaits_build else False
        self._compresses = True

    @property
    def connection(self) -> Connection:
        """What the requests go over."""
        return self._client.connection

    def attempts_of(self, document: PushedDocument) -> int:
        """Return how many requests have handed in a document so far.

        Args:
            document: The document.
        """
        return document.attempts if self._client.has_signed_in else 0

    def begin(self, document: PushedDocument) -> None:
        """Hand in a document unless its task is known, and the server knows that, too.

        Args:
            document: The document.

        Raises:
            RefusedError: When the server refuses it.
            TargetError: When the server cannot be used.
        """
        found = None if document.known is None else self._ask(document.known.task_id)
        if found is not None and found.status != FAILED:
            document.answered(found, is_handed_in=False)
        else:
            self.hand_in(document)

    def hand_in(self, document: PushedDocument) -> None:
        """Hand in a document, whatever is known of it.

        Args:
            document: The document.

        Raises:
            TargetError: As for `begin`.
        """
        document.answered(self._push(document), is_handed_in=True)

    def ask(self, document: PushedDocument) -> None:
        """Ask once how far a document is.

        Args:
            document: One that is under way.

        Raises:
            TargetError: As for `begin`.
        """
        before = document.last
        if before is None:
            return
        try:
            asked = self._ask(before.task.task_id)
        except RefusedError:
            if document.denials + 1 == _MOST_DENIALS:
                raise
            asked = None
        if asked is not None:
            until = asked.task.until or before.task.until
            task = asked._replace(task=before.task._replace(until=until))
            document.answered(task, is_handed_in=False)
            return
        document.denials += 1
        if document.denials == _MOST_DENIALS:
            document.last = None

    def settle(self, document: PushedDocument) -> Pushed | None:
        """Return what became of a document; None while it is under way, be it once more.

        Args:
            document: The document, handed in.

        Raises:
            TargetError: As for `begin`.
        """
        while not document.is_under_way:
            if not self._goes_again(document):
                return self.end(document)
            self.hand_in(document)
        return None

    def end(self, document: PushedDocument) -> Pushed:
        """Return what is known of a document, also when it is under way.

        Args:
            document: The document, handed in.
        """
        first = document.first
        was_there = first is not None and first.is_older and document.attempts == 1
        return Pushed(document.last, document.failed_before, was_there)

    def _goes_again(self, document: PushedDocument) -> bool:
        """Return whether a document is to be handed in once more; varied where it failed."""
        if document.first is None:
            return False  # the task of an earlier upload has ended
        if document.last is None:
            is_again, document.was_denied = not document.was_denied, True
            return is_again
        if document.is_older_failure:
            document.failed_before = document.last
            return document.vary()
        # the server shows a build late
        return document.may_lack_build and self._is_build_new(document) and document.vary()

    def _is_build_new(self, document: PushedDocument) -> bool:
        """Return whether the build has come to be meanwhile; that is waited for only once."""
        if document.has_awaited_build:
            return False
        document.has_awaited_build = True
        if self._has_build is None and self._awaits_build is not None:
            self._has_build = self._awaits_build()
        return bool(self._has_build)

    def _push(self, document: PushedDocument) -> PushTask:
        """Hand in; a good answer that is none is asked for again, since nothing is done twice."""
        for number in range(1, _MOST_ODD + 1):
            status, task = self._send(document)
            is_taken = task is not None and (status == HTTPStatus.ACCEPTED or task.is_older)
            if task is not None and is_taken:
                return task
            if number < _MOST_ODD:
                self._client.connection.sleep(_PAUSE_S * number)
        path = self._client.path_of("/test-results")
        raise RefusedError(
            f"POST {path}: answered with {status} and without a task, which does not say that the "
            f"results were taken; {self._client.connection.facts.wrong_url_remedy}",
            http_status=status,
        )

    def _send(self, document: PushedDocument) -> tuple[int, PushTask | None]:
        content = document.content + b"\n" * document.variant
        is_compressed = self._compresses and len(content) >= COMPRESSED_FROM
        if is_compressed:
            # the same bytes in, the same bytes out: a time stamp would make it another document
            packed = gzip.compress(content, mtime=0)
            try:
                return self._post(document, packed, is_compressed=True)
            except RefusedError as refusal:
                if refusal.http_status not in _NOT_COMPRESSED:
                    raise
        answer = self._post(document, content, is_compressed=False)
        self._compresses = not is_compressed and self._compresses
        return answer

    def _post(
        self, document: PushedDocument, content: bytes, *, is_compressed: bool
    ) -> tuple[int, PushTask | None]:
        def count(_: int) -> None:
            document.attempts += 1

        answer = self._client.push(
            content,
            skip_errors=self._skip_errors,
            is_compressed=is_compressed,
            on_attempt=count,
        )
        return answer.status, read_task(answer.body)

    def _ask(self, task_id: int) -> PushTask | None:
        """Ask for a task; None when the server knows it no more."""
        try:
            body = self._client.request("GET", f"/test-results/{task_id}", is_entity=False)
        except RefusedError as refusal:
            if refusal.http_status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return read_task(body, task_id=task_id)
