"""One `requests.Session` for one server: TLS, proxies, connection pool. Made once, never re-read.

The session ignores the environment afterwards (`trust_env`): ``~/.netrc`` must not replace our
credentials, and reading proxies anew for every request takes longer than the request's own work.

Every exchange has an end, however slowly the server drips. The read timeout of a socket begins anew
with every byte that arrives: a server that sends one now and then would hold a request for ever.
Here a watch closes the socket when the time of the whole exchange is over, wherever it is then: in
the proxy's greeting, the headers or the body.
"""

from __future__ import annotations

import base64
import math
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url, get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pytest_jama import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from requests import PreparedRequest, Response


USER_AGENT = f"pytest-jama/{__version__}"

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Environment variables that may name a CA bundle; the first one that is set counts."""


def open_session(
    url: str,
    *,
    verify: bool | Path = True,
    client_cert: Path | None = None,
    connections: int = 8,
    environ: Mapping[str, str] = os.environ,
) -> requests.Session:
    """Make a session for one server.

    Args:
        url: Where the server is; decides which proxy of the environment is used, if any.
        verify: Whether to check the server's certificate, or the CA bundle to check it with.
        client_cert: A PEM file with client certificate and key.
        connections: How many connections are kept open at most.
        environ: Where a CA bundle may be named.
    """
    session = _Session()
    session.trust_env = False
    session.proxies = get_environ_proxies(url)
    session.verify = find_ca_bundle(verify, environ)
    session.cert = str(client_cert) if client_cert else None
    session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
    # Every request carries its own credentials; a session of the server must not outlive them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Session(requests.Session):
    """Follows no redirect, and does not parse where it leads: that may be anything."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: no redirect is followed."""


def proxy_secrets(session: requests.Session) -> Iterator[str]:
    """Yield what must not be shown of the addresses of a session's proxies."""
    for address in session.proxies.values():
        name, password = get_auth_from_url(address)
        if password:
            yield password
            yield base64.b64encode(f"{name}:{password}".encode()).decode("ascii")


def find_ca_bundle(verify: bool | Path, environ: Mapping[str, str]) -> bool | str:
    """Return what `requests` shall check certificates with: a bundle, its own one, or nothing."""
    if not isinstance(verify, bool):
        return str(verify)
    named = (environ[name] for name in CA_VARIABLES if environ.get(name))
    return next(named, True) if verify else False


class Exchange:
    """A request and its answer, under way.

    Args:
        ends_at: When it has to be over, by `time.monotonic`.
    """

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.is_over = False
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None

    def uses(self, connection: HTTPConnection) -> None:
        """Note what the exchange runs through."""
        self._connection = connection
        self._socket = connection.sock or self._socket
        if self.is_over:
            self.end()

    def end(self) -> None:
        """Wake up the thread that reads or writes, with an error or an early end."""
        self.is_over = True
        # While a tunnel through a proxy is being made only the connection knows the socket.
        found = self._socket or (self._connection.sock if self._connection else None)
        if found is not None:
            with suppress(OSError):
                # Not the method of an SSL socket, which other threads must not call.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


class Watch:
    """A thread that ends the exchanges whose time is over."""

    def __init__(self) -> None:
        self._open: set[Exchange] = set()
        self._wakes_at = math.inf
        self._is_closed = False
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def exchange(self, within_s: float) -> Iterator[Exchange]:
        """Watch what this thread sends and receives inside a ``with`` block.

        Args:
            within_s: After how many seconds it is ended.
        """
        exchange = Exchange(time.monotonic() + within_s)
        with self._condition:
            self._open.add(exchange)
            self._start()
            if exchange.ends_at < self._wakes_at:
                self._condition.notify()
        reset = _current.set(exchange)
        try:
            yield exchange
        finally:
            _current.reset(reset)
            with self._condition:
                self._open.discard(exchange)

    def close(self) -> None:
        """End the thread."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()

    def _start(self) -> None:
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._run, name="pytest-jama-watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        with self._condition:
            while not self._is_closed:
                now = time.monotonic()
                for exchange in [each for each in self._open if each.ends_at <= now]:
                    self._open.discard(exchange)
                    exchange.end()
                self._wakes_at = min((each.ends_at for each in self._open), default=math.inf)
                wait_s = None if self._wakes_at == math.inf else self._wakes_at - now
                self._condition.wait(wait_s)


class DeadlineAdapter(HTTPAdapter):
    """Sends requests; the read timeout is for all of the exchange, connection included."""

    def __init__(self, **options: Any) -> None:
        self._watch = Watch()
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of connections, which tell the exchange what they use."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools of connections through a proxy; SOCKS has connections of its own."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: PreparedRequest, **options: Any) -> Response:  # type: ignore[override]
        """Send a request; the answer is complete.

        Args:
            request: What to send.
            options: See `requests`; `timeout` has to be seconds for the connection and for all.

        Raises:
            requests.ReadTimeout: When the exchange was not over in time.
            requests.RequestException: When it failed otherwise.
        """
        with self._watch.exchange(options["timeout"][1]) as exchange:
            try:
                response = super().send(request, **options)
                _read(response)
            except exceptions.RequestException as exc:
                if exchange.is_over:
                    raise _too_slow(request) from exc
                raise
        if exchange.is_over:  # an answer without a length seems to be complete when it is cut off
            raise _too_slow(request)
        return response

    def close(self) -> None:
        """Give the sockets back, and end the watch."""
        super().close()
        self._watch.close()


LARGEST_ANSWER = 1 << 26
"""Bytes. A page of a list has some kilobytes a row; an answer without end would fill memory."""

_current: ContextVar[Exchange | None] = ContextVar("pytest_jama_exchange", default=None)


def _read(response: Response) -> None:
    """Read all of an answer, unless it is too large."""
    parts_of = response.iter_content

    def limited(*args: Any, **options: Any) -> Iterator[Any]:
        size = 0
        for part in parts_of(*args, **options):
            size += len(part)
            if size > LARGEST_ANSWER:
                response.close()
                raise exceptions.ContentDecodingError(f"more than {LARGEST_ANSWER} bytes")
            yield part

    response.iter_content = limited  # type: ignore[method-assign]  # which `content` reads from
    _ = response.content


def _too_slow(request: PreparedRequest) -> exceptions.ReadTimeout:
    return exceptions.ReadTimeout("the answer took too long", request=request)


def _tell(connection: HTTPConnection) -> None:
    exchange = _current.get()
    if exchange is not None:
        exchange.uses(connection)


class _Plain(HTTPConnection):
    debuglevel = 0  # raising it for all of `http.client` must not print credentials

    def connect(self) -> None:
        _tell(self)
        super().connect()
        _tell(self)

    def putrequest(self, *args: Any, **options: Any) -> None:
        _tell(self)
        super().putrequest(*args, **options)


class _Secure(_Plain, HTTPSConnection):
    """The same with TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _SecurePool}
