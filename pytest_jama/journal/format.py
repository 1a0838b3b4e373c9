"""The lines of a journal. Pure: values in, JSON-able objects out.

Format version 1, described for readers of the files in docs/journal.md: that page and this module
change together, and a change that old readers would misread raises `FORMAT_VERSION`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.receipts import Receipt
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.core.target import Resolution
    from pytest_jama.core.verdicts import CaseVerdict

FORMAT_VERSION = 1

Line = dict[str, Any]


def session_line(
    *,
    session: str,
    started: str,
    versions: Mapping[str, str],
    commit: str,
    command: Iterable[str],
    settings: Mapping[str, Any],
) -> Line:
    """Return the header, the first line of a journal."""
    return {
        "line": "session",
        "format": FORMAT_VERSION,
        "session": session,
        "started": started,
        "versions": dict(versions),
        "commit": commit,
        "command": list(command),
        "settings": dict(settings),
    }


def collected_line(tests: Iterable[TestResult]) -> Line:
    """Return the line that names every linked test that is known, also those not selected."""
    listed = [[test.test_id, test.outcome.value, _links(test.links)] for test in tests]
    return {"line": "collected", "tests": listed}


def result_line(result: TestResult) -> Line:
    """Return the line of one test that has ended; what is empty is left out."""
    line: Line = {
        "line": "result",
        "test": result.test_id,
        "outcome": result.outcome.value,
        "cases": _links(result.links),
    }
    if result.duration_s is not None:
        line["duration_s"] = round(result.duration_s, 6)
    if result.message:
        line["message"] = result.message
    if result.notes:
        line["notes"] = list(result.notes)
    if result.steps:
        line["steps"] = [[step.number, step.outcome.value, step.note] for step in result.steps]
    return line


def verdict_line(verdict: CaseVerdict) -> Line:
    """Return the line that says what was concluded of one case."""
    return {
        "line": "verdict",
        "case": str(verdict.case_ref),
        "verdict": verdict.verdict.value if verdict.verdict else "leave",
        "steps": [[step.number, step.verdict.value] for step in verdict.steps],
    }


def place_line(resolution: Resolution) -> Line:
    """Return the line that says where the results go, and what was created on the way."""
    return {
        "line": "place",
        "project": resolution.project.place_id,
        "plan": resolution.plan.place_id,
        "cycle": resolution.cycle.place_id,
        "changes": list(resolution.changes),
        "unresolved": [
            [str(entry.case_ref), entry.reason, entry.remedy] for entry in resolution.unresolved
        ],
    }


def update_line(update: RunUpdate) -> Line:
    """Return the line that says what shall be written into one run."""
    return {
        "line": "update",
        "run": update.run.run_id,
        "case": str(update.verdict.case_ref),
        "was": update.run.status,
        "status": update.status.value,
        "steps": [step.status for step in update.steps],
    }


def receipt_line(receipt: Receipt) -> Line:
    """Return the line that says what became of one update."""
    line: Line = {
        "line": "receipt",
        "run": receipt.update.run.run_id,
        "case": str(receipt.update.verdict.case_ref),
        "status": receipt.update.status.value,
        "state": receipt.state.value,
        "attempts": receipt.attempts,
    }
    if receipt.error:
        line["error"] = receipt.error
    return line


def end_line(*, finished: bool, reason: str) -> Line:
    """Return the last line of a session that came to its end.

    Args:
        finished: Whether nothing is left to send.
        reason: Why something is left; empty otherwise.
    """
    return {"line": "end", "finished": finished, "reason": reason}


def _links(links: tuple[CaseLink, ...]) -> list[str]:
    return [str(link) for link in links]
