"""Answers of the server: the good ones as JSON objects, the others as our errors.

Every error text has method, path, status and the server's own words, on one line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pytest_jama.core.errors import LockedError, OutOfReachError, RefusedError
from pytest_jama.core.text import clean, first_line, shorten
from pytest_jama.targets.http.content import (
    LARGEST_ERROR,
    find_json,
    find_title,
    is_blank,
    is_web_page,
    text_of,
)
from pytest_jama.targets.http.failures import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Response

    from pytest_jama.targets.http.request import Request, ServerFacts

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""Answers after which the same request may succeed, as after all from 500 on.

Source: RFC 9110 and RFC 8470; proxies have statuses of their own from 520 on.
"""

_MAY_BE_A_LOCK = frozenset({400, 403, 409})
_MESSAGE_KEYS = ("message", "error_description", "error")
_LONGEST_PAUSE = 64
"""Characters of a ``Retry-After`` that can be one."""
_LONGEST_SECRET = 8192


def read_answer(
    request: Request,
    response: Response,
    *,
    facts: ServerFacts,
    now_s: float,
    conceal: Callable[[str], str],
) -> dict[str, Any]:
    """Return the JSON object of a good answer; an empty one for a good answer without a body.

    Args:
        request: What was sent.
        response: The answer, completely received; not a 401.
        facts: What is known of the server.
        now_s: Seconds since 1970.
        conceal: Takes secrets out of what the server says.

    Raises:
        TransientError: When the same request may succeed later.
        RefusedError: When the server refuses it; as `LockedError` when the object is locked.
        OutOfReachError: When something other than the REST API answers.
    """
    status, error = response.status_code, _ErrorAnswer(response, facts, conceal)
    if status in TRANSIENT_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TransientError(
            error.status_line,
            more=error.more,
            http_status=status,
            retry_after_s=find_retry_after_s(response, now_s=now_s),
            # A request that was one too many was not processed.
            may_have_happened=status != HTTPStatus.TOO_MANY_REQUESTS,
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        if "Location" not in response.headers:
            raise TransientError(error.status_line, more=error.more, http_status=status)
        # Not followed, so that credentials reach no other host.
        raise OutOfReachError(
            f"{request}: {status} redirects to {error.redirects_to}; `url` is probably not "
            f"{facts.name}'s base URL, or single sign-on stands before it",
        )
    if status >= HTTPStatus.BAD_REQUEST:
        raise error.as_refusal(request)
    return _read_object(request, response, facts)


def find_retry_after_s(response: Response, *, now_s: float) -> float | None:
    """Return how long the server asks us to wait; None when it does not say, or says nonsense.

    Args:
        response: The answer; its ``Retry-After`` is a number of seconds or an HTTP date.
        now_s: Seconds since 1970.
    """
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if len(value) > _LONGEST_PAUSE:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now_s)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return None


@dataclass(frozen=True, slots=True)
class _ErrorAnswer:
    """An answer that is not good, in words.

    Attributes:
        response: The answer.
        facts: What is known of the server.
        conceal: Takes secrets out of what the server says.
    """

    response: Response = field(repr=False)
    facts: ServerFacts
    conceal: Callable[[str], str]

    def as_refusal(self, request: Request) -> RefusedError:
        """Return the error that a refusal is for the caller."""
        status = self.response.status_code
        text = f"{request}: {self.status_line}{self.more}"
        if self.is_about_lock:
            return LockedError(text, http_status=status)
        if status == HTTPStatus.NOT_FOUND and find_json(self.response) is None:
            text = f"{text}; {self.facts.wrong_url_remedy}"
        return RefusedError(text, http_status=status)

    @property
    def status_line(self) -> str:
        """The status in figures and words."""
        status = self.response.status_code
        try:
            return f"{status} {HTTPStatus(status).phrase}"
        except ValueError:
            reason = self.conceal(clean(self.response.reason or ""))
            return f"{status} {shorten(reason, at_most=60)}"

    @property
    def more(self) -> str:
        """What the server says besides the status, and what the user can do about it."""
        words = self._words()
        remedy = self.facts.remedies.get(self.response.status_code)
        remedy = self.facts.locked_remedy if self.is_about_lock else remedy
        return (f": {words}" if words else "") + (f"; {remedy}" if remedy else "")

    @property
    def is_about_lock(self) -> bool:
        """Whether the object is locked: by a status of its own, or by words."""
        status = self.response.status_code
        if status not in _MAY_BE_A_LOCK:
            return status == HTTPStatus.LOCKED
        return bool(self.facts.lock_words.search(self._words()))

    @property
    def redirects_to(self) -> str:
        """Scheme and host of a redirect, as they were written; without user and password."""
        location = clean(self.response.headers.get("Location", ""))
        try:
            target = urlsplit(urljoin(self.response.url, location))
            _ = target.port
        except ValueError:
            return "a malformed address"
        host = f"{target.scheme}://{target.netloc.rpartition('@')[2]}"
        return shorten(self.conceal(host), at_most=200)

    def _words(self) -> str:
        """Return what the server said, cleaned and shortened to one line; may be empty."""
        body = find_json(self.response)
        if isinstance(body, dict):
            inside = body.get(self.facts.message_in)
            sources = (inside if isinstance(inside, dict) else {}, body)
            found = (source.get(key) for source in sources for key in _MESSAGE_KEYS)
            words = next((text for text in found if isinstance(text, str) and text.strip()), "")
        elif is_web_page(self.response):
            title = find_title(self._text())
            words = f"web page: {title}" if title else "web page"
        else:
            words = first_line(self._text())
        words = " ".join(clean(self.conceal(words)).split())
        return shorten(self.conceal(words), at_most=300)

    def _text(self) -> str:
        """Return the content without secrets, nor the half of one where it was cut."""
        text = self.conceal(text_of(self.response))
        is_cut = len(self.response.content) >= LARGEST_ERROR
        return text[:-_LONGEST_SECRET] if is_cut else text


def _read_object(request: Request, response: Response, facts: ServerFacts) -> dict[str, Any]:
    if is_blank(response):
        if request.method != "GET":
            return {}
        raise TransientError("the answer is empty", http_status=response.status_code)
    body = find_json(response)
    if isinstance(body, dict):
        return body
    if body is not None and request.takes_any_json:
        return {"data": body}
    if is_web_page(response):
        reason = "the answer is a web page"
        more = f"; {facts.wrong_url_remedy}, and that no single sign-on stands before it"
    else:
        reason = "the answer is not a JSON object" if body is not None else "the answer is not JSON"
        more = ""
    raise TransientError(reason, more=more, http_status=response.status_code)
