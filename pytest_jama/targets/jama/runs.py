"""Test runs as Jama stores them, and the changes that a session asks for. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from pytest_jama.core.folding import fold
from pytest_jama.core.plan import CaseChange
from pytest_jama.core.prior_state import EarlierStatus
from pytest_jama.core.text import shorten
from pytest_jama.targets.jama.account import describe_steps, statement_of
from pytest_jama.targets.jama.actual_results import (
    ACCOUNT_SIZE,
    RESULTS_SIZE,
    account_html,
    plain_earlier,
    plain_text,
    shorten_plain,
    with_earlier,
    words_of,
)
from pytest_jama.targets.jama.run_body import step_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Change, Place, Receipt, Unresolved
    from pytest_jama.core.verdicts import CaseVerdict, Verdict
    from pytest_jama.targets.jama.wire import Item


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a test run.

    Attributes:
        status: The stored or intended status of the step.
        result: The step's actual result as plain text; None leaves what is stored.
        earlier: What others said of it, as HTML to be kept below the result.
        images: Tags of images that the result shows.
        as_read: The step as the target gave it, handed back to it unchanged but for the above.
    """

    status: str
    result: str | None = None
    earlier: str = ""
    images: tuple[str, ...] = ()
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
        actual_results: The stored actual results, as HTML; mostly an account of ours.
        description: Its description, which Jama copies, too; empty when there is none.
        as_read: All its fields as the target gave them.
        modified_by: The API ID of the user who changed it last; None when that is not said.
        modified: When that was, as the target says it.
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
    actual_results: str = ""
    description: str = ""
    as_read: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    modified_by: int | None = field(default=None, compare=False)
    modified: str = field(default="", compare=False)

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
    """What shall be written into one test run; an `Update` of the port.

    Attributes:
        run: The run as it is now.
        verdict: The judgement that asks for the change.
        status: The status the run must have afterwards: sent for a run without steps, and what
            the steps amount to for a run with steps.
        steps: The whole new step array in the original order; empty for a run without steps.
        account: Lines that say which tests led to the status; they become HTML, or plain text, when
            they are sent. Empty when none shall be written.
        provenance: The lines of the account that tell where it comes from.
        session: Who signs the account.
        earlier: The entries of others, to be kept below the account, in its form.
        is_plain: Whether the account is written as plain text.
        images: Tags of images that the account shows, where it is rich text.
        before: What else the run is known to have shown, also of what we sent there.
    """

    run: TestRun
    verdict: CaseVerdict
    status: Verdict
    steps: tuple[RunStep, ...] = ()
    account: tuple[str, ...] = ()
    provenance: str = ""
    session: str = ""
    earlier: str = ""
    is_plain: bool = False
    images: tuple[str, ...] = ()
    before: tuple[EarlierStatus, ...] = field(default=(), compare=False, repr=False)
    _fingerprints: dict[str, str] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def key(self) -> str:
        """The ID of the run; in a dry run, for one that does not exist yet, that of its case."""
        return str(self.run.run_id or f"case {self.run.case_id}")

    @property
    def title(self) -> str:
        """The case and the run."""
        return f"{self.verdict.case_ref} ({self.run})"

    @property
    def was(self) -> str:
        """The status that the run shows."""
        return self.run.status

    @property
    def will_be(self) -> str:
        """The status that the run is to show."""
        return self.status.value

    def describe(self) -> str:
        """Say which run gets which status.

        ``JEET1-TSTRN-5 (JEET1-TC-12 Login): NOT_RUN -> PASSED``, and each step.
        """
        case = f"{self.verdict.case_ref} {self.run.name}".strip()
        is_same = self.was == self.will_be
        status = f"stays {self.was}" if is_same else f"{self.was} -> {self.will_be}"
        text = f"{self.run} ({case}): {status}"
        if not self.steps:
            return text
        pairs = zip(self.run.steps, self.steps, strict=True)
        steps = (
            f"{number} {old.status} -> {new.status}"
            if old.status != new.status
            else f"{number} stays {old.status}"
            for number, (old, new) in enumerate(pairs, start=1)
        )
        return f"{text}; steps {', '.join(steps)}"

    def case_changes(self) -> Sequence[CaseChange]:
        """Return what it means for the case of the run."""
        change = CaseChange(self.verdict, self.run.name, self.was, self.will_be, self._remark())
        return (change,)

    def _remark(self) -> str:
        """Say which steps keep the run from having the verdict."""
        if self.status is self.verdict.verdict:
            return ""
        return "; ".join(describe_steps(self.verdict, [step.status for step in self.steps]))

    def counts(self) -> Mapping[str, int]:
        """Return the one verdict."""
        return {self.will_be: 1}

    def fingerprint(self, server: str) -> str:
        """Return the fingerprint of what is said to this run of this server.

        It is made of what was concluded, not of the step array, which depends on what the run shows
        by now: after an update has arrived, the same verdict leads to a different array of the same
        meaning.
        """
        if server not in self._fingerprints:
            self._fingerprints[server] = self._make_fingerprint(server)
        return self._fingerprints[server]

    def _make_fingerprint(self, server: str) -> str:
        verdict = self.verdict
        content: list[Any] = [
            server,
            self.run.run_id,
            verdict.verdict and verdict.verdict.value,
            [[step.number, step.verdict.value, step.notes] for step in verdict.steps],
            statement_of(verdict, status=self.status, provenance=self.provenance),
        ]
        files = {(file.name, file.sha256) for each in verdict.results for file in each.files}
        if files:  # without any it is what earlier versions have made
            content.append(sorted(files))
        text = json.dumps(content).encode("ascii")
        return hashlib.sha256(text).hexdigest()[:_FINGERPRINT_CHARACTERS]

    def account_text(self) -> str:
        """Return the account as it is sent; empty when none is."""
        if not self.account:
            return ""
        keep = self.provenance.splitlines()
        images = () if self.is_plain else self.images
        text = account_html(self.account, keep=keep, session=self.session, images=images)
        return plain_text(text) if self.is_plain else text

    def results_text(self) -> str:
        """Return what the actual results become: the account, and what others wrote below it."""
        account = self.account_text()
        if self.is_plain:
            return account + shorten_plain(self.earlier, at_most=RESULTS_SIZE - len(account))
        return with_earlier(account, self.earlier, at_most=RESULTS_SIZE)

    def in_plain_text(self) -> RunUpdate:
        """Return the same for a server whose actual results are plain text."""
        return replace(self, is_plain=True, earlier=plain_earlier(self.earlier))

    @property
    def is_cut(self) -> bool:
        """Whether not all of the earlier entries fit below the account."""
        room = RESULTS_SIZE - len(self.earlier)
        return bool(self.earlier) and room < ACCOUNT_SIZE and room < len(self.account_text())

    def earlier_statuses(self) -> tuple[EarlierStatus, ...]:
        """Return what its run is known to have shown once this update is sent, too."""
        steps, sent = (tuple(each.status for each in some) for some in (self.run.steps, self.steps))
        was = EarlierStatus(self.was, steps, self.run.actual_results)
        return (*self.before, was, EarlierStatus(self.will_be, sent, self.results_text()))

    def is_shown(self) -> bool:
        """Return whether the run has the status, and its steps theirs."""
        shown = [step.status for step in self.run.steps]
        return self.was == self.will_be and shown == [step.status for step in self.steps]

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        """Return the run, its case and the status; brief what is sent, else also what it was."""
        case = str(self.verdict.case_ref)
        if brief:
            said = {"run": self.run.run_id, "case": case, "status": self.will_be}
            sent = self._sent()
            return {**said, "sent": sent} if sent else said
        procedure = [procedure_of(step.as_read) for step in self.steps]
        known: dict[str, Any] = {
            "run_key": self.run.document_key,
            "version": self.run.case_version,
            "current_version": self.run.current_case_version,
            "reasons": list(self.verdict.reasons),
            "also": list(map(str, self.verdict.also)),
            "procedure": procedure if any(map(any, procedure)) else [],
        }
        return {
            "run": self.run.run_id,
            "name": self.run.name,
            "case": case,
            "was": self.was,
            "status": self.will_be,
            "steps": [step.status for step in self.steps],
            **{name: value for name, value in known.items() if value not in ("", None, [])},
        }

    def _sent(self) -> dict[str, Any]:
        """Return what a request says of it, as words: what must be there later."""
        steps = [[step.status, result_words(step)] for step in self.steps]
        sent = {
            "account": words_of(self.account_text()),
            "steps": steps,
            "version": self.run.case_version,
        }
        return {name: value for name, value in sent.items() if value not in ("", [], None)}


def result_words(step: RunStep) -> str:
    """Return the words of a step's result, as it is stored or sent."""
    result = step_json(step).get("result")
    return words_of(result) if isinstance(result, str) else ""


def procedure_of(step: Mapping[str, Any]) -> list[str]:
    """Return what a step asks for and what it expects, as words, each cut at 500 characters."""
    texts = (step.get(name) for name in ("action", "expectedResult"))
    return [
        shorten(fold(text), at_most=_PROCEDURE) if isinstance(text, str) else "" for text in texts
    ]


_PROCEDURE = 500
"""Characters of each text of a step that the journal keeps."""

_FINGERPRINT_CHARACTERS = 32


def run_update_of(receipt: Receipt) -> RunUpdate:
    """Return the update of a receipt, which is one of ours."""
    return cast("RunUpdate", receipt.update)


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where the verdicts of a session go.

    Attributes:
        project: The project.
        plan: The test plan.
        cycle: The test cycle.
        runs: The test runs of each case reference that has any, in ascending order of their IDs.
        items: The item of each case reference that had to be looked up.
        unresolved: The case references that have none.
        changes: What was created on the way, or in a dry run what would be, in that order.
        warnings: Sentences about what did not stop us: ambiguous names, an archived plan.
    """

    project: Place
    plan: Place
    cycle: Place
    runs: Mapping[CaseRef, tuple[TestRun, ...]] = field(default_factory=dict)
    items: Mapping[CaseRef, Item] = field(default_factory=dict)
    unresolved: tuple[Unresolved, ...] = ()
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
