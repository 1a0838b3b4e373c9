"""One request: who calls, what is asked for, and what must hold before a write."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.access import check_account, check_server
from pytest_jama.sandbox.jama.accounts import (
    ROBOT_ID,
    find_item_type,
    find_project,
    find_token_user,
    find_user,
)
from pytest_jama.sandbox.jama.incoming import NoQuery, SomeBody, checked_body, decoded_body
from pytest_jama.sandbox.jama.item_types import TypeDefinition
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import ApiError, Credentials, Node, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import find_node

TIME_HEADER = "x-jama-date-fields-with-time"
"""Source: Jama REST cookbook: `true` gives dates inside `fields` their time."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One sandbox, as its routes see it; the context path is such as `/contour`, or empty."""

    database: Database
    knobs: Knobs
    credentials: Credentials
    context_path: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """One authenticated request, and the checks that most operations begin with."""

    site: Site
    user: int
    request: Request

    @property
    def database(self) -> Database:
        """The state."""
        return self.site.database

    @property
    def knobs(self) -> Knobs:
        """The switches."""
        return self.site.knobs

    @cached_property
    def api_url(self) -> str:
        """Address that all hrefs start with."""
        return f"{base_url_of(self.request, self.site)}/rest/v1"

    @cached_property
    def with_time(self) -> bool:
        """Whether dates inside `fields` carry a time."""
        return self.request.headers.get(TIME_HEADER, "").lower() == "true"

    @property
    def visible_at(self) -> float:
        """When a plan, group or cycle that is created now can be seen."""
        return self.database.clock() + self.knobs.slow_create_s

    def hold_answer(self, until_s: float) -> None:
        """Keep the answer back until the clock shows that many seconds since the epoch."""
        self.request.state.answer_at_s = until_s

    @property
    def indexed_at(self) -> float:
        """When search finds what is created now."""
        return self.database.clock() + self.knobs.search_lag_s

    async def json(self) -> Any:
        """Decode the JSON body."""
        return await decoded_body(self.request)

    async def body(self, model: type[SomeBody]) -> SomeBody:
        """Decode and check the JSON body."""
        return checked_body(await self.json(), model, self.knobs)

    def require_node(self, node_id: int, *kinds: str) -> Node:
        """Return a node of one of the kinds; 404 if there is none."""
        node = find_node(self.database, node_id, *kinds)
        if node is None:
            raise not_found(" or ".join(_WORDS[kind] for kind in kinds) or "object", node_id)
        return node

    def require_writable(self, node: Node) -> None:
        """Refuse to write what another user has locked, or what belongs to an archived plan.

        Source: Jama REST cookbook: writing an item locked by another user is refused; the status
        is undocumented.
        """
        if node.locked_by not in (None, self.user):
            raise ApiError(
                int(self.knobs.locked_write),
                f"{node.document_key} is locked by another user",
            )
        self.require_open_plan(node.plan_id or node.id)

    def require_open_plan(self, plan_id: int) -> None:
        """Refuse writes below an archived plan, where the knob says so."""
        if self.knobs.archived_plan_writes == "allow":
            return
        plan = find_node(self.database, plan_id, "testplans")
        if plan is not None and plan.archived:
            raise bad_request(f"the test plan {plan.document_key} is archived")

    def require_type(self, type_id: int) -> TypeDefinition:
        """Return the item type of that ID; 400 if there is none."""
        found = find_item_type(self.database, self.knobs, type_id)
        if found is None:
            raise bad_request(f"there is no item type with the ID {type_id}")
        return found

    def require_project(self, project_id: int, *, status: int = 404) -> int:
        """Return the ID of a project, or refuse it."""
        project = find_project(self.database, id=project_id)
        if project is None:
            raise ApiError(status, f"there is no project with the ID {project_id}")
        return project.id


def site_of(request: Request) -> Site:
    """Return the site that a request came to."""
    site: Site = request.app.state.site
    return site


def base_url_of(request: Request, site: Site) -> str:
    """Return the address that the caller used, without `/rest`."""
    return f"{request.url.scheme}://{request.url.netloc}{site.context_path}"


async def authenticated_call(request: Request) -> Call:
    """Check the credentials of a request; 401 for missing, wrong or expired ones."""
    site = site_of(request)
    check_server(site.knobs)
    user = _user_of(request.headers.get("authorization"), site)
    check_account(site.knobs, request.method)
    return Call(site=site, user=user, request=request)


Caller = Annotated[Call, Depends(authenticated_call)]


async def call_without_query(call: Caller, query: Annotated[NoQuery, Query()]) -> Call:
    """Check the credentials, and that there is no query parameter."""
    del query
    return call


PlainCaller = Annotated[Call, Depends(call_without_query)]

NodeId = Annotated[int, Path(alias="id")]
"""The ID of an object of any kind, in a path such as `/testruns/{id}`."""


def _user_of(authorization: str | None, site: Site) -> int:
    if not authorization:
        raise ApiError(401, "no credentials: send Basic user:password or a Bearer token")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic" and site.knobs.auth != "oauth":
        if not is_pair(value, (site.credentials.username, site.credentials.password)):
            raise ApiError(401, "the user name or the password is wrong")
        return ROBOT_ID
    if scheme.lower() == "bearer" and site.knobs.auth != "basic":
        user = find_token_user(site.database, value.strip())
        if user is None:
            why = "the token is unknown or has expired; ask /rest/oauth/token for another"
            raise ApiError(401, why)
        return user
    raise ApiError(401, f"the scheme {scheme} is not accepted here (knob auth={site.knobs.auth})")


def is_pair(basic_value: str, known: tuple[str, str]) -> bool:
    """Return whether the value of a Basic header is a known name and secret."""
    try:
        decoded = base64.b64decode(basic_value.strip(), validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(decoded, ":".join(known).encode())


_WORDS = {
    "items": "item",
    "testplans": "test plan",
    "testcycles": "test cycle",
    "testruns": "test run",
    "attachments": "attachment",
}


def require_user(user_id: object) -> None:
    """Refuse a user that does not exist."""
    if user_id is not None and (not isinstance(user_id, int) or not find_user(user_id)):
        raise bad_request(f"there is no user with the ID {user_id}")
