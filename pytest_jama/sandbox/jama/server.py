"""The sandbox as a running server: in a thread for tests, or until Ctrl-C."""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from fastapi import FastAPI
from typing_extensions import Self

from pytest_jama.sandbox.faults import ActiveFaults, FailNext, Fault
from pytest_jama.sandbox.jama.app import clean_context_path, create_app
from pytest_jama.sandbox.jama.calls import Site
from pytest_jama.sandbox.jama.envelope import refused
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import Credentials
from pytest_jama.sandbox.jama.store import Store
from pytest_jama.sandbox.recorder import Record, RecordedRequest
from pytest_jama.sandbox.serving import (
    OwnPagesOnly,
    ReadyServer,
    SandboxError,
    Tls,
    config_of,
    listen_on,
    url_of,
)

_START_TIMEOUT_S = 30.0


class Sandbox:
    """A Jama server on the loopback interface, inside this process.

    Args:
        store: The state; None makes one in memory, which is closed at the end.
        knobs: How to behave where Jama's documentation is silent.
        port: 0 takes a free one.
        context_path: What stands before `/rest`, such as `/contour`.
        faults: What goes wrong on demand, from the start.
        credentials: What to accept.
        tls: Serve https with these files; None serves http.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        knobs: Knobs | None = None,
        port: int = 0,
        context_path: str = "",
        faults: Sequence[Fault] = (),
        credentials: Credentials | None = None,
        tls: Tls | None = None,
    ) -> None:
        self._owns_store = store is None
        self.store = store or Store()
        self.knobs = knobs or Knobs()
        self.credentials = credentials or Credentials()
        self.faults = ActiveFaults(*faults)
        self._record = Record()
        self._port = port
        self._context_path = clean_context_path(context_path)
        self._tls = tls
        self._server: ReadyServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address with the context path, without `/rest/v1`."""
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

    def app(self) -> FastAPI:
        """Build the application; what is served refuses the web pages of others before it."""
        site = Site(
            database=self.store.database,
            knobs=self.knobs,
            credentials=self.credentials,
            context_path=self._context_path,
        )
        return create_app(site, faults=self.faults, record=self._record)

    def start(self) -> Self:
        """Start serving in a thread and wait until requests are accepted.

        Raises:
            SandboxError: The port is taken, a file for TLS is wrong, or the server did not come up.
        """
        is_ready = threading.Event()
        self._server, listener = self._prepared(is_ready.set)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="jama-sandbox", daemon=True
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
        clock = self.store.database.clock
        guarded = OwnPagesOnly(
            self.app(), refusal=lambda status, message: refused(status, message, clock)
        )
        config = config_of(guarded, self._tls)
        listener = listen_on(self._port)
        self._port = listener.getsockname()[1]
        return ReadyServer(config, on_ready=on_ready), listener

    def stop(self) -> None:
        """Stop serving; stopping twice does no harm."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = self._thread = None
        if self._owns_store:
            self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
