"""Basic and OAuth, and how they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World
    from tests.sandbox.conftest import Clock

GRANT = {"grant_type": "client_credentials"}
CLIENT = ("sandbox-client", "sandbox-secret")


def current_user(world: World, authorization: str | None) -> requests.Response:
    headers = {"Authorization": authorization} if authorization else {}
    return requests.get(f"{world.api.url}/users/current", headers=headers, timeout=5)


def ask_token(
    world: World, *, auth: tuple[str, str] | None = CLIENT, **form: str
) -> requests.Response:
    url = f"{world.sandbox.url}/rest/oauth/token"
    return requests.post(url, auth=auth, data=form or GRANT, timeout=5)


def bearer(world: World) -> str:
    return f"Bearer {ask_token(world).json()['access_token']}"


@pytest.mark.parametrize(
    "authorization",
    [None, "Basic", "Basic !!!", "Basic c2FuZGJveDp3cm9uZw==", "Bearer nonsense", "Digest x"],
)
def test_other_credentials_are_unauthorized(world: World, authorization: str | None) -> None:
    answer = current_user(world, authorization)
    assert (answer.status_code, answer.json()["meta"]["status"]) == (401, "Unauthorized")


def test_basic_credentials_belong_to_a_user(world: World) -> None:
    assert world.api.get("/users/current").data["username"] == "sandbox"


def test_a_token_stands_for_the_same_user(world: World) -> None:
    answer = ask_token(world)
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
    token = f"Bearer {answer.json()['access_token']}"
    assert current_user(world, token).json()["data"]["id"] == 17


def test_a_token_expires(make_world: Callable[..., World], clock: Clock) -> None:
    world = make_world(token_lifetime_s=90.0, token_type="bearer")
    answer = ask_token(world).json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 90)
    token = f"Bearer {answer['access_token']}"
    clock.now_s += 89
    assert current_user(world, token).status_code == 200
    clock.now_s += 1
    assert current_user(world, token).status_code == 401


@pytest.mark.parametrize(
    "auth, form, status, error",
    [
        (("sandbox-client", "wrong"), GRANT, 401, "invalid_client"),
        (
            None,
            {**GRANT, "client_id": CLIENT[0], "client_secret": CLIENT[1]},
            401,
            "invalid_client",
        ),
        (CLIENT, {"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_token_is_refused(
    world: World, auth: Any, form: dict[str, str], status: int, error: str
) -> None:
    answer = ask_token(world, auth=auth, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_knobs_accept_a_client_in_the_form_and_refuse_in_the_envelope(
    make_world: Callable[..., World],
) -> None:
    world = make_world(token_client="form_too", token_error="envelope")
    form = {**GRANT, "client_id": CLIENT[0], "client_secret": CLIENT[1]}
    assert ask_token(world, auth=None, **form).status_code == 200
    refused = ask_token(world, auth=("a", "b"))
    assert refused.json()["meta"]["message"] == "the client ID or secret is wrong"


def test_a_server_with_single_sign_on_refuses_basic(make_world: Callable[..., World]) -> None:
    world = make_world(auth="oauth")
    assert world.api.get("/users/current").status == 401
    assert current_user(world, bearer(world)).status_code == 200


def test_an_old_server_has_no_tokens(make_world: Callable[..., World]) -> None:
    world = make_world(auth="basic")
    assert ask_token(world).status_code == 404
    assert world.api.get("/users/current").status == 200


S2_BODY = {"meta": {"status": "Forbidden", "message": "This user is not permitted to use the API"}}


def test_an_account_that_is_not_listed_is_told_so_and_nothing_else(
    make_world: Callable[..., World],
) -> None:
    world = make_world(access="403")
    answer = world.api.get("/users/current")
    assert (answer.status, answer.body) == (403, S2_BODY)
    assert current_user(world, "Basic nonsense").status_code == 401
    assert current_user(world, bearer(world)).status_code == 403


@pytest.mark.parametrize(
    "knobs, status, words",
    [
        ({"access": "403", "licence": "TEST_RUNNER"}, 403, "Named Creator license"),
        ({"access": "401"}, 401, '"error_description":"This user is not permitted'),
        ({"access": "locked"}, 403, "This account has been locked"),
        ({"access": "maintenance"}, 429, "under maintenance"),
    ],
)
def test_an_account_is_refused_in_words(
    make_world: Callable[..., World], knobs: dict[str, str], status: int, words: str
) -> None:
    world = make_world(**knobs)
    answer = requests.get(
        f"{world.api.url}/projects", auth=("sandbox", "sandbox-password"), timeout=5
    )
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    spared = ask_token(world).status_code
    assert spared == (429 if knobs["access"] == "maintenance" else 200)


def test_an_account_may_read_only_and_its_objects_say_so(
    make_world: Callable[..., World],
) -> None:
    world = make_world(access="read_only")
    path = f"/testruns/{world.run().id}"
    assert world.api.get(path).data["resources"]["self"]["allowed"] == ["GET"]
    assert world.api.put(path, {"fields": {"testRunStatus": "PASSED"}}).status == 403


def test_the_licence_of_the_account_is_shown(make_world: Callable[..., World]) -> None:
    world = make_world(licence="TEST_RUNNER")
    assert world.api.get("/users/current").data["licenseType"] == "TEST_RUNNER"
    assert world.api.get("/users", params={"licenseType": "NAMED"}).data[0]["username"] == "tess"
