"""The lines of a journal. Pure: values in, JSON or JSON-able objects out.

Format version 1, described for readers of the files in docs/journal.md: that page and this module
change together, and a change that old readers would misread raises `FORMAT_VERSION`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.receipts import Receipt
    from pytest_jama.core.results import Outcome, TestResult
    from pytest_jama.core.runs import RunUpdate
    from pytest_jama.core.target import Resolution
    from pytest_jama.core.verdicts import CaseVerdict

FORMAT_VERSION = 1

LEAVE = "leave"
"""The verdict that does not touch the runs of a case."""

Line = dict[str, Any]

encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Writes one line as JSON, in ASCII."""

_quote = json.encoder.encode_basestring_ascii


def session_line(
    *,
    session: str,
    started: str,
    versions: Mapping[str, str],
    commit: str,
    command: Iterable[str],
    settings: Mapping[str, Any],
    framework: str = "",
    hooks: Iterable[str] = (),
) -> Line:
    """Return the header, the first line of a journal."""
    line: Line = {
        "line": "session",
        "format": FORMAT_VERSION,
        "session": session,
        "started": started,
        "versions": dict(versions),
        "commit": commit,
        "command": list(command),
        "settings": dict(settings),
    }
    if framework:
        line["framework"] = framework
    if hooks:
        line["hooks"] = list(hooks)
    return line


def uncollected_line(test: TestResult) -> Line:
    """Return the line of a file or folder whose tests are unknown."""
    return {"line": "uncollected", "address": test.test_id, "cases": _links(test.links)}


def collected_line(tests: Iterable[tuple[str, Outcome, tuple[CaseLink, ...]]]) -> Line:
    """Return the line that names every linked test that is known, also those not selected.

    Args:
        tests: Test ID, what it counts as unless it runs, and links.
    """
    return {
        "line": "collected",
        "tests": [[test, outcome, _links(links)] for test, outcome, links in tests],
    }


def result_line(result: TestResult) -> Line:
    """Return the line of one test that has ended; what is empty is left out."""
    line: Line = {
        "line": "result",
        "test": result.test_id,
        "outcome": result.outcome,
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


def result_text(result: TestResult) -> str:
    """Return `result_line` as JSON; three times faster for the many tests with nothing to tell."""
    if result.message or result.notes or result.steps or result.duration_s is None:
        return encode(result_line(result))
    return (
        f'{{"line":"result","test":{_quote(result.test_id)},"outcome":{_quote(result.outcome)},'
        f'"cases":[{_quoted(result.links)}],"duration_s":{result.duration_s:.6f}}}'
    )


def verdict_line(verdict: CaseVerdict) -> Line:
    """Return the line that says what was concluded of one case."""
    line: Line = {
        "line": "verdict",
        "case": str(verdict.case_ref),
        "verdict": _verdict(verdict),
        "steps": [[step.number, step.verdict.value] for step in verdict.steps],
    }
    if verdict.judged is not None:
        line["adjusted"] = _adjustment(verdict, verdict.judged)
    return line


def verdict_text(verdict: CaseVerdict) -> str:
    """Return `verdict_line` as JSON; three times faster for the many cases without steps."""
    if verdict.steps or verdict.judged is not None:
        return encode(verdict_line(verdict))
    word = _quote(verdict.verdict or LEAVE)
    return (
        f'{{"line":"verdict","case":{_quote(verdict.case_ref.text)},"verdict":{word},"steps":[]}}'
    )


def _verdict(case: CaseVerdict) -> str:
    return case.verdict.value if case.verdict else LEAVE


def _adjustment(adjusted: CaseVerdict, judged: CaseVerdict) -> Line:
    """Return what nobody could find out again who has the results but not the hook."""
    adjustment: Line = {
        "case": str(judged.case_ref),
        "was": _verdict(judged),
        "steps": [[step.number, step.verdict.value, *step.notes] for step in adjusted.steps],
    }
    if adjusted.results != judged.results:
        adjustment["results"] = [result_line(result) for result in adjusted.results]
    return adjustment


def upload_line(
    *,
    started: str,
    versions: Mapping[str, str],
    command: Iterable[str],
    sessions: Iterable[str],
    settings: Mapping[str, Any],
) -> Line:
    """Return the line with which ``pytest-jama upload`` takes a journal up again."""
    return {
        "line": "upload",
        "started": started,
        "versions": dict(versions),
        "command": list(command),
        "sessions": list(sessions),
        "settings": dict(settings),
    }


def place_line(resolution: Resolution) -> Line:
    """Return the line that says where the results go, and what was created on the way."""
    return {
        "line": "place",
        "project": resolution.project.place_id,
        "plan": resolution.plan.place_id,
        "cycle": resolution.cycle.place_id,
        "changes": [str(change) for change in resolution.changes],
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


def receipt_line(receipt: Receipt, *, digest: str = "") -> Line:
    """Return the line that says what became of one update.

    Args:
        receipt: What became of it.
        digest: What it said, see `pytest_jama.core.digest`.
    """
    line: Line = {
        "line": "receipt",
        "run": receipt.update.run.run_id,
        "case": str(receipt.update.verdict.case_ref),
        "status": receipt.update.status.value,
        "state": receipt.state.value,
        "attempts": receipt.attempts,
    }
    if digest:
        line["digest"] = digest
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
    return [link.case_ref.text if link.step is None else str(link) for link in links]


def _quoted(links: tuple[CaseLink, ...]) -> str:
    """Return `_links` as the inside of a JSON list; spelled out, since each result needs it."""
    return ",".join(
        [_quote(link.case_ref.text if link.step is None else str(link)) for link in links]
    )
