"""Who asks: signing in and out, tokens that roll, and what is refused.

Source: vendor's JS SDK and CI SDK: the newest LWSSO_COOKIE_KEY of any answer counts.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from pytest_jama.sandbox.database import Database
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs

TOKEN = "LWSSO_COOKIE_KEY"  # noqa: S105 - the name of a cookie
USER = "OCTANE_USER"
CSRF = "HPSSO_COOKIE_CSRF"
CSRF_HEADER = "HPSSO-HEADER-CSRF"
_NEVER, _AT_ONCE = "never", "strict"
IDLE = "VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT"


@dataclass(frozen=True, kw_only=True)
class OctaneCredentials:
    """What the stand-in accepts: an API key, and a user."""

    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - made up
    user: str = "robot"
    password: str = "sandbox-password"  # noqa: S105 - made up

    def admit(self, body: Mapping[str, Any], *, only_keys: bool) -> str | None:
        """Return who signs in with a body; None if it is not anybody."""
        key = (self.client_id, self.client_secret)
        pairs: tuple[tuple[object, object], ...]
        if body.keys() == {"client_id", "client_secret"}:
            given, pairs = (body["client_id"], body["client_secret"]), (key,)
        elif body.keys() == {"user", "password"}:
            given = body["user"], body["password"]
            pairs = (key,) if only_keys else (key, (self.user, self.password))
        else:
            return None
        return str(given[0]) if given in pairs else None


class Door:
    """Issues tokens, and knows who holds one."""

    def __init__(
        self, database: Database, knobs: OctaneKnobs, credentials: OctaneCredentials
    ) -> None:
        self._database = database
        self._knobs = knobs
        self._credentials = credentials

    def sign_in(self, body: Any, cookies: Mapping[str, str]) -> Response:
        """Answer `sign_in`.

        Raises:
            OctaneRefusedError: 401; the credentials are wrong.
        """
        has_token = self._database.find("tokens", token=cookies.get(TOKEN, "")) is not None
        if has_token and self._knobs.sign_in_with_cookie != "200":
            if self._knobs.sign_in_with_cookie == "304":
                return Response(status_code=304)
            raise OctaneRefusedError(401, "the session is signed in already")
        only_keys = self._knobs.users == "api_keys_only"
        name = (
            self._credentials.admit(body, only_keys=only_keys) if isinstance(body, dict) else None
        )
        if name is None:
            raise OctaneRefusedError(
                401, "the user name or the password is wrong", "VALIDATION_FAILED"
            )
        answer = Response(status_code=200)
        self._issue(name, answer)
        answer.set_cookie(USER, name, path="/", samesite=None)
        return answer

    def sign_out(self, cookies: Mapping[str, str]) -> Response:
        """Answer `sign_out`; the token is not valid any more."""
        self._database.delete("tokens", token=cookies.get(TOKEN, ""))
        is_old = self._knobs.sign_out == "302"
        answer = Response(status_code=302 if is_old else 200)
        if is_old:
            answer.headers["Location"] = "/"
        # Source: vendor's JS SDK in use: the path of these cookies is one of their own.
        answer.set_cookie(TOKEN, "", path="/authentication", samesite=None)
        return answer

    def _issue(self, user: str, answer: Response) -> None:
        token, csrf = secrets.token_urlsafe(24), secrets.token_hex(8)
        row = {"token": token, "user": user, "csrf": csrf, "uses": 0}
        self._database.insert("tokens", row)
        answer.set_cookie(TOKEN, token, path="/", httponly=True, samesite=None)
        if self._knobs.csrf == "on":
            answer.set_cookie(CSRF, csrf, path="/", samesite=None)

    def admit(self, request: Request) -> str | None:
        """Let a request in; return its token, None for one that needs none.

        Raises:
            OctaneRefusedError: 401 without a valid token, 403 without what goes with it.
        """
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic" and self._knobs.basic == "on":
            self._check_basic(value)
            return None
        token = request.cookies.get(TOKEN, "")
        row = self._database.find("tokens", token=token)
        if row is None:
            code = IDLE if token else ""
            raise OctaneRefusedError(401, "sign in first: there is no valid token", code)
        limit = self._knobs.token_use_count
        if limit and row["uses"] >= limit:
            self._database.delete("tokens", token=token)
            raise OctaneRefusedError(401, "the token has expired", IDLE)
        if self._knobs.csrf == "on" and request.headers.get(CSRF_HEADER) != row["csrf"]:
            raise OctaneRefusedError(
                403, f"the header {CSRF_HEADER} does not fit the cookie {CSRF}"
            )
        self._database.execute("UPDATE tokens SET uses = uses + 1 WHERE token = ?", (token,))
        return token

    def _check_basic(self, value: str) -> None:
        try:
            name, _, secret = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = secret = ""
        body = {"user": name, "password": secret}
        if self._credentials.admit(body, only_keys=self._knobs.users == "api_keys_only") is None:
            raise OctaneRefusedError(401, "the user name or the password is wrong")

    def renew(self, token: str | None, answer: Response) -> None:
        """Give a new token with an answer, where the knobs say so."""
        row = self._database.find("tokens", token=token or "")
        renewal = self._knobs.token_renewal
        if renewal == _NEVER or row is None:
            return
        self._issue(row["user"], answer)
        if renewal == _AT_ONCE:
            self._database.delete("tokens", token=token)

    def expire(self, cookies: Mapping[str, str]) -> None:
        """Make the token of a request invalid."""
        self._database.delete("tokens", token=cookies.get(TOKEN, ""))
