"""Traces of made-up projects, from what Jama would have told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.report.evidence.trace_graph import trace
from pytest_jama.targets.jama.runs import TestRun
from pytest_jama.targets.jama.traceability import Relationship, Traceability
from pytest_jama.targets.jama.wire import Item

if TYPE_CHECKING:
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.trace_record import TracedRequirement, TraceRecord

READ_AT = "2026-11-22T06:00:00+00:00"
REQ, DESIGN, CASE = 24, 27, 26


def items(type_id: int, type_key: str, ids: range | tuple[int, ...]) -> tuple[Item, ...]:
    """Make items whose keys end with their IDs: ``J-REQ-1``."""
    return tuple(
        Item(
            each,
            key=f"J-{type_key}-{each}",
            global_id=f"GID-{each}",
            name=f"{type_key} {each}",
            type_id=type_id,
        )
        for each in ids
    )


def project(
    *links: tuple[int, int] | tuple[int, int, bool],
    requirements: range | tuple[int, ...] = (),
    designs: tuple[int, ...] = (),
    cases: range | tuple[int, ...] = (),
    shows: dict[int, str] | None = None,
) -> Traceability:
    """Return what Jama tells of a project.

    Args:
        links: The ends of each relationship, and whether it is suspect.
        requirements: Their IDs.
        designs: IDs of items of an ordinary type that was not asked for.
        cases: Their IDs.
        shows: What the run of each case shows; by default all of them PASSED.
    """
    shown = shows if shows is not None else dict.fromkeys(cases, "PASSED")
    return Traceability(
        requirements=items(REQ, "REQ", requirements),
        between=items(DESIGN, "DES", designs),
        cases=items(CASE, "TC", cases),
        relationships=tuple(Relationship(n, *link) for n, link in enumerate(links, start=1)),
        types={REQ: "Requirement"},
        runs=tuple(TestRun(1000 + each, each, f"TC {each}", shown[each]) for each in shown),
    )


def traced(record: EvidenceRecord, known: Traceability) -> TraceRecord:
    """Bring both together."""
    return trace(record, known, read_at=READ_AT)


def ranks(found: TraceRecord) -> dict[str, str]:
    """Return the rank of each requirement by the number of its key, in their order."""
    return {each.key.rpartition("-")[2]: each.rank.value for each in found.requirements}


def the_requirement(found: TraceRecord, number: int = 1) -> TracedRequirement:
    """Return a requirement of a trace."""
    (each,) = (each for each in found.requirements if each.key == f"J-REQ-{number}")
    return each
