"""Test runs: list, read, write, delete, update to the current test case."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller
from pytest_jama.sandbox.jama.edits import changed_fields, edit_of_patch, edit_of_put
from pytest_jama.sandbox.jama.incoming import FieldsBody, IncludeQuery, ListQuery, PageQuery
from pytest_jama.sandbox.jama.model import Node
from pytest_jama.sandbox.jama.nodes import deactivate, of_kind, save_fields
from pytest_jama.sandbox.jama.planning import remake_run
from pytest_jama.sandbox.jama.refusals import ApiError, bad_request
from pytest_jama.sandbox.jama.rules import Edit, edited_run, is_executed, is_writable

router = APIRouter()

BY_KEY = ("documentKey.asc",)
_NEVER_CLEARED = {"testRunStatus", "testRunSteps"}


class RunFilter(ListQuery):
    """Query of the list of runs: values of one parameter are alternatives."""

    test_cycle: tuple[int, ...] = ()
    test_case: tuple[int, ...] = ()
    test_plan: tuple[int, ...] = ()
    sort_by: tuple[str, ...] = BY_KEY


@router.get("/testruns")
async def list_runs(call: Caller, query: Annotated[RunFilter, Query()]) -> JSONResponse:
    """List runs by cycle, case and plan; at least one of them is needed."""
    if not (query.test_cycle or query.test_case or query.test_plan):
        raise bad_request("at least one of testCycle, testCase and testPlan is required")
    selection = (
        of_kind("testruns")
        .where_in("n.cycle", query.test_cycle)
        .where_in("n.test_case", query.test_case)
        .where_in("n.plan", query.test_plan)
    )
    return envelope.node_page(call, selection, query, sort_by=query.sort_by)


@router.get("/testcycles/{cycle_id}/testruns")
async def list_runs_of_cycle(call: Caller, cycle_id: int, query: PageQuery) -> JSONResponse:
    """List the runs of a cycle."""
    call.require_node(cycle_id, "testcycles")
    selection = of_kind("testruns").where("n.cycle = ?", cycle_id)
    return envelope.node_page(call, selection, query, sort_by=BY_KEY)


@router.get("/testruns/{run_id}")
async def get_run(call: Caller, run_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a run."""
    run = call.require_node(run_id, "testruns")
    return envelope.single_node(call, run, query)


@router.put("/testruns/{run_id}")
async def put_run(call: PlainCaller, run_id: int) -> JSONResponse:
    """Write fields of a run; whether those left out are cleared is a knob."""
    body = await call.body(FieldsBody)
    with call.database.transaction():
        run = call.require_node(run_id, "testruns")
        clear = _clearable(call, run) if call.knobs.put_run == "replace" else set()
        write_run(call, run, edit_of_put(wire.shown_fields(call, run), body.fields, clear=clear))
    return envelope.updated(call)


def _clearable(call: Call, run: Node) -> set[str]:
    fields = call.type_of(run).fields
    return {field.name for field in fields if is_writable(field, call.knobs)} - _NEVER_CLEARED


@router.patch("/testruns/{run_id}")
async def patch_run(call: PlainCaller, run_id: int) -> JSONResponse:
    """Apply operations to a run, all or none."""
    operations = await call.json()
    with call.database.transaction():
        run = call.require_node(run_id, "testruns")
        write_run(call, run, edit_of_patch(call, run, operations))
    return envelope.updated(call)


def write_run(call: Call, run: Node, edit: Edit) -> None:
    """Store what an edit makes of a run.

    Source: Jama REST cookbook: executing a run moves only the run's own activity date.
    """
    fields = changed_fields(call, run, edit, rule=edited_run)
    if is_executed(edit, fields) and "executionDate" not in edit.set:
        fields["executionDate"] = call.database.now()
    save_fields(call.database, run, fields, user=call.user)


@router.delete("/testruns/{run_id}")
async def delete_run(call: PlainCaller, run_id: int) -> Response:
    """Delete a run; the cookbook does not list the verb, the OpenAPI document does."""
    if call.knobs.delete_run == "405":
        raise ApiError(405, "test runs cannot be deleted here (knob delete_run)")
    run = call.require_node(run_id, "testruns")
    call.require_writable(run)
    deactivate(call.database, [run.id])
    return envelope.deleted(call)


@router.post("/testruns/{run_id}/updatedtestcase")
async def update_test_case(call: PlainCaller, run_id: int) -> JSONResponse:
    """Replace a run by a new one of the current case version; its results are lost."""
    with call.database.transaction():
        run = call.require_node(run_id, "testruns")
        call.require_writable(run)
        if run.current_case_version is None:
            raise bad_request(f"the test case of {run.document_key} was deleted")
        new_id = remake_run(call.database, run, user=call.user)
    return envelope.created(call, f"testruns/{new_id}", new_id)
