"""Entities of a scripted server, and what the client asked it for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.targets.octane.octane_scripts import WORKSPACE
from tests.targets.scripted import gives

if TYPE_CHECKING:
    from tests.targets.scripted import Reply, ScriptedServer


class Asked(NamedTuple):
    """A request below the workspace."""

    method: str
    path: str
    query: str = ""
    limit: int = 0
    offset: int = 0
    body: Any = None


def asked(server: ScriptedServer) -> list[Asked]:
    """Return the requests below the workspace, in their order."""
    found: list[Asked] = []
    for seen in server.seen:
        parts = urlsplit(seen.path)
        if parts.path.startswith(WORKSPACE):
            said = dict(parse_qsl(parts.query))
            query = said.get("query", "")
            body = json.loads(seen.body) if seen.body[:1] == b"{" else None
            found.append(
                Asked(
                    seen.method,
                    parts.path.removeprefix(WORKSPACE),
                    query[1:-1] if query[:1] == query[-1:] == '"' else query,
                    int(said.get("limit", 0)),
                    int(said.get("offset", 0)),
                    body,
                )
            )
    return found


def page(*rows: dict[str, Any], total: int | None = None, is_capped: bool = False) -> Reply:
    """Answer with entities; `total` is how many there are on all pages."""
    count = len(rows) if total is None else total
    return gives(200, {"total_count": count, "data": list(rows), "exceeds_total_count": is_capped})


def rows(*ids: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"type": "thing", "id": str(each), "name": f"n{each}", **fields} for each in ids]


def made(*ids: int, errors: list[dict[str, Any]] | None = None) -> Reply:
    """Say what was made, and what was not."""
    body: dict[str, Any] = {"total_count": len(ids), "data": rows(*ids)}
    if errors is None:
        return gives(201, {**body, "exceeds_total_count": False})
    return gives(409, {**body, "errors": errors, "exceeds_total_count": False})


def wrong(index: int, description: str = "the name is taken") -> dict[str, Any]:
    """Return one of the errors of several entities."""
    return {"error_code": "platform.x", "description": description, "index": index}
