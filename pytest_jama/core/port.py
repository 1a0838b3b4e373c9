"""The port to a test-management server: three verbs and the values they exchange.

A target is an adapter of this port. `resolve` reads (and, when allowed, creates what is missing),
`push` writes; nothing else touches the network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.observer import Change, Observer
    from pytest_jama.core.runs import RunUpdate, TestRun, Unresolved, UpdatePlan
    from pytest_jama.core.verdicts import Judgement


@dataclass(frozen=True, slots=True)
class Place:
    """A project, plan or cycle that results go to.

    Attributes:
        name: Its name or key, as a user knows it.
        place_id: Its API ID; None in a dry run for what does not exist yet.
        link: A URL that shows it; empty when there is none.
    """

    name: str
    place_id: int | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where the verdicts of a session go.

    Attributes:
        project: The project.
        plan: The test plan.
        cycle: The test cycle.
        runs: The test runs of each case reference that has any, in ascending order of their IDs.
        unresolved: The case references that have none.
        changes: What was created on the way, or in a dry run what would be, in that order.
        warnings: Sentences about what did not stop us: ambiguous names, an archived plan.
    """

    project: Place
    plan: Place
    cycle: Place
    runs: Mapping[CaseRef, tuple[TestRun, ...]] = field(default_factory=dict)
    unresolved: tuple[Unresolved, ...] = ()
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


class Target(Protocol):
    """A server that stores verdicts in test runs."""

    def resolve(
        self,
        case_refs: Sequence[CaseRef],
        *,
        aliases: Sequence[CaseRef] = (),
        create: bool,
        observer: Observer,
    ) -> Resolution:
        """Find the runs of the given cases, creating plan, group and cycle where allowed.

        Args:
            case_refs: Every case that has something to write, each once.
            aliases: References that nothing is written for, but that may name one of those cases,
                too: then `Resolution.runs` has its runs under both. Nothing else happens to them.
            create: False reads only; `Resolution.changes` then says what would be created, and
                runs that would come with a new cycle have no ID.
            observer: Told each change as soon as it is made.

        Raises:
            TargetError: When the target cannot be used. A single case without a run is no
                exception but an entry of `Resolution.unresolved`.
        """
        ...

    def plan_updates(
        self, judgement: Judgement, resolution: Resolution, *, provenance: str
    ) -> UpdatePlan:
        """Decide what is to be written into which run, by the rules of the server; sends nothing.

        Args:
            judgement: The verdicts of the session.
            resolution: Where they go, as `resolve` found it.
            provenance: One line that opens each account; empty writes no accounts.
        """
        ...

    def push(
        self,
        updates: Sequence[RunUpdate],
        *,
        observer: Observer,
    ) -> tuple[Receipt, ...]:
        """Write the updates, read the runs back and compare.

        A refused update is a receipt, not an exception, and never stops the others. When the target
        stops answering, or somebody presses Ctrl-C, the rest come back as ``NOT_SENT`` and name the
        cause.

        Args:
            updates: What to write, each run once.
            observer: Told each receipt, in the calling thread, as soon as the fate of an update is
                known, and again for an update that turns out to be a mismatch.

        Returns:
            The final receipt of each update, in the order of the updates.
        """
        ...

    def close(self) -> None:
        """Release connections; the target is not used afterwards."""
        ...


class SendState(str, Enum):
    """What became of one update."""

    SENT = "sent"
    REFUSED = "refused"
    """The target answered with a refusal; other updates are not affected."""
    LOCKED = "locked"
    """Somebody has locked the run; it was left alone."""
    MISMATCH = "mismatch"
    """Sent and accepted, but the run reads back with another status."""
    UNVERIFIED = "not read back"
    """Sent and accepted, but the run could not be read back."""
    NOT_SENT = "not sent"
    """The upload stopped before it, or nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one update.

    Attributes:
        update: The update.
        state: What became of it.
        attempts: How many requests were made for it.
        error: Why it is not simply sent; empty otherwise.
        cause: What ended the whole upload here; None when only this update is concerned.
    """

    update: RunUpdate
    state: SendState
    attempts: int = 1
    error: str = ""
    cause: PytestJamaError | None = None


@dataclass(frozen=True, slots=True)
class UploadReport:
    """The outcome of an upload: everything that a summary, a JSON document or an exit code needs.

    Attributes:
        resolution: Where the results went; None when the target could not be used at all.
        plan: The changes to test runs; printed by a dry run, executed otherwise.
        receipts: One for each update; none after a dry run.
        unresolved: Cases with a verdict but without a run.
        warnings: Sentences about things that did not stop the upload.
        stopped: Why the upload could not start or finish; None when it did both.
    """

    resolution: Resolution | None = None
    plan: UpdatePlan | None = None
    receipts: tuple[Receipt, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    warnings: tuple[str, ...] = ()
    stopped: PytestJamaError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything there was to send arrived and reads back as intended."""
        return (
            self.stopped is None
            and not self.unresolved
            and all(receipt.state is SendState.SENT for receipt in self.receipts)
        )
