"""JSON requests that persist: repeated until answered, and an end to that.

An attempt without a usable answer is repeated after a growing, jittered pause, or after the pause
that the server asks for. Two things end that: nothing at all succeeded for `give_up_after`, so that
the server is out of reach; or the server answers others but not this one, which it thus refuses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.connection import TOO_MANY_REQUESTS, Connection, Query, Request
from pytest_jama.targets.failures import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

API = "/rest/v1"
"""Where Jama's supported REST API begins, below the base URL."""

NO_STATUS = 0
"""`RefusedError.http_status` of a request that got no answer although others did."""

_ATTEMPTS_BEFORE_DOUBT = 6
_PROBE = Request("GET", f"{API}/users/current")

# Source: Jama help recommends exponential back-off of some seconds, such as 3, 5, 8, 13.
_GROWING_PAUSE = tenacity.wait_exponential(multiplier=0.5, max=15) + tenacity.wait_random(0, 0.5)


class HttpApi:
    """A REST API that speaks JSON. Safe to use from several threads.

    Args:
        connection: Makes the single attempts.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def get(self, path: str, query: Query = ()) -> dict[str, Any]:
        """Read something.

        Raises:
            TargetError: See `send`.
        """
        return self.send(Request("GET", API + path, query))

    def put(self, path: str, body: object) -> dict[str, Any]:
        """Replace something.

        Raises:
            TargetError: See `send`.
        """
        return self.send(Request("PUT", API + path, body=_encode(body)))

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
        return self.send(Request("PATCH", API + path, body=_encode(body)), on_attempt=on_attempt)

    def create(
        self,
        path: str,
        body: object,
        *,
        find_existing: Callable[[], int | None],
    ) -> int:
        """Make something new, and never twice.

        Args:
            path: The collection that gets the new member.
            body: What to create.
            find_existing: Looks the new thing up. Called before a request is repeated whose answer
                was lost, since nobody knows whether it was done.

        Returns:
            The ID of what was created or found.

        Raises:
            TargetError: See `send`.
        """
        request = Request("POST", API + path, body=_encode(body))
        is_in_doubt = False

        def attempt(number: int) -> int:
            nonlocal is_in_doubt
            existing = find_existing() if is_in_doubt else None
            if existing is not None:
                return existing
            is_in_doubt = False
            try:
                return _get_created_id(self.connection.attempt(request, number))
            except TransientError as failure:
                is_in_doubt = failure.may_have_happened
                raise

        return self.persist(attempt, request)

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
            RefusedError: When the server refuses it, or does not answer it but others.
            CredentialsError: When the server does not let us in.
            OutOfReachError: When nothing succeeded for `give_up_after`, or we were stopped.
        """

        def attempt(number: int) -> dict[str, Any]:
            on_attempt(number)
            return self.connection.attempt(request, number)

        return self.persist(attempt, request)

    def persist(self, attempt: Callable[[int], T], request: Request) -> T:
        """Repeat an attempt until it succeeds, is refused, or there is reason to give up.

        Args:
            attempt: Makes the attempt of that number; `TransientError` asks for another one.
            request: What is attempted, for messages.

        Raises:
            TargetError: See `send`.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            stop=lambda state: self._raise_when_done(request, state),
            wait=self._pause_s,
            sleep=self.connection.sleep,
        )
        number = 0

        def numbered() -> T:
            nonlocal number
            number += 1
            return attempt(number)

        return retrying(numbered)

    def _raise_when_done(self, request: Request, state: tenacity.RetryCallState) -> bool:
        """Raise when it is time to give up; as an error of ours rather than of tenacity's."""
        failure = _failure_of(state)
        patience = self.connection.patience
        if patience.left_s <= 0:
            raise OutOfReachError(
                f"nothing succeeded at {self.connection.url} for {patience.failing_for_s:.0f} s, "
                f"at last {request}: {failure}",
            ) from failure
        is_doubtful = (
            state.attempt_number >= _ATTEMPTS_BEFORE_DOUBT
            and failure.http_status != TOO_MANY_REQUESTS
            and request.login is None  # a login cannot be told from others, which wait for it
        )
        if is_doubtful and self._answers_others():
            raise RefusedError(
                f"{request}: {failure} ({state.attempt_number} attempts, "
                "while other requests are answered)",
                http_status=failure.http_status or NO_STATUS,
            ) from failure
        return False

    def _answers_others(self) -> bool:
        """Whether the server answers the cheapest request: then it is the other one it dislikes."""
        try:
            self.connection.attempt(_PROBE)
        except TransientError:
            return False
        except RefusedError:
            return True
        return True

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        """Return how long to wait: what the server asks for, else longer each time."""
        asked_s = _failure_of(state).retry_after_s
        return max(0.0, min(asked_s or _GROWING_PAUSE(state), self.connection.patience.left_s))


def _failure_of(state: tenacity.RetryCallState) -> TransientError:
    failure = state.outcome.exception() if state.outcome else None
    return failure if isinstance(failure, TransientError) else TransientError("no answer")


def _encode(body: object) -> bytes:
    return json.dumps(body, default=str).encode("ascii")


def _get_created_id(answer: dict[str, Any]) -> int:
    """Return the ID of what a POST created, from `meta.id` or the end of `meta.location`.

    Raises:
        TransientError: When the answer does not tell, so that it has to be looked up.

    Source: Jama REST API cookbook; servers before September 2018 give the location only.
    """
    meta = answer.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    for text in (str(meta.get("id", "")), str(meta.get("location", "")).rstrip("/")):
        last = text.rpartition("/")[2]
        if last.isascii() and last.isdigit():
            return int(last)
    raise TransientError("the answer does not say what was created")
