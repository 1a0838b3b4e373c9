"""What the store hands out to tests and to the page: plain values, and how rows become them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama.item_types import CUSTOM_SEPARATOR

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Node:
    """One row of the wide table; columns that a kind has no use for hold nothing."""

    id: int
    kind: str
    project: int
    item_type: int
    document_key: str
    global_id: str
    version: int
    active: bool
    created_date: str
    created_by: int
    modified_date: str
    modified_by: int
    last_activity_date: str
    locked_by: int | None
    locked_date: str | None
    fields: Json
    parent: int | None
    sort_order: int
    sequence: str
    child_item_type: int | None
    archived: bool
    plan: int | None
    cycle: int | None
    test_group: int | None
    test_case: int | None
    case_version: int | None
    group_order: int | None
    current_case_version: int | None

    @property
    def name(self) -> str:
        """The name that every kind has."""
        return str(self.fields.get("name", ""))


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the sandbox accepts; both ways lead to the same user."""

    client_id: str = "sandbox-client"
    client_secret: str = field(default="sandbox-secret", repr=False)
    username: str = "sandbox"
    password: str = field(default="sandbox-password", repr=False)


@dataclass(frozen=True, kw_only=True)
class User:
    """A person or robot with an account."""

    id: int
    username: str
    first_name: str
    last_name: str
    email: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class StoredProject:
    """A project, or a folder of projects (which has no key)."""

    id: int
    key: str | None
    name: str
    is_folder: bool
    parent: int | None
    created_date: str
    created_by: int


@dataclass(frozen=True, kw_only=True)
class Case:
    """A test case item. `steps` are maps of action, expectedResult and notes."""

    id: int
    document_key: str
    global_id: str
    name: str
    version: int
    steps: tuple[Mapping[str, str], ...]
    last_activity_date: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A test plan."""

    id: int
    project_id: int
    document_key: str
    name: str
    archived: bool


@dataclass(frozen=True, kw_only=True)
class StoredGroup:
    """A test group of a plan, with its cases in order."""

    id: int
    plan_id: int
    name: str
    assigned_to: int | None
    case_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """A test cycle of a plan."""

    id: int
    plan_id: int
    document_key: str
    name: str
    start_date: str
    end_date: str


@dataclass(frozen=True, kw_only=True)
class RunStep:
    """One step of a run; the texts are HTML."""

    action: str
    expected_result: str
    notes: str
    status: str
    result: str | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A test run.

    Attributes:
        current_case_version: Nothing when the test case was deleted.
        custom_fields: By full name, e.g. `build_number$37`.
    """

    id: int
    document_key: str
    plan_id: int
    cycle_id: int
    case_id: int
    case_key: str
    test_group_id: int
    name: str
    status: str
    steps: tuple[RunStep, ...]
    actual_results: str | None
    assigned_to: int | None
    execution_date: str | None
    custom_fields: Mapping[str, Any]
    case_version: int
    current_case_version: int | None
    locked_by: int | None
    version: int
    created_date: str
    modified_date: str
    last_activity_date: str


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
