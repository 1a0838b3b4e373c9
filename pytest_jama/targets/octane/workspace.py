"""The IDs of shared space and workspace; those that are named are looked up once."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.text import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    List = Callable[[str], Sequence[Mapping[str, Any]]]

SPACES = "/api/shared_spaces"
_MOST_NAMED = 5

_ID = re.compile(r"id:\s*(\d+)|(\d+)", re.ASCII)
_NAME = "name:"


class Workspace(NamedTuple):
    """Where all entities are.

    Attributes:
        space_id: The ID of the shared space.
        workspace_id: The ID of the workspace.
        space: What the settings call the space.
        workspace: What they call the workspace.
    """

    space_id: str
    workspace_id: str
    space: str = ""
    workspace: str = ""

    @property
    def space_name(self) -> str:
        """The name of the shared space; its ID where the settings have that."""
        return _name_in(self.space) or self.space_id

    @property
    def workspace_name(self) -> str:
        """The name of the workspace; its ID where the settings have that."""
        return _name_in(self.workspace) or self.workspace_id

    @property
    def path(self) -> str:
        """What the paths of its collections begin with."""
        return f"{SPACES}/{self.space_id}/workspaces/{self.workspace_id}"


def _name_in(reference: str) -> str:
    """Return the name that a reference is; empty for an ID."""
    return "" if find_id_in(reference) else reference.strip().removeprefix(_NAME).strip()


def find_id_in(reference: str) -> str:
    """Return the ID that a reference is; empty for a name. A number alone counts as an ID."""
    found = _ID.fullmatch(reference.strip())
    return (found[1] or found[2]) if found else ""


def find_workspace(ask: List, space: str, workspace: str) -> Workspace:
    """Find the IDs; nothing is asked where both are known.

    Args:
        ask: Returns the entities below a path, with their names.
        space: The shared space, by ID or name; empty for the only one that there is.
        workspace: The workspace, likewise.

    Raises:
        NotUsableError: When one is missing, ambiguous or not said.
    """
    space_id = _find("space", space, ask, SPACES)
    below = f"{SPACES}/{space_id}/workspaces"
    workspace_id = _find("workspace", workspace, ask, below)
    return Workspace(space_id, workspace_id, space, workspace)


def _find(what: str, reference: str, ask: List, path: str) -> str:
    if known := find_id_in(reference):
        return known
    members = {str(each.get("id", "")): str(each.get("name", "")) for each in ask(path)}
    wanted = _name_in(reference)
    ids = [key for key, name in members.items() if key.isdigit() and (name == wanted or not wanted)]
    ids = ids or [key for key, name in members.items() if name.casefold() == wanted.casefold()]
    if len(ids) == 1:
        return ids[0]
    raise NotUsableError(_complaint(what, wanted, ids, tuple(members.values())))


def _complaint(what: str, wanted: str, ids: Sequence[str], names: Sequence[str]) -> str:
    remedy = f"set `{what}` to its ID, which the browser's address shows after `?p=`"
    if not wanted:
        return f"`{what}` is not set, and there are {len(names)}{_listed(names)}; {remedy}"
    if ids:
        return f"{what} {wanted!r} is ambiguous: the IDs {', '.join(ids)} have that name; {remedy}"
    near = get_close_matches(wanted, names, n=_MOST_NAMED) or names[:_MOST_NAMED]
    return f"there is not a {what} {wanted!r} that this API key can see{_listed(near)}; {remedy}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(clean(each), at_most=80) for each in names[:_MOST_NAMED])
    return f": {shown}" if shown else ""
