"""One request over a bare socket, to see how a connection really ends."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from typing_extensions import Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.jama.server import Sandbox


class Line:
    """A connection with one request on it."""

    def __init__(self, sandbox: Sandbox, method: str, path: str, body: Any = None) -> None:
        address = urlsplit(sandbox.url)
        self._socket = socket.create_connection((str(address.hostname), address.port or 0))
        self._socket.settimeout(10)
        self._socket.sendall(_request(sandbox, method, path, body))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    def read(self) -> bytes:
        """Read until the server closes the connection.

        Raises:
            ConnectionResetError: The server has reset it.
        """
        chunks: list[bytes] = []
        while chunk := self._socket.recv(65536):
            chunks.append(chunk)
        return b"".join(chunks)

    def is_silent(self) -> bool:
        """Return whether the connection is open and nothing has come."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1)
        except BlockingIOError:
            return True
        return False


def _request(sandbox: Sandbox, method: str, path: str, body: Any) -> bytes:
    pair = f"{sandbox.credentials.username}:{sandbox.credentials.password}".encode()
    raw = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} /rest/v1{path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Basic {base64.b64encode(pair).decode()}",
        "Content-Type: application/json",
        f"Content-Length: {len(raw)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait until something holds; give up after 10 s."""
    deadline_s = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.002)
    return True
