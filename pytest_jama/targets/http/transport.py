"""One `requests.Session` for one server: TLS, proxies, connection pool. Made once, never re-read.

The session ignores the environment afterwards (`trust_env`): ``~/.netrc`` must not replace our
credentials, and reading proxies anew for every request takes longer than the request's own work.
"""

from __future__ import annotations

import base64
import os
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from requests import exceptions
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.utils import get_auth_from_url, get_environ_proxies

from pytest_jama import __version__
from pytest_jama.targets.http.content import ENCODINGS, read_content
from pytest_jama.targets.http.exchange import Watch
from pytest_jama.targets.http.failures import ClosedConnectionError
from pytest_jama.targets.http.reuse import POOLS, Reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from requests import PreparedRequest, Response


USER_AGENT = f"pytest-jama/{__version__}"

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Environment variables that may name a CA bundle; the first one that is set counts."""


class Route(NamedTuple):
    """The way to a server, as the environment said it at one moment.

    Attributes:
        proxies: Which proxy is used for which scheme.
        environ: The variables that may name a CA bundle.
    """

    proxies: Mapping[str, str]
    environ: Mapping[str, str]

    @classmethod
    def of_environment(cls, url: str, environ: Mapping[str, str] = os.environ) -> Route:
        """Return the way to a server as the environment says it now.

        Args:
            url: Where the server is; decides which proxy is used, if any.
            environ: Where a CA bundle may be named.
        """
        named = {name: environ[name] for name in CA_VARIABLES if name in environ}
        return cls(get_environ_proxies(url), named)


def open_session(
    url: str,
    *,
    verify: bool | Path = True,
    client_cert: Path | None = None,
    connections: int = 8,
    headers: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
    environ: Mapping[str, str] = os.environ,
    route: Route | None = None,
) -> requests.Session:
    """Make a session for one server.

    Args:
        url: Where the server is.
        verify: Whether to check the server's certificate, or the CA bundle to check it with.
        client_cert: A PEM file with client certificate and key.
        connections: How many connections are kept open at most.
        headers: What else is sent with each request; no other server gets it.
        secrets: What of it must not be shown if the server repeats it.
        environ: Where a CA bundle may be named.
        route: The way to the server; None for what the environment says of it now.
    """
    route = route or Route.of_environment(url, environ)
    session = _Session()
    session.secrets = tuple(secrets)
    session.trust_env = False
    session.proxies = dict(route.proxies)
    session.verify = find_ca_bundle(verify, route.environ)
    session.cert = str(client_cert) if client_cert else None
    session.headers.update(headers or {})
    session.headers.update(
        {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": ENCODINGS}
    )
    # Every request carries its own credentials; a session of the server must not outlive them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


_SEND = requests.Session.send
_FIND_ADAPTER = requests.Session.get_adapter
_SEND_BY_ADAPTER = HTTPAdapter.send
"""As they are before tests replace them, in whose midst results may be sent."""


class _Session(requests.Session):
    """Follows no redirect, and does not parse where it leads: that may be anything.

    Attributes:
        secrets: What of its headers must not be shown.
    """

    secrets: tuple[str, ...] = ()

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request, whatever tests put in the place of the library."""
        return _SEND(self, request, **options)

    def get_adapter(self, url: str | bytes) -> BaseAdapter:
        """Return what sends requests to an address, which is ours."""
        return _FIND_ADAPTER(self, url)  # type: ignore[arg-type]

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: no redirect is followed."""


def session_secrets(session: requests.Session) -> Iterator[str]:
    """Yield what must not be shown of a session's own headers, and of the addresses of proxies."""
    if isinstance(session, _Session):
        yield from session.secrets
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


class DeadlineAdapter(HTTPAdapter):
    """Sends requests; the read timeout is for all of the exchange, connection included."""

    def __init__(self, **options: Any) -> None:
        self._reuse = Reuse()
        self._watch = Watch(self._reuse)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of connections, which tell the exchange what they use."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools of connections through a proxy; SOCKS has connections of its own."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = POOLS
        return manager

    def send(  # type: ignore[override]
        self,
        request: PreparedRequest,
        *,
        makes_once: bool = False,
        on_sent: Callable[[], None] | None = None,
        **options: Any,
    ) -> Response:
        """Send a request; the answer is complete.

        Args:
            request: What to send.
            makes_once: Whether it needs a connection of its own, see `Exchange`.
            on_sent: See `Exchange`.
            options: See `requests`; `timeout` has to be seconds for the connection and for all.

        Raises:
            requests.ReadTimeout: When the exchange was not over in time.
            ClosedConnectionError: When the server had closed the connection before.
            requests.RequestException: When it failed otherwise.
        """
        timeout_s = options["timeout"][1]
        with self._watch.exchange(timeout_s, makes_once=makes_once, on_sent=on_sent) as exchange:
            try:
                response = _SEND_BY_ADAPTER(self, request, **options)
                read_content(response)
            except exceptions.RequestException as exc:
                if exchange.is_over:
                    raise _too_slow(request) from exc
                if exchange.found_closed and not isinstance(exc, exceptions.Timeout):
                    raise ClosedConnectionError(request=request) from exc
                raise
        if exchange.is_over:  # an answer without a length seems to be complete when it is cut off
            raise _too_slow(request)
        return response

    def close(self) -> None:
        """Give the sockets back, and end the watch."""
        super().close()
        self._watch.close()


def _too_slow(request: PreparedRequest) -> exceptions.ReadTimeout:
    return exceptions.ReadTimeout("the answer took too long", request=request)
