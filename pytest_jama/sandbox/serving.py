"""Serving on the loopback interface: TLS, the listening socket, connections that can be broken."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp, Scope
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
        raise SandboxError(f"port {port} cannot be used: {exc.strerror}; choose another") from exc
    listener.listen(256)
    return listener
