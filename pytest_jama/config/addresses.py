"""Addresses as people write or paste them: those of servers, and links that a server shows.

People take the address of a server from their browser's address line, with or without scheme,
context path, page, query and fragment. A user name in one is not repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, WithJsonSchema

from pytest_jama.config.kinds import JAMA, OCTANE, TargetKind
from pytest_jama.config.types import Allowed, mistake

if TYPE_CHECKING:
    from collections.abc import Callable


def _base_url(value: object, kind: TargetKind[Any], find_context: Callable[[str], str]) -> str:
    """Return the base URL of a server in the form ``https://host/context``.

    Args:
        value: What people wrote.
        kind: The kind of server.
        find_context: Returns the context path of a path.
    """
    text = _text(value)
    if "@" in text:
        raise mistake(
            "contains a user name or password (the part before `@`)",
            remedy=f"remove that part; credentials come from {kind.sign_in_words}",
        )
    _refuse_nearly(text)
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = f"[{parts.hostname}]" if "[" in parts.netloc else parts.hostname
    if _ODD.match(text) or parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host or ""):
        raise ValueError(ascii(text))  # pydantic cannot take surrogates in it
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{find_context(parts.path)}"


def _refuse_nearly(text: str) -> None:
    """Refuse `http:/host`, `https//host` and `htp//host`, whose host would be `http` or `htp`.

    Raises:
        PydanticCustomError: With the address that is meant.
    """
    nearly = _NEARLY.fullmatch(text)
    if nearly and (nearly[2] != "://" or nearly[1].lower() not in ("http", "https")):
        scheme = "https" if nearly[1].lower().endswith("s") else "http"
        meant = f"{scheme}://{nearly[3]}"
        raise mistake(f"is {text!a}", remedy=f"write {meant!a}")


_NEARLY = re.compile(
    r"(https?(?=[:;/\\])|h[tp]{1,4}s?(?=[:;]?//))([:;][/\\]*|[/\\]+)([\w\[][^\x00-\x20\x7f]*)",
    re.IGNORECASE,
)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 (pydantic collects ValueErrors only)
    return value.strip()


_HOST = re.compile(r"\[[0-9a-f.]*:[0-9a-f:.]*\]|[\w.-]+")
_ODD = re.compile(r"https?:(?!//)|.*[\x00-\x1f\x7f]", re.IGNORECASE | re.DOTALL)


def _context_before(path: str, end: str) -> str:
    before, _, _ = f"{path}/".partition(end)
    if re.search(r"\s", before):
        raise ValueError(path)
    return before


def _tidy(path: str) -> str:
    return re.sub(r"/{2,}", "/", path).rstrip("/")


def _jama_url(value: object) -> str:
    return _base_url(value, JAMA, _jama_context)


def _jama_context(path: str) -> str:
    before_rest = _context_before(path, "/rest/")
    return _tidy(re.sub(r"/[^/]*\.req/$", "/", before_rest))  # Jama's pages: /perspective.req#...


def _octane_url(value: object) -> str:
    base = _base_url(value, OCTANE, lambda path: _tidy(_context_before(path, "/ui/")))
    find_workspace(value)
    return base


class WorkspaceIds(NamedTuple):
    """What the browser's address says, as digits; empty for nothing.

    Attributes:
        space: The shared space.
        workspace: The workspace.
    """

    space: str = ""
    workspace: str = ""


_IDS = re.compile(r"([1-9][0-9]{0,18})(?:/([1-9][0-9]{0,18}))?/?", re.ASCII)


def find_workspace(url: object) -> WorkspaceIds:
    """Return the IDs in a browser's address, ``https://host/ui/?p=1001/1002#...``.

    In some addresses the question mark stands after the hash.

    Source: the form that the vendor's GitLab service asks for.

    Raises:
        PydanticCustomError: When it has a `p` that names nothing.
    """
    parts = urlsplit(url.strip() if isinstance(url, str) else "")
    queries = (parts.query, parts.fragment.partition("?")[2])
    said = [each for query in queries for each in parse_qs(query).get("p", [])]
    if not said:
        return WorkspaceIds()
    found = _IDS.fullmatch(said[0].strip())
    if not found:
        raise mistake(
            f"has {f'p={said[0]}'!a}, which names no space and workspace by their IDs",
            remedy="use .../ui/?p=1001/1002, or leave it out and give space and workspace",
        )
    return WorkspaceIds(found[1], found[2] or "")


def _report_link(value: object) -> str | None:
    if value is None:
        return None
    text = _text(value)
    if not text or not _SCHEMES.match(text) or re.search(r"[\r\n]", text):
        raise ValueError(ascii(value))
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise mistake(
            "contains a user name or password (the part before `@`)",
            remedy="remove that part: who sees the runs would see it",
        )
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if not _SHORTEST_LINK <= length <= _LONGEST_LINK:
        raise mistake(f"has {length} characters", remedy=f"use {_LINK_WORDS}")
    return text


_SCHEMES = re.compile(r"(?:https?|tds?)://", re.IGNORECASE)
_SHORTEST_LINK = 6
_LONGEST_LINK = 512
"""Source: the server's schema, `external_report_url`; one that is longer loses the document."""

_LINK_WORDS = (
    "an address that begins with http://, https://, td:// or tds://, in one line of at most 512 "
    "characters"
)


def is_report_link(text: str) -> bool:
    """Return whether runs can show a link."""
    try:
        return _report_link(text) is not None
    except ValueError:  # pydantic's own is one, too
        return False


Url = Annotated[
    str,
    BeforeValidator(_jama_url),
    Allowed(f"the address of the server, such as {JAMA.example_url}"),
]
OctaneUrl = Annotated[
    str,
    BeforeValidator(_octane_url),
    Allowed(f"the address of the server, such as {OCTANE.example_url}"),
]
ReportLink = Annotated[
    str | None,
    BeforeValidator(_report_link),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^(https?|tds?)://", "maxLength": _LONGEST_LINK},
                {"type": "null"},
            ],
        }
    ),
    Allowed(_LINK_WORDS),
]
