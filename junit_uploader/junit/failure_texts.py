"""What a testcase says in full: its failures, for a target that shows it, and its log. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.elements import (
    FAILING,
    OUTPUTS,
    RESULTS,
    local_name,
    read_finding,
    without_marks,
)
from pytest_jama.core.attached_file import log_part
from pytest_jama.core.failure_trace import tidy_trace
from pytest_jama.core.results import MESSAGE_CHARACTERS
from pytest_jama.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lxml import etree

    from junit_uploader.junit.dialects import Dialects
    from junit_uploader.junit.reported_test import ReadOptions
    from pytest_jama.core.results import Outcome


class FailureText(NamedTuple):
    """What failures say.

    Attributes:
        trace: The text inside; empty where the message says it all.
        error_type: The kind of the first one; may be empty.
        redacted: How many passages are hidden.
    """

    trace: str = ""
    error_type: str = ""
    redacted: int = 0


NO_FAILURE = FailureText()


def read_failures(
    failures: Sequence[etree._Element], outcome: Outcome, options: ReadOptions
) -> FailureText:
    """Read the text of the results that count.

    Args:
        failures: The results inside a testcase.
        outcome: What they come to.
        options: How reports are to be read.
    """
    if outcome not in FAILING:
        return NO_FAILURE
    texts: dict[str, None] = {}
    kinds: list[str] = []
    for element in failures:
        finding = read_finding(element, local_name(element.tag), with_text=False)
        if finding.kind.counts_for(outcome):
            kinds.append(finding.type_name or "")
            texts[_text_beside_message(element, options.dialects)] = None

    def readable(text: str) -> str:
        return without_marks(clean(options.dialects.readable(text))).strip("\r\n")

    trace = tidy_trace("\n\n".join(filter(None, texts)), options.redactor, readable=readable)
    kind = options.redactor.hide(clean(next(filter(None, kinds), ""))[:_LONGEST_KIND])
    return FailureText(trace.text, kind.text, trace.passages + kind.passages)


_LONGEST_KIND = 200


def _text_beside_message(element: etree._Element, dialects: Dialects) -> str:
    """Return what a result says; empty where its message does, and is kept as a whole."""
    message = (element.get("message") or "").strip()
    text = _all_text(element)
    if text.strip() == message:
        return text if len(message) > MESSAGE_CHARACTERS else ""
    phase = dialects.find_phase(message)
    lines = (phase[1] if phase else message).splitlines()[:_LINES_COMPARED]
    inside = "".join(element.itertext("*")).strip("\r\n")
    return inside if inside and all(line.strip() in inside for line in lines) else text


_LINES_COMPARED = 10
"""Of a message; tracebacks hold them one by one, each behind a mark."""


def log_parts(content: Iterable[etree._Element]) -> Iterator[str]:
    """Yield what failed in a testcase, and what it printed.

    Args:
        content: What stands inside it.
    """
    for child in content:
        tag = local_name(child.tag)
        if tag in RESULTS or tag in OUTPUTS:
            part = log_part(tag, without_marks(_all_text(child)))
            if part:
                yield part


def _all_text(element: etree._Element) -> str:
    """Return all that a result or an output says: the message, and the text if it says more."""
    message, text = element.get("message") or "", "".join(element.itertext("*")).strip("\r\n")
    return text if message.strip() in text else f"{message}\n\n{text}"
