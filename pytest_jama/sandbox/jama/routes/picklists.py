"""Pick lists and their options, for the fields of type LOOKUP and MULTI_LOOKUP."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.accounts import find_pick_lists
from pytest_jama.sandbox.jama.calls import Call, Caller
from pytest_jama.sandbox.jama.incoming import IncludeQuery, PageQuery
from pytest_jama.sandbox.jama.item_types import PickList
from pytest_jama.sandbox.jama.model import not_found

router = APIRouter()


@router.get("/picklists")
async def list_pick_lists(call: Caller, query: PageQuery) -> JSONResponse:
    """List the pick lists of the instance."""
    return envelope.cut(call, [wire.pick_list(each) for each in _all(call)], query)


@router.get("/picklists/{list_id}")
async def get_pick_list(call: Caller, list_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a pick list."""
    return envelope.single(call, wire.pick_list(_known(call, list_id)), query)


@router.get("/picklists/{list_id}/options")
async def list_options(call: Caller, list_id: int, query: PageQuery) -> JSONResponse:
    """List the options of a pick list."""
    return envelope.cut(call, wire.pick_list_options(_known(call, list_id)), query)


def _all(call: Call) -> tuple[PickList, ...]:
    return tuple(find_pick_lists(call.database).values())


def _known(call: Call, list_id: int) -> PickList:
    for each in _all(call):
        if each.id == list_id:
            return each
    raise not_found("pick list", list_id)


@router.get("/picklistoptions/{option_id}")
async def get_option(call: Caller, option_id: int, query: IncludeQuery) -> JSONResponse:
    """Show an option of any pick list."""
    for each in _all(call):
        for option in wire.pick_list_options(each):
            if option["id"] == option_id:
                return envelope.single(call, option, query)
    raise not_found("pick list option", option_id)
