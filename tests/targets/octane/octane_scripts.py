"""What the tests of the client share: settings, and answers of a scripted server."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from pytest_jama.config.octane_settings import OctaneKey, OctaneSettings, OctaneUser
from tests.targets.scripted import Reply, gives

WORKSPACE = "/api/shared_spaces/1001/workspaces/1002"
TOKEN = "LWSSO_COOKIE_KEY"


KEY = OctaneKey(client_id="key_1", client_secret=SecretStr("s3cret-of-the-key"))
USER = OctaneUser(user="ann", password=SecretStr("p4ssword-of-ann"))


def settings_for(url: str, **given: Any) -> OctaneSettings:
    """Return the settings for a server, as a loader would make them."""
    values = {"url": url, "space": "1001", "workspace": "1002", "credentials": KEY, **given}
    return OctaneSettings().model_copy(update=values)


def signed_in(value: str = "t0ken-1", *more: str) -> Reply:
    """Let the client in; `more` are further cookies."""
    return _with_cookies(Reply(200, b"", {}), f"{TOKEN}={value};Path=/;HttpOnly", *more)


def renewing(token: str, body: Any = None) -> Reply:
    """Answer, and replace the token."""
    return _with_cookies(gives(200, body or {}), f"{TOKEN}={token};Path=/authentication")


def _with_cookies(reply: Reply, *cookies: str) -> Reply:
    """Add cookies; a mapping of headers holds each name once, so that cases tell them apart."""
    names = ("Set-Cookie", "set-cookie", "SET-COOKIE")
    named = dict(zip(names, cookies, strict=False))
    return Reply(reply.status, reply.body, {**reply.headers, **named})


def error(status: int, description: str, *, code: str = "platform.general") -> Reply:
    """Answer as the server does when it refuses."""
    return gives(status, {"error_code": code, "description": description})
