"""Answers of the server: the good ones as JSON objects, the others as our errors.

Every error text has method, path, status, the server's own words and a remedy, on one line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pytest_jama.core.errors import LockedError, OutOfReachError, RefusedError
from pytest_jama.core.text import clean, shorten
from pytest_jama.targets.http.content import find_json, is_blank, is_web_page
from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.request import Scope
from pytest_jama.targets.http.words import WEB_PAGE, phrase_of, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Response

    from pytest_jama.targets.http.request import Cause, Request, ServerFacts

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""Answers after which the same request may succeed, as after all from 500 on.

Source: RFC 9110 and RFC 8470; proxies have statuses of their own from 520 on.
"""

_LONGEST_PAUSE = 64
"""Characters of a ``Retry-After`` that can be one."""


def read_answer(answer: HttpAnswer, *, now_s: float) -> dict[str, Any]:
    """Return the JSON object of a good answer; an empty one for a good answer without a body.

    Args:
        answer: The answer, completely received; not a 401.
        now_s: Seconds since 1970.

    Raises:
        TransientError: When the same request may succeed later.
        RefusedError: When the server refuses it; as `LockedError` when the object is locked.
        OutOfReachError: When something other than the REST API answers.
    """
    status = answer.status
    if answer.is_transient:
        raise TransientError(
            answer.status_line,
            more=answer.more,
            http_status=status,
            retry_after_s=find_retry_after_s(answer.response, now_s=now_s),
            # A request that was one too many was not processed.
            may_have_happened=status != HTTPStatus.TOO_MANY_REQUESTS,
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        if "Location" not in answer.response.headers:
            raise TransientError(answer.status_line, more=answer.more, http_status=status)
        raise answer.as_redirect()
    if status >= HTTPStatus.BAD_REQUEST and status not in answer.request.good_statuses:
        raise answer.as_refusal()
    found = _read_object(answer)
    return {"status": status, "data": found} if answer.request.tells_status else found


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


@dataclass(frozen=True)
class HttpAnswer:
    """An answer, and what there is to say of it when it is not good.

    Attributes:
        request: What was sent.
        response: The answer.
        facts: What is known of the server.
        conceal: Takes secrets out of what the server says.
        login_remedy: What to do where the login is not accepted.
        is_first: Whether nothing was granted before.
        url: The base URL of the server, told where it matters who does not let us in.
        is_account_fine: Whether other requests of this account are granted now.
    """

    request: Request
    response: Response = field(repr=False)
    facts: ServerFacts = field(repr=False)
    conceal: Callable[[str], str] = field(repr=False)
    login_remedy: str
    is_first: bool
    url: str
    is_account_fine: bool = False

    def __str__(self) -> str:
        is_at_door = self.is_unauthorized or self.is_about_account or self.request.login is not None
        at = f" at {self.url}" if is_at_door else ""
        return f"{self.request}: {self.status_line}{at}{self.more}"

    @property
    def status(self) -> int:
        """The status."""
        return self.response.status_code

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later."""
        is_usual = self.status in TRANSIENT_STATUSES
        is_failure = self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return (is_usual or is_failure) and self.status not in self.request.final_statuses

    @property
    def is_unauthorized(self) -> bool:
        """Whether the login is not accepted."""
        return self.status == HTTPStatus.UNAUTHORIZED

    @property
    def is_about_account(self) -> bool:
        """Whether the server says that it refuses the account, and not this request alone."""
        is_refusal = self.status >= HTTPStatus.BAD_REQUEST and not self.is_transient
        return is_refusal and self._scope is Scope.ACCOUNT

    @property
    def _scope(self) -> Scope:
        return self.cause.scope if self.cause is not None else Scope.REQUEST

    @property
    def _is_at_login(self) -> bool:
        return self.request.login is not None or self.is_first

    def as_refusal(self) -> RefusedError:
        """Return the error that it is for who made the request."""
        kind = LockedError if self._scope is Scope.LOCK else RefusedError
        return kind(str(self), http_status=self.status, words=self.words)

    @property
    def status_line(self) -> str:
        """The status in figures and words."""
        reason = self.conceal(clean(self.response.reason or ""))
        return f"{self.status} {phrase_of(self.status) or shorten(reason, at_most=60)}"

    @property
    def more(self) -> str:
        """What the server says besides the status, and what the user can do about it."""
        remedy = self._remedy
        words = self.words.rstrip(".") if remedy else self.words
        return (f": {words}" if words else "") + (f"; {remedy}" if remedy else "")

    @property
    def _remedy(self) -> str:
        is_login = self.is_unauthorized or self.request.login is not None
        usual = self.login_remedy if is_login and not self.is_transient else ""
        if self.cause is not None:
            is_told_after = self.cause.is_guess and usual
            return f"{usual}; {self.cause.remedy}" if is_told_after else self.cause.remedy
        is_elsewhere = self.status == HTTPStatus.NOT_FOUND and find_json(self.response) is None
        return usual or (self.facts.wrong_url_remedy if is_elsewhere else "")

    @cached_property
    def cause(self) -> Cause | None:
        """The first of the known causes that fits; None when none does."""
        return next(filter(self._fits, self.facts.causes), None)

    def _fits(self, cause: Cause) -> bool:
        return (
            self.status in cause.statuses
            and not (self.is_account_fine and cause.scope is Scope.ACCOUNT)
            and cause.at_login in (None, self._is_at_login)
            and cause.in_page in (None, is_web_page(self.response))
            and (cause.asks is None or bool(cause.asks.search(str(self.request))))
            and (cause.words is None or bool(cause.words.search(self.words)))
        )

    @cached_property
    def words(self) -> str:
        """See `words_of`."""
        return words_of(self.response, self.conceal, self.facts.find_words)

    def as_redirect(self) -> OutOfReachError:
        """Return the error of a redirect, which is not followed: credentials reach no other host.

        The same host may only want another scheme or a context path.
        """
        location = clean(self.response.headers.get("Location", ""))
        to = self.conceal(_origin_of(self.response.url, location))
        base = self.conceal(_find_base(self.response.url, location, self.request.path))
        remedy = (
            f"set `url` to {shorten(base, at_most=200)}"
            if base
            else f"`url` is probably not {self.facts.name}'s base URL, or single sign-on stands "
            f"before it: {self.facts.sign_on_remedy}"
        )
        text = f"{self.request}: {self.status} redirects to {shorten(to, at_most=150)}; {remedy}"
        return OutOfReachError(text)

    def as_page(self) -> TransientError:
        """Return the error of a web page instead of JSON, though all seems to be well."""
        more = self.words.removeprefix(WEB_PAGE)
        facts = self.facts
        more += f"; {facts.wrong_url_remedy}, and that no single sign-on stands before it: "
        more += facts.sign_on_remedy
        return TransientError(
            "the answer is a web page", more=more, http_status=self.status, is_foreign=True
        )

    def as_text(self) -> TransientError:
        """Return the error of what is not JSON either: garbled, or the words of something else."""
        is_foreign = self.response.content.lstrip()[:1] not in (b"{", b"[")
        doubts_url = is_foreign and self.facts.doubts_url_after
        return TransientError(
            "the answer is not JSON",
            more=f"; {self.facts.wrong_url_remedy}" if doubts_url else "",
            http_status=self.status,
            is_foreign=is_foreign,
        )


def _origin_of(url: str, location: str) -> str:
    """Return scheme and host of a redirect, as they were written; without user and password."""
    try:
        target = urlsplit(urljoin(url, location))
        _ = target.port
    except ValueError:
        return "a malformed address"
    return f"{target.scheme}://{target.netloc.rpartition('@')[2]}"


def _find_base(url: str, location: str, path: str) -> str:
    """Return the base URL that a redirect hints at; empty when it leads to something else."""
    try:
        here, target = urlsplit(url), urlsplit(urljoin(url, location))
        is_same_host = bool(target.hostname) and target.hostname == here.hostname
    except ValueError:
        return ""
    if not is_same_host or "@" in target.netloc or not target.path.endswith(path):
        return ""
    there = (target.scheme, target.netloc, target.path)
    if target.scheme not in ("http", "https") or there == (here.scheme, here.netloc, here.path):
        return ""
    return f"{target.scheme}://{target.netloc}{target.path.removesuffix(path)}"


def _read_object(answer: HttpAnswer) -> dict[str, Any]:
    response = answer.response
    if answer.request.takes_bytes:
        return {"data": response.content}
    if is_blank(response):
        if answer.request.method != "GET":
            return {}
        raise TransientError("the answer is empty", http_status=response.status_code)
    body = find_json(response)
    if isinstance(body, dict):
        return body
    if body is not None and answer.request.takes_any_json:
        return {"data": body}
    if is_web_page(response):
        raise answer.as_page()
    if body is None:
        raise answer.as_text()
    raise TransientError("the answer is not a JSON object", http_status=response.status_code)
