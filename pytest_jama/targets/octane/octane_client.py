"""Requests to one workspace of ALM Octane: JSON for entities, XML for documents of results."""

from __future__ import annotations

import contextlib
import json
import threading
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from pytest_jama.config.header_settings import secrets_of, values_of
from pytest_jama.core.errors import CredentialsError, OutOfReachError, TargetError
from pytest_jama.targets.http.connection import READ_TIMEOUT_S, Connection, Limits
from pytest_jama.targets.http.cookie_login import (
    CookieNames,
    Leaving,
    SignedIn,
    SignInDoor,
    TokenJar,
    sign_in,
)
from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.request import Request, ServerFacts
from pytest_jama.targets.http.retry import persist
from pytest_jama.targets.http.transport import open_session
from pytest_jama.targets.octane import octane_remedies
from pytest_jama.targets.octane.workspace import SPACES, find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.targets.http.give_up import Clocks
    from pytest_jama.targets.octane.workspace import List, Workspace

SIGN_IN_PATH = "/authentication/sign_in"
SIGN_OUT_PATH = "/authentication/sign_out"

COOKIES = CookieNames(
    token="LWSSO_COOKIE_KEY",  # noqa: S106 - the name of a cookie
    others=("OCTANE_USER", "HPSSO_COOKIE_CSRF"),
    # Servers of 2015 to 2017 set it and want it back. Source: clients of that time.
    echoed={"HPSSO_COOKIE_CSRF": "HPSSO-HEADER-CSRF"},
)
"""Source: vendor's JS SDK and CI SDK."""

_AS_KEY, _AS_USER = ("client_id", "client_secret"), ("user", "password")
"""An API access key goes either way. Source: vendor's JS SDK and collection tool."""

_RATE_PER_S = 20.0
"""Source: vendor's help, which recommends at most about so many."""

_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_FOR_GOOD = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_IMPLEMENTED})
"""Failures of the server after which the change of an entity is not repeated."""

_PREVIEW = (("ALM-OCTANE-TECH-PREVIEW", "true"),)
"""Which resources are public differs by version. Source: vendor's help, vendor's JS SDK."""

_PATIENCE = 4
"""The answer to a large document may take two minutes. Source: vendor's CI SDK."""


class LostAnswerError(OutOfReachError):
    """It is not known whether the server did what must not be done twice: look it up."""


class PushAnswer(NamedTuple):
    """What the server said to a document of results.

    Attributes:
        status: The HTTP status.
        body: The JSON object.
    """

    status: int
    body: dict[str, Any]


class OctaneClient:
    """One workspace. Safe to use from several threads, which take turns.

    Any answer may replace the token, so a second request under way would come with an old one.

    Args:
        connection: Makes the single attempts.
        find: Finds the workspace, given what returns the entities below a path.
        jar: The token.
    """

    def __init__(
        self, connection: Connection, find: Callable[[List], Workspace], jar: TokenJar
    ) -> None:
        self.connection = connection
        self._find = find
        self._jar = jar
        self._workspace: Workspace | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    @property
    def url(self) -> str:
        """The base URL of the server."""
        return self.connection.url

    @property
    def has_signed_in(self) -> bool:
        """Whether the server has ever let us in; before that nothing can have reached it."""
        return any(self._jar.secrets())

    @property
    def workspace(self) -> Workspace:
        """The workspace; one that is named is looked up when it is first needed.

        Raises:
            TargetError: When it cannot be found.
        """
        with self._lock:
            if self._workspace is None:
                self._workspace = self._find(self._list_named)
            return self._workspace

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Iterable[tuple[str, str | int]] = (),
        body: object = None,
        content: bytes | None = None,
        content_type: str = "",
        is_entity: bool = True,
        is_repeatable: bool | None = None,
        look: Callable[[], Any] | None = None,
        accepts: Collection[int] = (),
    ) -> Any:
        """Send a request, again and again until it is answered; return the JSON object.

        Args:
            method: The HTTP method.
            path: The path below the workspace; below the base URL when it begins with ``//``.
            params: Parameters; they are percent-encoded, a blank as ``%20``.
            body: What is sent as JSON; None for nothing.
            content: What is sent as it is, in the place of `body`.
            content_type: What that is.
            is_entity: Whether it may concern what the server calls a technical preview.
            is_repeatable: Whether it may be sent again when it is not known whether the server did
                it; by default reading, replacing and removing.
            look: Looks for what one that is not repeatable makes, before it is sent again; what it
                returns is the answer, unless it is None.
            accepts: Statuses from 400 on whose JSON is an answer, too: 409 when a part was done.

        Raises:
            LostAnswerError: When it is not repeatable and cannot be looked for.
            RefusedError: When the server refuses it.
            CredentialsError: When the server does not let us in.
            OutOfReachError: When nothing succeeded for `give_up_after`, or we were stopped.
        """
        sent = json.dumps(body).encode("ascii") if content is None and body is not None else content
        request = Request(
            method,
            self.path_of(path),
            body=sent,
            content_type=content_type or "application/json",
            encoded_query=urlencode(list(params), quote_via=quote, safe=""),
            more_headers=_PREVIEW if is_entity else (),
            final_statuses=() if method == "GET" else _FOR_GOOD,
            good_statuses=accepts,
        )
        is_repeatable = method in _REPEATABLE if is_repeatable is None else is_repeatable
        return self._send(request, look=look, is_repeatable=is_repeatable)

    def push(
        self,
        content: bytes,
        *,
        skip_errors: bool,
        is_compressed: bool,
        on_attempt: Callable[[int], None] = lambda _: None,
    ) -> PushAnswer:
        """Hand in a document of results; the same bytes are not processed twice.

        Args:
            content: The document.
            skip_errors: Whether the server takes what refers to something that does not exist.
            is_compressed: Whether the document is compressed.
            on_attempt: Told the number of each attempt, from 1, before it is made.

        Raises:
            TargetError: As for `request`.
        """
        answer = self._send(
            Request(
                "POST",
                self.path_of("/test-results"),
                body=content,
                content_type="application/xml",
                encoded_query=f"skip-errors={'true' if skip_errors else 'false'}",
                more_headers=(("Content-Encoding", "gzip"),) if is_compressed else (),
                tells_status=True,
                patience=_PATIENCE,
                waits_in_line=True,
            ),
            on_attempt=on_attempt,
        )
        return PushAnswer(answer["status"], answer["data"])

    def path_of(self, path: str) -> str:
        """Return a path below the base URL.

        Args:
            path: See `request`.
        """
        return path[1:] if path.startswith("//") else self.workspace.path + path

    def close(self) -> None:
        """Sign out, and give the connections back; a failure of that is not one of the report."""
        if self._jar.cookies and not self.connection.give_up.failing_for_s:
            leaving = Request("POST", SIGN_OUT_PATH, login=Leaving(self._jar))
            with contextlib.suppress(TargetError, TransientError):
                self.connection.attempt(leaving)
        self.connection.close()

    def _list_named(self, path: str) -> list[dict[str, Any]]:
        answer = self.request("GET", f"/{path}", params=[("fields", "name")])
        return [each for each in answer.get("data", ()) if isinstance(each, dict)]

    def _send(
        self,
        request: Request,
        *,
        look: Callable[[], Any] | None = None,
        is_repeatable: bool = True,
        on_attempt: Callable[[int], None] = lambda _: None,
    ) -> Any:
        may_be_done = False

        def attempt(number: int) -> Any:
            nonlocal may_be_done
            if may_be_done and look is not None and (found := look()) is not None:
                return found
            on_attempt(number)
            try:
                with self._turn:
                    return self.connection.attempt(request, number)
            except TransientError as failure:
                may_be_done = may_be_done or failure.may_have_happened
                if is_repeatable or look is not None or not failure.may_have_happened:
                    raise
                raise LostAnswerError(f"{request}: {failure}") from failure

        return persist(self.connection, attempt, request)


def open_client(
    settings: OctaneSettings,
    *,
    clocks: Clocks | None = None,
    read_timeout_s: float = READ_TIMEOUT_S,
) -> OctaneClient:
    """Connect to the workspace of the settings; no request is sent yet.

    Args:
        settings: Where it is, who we are, what to keep to.
        clocks: Time.
        read_timeout_s: For how long to wait for an answer.

    Raises:
        CredentialsError: When the settings hold no credentials.
    """
    url = settings.url
    facts = facts_of(url)
    door = _make_door(settings)
    login = SignedIn(door.jar, lambda: sign_in(connection, door), door)
    session = open_session(
        url,
        verify=settings.tls.verify,
        client_cert=settings.tls.client_cert,
        connections=settings.upload.concurrency,
        headers=values_of(settings.headers),
        secrets=secrets_of(settings.headers),
    )
    limits = Limits(
        requests_per_s=facts.find_rate_per_s(url, rate=settings.upload.rate),
        at_once=settings.upload.concurrency,
        give_up_after_s=settings.upload.give_up_after_s,
        read_timeout_s=read_timeout_s,
    )
    connection = Connection(
        url, facts=facts, session=session, login=login, limits=limits, clocks=clocks
    )
    find = partial(find_workspace, space=settings.space, workspace=settings.workspace)
    return OctaneClient(connection, find, door.jar)


def facts_of(url: str) -> ServerFacts:
    """Return what is known of a server.

    Args:
        url: Its base URL.
    """
    return ServerFacts(
        name="ALM Octane",
        api_path="",
        token_path=SIGN_IN_PATH,
        probe_path=f"{SPACES}?fields=name",
        hosted_domains=("",),  # the recommendation is for all servers
        hosted_rate_per_s=_RATE_PER_S,
        own_rate_per_s=_RATE_PER_S,
        hosted_queue=int(_RATE_PER_S),
        causes=octane_remedies.causes_at(url),
        sign_on_remedy=octane_remedies.SIGN_ON,
        find_created_id=lambda _: None,
        find_words=octane_remedies.find_words,
        url_remedy=octane_remedies.url_remedy(url),
        doubts_login_after=1,
        doubts_url_after=3,
    )


def _make_door(settings: OctaneSettings) -> SignInDoor:
    found = settings.credentials
    if found is None:
        raise CredentialsError(f"there are no credentials; {octane_remedies.NO_CREDENTIALS}")
    jar = TokenJar(COOKIES)
    if found.kind == "key":
        return SignInDoor(
            jar,
            found.client_id,
            found.client_secret.get_secret_value,
            spellings=(_AS_KEY, _AS_USER),
            remedy=octane_remedies.FOR_KEY,
        )
    return SignInDoor(
        jar,
        found.user,
        found.password.get_secret_value,
        spellings=(_AS_USER,),
        remedy=octane_remedies.FOR_USER,
    )
