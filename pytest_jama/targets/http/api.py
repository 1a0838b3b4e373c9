"""JSON requests that persist: repeated until answered, and an end to that.

An attempt without a usable answer is repeated after a growing, jittered pause, or after the pause
that the server asks for. Two things end that: nothing at all succeeded for `give_up_after`, so that
the server is out of reach; or the server answers others but for long not this one, which it thus
refuses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.http.connection import (
    TOO_MANY_REQUESTS,
    Connection,
    Query,
    Request,
    accept_anything,
)
from pytest_jama.targets.http.failures import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Check = Callable[[Mapping[str, Any]], str]

T = TypeVar("T")

NO_STATUS = 0
"""`RefusedError.http_status` of a request that got no answer although others did."""

_ATTEMPTS_BEFORE_DOUBT = 10
"""With a fifth of all answers faulty, one of ten million requests fails so often in a row."""

_GROWING_PAUSE = tenacity.wait_exponential(multiplier=0.5, max=15) + tenacity.wait_random(0, 0.5)
_LONGEST_PAUSE_IF_OTHERS_ARE_ANSWERED_S = 3.0
_LONGEST_PAUSE_IF_ASKED_S = 60.0


class HttpApi:
    """A REST API that speaks JSON. Safe to use from several threads.

    Args:
        connection: Makes the single attempts.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._api_path = connection.facts.api_path
        self._probe = Request("GET", self._api_path + connection.facts.probe_path)

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

    def put(self, path: str, body: object) -> dict[str, Any]:
        """Replace something.

        Raises:
            TargetError: See `send`.
        """
        return self.send(Request("PUT", self._api_path + path, body=_encode(body)))

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
    ) -> int:
        """Make something new, and never twice.

        Args:
            path: The collection that gets the new member.
            body: What to create.
            find_existing: Looks the new thing up. Called before a request is repeated whose answer
                was lost, since nobody knows whether it was done.
            look_again_after_s: Pauses after which it is looked up again when it was not found,
                since servers may show late what they have made.

        Returns:
            The ID of what was created or found.

        Raises:
            TargetError: See `send`.
        """
        request = Request("POST", self._api_path + path, body=_encode(body))
        is_in_doubt = False

        def attempt(number: int) -> int:
            nonlocal is_in_doubt
            if is_in_doubt:
                existing = self._look_up(find_existing, look_again_after_s)
                if existing is not None:
                    return existing
            is_in_doubt = False
            try:
                return self._get_created_id(self.connection.attempt(request, number))
            except TransientError as failure:
                is_in_doubt = failure.may_have_happened
                raise

        return self.persist(attempt, request)

    def _get_created_id(self, answer: dict[str, Any]) -> int:
        created_id = self.connection.facts.find_created_id(answer)
        if created_id is None:
            raise TransientError("the answer does not say what was created")
        return created_id

    def _look_up(
        self, find_existing: Callable[[], int | None], look_again_after_s: Sequence[float]
    ) -> int | None:
        existing = find_existing()
        for pause_s in look_again_after_s:
            if existing is not None:
                break
            self.connection.sleep(pause_s)
            existing = find_existing()
        return existing

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
            RefusedError: When the server refuses it, or for long does not answer it but others.
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
        started_at = self.connection.clock()
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            stop=lambda state: self._raise_when_done(request, state, started_at=started_at),
            wait=self._pause_s,
            sleep=self.connection.sleep,
        )
        number = 0

        def numbered() -> T:
            nonlocal number
            number += 1
            return attempt(number)

        return retrying(numbered)

    def _raise_when_done(
        self, request: Request, state: tenacity.RetryCallState, *, started_at: float
    ) -> bool:
        """Raise when it is time to give up; as an error of ours rather than of tenacity's."""
        failure = _failure_of(state)
        patience = self.connection.patience
        is_out_of_time = patience.left_s <= 0
        is_long_tried = (
            state.attempt_number >= _ATTEMPTS_BEFORE_DOUBT
            or self.connection.clock() - started_at >= patience.give_up_after_s
        )
        if (is_out_of_time or is_long_tried) and self._is_disliked(request, failure):
            raise RefusedError(
                f"{request}: {failure} ({state.attempt_number} attempts, "
                "while other requests are answered)",
                http_status=failure.http_status or NO_STATUS,
            ) from failure
        if is_out_of_time:
            raise OutOfReachError(
                f"nothing succeeded at {self.connection.url} for {patience.failing_for_s:.0f} s, "
                f"at last {request}: {failure}",
            ) from failure
        return False

    def _is_disliked(self, request: Request, failure: TransientError) -> bool:
        """Whether the server answers the cheapest request: then it is this one it dislikes.

        Throttling concerns all requests; and a login cannot be told from others, which wait for it.
        """
        return (
            failure.http_status != TOO_MANY_REQUESTS
            and request.login is None
            and self.connection.is_answered(self._probe)
            and self.connection.patience.write_off()
        )

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        """Return how long to wait: what the server asks for, else longer each time.

        A request that was one too many waits for its next turn, which the pace gives it later and
        later. While others succeed it is not the server that needs a rest.
        """
        failure, patience = _failure_of(state), self.connection.patience
        pause_s = _GROWING_PAUSE(state)
        if failure.http_status == TOO_MANY_REQUESTS:
            paced_s = self.connection.pace.find_pause_s()
            pause_s = pause_s if paced_s is None else paced_s
        elif patience.has_succeeded_lately:
            pause_s = min(pause_s, _LONGEST_PAUSE_IF_OTHERS_ARE_ANSWERED_S)
        if failure.retry_after_s is not None:
            pause_s = max(pause_s, min(failure.retry_after_s, _LONGEST_PAUSE_IF_ASKED_S))
        return max(0.0, min(pause_s, patience.left_s))


def _failure_of(state: tenacity.RetryCallState) -> TransientError:
    failure = state.outcome.exception() if state.outcome else None
    return failure if isinstance(failure, TransientError) else TransientError("no answer")


def _encode(body: object) -> bytes:
    return json.dumps(body, default=str).encode("ascii")
