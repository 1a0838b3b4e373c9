"""Single attempts at requests to one server, with login, pace and timeouts."""

from __future__ import annotations

import logging
import threading
import warnings
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from requests import Request as HttpRequest
from urllib3.exceptions import InsecureRequestWarning

from pytest_jama.core.errors import LOGGER, CredentialsError, OutOfReachError, RefusedError
from pytest_jama.core.port import Retry
from pytest_jama.core.redaction import redact
from pytest_jama.core.text import without_user_info
from pytest_jama.targets.http.failures import (
    TransientError,
    describe_failure,
    without_frames,
)
from pytest_jama.targets.http.give_up import Clocks, GiveUp, RetryLog
from pytest_jama.targets.http.pace import Pace
from pytest_jama.targets.http.request import Request
from pytest_jama.targets.http.responses import HttpAnswer, find_retry_after_s, read_answer
from pytest_jama.targets.http.transport import session_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from pytest_jama.core.port import Observer
    from pytest_jama.targets.http.request import Login, ServerFacts

log = logging.getLogger(LOGGER)

READ_TIMEOUT_S = 30.0
"""For how long to wait for an answer, all of it, unless `Limits` says otherwise."""

_TIMES_AS_LONG_FOR_CREATIONS = 10
"""So much longer for what is made once, 300 s: a cycle of very many runs may take minutes."""

_RENEWED = "401 Unauthorized, so the token is renewed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection keeps to.

    Attributes:
        requests_per_s: How many requests a second are sent at most; None for any number.
        at_once: How many requests are under way at most.
        give_up_after_s: After how many seconds without a success to stop.
        connect_timeout_s: For how long to wait for a connection.
        read_timeout_s: For how long to wait for an answer, all of it.
    """

    requests_per_s: float | None = None
    at_once: int = 8
    give_up_after_s: float = 120.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = READ_TIMEOUT_S


class Connection:
    """Makes single attempts at requests. Safe to use from several threads.

    Args:
        url: The base URL, above the paths of `facts`.
        facts: What is known of the server.
        session: Sockets, TLS, proxies.
        login: Says who we are.
        limits: What to keep to.
        clocks: Time.
    """

    def __init__(
        self,
        url: str,
        *,
        facts: ServerFacts,
        session: requests.Session,
        login: Login,
        limits: Limits | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.url = without_user_info(url.rstrip("/"))
        self.facts = facts
        self._session = session
        self._login = login
        self._limits = limits or Limits()
        self._clocks = clocks or Clocks()
        self._stopping = threading.Event()
        self._free = threading.BoundedSemaphore(self._limits.at_once)
        self._was_let_in = False
        self._refused_logins = 0
        self.clock = self._clocks.monotonic
        self.pace = Pace(
            self._limits.requests_per_s, facts=facts, clock=self.clock, sleep=self._wait
        )
        self.give_up = GiveUp(self._limits.give_up_after_s, self.clock)
        self._retries = RetryLog()

    def attempt(self, request: Request, number: int = 1) -> dict[str, Any]:
        """Send a request once, and once more when only the token was too old.

        One that makes something once is not sent again: a server may do it, and answer 401.

        Args:
            request: What to send.
            number: Which attempt this is, for the log.

        Returns:
            The JSON object of the answer.

        Raises:
            TransientError: When another attempt may succeed.
            RefusedError: When the server refuses it.
            CredentialsError: When the server does not let us in.
            OutOfReachError: When no further attempt can succeed, or after `stop`.
        """
        started_at = self.clock()
        try:
            answer = self._exchange(request, number)
        except TransientError as failure:
            if request.turn is not None:
                request.turn.failed()
            # One who waits for a creation has a server that works, not one that is out of reach.
            began_at = self.clock() if request.makes_once else started_at
            self.give_up.failed(str(failure) if failure.http_status else "", started_at=began_at)
            raise
        except RefusedError:
            self.give_up.succeeded()
            raise
        self.give_up.succeeded()
        return answer

    @property
    def now_s(self) -> float:
        """The time, in seconds since 1970."""
        return self._clocks.wall()

    @property
    def repeated(self) -> Mapping[str, int]:
        """How many requests were made again for each reason."""
        return self._retries.counts

    def tell(self, observer: Observer) -> None:
        """Tell an observer each request that is made again from now on."""
        self._retries.observer = observer

    def note_retry(self, request: str, reason: str, **facts: Any) -> None:
        """Log, count and tell that a request is made again; see `Retry` for the facts."""
        left_s = max(0.0, self.give_up.left_s)
        self._retries.note(Retry(request, reason, left_s=left_s, **facts))

    def is_probe_answered(self) -> bool:
        """Return whether the server answers the cheapest request; `give_up` learns nothing."""
        try:
            self._exchange(self._probe(), 1)
        except TransientError:
            return False
        except RefusedError:
            return True
        return True

    def sleep(self, seconds: float) -> None:
        """Wait that long, or until `stop`."""
        self._wait(seconds)

    def stop(self) -> None:
        """Make no further attempts, and end all pauses now, for good."""
        self._stopping.set()

    def close(self) -> None:
        """Give the sockets back."""
        self._session.close()

    def _wait(self, seconds: float) -> bool:
        return bool((self._clocks.sleep or self._stopping.wait)(seconds))

    def _exchange(self, request: Request, number: int) -> dict[str, Any]:
        login = request.login or self._login
        response = self._send(request, login, number)
        if response.status_code == HTTPStatus.UNAUTHORIZED and login.renew(response.request):
            if request.makes_once and not self._refused_logins:
                self._refused_logins += 1
                raise _token_renewed()
            if not request.makes_once:
                self.note_retry(str(request), _RENEWED, attempt=number)
                response = self._send(request, login, number)
        answer = self._answer(request, response, login)
        try:
            if answer.is_unauthorized:
                raise self._not_let_in(answer)
            if answer.is_about_account:
                raise self._account_refused(answer)
            if request.login is None:
                self._refused_logins = 0
                self._was_let_in |= response.status_code < HTTPStatus.BAD_REQUEST
            return self._read(answer)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as exc:
            reason = _not_understood(exc, http_status=response.status_code)
            raise reason from without_frames(exc)  # its frames hold what the server said

    def _answer(self, request: Request, response: requests.Response, login: Login) -> HttpAnswer:
        return HttpAnswer(
            request,
            response,
            facts=self.facts,
            conceal=lambda text: self._conceal(text, login),
            login_remedy=login.remedy,
            is_first=not self._was_let_in,
            url=self.url,
        )

    def _read(self, answer: HttpAnswer) -> dict[str, Any]:
        found = read_answer(answer, now_s=self._clocks.wall())
        complaint = answer.request.check(found)
        if complaint:
            del found  # error trackers print variables, and the answer may repeat the credentials
            raise TransientError(complaint, http_status=answer.status)
        return found

    def _conceal(self, text: str, login: Login) -> str:
        """Take all secrets out of a text; no other code gets them, not even as variables."""
        logins = (*login.secrets(), *self._login.secrets())
        return redact(text, (*logins, *session_secrets(self._session)))

    def _not_let_in(self, answer: HttpAnswer) -> Exception:
        """Judge a 401: at the beginning it is final, later only after several."""
        self._refused_logins += 1
        if self._was_let_in and self._refused_logins < self.facts.doubts_login_after:
            return TransientError(
                answer.status_line, http_status=answer.status, may_have_happened=False
            )
        is_login = answer.request.login is not None and not answer.is_about_account
        return answer.as_refusal() if is_login else CredentialsError(str(answer))

    def _account_refused(self, answer: HttpAnswer) -> Exception:
        """Judge a refusal of the account: it is one of this request alone if others are granted.

        Servers say of a single right, too, that the account or its license does not have it.
        """
        request, probe = answer.request, self._probe()
        if answer.is_first or request.login is not None or request.path == probe.path:
            return CredentialsError(str(answer))
        try:
            self._exchange(probe, 1)
        except CredentialsError:
            return CredentialsError(str(answer))
        except TransientError:
            return answer.as_refusal()
        except RefusedError:
            pass
        return replace(answer, is_account_fine=True).as_refusal()

    def _probe(self) -> Request:
        return Request("GET", self.facts.api_path + self.facts.probe_path)

    def _send(self, request: Request, login: Login, number: int) -> requests.Response:
        outcome = "no answer"
        started_at = self.clock()
        try:
            prepared = self._prepare(request, login)  # may ask for a token before
            if request.turn is not None:
                request.turn.wait()
            with self._free:
                started_at = sent_at = self._wait_for_turn()
                response = self._session.send(
                    prepared,
                    timeout=self._timeouts_s(request),
                    allow_redirects=False,
                    proxies=self._session.proxies,
                    makes_once=request.makes_once,
                    on_sent=request.turn.sent if request.turn is not None else None,
                )
            outcome = f"{response.status_code}"
        except OSError as exc:
            raise _translate(request, exc) from without_frames(exc)
        except ValueError as exc:  # the HTTP library stumbled over an odd header
            raise _not_understood(exc) from without_frames(exc)
        finally:
            took_s = self.clock() - started_at
            log.debug("%s: %s in %.3f s (attempt %d)", request, outcome, took_s, number)
        self._learn(response, sent_at)
        login.learn(response)
        return response

    def _prepare(self, request: Request, login: Login) -> requests.PreparedRequest:
        return self._session.prepare_request(
            HttpRequest(
                request.method,
                self.url + request.path,
                params=request.parameters,
                data=request.body,
                headers=request.headers,
                auth=login,
            )
        )

    def _wait_for_turn(self) -> float:
        sent_at = self.pace.wait_for_turn()
        if self._stopping.is_set():
            raise OutOfReachError("stopped")
        if self._session.verify is False:
            # Chosen by the user; where warnings are errors it would otherwise end the upload.
            warnings.simplefilter("ignore", InsecureRequestWarning)
        return sent_at

    def _timeouts_s(self, request: Request) -> tuple[float, float]:
        left_s = max(1.0, self.give_up.left_s)
        read_s = min(self._limits.read_timeout_s * request.patience, left_s)
        if request.makes_once:  # given up too early, it would be there without our knowledge
            read_s = self._limits.read_timeout_s * _TIMES_AS_LONG_FOR_CREATIONS
        return min(self._limits.connect_timeout_s, left_s), read_s

    def _learn(self, response: requests.Response, sent_at: float) -> None:
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            asked_s = find_retry_after_s(response, now_s=self._clocks.wall()) or 0.0
            # The last attempt before giving up is made in any case.
            self.pace.refused(sent_at, asked_s=min(asked_s, self.give_up.left_s))
        else:
            self.pace.admitted(sent_at)


def _token_renewed() -> TransientError:
    return TransientError(
        _RENEWED, http_status=HTTPStatus.UNAUTHORIZED, may_have_happened=False, at_once=True
    )


def _not_understood(exc: Exception, *, http_status: int = 0) -> TransientError:
    reason = f"the answer cannot be understood ({type(exc).__name__})"
    return TransientError(reason, http_status=http_status)


def _translate(request: Request, exc: OSError) -> Exception:
    failure = describe_failure(exc)
    if failure.is_transient:
        return TransientError(
            failure.reason,
            more=f"; {failure.remedy}" if failure.remedy else "",
            may_have_happened=failure.may_have_happened,
            at_once=failure.at_once,
        )
    return OutOfReachError(f"{request}: {failure}")
