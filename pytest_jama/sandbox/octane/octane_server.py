"""The stand-in of ALM Octane as a running server."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.types import ASGIApp

from pytest_jama.sandbox.faults import Fault
from pytest_jama.sandbox.local_server import LocalServer
from pytest_jama.sandbox.octane.octane_app import create_octane_app
from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError, error_answer
from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
from pytest_jama.sandbox.octane.octane_site import API, SPACE, WORKSPACE, OctaneSite
from pytest_jama.sandbox.octane.signing_in import OctaneCredentials
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from pytest_jama.sandbox.serving import OwnPagesOnly, Tls


class OctaneSandbox(LocalServer):
    """An Octane server with one workspace on the loopback interface, inside this process.

    Args:
        store: The state; None makes one in memory, which is closed at the end.
        knobs: How to behave where public material is silent.
        port: 0 takes a free one.
        context_path: What stands before `/api` and `/ui`, such as `/octane`.
        faults: What goes wrong on demand, from the start.
        credentials: What to accept.
        tls: Serve https with these files; None serves http.
    """

    def __init__(
        self,
        store: OctaneStore | None = None,
        *,
        knobs: OctaneKnobs | None = None,
        port: int = 0,
        context_path: str = "",
        faults: Sequence[Fault] = (),
        credentials: OctaneCredentials | None = None,
        tls: Tls | None = None,
    ) -> None:
        super().__init__(port=port, context_path=context_path, faults=faults, tls=tls)
        self._owns_store = store is None
        self.store = store or OctaneStore()
        self.knobs = knobs or OctaneKnobs()
        self.credentials = credentials or OctaneCredentials()

    @property
    def browser_url(self) -> str:
        """The address that people see in the browser, which names the workspace."""
        return f"{self.url}/ui/?p={SPACE}/{WORKSPACE}"

    @property
    def workspace_url(self) -> str:
        """Where the API of the workspace begins."""
        return self.url + API

    def app(self) -> Starlette:
        """Build the application; what is served refuses the web pages of others before it."""
        site = OctaneSite(
            store=self.store,
            knobs=self.knobs,
            credentials=self.credentials,
            context_path=self._context_path,
        )
        return create_octane_app(site, faults=self.faults, record=self._record)

    def guarded_app(self) -> ASGIApp:
        """Build the application, and what stands before it."""
        return OwnPagesOnly(
            self.app(),
            refusal=lambda status, words: error_answer(OctaneRefusedError(status, words)),
        )

    def close(self) -> None:
        """Close the store that was made here."""
        if self._owns_store:
            self.store.close()
