"""Answers of the server: the good ones as JSON objects, the others as our errors.

Every error text has method, path, status and the server's own words, on one line.
"""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pytest_jama.core.errors import (
    CredentialsError,
    LockedError,
    OutOfReachError,
    RefusedError,
    TargetError,
)
from pytest_jama.core.text import clean, first_line, shorten
from pytest_jama.targets.http.failures import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import Response

    from pytest_jama.targets.http.server_facts import ServerFacts

    Conceal = Callable[[str], str]

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""Answers after which the same request may succeed, as after all from 500 on.

Source: RFC 9110 and RFC 8470; proxies have statuses of their own from 520 on.
"""

ERROR_BY_STATUS: Mapping[int, type[TargetError]] = {
    400: RefusedError,
    401: CredentialsError,
    403: RefusedError,
    404: RefusedError,
    405: RefusedError,
    409: RefusedError,
    415: RefusedError,
    423: LockedError,
}
"""What a status means; one that is not listed is a refusal."""

_MAY_BE_A_LOCK = frozenset({400, 403, 409})
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def read_answer(
    method: str,
    path: str,
    response: Response,
    *,
    facts: ServerFacts,
    now_s: float,
    conceal: Conceal = str,
) -> dict[str, Any]:
    """Return the JSON object of a good answer; an empty one for a good answer without a body.

    Args:
        method: The HTTP method, for messages.
        path: The path below the base URL, for messages.
        response: The answer, completely received.
        facts: What is known of the server.
        now_s: Seconds since 1970.
        conceal: Takes secrets out of what the server says.

    Raises:
        TransientError: When the same request may succeed later.
        CredentialsError: For 401.
        RefusedError: For other refusals; as `LockedError` when the object is locked.
        OutOfReachError: When something other than the REST API answers.
    """
    status = response.status_code
    if status in TRANSIENT_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TransientError(
            _status_line(response, conceal),
            more=_more(response, facts, conceal),
            http_status=status,
            retry_after_s=find_retry_after_s(response, now_s=now_s),
            # A request that was one too many was not processed.
            may_have_happened=status != HTTPStatus.TOO_MANY_REQUESTS,
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise _redirect_error(method, path, response, facts, conceal)
    if status >= HTTPStatus.BAD_REQUEST:
        raise _refusal(method, path, response, facts, conceal)
    return _read_object(method, response, facts)


def find_retry_after_s(response: Response, *, now_s: float) -> float | None:
    """Return how long the server asks us to wait; None when it does not say, or says nonsense.

    Args:
        response: The answer; its ``Retry-After`` is a number of seconds or an HTTP date.
        now_s: Seconds since 1970.
    """
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None


def find_json(response: Response) -> object:
    """Return the decoded body; None when it is not JSON.

    Deeply nested garbage counts as that, too (RecursionError).
    """
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def server_words(response: Response, facts: ServerFacts, conceal: Conceal = str) -> str:
    """Return what the server said of an error, cleaned and shortened to one line; may be empty.

    Args:
        response: The answer.
        facts: What is known of the server.
        conceal: Takes secrets out of it.
    """
    body = find_json(response)
    if isinstance(body, dict):
        inside = body.get(facts.message_in)
        sources = (inside if isinstance(inside, dict) else {}, body)
        found = (source.get(key) for source in sources for key in _MESSAGE_KEYS)
        words = next((text for text in found if isinstance(text, str) and text.strip()), "")
    elif _is_web_page(response):
        title = _TITLE.search(_text_of(response))
        words = f"web page: {title.group(1)}" if title else "web page"
    else:
        words = first_line(_text_of(response))
    words = " ".join(clean(conceal(words)).split())
    return shorten(conceal(words), at_most=300)


_MESSAGE_KEYS = ("message", "error_description", "error")


def _read_object(method: str, response: Response, facts: ServerFacts) -> dict[str, Any]:
    if not response.content.strip():
        if method != "GET":
            return {}
        raise TransientError("the answer is empty", http_status=response.status_code)
    body = find_json(response)
    if isinstance(body, dict):
        return body
    if _is_web_page(response):
        reason = "the answer is a web page"
        more = f"; {facts.wrong_url_remedy}, and that no single sign-on stands before it"
    else:
        reason = "the answer is not a JSON object" if body is not None else "the answer is not JSON"
        more = ""
    raise TransientError(reason, more=more, http_status=response.status_code)


def _text_of(response: Response) -> str:
    try:
        return response.text
    except (ValueError, LookupError):  # the server names an encoding that does not exist
        return response.content.decode("utf-8", "replace")


def _is_web_page(response: Response) -> bool:
    return response.content.lstrip()[:1] == b"<"


def _reason(response: Response, facts: ServerFacts, conceal: Conceal) -> str:
    return _status_line(response, conceal) + _more(response, facts, conceal)


def _status_line(response: Response, conceal: Conceal) -> str:
    return f"{response.status_code} {_phrase(response, conceal)}"


def _more(response: Response, facts: ServerFacts, conceal: Conceal) -> str:
    """Return what the server says besides the status, and what the user can do about it."""
    status = response.status_code
    words = server_words(response, facts, conceal)
    remedy = facts.locked_remedy if _is_lock(response, facts) else facts.remedies.get(status)
    return (f": {words}" if words else "") + (f"; {remedy}" if remedy else "")


def _is_lock(response: Response, facts: ServerFacts) -> bool:
    """Return whether the answer is about a lock: a status of its own, or words."""
    if response.status_code == HTTPStatus.LOCKED:
        return True
    if response.status_code not in _MAY_BE_A_LOCK:
        return False
    return bool(facts.lock_words.search(server_words(response, facts)))


def _phrase(response: Response, conceal: Conceal) -> str:
    try:
        return HTTPStatus(response.status_code).phrase
    except ValueError:
        return shorten(conceal(clean(response.reason or "")), at_most=60)


def _refusal(
    method: str, path: str, response: Response, facts: ServerFacts, conceal: Conceal
) -> TargetError:
    status = response.status_code
    text = f"{method} {path}: {_reason(response, facts, conceal)}"
    error = ERROR_BY_STATUS.get(status, RefusedError)
    if _is_lock(response, facts):
        error = LockedError
    if not issubclass(error, RefusedError):
        return error(text)
    if status == HTTPStatus.NOT_FOUND and find_json(response) is None:
        text = f"{text}; {facts.wrong_url_remedy}"
    return error(text, http_status=status)


def _redirect_error(
    method: str, path: str, response: Response, facts: ServerFacts, conceal: Conceal
) -> TargetError:
    """Name where the answer sends us; it is not followed, so credentials reach no other host."""
    where = conceal(_host_of(response.url, response.headers.get("Location", "")))
    return OutOfReachError(
        f"{method} {path}: {response.status_code} redirects to {shorten(where, at_most=200)}; "
        f"`url` is probably not {facts.name}'s base URL, or single sign-on stands before it",
    )


def _host_of(url: str, location: str) -> str:
    """Return scheme and host of a redirect, as it was written; without user and password."""
    try:
        target = urlsplit(urljoin(url, clean(location)))
        _ = target.port
    except ValueError:
        return "a malformed address"
    return f"{target.scheme}://{target.netloc.rpartition('@')[2]}"
