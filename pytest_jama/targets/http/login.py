"""Ways to log in, as auth objects of `requests`; with a password, or with an OAuth token.

Nothing here shows a secret: neither in a repr nor in a variable of a frame.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pytest_jama.core.errors import CredentialsError, RefusedError
from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.request import Login, Request
from pytest_jama.targets.http.retry import persist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import PreparedRequest, Response

    from pytest_jama.targets.http.connection import Connection

_RENEW_BEFORE_S = 60.0
_LIFETIME_IF_UNKNOWN_S = 300.0
_GOOD = range(200, 300)
_WRONG_CLIENT = frozenset({400, 401})
_AS_FORM = "the client is refused as user and password, so its ID and secret are sent as a form"
GRANT = "grant_type=client_credentials"
"""What a token is asked for with."""
_ATTEMPTS_WITHOUT_TOKEN = 3
"""After this many good answers without a token, no further one is asked for."""

_FITS_A_HEADER = re.compile(r"[!-~]+")
"""What a token may consist of; the HTTP library shows a value that it cannot send."""


class Anonymous(Login):
    """No login: to see what answers those who have none."""

    def __init__(self) -> None:
        super().__init__(remedy="it asks for a login")

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Leave the request as it is."""
        return request


class DateWatch(Anonymous):
    """No login; compares the time that the server tells with its answer.

    Args:
        clock: Seconds since 1970.

    Attributes:
        ahead_s: By how many seconds the server's clock is ahead; None when it does not tell it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self.ahead_s: float | None = None

    def learn(self, response: Response) -> None:
        """Compare the date of the answer."""
        try:
            told = parsedate_to_datetime(response.headers.get("Date", ""))
            self.ahead_s = round(told.timestamp() - self._clock())
        except (TypeError, ValueError, OverflowError):
            self.ahead_s = None


class BasicLogin(Login):
    """User name and password, sent with each request.

    Args:
        name: The user name or client ID.
        read_secret: Returns the password or client secret.
        remedy: What the user can do when the server does not accept them.
    """

    def __init__(self, name: str, read_secret: Callable[[], str], *, remedy: str) -> None:
        super().__init__(remedy=remedy)
        self._name = name
        self._read_secret = read_secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header; as UTF-8, since `requests` itself stops at non-Latin passwords."""
        request.headers["Authorization"] = f"Basic {self._pair()}"
        return request

    def secrets(self) -> Iterator[str]:
        """Yield the password or client secret, alone and as the header has it."""
        yield self._read_secret()
        yield self._pair()

    def _pair(self) -> str:
        return base64.b64encode(f"{self._name}:{self._read_secret()}".encode()).decode("ascii")


class ClientLogin(BasicLogin):
    """Client ID and client secret, for the token endpoint alone: as user and password, or a form.

    A server has to support the first way; some take the second one only.

    Source: RFC 6749, section 2.3.1.
    """

    def __init__(self, name: str, read_secret: Callable[[], str], *, remedy: str) -> None:
        super().__init__(name, read_secret, remedy=remedy)
        self._in_form = False
        self._is_settled = False

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header, or the fields; `requests` counts the length of the body afterwards."""
        if not self._in_form:
            return super().__call__(request)
        fields = {"client_id": self._name, "client_secret": self._read_secret()}
        request.body = f"{GRANT}&{urlencode(fields)}".encode("ascii")
        return request

    def accepted(self) -> None:
        """Note that a token came: this way works, and no other one is tried."""
        self._is_settled = True

    def tries_form(self) -> bool:
        """Take the other way from now on, unless that was tried; returns whether to try again."""
        if self._is_settled:
            return False
        self._in_form = self._is_settled = True
        return True

    def keeps_header(self) -> None:
        """Take the first way again: the other one did not work either."""
        self._in_form = False


@dataclass(frozen=True, slots=True)
class Token:
    """An access token.

    Attributes:
        header: The value of the Authorization header.
        lifetime_s: For how long it was valid when it was issued.
        expires_at: When it expires, by the clock that it was made with.
    """

    header: str = field(repr=False)
    lifetime_s: float
    expires_at: float

    def is_fresh(self, now: float) -> bool:
        """Return whether the token can be used for a while.

        Tokens that live for less than a minute are fresh for half of it.
        """
        reserve_s = _RENEW_BEFORE_S if self.lifetime_s > _RENEW_BEFORE_S else self.lifetime_s / 2
        return self.expires_at - now >= reserve_s


def read_token(answer: Mapping[str, Any], *, now: float) -> Token | None:
    """Read the answer of the token endpoint; None when it holds no token.

    The token is sent as ``Bearer`` whatever `token_type` says: servers write it in either letter
    case, and older fields of the answer are gone.

    Source: RFC 6749, section 5.1.
    """
    value = answer.get("access_token")
    if not isinstance(value, str) or not _FITS_A_HEADER.fullmatch(value.strip()):
        return None
    try:
        lifetime_s = max(0.0, float(answer.get("expires_in", _LIFETIME_IF_UNKNOWN_S)))
    except (TypeError, ValueError):
        lifetime_s = _LIFETIME_IF_UNKNOWN_S
    return Token(f"Bearer {value.strip()}", lifetime_s, now + lifetime_s)


def fetch_token(connection: Connection, login: ClientLogin) -> Token:
    """Exchange client ID and client secret for a token.

    Args:
        connection: Makes the request.
        login: The API credentials.

    Raises:
        CredentialsError: When the server does not accept them, or answers without a token.
        OutOfReachError: When it does not answer.
    """
    request = Request(
        "POST",
        connection.facts.token_path,
        body=GRANT.encode("ascii"),
        content_type="application/x-www-form-urlencoded",
        login=login,
    )
    try:
        token = _request_token(connection, request)
    except RefusedError as refusal:
        if refusal.http_status not in _WRONG_CLIENT or not login.tries_form():
            raise CredentialsError(str(refusal)) from refusal
        connection.note_retry(str(request), _AS_FORM, attempt=2)
        try:
            token = _request_token(connection, request)
        except (RefusedError, CredentialsError) as other:
            login.keeps_header()
            raise CredentialsError(str(refusal)) from other
    login.accepted()
    return token


def _request_token(connection: Connection, request: Request) -> Token:
    remedy = request.login.remedy if request.login else ""

    def attempt(number: int) -> Token:
        is_last = number >= _ATTEMPTS_WITHOUT_TOKEN
        try:
            token = read_token(connection.attempt(request, number), now=connection.clock())
        except TransientError as failure:
            if failure.http_status in _GOOD and is_last:
                raise CredentialsError(f"{request}: {failure}; {remedy}") from failure
            raise
        if token is None and is_last:
            raise CredentialsError(f"{request}: the answer holds no token; {remedy}")
        if token is None:
            raise TransientError("the answer holds no token", http_status=_GOOD.start)
        return token

    return persist(connection, attempt, request)


class TokenLogin(Login):
    """A token, fetched when first needed and renewed before it expires, once for all threads.

    Args:
        fetch: Gets a new token from the server.
        remedy: What the user can do when the server does not accept it.
        clock: Seconds that never run backwards.
        credentials: What tokens are fetched with, so that its secrets are known.
    """

    def __init__(
        self,
        fetch: Callable[[], Token],
        *,
        remedy: str,
        clock: Callable[[], float] = time.monotonic,
        credentials: Login | None = None,
    ) -> None:
        super().__init__(remedy=remedy)
        self._fetch = fetch
        self._credentials = credentials
        self._headers: frozenset[str] = frozenset()
        self._clock = clock
        self._token: Token | None = None
        self._lock = threading.Lock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header, with a token that is valid for a while."""
        with self._lock:
            if self._token is None or not self._token.is_fresh(self._clock()):
                self._token = self._fetch()
                self._headers |= {self._token.header}
            request.headers["Authorization"] = self._token.header
        return request

    def renew(self, refused: PreparedRequest) -> bool:
        """Forget the token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if self._token and self._token.header == refused.headers.get("Authorization"):
                self._token = None
        return True

    def secrets(self) -> Iterator[str]:
        """Yield all tokens so far, and the client secret."""
        for header in self._headers:
            yield header.partition(" ")[2]
        if self._credentials is not None:
            yield from self._credentials.secrets()
