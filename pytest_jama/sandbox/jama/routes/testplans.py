"""Test plans, their groups and the cases in the groups."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.accounts import case_types
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller, require_user
from pytest_jama.sandbox.jama.edits import Edit
from pytest_jama.sandbox.jama.incoming import Body, FieldsBody, IncludeQuery, ListQuery, PageQuery
from pytest_jama.sandbox.jama.long_lists import find_in_order
from pytest_jama.sandbox.jama.model import Node, PlanGroup, bad_request, not_found
from pytest_jama.sandbox.jama.nodes import find_node, save_fields
from pytest_jama.sandbox.jama.objects import (
    Kind,
    changed_fields,
    new_fields,
    serve,
)
from pytest_jama.sandbox.jama.plan_groups import (
    add_case,
    add_group,
    delete_group,
    find_cases,
    find_group,
    find_groups,
    is_in_group,
)
from pytest_jama.sandbox.jama.planning import add_plan, delete_plan
from pytest_jama.sandbox.jama.rules import check_length
from pytest_jama.sandbox.jama.selection import of_kind

router = APIRouter()

_PLAN_TYPE = 35


class ProjectPage(ListQuery):
    """A list that needs a project."""

    project: int


class PlanBody(FieldsBody):
    """A new or changed plan."""

    project: int | None = None


class ArchivedBody(Body):
    """Whether a plan is archived."""

    archived: bool


class GroupBody(Body):
    """A new or changed group."""

    name: str
    assigned_to: int | None = None


class CaseBody(Body):
    """A case that is added to a group."""

    test_case: int


@router.get("/testplans")
async def list_plans(call: Caller, query: Annotated[ProjectPage, Query()]) -> JSONResponse:
    """List the plans of a project."""
    call.require_project(query.project)
    selection = of_kind("testplans").where("n.project = ?", query.project)
    return envelope.node_page(call, selection, query)


@router.post("/testplans")
async def post_plan(call: PlainCaller) -> JSONResponse:
    """Create a plan; it gets the group `Default Test Group`."""
    body = await call.body(PlanBody)
    if body.project is None:
        raise bad_request("'project' is missing")
    project = call.require_project(body.project, status=400)
    fields = new_fields(call, body.fields, call.require_type(_PLAN_TYPE), {})
    visible_at = call.visible_at
    plan_id = add_plan(
        call.database,
        project=project,
        fields=fields,
        user=call.user,
        visible_at=visible_at,
        indexed_at=call.indexed_at,
    )
    call.hold_answer(visible_at)
    return envelope.created(call, "/testplans", plan_id)


def _write_plan(call: Call, plan: Node, body: PlanBody, edit: Edit) -> None:
    if body.project not in (None, plan.project):
        raise bad_request("a test plan cannot change its project")
    save_fields(call.database, plan, changed_fields(call, plan, edit), user=call.user)


_PLAN = Kind(
    name="testplans",
    body=PlanBody,
    write=_write_plan,
    delete=lambda call, plan: delete_plan(call.database, plan.id),
)
serve(router, _PLAN)


@router.put("/testplans/{plan_id}/archived")
async def put_archived(call: PlainCaller, plan_id: int) -> JSONResponse:
    """Archive a plan, or bring it back."""
    body = await call.body(ArchivedBody)
    plan = call.require_node(plan_id, "testplans")
    call.database.update("nodes", {"archived": body.archived}, id=plan.id)
    return envelope.updated(call)


async def _group(call: Caller, plan_id: int, group_id: int) -> PlanGroup:
    call.require_node(plan_id, "testplans")
    group = find_group(call.database, plan_id, group_id)
    if group is None:
        raise not_found(f"test group of the plan {plan_id}", group_id)
    return group


AskedGroup = Annotated[PlanGroup, Depends(_group)]


async def _open_group(call: Caller, group: AskedGroup) -> PlanGroup:
    call.require_open_plan(group.plan_id)
    return group


WritableGroup = Annotated[PlanGroup, Depends(_open_group)]
_GROUP = "/testplans/{plan_id}/testgroups/{group_id}"
_CASES = f"{_GROUP}/testcases"


@router.get("/testplans/{plan_id}/testgroups")
async def list_groups(call: Caller, plan_id: int, query: PageQuery) -> JSONResponse:
    """List the groups of a plan."""
    call.require_node(plan_id, "testplans")
    values = [wire.group(group) for group in find_groups(call.database, plan_id)]
    return envelope.cut(call, values, query)


@router.post("/testplans/{plan_id}/testgroups")
async def post_group(call: PlainCaller, plan_id: int) -> JSONResponse:
    """Add a group to a plan."""
    body = await call.body(GroupBody)
    plan = call.require_node(plan_id, "testplans")
    call.require_writable(plan)
    _check_group(call, body)
    visible_at = call.visible_at
    group_id = add_group(
        call.database, plan.id, body.name, assigned_to=body.assigned_to, visible_at=visible_at
    )
    call.hold_answer(visible_at)
    return envelope.created(call, f"/testplans/{plan.id}/testgroups", group_id)


def _check_group(call: Call, body: GroupBody) -> None:
    check_length("name", body.name, call.knobs.name_limit, call.knobs)
    require_user(body.assigned_to)
    if not body.name.strip():
        raise bad_request("a test group needs a name")


@router.get(_GROUP)
async def get_group(call: Caller, group: AskedGroup, query: IncludeQuery) -> JSONResponse:
    """Show a group."""
    return envelope.single(call, wire.group(group), query)


@router.put(_GROUP)
async def put_group(call: PlainCaller, group: WritableGroup) -> JSONResponse:
    """Rename a group and assign it to another user."""
    body = await call.body(GroupBody)
    _check_group(call, body)
    call.database.update("test_groups", body.model_dump(), id=group.id)
    return envelope.updated(call)


@router.delete(_GROUP)
async def remove_group(call: PlainCaller, group: WritableGroup) -> Response:
    """Delete a group, but not the last one.

    Source: Jama REST cookbook: every plan must have at least one group.
    """
    if len(find_groups(call.database, group.plan_id)) == 1:
        raise bad_request("the last group of a test plan cannot be deleted")
    delete_group(call.database, group.id)
    return envelope.updated(call)


@router.get(_CASES)
async def list_cases(call: Caller, group: AskedGroup, query: PageQuery) -> JSONResponse:
    """List the cases of a group in order."""
    case_ids = find_cases(call.database, group.id)
    shown = find_in_order(call.database, query.window().of(case_ids))
    values = [wire.node(call, case) for case in shown]
    return envelope.page(call, values, query, total=len(case_ids))


@router.post(_CASES)
async def post_case(call: PlainCaller, group: WritableGroup) -> JSONResponse:
    """Add one case to a group; existing cycles do not change."""
    body = await call.body(CaseBody)
    case = find_node(call.database, body.test_case, "items")
    if case is None or case.item_type not in case_types(call.database):
        raise bad_request(f"there is no test case with the ID {body.test_case}")
    with call.database.transaction():
        if not _is_there_already(call, group, case):
            add_case(call.database, plan=group.plan_id, group_id=group.id, case_id=case.id)
    folder = _CASES.format(plan_id=group.plan_id, group_id=group.id)
    return envelope.created(call, folder, case.id)


def _is_there_already(call: Call, group: PlanGroup, case: Node) -> bool:
    """Return whether the case is left where it is; refuse it where the knob says so.

    Source: Jama's test FAQ: a case can be in only one group of a plan.
    """
    rows = call.database.select("group_cases", plan=group.plan_id, test_case=case.id)
    holders = [row["test_group"] for row in rows]
    if not holders or call.knobs.duplicate_case == "201-noop":
        return bool(holders)
    if call.knobs.duplicate_case == "400" or group.id in holders:
        raise bad_request(f"{case.document_key} already exists in the test plan")
    return False


@router.get(_CASES + "/{case_id}")
async def get_case(
    call: Caller, group: AskedGroup, case_id: int, query: IncludeQuery
) -> JSONResponse:
    """Show a case of a group."""
    if not is_in_group(call.database, group.id, case_id):
        raise not_found(f"test case in the group {group.id}", case_id)
    return envelope.single(call, wire.node(call, call.require_node(case_id, "items")), query)


@router.delete(_CASES + "/{case_id}")
async def remove_case(call: PlainCaller, group: WritableGroup, case_id: int) -> Response:
    """Take a case out of a group; existing runs stay."""
    if not call.database.delete("group_cases", test_group=group.id, test_case=case_id):
        raise not_found(f"test case in the group {group.id}", case_id)
    return envelope.updated(call)
