"""Connections, and whether they are used for another request.

Some servers close a connection after each answer without saying so, some after a while. What is
sent into one that is closed gets no answer, and whoever waits before trying again pays with a pause
for each request. So a request that found its connection closed is made again at once, on a new one;
and a server that does that often gets a new connection for each request.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pytest_jama.targets.http.exchange import find_exchange
from pytest_jama.targets.http.framing import FramedAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

_FEW = 3
_WORTH_IT = 4
"""So many answers on connections used again have to come for each one that found none."""


class Reuse:
    """Learns from a server whether its connections can be used again. Safe in several threads.

    Attributes:
        generation: Which connections may be used again: those that were made since the last change.
    """

    def __init__(self) -> None:
        self.generation = 0
        self._is_over = False
        self._kept = 0
        self._closed = 0
        self._lock = threading.Lock()

    def allows(self, generation: int) -> bool:
        """Return whether a connection of that generation may be used again."""
        return generation == self.generation and not self._is_over

    def worked(self) -> None:
        """Note an answer on a connection that was used again."""
        with self._lock:
            self._kept += 1

    def found_closed(self, generation: int) -> None:
        """Note that a connection was closed; then those of its age are, too."""
        with self._lock:
            if generation == self.generation:
                self.generation += 1
                self._closed += 1
                often = self._closed >= _FEW and self._closed * _WORTH_IT > self._kept
                self._is_over = self._is_over or often

    def distrust(self) -> None:
        """Use no connection again: an answer on one of them did not end where it said."""
        self._is_over = True


class PlainConnection(HTTPConnection):
    """A connection that tells the exchange what it does, and whose answers are framed."""

    debuglevel = 0  # raising it for all of `http.client` must not print credentials

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._generation = 0
        self._is_odd = False
        self._answers = 0
        self._received = 0

    @property
    def is_silent_again(self) -> bool:
        """Whether it has brought an answer before, and nothing since the latest request."""
        return self._answers > 0 and not self._received

    @property
    def generation(self) -> int:
        """When it was made, as `Reuse` counts."""
        return self._generation

    @property
    def is_connected(self) -> bool:
        """Whether it may be used again: nothing waits in it, neither an end nor more bytes."""
        exchange = find_exchange()
        is_allowed = exchange is None or (
            exchange.reuse.allows(self._generation) and not exchange.makes_once
        )
        if self._is_odd or not is_allowed:
            return False
        pending = getattr(self.sock, "pending", None)  # of TLS, decoded already
        return not (pending and pending()) and super().is_connected

    def connect(self) -> None:
        """Connect anew."""
        self._is_odd, self._answers = False, 0
        exchange = find_exchange()
        if exchange is not None:
            self._generation = exchange.reuse.generation
            exchange.uses(self)
        super().connect()
        self._tell()

    def putrequest(self, *args: Any, **options: Any) -> None:
        """Begin a request."""
        self._tell()
        self._received = 0
        super().putrequest(*args, **options)

    def getresponse(self) -> Any:
        """Return the answer, its content still to be read."""
        exchange = find_exchange()
        if exchange is not None:
            exchange.sent()
        answer = super().getresponse()
        if self._answers and exchange is not None:
            exchange.reuse.worked()
        self._answers += 1
        return answer

    def response_class(self, sock: Any, **options: Any) -> FramedAnswer:  # type: ignore[override]
        """Make what reads an answer; the library looks this name up, a class elsewhere."""
        return FramedAnswer(sock, on_bytes=self._count, on_odd=self._distrust, **options)

    def _count(self, received: int) -> None:
        self._received += received

    def _distrust(self) -> None:
        self._is_odd = True
        exchange = find_exchange()
        if exchange is not None:
            exchange.reuse.distrust()

    def _tell(self) -> None:
        exchange = find_exchange()
        if exchange is not None:
            exchange.uses(self)


class _SecureConnection(PlainConnection, HTTPSConnection):
    """The same with TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: Mapping[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _SecurePool}
