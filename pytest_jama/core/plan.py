"""What an upload is to do, and what became of it: the values that go through the port.

Most are named tuples: every enabled session makes these classes, and they cost a third of others.
A target may store verdicts run by run, or take one document of all results and judge it later: an
`Update` is whatever arrives or does not arrive as a whole.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.attached_file import FileReceipt
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.prior_state import EarlierStatus
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict, Judgement


def _find_nothing(_: str) -> None:
    return None


class Mode(Enum):
    """What a session does with its verdicts; the value is the word of the header line."""

    SEND = ""
    DRY_RUN = "dry run"
    """Only read, and print the exact changes."""
    NO_UPLOAD = "no upload"
    """Only write the journal."""


class ServerTask(NamedTuple):
    """A task in which a server works off what it has taken.

    Attributes:
        task_id: Its ID.
        until: Till when the server remembers it, as the server wrote it; may be empty.
    """

    task_id: int
    until: str = ""


class Findings(NamedTuple):
    """What a session found, made once for all targets.

    Attributes:
        results: Every test, also those that are linked to no case or did not run.
        judgement: What follows from them, case by case.
        provenance: One line that opens each account, see `Provenance`. Empty writes no accounts.
        session: The name of the session; those of several that are sent as one.
        lock: What the cases said when their tests were reviewed; None without `jama.lock`.
        known: Cases that only the map or jama.lock names; no test of the session is linked to them.
        awaited: Cases whose verdict is still to come, see `SendsEarly`; they get a place.
        prepares: Whether everything is only made ready for sessions to come, which will write into
            it: the plan has no updates. A target that takes documents has nothing to prepare.
        begun: What earlier uploads began to create (`Change.what`), and did not learn whether it
            was: when they began, in seconds since 1970.
        find_file: Returns where the content of a file of the results is kept, by its SHA-256; None
            when it is not there (any more).
        filed: What earlier uploads did with the files, in that order.
        tasks: In which task the server took what earlier uploads sent, by `Update.key`.
        statuses: What earlier uploads found in places and meant to write there, by `Update.key`.
        started: When the session, or the first of several, began, in seconds since 1970 (UTC).
        is_resumed: Whether an earlier upload may have sent some of it.
    """

    results: Sequence[TestResult]
    judgement: Judgement
    provenance: str = ""
    session: str = ""
    lock: Lock | None = None
    known: tuple[CaseRef, ...] = ()
    awaited: tuple[CaseRef, ...] = ()
    prepares: bool = False
    begun: Mapping[str, float] = MappingProxyType({})
    find_file: Callable[[str], Path | None] = _find_nothing
    filed: tuple[FileReceipt, ...] = ()
    tasks: Mapping[str, ServerTask] = MappingProxyType({})
    statuses: Mapping[str, tuple[EarlierStatus, ...]] = MappingProxyType({})
    started: float | None = None
    is_resumed: bool = False


class Place(NamedTuple):
    """Where results go: a project, a plan, a cycle.

    Attributes:
        kind: What it is, in one word; the label of its line and the key in JSON.
        name: Its name or key, as a user knows it.
        place_id: Its ID at the server; None in a dry run for what does not exist yet, and empty
            where the server is told the name alone.
        link: A URL that shows it; empty when there is none.
        is_printed: Whether the summary has a line for it.
    """

    kind: str
    name: str
    place_id: int | str | None = None
    link: str = ""
    is_printed: bool = True


class CaseChange(NamedTuple):
    """What an update means for one case.

    Attributes:
        case: The case, with its verdict.
        name: What people call it.
        was: The status that the server shows for it before; may be empty.
        will_be: The one after.
        remark: Why that is not simply the verdict; may be empty.
    """

    case: CaseVerdict
    name: str = ""
    was: str = ""
    will_be: str = ""
    remark: str = ""


class Update(Protocol):
    """What is to be written as a whole: into one test run, or as one document."""

    @property
    def key(self) -> str:
        """Its identity: the ID of a run, the hash of a document. Unique in its plan."""

    @property
    def title(self) -> str:
        """Its name for people: ``JEET1-TC-12 (JEET1-TSTRN-5)``."""

    @property
    def was(self) -> str:
        """What the server shows before it, in the server's words; may be empty."""

    @property
    def will_be(self) -> str:
        """What the server is to show after it."""

    def describe(self) -> str:
        """Say what changes where, in a line."""

    def case_changes(self) -> Sequence[CaseChange]:
        """Return what it means for each case; none when the server shows no status of cases."""

    def counts(self) -> Mapping[str, int]:
        """Return how many verdicts of each word it brings."""

    def fingerprint(self, server: str) -> str:
        """Return a text that is the same for what says the same to the same place.

        Args:
            server: The URL of the server.
        """

    def is_shown(self) -> bool | None:
        """Return whether the server shows it already; None when that cannot be known."""

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        """Return it fit for JSON, for the journal and for scripts; brief, what a receipt needs."""


class ChangeKind(str, Enum):
    """What is done to the target before results are written there."""

    CREATE = "create"
    ADD = "add"
    """A test case becomes part of something; there may be very many of these."""
    REGENERATE = "regenerate"


class Change(NamedTuple):
    """One thing that is made at the target so that there is something to write results into.

    Attributes:
        kind: What is done.
        what: To what: ``test plan 'Release 1'``, ``case JEET1-TC-12``.
        where: What that becomes part of: ``group 'Group 1'``. Empty when that does not matter.
    """

    kind: ChangeKind
    what: str
    where: str = ""

    def __str__(self) -> str:
        text = f"{self.kind.value} {self.what}"
        return f"{text} to {self.where}" if self.where else text


class Unresolved(NamedTuple):
    """A case with a verdict that has no place to write it into.

    Attributes:
        case_ref: The reference as the user wrote it.
        reason: Why there is none.
        remedy: What the user can do about it.
        asks_for: The option of ``pytest-jama upload`` without which another upload would fail in
            the same way: ``map``, or ``cycle``; empty when it may succeed as it is.
    """

    case_ref: CaseRef
    reason: str
    remedy: str
    asks_for: Literal["", "map", "cycle"] = ""


class Overlap(NamedTuple):
    """A place that holds a result of others than this session.

    Attributes:
        key: The `Update.key` of what was to be written there.
        title: Its name for people.
        was: What the server shows there.
        will_be: What this session says.
        why: What made us replace it or leave it, and what becomes of what stood there.
        verdict: What this session concludes.
    """

    key: str
    title: str
    was: str
    will_be: str
    why: str
    verdict: CaseVerdict


class Plan(NamedTuple):
    """All that an upload will do; a dry run prints it, an upload executes it.

    Attributes:
        places: Where the results go, in the order of the summary.
        updates: What is to be written, each once.
        changes: What was created on the way, or in a dry run what would be, in that order.
        unresolved: The cases that have no place.
        warnings: Sentences about what did not stop us: ambiguous names, stale runs.
        earlier: What an earlier upload brought there, so that it is not sent again.
        noun: What people call one of the updates.
        left: What is not written, since what stands there counts for more.
        replaced: Which of the updates replace what a person should know of.
        links: The page of the server that shows an update, by `Update.key`, where there is one.
    """

    places: tuple[Place, ...] = ()
    updates: tuple[Update, ...] = ()
    changes: tuple[Change, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    warnings: tuple[str, ...] = ()
    earlier: tuple[Update, ...] = ()
    noun: str = "test run"
    left: tuple[Overlap, ...] = ()
    replaced: tuple[Overlap, ...] = ()
    links: Mapping[str, str] = MappingProxyType({})


class SendState(str, Enum):
    """What became of one update."""

    SENT = "sent"
    PARTLY = "partly sent"
    """The target took it, but left something out."""
    REFUSED = "refused"
    """The target answered with a refusal; other updates are not affected."""
    LOCKED = "locked"
    """Another user has locked the run; it was left alone."""
    MISMATCH = "mismatch"
    """Sent and accepted, but something else is read back."""
    UNVERIFIED = "not read back"
    """Sent and accepted, but it could not be read back."""
    NOT_SENT = "not sent"
    """The upload stopped before it, or it is not known whether it arrived."""


class Receipt(NamedTuple):
    """What became of one update.

    Attributes:
        update: The update.
        state: What became of it.
        attempts: How many requests were made for it.
        error: Why it is not simply sent; empty otherwise.
        cause: What ended the whole upload here; None when only this update is concerned.
        remarks: What beside the verdict is not stored as it was meant, each with the reason.
        task: In which task the target works it off; None where it does so at once.
    """

    update: Update
    state: SendState
    attempts: int = 1
    error: str = ""
    cause: PytestJamaError | None = None
    remarks: tuple[tuple[str, str], ...] = ()
    task: ServerTask | None = None


class UploadReport(NamedTuple):
    """What became of an upload: all that a summary, a JSON document or an exit status needs.

    Attributes:
        plan: What was to be done; None when the target could not be used at all.
        receipts: One for each update; none after a dry run.
        stopped: Why the upload could not start or finish; None when it did both.
        repeated: How many requests were made again, by reason.
        attached: The files that it attached, a receipt for each place.
        early: How many of the updates arrived while tests ran.
        unplanned: How many cases it had not looked for when it stopped, though it sent others.
    """

    plan: Plan | None = None
    receipts: tuple[Receipt, ...] = ()
    stopped: PytestJamaError | None = None
    repeated: tuple[tuple[str, int], ...] = ()
    attached: tuple[FileReceipt, ...] = ()
    early: int = 0
    unplanned: int = 0

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        """Cases with a verdict but without a place."""
        return self.plan.unresolved if self.plan else ()

    @property
    def is_complete(self) -> bool:
        """Whether everything there was to send arrived and reads back as intended."""
        return (
            self.stopped is None
            and not self.unresolved
            and all(receipt.state is SendState.SENT for receipt in self.receipts)
        )
