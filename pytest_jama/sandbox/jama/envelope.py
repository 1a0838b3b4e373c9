"""The envelope of every answer, with `links` and `linked`: what its objects refer to.

Source: Jama REST cookbook samples: `meta.status` is the reason phrase, the timestamp has real
milliseconds and `+0000`, `pageInfo` stands on lists only, unset parts are left out. `links` maps
a JSON path to `{type, href}` where the href holds the path in braces; `linked` is there when
`include` names such a path.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from pytest_jama.sandbox.database import Clock, Row
from pytest_jama.sandbox.jama import wire
from pytest_jama.sandbox.jama.accounts import find_item_type, find_project, find_user
from pytest_jama.sandbox.jama.calls import Call
from pytest_jama.sandbox.jama.incoming import Include, ListQuery
from pytest_jama.sandbox.jama.long_lists import find_page
from pytest_jama.sandbox.jama.model import Json, Node, bad_request
from pytest_jama.sandbox.jama.nodes import as_it_was, find_node
from pytest_jama.sandbox.jama.selection import Selection, order_by


def meta_of(status: int, clock: Clock, **more: Any) -> Json:
    """Build the `meta` of an answer."""
    moment = datetime.fromtimestamp(clock(), tz=timezone.utc)
    timestamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"
    return {"status": HTTPStatus(status).phrase, "timestamp": timestamp, **more}


def single(call: Call, value: Json, query: Include) -> JSONResponse:
    """Answer with one object."""
    return _objects(call, [value], query, data=value)


def page(call: Call, values: Sequence[Json], query: ListQuery, *, total: int) -> JSONResponse:
    """Answer with the asked page of a list."""
    start = query.window().start
    info = {"startIndex": start, "resultCount": len(values), "totalResults": total}
    return _objects(call, values, query, data=list(values), pageInfo=info)


def cut(call: Call, values: Sequence[Json], query: ListQuery) -> JSONResponse:
    """Answer with the asked page of a list that is at hand as a whole."""
    return page(call, query.window().of(values), query, total=len(values))


def table_page(
    call: Call, table: str, show: Callable[[Row], Json], query: ListQuery, **wanted: Any
) -> JSONResponse:
    """Answer with the asked page of the rows with these values, in order of the first columns."""
    window = query.window()
    rows, total = call.database.part(table, window.start, window.size, **wanted)
    return page(call, [show(row) for row in rows], query, total=total)


def node_page(
    call: Call, selection: Selection, query: ListQuery, *, sort_by: Iterable[str] = ("id.asc",)
) -> JSONResponse:
    """Answer with the asked page of a selection."""
    window = query.window()
    nodes, total = find_page(call.database, selection, window, order=order_by(sort_by))
    values = [wire.node(call, _as_listed(call, node)) for node in nodes]
    return page(call, values, query, total=total)


def _as_listed(call: Call, node: Node) -> Node:
    lag_s = call.knobs.list_lag_s
    if node.kind != "testruns" or not lag_s:
        return node
    return as_it_was(call.database, node, call.database.clock() - lag_s)


def _objects(
    call: Call, values: Sequence[Json], query: Include, *, data: Any, **meta: Any
) -> JSONResponse:
    return JSONResponse(
        {
            "meta": meta_of(200, call.database.clock, **meta),
            "links": links_of(call, values),
            **linked_objects(call, values, query.include),
            "data": data,
        }
    )


def created(call: Call, collection: str, new_id: int) -> JSONResponse:
    """Answer a POST of an object that a collection has now."""
    more: dict[str, object] = {"location": f"{call.api_url}{collection}/{new_id}"}
    if call.knobs.created_id == "yes":
        more["id"] = new_id
    return JSONResponse({"meta": meta_of(201, call.database.clock, **more)}, status_code=201)


def updated(call: Call, *, status: int = 200) -> JSONResponse:
    """Answer a PUT, PATCH or DELETE."""
    return JSONResponse({"meta": meta_of(status, call.database.clock)}, status_code=status)


def refused(
    status: int, message: str, clock: Clock, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Answer a request that is refused."""
    meta = meta_of(status, clock, message=message)
    return JSONResponse({"meta": meta}, status_code=status, headers=headers)


_TARGETS = {
    "project": "projects",
    "itemType": "itemtypes",
    "childItemType": "itemtypes",
    "createdBy": "users",
    "modifiedBy": "users",
    "lockedBy": "users",
    "assignedTo": "users",
    "lock.lockedBy": "users",
    "location.parent.item": "items",
    "location.parent.project": "projects",
    "location.item": "abstractitems",
    "location.project": "projects",
    "inReplyTo": "comments",
    "fields.project": "projects",
    "fields.assignedTo": "users",
    "fields.testPlan": "testplans",
    "fields.testCycle": "testcycles",
    "fields.testCase": "items",
    "testCycle": "testcycles",
    "fromItem": "abstractitems",
    "toItem": "abstractitems",
}


def links_of(call: Call, values: Sequence[Json]) -> Json:
    """Describe what the objects of an answer refer to."""
    return {
        f"data.{path}": {"type": target, "href": f"{call.api_url}/{target}/{{data.{path}}}"}
        for path, target in _TARGETS.items()
        if _parts_at(path, values)
    }


def linked_objects(call: Call, values: Sequence[Json], include: Sequence[str]) -> Json:
    """Gather the objects that `include` asks for; 400 for a path that is not a link."""
    linked: Json = {}
    for path in include:
        target = _TARGETS.get(path.removeprefix("data."))
        if target is None or not path.startswith("data."):
            raise bad_request(f"include={path!r} is not a link such as data.createdBy")
        identifiers = set(_parts_at(path.removeprefix("data."), values))
        found = {str(key): shown(call, target, key) for key in sorted(identifiers)}
        linked.setdefault(target, {}).update({key: value for key, value in found.items() if value})
    return {"linked": linked} if linked else {}


def _parts_at(path: str, values: Sequence[Any]) -> Sequence[Any]:
    """Return what the values hold at a path, where they hold anything."""
    for name in path.split("."):
        values = [
            part
            for value in values
            if isinstance(value, dict) and (part := value.get(name)) is not None
        ]
    return values


def shown(call: Call, target: str, identifier: int) -> Json | None:
    """Show what a link leads to; None if there is none."""
    database = call.database
    match target:
        case "users":
            user = find_user(identifier)
            return wire.user(user, call.knobs) if user else None
        case "projects":
            project = find_project(database, id=identifier)
            return wire.project(project) if project else None
        case "itemtypes":
            item_type = find_item_type(database, call.knobs, identifier)
            return wire.item_type(item_type, call.knobs) if item_type else None
        case "comments":
            return None
    node = find_node(database, identifier)
    return wire.node(call, node) if node else None
