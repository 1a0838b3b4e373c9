"""A record for programs: one JSON document with a schema, and rows of CSV. Pure."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, TextIO

from pytest_jama.report.evidence.case_evidence import Execution
from pytest_jama.report.evidence.identification import iso_time
from pytest_jama.report.row_tables import harmless_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.report.evidence.case_evidence import CaseEvidence, RunEvidence, TestEvidence
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord, Fact
    from pytest_jama.report.evidence.trace_record import TracedCase, TraceRecord

FORMAT = "pytest-jama.report/1"
"""What the document says that it is; the number rises when a reader would misunderstand it."""

TRACE_FORMAT = "pytest-jama.trace/1"
"""The same of a trace."""


def record_json(record: EvidenceRecord) -> dict[str, Any]:
    """Return a record fit for JSON, as ``record.schema.json`` describes it."""
    documents = [each._asdict() for each in record.documents or ()]
    return {
        "format": FORMAT,
        "title": record.title,
        "project": record.project,
        "made_at": record.made_at,
        "reporter": record.reporter,
        "passed": record.is_passed,
        "verdict": record.sentence,
        "sessions": list(record.sessions),
        "cycle": record.cycle or None,
        "identification": [_fact(each) for each in record.identification],
        "tools": [_fact(each) for each in record.tools],
        "journals": [each._asdict() for each in record.sources],
        "totals": {
            "planned": len(record.planned),
            "executed_in_full": len(record.executed(Execution.FULL)),
            "executed_in_part": len(record.executed(Execution.PART)),
            "executed_elsewhere": len(record.executed(Execution.ELSEWHERE)),
            "not_executed": len(record.executed(Execution.NONE)),
            "executed_not_planned": len(record.not_planned),
            "by_status": {status.word: count for status, count in record.counts.items()},
        },
        "deviations": [
            {
                "id": f"D-{each.number}",
                "kind": each.kind,
                "cases": [record.cases[number - 1].key for number in each.cases],
                "what": each.what,
                "meaning": each.meaning,
                "where": each.where,
                "open": each.is_open,
            }
            for each in record.deviations
        ],
        "cases": [_case(each) for each in record.cases],
        "tests_without_case": [_test(each) for each in record.unlinked],
        "trace": trace_json(record.trace) if record.trace else None,
        **({} if record.documents is None else {"documents": documents}),
    }


def trace_json(trace: TraceRecord) -> dict[str, Any]:
    """Return a trace fit for JSON, as ``trace.schema.json`` describes it."""
    return {
        "format": TRACE_FORMAT,
        "title": trace.title,
        "project": trace.project,
        "read_at": trace.read_at,
        "reporter": trace.reporter,
        "sessions": list(trace.sessions),
        "complete": trace.is_complete,
        "verdict": trace.sentence,
        "notes": list(trace.notes),
        "types": list(trace.types),
        "totals": {
            "requirements": len(trace.requirements),
            "by_rank": {rank.word: count for rank, count in trace.counts.items()},
            "cases": len(trace.cases),
            "cases_without_requirement": len(trace.without_requirement),
            "tests_without_case": len(trace.unlinked),
            "relationships": trace.relationships,
            "unknown_ends": trace.unknown_ends,
            "upward": trace.upward,
            "missing_runs": trace.missing_runs,
        },
        "requirements": [
            {
                "requirement": each.key,
                "name": each.name or None,
                "type": each.type_name or None,
                "rank": each.rank.word,
                "why": each.why or None,
                "cases": [
                    {"case": path.case.key, "via": path.via or None, "suspect": path.is_suspect}
                    for path in each.paths
                ],
            }
            for each in trace.requirements
        ],
        "cases": [_traced_case(each) for each in trace.cases],
        "tests_without_case": [_ran(each) for each in trace.unlinked],
    }


def _traced_case(case: TracedCase) -> dict[str, Any]:
    return {
        "case": case.key,
        "id": case.id or None,
        "name": case.name or None,
        "rank": case.rank.word,
        "why": case.why or None,
        "in_jama": case.in_jama or None,
        "tests": [_ran(each) for each in case.tests],
        "requirements": list(case.requirements),
    }


def _ran(test: TestEvidence) -> dict[str, str]:
    return {"test": test.test_id, "outcome": test.outcome.value}


def write_trace_json(trace: TraceRecord, file: TextIO) -> None:
    """Write a trace as a JSON document, in ASCII."""
    json.dump(trace_json(trace), file, indent=1)
    file.write("\n")


def write_json(record: EvidenceRecord, file: TextIO) -> None:
    """Write a record as a JSON document, in ASCII."""
    json.dump(record_json(record), file, indent=1)
    file.write("\n")


def _fact(fact: Fact) -> dict[str, Any]:
    return {"label": fact.label, "value": fact.text or None, "link": fact.link or None}


def _case(case: CaseEvidence) -> dict[str, Any]:
    return {
        "case": case.key,
        "also": list(case.also),
        "name": case.name or None,
        "version": case.version or None,
        "status": case.status.word,
        "verdict": case.judged or None,
        "verdict_before_hooks": case.was_judged or None,
        "execution": case.execution.value,
        "planned": case.is_planned,
        "in_jama": case.in_jama,
        "unresolved": case.unresolved or None,
        "reasons": list(case.reasons),
        "deviations": [f"D-{number}" for number in case.deviations],
        "runs": [
            {
                "run": run.key,
                "key": run.run_key or None,
                "version": run.version,
                "was": run.was or None,
                "status": run.status or None,
                "state": run.state or None,
                "shows": run.shows or None,
                "why": run.why or None,
                "author": (run.now and run.now.author) or None,
                "differs": _differences(run),
                "at": run.at or None,
            }
            for run in case.runs
        ],
        "steps": [
            {
                "number": step.number,
                "action": step.action or None,
                "expected": step.expected or None,
                "actual": step.actual or None,
                "status": step.status or None,
            }
            for step in case.steps
        ],
        "tests": [_test(each) for each in case.tests],
        "files": [
            {**each._asdict(), "state": each.state or None, "why": each.why or None}
            for each in case.files
        ],
    }


def _differences(run: RunEvidence) -> list[str] | None:
    """Return what is not as it was sent; None where that was not compared."""
    if run.now is None or run.now.differs is None:
        return None
    return [text for _, text in run.now.differs]


def _test(test: TestEvidence) -> dict[str, Any]:
    return {
        "test": test.test_id,
        "outcome": test.outcome.value,
        "attempts": len(test.attempts) + 1,
        "started": test.started,
        "duration_s": test.duration_s,
        "host": test.host or None,
        "message": test.message or None,
        "notes": [*test.attempts, *test.notes],
    }


COLUMNS = (
    *("case", "name", "version", "status", "execution", "planned", "in_jama", "runs"),
    *("deviations", "test", "outcome", "attempts", "started", "duration_s", "message"),
    "requirements",
)
"""The columns of the CSV: one row for each test of a case, and one for a case without tests."""


def write_csv(record: EvidenceRecord, file: TextIO) -> None:
    """Write a row for each test of each case; a spreadsheet takes none of it for a formula."""
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for case in record.cases:
        of_case = (
            *(case.key, case.name, case.version, case.status.value, case.execution.value),
            *("yes" if case.is_planned else "no", case.in_jama),
            " ".join(run.run_key or run.key for run in case.runs),
            " ".join(f"D-{number}" for number in case.deviations),
        )
        for of_test in map(_csv_test, case.tests) if case.tests else [("",) * 6]:
            rows.writerow(map(_harmless, (*of_case, *of_test, _requirements(case, record))))
    for test in () if record.documents is None else record.unlinked:
        rows.writerow(map(_harmless, (*("",) * 9, *_csv_test(test), "")))


def _csv_test(test: TestEvidence) -> tuple[object, ...]:
    said = {**_test(test), "started": iso_time(test.started)}
    return tuple(said[name] for name in ("test", *COLUMNS[10:-1]))


def _requirements(case: CaseEvidence, record: EvidenceRecord) -> str:
    return " ".join(record.trace.requirements_of(case.number)) if record.trace else ""


def _harmless(value: object) -> object:
    """Return a value that begins with nothing that spreadsheets evaluate."""
    if not isinstance(value, str):
        return "" if value is None else value
    return harmless_cell(value)


TRACE_COLUMNS = (
    *("requirement", "name", "type", "rank", "why"),
    *("case", "case_name", "case_rank", "via", "suspect", "in_jama", "test", "outcome"),
)
"""The columns of a trace as CSV: one row for each test of each case of each requirement.

What has no counterpart has a row all the same, with nothing on the other side.
"""


def write_trace_csv(trace: TraceRecord, file: TextIO) -> None:
    """Write both directions of a trace; a spreadsheet takes none of it for a formula."""
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(TRACE_COLUMNS)
    for row in _trace_rows(trace):
        rows.writerow(map(_harmless, row))


def _trace_rows(trace: TraceRecord) -> Iterator[tuple[str, ...]]:
    for each in trace.requirements:
        said = (each.key, each.name, each.type_name, each.rank.value, each.why)
        for path in each.paths:
            suspect = "yes" if path.is_suspect else "no"
            yield from _case_rows(said, path.case, path.via, suspect)
        if not each.paths:
            yield (*said, *("",) * 8)
    for case in trace.without_requirement:
        yield from _case_rows(("",) * 5, case, "", "")
    for test in trace.unlinked:
        yield (*("",) * 11, test.test_id, test.outcome.value)


def _case_rows(
    of_requirement: tuple[str, ...], case: TracedCase, via: str, suspect: str
) -> Iterator[tuple[str, ...]]:
    of_case = (case.key, case.name, case.rank.value, via, suspect, case.in_jama)
    for test in case.tests:
        yield (*of_requirement, *of_case, test.test_id, test.outcome.value)
    if not case.tests:
        yield (*of_requirement, *of_case, "", "")
