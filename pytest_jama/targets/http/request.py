"""What a target gives HTTP: the facts about its server, requests, and a way to log in.

Nothing else here knows which server it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.auth import AuthBase

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping

    from requests import PreparedRequest

Query = tuple[tuple[str, "str | int"], ...]
"""Parameters of a request; a name may occur several times."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """The facts about one kind of server that HTTP has to know.

    Attributes:
        name: What users call it, for messages.
        api_path: Where its REST API begins, below the base URL.
        token_path: Where OAuth tokens come from, below the base URL.
        no_token_remedy: What users can do where there is no such address.
        probe_path: The cheapest thing to read, below `api_path`.
        hosted_domains: How the host names of its vendor's hosting end.
        hosted_rate_per_s: How many requests a second that hosting admits.
        hosted_queue: How many requests that hosting lets wait.
        remedies: What users can do about a status that is not about one object.
        lock_words: Found in an error answer, they mean that the object is locked.
        message_in: The object inside an error answer that may hold its message.
        find_created_id: Returns the ID of what a POST created; None when its answer does not say.
    """

    name: str
    api_path: str
    token_path: str
    no_token_remedy: str
    probe_path: str
    hosted_domains: tuple[str, ...]
    hosted_rate_per_s: float
    hosted_queue: int
    remedies: Mapping[int, str]
    lock_words: re.Pattern[str]
    message_in: str
    find_created_id: Callable[[Mapping[str, Any]], int | None]

    @property
    def wrong_url_remedy(self) -> str:
        """What users can do when something else answers."""
        return f"check that `url` is the base URL of {self.name}, with its context path"

    @property
    def locked_remedy(self) -> str:
        """What users can do about a locked object."""
        return f"have it unlocked in {self.name}, then report again"

    def find_rate_per_s(self, url: str, *, rate: float | str) -> float | None:
        """Return how many requests a second a server may get; None when nothing limits them.

        Args:
            url: Where the server is.
            rate: The user's limit, or ``auto``: the documented one for hosted servers, none for
                others.
        """
        if not isinstance(rate, str):
            return float(rate)
        host = (urlsplit(url).hostname or "").lower()
        return self.hosted_rate_per_s if host.endswith(self.hosted_domains) else None


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
    """

    method: str
    path: str
    query: Query = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    login: Login | None = None
    check: Callable[[Mapping[str, Any]], str] = field(default=accept_anything, repr=False)
    takes_any_json: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
