"""What the layers hand each other: plain values, and the one exception."""

from dataclasses import dataclass, field
from typing import Any

from pytest_jama.sandbox.jama.item_types import CUSTOM_SEPARATOR

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StoredStep:
    """One step of a run or of a test case; the texts are HTML, the status of a case's is empty."""

    action: str
    expected_result: str
    notes: str
    status: str
    result: str | None


@dataclass(frozen=True, kw_only=True)
class Node:
    """An item, plan, cycle, run or attachment: one row of the wide table.

    Attributes:
        kind: `items`, `testplans`, `testcycles`, `testruns` or `attachments`.
        plan_id: Of cycles and runs; 0 for anything else, as with the next three.
        case_key: Document key of a run's case, also of a deleted one; empty for anything else.
        current_case_version: None when the test case was deleted.
    """

    id: int
    kind: str
    project: int
    item_type: int
    document_key: str
    global_id: str
    version: int
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
    plan_id: int
    cycle_id: int
    test_group_id: int
    case_id: int
    case_key: str
    case_version: int | None
    current_case_version: int | None
    group_order: int | None

    @property
    def name(self) -> str:
        """The name that every kind has."""
        return str(self.fields.get("name", ""))

    @property
    def start_date(self) -> str:
        """The first day of a cycle."""
        return str(self.fields["startDate"])

    @property
    def end_date(self) -> str:
        """The last day of a cycle."""
        return str(self.fields["endDate"])

    @property
    def status(self) -> str:
        """The status of a run."""
        return str(self.fields["testRunStatus"])

    @property
    def steps(self) -> tuple[StoredStep, ...]:
        """The steps of a run or of a test case."""
        steps = self.fields.get("testRunSteps") or self.fields.get("testCaseSteps") or ()
        return tuple(_step_of(step) for step in steps)

    @property
    def actual_results(self) -> str | None:
        """What a run reports."""
        return self.fields.get("actualResults")

    @property
    def assigned_to(self) -> int | None:
        """The user that a run or plan is assigned to."""
        return self.fields.get("assignedTo")

    @property
    def execution_date(self) -> str | None:
        """When a run was executed."""
        return self.fields.get("executionDate")

    @property
    def custom_fields(self) -> Json:
        """The fields that the instance defined, by full name, e.g. `build_number$37`."""
        return {name: value for name, value in self.fields.items() if CUSTOM_SEPARATOR in name}


def _step_of(step: Json) -> StoredStep:
    return StoredStep(
        action=step.get("action", ""),
        expected_result=step.get("expectedResult", ""),
        notes=step.get("notes", ""),
        status=step.get("status", ""),
        result=step.get("result"),
    )


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the sandbox accepts; both ways lead to the same user."""

    client_id: str = "sandbox-client"
    client_secret: str = field(default="sandbox-secret", repr=False)
    username: str = "sandbox"
    password: str = field(default="sandbox-password", repr=False)


@dataclass(frozen=True)
class User:
    """A person or robot with an account."""

    id: int
    username: str
    first_name: str
    last_name: str
    email: str
    active: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class StoredProject:
    """A project. Folders of projects, which Jama shows as projects, cannot be made here."""

    id: int
    key: str
    name: str
    created_date: str
    created_by: int
    parent: int | None = None
    is_folder: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredGroup:
    """A test group of a plan, with its cases in order."""

    id: int
    plan_id: int
    name: str
    assigned_to: int | None
    case_ids: tuple[int, ...]


@dataclass(frozen=True)
class PlanGroup:
    """A test group of a plan, without its cases, of which there may be many."""

    id: int
    plan_id: int
    name: str
    assigned_to: int | None


class ApiError(Exception):
    """A request that Jama would refuse; the message says what is wrong and what to do.

    Args:
        status: Of the answer.
        message: What is wrong.
        body: The whole answer; None makes the usual one.
    """

    def __init__(self, status: int, message: str, *, body: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.body = body


def bad_request(message: str) -> ApiError:
    """Return the refusal of a body, a field or a rule."""
    return ApiError(400, message)


def not_found(what: str, identifier: object) -> ApiError:
    """Return the refusal of an ID that does not exist (for that kind)."""
    return ApiError(404, f"there is no {what} with the ID {identifier}")
