"""What a trace tells: requirement, cases, tests, verdict, in both directions. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.report.evidence.case_evidence import TestEvidence


class Rank(str, Enum):
    """How far a requirement or a case is shown, gaps first; the value is what people read."""

    NO_CASE = "No case"
    NO_TEST = "No test"
    NOT_RUN = "Not run"
    FAILED = "Failed"
    BLOCKED = "Blocked"
    INCOMPLETE = "Incomplete"
    OPEN = "Open"
    SUSPECT = "Suspect"
    SHOWN = "Shown"

    __hash__ = str.__hash__  # Enum's own is many times slower

    @property
    def word(self) -> str:
        """The rank as a name for programs: ``no_case``."""
        return self.name.lower()

    @property
    def place(self) -> int:
        """Where it stands in the order of ranks; 0 is the first."""
        return _PLACES[self]


_PLACES = {rank: place for place, rank in enumerate(Rank)}
MEANINGS = {
    Rank.NO_CASE: "no test case is related to it, nor to what stands downstream of it",
    Rank.NO_TEST: "a case has no test in these sessions",
    Rank.NOT_RUN: "its tests did not run",
    Rank.FAILED: "a case failed, whatever Jama shows",
    Rank.BLOCKED: "a case is blocked",
    Rank.INCOMPLETE: "a part of the tests ran, or a requirement downstream has no case",
    Rank.OPEN: "all passed here, and Jama shows otherwise, or somebody has to decide",
    Rank.SUSPECT: "all passed, and a relationship on the way is suspect",
    Rank.SHOWN: "all cases passed here, and Jama shows it",
}
"""What each rank says of a requirement."""

GAPS = (Rank.NO_CASE, Rank.NO_TEST, Rank.NOT_RUN)
"""The ranks in which nothing was tried."""

_NOT_SHOWN = (Rank.FAILED, Rank.BLOCKED, Rank.INCOMPLETE)


@dataclass(slots=True)
class TracedCase:
    """A test case, as the trace sees it.

    Attributes:
        id: Its API ID; 0 when the record names it and no list of Jama has it.
        key: Its document key, or how the record names it.
        name: Its name.
        rank: How far it is shown; never `NO_CASE` or `SUSPECT`.
        in_jama: What its test runs in the cycle show now; empty when it has none.
        why: What makes it so, where the rank does not say all.
        numbers: The numbers that it has in the record; a case may be named in several ways.
        tests: The tests of it.
        requirements: The keys of the requirements that lead to it.
    """

    id: int
    key: str
    name: str = ""
    rank: Rank = Rank.NO_TEST
    in_jama: str = ""
    why: str = ""
    numbers: tuple[int, ...] = ()
    tests: tuple[TestEvidence, ...] = ()
    requirements: tuple[str, ...] = ()

    @property
    def tests_passed(self) -> str:
        """How many of its tests passed: ``1/2``."""
        passed = sum(test.outcome is Outcome.PASSED for test in self.tests)
        return f"{passed}/{len(self.tests)}"


class CasePath(NamedTuple):
    """How a requirement leads to a case.

    Attributes:
        case: The case.
        via: The key of the item downstream through which it does; empty for a direct link.
        is_suspect: Whether the last relationship on the way is suspect.
    """

    case: TracedCase
    via: str = ""
    is_suspect: bool = False


class TracedRequirement(NamedTuple):
    """A requirement, and what it leads to.

    Attributes:
        key: Its document key.
        name: Its name.
        type_name: Its item type.
        rank: How far it is shown.
        paths: Its cases, those of direct links first.
        why: What makes it so, where the rank does not say all.
    """

    key: str
    name: str
    type_name: str
    rank: Rank
    paths: tuple[CasePath, ...] = ()
    why: str = ""


@dataclass(slots=True)
class TraceRecord:
    """The trace of one project and of the sessions of a record.

    Attributes:
        title: Plan and cycle.
        project: The project.
        read_at: When Jama was asked, ISO 8601 in UTC.
        reporter: The program that made it.
        sessions: The names of the sessions.
        types: The item types that count as requirements.
        requirements: Those of these types, gaps first.
        cases: The test cases of the project and of the record, those without requirement first.
        unlinked: The tests that belong to no case.
        relationships: How many the project lists.
        unknown_ends: How many of them lead down from a requirement to something that is neither a
            requirement nor a test case of this project, as far as the account sees it.
        upward: How many lead from a test case down to a requirement: they count for nothing.
        doubts: Why the record itself cannot be trusted.
        missing_runs: How many test runs of the cycle Jama announced and did not give.
    """

    title: str
    project: str
    read_at: str
    reporter: str = ""
    sessions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    requirements: tuple[TracedRequirement, ...] = ()
    cases: tuple[TracedCase, ...] = ()
    unlinked: tuple[TestEvidence, ...] = ()
    relationships: int = 0
    unknown_ends: int = 0
    upward: int = 0
    doubts: tuple[str, ...] = ()
    missing_runs: int = 0
    _by_number: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for case in self.cases:
            for number in case.numbers:
                self._by_number[number] = case.requirements

    @property
    def counts(self) -> Mapping[Rank, int]:
        """How many requirements have each rank, gaps first."""
        found = Counter(each.rank for each in self.requirements)
        return {rank: found[rank] for rank in Rank}

    @property
    def without_case(self) -> int:
        """How many requirements lead to no test case."""
        return self.counts[Rank.NO_CASE]

    @property
    def is_complete(self) -> bool:
        """Whether there are requirements, all are shown, and the record is whole."""
        return (
            bool(self.requirements)
            and all(each.rank is Rank.SHOWN for each in self.requirements)
            and not self.doubts
            and not self.missing_runs
        )

    @property
    def without_requirement(self) -> tuple[TracedCase, ...]:
        """The test cases that no requirement leads to."""
        return tuple(case for case in self.cases if not case.requirements)

    def requirements_of(self, number: int) -> tuple[str, ...]:
        """Return the keys of the requirements of a case of the record, by its number there."""
        return self._by_number.get(number, ())

    @property
    def sentence(self) -> str:
        """What became of the requirements, in one line."""
        if not self.requirements:
            return "There is not one requirement, so that nothing is shown."
        counts = self.counts
        gaps = sum(counts[rank] for rank in GAPS)
        parts = [f"{counts[Rank.SHOWN]} shown"]
        if counts[Rank.SUSPECT]:
            parts.append(f"{counts[Rank.SUSPECT]} by a suspect link")
        if counts[Rank.OPEN]:
            parts.append(f"{counts[Rank.OPEN]} open")
        if not_shown := sum(counts[rank] for rank in _NOT_SHOWN):
            parts.append(f"{not_shown} not shown")
        if gaps:
            named = (f"{counts[rank]} {rank.value.lower()}" for rank in GAPS if counts[rank])
            parts.append(f"{counted(gaps, 'gap')} ({', '.join(named)})")
        return f"{counted(len(self.requirements), 'requirement')}: {', '.join(parts)}."

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a reader should know, a sentence each."""
        found = [f"The record cannot be trusted: {doubt}." for doubt in self.doubts]
        counts = (
            (len(self.without_requirement), "Test cases that no requirement leads to: {}."),
            (len(self.unlinked), "Tests that ran and belong to no test case: {}."),
            (self.unknown_ends, _UNKNOWN),
            (self.upward, _UPWARD),
            (self.missing_runs, "Test runs of the cycle that Jama announced and did not give: {}."),
        )
        found += [text.format(count) for count, text in counts if count]
        return tuple(found)


_UNKNOWN = (
    "Relationships that lead from requirements to something else: {} (of another type or project, "
    "deleted, or not to be seen by this account)."
)
_UPWARD = (
    "Relationships from a test case down to a requirement: {}. They are the wrong way round, and "
    "count for nothing."
)
