"""``--list``: the tests of reports, for people who write their map, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from junit_uploader.session import COUNTED
from pytest_jama.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from junit_uploader.readers.values import ReportedTest
    from junit_uploader.session import ReportFile, Session
    from pytest_jama.core.results import Outcome


def list_lines(session: Session) -> Iterator[str]:
    """Yield one line for each test: outcome, seconds, test ID, and case references in brackets."""
    for test_id, _, _, outcome, time_s, extras in session.tests.values():
        time = "         -" if time_s is None else f"{time_s:9.3f}s"
        shown = test_id if test_id.isascii() else printable(test_id)
        cases = f"  [{', '.join(map(str, extras.links))}]" if extras and extras.links else ""
        yield f"{outcome.ljust(8)}{time}  {shown}{cases}"


def summary_line(session: Session) -> str:
    """Return the counts: ``2 reports, 12 testcases, 10 tests: 9 passed, 1 failed``."""
    counts = _counts(session.test_counts)
    outcomes = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    written = sum(session.testcase_counts.values())
    parts = (
        _counted(len(session.files), "report"),
        _counted(written, "testcase"),
        _counted(len(session.tests), "test"),
    )
    return ", ".join(parts) + (f": {outcomes}" if outcomes else "")


def file_lines(file: ReportFile) -> Iterator[str]:
    """Yield what is wrong with a report, and what is odd about it."""
    if file.error is not None:
        yield f"error: {printable(file.path)}: {printable(file.error)}"
    for note in file.notes:
        yield f"note: {printable(file.path)}: {printable(note)}"


def json_pieces(session: Session) -> Iterator[str]:
    """Yield the JSON document in pieces: a session may have a million tests."""
    yield '{"files": '
    yield _json([_file_values(file) for file in session.files])
    yield ',\n "tests": ['
    separator = "\n  "
    for test in session.tests.values():
        yield separator + _json(_test_values(test))
        separator = ",\n  "
    counts = {"testcases": session.testcase_counts, "tests": session.test_counts}
    yield '],\n "counts": '
    yield _json({name: _counts(each) for name, each in counts.items()})
    yield "}\n"


def printable(text: str) -> str:
    """Return a text in one line that does nothing to a terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in clean(text))


_json = json.JSONEncoder(ensure_ascii=False).encode


def _file_values(file: ReportFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "error": file.error,
        "testcases": file.testcases,
        "notes": list(file.notes),
    }


def _test_values(test: ReportedTest) -> dict[str, Any]:
    return {
        "test_id": test.test_id,
        "classname": test.classname,
        "name": test.name,
        "suite": test.suite,
        "outcome": test.outcome.value,
        "time_s": test.time_s,
        "cases": [str(link) for link in test.links],
        "attempts": test.attempts,
    }


def _counts(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: counts.get(outcome, 0) for outcome in COUNTED}


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
