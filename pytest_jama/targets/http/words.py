"""The words of a server in an answer that is not good, in one line.

What a gateway or a proxy says stands in other places than what the server itself says: in a web
page, in JSON of its own, or in no more than a header.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pytest_jama.core.text import clean, first_line, shorten, unescaped
from pytest_jama.targets.http.content import LARGEST_ERROR, find_json, is_web_page, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import Response

WEB_PAGE = "web page"
"""What the words of one begin with."""

_MESSAGE_KEYS = ("message", "error_description", "error", "detail", "faultstring", "title")
"""Where the words of a server stand in JSON: its own, OAuth's, and what gateways use.

Source: RFC 6749, section 5.2; RFC 9457; the pages on errors of Apigee, Kong and AWS API Gateway.
"""
_STATUS_KEYS = ("status", "code")
_MOST_SEARCHED = 100
_LONGEST_WORDS = 300
_LONGEST_SECRET = 8192
_CHALLENGES = {401: "WWW-Authenticate", 403: "WWW-Authenticate", 407: "Proxy-Authenticate"}


def words_of(
    response: Response,
    conceal: Callable[[str], str],
    find_words: Callable[[str], str | None],
) -> str:
    """Return what the server says, cleaned and shortened; empty when that is only the status.

    Args:
        response: The answer.
        conceal: Takes secrets out of a text.
        find_words: See `ServerFacts`.
    """

    def tidy(words: str) -> str:
        words = " ".join(clean(conceal(words)).split())
        return shorten(conceal(words), at_most=_LONGEST_WORDS)

    challenge = str(response.headers.get(_CHALLENGES.get(response.status_code, ""), ""))
    said = find_words(text_of(response)) or _words_in(response, conceal)
    words = tidy(said) or tidy(challenge)
    return "" if words.casefold() == phrase_of(response.status_code).casefold() else words


def phrase_of(status: int) -> str:
    """Return the usual words for a status; empty for one that is not known."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _words_in(response: Response, conceal: Callable[[str], str]) -> str:
    body = find_json(response)
    found = _find_message(body) if isinstance(body, (dict, list)) else None
    if found is not None:
        return found
    text = conceal(text_of(response))
    if len(response.content) >= LARGEST_ERROR:
        text = text[:-_LONGEST_SECRET]  # half a secret may stand where it was cut
    if not is_web_page(response):
        return first_line(text)
    said = dict.fromkeys(filter(None, (find_title(text), plain_text(text))))
    return ": ".join((WEB_PAGE, *said))


def _find_message(body: object) -> str | None:
    """Return the words in JSON, the outermost ones; what says no more than the status comes last.

    Returns:
        None when nothing in it is known to hold words.
    """
    objects = list(_objects_in(body))
    for each in objects:
        found = {
            key: text.strip()
            for key in _MESSAGE_KEYS
            if isinstance(text := each.get(key), str) and text.strip()
        }
        if {"error", "error_description"} == found.keys():
            return f"{found['error']}: {found['error_description']}"
        if found:
            return next(iter(found.values()))
    stated = (each.get(key) for each in objects for key in _STATUS_KEYS)
    return next((text for text in stated if isinstance(text, str)), None)


def _objects_in(body: object) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON, the outer ones first; not more than some of them."""
    waiting: list[Any] = [body]
    for value in waiting:
        if isinstance(value, dict):
            yield value
        inside = value.values() if isinstance(value, dict) else value
        waiting += [each for each in inside if isinstance(each, (dict, list))]
        del waiting[_MOST_SEARCHED:]


def find_title(page: str) -> str:
    """Return the title of a web page; empty when it has none. Takes one look at each character."""
    title, _ = _cut_out(page, "title")
    return _without_tags(title[0]) if title else ""


def plain_text(page: str) -> str:
    """Return what a reader sees of a web page: neither its title, nor markup, scripts, styles."""
    for name in ("title", "script", "style"):
        _, page = _cut_out(page, name)
    return _without_tags(page)


def _cut_out(page: str, name: str) -> tuple[list[str], str]:
    """Return the contents of all elements of a name, and the page without them."""
    folded = page.lower()  # as long as the page, but for a few letters that no markup has
    if len(folded) != len(page):
        folded = page
    inside, outside, at = [], [], 0
    while (start := folded.find(f"<{name}", at)) >= 0:
        opened = folded.find(">", start)
        end = folded.find(f"</{name}", opened) if opened >= 0 else -1
        if end < 0:
            break
        inside.append(page[opened + 1 : end])
        outside.append(page[at:start])
        at = end
    return inside, "".join((*outside, page[at:]))


def _without_tags(page: str) -> str:
    return " ".join(unescaped(_TAG.sub(" ", page)).split())


_TAG = re.compile(r"<[^<>]*>")
