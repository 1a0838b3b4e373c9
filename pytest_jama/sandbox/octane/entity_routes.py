"""The addresses of entities: list, one, create, change, remove, and the script of a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from pytest_jama.sandbox.octane.entity_answers import Asked, ListWindow, parse_fields
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS, Collection
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError, error_body
from pytest_jama.sandbox.octane.octane_site import OctaneSite, object_of, octane_site_of
from pytest_jama.sandbox.octane.query_words import Statement, parse_query
from pytest_jama.sandbox.octane.reported_builds import look_for_builds

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from pytest_jama.sandbox.octane.entity_tables import Entity

MOST_AT_ONCE = 200
"""Entities in one POST or PUT. Source: vendor's CI SDK."""
_SCRIPT = ("script", "comment", "revision_type")
_LIST_WORDS = frozenset({"fields", "query", "order_by", "limit", "offset"})


def collection_of(request: Request) -> Collection:
    """Return the collection that the path names.

    Raises:
        OctaneRefusedError: 404 if there is none, 405 if it does not take the method.
    """
    name = request.path_params["collection"]
    collection = COLLECTIONS.get(name)
    if collection is None:
        raise OctaneRefusedError(404, f"there is no collection {name}")
    if request.method not in collection.verbs:
        allowed = ", ".join(sorted(collection.verbs))
        text = f"{request.method} is not possible with {name}; {allowed} is"
        raise OctaneRefusedError(405, text, headers={"Allow": allowed})
    return collection


def _statement(request: Request) -> Statement | None:
    site = octane_site_of(request)
    text = request.query_params.get("query")
    return None if text is None else parse_query(text, caret=site.knobs.caret == "escape")


def _asked(request: Request) -> Asked | None:
    text = request.query_params.get("fields")
    return None if text is None else parse_fields(text)


def _window(request: Request) -> ListWindow:
    knobs = octane_site_of(request).knobs
    words = request.query_params
    limit = _count(words.get("limit", str(knobs.page_default_count)), "limit", least=1)
    most = knobs.page_limit_count
    if limit > most and knobs.over_page_limit == "400":
        raise OctaneRefusedError(400, f"limit={limit} is more than {most}")
    order = words.get("order_by", "")
    return ListWindow(
        limit=min(limit, most),
        offset=_count(words.get("offset", "0"), "offset", least=0),
        order_by=tuple(order.split(",")) if order else (),
    )


def _count(text: str, name: str, *, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise OctaneRefusedError(400, f"{name}={text} is not a whole number from {least} on")
    return int(text)


async def list_entities(request: Request) -> Response:
    """Answer `GET {collection}`."""
    site, collection = octane_site_of(request), collection_of(request)
    unknown = [name for name in request.query_params if name not in _LIST_WORDS]
    if unknown:
        raise OctaneRefusedError(400, f"a list takes no parameter {unknown[0]!r}")
    if collection.name == "ci_builds":
        look_for_builds(site.store.tables)
    entities, total = site.answers.select(collection, _statement(request), _window(request))
    shown = site.answers.shown(entities, collection, _asked(request))
    return JSONResponse(site.answers.envelope(shown, total))


async def show_one(request: Request) -> Response:
    """Answer `GET {collection}/{id}`: the bare entity."""
    site, collection = octane_site_of(request), collection_of(request)
    entity = site.store.tables.require(collection.name, request.path_params["id"])
    return JSONResponse(site.answers.shown([entity], collection, _asked(request))[0])


async def create_entities(request: Request) -> Response:
    """Answer `POST {collection}`: all, some with errors, or none."""
    site, collection = octane_site_of(request), collection_of(request)
    bodies = _several(await object_of(request))

    def create(body: Json) -> Entity:
        return site.writes.create(collection, body)

    return _done_one_by_one(request, collection, bodies, create, status=201)


async def change_several(request: Request) -> Response:
    """Answer `PUT {collection}`: every entity by the id in it."""
    site, collection = octane_site_of(request), collection_of(request)
    bodies = _several(await object_of(request))

    def change(body: Json) -> Entity:
        entity = site.store.tables.require(collection.name, body.get("id"))
        return _changed(request, site, entity, body)

    return _done_one_by_one(request, collection, bodies, change, status=200)


def _several(body: Json) -> list[Any]:
    data = body.get("data")
    if not isinstance(data, list) or not data:
        raise OctaneRefusedError(400, 'the body is {"data": [{...}]}, with one entity at least')
    if len(data) > MOST_AT_ONCE:
        raise OctaneRefusedError(400, f"{len(data)} entities are more than {MOST_AT_ONCE}")
    return data


def _done_one_by_one(
    request: Request,
    collection: Collection,
    bodies: list[Any],
    do: Callable[[Json], Entity],
    *,
    status: int,
) -> Response:
    """Work through the entities; those that fail leave the others as they are."""
    site = octane_site_of(request)
    done: list[Entity] = []
    errors: list[Json] = []
    for index, body in enumerate(bodies):
        try:
            done.append(_done(site, index, body, do))
        except OctaneRefusedError as exc:  # noqa: PERF203 - each entity has its own end
            if len(bodies) == 1 and site.knobs.single_error == "bare":
                raise
            status = exc.status if len(bodies) == 1 else 409
            errors.append({**error_body(exc), "index": index})
    asked = _asked(request)
    shown = site.answers.shown(done, collection, {} if asked is None else asked)
    answer = site.answers.envelope(shown, len(shown))
    if errors:
        answer["errors"] = errors
    return JSONResponse(answer, status_code=status)


def _done(site: OctaneSite, index: int, body: Any, do: Callable[[Json], Entity]) -> Entity:
    if not isinstance(body, dict):
        raise OctaneRefusedError(400, "an entity is a JSON object")
    if index + 1 == site.knobs.bulk_failure_count:
        raise OctaneRefusedError(409, "refused on demand (knob bulk_failure_count)")
    with site.store.database.transaction():
        return do(body)


def _changed(request: Request, site: OctaneSite, entity: Entity, body: Json) -> Entity:
    mode = request.query_params.get("reference_update_mode", "replace")
    if mode not in ("replace", "append"):
        raise OctaneRefusedError(400, f"reference_update_mode={mode} is not replace or append")
    site.writes.change(entity, body, append=mode == "append")
    return site.store.tables.many([entity.pk])[entity.pk]


async def change_one(request: Request) -> Response:
    """Answer `PUT {collection}/{id}` of a bare entity."""
    site, collection = octane_site_of(request), collection_of(request)
    body = await object_of(request)
    entity = site.store.tables.require(collection.name, request.path_params["id"])
    with site.store.database.transaction():
        changed = _changed(request, site, entity, body)
    asked = _asked(request)
    return JSONResponse(
        site.answers.shown([changed], collection, {} if asked is None else asked)[0]
    )


async def remove_one(request: Request) -> Response:
    """Answer `DELETE {collection}/{id}`."""
    site, collection = octane_site_of(request), collection_of(request)
    entity = site.store.tables.require(collection.name, request.path_params["id"])
    with site.store.database.transaction():
        site.store.tables.remove(entity.pk)
    return JSONResponse(site.answers.shown([entity], collection, {})[0])


async def remove_several(request: Request) -> Response:
    """Answer `DELETE {collection}?query=`; without a query nothing is removed."""
    site, collection = octane_site_of(request), collection_of(request)
    statement = _statement(request)
    if statement is None:
        raise OctaneRefusedError(400, "DELETE of a collection needs a query")
    window = ListWindow(limit=site.knobs.page_limit_count)
    entities, _ = site.answers.select(collection, statement, window)
    with site.store.database.transaction():
        for entity in entities:
            site.store.tables.remove(entity.pk)
    shown = site.answers.shown(entities, collection, {})
    return JSONResponse(site.answers.envelope(shown, len(shown)))


async def show_script(request: Request) -> Response:
    """Answer `GET tests/{id}/script`."""
    site = octane_site_of(request)
    test = site.store.tables.require("tests", request.path_params["id"])
    row = site.store.database.find("scripts", test=test.pk)
    script = {name: row[name] if row else None for name in _SCRIPT}
    return JSONResponse({**script, "script": script["script"] or ""})


async def change_script(request: Request) -> Response:
    """Answer `PUT tests/{id}/script`."""
    site = octane_site_of(request)
    test = site.store.tables.require("tests", request.path_params["id"])
    body = await object_of(request)
    if not isinstance(body.get("script"), str) or set(body) - set(_SCRIPT):
        raise OctaneRefusedError(400, "a script is {script, comment, revision_type}, script a text")
    row = {"test": test.pk, **{name: body.get(name) for name in _SCRIPT}}
    site.store.database.insert("scripts", row, conflict="REPLACE")
    return await show_script(request)
