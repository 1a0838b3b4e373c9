"""Relationships between items, with the list that goes on from the last ID."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama import envelope
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller
from pytest_jama.sandbox.jama.incoming import Body, IncludeQuery, ListQuery
from pytest_jama.sandbox.jama.model import Json, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import ID_COUNTER, find_node, touch

router = APIRouter()

LAST_ID_REQUIRED = "The lastId parameter is now required to call GET /relationships API endpoint."
"""Source: what a user of py-jama-rest-client was answered in 2024."""
_MAX_SIZE = 1000
_DEFAULT_TYPE = 4
"""Source: Jama REST cookbook: an unknown or absent type is the default one; its ID is made up."""


class RelationshipFilter(ListQuery):
    """Query of the list: what has a higher ID than the last one, in order of the IDs."""

    project: int
    last_id: int | None = None
    omit_count: bool = False


class RelationshipBody(Body):
    """A new relationship."""

    from_item: int
    to_item: int
    relationship_type: int | None = None


@router.get("/relationships")
async def list_relationships(
    call: Caller, query: Annotated[RelationshipFilter, Query()]
) -> JSONResponse:
    """List the relationships of a project."""
    call.require_project(query.project)
    rows = call.database.all(
        "SELECT r.* FROM relationships r JOIN nodes n ON n.id = r.from_item "
        "WHERE n.project = ? ORDER BY r.id",
        (query.project,),
    )
    values = [_shown(row) for row in rows]
    if call.knobs.relationships == "ignored":
        return envelope.cut(call, values, query)
    if query.last_id is None:
        raise bad_request(LAST_ID_REQUIRED)
    behind = [value for value in values if value["id"] > query.last_id]
    total = 0 if query.omit_count else len(values)
    size = min(max(query.max_results, 1), _MAX_SIZE)
    return envelope.page(call, behind[:size], query, total=total)


def _shown(row: Row) -> Json:
    return {
        "id": row["id"],
        "fromItem": row["from_item"],
        "toItem": row["to_item"],
        "relationshipType": row["relationship_type"],
        "suspect": False,
        "type": "relationships",
    }


@router.post("/relationships")
async def post_relationship(call: PlainCaller) -> JSONResponse:
    """Relate two items."""
    body = await call.body(RelationshipBody)
    for item in (body.from_item, body.to_item):
        if find_node(call.database, item) is None:
            raise bad_request(f"there is no item with the ID {item}")
    with call.database.transaction():
        _refuse_second(call, body)
        new_id = call.database.next_number(ID_COUNTER)
        row = {**body.model_dump(), "relationship_type": body.relationship_type or _DEFAULT_TYPE}
        call.database.insert("relationships", {"id": new_id, **row})
        touch(call.database, body.from_item)
        touch(call.database, body.to_item)
    return envelope.created(call, "/relationships", new_id)


def _refuse_second(call: Call, body: RelationshipBody) -> None:
    ends = {"from_item": body.from_item, "to_item": body.to_item}
    if call.database.find("relationships", **ends):
        raise bad_request(
            f"the relationship from {body.from_item} to {body.to_item} already exists"
        )


@router.get("/relationships/{relationship_id}")
async def get_relationship(call: Caller, relationship_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a relationship."""
    row = call.database.find("relationships", id=relationship_id)
    if row is None:
        raise not_found("relationship", relationship_id)
    return envelope.single(call, _shown(row), query)
