"""JSON requests to a REST API, each repeated until it is answered; nothing is created twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.request import Query, Request, accept_anything
from pytest_jama.targets.http.retry import persist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.targets.http.connection import Connection

    Check = Callable[[Mapping[str, Any]], str]


class HttpApi:
    """A REST API that speaks JSON. Safe to use from several threads.

    Args:
        connection: Makes the single attempts.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._api_path = connection.facts.api_path

    def get(
        self, path: str, query: Query = (), *, check: Check = accept_anything
    ) -> dict[str, Any]:
        """Read something.

        Args:
            path: What to read.
            query: Parameters.
            check: See `Request.check`.

        Raises:
            TargetError: See `send`.
        """
        return self.send(Request("GET", self._api_path + path, query, check=check))

    def put(
        self,
        path: str,
        body: object,
        *,
        on_attempt: Callable[[int], None] = lambda _number: None,
    ) -> dict[str, Any]:
        """Replace something.

        Args:
            path: What to replace.
            body: What it becomes.
            on_attempt: Told the number of each attempt, from 1, before it is made.

        Raises:
            TargetError: See `send`.
        """
        return self.send(
            Request("PUT", self._api_path + path, body=_encode(body)), on_attempt=on_attempt
        )

    def patch(
        self,
        path: str,
        body: object,
        *,
        on_attempt: Callable[[int], None],
    ) -> dict[str, Any]:
        """Change something by operations that may be repeated.

        Args:
            path: What to change.
            body: The operations.
            on_attempt: Told the number of each attempt, from 1, before it is made.

        Raises:
            TargetError: See `send`.
        """
        return self.send(
            Request("PATCH", self._api_path + path, body=_encode(body)), on_attempt=on_attempt
        )

    def create(
        self,
        path: str,
        body: object,
        *,
        find_existing: Callable[[], int | None],
        look_again_after_s: Sequence[float] = (),
        trusts_refusals: bool = True,
    ) -> int:
        """Make something new, and never twice.

        Args:
            path: The collection that gets the new member.
            body: What to create.
            find_existing: Looks the new thing up. Called before a request is repeated whose answer
                was lost, since it may have been done.
            look_again_after_s: Pauses after which it is looked up again when it was not found,
                since servers may show late what they have made.
            trusts_refusals: Whether answers such as 429, which say that nothing was done, are
                believed; otherwise it is looked up once after these, too.

        Returns:
            The ID of what was created or found.

        Raises:
            TargetError: See `send`.
        """
        request = Request("POST", self._api_path + path, body=_encode(body))
        pauses_s: Sequence[float] | None = None

        def attempt(number: int) -> int:
            nonlocal pauses_s
            if pauses_s is not None:
                existing = self._look_up(request, number, find_existing, pauses_s)
                if existing is not None:
                    return existing
            pauses_s = None
            try:
                return self._get_created_id(self.connection.attempt(request, number))
            except TransientError as failure:
                if failure.may_have_happened:
                    pauses_s = look_again_after_s
                elif failure.http_status and not trusts_refusals:
                    pauses_s = ()
                raise

        return persist(self.connection, attempt, request)

    def _get_created_id(self, answer: dict[str, Any]) -> int:
        created_id = self.connection.facts.find_created_id(answer)
        if created_id is None:
            raise TransientError("the answer does not say what was created")
        return created_id

    def _look_up(
        self,
        request: Request,
        number: int,
        find_existing: Callable[[], int | None],
        look_again_after_s: Sequence[float],
    ) -> int | None:
        for pause_s in (0.0, *look_again_after_s):
            if pause_s:
                why = "looked up again, since a list may show it late"
                self.connection.note_retry(str(request), why, attempt=number, pause_s=pause_s)
                self.connection.sleep(pause_s)
            existing = find_existing()
            if existing is not None:
                return existing
        return None

    def again(
        self, path: str, reason: str, attempt: int, pause_s: float, *, method: str = "GET"
    ) -> None:
        """Wait before a request is made again although it was answered, and note why.

        Args:
            path: What is asked for.
            reason: Why; see `Retry`.
            attempt: The number of the attempt to come.
            pause_s: How many seconds to wait.
            method: The HTTP method.
        """
        request = f"{method} {self._api_path}{path}"
        self.connection.note_retry(request, reason, attempt=attempt, pause_s=pause_s)
        if pause_s:
            self.connection.sleep(pause_s)

    def send(
        self,
        request: Request,
        *,
        on_attempt: Callable[[int], None] = lambda _number: None,
    ) -> dict[str, Any]:
        """Send a request that may be repeated until it is answered.

        Args:
            request: What to send.
            on_attempt: Told the number of each attempt, from 1, before it is made.

        Returns:
            The JSON object of the answer.

        Raises:
            RefusedError: When the server refuses it, or answers other requests but not this one.
            CredentialsError: When the server does not let us in.
            OutOfReachError: When nothing succeeded for `give_up_after`, or we were stopped.
        """

        def attempt(number: int) -> dict[str, Any]:
            on_attempt(number)
            return self.connection.attempt(request, number)

        return persist(self.connection, attempt, request)


def _encode(body: object) -> bytes:
    return json.dumps(body, default=str).encode("ascii")
