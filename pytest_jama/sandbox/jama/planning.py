"""Plans, their cycles, and the runs that are generated for a cycle."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.item_types import ITEM_TYPES
from pytest_jama.sandbox.jama.model import Json, Node
from pytest_jama.sandbox.jama.nodes import (
    NewNode,
    add_node,
    add_nodes,
    deactivate,
    find_nodes,
    get_node,
    save_fields,
)
from pytest_jama.sandbox.jama.plan_groups import DEFAULT_GROUP, add_group, find_cases, find_groups
from pytest_jama.sandbox.jama.selection import of_kind
from pytest_jama.sandbox.jama.statuses import NOT_RUN


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A place for a run: a case in a group of the plan, the `order`-th there (from 1)."""

    group_id: int
    case_id: int
    order: int


@dataclass(frozen=True, kw_only=True)
class Generation:
    """Which runs a cycle gets.

    Attributes:
        group_ids: None means all groups of the plan.
        statuses: Only cases whose run in the previous cycle had one of them, NOT_RUN if it had
            none; None means all.
        visible_at: Seconds since the epoch when the runs appear.
        cycle_visible_at: The same of a new cycle.
        indexed_at: Seconds since the epoch when search finds them.
    """

    group_ids: Sequence[int] | None = None
    statuses: Sequence[str] | None = None
    visible_at: float = 0.0
    cycle_visible_at: float = 0.0
    indexed_at: float = 0.0


def add_plan(
    database: Database,
    *,
    project: int,
    fields: Json,
    user: int,
    visible_at: float = 0.0,
    indexed_at: float = 0.0,
) -> int:
    """Create a plan with its default group."""
    new = NewNode(
        project=project,
        item_type=ITEM_TYPES["TSTPL"],
        fields=fields,
        user=user,
        visible_at=visible_at,
        indexed_at=indexed_at,
    )
    with database.transaction():
        plan = add_node(database, new)
        add_group(database, plan, DEFAULT_GROUP)
    return plan


def add_cycle(
    database: Database, plan: Node, fields: Json, generation: Generation, *, user: int
) -> int:
    """Create a cycle and its runs."""
    with database.transaction():
        slots = wanted_slots(database, plan.id, generation, before=None)
        new = NewNode(
            project=plan.project,
            item_type=ITEM_TYPES["TSTCY"],
            fields=fields,
            user=user,
            visible_at=generation.cycle_visible_at,
            indexed_at=generation.indexed_at,
            columns={"plan": plan.id},
        )
        cycle = get_node(database, add_node(database, new), "testcycles", with_hidden=True)
        add_runs(database, cycle, slots, generation, user=user)
    return cycle.id


def wanted_slots(
    database: Database, plan: int, generation: Generation, *, before: int | None
) -> list[Slot]:
    """List the cases that a cycle gets runs for, in order of groups and positions.

    Only cycles with an ID lower than `before` count as previous; None means any.
    """
    wanted = [
        Slot(group_id=group.id, case_id=case_id, order=order)
        for group in find_groups(database, plan)
        if generation.group_ids is None or group.id in generation.group_ids
        for order, case_id in enumerate(find_cases(database, group.id), start=1)
    ]
    previous = _previous_cycle(database, plan, before)
    if generation.statuses is None or not previous:
        return wanted
    known = _statuses_by_case(database, previous)
    return [slot for slot in wanted if _is_included(known.get(slot.case_id), generation)]


def _is_included(statuses: Sequence[str] | None, generation: Generation) -> bool:
    return bool(set(statuses or [NOT_RUN]) & set(generation.statuses or ()))


def _previous_cycle(database: Database, plan: int, before: int | None) -> int:
    return database.number(
        "SELECT max(id) FROM nodes WHERE kind = 'testcycles' AND active = 1 AND plan = ? "
        "AND id < coalesce(?, id + 1)",
        (plan, before),
    )


def _statuses_by_case(database: Database, cycle: int) -> dict[int, list[str]]:
    statuses = defaultdict(list)
    for run in find_runs(database, cycle):
        statuses[run.case_id].append(run.status)
    return statuses


def find_runs(database: Database, cycle: int, *, with_hidden: bool = False) -> tuple[Node, ...]:
    """List the runs of a cycle, oldest first, normally without those that appear later."""
    selection = of_kind("testruns").where("n.cycle = ?", cycle)
    return find_nodes(database, selection, with_hidden=with_hidden)


def add_runs(
    database: Database,
    cycle: Node,
    slots: Sequence[Slot],
    generation: Generation,
    *,
    user: int,
) -> list[int]:
    """Make a run for each slot: a snapshot of the case as it is now."""
    cases = _cases_by_id(database, slots)
    news = [
        NewNode(
            project=cycle.project,
            item_type=ITEM_TYPES["TSTRN"],
            fields=_run_fields(cases[slot.case_id], cycle),
            user=user,
            visible_at=generation.visible_at,
            indexed_at=generation.indexed_at,
            columns={
                "plan": cycle.plan_id,
                "cycle": cycle.id,
                "test_group": slot.group_id,
                "test_case": slot.case_id,
                "case_version": cases[slot.case_id].version,
                "group_order": slot.order,
            },
        )
        for slot in slots
    ]
    return add_nodes(database, news)


def _cases_by_id(database: Database, slots: Sequence[Slot]) -> dict[int, Node]:
    wanted = {slot.case_id for slot in slots}
    selection = of_kind("items").where(
        "n.id IN (SELECT value FROM json_each(?))", f"[{','.join(map(str, wanted))}]"
    )
    return {case.id: case for case in find_nodes(database, selection)}


def _run_fields(case: Node, cycle: Node) -> Json:
    fields: Json = {
        "name": case.name,
        "testRunSetName": cycle.name,
        "testRunStatus": NOT_RUN,
        "forcePassed": False,
    }
    if "description" in case.fields:
        fields["description"] = case.fields["description"]
    if steps := case.fields.get("testCaseSteps"):
        fields["testRunSteps"] = [{**step, "status": NOT_RUN} for step in steps]
    return fields


def regenerate(database: Database, cycle: Node, generation: Generation, *, how: str) -> None:
    """Bring the runs of a cycle up to date with the plan.

    `add_missing` keeps all runs and results; `recreate_all` starts from nothing.
    """
    with database.transaction():
        if how == "recreate_all":
            deactivate(database, cycle=cycle.id)
        existing = database.all(
            "SELECT test_group, test_case FROM nodes WHERE cycle = ? AND active = 1", (cycle.id,)
        )
        present = set(map(tuple, existing))
        slots = wanted_slots(database, cycle.plan_id, generation, before=cycle.id)
        missing = [slot for slot in slots if (slot.group_id, slot.case_id) not in present]
        add_runs(database, cycle, missing, generation, user=cycle.modified_by)


def save_cycle(database: Database, cycle: Node, fields: Json, *, user: int) -> None:
    """Store new fields of a cycle; its runs carry its name."""
    with database.transaction():
        save_fields(database, cycle, fields, user=user)
        if fields.get("name") != cycle.name:
            database.execute(
                "UPDATE nodes SET fields = json_set(fields, '$.testRunSetName', ?) WHERE cycle = ?",
                (fields.get("name"), cycle.id),
            )


def delete_cycle(database: Database, cycle: int) -> None:
    """Delete a cycle and its runs."""
    with database.transaction():
        deactivate(database, cycle=cycle)
        deactivate(database, id=cycle)


def delete_plan(database: Database, plan: int) -> None:
    """Delete a plan with its cycles and runs."""
    with database.transaction():
        deactivate(database, plan=plan)
        deactivate(database, id=plan)


def remake_run(database: Database, run: Node, *, user: int) -> int:
    """Replace a run by a new one of the current case version; its results are lost."""
    with database.transaction():
        deactivate(database, id=run.id)
        slot = Slot(group_id=run.test_group_id, case_id=run.case_id, order=run.group_order or 1)
        cycle = get_node(database, run.cycle_id, "testcycles")
        return add_runs(database, cycle, [slot], Generation(), user=user)[0]
