"""The sandbox as a running server: in a thread for tests, or until Ctrl-C."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.types import ASGIApp

from pytest_jama.sandbox.faults import Fault
from pytest_jama.sandbox.jama.app import create_app
from pytest_jama.sandbox.jama.calls import Site
from pytest_jama.sandbox.jama.envelope import refused
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import Credentials
from pytest_jama.sandbox.jama.store import Store
from pytest_jama.sandbox.local_server import LocalServer
from pytest_jama.sandbox.serving import OwnPagesOnly, Tls


class Sandbox(LocalServer):
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
        super().__init__(port=port, context_path=context_path, faults=faults, tls=tls)
        self._owns_store = store is None
        self.store = store or Store()
        self.knobs = knobs or Knobs()
        self.credentials = credentials or Credentials()

    def app(self) -> FastAPI:
        """Build the application; what is served refuses the web pages of others before it."""
        site = Site(
            database=self.store.database,
            knobs=self.knobs,
            credentials=self.credentials,
            context_path=self._context_path,
        )
        return create_app(site, faults=self.faults, record=self._record)

    def guarded_app(self) -> ASGIApp:
        """Build the application, and what stands before it."""
        clock = self.store.database.clock
        return OwnPagesOnly(
            self.app(), refusal=lambda status, message: refused(status, message, clock)
        )

    def close(self) -> None:
        """Close the store that nobody else has opened."""
        if self._owns_store:
            self.store.close()
