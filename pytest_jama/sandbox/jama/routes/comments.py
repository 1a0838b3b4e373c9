"""Comments and locks: what people leave on items, plans, runs and attachments."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.annotations import Comment, add_comment, find_comment, find_comments
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller
from pytest_jama.sandbox.jama.incoming import Body, IncludeQuery, ListQuery, PageQuery
from pytest_jama.sandbox.jama.nodes import find_node, set_lock
from pytest_jama.sandbox.jama.refusals import ApiError, bad_request, not_found

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
    found = find_comments(call.database, roots_only=query.root_comments_only)
    return _shown(call, found, query)


def _shown(call: Call, found: tuple[Comment, ...], query: ListQuery) -> JSONResponse:
    values = [wire.comment(comment) for comment in found]
    return envelope.cut(call, values, query)


@router.post("/comments")
async def post_comment(call: PlainCaller) -> JSONResponse:
    """Write a comment on an item, plan, cycle, run or project, or reply to one."""
    body = await call.body(CommentBody)
    place = _place(call, body)
    comment_id = add_comment(
        call.database,
        item=place.item,
        project=place.project,
        in_reply_to=body.in_reply_to,
        text=body.body.text,
        comment_type=body.comment_type,
        user=call.user,
    )
    return envelope.created(call, f"comments/{comment_id}", comment_id)


def _place(call: Call, body: CommentBody) -> PlaceBody:
    if body.in_reply_to is not None:
        answered = find_comment(call.database, body.in_reply_to)
        if answered is None:
            raise bad_request(f"inReplyTo: there is no comment with the ID {body.in_reply_to}")
        return PlaceBody(item=answered.item, project=answered.project)
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
    return envelope.single(call, wire.comment(_require_comment(call, comment_id)), query)


@router.get("/comments/{comment_id}/replies")
async def list_replies(call: Caller, comment_id: int, query: PageQuery) -> JSONResponse:
    """List the replies to a comment."""
    comment = _require_comment(call, comment_id)
    return _shown(call, find_comments(call.database, in_reply_to=comment.id), query)


def _require_comment(call: Call, comment_id: int) -> Comment:
    comment = find_comment(call.database, comment_id)
    if comment is None:
        raise not_found("comment", comment_id)
    return comment


def _add_route(kind: str) -> None:
    """Serve the comments on one kind; the four differ only in the path."""

    @router.get(f"/{kind}/{{node_id}}/comments")
    async def list_comments_on(
        call: Caller, node_id: int, query: Annotated[CommentFilter, Query()]
    ) -> JSONResponse:
        node = call.require_node(node_id, kind)
        found = find_comments(call.database, item=node.id, roots_only=query.root_comments_only)
        return _shown(call, found, query)


for _kind in ("items", "testplans", "testruns", "attachments"):
    _add_route(_kind)


class LockBody(Body):
    """Whether the object is locked."""

    locked: bool


def _add_lock_routes(kind: str) -> None:
    """Serve the lock of one kind; the four differ only in the path."""

    @router.get(f"/{kind}/{{node_id}}/lock")
    async def get_lock(call: Caller, node_id: int, query: IncludeQuery) -> JSONResponse:
        node = call.require_node(node_id, kind)
        return envelope.single(call, wire.lock(node), query)

    @router.put(f"/{kind}/{{node_id}}/lock")
    async def put_lock(call: PlainCaller, node_id: int) -> JSONResponse:
        body = await call.body(LockBody)
        node = call.require_node(node_id, kind)
        _refuse_foreign(call, node.locked_by)
        set_lock(call.database, node.id, call.user if body.locked else None)
        return envelope.updated(call)


def _refuse_foreign(call: Call, locked_by: int | None) -> None:
    if locked_by not in (None, call.user) and call.knobs.unlock_others == "refuse":
        status = int(call.knobs.locked_write)
        raise ApiError(status, f"it is locked by user {locked_by}, who alone can unlock it")


for _kind in ("items", "testplans", "testruns", "attachments"):
    _add_lock_routes(_kind)
