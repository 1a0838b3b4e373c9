"""What a report of evidence tells, whatever its format; what is unknown is empty. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.plan import SendState
from pytest_jama.core.results import FAILURES, WORST_FIRST, Outcome
from pytest_jama.core.text import counted
from pytest_jama.report.evidence.case_evidence import NOT_RECORDED, CaseStatus, Execution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.report.evidence.case_evidence import CaseEvidence, TestEvidence
    from pytest_jama.report.evidence.trace_record import TraceRecord


class Fact(NamedTuple):
    """One line of the identification.

    Attributes:
        label: What it tells.
        text: The value; empty when it was not recorded.
        link: A page that shows it.
        is_code: Whether it is to be read character by character: a hash, a command.
    """

    label: str
    text: str = ""
    link: str = ""
    is_code: bool = False

    @property
    def shown(self) -> str:
        """The value, or that it was not recorded."""
        return self.text or NOT_RECORDED


class Deviation(NamedTuple):
    """Something that departs from: executed as planned, passed, recorded.

    Attributes:
        number: Its number; D-1 is the first.
        kind: What it is, in a few words.
        cases: The numbers of the cases that it concerns; empty for all.
        what: What happened.
        meaning: What it means for the verdict.
        where: Where to look.
        is_open: Whether somebody has to decide on it, so that the record is not PASSED.
        is_warning: Whether verdicts that are PASSED may be relied on all the same.
    """

    number: int
    kind: str
    cases: tuple[int, ...]
    what: str
    meaning: str
    where: str = ""
    is_open: bool = True
    is_warning: bool = False


class DocumentEvidence(NamedTuple):
    """A document of results that was to be sent to a server which judges them itself.

    Attributes:
        key: Its SHA-256.
        counts: How many results of each word it brought.
        state: What became of it, in the words of a receipt; empty when that is not recorded.
        task: The task in which the server worked it off, if known.
        why: Why it is not simply sent.
        at: When that was known.
    """

    key: str
    counts: str
    state: str = ""
    task: int | None = None
    why: str = ""
    at: str = ""

    @property
    def has_arrived(self) -> bool:
        """Whether the server took all of it."""
        return self.state == SendState.SENT.value


class SourceFile(NamedTuple):
    """A journal that the record was made from."""

    name: str
    size: int
    sha256: str
    lines: int
    chain: str
    chain_state: str


@dataclass(slots=True)
class EvidenceRecord:
    """The record of one or several sessions that belong together.

    Attributes:
        title: Plan and cycle.
        project: The project.
        made_at: When the record was made, ISO 8601 in UTC.
        reporter: The program that made it.
        sessions: The names of the sessions.
        identification: What was tested, where, by whom, with what.
        tools: The tools, and the files that the record comes from.
        sources: Those files.
        cases: The cases, in the order of their keys.
        unlinked: The tests that ran and belong to no case.
        deviations: What departs from the plan, the worst first.
        trace: What its requirements are; None when Jama was not asked.
        cycle: When its cycle was read and what it had, a sentence; empty when it was not.
        documents: What was to be sent to a server that judges results itself; None for Jama. There
            are no cases then, and all tests that ran are among `unlinked`.
    """

    title: str
    project: str
    made_at: str
    reporter: str
    sessions: tuple[str, ...] = ()
    identification: tuple[Fact, ...] = ()
    tools: tuple[Fact, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    cases: tuple[CaseEvidence, ...] = ()
    unlinked: tuple[TestEvidence, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    trace: TraceRecord | None = None
    cycle: str = ""
    documents: tuple[DocumentEvidence, ...] | None = None

    @property
    def planned(self) -> tuple[CaseEvidence, ...]:
        """The cases that were to be executed."""
        return tuple(case for case in self.cases if case.is_planned)

    @property
    def counts(self) -> Mapping[CaseStatus, int]:
        """How many planned cases have each status."""
        found = Counter(case.status for case in self.cases if case.is_planned)
        return {status: found[status] for status in _FROM_GOOD}

    def executed(self, how: Execution) -> tuple[CaseEvidence, ...]:
        """Return the planned cases that were executed in this way."""
        return tuple(case for case in self.planned if case.execution is how)

    @property
    def not_planned(self) -> tuple[CaseEvidence, ...]:
        """The cases that were executed and have no place in the cycle."""
        return tuple(case for case in self.cases if not case.is_planned)

    @property
    def is_passed(self) -> bool:
        """Whether all planned cases passed, all is in Jama, and no deviation is open.

        Without cases: whether a test passed and none failed, and no deviation is open.
        """
        if self.documents is not None:
            outcomes = {test.outcome for test in self.unlinked}
            has_passed = Outcome.PASSED in outcomes and not outcomes & FAILURES
            return has_passed and not any(each.is_open for each in self.deviations)
        planned = self.planned
        return (
            bool(planned)
            and all(case.status is CaseStatus.PASSED for case in planned)
            and all(run.is_as_recorded for case in planned for run in case.runs)
            and all(case.runs for case in planned)
            and not any(each.is_open for each in self.deviations)
        )

    @property
    def sentence(self) -> str:
        """The verdict line behind its first word."""
        if self.documents is not None:
            arrived = sum(each.has_arrived for each in self.documents)
            documents = f"{arrived} of {counted(len(self.documents), 'document')} sent."
            tests = f"{counted(len(self.unlinked), 'test')} ran: {_totals(self.unlinked)}."
            return f"{tests} {_deviations(len(self.deviations))}. {documents}"
        counts, planned = self.counts, self.planned
        others = [
            f"{count} {status.value.lower()}"
            for status, count in counts.items()
            if count and status is not CaseStatus.PASSED
        ]
        passed = f"{counts[CaseStatus.PASSED]} of {counted(len(planned), 'planned case')} passed"
        text = "; ".join((passed, ", ".join(others))) if others else passed
        differing = sum(case.is_otherwise_in_jama for case in planned)
        elsewhere = self.executed(Execution.ELSEWHERE)
        parts = [f"{text}.", f"{_deviations(len(self.deviations))}."]
        if elsewhere:
            passed_there = sum(case.status is CaseStatus.PASSED for case in elsewhere)
            cases = f"{counted(len(elsewhere), 'case')} ({passed_there} passed)"
            parts.append(f"Of {cases} only Jama has a result: this record holds no evidence of it.")
        if extra := len(self.not_planned):
            parts.append(f"{counted(extra, 'more case')} executed that no test run is for.")
        if differing:
            shown = "what this record says"
            parts.append(f"For {counted(differing, 'case')} Jama does not show {shown}.")
        if self.trace is not None and self.trace.without_case:
            parts.append(f"{counted(self.trace.without_case, 'requirement')} without a test case.")
        return " ".join(parts)


_FROM_GOOD = (
    CaseStatus.PASSED,
    CaseStatus.FAILED,
    CaseStatus.BLOCKED,
    CaseStatus.INCOMPLETE,
    CaseStatus.NOT_RUN,
)


def _totals(tests: Sequence[TestEvidence]) -> str:
    counts = Counter(test.outcome for test in tests)
    words = (f"{counts[each]} {each.value}" for each in WORST_FIRST if counts[each])
    return ", ".join(words) or "none"


def _deviations(count: int) -> str:
    return f"{counted(count, 'deviation')}" if count else "No deviation"
