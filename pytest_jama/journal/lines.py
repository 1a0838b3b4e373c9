"""The lines of a journal, as they are written. Pure: values to JSON-able objects.

Format version 2, described for readers of the files in docs/journal.md: that page, this module and
`line_parser` change together, and a change that old readers would misread raises `FORMAT_VERSION`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_jama.core.results import NOTHING_ELSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.cases import CaseLink, CaseRef
    from pytest_jama.core.errors import Unusable
    from pytest_jama.core.known_tests import Coverage, Unmatched
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.origin import Provenance
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict

    Links = tuple[CaseLink, ...]

FORMAT_VERSION = 2
UNCHAINED_VERSION = 1
"""The format whose lines carry no chain: that of version 0.1."""
LEAVE = "leave"  # the verdict that does not touch the runs of a case
JournalLine = dict[str, Any]
encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Writes one line as JSON, in ASCII."""
_quote = json.encoder.encode_basestring_ascii


def shown_text(line: JournalLine | str, redactor: Redactor) -> str:
    """Return a line as JSON, which it may be already, without what certainly is a secret."""
    text = line if isinstance(line, str) else encode(line)
    return encode(redactor.hide_in(json.loads(text))) if redactor.may_hide_certain(text) else text


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
    packages: Mapping[str, Any] | None = None,
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
    if packages:
        line["packages"] = dict(packages)
    return line


def with_config(line: JournalLine, digests: Mapping[str, str]) -> JournalLine:
    """Return the header of a session with the hashes of its settings files; any other as it is."""
    is_header = line["line"] == "session" and bool(digests)
    return {**line, "config": dict(digests)} if is_header else line


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
    return {"line": "uncollected", "address": test.test_id, "cases": links_json(test.links)}


def collected_line(tests: Iterable[TestResult]) -> JournalLine:
    """Return the line that names every linked test that is known, also those not selected.

    Args:
        tests: What each counts as unless it runs.
    """
    return {"line": "collected", "tests": list(map(_collected, tests))}


def _collected(test: TestResult) -> list[Any]:
    known = [test.test_id, test.outcome, links_json(test.links)]
    if test.names_cases:
        return [*known, test.message, True]
    return [*known, test.message] if test.message else known


def collected_text(tests: Iterable[TestResult]) -> str:
    """Return `collected_line` as JSON; twice as fast, and each linked test is in it."""
    return f'{{"line":"collected","tests":[{",".join(map(_collected_text, tests))}]}}'


def _collected_text(test: TestResult) -> str:
    known = f'{_quote(test.test_id)},"{test.outcome._value_}",[{_quoted(test.links)}]'
    if test.names_cases:
        return f"[{known},{_quote(test.message)},true]"
    return f"[{known},{_quote(test.message)}]" if test.message else f"[{known}]"


def locked_line(lock: Lock) -> JournalLine:
    """Return the line of what jama.lock has of cases: an upload elsewhere needs it, too."""
    return {"line": "locked", "cases": {name: case.plain() for name, case in lock.cases.items()}}


def result_line(result: TestResult) -> JournalLine:
    """Return the line of one test that has ended; what is empty is left out."""
    line: JournalLine = {
        "line": "result",
        "test": result.test_id,
        "outcome": result.outcome,
        "cases": links_json(result.links),
    }
    if result.duration_s is not None:
        line["duration_s"] = round(result.duration_s, 6)
    if result.started is not None:
        line["started"] = round(result.started, 3)
    texts = {
        "host": result.host,
        "message": result.message,
        "notes": list(result.notes),
        "taken_out": result.is_taken_out,
        "own": result.names_cases,
        "redacted": result.redacted,
        "steps": [[step.number, step.outcome.value, step.note] for step in result.steps],
        "files": list(map(_file, result.files)),
        "trace": result.trace,
        "error_type": result.error_type,
        "reported": list(result.reported or ()),
    }
    return line | {name: value for name, value in texts.items() if value}


def _file(file: AttachedFile) -> JournalLine:
    line: JournalLine = {
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
        "type": file.media_type,
    }
    if file.step is not None:
        line["step"] = file.step
    if file.redacted:
        line["redacted"] = file.redacted
    return line


def result_text(result: TestResult) -> str:
    """Return `result_line` as JSON; many times faster for the many tests with only an outcome."""
    test_id, outcome, duration_s, links, started, names_cases = result[:6]
    if duration_s is None or result[6:] != NOTHING_ELSE:
        return encode(result_line(result))
    rest = "" if started is None else f',"started":{started:.3f}'
    rest += ',"own":true' if names_cases else ""
    return (
        f'{{"line":"result","test":{_quote(test_id)},"outcome":"{outcome._value_}",'
        f'"cases":[{_quoted(links)}],"duration_s":{duration_s:.6f}{rest}}}'
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
    keys = [
        [each.key, each.line, each.nearest, links_json(each.links), each.why]
        + ([each.file] if each.file else [])
        for each in unmatched
    ]
    return {"line": "unmatched", "keys": keys}


def map_line(test_map: CaseMap) -> str:
    """Return the line of the map of a session as JSON: which keys link tests, and to which cases.

    Spelled out, since a map may name each test.
    """
    keys = [
        f"[{_quote(each.key)},[{_quoted(each.links)}],{each.line}]" for _, each in test_map.items()
    ]
    seen = f'"above":{_quote(test_map.above)},"folders":{encode(list(test_map.folders))}'
    return f'{{"line":"map",{seen},"keys":[{",".join(keys)}]}}'


def left_out_line(results: Iterable[TestResult]) -> JournalLine:
    """Return the line of the tests that did not run and are linked to no case, which ends a list.

    With it all tests of the session are known.
    """
    tests = ([each.test_id, each.outcome, *([True] * each.names_cases)] for each in results)
    return {"line": "left_out", "tests": list(tests)}


def coverage_line(coverage: Coverage) -> JournalLine:
    """Return the line of what a session looked at, which tells what another map has elsewhere."""
    return {
        "line": "coverage",
        "whole": coverage.is_whole,
        "roots": list(coverage.roots),
        "missed": list(coverage.missed),
        "partial": list(coverage.partial),
        "test_paths": list(coverage.test_paths),
    }


def known_line(cases: Iterable[CaseRef]) -> JournalLine:
    """Return the line of cases that only the map or jama.lock names."""
    return {"line": "known", "cases": [case.text for case in cases]}


def end_line(*, finished: bool, reason: str, status: int | None = None) -> JournalLine:
    """Return the last line of a session that came to its end.

    Args:
        finished: Whether nothing is left to send.
        reason: Why something is left; empty otherwise.
        status: What the process exits with, as far as it is known by then.
    """
    line: JournalLine = {"line": "end", "finished": finished, "reason": reason}
    return line if status is None else {**line, "status": status}


def links_json(links: tuple[CaseLink, ...]) -> list[str]:
    """Return links as a journal has them."""
    return [link.case_ref.text if link.step is None else str(link) for link in links]


def _quoted(links: tuple[CaseLink, ...]) -> str:
    """Return `links_json` as the inside of a JSON list; spelled out, since each result needs it."""
    if len(links) == 1 and links[0].step is None:
        return _quote(links[0].case_ref.text)
    return ",".join(map(_quote, links_json(links)))
