"""The sandbox as a running server: in a thread for tests, or until Ctrl-C."""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType

import uvicorn
from fastapi import FastAPI
from typing_extensions import Self

from pytest_jama.sandbox.app import create_app, filled_box
from pytest_jama.sandbox.faults import FailNext, Fault, FaultBox
from pytest_jama.sandbox.knobs import Knobs
from pytest_jama.sandbox.model import Credentials
from pytest_jama.sandbox.paths import clean_context_path
from pytest_jama.sandbox.recorder import Record, RecordedRequest
from pytest_jama.sandbox.store import Store

HOST = "127.0.0.1"
_START_TIMEOUT_S = 30.0


class SandboxError(RuntimeError):
    """The server could not be started."""


class Sandbox:
    """A Jama server on the loopback interface, inside this process.

    Args:
        store: The state; nothing makes one in memory that is closed at the end.
        knobs: How to behave where Jama's documentation is silent.
        port: 0 takes a free one.
        context_path: What stands before `/rest`, such as `/contour`.
        faults: What goes wrong on demand, from the start.
        credentials: What to accept.
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
    ) -> None:
        self._owns_store = store is None
        self.store = store or Store()
        self.knobs = knobs or Knobs()
        self.credentials = credentials or Credentials()
        self.faults: FaultBox = filled_box(faults)
        self._record = Record()
        self._port = port
        self._context_path = clean_context_path(context_path)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address with the context path, without `/rest/v1`."""
        return f"http://{HOST}:{self._port}{self._context_path}"

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
        """Build the application that is served."""
        return create_app(
            self.store,
            knobs=self.knobs,
            credentials=self.credentials,
            context_path=self._context_path,
            faults=self.faults,
            record=self._record,
        )

    def start(self) -> Self:
        """Start serving in a thread and wait until requests are accepted.

        Raises:
            SandboxError: The port is taken, or the server did not come up.
        """
        listener = _listener(self._port)
        self._port = listener.getsockname()[1]
        self._server = _Server(_config(self.app()))
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="jama-sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.is_ready.wait(_START_TIMEOUT_S):
            self.stop()
            raise SandboxError(f"the sandbox did not start within {_START_TIMEOUT_S:g} s")
        return self

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

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def serve_forever(
    store: Store,
    *,
    port: int = 0,
    knobs: Knobs | None = None,
    context_path: str = "",
    faults: Sequence[Fault] = (),
    credentials: Credentials | None = None,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve in this thread until Ctrl-C (or SIGTERM) and return.

    Args:
        store: The state; the caller closes it.
        port: 0 takes a free one.
        knobs: How to behave where Jama's documentation is silent.
        context_path: What stands before `/rest`, such as `/contour`.
        faults: What goes wrong on demand.
        credentials: What to accept.
        on_ready: Called with the address as soon as requests are accepted.

    Raises:
        SandboxError: The port is taken.
    """
    path = clean_context_path(context_path)
    app = create_app(store, knobs=knobs, credentials=credentials, context_path=path, faults=faults)
    listener = _listener(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}{path}"
    server = _Server(_config(app), on_ready=lambda: on_ready(url))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that says when it accepts requests."""

    def __init__(
        self, config: uvicorn.Config, *, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_ready.set()
        self._on_ready()


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,  # whoever runs us decides about logging
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=2,
    )


def _listener(port: int) -> socket.socket:
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
