"""The whole text of a failure as it is kept: without secrets, shortened in the middle. Pure.

Only a target that shows it has it kept, see `TestResult.trace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.redaction import Hidden
from pytest_jama.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.redaction import Redactor

LONGEST_TRACE = 64 * 1024
"""Bytes of a trace, in UTF-8: its beginning and its end. What is shown of one is read by people."""

_PART = LONGEST_TRACE // 2 - 100  # there is room for the line in between
_READ = LONGEST_TRACE
"""Characters at either end in which secrets are looked for: more than are kept, so that none of
them is cut in half before it is found."""


def tidy_trace(text: str, redactor: Redactor, *, readable: Callable[[str], str] = clean) -> Hidden:
    """Return the text of a failure as it is kept.

    Args:
        text: As it was read; of any length.
        redactor: Hides secrets, before anything is cut.
        readable: Returns a text without colours and other things that no one reads.
    """
    if len(text) <= 2 * _READ:
        whole = redactor.hide(readable(text))
        return Hidden(_cut(whole.text, whole.text, 0), whole.passages)
    begin, end = redactor.hide(readable(text[:_READ])), redactor.hide(readable(text[-_READ:]))
    left_out = len(text) - 2 * _READ
    return Hidden(_cut(begin.text, end.text, left_out), begin.passages + end.passages)


def _cut(begin: str, end: str, left_out: int) -> str:
    """Return beginning and end with a line between them; all of it when it is short enough.

    Args:
        begin: The text, or as much of it as was read from its beginning.
        end: The same text, or as much of it as was read from its end.
        left_out: Characters in between that were not read.
    """
    if not left_out and len(begin.encode()) <= LONGEST_TRACE:
        return begin
    head = begin.encode()[:_PART].decode(errors="ignore")
    tail = end.encode()[-_PART:].decode(errors="ignore")
    read = len(begin) + len(end) if left_out else len(begin)
    missing = left_out + read - len(head) - len(tail)
    return f"{head}\n… {missing:,} characters are left out here …\n{tail}"
