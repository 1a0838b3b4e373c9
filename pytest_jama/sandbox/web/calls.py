"""Who calls, and what the answer to the call needs to know."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from pytest_jama.sandbox.errors import ApiError
from pytest_jama.sandbox.itemtypes import ItemType
from pytest_jama.sandbox.knobs import Knobs
from pytest_jama.sandbox.model import Credentials
from pytest_jama.sandbox.state.accounts import (
    ROBOT_ID,
    find_item_types,
    find_token_user,
)
from pytest_jama.sandbox.state.database import Database

TIME_HEADER = "x-jama-date-fields-with-time"
"""Source: Jama REST cookbook: `true` gives dates inside `fields` their time."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One sandbox, as its routes see it.

    Attributes:
        context_path: What stands between host and `/rest`, such as `/contour`; may be empty.
    """

    database: Database
    knobs: Knobs
    credentials: Credentials
    context_path: str = ""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One authenticated request.

    Attributes:
        base_url: Address of the site, with the context path, without `/rest`.
        with_time: Whether dates inside `fields` carry a time.
    """

    site: Site
    user: int
    base_url: str
    with_time: bool

    @property
    def database(self) -> Database:
        """The state."""
        return self.site.database

    @property
    def knobs(self) -> Knobs:
        """The switches."""
        return self.site.knobs

    @property
    def api_url(self) -> str:
        """Address that all hrefs start with."""
        return f"{self.base_url}/rest/v1"

    def item_types(self) -> tuple[ItemType, ...]:
        """List all item types."""
        return find_item_types(self.database)


def site_of(request: Request) -> Site:
    """Return the site that a request came to."""
    site: Site = request.app.state.site
    return site


def base_url_of(request: Request, site: Site) -> str:
    """Return the address that the caller used, without `/rest`."""
    return f"{request.url.scheme}://{request.url.netloc}{site.context_path}"


async def authenticated_call(request: Request) -> Call:
    """Check the credentials of a request.

    Raises:
        ApiError: 401 for missing, wrong or expired ones.
    """
    site = site_of(request)
    return Call(
        site=site,
        user=user_of(request.headers.get("authorization"), site),
        base_url=base_url_of(request, site),
        with_time=request.headers.get(TIME_HEADER, "").lower() == "true",
    )


Caller = Annotated[Call, Depends(authenticated_call)]


def user_of(authorization: str | None, site: Site) -> int:
    """Return the user that an `Authorization` header stands for."""
    if not authorization:
        raise ApiError(401, "no credentials: send Basic user:password or a Bearer token")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic" and site.knobs.auth != "oauth":
        return _basic_user(value, site)
    if scheme.lower() == "bearer" and site.knobs.auth != "basic":
        return _token_user(value, site)
    raise ApiError(401, f"the scheme {scheme} is not accepted here (knob auth={site.knobs.auth})")


def _basic_user(value: str, site: Site) -> int:
    known = (site.credentials.username, site.credentials.password)
    if not is_pair(value, known):
        raise ApiError(401, "the user name or the password is wrong")
    return ROBOT_ID


def _token_user(token: str, site: Site) -> int:
    user = find_token_user(site.database, token.strip())
    if user is None:
        raise ApiError(
            401, "the token is unknown or has expired; ask /rest/oauth/token for another"
        )
    return user


def is_pair(basic_value: str, known: tuple[str, str]) -> bool:
    """Tell whether the value of a Basic header is a known name and secret."""
    try:
        decoded = base64.b64decode(basic_value.strip(), validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(decoded, ":".join(known).encode())
