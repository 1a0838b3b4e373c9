"""The address of a server, as a browser shows it. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit, urlunsplit

_UI = re.compile(r"/ui(?:/.*)?\Z")
_ID = re.compile(r"id:\s*(\d+)\Z|(\d+)\Z")
_NAME = "name:"


class OctaneAddress(NamedTuple):
    """Where a workspace is.

    Attributes:
        base: The base URL, with the context path and without a slash at its end.
        space: The shared space, by ID or name; empty where the address does not say.
        workspace: The workspace of it; empty where the address does not say.
    """

    base: str
    space: str = ""
    workspace: str = ""


def read_address(url: str, *, space: str = "", workspace: str = "") -> OctaneAddress:
    """Take an address apart: ``https://acme.example/context/ui/?p=1001/1002#/home``.

    Args:
        url: The base URL, or what a browser shows.
        space: The shared space, where it is said beside the address; that counts.
        workspace: The workspace, likewise.

    Source: what the vendor's GitLab service asks for.
    """
    parts = urlsplit(url)
    shown = parse_qs(parts.query).get("p", [""])[0] or _in_fragment(parts.fragment)
    named_space, _, named_workspace = shown.strip("/").partition("/")
    base = urlunsplit((parts.scheme, parts.netloc, _UI.sub("", parts.path).rstrip("/"), "", ""))
    return OctaneAddress(base, space or named_space, workspace or named_workspace.partition("/")[0])


def _in_fragment(fragment: str) -> str:
    """Return space and workspace of an address whose question mark stands after the hash."""
    return parse_qs(fragment.partition("?")[2]).get("p", [""])[0]


def find_id(reference: str) -> str:
    """Return the ID that a reference is; empty for a name. A number alone counts as an ID."""
    found = _ID.match(reference.strip())
    return (found[1] or found[2]) if found else ""


def name_of(reference: str) -> str:
    """Return the name that a reference is: ``name:1001`` is one, too."""
    return reference.strip().removeprefix(_NAME).strip()
