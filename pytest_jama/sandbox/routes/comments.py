"""Comments: written on their own path, read there and below what they are about."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.errors import bad_request, not_found
from pytest_jama.sandbox.state.nodes import find_node
from pytest_jama.sandbox.state.talk import Comment, add_comment, find_comment, find_comments
from pytest_jama.sandbox.web import answers, wire
from pytest_jama.sandbox.web.calls import Call, Caller
from pytest_jama.sandbox.web.guards import require_node, require_project
from pytest_jama.sandbox.web.incoming import (
    Body,
    IncludeQuery,
    Nothing,
    Page,
    PageQuery,
    read_body,
)

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


class CommentFilter(Page):
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


def _shown(call: Call, found: tuple[Comment, ...], query: Page) -> JSONResponse:
    values = [wire.comment(comment) for comment in found]
    return answers.cut(call, values, query.window(call.knobs), include=query.include)


@router.post("/comments")
async def post_comment(call: Caller, request: Request, query: Nothing) -> JSONResponse:
    """Write a comment on an item, plan, cycle, run or project, or reply to one."""
    del query
    body = await read_body(request, CommentBody, call)
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
    return answers.created(call, f"comments/{comment_id}", comment_id)


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
        require_project(call, place.project, status=400)
    if place.item is not None and find_node(call.database, place.item) is None:
        raise bad_request(f"location.item: there is nothing with the ID {place.item}")
    return place


@router.get("/comments/{comment_id}")
async def get_comment(call: Caller, comment_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a comment."""
    return answers.single(
        call, wire.comment(_require_comment(call, comment_id)), include=query.include
    )


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
    """Serve the comments on one kind; the four differ in nothing but the path."""

    @router.get(f"/{kind}/{{node_id}}/comments")
    async def list_comments_on(
        call: Caller, node_id: int, query: Annotated[CommentFilter, Query()]
    ) -> JSONResponse:
        node = require_node(call, node_id, kind)
        found = find_comments(call.database, item=node.id, roots_only=query.root_comments_only)
        return _shown(call, found, query)


for _kind in ("items", "testplans", "testruns", "attachments"):
    _add_route(_kind)
