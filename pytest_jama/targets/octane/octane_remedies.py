"""What the server says when it refuses, and who has to do what about it: the one table of that."""

from __future__ import annotations

import json
import re
from typing import Any

from pytest_jama.core.text import unescaped
from pytest_jama.targets.http.request import Cause

FOR_KEY = (
    "check OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET: they are an API access key, which an "
    "administrator of the shared space or workspace makes"
)
"""Where an API access key is not accepted."""

FOR_USER = (
    "check OCTANE_USER and OCTANE_PASSWORD; a server may take API access keys only: then set "
    "OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET"
)
"""Where user name and password are not accepted.

Source: vendor's help, site parameter RESTRICT_REST_API_TO_API_KEYS_ONLY.
"""

NO_CREDENTIALS = (
    "set OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET (an API access key), or OCTANE_USER and "
    "OCTANE_PASSWORD"
)

SIGN_ON = (
    "a program cannot sign in there; ask who runs the sign-on to let requests to /authentication "
    "and /api through without it"
)
"""Where a login for people answers in the place of the server."""

_ROLE = "ask an administrator of the workspace to give it the role `CI/CD Integration`"
_PUSH_RIGHT = f"this API key may not send results: {_ROLE}, or one that includes it"
_READ_RIGHT = (
    "this API key may not read that: ask an administrator of the workspace for a role that may"
)
_WRITE_RIGHT = (
    "this API key may not change that: ask an administrator of the workspace for a role that may"
)
_WORKSPACE = (
    "check `space` and `workspace`: the browser's address shows both after `?p=`, and the API key "
    "has to belong to them"
)
_GATEWAY = (
    "that seems not to come from ALM Octane but from a gateway or proxy before it: ask who runs "
    "that to let this job through, or which header it wants (`headers` in octane.yaml)"
)
_PROXY = (
    "the proxy wants a login of its own: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or ask who "
    "runs the proxy"
)
_TASK = (
    "check its number, and that it is a task of this workspace; a server forgets a task after some "
    "days: `pytest-jama verify JOURNAL` compares what it has now"
)
_OUR_FAULT = "that is a fault of pytest-jama, or a proxy has changed the request"
_TOO_LARGE = (
    "a proxy before the server takes no document of this size: ask who runs it for the limit"
)

_CAUSES: tuple[Cause, ...] = (
    Cause(statuses={407}, remedy=_PROXY),
    Cause(statuses={403}, in_page=True, remedy=_GATEWAY, is_guess=True),
    Cause(statuses={403}, asks=re.compile("POST .*/test-results"), remedy=_PUSH_RIGHT),
    Cause(statuses={403}, asks=re.compile("GET .*/api/"), remedy=_READ_RIGHT),
    Cause(statuses={403}, asks=re.compile("/api/"), remedy=_WRITE_RIGHT),
    Cause(statuses={404}, asks=re.compile(r"/api/.*/test-results\Z"), remedy=_WORKSPACE),
    Cause(statuses={404}, asks=re.compile(r"GET .*/test-results/\d+\Z"), remedy=_TASK),
    Cause(statuses={404}, asks=re.compile(r"GET .*/workspaces/\d+/\w+\Z"), remedy=_WORKSPACE),
    Cause(
        statuses={404}, asks=re.compile(r"/api/shared_spaces/\d+/workspaces\Z"), remedy=_WORKSPACE
    ),
    Cause(statuses={405, 406, 415}, asks=re.compile("/api/"), remedy=_OUR_FAULT),
    Cause(statuses={413}, remedy=_TOO_LARGE),
)

_MOST_ERRORS = 3


def url_remedy(url: str) -> str:
    """Say what to do when something other than the server answers at an address."""
    return (
        f"check that {url} is the address of ALM Octane (before `/ui`), with its fully qualified "
        "host name and its context path"
    )


def causes_at(url: str) -> tuple[Cause, ...]:
    """Return for which reasons a server refuses; the first one that fits counts.

    Args:
        url: Its base URL.
    """
    door = re.compile(r"POST /authentication/sign_in\Z")
    return (Cause(statuses={404, 405}, asks=door, remedy=url_remedy(url)), *_CAUSES)


def find_words(text: str) -> str | None:
    """Return what the server says in the body of an error; None for what it did not write.

    The servlet container may write its JSON escaped as HTML.

    Source: vendor's help, error handling; vendor's CI SDK.
    """
    for each in dict.fromkeys((text, unescaped(text))):
        if (said := _read(each)) is not None:
            return words_in(said)
    return None


def words_in(error: Any) -> str | None:
    """Return code and description of an error, or of the first of several; None without any."""
    if not isinstance(error, dict):
        return None
    several = error.get("errors")
    if isinstance(several, list) and several:
        said = [words for each in several[:_MOST_ERRORS] if (words := words_in(each))]
        more = ["..."] if len(several) > _MOST_ERRORS else []
        return "; ".join((*said, *more)) or None
    parts = [error.get("error_code"), error.get("description") or error.get("message")]
    return (
        ": ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()) or None
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
