"""The sandbox as a running server: in a thread for tests, or until Ctrl-C."""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from fastapi import FastAPI
from typing_extensions import Self

from pytest_jama.sandbox.faults import ActiveFaults, FailNext, Fault, active_faults
from pytest_jama.sandbox.jama.app import clean_context_path, create_app
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import Credentials
from pytest_jama.sandbox.jama.store import Store
from pytest_jama.sandbox.recorder import Record, RecordedRequest
from pytest_jama.sandbox.serving import ServedConnection

HOST = "127.0.0.1"
_START_TIMEOUT_S = 30.0


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
        """Return what the server is told, after a look into the files.

        Raises:
            SandboxError: One of them is not there, or not what it should be.
        """
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


class Sandbox:
    """A Jama server on the loopback interface, inside this process.

    Args:
        store: The state; nothing makes one in memory that is closed at the end.
        knobs: How to behave where Jama's documentation is silent.
        port: 0 takes a free one.
        context_path: What stands before `/rest`, such as `/contour`.
        faults: What goes wrong on demand, from the start.
        credentials: What to accept.
        tls: Serve https with these files; nothing serves http.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        knobs: Knobs | None = None,
        port: int = 0,
        context_path: str = "",
        faults: Sequence[Fault] | ActiveFaults = (),
        credentials: Credentials | None = None,
        tls: Tls | None = None,
    ) -> None:
        self._owns_store = store is None
        self.store = store or Store()
        self.knobs = knobs or Knobs()
        self.credentials = credentials or Credentials()
        self.faults: ActiveFaults = (
            faults if isinstance(faults, ActiveFaults) else active_faults(*faults)
        )
        self._record = Record()
        self._port = port
        self._context_path = clean_context_path(context_path)
        self._tls = tls
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address with the context path, without `/rest/v1`."""
        return _url(self._port, self._context_path, self._tls)

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
            SandboxError: The port is taken, a file for TLS is wrong, or the server did not come up.
        """
        config = _config(self.app(), self._tls)
        listener = _listener(self._port)
        self._port = listener.getsockname()[1]
        self._server = _Server(config)
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
    faults: Sequence[Fault] | ActiveFaults = (),
    credentials: Credentials | None = None,
    tls: Tls | None = None,
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
        tls: Serve https with these files; nothing serves http.
        on_ready: Called with the address as soon as requests are accepted.

    Raises:
        SandboxError: The port is taken, or a file for TLS is wrong.
    """
    path = clean_context_path(context_path)
    app = create_app(store, knobs=knobs, credentials=credentials, context_path=path, faults=faults)
    config = _config(app, tls)
    listener = _listener(port)
    url = _url(listener.getsockname()[1], path, tls)
    server = _Server(config, on_ready=lambda: on_ready(url))
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


def _url(port: int, context_path: str, tls: Tls | None) -> str:
    return f"{'http' if tls is None else 'https'}://{HOST}:{port}{context_path}"


def _config(app: FastAPI, tls: Tls | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=ServedConnection,
        log_config=None,  # whoever runs us decides about logging
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=2,
        **({} if tls is None else tls.options()),
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
