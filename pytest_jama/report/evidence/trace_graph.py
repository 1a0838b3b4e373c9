"""From a record and what Jama knows of requirements to a trace. Pure.

Requirements stand upstream of test cases. The cases of a requirement are those that it is related
to directly, and those of all that stands downstream of it, whatever its type; relationships that
lead in a circle are followed once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.report.evidence.case_evidence import CaseStatus
from pytest_jama.report.evidence.deviation_kinds import (
    DAMAGED,
    EDITED,
    FILE,
    KEPT,
    NO_RUN,
    NOT_SENT,
    OTHERWISE,
)
from pytest_jama.report.evidence.trace_record import (
    CasePath,
    Rank,
    TracedCase,
    TracedRequirement,
    TraceRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.report.evidence.case_evidence import CaseEvidence
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.traceability import Relationship, Traceability
    from pytest_jama.targets.jama.wire import Item

_PASSED = "PASSED"

_RANKS = {
    CaseStatus.FAILED: Rank.FAILED,
    CaseStatus.BLOCKED: Rank.BLOCKED,
    CaseStatus.INCOMPLETE: Rank.INCOMPLETE,
    CaseStatus.NOT_RUN: Rank.NOT_RUN,
}

_WORST_FIRST = (
    *(Rank.FAILED, Rank.BLOCKED, Rank.NO_TEST, Rank.NOT_RUN),
    *(Rank.INCOMPLETE, Rank.OPEN, Rank.SHOWN),
)
"""Which of several cases decides: what failed is known, whatever else was not tried."""

_ABOUT_SENDING = {each.name for each in (NOT_SENT, KEPT, OTHERWISE, NO_RUN, FILE)}
"""Deviations that tell what Jama showed at the upload: what it shows now was asked."""

_UNTRUSTED = {each.name for each in (EDITED, DAMAGED)}


def trace(record: EvidenceRecord, known: Traceability, *, read_at: str) -> TraceRecord:
    """Bring a record together with the requirements of its project.

    Args:
        record: What sessions concluded.
        known: What Jama told.
        read_at: When it told that, ISO 8601 in UTC.
    """
    cases, strangers = _trace_cases(record, known)
    graph = _Graph(known, cases)
    requirements = sorted(map(graph.trace, known.requirements), key=_gaps_first)
    return TraceRecord(
        title=record.title,
        project=record.project,
        read_at=read_at,
        reporter=record.reporter,
        sessions=record.sessions,
        types=tuple(sorted(set(known.types.values()))),
        requirements=tuple(requirements),
        cases=tuple(sorted((*cases.values(), *strangers), key=_orphans_first)),
        unlinked=record.unlinked,
        relationships=len(known.relationships),
        unknown_ends=graph.count_unknown_ends(),
        upward=graph.count_upward(),
        doubts=tuple(
            each.what.rstrip(".")
            for each in record.deviations
            if each.kind in _UNTRUSTED and each.is_open
        ),
        missing_runs=known.missing_runs,
    )


_RISK_CONTROL = re.compile(
    r"\brisk[ -]?(?:control|mitigation|reduction)|\bmitigation", re.IGNORECASE
)
"""How admins name the type of what keeps a risk small; Jama has no category for it."""


def _gaps_first(each: TracedRequirement) -> tuple[object, ...]:
    is_other = not _RISK_CONTROL.search(each.type_name)
    return each.rank.place, is_other, natural(each.key)


def _orphans_first(each: TracedCase) -> tuple[object, ...]:
    return bool(each.requirements), natural(each.key)


def natural(key: str) -> list[tuple[int, str]]:
    """Return what sorts keys by their numbers: TC-2 before TC-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(key)]


_DIGITS = re.compile(r"([0-9]{1,18})")


def _trace_cases(
    record: EvidenceRecord, known: Traceability
) -> tuple[dict[int, TracedCase], list[TracedCase]]:
    """Return the cases by API ID, and those of the record that Jama's lists do not have."""
    runs_by_case: dict[int, list[TestRun]] = {}
    for run in known.runs:
        runs_by_case.setdefault(run.case_id, []).append(run)
    case_of_run = {str(run.run_id): run.case_id for run in known.runs if run.run_id}
    names = _names_of(known.cases)
    evidence: dict[int, list[CaseEvidence]] = {}
    strangers = []
    for case in record.cases:
        case_id = _find_id(case, case_of_run, names, runs_by_case)
        if case_id:
            evidence.setdefault(case_id, []).append(case)
        else:
            strangers.append(_judge(_KnownCase(0, None, [case], []), record))
    items = {item.id: item for item in known.cases}
    ids = dict.fromkeys((*items, *runs_by_case, *evidence))
    cases = {
        each: _judge(
            _KnownCase(each, items.get(each), evidence.get(each, []), runs_by_case.get(each, [])),
            record,
        )
        for each in ids
    }
    return cases, strangers


def _names_of(items: Iterable[Item]) -> dict[tuple[RefKind, str], int]:
    """Return the API ID that each name stands for; of copies with one global ID the oldest."""
    found: dict[tuple[RefKind, str], int] = {}
    for item in items:
        found.setdefault((RefKind.API_ID, str(item.id)), item.id)
        found.setdefault((RefKind.DOCUMENT_KEY, item.key), item.id)
        found.setdefault((RefKind.GLOBAL_ID, item.global_id), item.id)
    return found


def _find_id(
    case: CaseEvidence,
    case_of_run: Mapping[str, int],
    names: Mapping[tuple[RefKind, str], int],
    runs_by_case: Mapping[int, object],
) -> int | None:
    """Return the API ID of a case: its test runs tell it for certain, else its name does."""
    for run in case.runs:
        if run.key in case_of_run:
            return case_of_run[run.key]
    try:
        ref = CaseRef.parse(case.key)
    except ValueError:
        return None
    if ref.kind is RefKind.API_ID and int(ref.text) in runs_by_case:
        return int(ref.text)
    return names.get((ref.kind, ref.text))


class _KnownCase(NamedTuple):
    """What is known of a case: from Jama's lists, from the record, and from the cycle."""

    id: int
    item: Item | None
    evidence: Sequence[CaseEvidence]
    runs: Sequence[TestRun]


def _judge(found: _KnownCase, record: EvidenceRecord) -> TracedCase:
    """Return a case with its rank: the worst of what the record and Jama say."""
    shown = list(dict.fromkeys(run.status for run in found.runs))
    judged = [_judge_evidence(each, shown, record) for each in found.evidence]
    rank, why = min(
        judged, key=lambda each: _WORST_FIRST.index(each[0]), default=(Rank.NO_TEST, "")
    )
    told = [each.name for each in found.evidence if each.name]
    key = found.item.key if found.item and found.item.key else ""
    return TracedCase(
        found.id,
        key or next((each.key for each in found.evidence), f"ID {found.id}"),
        next(filter(None, [found.item.name if found.item else "", *told, *_run_names(found)]), ""),
        rank,
        ", ".join(shown),
        "no list of Jama has it" if not found.id else why,
        tuple(each.number for each in found.evidence),
        tuple(test for each in found.evidence for test in each.tests),
    )


def _run_names(found: _KnownCase) -> Iterator[str]:
    return (run.name for run in found.runs)


def _judge_evidence(
    case: CaseEvidence, shown: Sequence[str], record: EvidenceRecord
) -> tuple[Rank, str]:
    if not case.tests:
        return Rank.NO_TEST, ""
    if case.status is not CaseStatus.PASSED:
        return _RANKS[case.status], ""
    if not shown:
        return Rank.OPEN, "passed here, and the cycle has no test run of it"
    other = [status for status in shown if status != _PASSED]
    if other:
        return Rank.OPEN, f"passed here, and Jama shows {', '.join(other)}"
    told = (record.deviations[number - 1] for number in case.deviations)
    doubts = [each.kind for each in told if each.is_open and each.kind not in _ABOUT_SENDING]
    if doubts:
        return Rank.OPEN, f"to be decided: {', '.join(dict.fromkeys(doubts))}"
    return Rank.SHOWN, ""


class _Graph:
    """The relationships of a project, followed downstream.

    Args:
        known: What Jama told.
        cases: The cases by API ID; each is told the requirements that lead to it.
    """

    def __init__(self, known: Traceability, cases: Mapping[int, TracedCase]) -> None:
        self._cases = cases
        self._requirements = {item.id: item for item in known.requirements}
        self._passable = {**self._requirements, **{item.id: item for item in known.between}}
        self._types = known.types
        self._down: dict[int, list[Relationship]] = {}
        for each in known.relationships:
            self._down.setdefault(each.upstream, []).append(each)
        self._relationships = known.relationships
        self._has_case = self._find_covered()

    def _find_covered(self) -> set[int]:
        """Return what leads to a case: found from the cases upwards, each item once."""
        up: dict[int, list[int]] = {}
        for each in self._relationships:
            if each.upstream in self._passable:
                up.setdefault(each.downstream, []).append(each.upstream)
        covered: set[int] = set()
        waiting = [above for case_id in self._cases for above in up.get(case_id, ())]
        while waiting:
            item_id = waiting.pop()
            if item_id not in covered:
                covered.add(item_id)
                waiting += up.get(item_id, ())
        return covered

    def count_unknown_ends(self) -> int:
        """Count the relationships from requirements down to what is not known."""
        return sum(
            each.upstream in self._passable
            and each.downstream not in self._passable
            and each.downstream not in self._cases
            for each in self._relationships
        )

    def count_upward(self) -> int:
        """Count the relationships from a test case down to a requirement."""
        return sum(
            each.upstream in self._cases and each.downstream in self._requirements
            for each in self._relationships
        )

    def trace(self, item: Item) -> TracedRequirement:
        """Return a requirement with its cases and its rank."""
        paths, below, suspect = self._follow(item.id)
        gaps = [self._requirements[each].key for each in below if each not in self._has_case]
        rank, why = _rank_of(paths)
        if gaps and rank.place > Rank.INCOMPLETE.place:
            rank, why = Rank.INCOMPLETE, f"no case: {_some(sorted(gaps, key=natural))}"
        elif rank is Rank.SHOWN and suspect:
            rank, why = Rank.SUSPECT, f"suspect: {_some(suspect)}"
        for path in paths:
            path.case.requirements += (item.key,)
        type_name = self._types.get(item.type_id or 0, "")
        return TracedRequirement(item.key, item.name, type_name, rank, tuple(paths), why)

    def _follow(self, item_id: int) -> tuple[list[CasePath], list[int], list[str]]:
        """Return the cases below an item, the requirements below it, and the suspect links.

        A link to what leads to no case makes nothing suspect.
        """
        paths: dict[int, CasePath] = {}
        below: list[int] = []
        suspect: list[str] = []
        seen = {item_id}
        waiting = [(item_id, "")]
        for above, via in waiting:  # grows while it is walked: the nearest come first
            for link in self._down.get(above, ()):
                other = link.downstream
                if link.is_suspect and (other in self._cases or other in self._has_case):
                    suspect.append(f"{self._key_of(above)} to {self._key_of(other)}")
                if other in self._cases:
                    path = CasePath(self._cases[other], via, link.is_suspect)
                    paths.setdefault(other, path)
                elif other in self._passable and other not in seen:
                    seen.add(other)
                    waiting.append((other, self._passable[other].key))
                    if other in self._requirements:
                        below.append(other)
        return list(paths.values()), below, suspect

    def _key_of(self, item_id: int) -> str:
        item = self._passable.get(item_id)
        return item.key if item else self._cases[item_id].key


_NAMED = 3


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return f"{', '.join(texts[:_NAMED])}{more}"


def _rank_of(paths: Sequence[CasePath]) -> tuple[Rank, str]:
    """Return the rank of the worst case, and why; of several of one rank the first tells it."""
    if not paths:
        return Rank.NO_CASE, ""
    worst = min((path.case for path in paths), key=lambda case: _WORST_FIRST.index(case.rank))
    return worst.rank, f"{worst.key}: {worst.why}" if worst.why else ""
