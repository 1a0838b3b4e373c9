"""Versions: what each save of an item, plan, cycle, run or attachment has left."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.database import Row
from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, NodeId
from pytest_jama.sandbox.jama.incoming import IncludeQuery, PageQuery
from pytest_jama.sandbox.jama.model import Json, Node, not_found
from pytest_jama.sandbox.jama.nodes import at_version

router = APIRouter()


def _shown(row: Row) -> Json:
    return {
        "item": row["item"],
        "versionedItem": [row["item"], row["version"]],
        "versionNumber": row["version"],
        "createdDate": row["created_date"],
        "createdBy": row["created_by"],
        "type": "CREATE" if row["version"] == 1 else "UPDATE",
    }


def _require(call: Call, node: Node, number: int) -> Row:
    row = call.database.find("versions", item=node.id, version=number)
    if row is None:
        raise not_found(f"version of {node.document_key}", number)
    return row


def _serve(name: str, *kinds: str) -> None:
    """Serve the versions below one path; the paths differ only in the kinds they know."""
    path = f"/{name}/{{id}}/versions"

    @router.get(path)
    async def list_versions(call: Caller, node_id: NodeId, query: PageQuery) -> JSONResponse:
        """List the versions, oldest first."""
        node = call.require_node(node_id, *kinds)
        return envelope.table_page(call, "versions", _shown, query, item=node.id)

    @router.get(f"{path}/{{number}}")
    async def get_version(
        call: Caller, node_id: NodeId, number: int, query: IncludeQuery
    ) -> JSONResponse:
        """Show who saved a version, and when."""
        node = call.require_node(node_id, *kinds)
        return envelope.single(call, _shown(_require(call, node, number)), query)

    @router.get(f"{path}/{{number}}/versioneditem")
    async def get_versioned_item(
        call: Caller, node_id: NodeId, number: int, query: IncludeQuery
    ) -> JSONResponse:
        """Show the object as that version has it."""
        node = call.require_node(node_id, *kinds)
        past = at_version(node, _require(call, node, number))
        return envelope.single(call, wire.node(call, past), query)


for _kind in ("items", "testplans", "testcycles", "testruns", "attachments"):
    _serve(_kind, _kind)
_serve("abstractitems")
