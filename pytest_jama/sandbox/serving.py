"""Serving on the loopback interface: TLS, the listening socket, connections that can be broken."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from uvicorn.server import ServerState

HOST = "127.0.0.1"
_KEY = "sandbox-connection"
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""On, and for no time at all: closing sends RST. Source: socket(7), SO_LINGER."""


class ServedConnection(H11Protocol):
    """A connection that is handed to the application with each of its requests."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, _KEY: self}, _loop)
        self._is_gone = asyncio.Event()
        self._is_stopping = asyncio.Event()
        self._waits = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake what waits for the end of the connection."""
        super().connection_lost(exc)
        self._is_gone.set()

    def shutdown(self) -> None:
        """Stop; a fault that only waits does not delay that."""
        self._is_stopping.set()
        if self._waits:
            self.transport.abort()
        else:
            super().shutdown()

    async def reset(self) -> None:
        """Break the connection at once: the client gets an RST."""
        raw: socket.socket = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self.transport.abort()
        await self.wait_until_gone()

    async def close(self) -> None:
        """End the connection in order, after what was written: the client gets a FIN."""
        self.transport.close()
        await self.wait_until_gone()

    async def wait_until_gone(self) -> None:
        """Wait until the client or the server has ended the connection."""
        if self._is_stopping.is_set():
            self.transport.abort()
        self._waits += 1
        await self._is_gone.wait()

    async def pause(self, seconds: float) -> bool:
        """Wait, also for a client that has given up; return whether the server stops meanwhile."""
        self._waits += 1
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._is_stopping.wait(), seconds)
        if self._is_stopping.is_set():
            await self.wait_until_gone()
        self._waits -= 1
        return self._is_stopping.is_set()


def connection_of(scope: Scope) -> ServedConnection:
    """Return the connection that a request came over.

    Raises:
        RuntimeError: The application is served by something else than the sandbox.
    """
    connection: ServedConnection | None = scope.get("state", {}).get(_KEY)
    if connection is None:
        raise RuntimeError("faults need the server of the sandbox: serve the app with Sandbox()")
    return connection


_OWN_NAME = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_OWN_NAMES = "127.0.0.1, localhost and [::1]"
_OWN_SITES = {"same-origin", "none"}
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What each answer tells a browser, if it has no word of its own: run, load, frame nothing."""


class OwnPagesOnly:
    """Refuse what a web page of somebody else can make the browser of this machine send.

    A page that has its own name pointed to 127.0.0.1 is told by that name (DNS rebinding); one
    that sends forms or loads from here, by its origin. Programs send neither, and are let through.
    Source: Fetch Standard; W3C "Fetch Metadata Request Headers"; RFC 9110, 15.5.20.

    Args:
        app: The application that is served.
        refusal: Makes the answer from a status and what is wrong.
    """

    def __init__(self, app: ASGIApp, *, refusal: Callable[[int, str], ASGIApp]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what does not come from such a page."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        why = find_refusal(scope)
        app = self._app if why is None else self._refusal(*why)
        await app(scope, receive, send_safely)


def find_refusal(scope: Scope) -> tuple[int, str] | None:
    """Return the status and the reason to refuse a request; None lets it through."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if not scope["path"].startswith("/"):
        return 400, "the sandbox is not a proxy: ask for a path such as /rest/v1/"
    if len(hosts) != 1 or not _OWN_NAME.fullmatch(hosts[0]):
        asked = ascii(hosts[0])[:80] if hosts else "no name"
        port = scope["server"][1]
        return 421, (
            f"the sandbox answers to {_OWN_NAMES}, and was asked for {asked}: use "
            f"{scope['scheme']}://{HOST}:{port}, or let what forwards to it send `Host: {HOST}`"
        )
    origin = _foreign_origin(headers, own=f"{scope['scheme']}://{hosts[0]}")
    if origin is not None and not _is_link(scope, headers):
        return 403, (
            f"a web page of {origin} has sent this request; only programs and the sandbox's own "
            "pages may. Open the address in the browser's address bar to see it"
        )
    return None


def _foreign_origin(headers: Headers, *, own: str) -> str | None:
    """Return whose page has sent a request; None for a program or a page of ours."""
    others = [each for each in headers.getlist("origin") if each.lower() != own.lower()]
    if others:
        return ascii(others[0])[:80]
    sites = [each for each in headers.getlist("sec-fetch-site") if each.lower() not in _OWN_SITES]
    return "another site" if sites else None


def _is_link(scope: Scope, headers: Headers) -> bool:
    """Return whether somebody follows a link to a page here, which only shows."""
    is_page = headers.get("sec-fetch-mode") == "navigate"
    is_page = is_page and headers.get("sec-fetch-dest") == "document"
    return is_page and scope["method"] in {"GET", "HEAD"}


class SandboxError(RuntimeError):
    """The server could not be started."""


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Serve https.

    Attributes:
        certificate: PEM file, the server's own certificate first.
        key: PEM file of its private key, without a password.
        client_ca: PEM file; clients must show a certificate that one of these has signed.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def options(self) -> Mapping[str, Any]:
        """Return what the server is told; a wrong file is a `SandboxError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = f"{self.certificate} and {self.key}"
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca is not None:
                files = str(self.client_ca)
                context.load_verify_locations(self.client_ca)
        except OSError as exc:  # ssl.SSLError is one
            raise SandboxError(f"TLS is not possible with {files}: {exc}") from exc
        own = {"ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        if self.client_ca is None:
            return own
        return {**own, "ssl_ca_certs": str(self.client_ca), "ssl_cert_reqs": ssl.CERT_REQUIRED}


class ReadyServer(uvicorn.Server):
    """A server that says when it accepts requests."""

    def __init__(self, config: uvicorn.Config, *, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        self._on_ready()


def url_of(port: int, context_path: str, tls: Tls | None) -> str:
    """Return the address that is served."""
    return f"{'http' if tls is None else 'https'}://{HOST}:{port}{context_path}"


def config_of(app: ASGIApp, tls: Tls | None) -> uvicorn.Config:
    """Say how an application is served; a wrong file for TLS is a `SandboxError`."""
    return uvicorn.Config(
        app,
        http=ServedConnection,
        log_config=None,  # the caller decides about logging
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # `X-Forwarded-…` decides nothing here
        lifespan="off",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=2,
        **({} if tls is None else tls.options()),
    )


def listen_on(port: int) -> socket.socket:
    """Listen on a port, 0 takes a free one; a taken one is a `SandboxError`."""
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it
    # every answer waits 40 ms for the delayed acknowledgement of the client.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as exc:
        listener.close()
        raise SandboxError(f"port {port} cannot be used: {exc.strerror}") from exc
    listener.listen(256)
    return listener
