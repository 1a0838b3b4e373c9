"""What the store hands out to tests and to the page: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
class Project:
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
class Group:
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
