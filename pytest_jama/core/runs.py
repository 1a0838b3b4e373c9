"""Test runs as a target stores them, and the changes that a session asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.verdicts import CaseVerdict, Verdict


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a test run.

    Attributes:
        status: The stored or intended status of the step.
        result: The step's actual result as plain text; None leaves what is stored.
        as_read: The step as the target gave it, handed back to it unchanged but for the above.
    """

    status: str
    result: str | None = None
    as_read: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class TestRun:
    """A test run of the cycle, as the target has it now.

    Attributes:
        run_id: The run's API ID; None in a dry run, for a run that would come with a new cycle.
        case_id: The API ID of the run's test case.
        name: The run's name, which Jama copies from the test case.
        status: The stored status, in the words of the target.
        steps: Its steps in their order; empty for a run without steps.
        document_key: The run's own key, for display.
        case_version: The version of the test case that the run was made from.
        current_case_version: The version that the test case has now; None when it was deleted.
    """

    __test__ = False

    run_id: int | None
    case_id: int
    name: str
    status: str
    steps: tuple[RunStep, ...] = ()
    document_key: str = ""
    case_version: int | None = None
    current_case_version: int | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the test case was changed since the run was made from it."""
        return (
            self.case_version is not None
            and self.current_case_version is not None
            and self.current_case_version > self.case_version
        )

    def __str__(self) -> str:
        return self.document_key or (f"run {self.run_id}" if self.run_id else "new run")


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """What shall be written into one test run.

    Attributes:
        run: The run as it is now.
        verdict: The judgement that asks for the change.
        status: The status the run must have afterwards: sent for a run without steps, and what
            the steps amount to for a run with steps.
        steps: The whole new step array in the original order; empty for a run without steps.
        account: Plain-text lines that say which tests led to the status; the target makes
            its own rich text of them. Empty when none shall be written.
    """

    run: TestRun
    verdict: CaseVerdict
    status: Verdict
    steps: tuple[RunStep, ...] = ()
    account: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A case with a verdict that has no test run to write it into.

    Attributes:
        case_ref: The reference as the user wrote it.
        reason: Why there is no run.
        remedy: What the user can do about it.
    """

    case_ref: CaseRef
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """All changes to test runs that a session asks for; a dry run prints it, an upload executes it.

    Attributes:
        updates: One for each run to change, in the order of the runs.
        warnings: Sentences for the summary: stale runs, step numbers that a run does not have.
        earlier: What an earlier upload brought there, so that it is not sent again.
    """

    updates: tuple[RunUpdate, ...] = ()
    warnings: tuple[str, ...] = ()
    earlier: tuple[RunUpdate, ...] = ()
