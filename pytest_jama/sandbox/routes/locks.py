"""Locks of items, plans, runs and attachments."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.errors import ApiError
from pytest_jama.sandbox.state.nodes import set_lock
from pytest_jama.sandbox.web import answers, wire
from pytest_jama.sandbox.web.calls import Call, Caller
from pytest_jama.sandbox.web.guards import require_node
from pytest_jama.sandbox.web.incoming import Body, IncludeQuery, Nothing, read_body

router = APIRouter()


class LockBody(Body):
    """Whether the object is locked."""

    locked: bool


def _add_routes(kind: str) -> None:
    """Serve the lock of one kind; the four differ in nothing but the path."""

    @router.get(f"/{kind}/{{node_id}}/lock")
    async def get_lock(call: Caller, node_id: int, query: IncludeQuery) -> JSONResponse:
        node = require_node(call, node_id, kind)
        return answers.single(call, wire.lock(node), include=query.include)

    @router.put(f"/{kind}/{{node_id}}/lock")
    async def put_lock(
        call: Caller, node_id: int, request: Request, query: Nothing
    ) -> JSONResponse:
        del query
        body = await read_body(request, LockBody, call)
        node = require_node(call, node_id, kind)
        _refuse_foreign(call, node.locked_by)
        set_lock(call.database, node.id, call.user if body.locked else None)
        return answers.updated(call)


def _refuse_foreign(call: Call, locked_by: int | None) -> None:
    if locked_by not in (None, call.user) and call.knobs.unlock_others == "refuse":
        status = int(call.knobs.locked_write)
        raise ApiError(status, f"it is locked by user {locked_by}, who alone can unlock it")


for _kind in ("items", "testplans", "testruns", "attachments"):
    _add_routes(_kind)
