"""A stand-in as a running server: in a thread for tests, or until Ctrl-C."""

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.types import ASGIApp
from typing_extensions import Self

from pytest_jama.sandbox.context_paths import clean_context_path
from pytest_jama.sandbox.faults import ActiveFaults, FailNext, Fault
from pytest_jama.sandbox.recorder import Record, RecordedRequest
from pytest_jama.sandbox.serving import (
    ReadyServer,
    SandboxError,
    Tls,
    config_of,
    listen_on,
    url_of,
)

_START_TIMEOUT_S = 30.0


class LocalServer(ABC):
    """A server on the loopback interface, inside this process.

    Args:
        port: 0 takes a free one.
        context_path: What stands before all paths, such as `/contour`.
        faults: What goes wrong on demand, from the start.
        tls: Serve https with these files; None serves http.
    """

    def __init__(
        self, *, port: int, context_path: str, faults: Sequence[Fault], tls: Tls | None
    ) -> None:
        self.faults = ActiveFaults(*faults)
        self._record = Record()
        self._port = port
        self._context_path = clean_context_path(context_path)
        self._tls = tls
        self._server: ReadyServer | None = None
        self._thread: threading.Thread | None = None

    @abstractmethod
    def guarded_app(self) -> ASGIApp:
        """Build the application, which refuses the web pages of others."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is not served any more."""

    @property
    def url(self) -> str:
        """Address with the context path, without the path of the API."""
        return url_of(self._port, self._context_path, self._tls)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests so far, the newest last."""
        return self._record.all()

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._record.clear()

    def fail_next(
        self, count: int, status: int, *, method: str | None = None, path: str | None = None
    ) -> None:
        """Refuse the next requests that fit; `path` is a shell pattern like `/testruns/*`."""
        self.faults.add(FailNext(count=count, status=status, method=method, path=path))

    def start(self) -> Self:
        """Start serving in a thread and wait until requests are accepted.

        Raises:
            SandboxError: The port is taken, a file for TLS is wrong, or the server did not come up.
        """
        is_ready = threading.Event()
        self._server, listener = self._prepared(is_ready.set)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="sandbox", daemon=True
        )
        self._thread.start()
        if not is_ready.wait(_START_TIMEOUT_S):
            self.stop()
            raise SandboxError(f"the sandbox did not start within {_START_TIMEOUT_S:g} s")
        return self

    def serve(self, on_ready: Callable[[str], None]) -> None:
        """Serve in this thread until Ctrl-C (or SIGTERM) and return.

        Args:
            on_ready: Called with the address as soon as requests are accepted.

        Raises:
            SandboxError: The port is taken, or a file for TLS is wrong.
        """
        server, listener = self._prepared(lambda: on_ready(self.url))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])

    def _prepared(self, on_ready: Callable[[], None]) -> tuple[ReadyServer, socket.socket]:
        config = config_of(self.guarded_app(), self._tls)
        listener = listen_on(self._port)
        self._port = listener.getsockname()[1]
        return ReadyServer(config, on_ready=on_ready), listener

    def stop(self) -> None:
        """Stop serving; stopping twice does no harm."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = self._thread = None
        self.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
