"""Rows as the values that the store hands out."""

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_jama.sandbox.itemtypes import CUSTOM_SEPARATOR
from pytest_jama.sandbox.model import Case, Cycle, Plan, Run, RunStep
from pytest_jama.sandbox.state.database import Database
from pytest_jama.sandbox.state.nodes import Node


def case_of(node: Node) -> Case:
    """See a test case item."""
    return Case(
        id=node.id,
        document_key=node.document_key,
        global_id=node.global_id,
        name=node.name,
        version=node.version,
        steps=tuple(node.fields.get("testCaseSteps", ())),
        last_activity_date=node.last_activity_date,
    )


def plan_of(node: Node) -> Plan:
    """See a test plan."""
    return Plan(
        id=node.id,
        project_id=node.project,
        document_key=node.document_key,
        name=node.name,
        archived=node.archived,
    )


def cycle_of(node: Node) -> Cycle:
    """See a test cycle."""
    return Cycle(
        id=node.id,
        plan_id=node.plan or 0,
        document_key=node.document_key,
        name=node.name,
        start_date=node.fields["startDate"],
        end_date=node.fields["endDate"],
    )


def case_keys(database: Database, runs: Iterable[Node]) -> Mapping[int, str]:
    """Look up the document keys of the cases of runs, the deleted ones too."""
    wanted = ",".join(str(case_id) for case_id in {run.test_case for run in runs})
    rows = database.all(
        "SELECT id, document_key FROM nodes WHERE id IN (SELECT value FROM json_each(?))",
        (f"[{wanted}]",),
    )
    return {row["id"]: row["document_key"] for row in rows}


def run_of(node: Node, keys: Mapping[int, str]) -> Run:
    """See a test run."""
    fields = node.fields
    return Run(
        id=node.id,
        document_key=node.document_key,
        plan_id=node.plan or 0,
        cycle_id=node.cycle or 0,
        case_id=node.test_case or 0,
        case_key=keys[node.test_case or 0],
        test_group_id=node.test_group or 0,
        name=node.name,
        status=fields["testRunStatus"],
        steps=tuple(step_of(step) for step in fields.get("testRunSteps", ())),
        actual_results=fields.get("actualResults"),
        assigned_to=fields.get("assignedTo"),
        execution_date=fields.get("executionDate"),
        custom_fields={name: value for name, value in fields.items() if CUSTOM_SEPARATOR in name},
        case_version=node.case_version or 1,
        current_case_version=node.current_case_version,
        locked_by=node.locked_by,
        version=node.version,
        created_date=node.created_date,
        modified_date=node.modified_date,
        last_activity_date=node.last_activity_date,
    )


def step_of(step: Mapping[str, Any]) -> RunStep:
    """See a step of a run."""
    return RunStep(
        action=step.get("action", ""),
        expected_result=step.get("expectedResult", ""),
        notes=step.get("notes", ""),
        status=step["status"],
        result=step.get("result"),
    )
