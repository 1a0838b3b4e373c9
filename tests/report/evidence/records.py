"""Records of made-up sessions, from journals in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.journal import lines
from pytest_jama.journal.upload_record import read_uploads
from pytest_jama.report.evidence.gather import gather
from pytest_jama.report.evidence.html_page import write_html
from pytest_jama.report.evidence.journal_sources import JournalSource
from tests.journal.record import a_test, as_bytes, collected, header, read

if TYPE_CHECKING:
    from pytest_jama.core.results import TestResult
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.report.evidence.case_evidence import CaseEvidence
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord

SETTINGS = {"project": "J", "plan": {"name": "Release 1"}, "cycle": {"name": "Build 17"}}
FINISHED = lines.end_line(finished=True, reason="")


def place(**given: Any) -> JournalLine:
    """Make the line of a place."""
    usual = {"line": "place", "project": 33, "plan": 20494, "cycle": 20511, "changes": []}
    return {**usual, "unresolved": [], **given}


def update(case: str, status: str = "PASSED", **given: Any) -> JournalLine:
    """Make the line of an update, as journals had it before a report needed more."""
    key = given.pop("key", f"run of {case}")
    usual = {"line": "update", "key": key, "run": 1, "name": f"Name of {case}", "case": case}
    return {**usual, "was": "NOT_RUN", "status": status, "steps": [], **given}


def receipt(case: str, state: str = "sent", **given: Any) -> JournalLine:
    """Make the line that says what became of it."""
    key = given.pop("key", f"run of {case}")
    usual = {"line": "receipt", "key": key, "run": 1, "case": case, "status": "PASSED"}
    return {**usual, "state": state, "attempts": 1, "at": "2026-11-22T04:40:00.000+00:00", **given}


def sent(*cases: str) -> list[JournalLine]:
    """Make the lines of an upload that went well, to its end."""
    updates = [update(case) for case in cases]
    return [place(), *updates, *map(receipt, cases), FINISHED]


def source(
    *several: JournalLine,
    session: str = "s1",
    edit: tuple[bytes, bytes] = (b"", b""),
    **given: Any,
) -> JournalSource:
    """Read a journal of these lines behind its header; one edit is made in it afterwards."""
    content = as_bytes(header(session, **{"settings": SETTINGS, **given}), *several)
    content = content.replace(*edit, 1)
    uploads = read_uploads(io.BytesIO(content))
    return JournalSource(read(content), uploads, len(content), "00", content.count(b"\n"))


def record_of(*sources: JournalSource, cycle: CycleNow | None = None) -> EvidenceRecord:
    """Gather the record of journals, and of what their cycle shows."""
    return gather(
        sources,
        shown_results=ShownResults(Redactor()),
        made_at="2026-11-22T05:00:00+00:00",
        reporter="pytest-jama 1.0",
        cycle=cycle,
    )


def record(*several: JournalLine, **given: Any) -> EvidenceRecord:
    """Gather the record of one journal."""
    return record_of(source(*several, **given))


def results(*tests: TestResult) -> list[JournalLine]:
    """Make the lines of tests that ended."""
    return [lines.result_line(test) for test in tests]


def the_case(found: EvidenceRecord, key: str = "J-TC-1") -> CaseEvidence:
    """Return a case of a record."""
    (case,) = (case for case in found.cases if case.key == key)
    return case


def kinds(found: EvidenceRecord) -> list[str]:
    """Return the kinds of its deviations, in their order."""
    return [each.kind for each in found.deviations]


def page_of(found: EvidenceRecord, *, only_deviations: bool = False) -> str:
    """Return a record as a page."""
    file = io.StringIO()
    write_html(found, file, find_file=lambda _: None, only_deviations=only_deviations)
    return file.getvalue()


def mixed(count: int = 8, *, name: str = "test") -> EvidenceRecord:
    """Return a record with cases of each sort, of which one is linked twice."""
    outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.ERROR]
    tests = [
        a_test(f"{name}_{number}", outcomes[number % 4], cases=f"J-TC-{number}")
        for number in range(1, count + 1)
    ]
    tests.append(a_test(f"{name}_more", Outcome.SKIPPED, cases="J-TC-4", message="no bench"))
    tests.append(a_test(f"{name}_loose", Outcome.FAILED, cases=""))
    known = collected(a_test(f"{name}_left", Outcome.DESELECTED, cases="J-TC-99"))
    upload = sent(*(f"J-TC-{number}" for number in range(1, count + 1)))
    upload[0] = place(unresolved=[["J-TC-1", "no test case has this key", "correct it"]])
    return record(known, *results(*tests), *upload)
