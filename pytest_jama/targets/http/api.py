"""JSON requests to a REST API, each repeated until it is answered; nothing is created twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from pytest_jama.targets.http.creation import Creation
from pytest_jama.targets.http.request import Query, Request, accept_anything
from pytest_jama.targets.http.retry import persist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.targets.http.connection import Connection
    from pytest_jama.targets.http.creation import Seen, Wary
    from pytest_jama.targets.http.in_order import Turn

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
        is_trial: bool = False,
    ) -> dict[str, Any]:
        """Replace something.

        Args:
            path: What to replace.
            body: What it becomes.
            on_attempt: Told the number of each attempt, from 1, before it is made.
            is_trial: See `Request.is_trial`.

        Raises:
            TargetError: See `send`.
        """
        return self.send(
            Request("PUT", self._api_path + path, body=_encode(body), is_trial=is_trial),
            on_attempt=on_attempt,
        )

    def put_file(
        self,
        path: str,
        name: str,
        content: bytes,
        media_type: str,
        *,
        on_attempt: Callable[[int], None] = lambda _number: None,
    ) -> dict[str, Any]:
        """Send a file, as a form of one part that is named ``file``.

        Args:
            path: What gets it.
            name: Its file name.
            content: What it holds.
            media_type: Its kind.
            on_attempt: Told the number of each attempt, from 1, before it is made.

        Raises:
            TargetError: See `send`.
        """
        form = {"file": (name, content, media_type)}
        body, content_type = encode_multipart_formdata(form)
        path = self._api_path + path
        request = Request("PUT", path, body=body, content_type=content_type)
        return self.send(request, on_attempt=on_attempt)

    def get_file(self, path: str) -> bytes:
        """Read a file; a larger one than `LARGEST_ANSWER` is not read.

        Args:
            path: What has it.

        Raises:
            TargetError: See `send`.
        """
        content = self.send(Request("GET", self._api_path + path, takes_bytes=True))["data"]
        return bytes(content)

    def patch(
        self,
        path: str,
        body: object,
        *,
        on_attempt: Callable[[int], None],
        is_trial: bool = False,
    ) -> dict[str, Any]:
        """Change something by operations that may be repeated.

        Args:
            path: What to change.
            body: The operations.
            on_attempt: Told the number of each attempt, from 1, before it is made.
            is_trial: See `Request.is_trial`.

        Raises:
            TargetError: See `send`.
        """
        return self.send(
            Request("PATCH", self._api_path + path, body=_encode(body), is_trial=is_trial),
            on_attempt=on_attempt,
        )

    def create(
        self,
        path: str,
        body: object,
        *,
        look: Callable[[], Seen],
        wary: Wary | None = None,
        find_id: Callable[[Mapping[str, Any]], int | None] | None = None,
        turn: Turn | None = None,
    ) -> int:
        """Make something new, and never twice.

        Args:
            path: The collection that gets the new member.
            body: What to create.
            look: Looks whether it is there, before it is made again.
            wary: How to make something of which there would be two otherwise.
            find_id: Returns the ID from an answer; None for where the server tells that of others.
            turn: See `Request.turn`.

        Returns:
            The ID of what was created or found.

        Raises:
            TargetError: See `send`.
        """
        request = Request(
            "POST",
            self._api_path + path,
            body=_encode(body),
            makes_once=wary is not None,
            turn=turn,
        )
        find_id = find_id or self.connection.facts.find_created_id
        creation = Creation(self.connection, request, look, find_id, wary)
        return persist(self.connection, creation.attempt, request)

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
        facts = {"attempt": attempt, "pause_s": pause_s, "is_answered": True}
        self.connection.note_retry(request, reason, **facts)
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
