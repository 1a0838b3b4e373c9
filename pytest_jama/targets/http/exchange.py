"""An exchange, a request with its answer, and the watch that ends it when its time is over.

Every exchange has an end, however slowly the server drips. The read timeout of a socket begins anew
with every byte that arrives: a server that sends one now and then would hold a request for ever.
Here a watch closes the socket when the time of the whole exchange is over, wherever it is then: in
the proxy's greeting, the headers or the body.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_jama.targets.http.reuse import PlainConnection, Reuse


class Exchange:
    """A request and its answer, under way.

    Args:
        ends_at: When it has to be over, by `time.monotonic`.
        reuse: Says which connections are used again.
        makes_once: Whether it must not meet a connection that the server has closed: nobody would
            know whether the request came through.
        on_sent: Told that the request is written, before its answer is read; None for nobody.

    Attributes:
        is_over: Whether its time is.
    """

    def __init__(
        self,
        ends_at: float,
        reuse: Reuse,
        *,
        makes_once: bool,
        on_sent: Callable[[], None] | None = None,
    ) -> None:
        self.ends_at = ends_at
        self._on_sent = on_sent
        self.makes_once = makes_once
        self.reuse = reuse
        self.is_over = False
        self._connection: PlainConnection | None = None
        self._socket: socket.socket | None = None

    @property
    def found_closed(self) -> bool:
        """Whether it ran through a connection that worked before and brought nothing this time."""
        return self._connection is not None and self._connection.is_silent_again

    def uses(self, connection: PlainConnection) -> None:
        """Note what the exchange runs through."""
        self._connection = connection
        self._socket = connection.sock or self._socket
        if self.is_over:
            self.end()

    def sent(self) -> None:
        """Note that the request is written."""
        if self._on_sent is not None:
            self._on_sent()

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
    """A thread that ends the exchanges whose time is over.

    Args:
        reuse: Says which connections are used again.
    """

    _clock = staticmethod(time.monotonic)  # not looked up later: tests may have replaced it

    def __init__(self, reuse: Reuse) -> None:
        self._reuse = reuse
        self._open: set[Exchange] = set()
        self._wakes_at = math.inf
        self._is_closed = False
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def exchange(
        self,
        within_s: float,
        *,
        makes_once: bool = False,
        on_sent: Callable[[], None] | None = None,
    ) -> Iterator[Exchange]:
        """Watch what this thread sends and receives inside a ``with`` block.

        Args:
            within_s: After how many seconds it is ended.
            makes_once: See `Exchange`.
            on_sent: The same.
        """
        ends_at = self._clock() + within_s
        exchange = Exchange(ends_at, self._reuse, makes_once=makes_once, on_sent=on_sent)
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
                now = self._clock()
                for exchange in [each for each in self._open if each.ends_at <= now]:
                    self._open.discard(exchange)
                    exchange.end()
                self._wakes_at = min((each.ends_at for each in self._open), default=math.inf)
                wait_s = None if self._wakes_at == math.inf else self._wakes_at - now
                self._condition.wait(wait_s)


_current: ContextVar[Exchange | None] = ContextVar("pytest_jama_exchange", default=None)


def find_exchange() -> Exchange | None:
    """Return the exchange that this thread is in."""
    return _current.get()
