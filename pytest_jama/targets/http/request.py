"""What a target gives HTTP: the facts about its server, requests, and a way to log in.

Nothing else here knows which server it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from requests.auth import AuthBase

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from requests import PreparedRequest, Response

    from pytest_jama.targets.http.in_order import Turn

Query = tuple[tuple[str, "str | int"], ...]
"""Parameters of a request; a name may occur several times."""


def find_no_words(_: str) -> None:
    """Know no place of its own where a server says why it refuses."""


class Scope(Enum):
    """What a refusal is about."""

    REQUEST = "request"
    """This request; others may be granted."""
    LOCK = "lock"
    """The object of this request, which somebody has locked."""
    ACCOUNT = "account"
    """The account, so that all its requests are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A reason for which a server refuses, how to tell it, and what to do about it.

    Attributes:
        remedy: What it means, and who has to do what.
        statuses: The statuses of such an answer.
        words: Found in what the server says; None when that does not matter.
        asks: Found in method and path of the request; None when that does not matter.
        at_login: Whether the server has let us in before: True for an answer to a login or to the
            first request, False for a later one, None for both.
        in_page: Whether the answer is a web page; None for both.
        scope: What the refusal is about.
        is_guess: Whether what is usually wrong with a login may be wrong all the same.
    """

    remedy: str
    statuses: Container[int]
    words: re.Pattern[str] | None = None
    asks: re.Pattern[str] | None = None
    at_login: bool | None = None
    in_page: bool | None = None
    scope: Scope = Scope.REQUEST
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """The facts about one kind of server that HTTP has to know.

    Attributes:
        name: What users call it, for messages.
        api_path: Where its REST API begins, below the base URL.
        token_path: Where OAuth tokens come from, below the base URL.
        probe_path: The cheapest thing to read, below `api_path`.
        hosted_domains: How the host names of its vendor's hosting end.
        hosted_rate_per_s: How many requests a second that hosting admits, of all users together.
        own_rate_per_s: How many of them we take, unless told otherwise; the rest is for others.
        hosted_queue: How many requests that hosting lets wait.
        causes: For which reasons it refuses; the first one that fits an answer counts.
        sign_on_remedy: What users can do when a login for people stands before it.
        find_created_id: Returns the ID of what a POST created; None when its answer does not say.
        find_words: Returns what the server says in a body that is not good; None for what it did
            not write itself, so that the usual places are searched.
        url_remedy: What users can do when something else answers; empty for the usual words.
        doubts_login_after: After this many consecutive 401s, credentials that worked before count
            as revoked.
        doubts_url_after: After this many consecutive answers that are nothing like JSON, something
            else answers; 0 for a server that stands behind what answers so for a while.
    """

    name: str
    api_path: str
    token_path: str
    probe_path: str
    hosted_domains: tuple[str, ...]
    hosted_rate_per_s: float
    own_rate_per_s: float
    hosted_queue: int
    causes: Sequence[Cause]
    sign_on_remedy: str
    find_created_id: Callable[[Mapping[str, Any]], int | None]
    find_words: Callable[[str], str | None] = find_no_words
    url_remedy: str = ""
    doubts_login_after: int = 3
    doubts_url_after: int = 0

    @property
    def wrong_url_remedy(self) -> str:
        """What users can do when something else answers."""
        usual = f"check that `url` is the base URL of {self.name}, with its context path"
        return self.url_remedy or usual

    def find_rate_per_s(self, url: str, *, rate: float | str) -> float | None:
        """Return how many requests a second a server may get; None when nothing limits them.

        Args:
            url: Where the server is.
            rate: The user's limit, or ``auto``: most of the documented one for hosted servers, none
                for others.
        """
        if not isinstance(rate, str):
            return float(rate)
        host = (urlsplit(url).hostname or "").lower()
        return self.own_rate_per_s if host.endswith(self.hosted_domains) else None


class Login(AuthBase):
    """What an HTTP connection needs to know of a way to log in.

    Args:
        remedy: What the user can do when the server does not accept it.
    """

    def __init__(self, *, remedy: str) -> None:
        self.remedy = remedy

    def renew(self, refused: PreparedRequest) -> bool:
        """Get fresh credentials because a request was answered with 401.

        Args:
            refused: The request, as it was sent.

        Returns:
            Whether another attempt makes sense.
        """
        del refused
        return False

    def learn(self, response: Response) -> None:
        """See an answer: some servers renew what we log in with in any of them."""

    def secrets(self) -> Iterator[str]:
        """Yield what must not be shown if the server repeats it."""
        yield from ()


def accept_anything(_: Mapping[str, Any]) -> str:
    """Find nothing wrong with any answer."""
    return ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the server.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL.
        query: Its parameters.
        body: The body as sent; None for none.
        content_type: What the body is.
        login: How to log in, if not as all other requests do.
        check: Says why an answer does not belong to this request: proxies and caches give such
            answers. Empty when it does.
        takes_any_json: Whether JSON that is not an object is an answer, too; it comes as `data`.
        makes_once: Whether it makes something that would be there twice if it was sent again: it
            may take minutes, and each time it is sent is an attempt of its own.
        is_trial: Whether something simpler is sent where the server fails for this again and again.
        takes_bytes: Whether the answer is a file; its bytes come as `data`.
        encoded_query: More parameters, encoded already; for servers that want it in their way.
        more_headers: What it says in its head besides.
        final_statuses: Answers after which it is not repeated, though most requests are.
        good_statuses: Answers from 400 on that are read like good ones.
        tells_status: Whether the answer comes as `data`, and its status as `status`.
        patience: How many times as long as usual its answer may take.
        waits_in_line: Whether it is repeated until `give_up_after`, however often it is put off.
        turn: Its place among requests that are sent in an order; None for one without.
    """

    method: str
    path: str
    query: Query = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    login: Login | None = None
    check: Callable[[Mapping[str, Any]], str] = field(default=accept_anything, repr=False)
    takes_any_json: bool = False
    makes_once: bool = False
    is_trial: bool = False
    takes_bytes: bool = False
    encoded_query: str = ""
    more_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    final_statuses: Container[int] = ()
    good_statuses: Container[int] = ()
    tells_status: bool = False
    patience: int = 1
    waits_in_line: bool = False
    turn: Turn | None = field(default=None, repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """What it says beside the headers of all requests."""
        if self.body:
            return {"Content-Type": self.content_type, **dict(self.more_headers)}
        return {**({"Accept": "*/*"} if self.takes_bytes else {}), **dict(self.more_headers)}

    @property
    def parameters(self) -> str:
        """All parameters, encoded: `requests` takes long to find out what else it was given."""
        return self.encoded_query or urlencode(self.query)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
