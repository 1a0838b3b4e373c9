"""The connection to one Jama: facts about the server, login, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.config.header_settings import secrets_of, values_of
from pytest_jama.core.errors import CredentialsError
from pytest_jama.targets.http.api import HttpApi
from pytest_jama.targets.http.connection import Connection, Limits
from pytest_jama.targets.http.give_up import Clocks
from pytest_jama.targets.http.login import BasicLogin, ClientLogin, TokenLogin, fetch_token
from pytest_jama.targets.http.request import Login, ServerFacts
from pytest_jama.targets.http.transport import open_session
from pytest_jama.targets.jama import remedies
from pytest_jama.targets.jama.wire import find_created_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.http.login import Token
    from pytest_jama.targets.http.transport import Route

JAMA = ServerFacts(
    name="Jama",
    api_path="/rest/v1",
    # Source: Jama's own REST clients; Jama help, OAuth token response (changed in July 2024).
    token_path="/rest/oauth/token",  # noqa: S106 - a path, not a secret
    probe_path="/users/current",
    hosted_domains=(".jamacloud.com", ".jamasoftware.net"),
    # For all users and tools of a company together. Source: Jama help, API throttling (January
    # 2026); Jama REST API cookbook, throttling chapter.
    hosted_rate_per_s=10.0,
    own_rate_per_s=8.0,
    # A throttled request is not processed. Source: Jama REST API cookbook, throttling chapter.
    hosted_queue=100,
    causes=remedies.CAUSES,
    sign_on_remedy=remedies.SIGN_ON,
    find_created_id=find_created_id,
)


def open_api(
    settings: Settings,
    *,
    clocks: Clocks | None,
    read_timeout_s: float,
    route: Route | None = None,
) -> HttpApi:
    """Connect to the server of the settings; no request is sent yet.

    Args:
        settings: Where it is, who we are, what to keep to.
        clocks: Time.
        read_timeout_s: For how long to wait for an answer.
        route: The way to the server; None for what the environment says of it now.

    Raises:
        CredentialsError: When the settings hold no credentials.
    """
    clocks = clocks or Clocks()
    # The token of the login is fetched with the connection that uses it, and ages by its clock.
    login = _make_login(settings, lambda client: fetch_token(connection, client), clocks)
    session = open_session(
        settings.url,
        verify=settings.tls.verify,
        client_cert=settings.tls.client_cert,
        connections=settings.upload.concurrency,
        headers=values_of(settings.headers),
        secrets=secrets_of(settings.headers),
        route=route,
    )
    limits = Limits(
        requests_per_s=JAMA.find_rate_per_s(settings.url, rate=settings.upload.rate),
        at_once=settings.upload.concurrency,
        give_up_after_s=settings.upload.give_up_after_s,
        read_timeout_s=read_timeout_s,
    )
    connection = Connection(
        settings.url, facts=JAMA, session=session, login=login, limits=limits, clocks=clocks
    )
    return HttpApi(connection)


def _make_login(settings: Settings, fetch: Callable[[ClientLogin], Token], clocks: Clocks) -> Login:
    credentials = settings.credentials
    if credentials is None:
        raise CredentialsError(f"there are no credentials; {remedies.FOR_CLIENT}")
    if credentials.kind == "basic":
        return BasicLogin(
            credentials.username, credentials.password.get_secret_value, remedy=remedies.FOR_USER
        )
    client = ClientLogin(
        credentials.client_id,
        credentials.client_secret.get_secret_value,
        remedy=remedies.FOR_CLIENT,
    )
    return TokenLogin(
        lambda: fetch(client),
        remedy=remedies.FOR_CLIENT,
        clock=clocks.monotonic,
        credentials=client,
    )
