"""Relationships between items, their types and rules; what is up- and downstream of an item."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.accounts import find_projects
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId, PlainCaller
from pytest_jama.sandbox.jama.incoming import (
    MAX_PAGE_SIZE,
    Body,
    Include,
    IncludeQuery,
    ListQuery,
    PageQuery,
)
from pytest_jama.sandbox.jama.item_types import ITEM_TYPES
from pytest_jama.sandbox.jama.model import Json, Node, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import find_node, touch
from pytest_jama.sandbox.jama.relations import (
    RULES,
    Relation,
    add_relations,
    count_relations,
    find_relation,
    is_allowed,
    list_relations,
)
from pytest_jama.sandbox.jama.selection import Window, of_kind

router = APIRouter()

LAST_ID_REQUIRED = "The lastId parameter is now required to call GET /relationships API endpoint."
"""Source: what a user of py-jama-rest-client was answered in 2024."""
RULE_BROKEN = (
    "Relationship violates rules configured for the project: from item ID: {}, to item ID: {}"
)
"""Source: Jama REST cookbook."""
_MAX_SIZE = 1000
"""Source: Jama REST cookbook: `maxResults` of this list goes from 1 to 1000."""


class RelationshipFilter(ListQuery):
    """Query of the list: what has a higher ID than the last one, in order of the IDs."""

    project: int
    last_id: int | None = None
    omit_count: bool = False


class TypeQuery(Include):
    """Query of a relationship type; there is one version of each, whatever the time."""

    timestamp: str | None = None


class RelationshipBody(Body):
    """A new or changed relationship; an absent or unknown type is the default one."""

    from_item: int
    to_item: int
    relationship_type: int | None = None

    @property
    def relation(self) -> Relation:
        """What is asked for."""
        return Relation(**self.model_dump())


@router.get("/relationships")
async def list_relationships(
    call: Caller, query: Annotated[RelationshipFilter, Query()]
) -> JSONResponse:
    """List the relationships of a project."""
    project = call.require_project(query.project)
    if call.knobs.relationships == "ignored":
        return _page(call, query, window=query.window(), project=project)
    if query.last_id is None:
        raise bad_request(LAST_ID_REQUIRED)
    if query.max_results < 1:
        raise bad_request(f"maxResults={query.max_results} must be 1 or more")
    is_clamped = call.knobs.relationships == "clamped"
    window = Window(
        start=0, size=min(query.max_results, MAX_PAGE_SIZE if is_clamped else _MAX_SIZE)
    )
    rows = list_relations(call.database, window=window, above=query.last_id, project=project)
    total = 0 if query.omit_count else count_relations(call.database, project=project)
    whole = ListQuery(include=query.include)
    return envelope.page(call, [wire.relationship(row) for row in rows], whole, total=total)


def _page(call: Call, query: ListQuery, *, window: Window, **wanted: int) -> JSONResponse:
    rows = list_relations(call.database, window=window, **wanted)
    total = count_relations(call.database, **wanted)
    return envelope.page(call, [wire.relationship(row) for row in rows], query, total=total)


@router.post("/relationships")
async def post_relationship(call: PlainCaller) -> JSONResponse:
    """Relate two items."""
    body = await call.body(RelationshipBody)
    with call.database.transaction():
        _check(call, body)
        (new_id,) = add_relations(call.database, [body.relation])
        _touch_ends(call, body.from_item, body.to_item)
    return envelope.created(call, "/relationships", new_id)


def _check(call: Call, body: RelationshipBody, *, own_id: int | None = None) -> None:
    """Refuse a relationship that cannot be."""
    ends = [_require_end(call, item_id) for item_id in (body.from_item, body.to_item)]
    if body.from_item == body.to_item:
        raise bad_request(f"the item {body.from_item} cannot be related to itself")
    present = call.database.find("relationships", from_item=body.from_item, to_item=body.to_item)
    if present is not None and present["id"] != own_id:
        raise bad_request(
            f"the relationship from {body.from_item} to {body.to_item} already exists"
        )
    types = (call.require_type(end.item_type) for end in ends)
    if call.knobs.relationship_rules == "on" and not is_allowed(*types):
        raise bad_request(RULE_BROKEN.format(body.from_item, body.to_item))
    if all(end.locked_by for end in ends):  # Source: Jama help
        keys = " and ".join(end.document_key for end in ends)
        raise bad_request(f"{keys} are locked; two locked items cannot be related")


def _require_end(call: Call, item_id: int) -> Node:
    node = find_node(call.database, item_id)
    if node is None:
        raise bad_request(f"there is no item with the ID {item_id}")
    item_type = call.require_type(node.item_type)
    if "RELATIONSHIPS" not in item_type.widgets:
        raise bad_request(
            f"the relationships widget is not switched on for the item type {item_type.display}"
        )
    return node


def _touch_ends(call: Call, *item_ids: int) -> None:
    for item_id in item_ids:
        touch(call.database, item_id)


def _require(call: Call, relationship_id: int) -> Row:
    row = find_relation(call.database, relationship_id)
    if row is None:
        raise not_found("relationship", relationship_id)
    return row


@router.get("/relationships/{relationship_id}")
async def get_relationship(call: Caller, relationship_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a relationship."""
    return envelope.single(call, wire.relationship(_require(call, relationship_id)), query)


@router.put("/relationships/{relationship_id}")
async def put_relationship(call: PlainCaller, relationship_id: int) -> JSONResponse:
    """Change the ends and the type of a relationship."""
    body = await call.body(RelationshipBody)
    with call.database.transaction():
        row = _require(call, relationship_id)
        _check(call, body, own_id=row["id"])
        call.database.update("relationships", body.relation.columns, id=row["id"])
        _touch_ends(call, row["from_item"], row["to_item"], body.from_item, body.to_item)
    return envelope.updated(call)


@router.delete("/relationships/{relationship_id}")
async def delete_relationship(call: PlainCaller, relationship_id: int) -> JSONResponse:
    """Take a relationship away."""
    with call.database.transaction():
        row = _require(call, relationship_id)
        call.database.delete("relationships", id=row["id"])
        _touch_ends(call, row["from_item"], row["to_item"])
    return envelope.updated(call)


@router.delete("/relationships/{relationship_id}/suspect")
async def clear_suspect(call: PlainCaller, relationship_id: int) -> JSONResponse:
    """Say that the item downstream has been looked at, and still fits."""
    row = _require(call, relationship_id)
    call.database.update("relationships", {"suspect": 0}, id=row["id"])
    return envelope.updated(call)


@router.get("/relationshiptypes")
async def list_types(call: Caller, query: PageQuery) -> JSONResponse:
    """List the types that a relationship can have."""
    return envelope.cut(call, wire.relationship_types(), query)


@router.get("/relationshiptypes/{type_id}")
async def get_type(
    call: Caller, type_id: int, query: Annotated[TypeQuery, Query()]
) -> JSONResponse:
    """Show the type of a relationship."""
    found = [each for each in wire.relationship_types() if each["id"] == type_id]
    if not found:
        raise not_found("relationship type", type_id)
    return envelope.single(call, found[0], query)


_RULE_SET = 1


def _rule_sets(call: Call) -> Sequence[Json]:
    """Return the rule sets; the shape is a guess, only their paths are known.

    Source: py-jama-rest-client (2021) has the paths.
    """
    if call.knobs.relationship_rules == "off":
        return ()
    rules = [
        {
            "fromItemType": ITEM_TYPES[from_key].id,
            "toItemType": ITEM_TYPES[to_key].id,
            "relationshipType": relationship_type,
        }
        for (from_key, to_key), relationship_type in RULES.items()
    ]
    name = "Verification"
    return ({"id": _RULE_SET, "name": name, "isDefault": True, "rules": rules},)


def _require_rule_set(call: Call, wanted: int) -> Json:
    found = [each for each in _rule_sets(call) if each["id"] == wanted]
    if not found:
        raise not_found("relationship rule set", wanted)
    return found[0]


@router.get("/relationshiprulesets")
async def list_rule_sets(call: Caller, query: PageQuery) -> JSONResponse:
    """List the rule sets that say which items can be related."""
    return envelope.cut(call, _rule_sets(call), query)


@router.get("/relationshiprulesets/{rule_set_id}")
async def get_rule_set(call: Caller, rule_set_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a rule set."""
    return envelope.single(call, _require_rule_set(call, rule_set_id), query)


@router.get("/relationshiprulesets/{rule_set_id}/projects")
async def list_projects_of_rule_set(
    call: Caller, rule_set_id: int, query: PageQuery
) -> JSONResponse:
    """List the projects that a rule set holds for: here all of them."""
    _require_rule_set(call, rule_set_id)
    projects = [wire.project(project) for project in find_projects(call.database)]
    return envelope.cut(call, projects, query)


_SIDES = {"upstream": ("to_item", "from_item"), "downstream": ("from_item", "to_item")}
"""By direction: the end of the relationship that the item is, and the other one."""


def _serve(kind: str, direction: str) -> None:
    """Serve what stands in one direction from one kind, and the relationships to it.

    Source: the OpenAPI documents. The cookbook's `/abstractitems/{id}/upstreamrelationships` is
    not among them.
    """
    own, other = _SIDES[direction]

    @router.get(f"/{kind}/{{id}}/{direction}relationships")
    async def list_of_item(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        node = call.require_node(node_id, kind)
        return _page(call, query, window=query.window(), **{own: node.id})

    @router.get(f"/{kind}/{{id}}/{direction}related")
    async def list_related(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        node = call.require_node(node_id, kind)
        related = of_kind().where(
            f"n.id IN (SELECT {other} FROM relationships WHERE {own} = ?)",  # noqa: S608 - names of our own
            node.id,
        )
        return envelope.node_page(call, related, query)


for _kind in ("items", "testplans", "testruns"):
    for _direction in _SIDES:
        _serve(_kind, _direction)
