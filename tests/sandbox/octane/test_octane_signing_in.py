"""Signing in and out, tokens that roll, and what is refused without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from pytest_jama.sandbox.faults import RandomFault
from tests.sandbox.octane.workspace import Workspace, document, run_of

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "LWSSO_COOKIE_KEY"
IDLE = "VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT"


def sign_in(workspace: Workspace, body: Any, **arguments: Any) -> requests.Response:
    url = f"{workspace.server.url}/authentication/sign_in"
    return requests.post(url, json=body, timeout=10, **arguments)


def keys(workspace: Workspace, kind: str) -> dict[str, str]:
    known = workspace.server.credentials
    return {
        "key": {"client_id": known.client_id, "client_secret": known.client_secret},
        "key as user": {"user": known.client_id, "password": known.client_secret},
        "user": {"user": known.user, "password": known.password},
    }[kind]


@pytest.mark.parametrize("kind", ["key", "key as user", "user"])
def test_every_spelling_of_credentials_signs_in(workspace: Workspace, kind: str) -> None:
    answer = sign_in(workspace, keys(workspace, kind))
    assert (answer.status_code, answer.content) == (200, b"")
    assert {TOKEN, "OCTANE_USER"} <= set(answer.cookies.keys())
    cookies = answer.headers["Set-Cookie"]
    assert "Secure" not in cookies
    assert "Domain" not in cookies


@pytest.mark.parametrize(
    "body",
    [
        {"client_id": "x", "client_secret": "y"},
        {"client_id": "robot", "client_secret": "sandbox-password"},
        {"user": "robot"},
        {"user": "robot", "password": None},
        {},
        [],
    ],
    ids=str,
)
def test_other_credentials_are_refused(workspace: Workspace, body: Any) -> None:
    answer = sign_in(workspace, body)
    assert (answer.status_code, TOKEN in answer.cookies) == (401, False)


def test_only_keys_sign_in_where_the_site_says_so(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(users="api_keys_only")
    statuses = {
        kind: sign_in(workspace, keys(workspace, kind)).status_code
        for kind in ("key", "key as user", "user")
    }
    assert statuses == {"key": 200, "key as user": 200, "user": 401}


@pytest.mark.parametrize(
    "path",
    [
        "/api/shared_spaces/1001/workspaces/1002/tests",
        "/api/shared_spaces/1001/workspaces/1002/test-results/1101",
        "/api/shared_spaces",
        "/admin/server/version",
    ],
)
def test_nothing_is_told_without_a_token(workspace: Workspace, path: str) -> None:
    answer = requests.get(workspace.server.url + path, timeout=10)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "platform.not_authenticated")


def test_an_unknown_token_has_expired(workspace: Workspace) -> None:
    url = f"{workspace.server.workspace_url}/tests"
    answer = requests.get(url, cookies={TOKEN: "old"}, timeout=10)
    assert (answer.status_code, answer.json()["error_code"]) == (401, IDLE)


def test_sign_out_ends_the_token(workspace: Workspace) -> None:
    answer = workspace.call("POST", f"{workspace.server.url}/authentication/sign_out/")
    assert answer.status == 200
    assert workspace.get("tests").status == 401


def test_an_old_server_sends_elsewhere_after_sign_out(
    make_workspace: Callable[..., Workspace],
) -> None:
    workspace = make_workspace(sign_out="302")
    url = f"{workspace.server.url}/authentication/sign_out"
    assert workspace.call("POST", url, allow_redirects=False).status == 302


def test_a_token_ends_after_so_many_requests(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(token_use_count=2)
    replies = [workspace.get("tests") for _ in range(3)]
    assert [each.status for each in replies] == [200, 200, 401]
    assert replies[-1].code == IDLE


@pytest.mark.parametrize("renewal, old", [("never", 200), ("always", 200), ("strict", 401)])
def test_every_answer_may_renew_the_token(
    make_workspace: Callable[..., Workspace], renewal: str, old: int
) -> None:
    workspace = make_workspace(token_renewal=renewal)
    first = workspace.session.cookies[TOKEN]
    assert workspace.get("tests").status == 200
    newest = workspace.session.cookies[TOKEN]
    assert (newest == first) == (renewal == "never")
    assert workspace.get("no_such_collection").status == 404
    assert workspace.get("tests").status == 200
    url = f"{workspace.server.workspace_url}/tests"
    assert requests.get(url, cookies={TOKEN: first}, timeout=10).status_code == old


@pytest.mark.parametrize("knob, status", [("200", 200), ("304", 304), ("401", 401)])
def test_signing_in_with_a_valid_cookie_is_answered_as_the_knob_says(
    make_workspace: Callable[..., Workspace], knob: str, status: int
) -> None:
    workspace = make_workspace(sign_in_with_cookie=knob)
    cookies = {TOKEN: workspace.session.cookies[TOKEN]}
    answer = sign_in(workspace, keys(workspace, "key"), cookies=cookies)
    assert answer.status_code == status


def test_an_old_server_wants_its_csrf_cookie_back(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(csrf="on")
    assert workspace.get("tests").status == 403
    value = workspace.session.cookies["HPSSO_COOKIE_CSRF"]
    workspace.session.headers["HPSSO-HEADER-CSRF"] = value
    assert workspace.get("tests").status == 200


@pytest.mark.parametrize("knob, status", [("off", 401), ("on", 200)])
def test_basic_is_a_matter_of_the_site(
    make_workspace: Callable[..., Workspace], knob: str, status: int
) -> None:
    workspace = make_workspace(basic=knob)
    pair = ("robot", workspace.server.credentials.password)
    answer = requests.get(f"{workspace.server.workspace_url}/tests", auth=pair, timeout=10)
    assert answer.status_code == status


def test_the_fault_401_ends_the_token_for_good(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("401", times=1))
    assert [workspace.get("tests").status for _ in range(2)] == [401, 401]
    assert sign_in(workspace, keys(workspace, "key")).status_code == 200


def test_version_spaces_and_workspaces_are_named(workspace: Workspace) -> None:
    url = workspace.server.url
    version = workspace.call("GET", f"{url}/admin/server/version").body
    assert {"version", "display_version"} <= version.keys()
    spaces = workspace.call("GET", f"{url}/api/shared_spaces?fields=name")
    assert spaces.data == [{"type": "shared_space", "id": "1001", "name": "Shared Space"}]
    rooms = workspace.call("GET", f"{url}/api/shared_spaces/1001/workspaces/?fields=name")
    assert rooms.data == [{"type": "workspace", "id": "1002", "name": "Default Workspace"}]


def test_the_lists_of_spaces_and_workspaces_end_and_are_not_searched(workspace: Workspace) -> None:
    for path in ("shared_spaces", "shared_spaces/1001/workspaces"):
        url = f"{workspace.server.url}/api/{path}"
        assert workspace.call("GET", f"{url}?fields=name&limit=1000&offset=1").data == []
        assert workspace.call("GET", url, params={"query": '"name EQ ^x^"'}).status == 400


@pytest.mark.parametrize(
    "place", ["1002/workspaces/1002", "1001/workspaces/1003", "x/workspaces/y"]
)
def test_other_spaces_and_workspaces_are_not_there(workspace: Workspace, place: str) -> None:
    url = f"{workspace.server.url}/api/shared_spaces/{place}/tests"
    assert workspace.call("GET", url).status == 404


def test_everything_stands_below_the_context_path(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(context_path="/octane")
    assert workspace.signed_in.status_code == 200
    assert workspace.push(document(run_of())).status == 202
    assert workspace.server.browser_url.endswith("/octane/ui/?p=1001/1002")
    outside = workspace.server.url.removesuffix("/octane")
    assert requests.get(f"{outside}/api/shared_spaces", timeout=10).status_code == 404


def test_some_resources_need_the_preview_header(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(preview_names="runs,previous_runs")
    assert (workspace.get("runs").status, workspace.get("tests").status) == (403, 200)
    workspace.session.headers["ALM-OCTANE-TECH-PREVIEW"] = "true"
    assert workspace.get("runs").status == 200


def test_a_role_may_lack_rights(make_workspace: Callable[..., Workspace]) -> None:
    reply = make_workspace(forbidden_names="releases").get("releases")
    assert (reply.status, reply.why) == (403, "the role of this API key may not use releases")


@pytest.mark.parametrize(
    "path, accept, status",
    [
        ("tests", "application/json", 200),
        ("tests", "text/html, */*;q=0.1", 200),
        ("tests", "application/xml", 406),
        ("tests", "text/html", 406),
        ("test-results/xsd", "application/xml", 200),
    ],
)
def test_an_answer_is_json_whatever_else_is_accepted(
    workspace: Workspace, path: str, accept: str, status: int
) -> None:
    assert workspace.call("GET", path, headers={"Accept": accept}).status == status


def test_an_error_repeats_the_correlation_id(workspace: Workspace) -> None:
    url = f"{workspace.server.workspace_url}/nothing"
    answer = workspace.session.get(url, headers={"X-Correlation-ID": "c-1"}, timeout=10).json()
    assert answer["correlation_id"] == "c-1"
    assert {"error_code", "description", "properties", "business_error"} <= answer.keys()


def test_requests_are_recorded_by_their_path_in_the_workspace(workspace: Workspace) -> None:
    workspace.get("tests", limit=1)
    paths = [(each.method, each.path, each.status) for each in workspace.server.requests]
    assert paths == [("POST", "/authentication/sign_in", 200), ("GET", "/tests", 200)]
