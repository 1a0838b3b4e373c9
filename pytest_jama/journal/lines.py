"""The lines of a journal, as they are written. Pure: values to JSON-able objects.

Format version 2, described for readers of the files in docs/journal.md: that page, this module and
`line_parser` change together, and a change that old readers would misread raises `FORMAT_VERSION`.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.core.cases import CaseLink, CaseRef
    from pytest_jama.core.errors import Unusable
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.plan import Change, Overlap, Plan, Provenance, Receipt, Update
    from pytest_jama.core.results import Outcome, TestResult
    from pytest_jama.core.verdicts import CaseVerdict

FORMAT_VERSION = 2
UNCHAINED_VERSION = 1
"""The format whose lines carry no chain: that of version 0.1."""
LEAVE = "leave"  # the verdict that does not touch the runs of a case
JournalLine = dict[str, Any]
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
    order: int = 0,
    provenance: Provenance | None = None,
) -> JournalLine:
    """Return the header, the first line of a journal."""
    line: JournalLine = {
        "line": "session",
        "format": FORMAT_VERSION,
        "session": session,
        "started": started,
        "versions": dict(versions),
        "commit": commit,
        "command": list(command),
        "settings": dict(settings),
    }
    if order:
        line["order"] = order
    if framework:
        line["framework"] = framework
    if hooks:
        line["hooks"] = list(hooks)
    if provenance is not None:
        line["provenance"] = provenance_json(provenance)
    return line


def provenance_json(provenance: Provenance) -> dict[str, Any]:
    """Return where results come from, fit for JSON; what is unknown is left out.

    The commit is a field of the header itself.
    """
    tests = provenance.tests
    values = {
        "user": provenance.user,
        "actor": provenance.actor,
        "ci": provenance.ci,
        "job": provenance.job,
        "host": provenance.host,
        "os": provenance.os,
        "plugins": dict(provenance.plugins),
        "branch": provenance.branch,
        "modified": provenance.is_modified,
    }
    known = {name: value for name, value in values.items() if value or value is False}
    if tests is None:
        return known
    times = {"started": tests.started, "ended": tests.ended, "hosts": list(tests.hosts)}
    partial = {"partial": True} if tests.is_partial else {}
    return {**known, "tests": {**times, **partial}}


def uncollected_line(test: TestResult) -> JournalLine:
    """Return the line of a file or folder whose tests are unknown."""
    return {"line": "uncollected", "address": test.test_id, "cases": _links(test.links)}


def collected_line(
    tests: Iterable[
        tuple[str, Outcome, tuple[CaseLink, ...]] | tuple[str, Outcome, tuple[CaseLink, ...], str]
    ],
) -> JournalLine:
    """Return the line that names every linked test that is known, also those not selected.

    Args:
        tests: Test ID, what it counts as unless it runs, links, and perhaps why.
    """
    named = [
        [test, outcome, _links(links), *filter(None, why)] for test, outcome, links, *why in tests
    ]
    return {"line": "collected", "tests": named}


def locked_line(lock: Lock) -> JournalLine:
    """Return the line of what jama.lock has of cases: an upload elsewhere needs it, too."""
    return {"line": "locked", "cases": {name: case.plain() for name, case in lock.cases.items()}}


def result_line(result: TestResult) -> JournalLine:
    """Return the line of one test that has ended; what is empty is left out."""
    line: JournalLine = {
        "line": "result",
        "test": result.test_id,
        "outcome": result.outcome,
        "cases": _links(result.links),
    }
    if result.duration_s is not None:
        line["duration_s"] = round(result.duration_s, 6)
    if result.started is not None:
        line["started"] = round(result.started, 3)
    if result.host:
        line["host"] = result.host
    if result.message:
        line["message"] = result.message
    if result.notes:
        line["notes"] = list(result.notes)
    if result.is_taken_out:
        line["taken_out"] = True
    if result.redacted:
        line["redacted"] = result.redacted
    if result.steps:
        line["steps"] = [[step.number, step.outcome.value, step.note] for step in result.steps]
    return line


def result_text(result: TestResult) -> str:
    """Return `result_line` as JSON; three times faster for the many tests with only an outcome."""
    if (
        result.message
        or result.notes
        or result.steps
        or result.duration_s is None
        or result.host
        or result.is_taken_out
        or result.redacted
    ):
        return encode(result_line(result))
    started = "" if result.started is None else f',"started":{result.started:.3f}'
    return (
        f'{{"line":"result","test":{_quote(result.test_id)},"outcome":{_quote(result.outcome)},'
        f'"cases":[{_quoted(result.links)}],"duration_s":{result.duration_s:.6f}{started}}}'
    )


def verdict_line(verdict: CaseVerdict) -> JournalLine:
    """Return the line that says what was concluded of one case."""
    line: JournalLine = {
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


def _adjustment(adjusted: CaseVerdict, judged: CaseVerdict) -> JournalLine:
    """Return what a hook changed, which the results alone do not tell."""
    adjustment: JournalLine = {
        "case": str(judged.case_ref),
        "was": _verdict(judged),
        "steps": [[step.number, step.verdict.value, *step.notes] for step in adjusted.steps],
    }
    if adjusted.results != judged.results:
        adjustment["results"] = [result_line(result) for result in adjusted.results]
    if adjusted.redacted:
        adjustment["redacted"] = adjusted.redacted
    return adjustment


def upload_line(
    *,
    started: str,
    versions: Mapping[str, str],
    command: Iterable[str],
    sessions: Iterable[str],
    settings: Mapping[str, Any],
    provenance: Provenance | None = None,
    accepted_edits: Mapping[str, Iterable[int]] = MappingProxyType({}),
) -> JournalLine:
    """Return the line with which ``pytest-jama upload`` takes a journal up again.

    Args:
        started: When it started.
        versions: Version by tool.
        command: The command line.
        sessions: The sessions that it brings to the server.
        settings: Where to.
        provenance: Who sends it, from where.
        accepted_edits: By session the lines of its journal that were changed after they were
            written, and are sent all the same.
    """
    line: JournalLine = {
        "line": "upload",
        "started": started,
        "versions": dict(versions),
        "command": list(command),
        "sessions": list(sessions),
        "settings": dict(settings),
    }
    if provenance is not None:
        line["provenance"] = provenance_json(provenance)
    if accepted_edits:
        line["accepted_edits"] = {name: list(numbers) for name, numbers in accepted_edits.items()}
    return line


def creation_line(change: Change, *, state: str) -> JournalLine:
    """Return the line of a plan, group or cycle whose creation has begun, or was refused."""
    return {"line": "creation", "what": change.what, "state": state}


def place_line(plan: Plan) -> JournalLine:
    """Return the line that says where the results go, and what was created on the way.

    It also says which runs are left alone, and which hold what a person should know is replaced.
    """
    overlaps = {"left": plan.left, "replaced": plan.replaced}
    return {
        "line": "place",
        **{place.kind: place.place_id for place in plan.places},
        "changes": list(map(str, plan.changes)),
        "unresolved": [
            [str(entry.case_ref), entry.reason, entry.remedy] for entry in plan.unresolved
        ],
        **{name: [overlap_json(each) for each in some] for name, some in overlaps.items() if some},
    }


def overlap_json(overlap: Overlap) -> dict[str, Any]:
    """Return a place that holds a result of others, fit for JSON."""
    *texts, verdict = overlap
    names = ("key", "title", "was", "will_be", "why")
    values = dict(zip(names, texts, strict=True))
    return {**values, "case": str(verdict.case_ref), "reasons": list(verdict.reasons)}


def update_line(update: Update) -> JournalLine:
    """Return the line that says what shall be written, and where."""
    return {"line": "update", "key": update.key, **update.facts()}


def receipt_line(receipt: Receipt, *, fingerprint: str = "") -> JournalLine:
    """Return the line that says what became of one update.

    Args:
        receipt: What became of it.
        fingerprint: What it said, see `Update.fingerprint`.
    """
    line: JournalLine = {
        "line": "receipt",
        "key": receipt.update.key,
        **receipt.update.facts(brief=True),
        "state": receipt.state.value,
        "attempts": receipt.attempts,
    }
    if fingerprint:
        line["digest"] = fingerprint
    if receipt.error:
        line["error"] = receipt.error
    if receipt.remarks:
        line["remarks"] = [f"{what}: {why}" for what, why in receipt.remarks]
    return line


def unusable_line(unusable: Unusable) -> JournalLine:
    """Return the line of something that the session was given and could not use."""
    kind, where, why = unusable
    return {"line": "unusable", "kind": kind.value, "where": where, "why": why}


def unlinked_line(nearest: str) -> JournalLine:
    """Return the line of a session of which no test is linked to a case.

    Args:
        nearest: Which key of the map is most like one of the tests; may be empty.
    """
    return {"line": "unlinked", "nearest": nearest}


def unmatched_line(unmatched: Iterable[Unmatched]) -> JournalLine:
    """Return the line that names the keys of the map that match no test.

    Args:
        unmatched: At least one.
    """
    keys = [[each.key, each.line, each.nearest, _links(each.links), each.why] for each in unmatched]
    return {"line": "unmatched", "keys": keys}


def known_line(cases: Iterable[CaseRef]) -> JournalLine:
    """Return the line of cases that only the map or jama.lock names."""
    return {"line": "known", "cases": [case.text for case in cases]}


def end_line(*, finished: bool, reason: str) -> JournalLine:
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
