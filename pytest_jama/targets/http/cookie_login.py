"""A way to log in: credentials for a token that comes as a cookie, and that any answer may renew.

The token is a value, not a browser's cookie: paths, domains and flags of what servers set are not
reliable, so the newest value of each name is sent to all paths.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import CredentialsError, OutOfReachError, RefusedError
from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.framing import cookies_of
from pytest_jama.targets.http.request import Login, Request
from pytest_jama.targets.http.retry import persist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from requests import PreparedRequest, Response

    from pytest_jama.targets.http.connection import Connection

    Spelling = tuple[str, str]

_ATTEMPTS_WITHOUT_TOKEN = 3
_MOST_SECRETS = 64
_OTHERWISE = "the names of the fields are refused, so others are sent"
_FITS_A_HEADER = re.compile(r"[!-:<-~]+")
_GOOD = range(200, 300)


class CookieNames(NamedTuple):
    """Which cookies of a server count.

    Attributes:
        token: The one that has the token.
        others: Which are sent back beside it.
        echoed: Which are sent back as a header, too, and as which.
    """

    token: str
    others: tuple[str, ...] = ()
    echoed: Mapping[str, str] = MappingProxyType({})


class TokenJar:
    """The newest token, and what came with it. Safe to use from several threads.

    Args:
        names: Which cookies count.
    """

    def __init__(self, names: CookieNames) -> None:
        self.names = names
        self._all = (names.token, *names.others)
        self._values: dict[str, str] = {}
        self._ours: set[str] = set()
        self._seen: deque[str] = deque(maxlen=_MOST_SECRETS)
        self._lock = threading.Lock()

    @property
    def cookies(self) -> str:
        """The value of the header; empty before signing in."""
        with self._lock:
            return self._joined()

    def add_to(self, request: PreparedRequest) -> None:
        """Add the headers to a request."""
        with self._lock:
            request.headers["Cookie"] = self._joined()
            for name, header in self.names.echoed.items():
                if name in self._values:
                    request.headers[header] = self._values[name]

    def begin(self, response: Response) -> None:
        """Take the token that signing in brought; none of the session before counts any more."""
        with self._lock:
            self._values, self._ours = {}, set()
            self._take(response)

    def renew(self, response: Response) -> None:
        """Take what an answer brings, unless it belongs to a session before."""
        with self._lock:
            if response.request.headers.get("Cookie") in self._ours:
                self._take(response)

    def forget(self, cookies: str) -> None:
        """Drop the token if it is still the one that was sent."""
        with self._lock:
            if cookies == self._joined():
                self._values = {}

    def secrets(self) -> Iterator[str]:
        """Yield the latest tokens."""
        with self._lock:
            yield from tuple(self._seen)

    def _take(self, response: Response) -> None:
        found = dict(self._cookies_of(response))
        self._values |= found
        self._seen.extend(found.values())
        if cookies := self._joined():
            self._ours.add(cookies)

    def _joined(self) -> str:
        if self.names.token not in self._values:
            return ""
        return "; ".join(
            f"{each}={self._values[each]}" for each in self._all if each in self._values
        )

    def _cookies_of(self, response: Response) -> Iterator[tuple[str, str]]:
        """Yield the cookies that count, in the order of the headers; empty ones are not tokens."""
        for header in cookies_of(response):
            name, _, value = header.partition(";")[0].partition("=")
            if name.strip() in self._all and _FITS_A_HEADER.fullmatch(value.strip()):
                yield name.strip(), value.strip()


class SignInDoor(Login):
    """The request that signs in: no old token goes with it, and the new one is kept.

    Args:
        jar: Gets the token.
        name: Client ID or user name.
        read_secret: Returns client secret or password.
        spellings: How the two fields are called, the one that is tried first in front; servers
            answer 400 to one that they do not know.
        remedy: What the user can do when the server does not accept them.
    """

    def __init__(
        self,
        jar: TokenJar,
        name: str,
        read_secret: Callable[[], str],
        *,
        spellings: Sequence[Spelling],
        remedy: str,
    ) -> None:
        super().__init__(remedy=remedy)
        self.jar = jar
        self._name = name
        self._read_secret = read_secret
        self.spellings = spellings

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Leave the request as it is: an old cookie makes some servers answer 304."""
        return request

    def learn(self, response: Response) -> None:
        """Take the token."""
        if response.status_code in _GOOD:
            self.jar.begin(response)

    def secrets(self) -> Iterator[str]:
        """Yield the secret, and the tokens."""
        yield self._read_secret()
        yield from self.jar.secrets()

    def request(self, path: str, spelling: Spelling) -> Request:
        """Return the request that signs in.

        Args:
            path: Where to.
            spelling: How the two fields are called.
        """
        name, secret = spelling
        body = json.dumps({name: self._name, secret: self._read_secret()}).encode("ascii")
        return Request("POST", path, body=body, login=self)


def sign_in(connection: Connection, door: SignInDoor) -> None:
    """Sign in, with the next spelling of the fields where one is not understood.

    Raises:
        CredentialsError: When the server does not accept the credentials, or gives no token.
        OutOfReachError: When it does not answer, or something else does.
    """
    first, *others = door.spellings
    try:
        _sign_in(connection, door, first)
    except RefusedError as refusal:
        if refusal.http_status != HTTPStatus.BAD_REQUEST or not others:
            raise CredentialsError(str(refusal)) from refusal
        connection.note_retry(f"POST {connection.facts.token_path}", _OTHERWISE, attempt=2)
        try:
            _sign_in(connection, door, others[0])
        except (RefusedError, CredentialsError) as other:
            raise CredentialsError(str(refusal)) from other
        door.spellings = others


def _sign_in(connection: Connection, door: SignInDoor, spelling: Spelling) -> None:
    jar = door.jar
    request = door.request(connection.facts.token_path, spelling)

    def attempt(number: int) -> None:
        is_last = number >= _ATTEMPTS_WITHOUT_TOKEN
        remedy = connection.facts.wrong_url_remedy
        try:
            connection.attempt(request, number)
        except TransientError as failure:
            if failure.http_status in _GOOD and is_last:  # a page, or what a proxy says
                raise OutOfReachError(f"{request}: {failure}") from failure
            raise
        if not jar.cookies and is_last:
            name = jar.names.token
            raise CredentialsError(
                f"{request}: the answer does not set the cookie {name}; {remedy}"
            )
        if not jar.cookies:
            raise TransientError("the answer holds no token", http_status=_GOOD.start)

    persist(connection, attempt, request)


class SignedIn(Login):
    """The token with each request; signs in when there is none, once for all threads.

    Args:
        jar: Has the token.
        enter: Signs in.
        door: Whose secrets have to be hidden.
    """

    def __init__(self, jar: TokenJar, enter: Callable[[], None], door: SignInDoor) -> None:
        super().__init__(remedy=door.remedy)
        self._jar = jar
        self._enter = enter
        self._door = door
        self._lock = threading.Lock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the newest token."""
        with self._lock:
            if not self._jar.cookies:
                self._enter()
            self._jar.add_to(request)
        return request

    def renew(self, refused: PreparedRequest) -> bool:
        """Forget the token that was refused, unless another thread has replaced it already."""
        self._jar.forget(_sent_with(refused))
        return True

    def learn(self, response: Response) -> None:
        """Take the token that any answer may bring, but not from one that asks for a login."""
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            self._jar.renew(response)

    def secrets(self) -> Iterator[str]:
        """Yield the secret, and the tokens."""
        yield from self._door.secrets()


class Leaving(Login):
    """Signing out with the token; nothing is done about a refusal.

    Args:
        jar: Has the token.
    """

    def __init__(self, jar: TokenJar) -> None:
        super().__init__(remedy="")
        self._jar = jar

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the token."""
        self._jar.add_to(request)
        return request

    def secrets(self) -> Iterator[str]:
        """Yield the tokens."""
        yield from self._jar.secrets()


def _sent_with(request: PreparedRequest) -> str:
    return str(request.headers.get("Cookie", ""))
