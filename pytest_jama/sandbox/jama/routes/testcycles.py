"""Test cycles and their runs: creating a cycle generates runs, writing it may do so again."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pytest_jama.sandbox.jama import envelope
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller
from pytest_jama.sandbox.jama.edits import Edit
from pytest_jama.sandbox.jama.incoming import Body, FieldsBody, ListQuery
from pytest_jama.sandbox.jama.model import ApiError, Json, Node, bad_request
from pytest_jama.sandbox.jama.nodes import deactivate, get_node, save_fields
from pytest_jama.sandbox.jama.objects import (
    Kind,
    changed_fields,
    new_fields,
    serve,
    serve_below,
)
from pytest_jama.sandbox.jama.plan_groups import find_groups
from pytest_jama.sandbox.jama.planning import (
    Generation,
    add_cycle,
    delete_cycle,
    regenerate,
    remake_run,
    save_cycle,
)
from pytest_jama.sandbox.jama.rules import edited_run, is_executed, statuses_of
from pytest_jama.sandbox.jama.selection import of_kind

router = APIRouter()

_CYCLE_TYPE = 36
_BY_KEY = ("documentKey.asc",)
_NEVER_CLEARED = {"testRunStatus", "testRunSteps"}


class GenerationBody(Body):
    """Which runs a cycle gets; what is left out means all."""

    test_groups_to_include: list[int] | None = None
    test_run_statuses_to_include: list[str] | None = None


class CycleBody(FieldsBody):
    """A new or changed cycle. Real servers accept it without the generation config."""

    test_run_generation_config: GenerationBody | None = None


class RunFilter(ListQuery):
    """Query of the list of runs: values of one parameter are alternatives."""

    test_cycle: tuple[int, ...] = ()
    test_case: tuple[int, ...] = ()
    test_plan: tuple[int, ...] = ()
    sort_by: tuple[str, ...] = _BY_KEY


@router.get("/testruns")
async def list_runs(call: Caller, query: Annotated[RunFilter, Query()]) -> JSONResponse:
    """List runs by cycle, case and plan; at least one of them is needed."""
    if not (query.test_cycle or query.test_case or query.test_plan):
        raise bad_request("at least one of testCycle, testCase and testPlan is required")
    selection = of_kind("testruns")
    # A plus keeps SQLite from going through a whole cycle for the runs of a few cases.
    other = "+" if query.test_case else ""
    wanted = {
        f"{other}n.cycle": query.test_cycle,
        "n.test_case": query.test_case,
        f"{other}n.plan": query.test_plan,
    }
    if call.knobs.runs_filter == "or":
        selection = selection.where_any(wanted)
    else:
        for column, values in wanted.items():
            selection = selection.where_in(column, values)
    return envelope.node_page(call, selection, query, sort_by=query.sort_by)


def _write_run(call: Call, run: Node, _: FieldsBody, edit: Edit) -> None:
    """Store what an edit makes of a run.

    Source: Jama REST cookbook: executing a run moves only the run's own activity date.
    """
    fields = changed_fields(call, run, edit, rule=edited_run)
    if is_executed(edit, fields):
        fields["executionDate"] = call.database.now()
    save_fields(call.database, run, fields, user=call.user)


def _check_patch_of_run(call: Call, operations: Any) -> None:
    """Refuse what a server cannot do that lacks PATCH of runs, or a part of it."""
    how, what = call.knobs.run_patch, call.request.url.path
    if how == "replace_only":
        given = operations if isinstance(operations, list) else []
        names = {
            str(each["op"]).lower() for each in given if isinstance(each, dict) and "op" in each
        }
        if "add" in names:
            raise bad_request("the operation 'add' is not supported for test runs, 'replace' is")
    elif how != "allow":
        raise ApiError(int(how), _PATCH_REFUSALS[how].format(what))


_PATCH_REFUSALS = {
    "400": "PATCH operations are not supported for test runs ({})",
    "404": "there is nothing at PATCH {}",
    "405": "PATCH {} is not possible with this method",
    "415": "PATCH {} does not accept the media type of this body",
}


def _cleared_of_run(call: Call, run: Node) -> set[str]:
    if call.knobs.put_run == "merge":
        return set()
    fields = call.require_type(run.item_type).fields
    return {field.name for field in fields if not field.read_only} - _NEVER_CLEARED


@router.post("/testruns/{run_id}/updatedtestcase")
async def update_test_case(call: PlainCaller, run_id: int) -> JSONResponse:
    """Replace a run by a new one of the current case version; its results are lost."""
    with call.database.transaction():
        run = call.require_node(run_id, "testruns")
        call.require_writable(run)
        if run.current_case_version is None:
            raise bad_request(f"the test case of {run.document_key} was deleted")
        new_id = remake_run(call.database, run, user=call.user)
    return envelope.created(call, "/testruns", new_id)


@router.post("/testplans/{plan_id}/testcycles")
async def post_cycle(call: PlainCaller, plan_id: int) -> JSONResponse:
    """Create a cycle and, at once, one run for every case of the plan."""
    body = await call.body(CycleBody)
    with call.database.transaction():
        plan = call.require_node(plan_id, "testplans")
        call.require_writable(plan)
        known = {"project": plan.project, "testPlan": plan.id}
        fields = new_fields(call, body.fields, call.require_type(_CYCLE_TYPE), known)
        _check_dates(fields)
        generation = _generation(call, plan.id, body.test_run_generation_config)
        cycle_id = add_cycle(call.database, plan, fields, generation, user=call.user)
    call.hold_answer(generation.cycle_visible_at)
    return envelope.created(call, "/testcycles", cycle_id)


def _check_dates(fields: Json) -> None:
    if fields["endDate"] < fields["startDate"]:
        raise bad_request(f"endDate {fields['endDate']} is before startDate {fields['startDate']}")


def _generation(call: Call, plan_id: int, config: GenerationBody | None) -> Generation:
    config = config or GenerationBody()
    groups = {group.id for group in find_groups(call.database, plan_id)}
    if unknown := sorted(set(config.test_groups_to_include or ()) - groups):
        raise bad_request(f"testGroupsToInclude: {unknown[0]} is not a group of the plan {plan_id}")
    statuses = statuses_of(call.knobs)
    if wrong := sorted(set(config.test_run_statuses_to_include or ()) - set(statuses)):
        known = ", ".join(statuses)
        raise bad_request(f"testRunStatusesToInclude: {wrong[0]!r} is not one of {known}")
    visible_at = call.visible_at
    return Generation(
        group_ids=config.test_groups_to_include,
        statuses=config.test_run_statuses_to_include,
        visible_at=visible_at + call.knobs.cycle_generation_delay_s,
        cycle_visible_at=visible_at,
        indexed_at=call.indexed_at,
    )


def _write_cycle(call: Call, cycle: Node, body: CycleBody, edit: Edit) -> None:
    """Store what an edit makes of a cycle; the generation config generates its runs again."""
    fields = changed_fields(call, cycle, edit)
    _check_dates(fields)
    save_cycle(call.database, cycle, fields, user=call.user)
    config = body.test_run_generation_config
    if config is None:
        return
    if call.knobs.regenerate == "refuse":
        raise bad_request(f"the runs of {cycle.document_key} cannot be generated again")
    generation = _generation(call, cycle.plan_id, config)
    saved = get_node(call.database, cycle.id, "testcycles")
    regenerate(call.database, saved, generation, how=call.knobs.regenerate)


_RUN = Kind(
    name="testruns",
    body=FieldsBody,
    write=_write_run,
    delete=lambda call, run: deactivate(call.database, id=run.id),
    cleared=_cleared_of_run,
    check_patch=_check_patch_of_run,
)
_CYCLE = Kind(
    name="testcycles",
    body=CycleBody,
    write=_write_cycle,
    delete=lambda call, cycle: delete_cycle(call.database, cycle.id),
    patchable=("testRunGenerationConfig",),
)
_CYCLES, _RUNS = "/testplans/{id}/testcycles", "/testcycles/{id}/testruns"
serve(router, _RUN)
serve(router, _CYCLE)
serve_below(router, _CYCLES, "testcycles", "n.plan = ?", parent="testplans")
serve_below(router, _RUNS, "testruns", "n.cycle = ?", parent="testcycles", sort_by=_BY_KEY)
