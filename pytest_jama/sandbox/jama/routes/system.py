"""Token, versions, users, projects and item types."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.access import check_server
from pytest_jama.sandbox.jama.accounts import (
    ROBOT_ID,
    USERS,
    find_item_types,
    find_project,
    find_projects,
    issue_token,
)
from pytest_jama.sandbox.jama.api_document import api_document
from pytest_jama.sandbox.jama.calls import (
    Call,
    Caller,
    NodeId,
    PlainCaller,
    Site,
    base_url_of,
    is_pair,
    site_of,
)
from pytest_jama.sandbox.jama.incoming import Include, IncludeQuery, ListQuery, PageQuery
from pytest_jama.sandbox.jama.model import ApiError, User, not_found

router = APIRouter()
open_router = APIRouter()
"""What needs no credentials, or other ones."""

_HIDDEN_IN_PROJECTS = {"testplans", "testcycles", "testruns"}


class UserFilter(ListQuery):
    """Query of the list of users."""

    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    license_type: str | None = None
    include_inactive: bool = False


@open_router.get("/rest")
async def list_versions(request: Request) -> JSONResponse:
    """List the API versions; the shape of an element is undocumented."""
    site = site_of(request)
    check_server(site.knobs)
    data = [{"version": "v1", "href": f"{base_url_of(request, site)}/rest/v1"}]
    return JSONResponse({"meta": envelope.meta_of(200, site.database.clock), "data": data})


@open_router.post("/rest/oauth/token")
async def post_token(request: Request) -> JSONResponse:
    """Issue a token for client credentials.

    Source: Jama REST help: `grant_type=client_credentials`, client ID and secret as HTTP Basic.
    """
    site = site_of(request)
    check_server(site.knobs)
    if site.knobs.auth == "basic":
        raise ApiError(404, "this server has no OAuth (knob auth=basic)")
    async with request.form() as parts:
        form = {name: str(value) for name, value in parts.items()}
    if not _is_client(request.headers.get("authorization", ""), form, site):
        return _token_refused(site, 401, "invalid_client", "the client ID or secret is wrong")
    if form.get("grant_type") != "client_credentials":
        why = "grant_type must be client_credentials, as a form field"
        return _token_refused(site, 400, "unsupported_grant_type", why)
    token = issue_token(site.database, user=ROBOT_ID, lifetime_s=site.knobs.token_lifetime_s)
    return JSONResponse(
        {
            "access_token": token,
            "token_type": site.knobs.token_type,
            "expires_in": int(site.knobs.token_lifetime_s),
        }
    )


def _is_client(authorization: str, form: dict[str, str], site: Site) -> bool:
    known = (site.credentials.client_id, site.credentials.client_secret)
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        return is_pair(value, known)
    in_form = (form.get("client_id"), form.get("client_secret"))
    form_counts = site.knobs.token_client == "form_too"  # noqa: S105 - a knob, no password
    return form_counts and in_form == known


def _token_refused(site: Site, status: int, error: str, why: str) -> JSONResponse:
    if site.knobs.token_error == "envelope":  # noqa: S105 - a knob, no password
        return envelope.refused(status, why, site.database.clock)
    return JSONResponse({"error": error, "error_description": why}, status_code=status)


@router.get("/")
async def list_endpoints(call: PlainCaller) -> JSONResponse:
    """List what this server serves."""
    routes = call.request.app.state.api_routes
    operations = sorted((method, route.path) for route in routes for method in route.methods)
    data = [{"method": method, "path": path} for method, path in operations]
    return JSONResponse({"meta": envelope.meta_of(200, call.database.clock), "data": data})


@router.get("/api-docs")
async def get_api_document(call: PlainCaller) -> JSONResponse:
    """Show the API document; the page that shows it to people is not served."""
    document = api_document(
        call.request.app.state.api_routes,
        call.knobs,
        host=call.request.url.netloc,
        base_path=f"{call.site.context_path}/rest/v1",
    )
    return JSONResponse(document)


@router.get("/users/current")
async def get_current_user(call: Caller, query: IncludeQuery) -> JSONResponse:
    """Show whose credentials these are."""
    return _one(call, "users", call.user, query)


def _one(call: Call, kind: str, identifier: int, query: Include) -> JSONResponse:
    found = envelope.shown(call, kind, identifier)
    if found is None:
        raise not_found(_WORDS[kind], identifier)
    return envelope.single(call, found, query)


def _serve_one(kind: str) -> None:
    """Serve GET of one user, project or item type."""

    @router.get(f"/{kind}/{{id}}")
    async def get_one(call: Caller, wanted: NodeId, query: IncludeQuery) -> JSONResponse:
        return _one(call, kind, wanted, query)


_WORDS = {"users": "user", "projects": "project", "itemtypes": "item type"}
for _kind in _WORDS:
    _serve_one(_kind)


@router.get("/users")
async def list_users(call: Caller, query: Annotated[UserFilter, Query()]) -> JSONResponse:
    """List users, the active ones unless asked otherwise."""
    values = [wire.user(user, call.knobs) for user in USERS if _is_wanted(call, user, query)]
    return envelope.cut(call, values, query)


def _is_wanted(call: Call, user: User, query: UserFilter) -> bool:
    asked = query.model_dump(include={"username", "email", "first_name", "last_name"})
    fits = all(wanted in (None, getattr(user, name)) for name, wanted in asked.items())
    has_license = query.license_type in (None, wire.licence_of(user, call.knobs))
    return fits and has_license and (user.active or query.include_inactive)


@router.get("/projects")
async def list_projects(call: Caller, query: PageQuery) -> JSONResponse:
    """List projects."""
    values = [wire.project(project) for project in find_projects(call.database)]
    return envelope.cut(call, values, query)


@router.get("/projects/{project_id}/itemtypes")
async def list_types_of_project(call: Caller, project_id: int, query: PageQuery) -> JSONResponse:
    """List the item types of a project, without those of plans, cycles and runs.

    Source: a response recorded from a real server.
    """
    if find_project(call.database, id=project_id) is None:
        raise not_found("project", project_id)
    return _types(call, query, hidden=_HIDDEN_IN_PROJECTS)


@router.get("/itemtypes")
async def list_types(call: Caller, query: PageQuery) -> JSONResponse:
    """List all item types."""
    return _types(call, query, hidden=set())


def _types(call: Call, query: ListQuery, *, hidden: set[str]) -> JSONResponse:
    values = [
        wire.item_type(kind, call.knobs)
        for kind in find_item_types(call.database, call.knobs)
        if kind.kind not in hidden
    ]
    return envelope.cut(call, values, query)
