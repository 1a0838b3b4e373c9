"""Requests that are made again: until they are answered, and why each time.

An attempt without a usable answer is repeated after a growing, jittered pause, or after the pause
that the server asks for. Two things end that: no request at all succeeded for `give_up_after`, so
the server is out of reach; or the server keeps answering other requests but not this one, so it
refuses this one.
"""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import tenacity

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.http.failures import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.targets.http.connection import Connection
    from pytest_jama.targets.http.request import Request

T = TypeVar("T")

NO_STATUS = 0
"""`RefusedError.http_status` of a request that got no answer although others did."""

_ATTEMPTS_BEFORE_DOUBT = 10
"""With a fifth of all answers faulty, one of ten million requests fails this often."""

_FAILED_TRIALS = 4
"""After so many answers 500 something simpler is sent, and this once more if that is taken."""

_GROWING_PAUSE = tenacity.wait_exponential(multiplier=0.5, max=15)
_MORE_AT_MOST_S = 0.5
_CHANCE = random.Random()  # noqa: S311 - no secret, and tests may have seeded the common one
_LONGEST_PAUSE_IF_OTHERS_ARE_ANSWERED_S = 3.0
_LONGEST_PAUSE_IF_ASKED_S = 60.0


_CREATED_AT_LEAST = 3
"""So often something is created that takes long to look up in between."""


def persist(connection: Connection, attempt: Callable[[int], T], request: Request) -> T:
    """Repeat an attempt until it succeeds, is refused, or there is reason to give up.

    Args:
        connection: What the attempt uses.
        attempt: Makes the attempt of that number; `TransientError` asks for another one.
        request: What is attempted, for messages.

    Raises:
        RefusedError: When the server refuses it, or answers other requests but not this one.
        CredentialsError: When the server does not let us in.
        OutOfReachError: When nothing succeeded for `give_up_after`, or we were stopped.
    """
    started_at = connection.clock()
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=lambda state: _raise_when_done(connection, request, state, started_at=started_at),
        wait=lambda state: _find_pause_s(connection, state),
        before_sleep=lambda state: _note(connection, request, state),
        sleep=connection.sleep,
    )
    number = foreign = 0

    def numbered() -> T:
        nonlocal number, foreign
        number += 1
        try:
            return attempt(number)
        except TransientError as failure:
            foreign = foreign + 1 if failure.is_foreign else 0
            if foreign and foreign == connection.facts.doubts_url_after:
                raise OutOfReachError(f"{request}: {failure}") from failure
            raise

    return retrying(numbered)


def _note(connection: Connection, request: Request, state: tenacity.RetryCallState) -> None:
    failure = _failure_of(state)
    asked_s = failure.retry_after_s
    connection.note_retry(
        str(request),
        failure.reason,
        detail="" if asked_s is None else f"the server asked for {asked_s:g} s",
        attempt=state.attempt_number + 1,
        pause_s=state.next_action.sleep if state.next_action else 0.0,
        is_unreached=not (failure.may_have_happened or failure.http_status or failure.at_once),
    )


def _raise_when_done(
    connection: Connection,
    request: Request,
    state: tenacity.RetryCallState,
    *,
    started_at: float,
) -> bool:
    """Raise when it is time to give up; as an error of ours rather than of tenacity's."""
    failure = _failure_of(state)
    give_up = connection.give_up
    is_out_of_time = give_up.left_s <= 0
    is_often_tried = not request.makes_once or state.attempt_number >= _CREATED_AT_LEAST
    is_long_tried = not request.waits_in_line and (
        state.attempt_number >= _ATTEMPTS_BEFORE_DOUBT
        or (is_often_tried and connection.clock() - started_at >= give_up.after_s)
    )
    is_failed_trial = (
        request.is_trial
        and state.attempt_number >= _FAILED_TRIALS
        and failure.http_status == HTTPStatus.INTERNAL_SERVER_ERROR
        and connection.is_probe_answered()
    )
    if is_failed_trial or (
        (is_out_of_time or is_long_tried) and _is_refused_alone(connection, request, failure)
    ):
        raise RefusedError(
            f"{request}: {failure} ({state.attempt_number} attempts, "
            "while other requests are answered)",
            http_status=failure.http_status or NO_STATUS,
        ) from failure
    if is_out_of_time:
        answer = "" if failure.http_status else give_up.answer  # it may say what is the matter
        raise OutOfReachError(
            f"nothing succeeded at {connection.url} for {give_up.failing_for_s:.0f} s, "
            f"most recently {request}: {failure}" + (answer and f"; its last answer was {answer}")
        ) from failure
    return False


def _is_refused_alone(connection: Connection, request: Request, failure: TransientError) -> bool:
    """Return whether the server answers the cheapest request: then it refuses only this one.

    Throttling concerns all requests; and all others wait for a login.
    """
    return (
        failure.http_status != HTTPStatus.TOO_MANY_REQUESTS
        and request.login is None
        and connection.is_probe_answered()
        and connection.give_up.write_off()
    )


def _find_pause_s(connection: Connection, state: tenacity.RetryCallState) -> float:
    """Return how long to wait: what the server asks for, else longer each time.

    A request that was one too many waits for its next turn, and the pace grows slower. While others
    succeed, the server does not need a long rest. One that found its connection closed is not late.
    """
    failure, give_up = _failure_of(state), connection.give_up
    if failure.at_once:
        return 0.0
    pause_s = _GROWING_PAUSE(state) + _CHANCE.uniform(0, _MORE_AT_MOST_S)
    if failure.http_status == HTTPStatus.TOO_MANY_REQUESTS:
        paced_s = connection.pace.find_pause_s()
        pause_s = pause_s if paced_s is None else paced_s
    elif give_up.has_succeeded_lately:
        pause_s = min(pause_s, _LONGEST_PAUSE_IF_OTHERS_ARE_ANSWERED_S)
    if failure.retry_after_s is not None:
        pause_s = max(pause_s, min(failure.retry_after_s, _LONGEST_PAUSE_IF_ASKED_S))
    return max(0.0, min(pause_s, give_up.left_s))


def _failure_of(state: tenacity.RetryCallState) -> TransientError:
    failure = state.outcome.exception() if state.outcome else None
    return failure if isinstance(failure, TransientError) else TransientError("no answer")
