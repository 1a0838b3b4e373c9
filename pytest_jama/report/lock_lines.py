"""What the summary says of jama.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.lock import FILE_NAME
from pytest_jama.core.text import counted
from pytest_jama.report.upload_lines import NAMED, Line, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.core.lock import Lock


def unknown_case_lines(unknown: Lock, lock: Lock) -> Iterator[Line]:
    """Yield that jama.lock is older than the links of the session, and what to do.

    Args:
        unknown: What is linked and not locked.
        lock: What is locked.
    """
    parts = []
    cases = [name for name in unknown.cases if name not in lock.cases]
    tests = sorted(
        {test for name, case in unknown.cases.items() if name in lock.cases for test in case.tests}
    )
    for names, noun in ((cases, "case"), (tests, "test")):
        if names:
            shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
            parts.append(f"{counted(len(names), noun)} ({shown})")
    if parts:
        what = f"{FILE_NAME} does not know {' and '.join(parts)}"
        yield Line("lock", f"{what}: review them, then `pytest-jama lock`", Tone.WARNING)
