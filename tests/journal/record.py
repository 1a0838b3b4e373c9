"""Short ways to a recording: from lines, as a file would hold them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import parse_links
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.journal import lines
from pytest_jama.journal.chain import Sealer
from pytest_jama.journal.read import read_journal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Recording

PATH = Path("20261122T043016Z-1.jsonl")


def header(session: str = "s1", **given: Any) -> JournalLine:
    """Make a header."""
    usual: dict[str, Any] = {
        "session": session,
        "started": "2026-11-22T04:30:16+00:00",
        "versions": {"pytest-jama": "0.1.0", "pytest": "9.2.0", "python": "3.12.8"},
        "commit": "1f0c9d2",
        "command": ("pytest",),
        "settings": {},
    }
    return lines.session_line(**{**usual, **given})


def a_test(
    name: str,
    outcome: Outcome = Outcome.PASSED,
    *,
    cases: str = "J-TC-1",
    **given: Any,
) -> TestResult:
    """Make the result of a test, evidence of J-TC-1 unless told otherwise."""
    return TestResult(name, outcome, links=parse_links(cases), **given)


def collected(*tests: TestResult) -> JournalLine:
    """Make the line of tests that were collected."""
    return lines.collected_line(test._replace(message="") for test in tests)


def as_bytes(*several: JournalLine) -> bytes:
    """Return lines as they stand in a file; with their chain when it is a whole file."""
    content = b"".join(lines.encode(line).encode("ascii") + b"\n" for line in several)
    is_whole = bool(several) and several[0].get("line") == "session"
    return chained(content) if is_whole else content


def chained(content: bytes) -> bytes:
    """Return the content of a file with a new chain; what is not JSON stays as it is."""
    sealer, made = Sealer(""), []
    for raw in content.splitlines(keepends=True):
        text = re.sub(rb',"chain":"[^"]*"\}', b"}", raw.strip(b"\0\n"))
        if is_json(text):
            sealed = sealer.seal(text.decode("ascii")).encode("ascii")
            made.append(raw.replace(raw.strip(b"\0\n"), sealed))
        else:
            made.append(raw)
    return b"".join(made)


def is_json(text: bytes) -> bool:
    """Return whether a line is whole."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def without_last_line(path: Path) -> None:
    """Take the last line from a file, as a kill before it was written."""
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def read(content: bytes, path: Path = PATH) -> Recording:
    """Read the content of a journal."""
    return read_journal(io.BytesIO(content), path)


def record(*several: JournalLine, session: str = "s1", **given: Any) -> Recording:
    """Read a journal of these lines."""
    content = as_bytes(header(session, **given), *several)
    return read(content, Path(f"{session}.jsonl"))


def session_of(results: Iterable[TestResult], *, session: str = "s1") -> Recording:
    """Read the journal of a session that collected and ran these tests."""
    ran = list(results)
    known = [TestResult(test.test_id, Outcome.NOT_REACHED, links=test.links) for test in ran]
    return record(collected(*known), *map(lines.result_line, ran), session=session)
