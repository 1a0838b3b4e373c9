"""Test cycles: creating one generates its runs, writing one may do it again."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from pytest_jama.sandbox.jama import envelope, wire
from pytest_jama.sandbox.jama.calls import Call, Caller, PlainCaller
from pytest_jama.sandbox.jama.edits import changed_fields, edit_between, edit_of_put
from pytest_jama.sandbox.jama.incoming import Body, IncludeQuery, PageQuery, checked_body
from pytest_jama.sandbox.jama.json_patch import patched
from pytest_jama.sandbox.jama.model import Node
from pytest_jama.sandbox.jama.nodes import of_kind
from pytest_jama.sandbox.jama.planning import (
    Generation,
    add_cycle,
    delete_cycle,
    find_groups,
    get_node,
    regenerate,
    save_cycle,
    wanted_slots,
)
from pytest_jama.sandbox.jama.refusals import bad_request
from pytest_jama.sandbox.jama.rules import Edit, edited_fields
from pytest_jama.sandbox.jama.statuses import STATUSES

router = APIRouter()

CYCLE_TYPE = 36


class GenerationBody(Body):
    """Which runs a cycle gets; what is left out means all."""

    test_groups_to_include: list[int] | None = None
    test_run_statuses_to_include: list[str] | None = None


class CycleBody(Body):
    """A new or changed cycle. Real servers accept it without the generation config."""

    fields: dict[str, Any]
    test_run_generation_config: GenerationBody | None = None


@router.get("/testplans/{plan_id}/testcycles")
async def list_cycles(call: Caller, plan_id: int, query: PageQuery) -> JSONResponse:
    """List the cycles of a plan."""
    call.require_node(plan_id, "testplans")
    selection = of_kind("testcycles").where("n.plan = ?", plan_id)
    return envelope.node_page(call, selection, query)


@router.post("/testplans/{plan_id}/testcycles")
async def post_cycle(call: PlainCaller, plan_id: int) -> JSONResponse:
    """Create a cycle and, at once, one run for every case of the plan."""
    body = await call.body(CycleBody)
    with call.database.transaction():
        plan = call.require_node(plan_id, "testplans")
        call.require_writable(plan)
        fields = _new_fields(call, plan, body.fields)
        generation = _generation(call, plan.id, body.test_run_generation_config)
        _refuse_empty(call, plan.id, generation)
        cycle_id = add_cycle(call.database, plan, fields, generation, user=call.user)
    return envelope.created(call, f"testcycles/{cycle_id}", cycle_id)


def _new_fields(call: Call, plan: Node, sent: dict[str, Any]) -> dict[str, Any]:
    known = {"project": plan.project, "testPlan": plan.id}
    cycle_type = call.require_type(CYCLE_TYPE)
    fields = edited_fields(known, Edit(set=sent), item_type=cycle_type, knobs=call.knobs)
    _check_dates(call, fields)
    return {name: value for name, value in fields.items() if name not in known}


def _check_dates(call: Call, fields: dict[str, Any]) -> None:
    if fields["endDate"] < fields["startDate"] and call.knobs.cycle_dates == "400":
        raise bad_request(f"endDate {fields['endDate']} is before startDate {fields['startDate']}")


def _generation(call: Call, plan_id: int, config: GenerationBody | None) -> Generation:
    config = config or GenerationBody()
    _check_groups(call, plan_id, config.test_groups_to_include or [])
    _check_statuses(config.test_run_statuses_to_include or [])
    now = call.database.clock()
    return Generation(
        group_ids=config.test_groups_to_include,
        statuses=config.test_run_statuses_to_include,
        unknown_as=call.knobs.case_without_previous_run,
        visible_at=now + call.knobs.cycle_generation_delay_s,
        indexed_at=now + call.knobs.search_lag_s,
    )


def _check_groups(call: Call, plan_id: int, wanted: list[int]) -> None:
    known = {group.id for group in find_groups(call.database, plan_id)}
    if unknown := sorted(set(wanted) - known):
        raise bad_request(f"testGroupsToInclude: {unknown[0]} is not a group of the plan {plan_id}")


def _check_statuses(wanted: list[str]) -> None:
    if unknown := sorted(set(wanted) - set(STATUSES)):
        known = ", ".join(STATUSES)
        raise bad_request(f"testRunStatusesToInclude: {unknown[0]!r} is not one of {known}")


def _refuse_empty(call: Call, plan_id: int, generation: Generation) -> None:
    if call.knobs.empty_cycle == "ok":
        return
    if not wanted_slots(call.database, plan_id, generation, before=None):
        raise bad_request("the test cycle would have no test run")


@router.get("/testcycles/{cycle_id}")
async def get_cycle(call: Caller, cycle_id: int, query: IncludeQuery) -> JSONResponse:
    """Show a cycle."""
    cycle = call.require_node(cycle_id, "testcycles")
    return envelope.single_node(call, cycle, query)


@router.put("/testcycles/{cycle_id}")
async def put_cycle(call: PlainCaller, cycle_id: int) -> JSONResponse:
    """Replace the fields of a cycle and regenerate its runs."""
    body = await call.body(CycleBody)
    with call.database.transaction():
        cycle = call.require_node(cycle_id, "testcycles")
        edit = edit_of_put(wire.shown_fields(call, cycle), body.fields, clear=cycle.fields)
        _write_cycle(call, cycle, edit, body.test_run_generation_config)
    return envelope.updated(call)


@router.patch("/testcycles/{cycle_id}")
async def patch_cycle(call: PlainCaller, cycle_id: int) -> JSONResponse:
    """Apply operations to a cycle; `add /testRunGenerationConfig` regenerates its runs."""
    operations = await call.json()
    with call.database.transaction():
        cycle = call.require_node(cycle_id, "testcycles")
        shown = wire.shown_fields(call, cycle)
        body = checked_body(patched({"fields": shown}, operations), CycleBody, call.knobs)
        edit = edit_between(shown, body.fields, operations)
        _write_cycle(call, cycle, edit, body.test_run_generation_config)
    return envelope.updated(call)


def _write_cycle(call: Call, cycle: Node, edit: Edit, config: GenerationBody | None) -> None:
    fields = changed_fields(call, cycle, edit)
    _check_dates(call, fields)
    save_cycle(call.database, cycle, fields, user=call.user)
    if config is None and call.knobs.regenerate_without_config == "no":
        return
    if call.knobs.regenerate == "refuse":
        raise bad_request(f"the runs of {cycle.document_key} cannot be generated again")
    generation = _generation(call, cycle.plan_id, config)
    saved = get_node(call.database, cycle.id)
    regenerate(call.database, saved, generation, how=call.knobs.regenerate)


@router.delete("/testcycles/{cycle_id}")
async def remove_cycle(call: PlainCaller, cycle_id: int) -> Response:
    """Delete a cycle and its runs."""
    cycle = call.require_node(cycle_id, "testcycles")
    call.require_writable(cycle)
    delete_cycle(call.database, cycle.id)
    return envelope.deleted(call)
