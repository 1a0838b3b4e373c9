"""A record for programs: one JSON document with a schema, and rows of CSV. Pure."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, TextIO

from pytest_jama.core.text import clean
from pytest_jama.report.evidence.case_evidence import Execution

if TYPE_CHECKING:
    from pytest_jama.report.evidence.case_evidence import CaseEvidence, RunEvidence, TestEvidence
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord, Fact

FORMAT = "pytest-jama.report/1"
"""What the document says that it is; the number rises when a reader would misunderstand it."""


def record_json(record: EvidenceRecord) -> dict[str, Any]:
    """Return a record fit for JSON, as ``record.schema.json`` describes it."""
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
    }


def write_json(record: EvidenceRecord, file: TextIO) -> None:
    """Write a record as a JSON document, in ASCII."""
    json.dump(record_json(record), file, indent=1)
    file.write("\n")


def _fact(fact: Fact) -> dict[str, Any]:
    return {"label": fact.label, "value": fact.text or None, "link": fact.link or None}


def _case(case: CaseEvidence) -> dict[str, Any]:
    return {
        "case": case.key,
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
        "files": [{**each._asdict(), "state": each.state or None} for each in case.files],
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
            rows.writerow(map(_harmless, (*of_case, *of_test)))


def _csv_test(test: TestEvidence) -> tuple[object, ...]:
    said = _test(test)
    return tuple(said[name] for name in ("test", *COLUMNS[10:]))


def _harmless(value: object) -> object:
    """Return a value that begins with nothing that spreadsheets evaluate."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = clean(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
