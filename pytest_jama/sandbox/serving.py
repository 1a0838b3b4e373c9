"""One connection to the server, as faults need it: it can be reset, closed and kept silent."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import Scope
    from uvicorn.server import ServerState

_KEY = "jama-sandbox-connection"
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
        """Wait, also for a client that has given up.

        Returns:
            Whether the server stops meanwhile; the connection is gone then.
        """
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
