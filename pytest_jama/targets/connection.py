"""Single attempts at requests to one server, with login, pace and timeouts."""

from __future__ import annotations

import logging
import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import InsecureRequestWarning

from pytest_jama.core.errors import CredentialsError, OutOfReachError, RefusedError
from pytest_jama.core.text import without_user_info
from pytest_jama.targets.answers import read_answer
from pytest_jama.targets.failures import TransientError, describe_failure, without_frames
from pytest_jama.targets.pace import Pace
from pytest_jama.targets.patience import Clocks, Patience

if TYPE_CHECKING:
    import requests

    from pytest_jama.targets.login import Login

log = logging.getLogger(__name__)

Query = tuple[tuple[str, "str | int"], ...]
"""Parameters of a request; a name may occur several times."""

TOO_MANY_REQUESTS = 429
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the server.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL.
        query: Its parameters.
        body: The body as sent; None for none.
        content_type: What the body is.
        login: How to log in, when not like everybody else.
    """

    method: str
    path: str
    query: Query = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    login: Login | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection keeps to.

    Attributes:
        requests_per_s: At most so many requests a second; None for any number.
        give_up_after_s: Stop when nothing succeeded for so many seconds.
        connect_timeout_s: For how long to wait for a connection.
        read_timeout_s: For how long to wait for each part of an answer.
    """

    requests_per_s: float | None = None
    give_up_after_s: float = 120.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0


class Connection:
    """Makes single attempts at requests. Safe to use from several threads.

    Args:
        url: The base URL, without ``/rest``.
        session: Sockets, TLS, proxies.
        login: Says who we are.
        limits: What to keep to.
        clocks: Time.
    """

    def __init__(
        self,
        url: str,
        *,
        session: requests.Session,
        login: Login,
        limits: Limits | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.url = without_user_info(url.rstrip("/"))
        self._session = session
        self._login = login
        self._limits = limits or Limits()
        self._clocks = clocks or Clocks()
        self._stopping = threading.Event()
        self.clock = self._clocks.monotonic
        self.pace = Pace(self._limits.requests_per_s, clock=self.clock, sleep=self.sleep)
        self.patience = Patience(self._limits.give_up_after_s, self.clock)

    def attempt(self, request: Request, number: int = 1) -> dict[str, Any]:
        """Send a request once, and once more when only the token was too old.

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
            response = self._exchange(request, number)
            now_s = self._clocks.wall()
            answer = read_answer(request.method, request.path, response, now_s=now_s)
        except TransientError as failure:
            if failure.http_status == TOO_MANY_REQUESTS:
                self.pace.slow_down()
            self.patience.failed(started_at=started_at)
            raise
        except RefusedError:
            self.patience.succeeded()
            raise
        self.patience.succeeded()
        self.pace.speed_up()
        return answer

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds, or until `stop`."""
        (self._clocks.sleep or self._stopping.wait)(seconds)

    def stop(self) -> None:
        """Make no further attempts, and end all pauses now. There is no way back."""
        self._stopping.set()

    def close(self) -> None:
        """Give the sockets back."""
        self._session.close()

    def _exchange(self, request: Request, number: int) -> requests.Response:
        login = request.login or self._login
        response = self._send(request, login, number)
        if response.status_code == _UNAUTHORIZED and login.renew(response.request):
            response = self._send(request, login, number)
        if response.status_code == _UNAUTHORIZED:
            raise CredentialsError(f"{request}: 401 Unauthorized at {self.url}; {login.remedy}")
        return response

    def _send(self, request: Request, login: Login, number: int) -> requests.Response:
        self.pace.wait_for_turn()
        if self._stopping.is_set():
            raise OutOfReachError("stopped")
        started_at = self.clock()
        outcome = "no answer"
        try:
            response = self._request(request, login)
            outcome = f"{response.status_code}"
        except OSError as exc:
            raise _translate(request, exc) from without_frames(exc)
        finally:
            took_s = self.clock() - started_at
            log.debug("%s: %s in %.3f s (attempt %d)", request, outcome, took_s, number)
        return response

    def _request(self, request: Request, login: Login) -> requests.Response:
        if self._session.verify is False:
            # Chosen by the user; where warnings are errors it would otherwise end the upload.
            warnings.simplefilter("ignore", InsecureRequestWarning)
        left_s = max(1.0, self.patience.left_s)
        return self._session.request(
            request.method,
            self.url + request.path,
            params=list(request.query),
            data=request.body,
            headers={"Content-Type": request.content_type} if request.body else None,
            auth=login,
            timeout=(
                min(self._limits.connect_timeout_s, left_s),
                min(self._limits.read_timeout_s, left_s),
            ),
            allow_redirects=False,
        )


def _translate(request: Request, exc: OSError) -> Exception:
    failure = describe_failure(exc)
    if failure.is_transient:
        return TransientError(str(failure), may_have_happened=failure.may_have_happened)
    return OutOfReachError(f"{request}: {failure}")
