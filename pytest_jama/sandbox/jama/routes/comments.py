"""Comments and locks: what people leave on items, plans, runs and attachments."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId, PlainCaller
from pytest_jama.sandbox.jama.incoming import Body, IncludeQuery, ListQuery, PageQuery
from pytest_jama.sandbox.jama.model import ApiError, Json, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import ID_COUNTER, find_node, set_lock, touch

router = APIRouter()

CommentType = Literal[
    "GENERAL",
    "QUESTION",
    "PROPOSED_CHANGE",
    "ACCEPTED_COMMENT",
    "REJECTED_COMMENT",
    "ISSUE",
    "DECISION",
    "DECISION_REQUEST",
]


class CommentFilter(ListQuery):
    """Query of the lists of comments."""

    root_comments_only: bool = False


class TextBody(Body):
    """The words of a comment."""

    text: str


class PlaceBody(Body):
    """What a comment is about."""

    item: int | None = None
    project: int | None = None


class CommentBody(Body):
    """A new comment; a reply finds its place by itself."""

    body: TextBody
    location: PlaceBody | None = None
    in_reply_to: int | None = None
    comment_type: CommentType = "GENERAL"


@router.get("/comments")
async def list_comments(call: Caller, query: Annotated[CommentFilter, Query()]) -> JSONResponse:
    """List all comments."""
    return _shown(call, query)


def _shown(call: Call, query: CommentFilter, **wanted: int) -> JSONResponse:
    roots: dict[str, Any] = {"in_reply_to": None} if query.root_comments_only else {}
    return envelope.table_page(call, "comments", _comment, query, **wanted, **roots)


def _comment(row: Row) -> Json:
    location = {"item": row["item"], "project": row["project"]}
    return wire.without_unset(
        {
            "id": row["id"],
            "inReplyTo": row["in_reply_to"],
            "createdDate": row["created_date"],
            "createdBy": row["created_by"],
            "modifiedBy": row["created_by"],
            "deleted": False,
            "status": "OPEN",
            "commentType": row["comment_type"],
            "body": {"text": row["text"]},
            "location": wire.without_unset(location),
            "type": "comments",
        }
    )


@router.post("/comments")
async def post_comment(call: PlainCaller) -> JSONResponse:
    """Write a comment on an item, plan, cycle, run or project, or reply to one."""
    body = await call.body(CommentBody)
    place = _place(call, body)
    row = {
        **place.model_dump(),
        "in_reply_to": body.in_reply_to,
        "text": body.body.text,
        "comment_type": body.comment_type,
        "created_date": call.database.now(),
        "created_by": call.user,
    }
    with call.database.transaction():
        comment_id = call.database.next_number(ID_COUNTER)
        call.database.insert("comments", {"id": comment_id, **row})
        if place.item is not None:
            touch(call.database, place.item)
    return envelope.created(call, "/comments", comment_id)


def _place(call: Call, body: CommentBody) -> PlaceBody:
    if body.in_reply_to is not None:
        answered = call.database.find("comments", id=body.in_reply_to)
        if answered is None:
            raise bad_request(f"inReplyTo: there is no comment with the ID {body.in_reply_to}")
        return PlaceBody(item=answered["item"], project=answered["project"])
    place = body.location or PlaceBody()
    if (place.item is None) == (place.project is None):
        raise bad_request("location needs either an item or a project")
    if place.project is not None:
        call.require_project(place.project, status=400)
    if place.item is not None and find_node(call.database, place.item) is None:
        raise bad_request(f"location.item: there is nothing with the ID {place.item}")
    return place


@router.get("/comments/{comment_id}")
async def get_comment(call: Caller, comment_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a comment."""
    return envelope.single(call, _comment(_require_comment(call, comment_id)), query)


@router.get("/comments/{comment_id}/replies")
async def list_replies(call: Caller, comment_id: int, query: PageQuery) -> JSONResponse:
    """List the replies to a comment."""
    _require_comment(call, comment_id)
    return envelope.table_page(call, "comments", _comment, query, in_reply_to=comment_id)


def _require_comment(call: Call, comment_id: int) -> Row:
    row = call.database.find("comments", id=comment_id)
    if row is None:
        raise not_found("comment", comment_id)
    return row


class LockBody(Body):
    """Whether the object is locked."""

    locked: bool


def _serve(kind: str) -> None:
    """Serve the comments on one kind, and its lock; the four differ only in the path."""

    @router.get(f"/{kind}/{{id}}/comments")
    async def list_comments_on(
        call: Caller, node_id: NodeId, query: Annotated[CommentFilter, Query()]
    ) -> JSONResponse:
        node = call.require_node(node_id, kind)
        return _shown(call, query, item=node.id)

    @router.get(f"/{kind}/{{id}}/lock")
    async def get_lock(call: Caller, node_id: NodeId, query: IncludeQuery) -> JSONResponse:
        node = call.require_node(node_id, kind)
        return envelope.single(call, wire.lock(node), query)

    @router.put(f"/{kind}/{{id}}/lock")
    async def put_lock(call: PlainCaller, node_id: NodeId) -> JSONResponse:
        body = await call.body(LockBody)
        node = call.require_node(node_id, kind)
        _refuse_foreign(call, node.locked_by)
        set_lock(call.database, node.id, call.user if body.locked else None)
        return envelope.updated(call)


def _refuse_foreign(call: Call, locked_by: int | None) -> None:
    if locked_by not in (None, call.user):
        status = int(call.knobs.locked_write)
        raise ApiError(status, f"it is locked by user {locked_by}, who alone can unlock it")


for _kind in ("items", "testplans", "testruns", "attachments"):
    _serve(_kind)
